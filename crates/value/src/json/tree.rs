//! Reads values from JSON that was parsed already.

use serde_json::Value as Json;

use super::special::Special;
use crate::{
    error::ValueError,
    identifier::check_field_name,
    limits::NESTING_MAX,
    object::Object,
    value::{Value, check_array_length, check_field_count},
};

/// Returns `None` for `{"$undefined":null}`.
pub(super) fn read(json: &Json, levels_left: usize) -> Result<Option<Value>, ValueError> {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => {
            Value::Float64(number.as_f64().ok_or(ValueError::Syntax { reason: "number out of range", offset: 0 })?)
        }
        Json::String(text) => Value::String(text.clone()),
        Json::Array(elements) => array(elements, levels_left)?,
        Json::Object(fields) => return object(fields, levels_left),
    };
    Ok(Some(value))
}

fn present(json: &Json, levels_left: usize) -> Result<Value, ValueError> {
    read(json, levels_left)?.ok_or(ValueError::Undefined)
}

fn deeper(levels_left: usize) -> Result<usize, ValueError> {
    let maximum = NESTING_MAX;
    levels_left.checked_sub(1).ok_or(ValueError::TooNested { maximum })
}

fn array(elements: &[Json], levels_left: usize) -> Result<Value, ValueError> {
    check_array_length(elements.len())?;
    let left = deeper(levels_left)?;
    let elements = elements.iter().map(|element| present(element, left));
    Ok(Value::Array(elements.collect::<Result<_, _>>()?))
}

fn object(fields: &serde_json::Map<String, Json>, levels_left: usize) -> Result<Option<Value>, ValueError> {
    if let (1, Some((key, content))) = (fields.len(), fields.iter().next())
        && let Some(special) = Special::from_key(key)
    {
        return match content {
            Json::String(text) => special.decode(Some(text)),
            Json::Null => special.decode(None),
            _ => Err(special.wrong_content()),
        };
    }
    check_field_count(fields.len())?;
    let left = deeper(levels_left)?;
    let mut read = Vec::with_capacity(fields.len());
    for (key, json) in fields {
        check_field_name(key)?;
        read.push((key.clone(), present(json, left)?));
    }
    Ok(Some(Value::Object(Object::from_fields(read))))
}
