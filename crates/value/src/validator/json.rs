//! The JSON form of validators, as modules export them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{FieldValidator, Validator};
use crate::{error::ValidatorError, identifier::is_identifier, value::Value};

impl Validator {
    /// Reads a validator from JSON text.
    pub fn parse_json(text: &str) -> Result<Validator, ValidatorError> {
        let json = serde_json::from_str(text);
        Validator::from_json(&json.map_err(|error| ValidatorError::Json(error.to_string()))?)
    }

    /// Reads a validator from parsed JSON.
    pub fn from_json(json: &Json) -> Result<Validator, ValidatorError> {
        let fields = as_fields(json)?;
        let validator = match text(fields, "type")? {
            "null" => Validator::Null,
            "number" => Validator::Number,
            "bigint" => Validator::Bigint,
            "commitTs" => Validator::CommitTs,
            "boolean" => Validator::Boolean,
            "string" => Validator::String,
            "bytes" => Validator::Bytes,
            // `map` and `set` are retired types that old modules may still declare.
            "any" | "map" | "set" => Validator::Any,
            "literal" => Validator::Literal(literal(member(fields, "value")?)?),
            "id" => Validator::Id(table_name(text(fields, "tableName")?)?),
            "array" => Validator::Array(boxed(member(fields, "value")?)?),
            "record" => record(fields)?,
            "object" => Validator::Object(object(member(fields, "value")?)?),
            "union" => {
                let members = member(fields, "value")?.as_array();
                let members = members.ok_or_else(|| shape("a union must hold an array"))?;
                let members = members.iter().map(Validator::from_json);
                Validator::Union(members.collect::<Result<_, _>>()?)
            }
            unknown => return Err(shape(&format!("unknown type `{unknown}`"))),
        };
        Ok(validator)
    }

    /// Returns the JSON form that `from_json` reads.
    pub fn to_json(&self) -> Json {
        match self {
            Validator::Null => json!({"type": "null"}),
            Validator::Number => json!({"type": "number"}),
            Validator::Bigint => json!({"type": "bigint"}),
            Validator::CommitTs => json!({"type": "commitTs"}),
            Validator::Boolean => json!({"type": "boolean"}),
            Validator::String => json!({"type": "string"}),
            Validator::Bytes => json!({"type": "bytes"}),
            Validator::Any => json!({"type": "any"}),
            Validator::Literal(literal) => {
                let value: Json =
                    serde_json::from_str(&literal.to_json()).expect("the encoded form of a value is JSON");
                json!({"type": "literal", "value": value})
            }
            Validator::Id(table) => json!({"type": "id", "tableName": table}),
            Validator::Array(element) => json!({"type": "array", "value": element.to_json()}),
            Validator::Record { keys, values } => json!({
                "type": "record",
                "keys": keys.to_json(),
                "values": {"fieldType": values.to_json(), "optional": false},
            }),
            Validator::Object(fields) => {
                let fields = fields.iter();
                let fields: Map<_, _> = fields.map(|(k, f)| (k.clone(), f.to_json())).collect();
                json!({"type": "object", "value": fields})
            }
            Validator::Union(members) => {
                let members: Vec<_> = members.iter().map(Validator::to_json).collect();
                json!({"type": "union", "value": members})
            }
        }
    }
}

impl FieldValidator {
    fn from_json(json: &Json) -> Result<FieldValidator, ValidatorError> {
        let fields = as_fields(json)?;
        let validator = Validator::from_json(member(fields, "fieldType")?)?;
        let optional = match fields.get("optional") {
            None => false,
            Some(Json::Bool(optional)) => *optional,
            Some(_) => return Err(shape("`optional` must be a boolean")),
        };
        Ok(FieldValidator { validator, optional })
    }

    fn to_json(&self) -> Json {
        json!({"fieldType": self.validator.to_json(), "optional": self.optional})
    }
}

fn object(json: &Json) -> Result<BTreeMap<String, FieldValidator>, ValidatorError> {
    let mut fields = BTreeMap::new();
    for (name, field) in as_fields(json)? {
        if !is_identifier(name) {
            return Err(ValidatorError::Rule(format!(
                "Invalid field name in an object validator: {name:?}. Field names must be identifiers."
            )));
        }
        fields.insert(name.clone(), FieldValidator::from_json(field)?);
    }
    Ok(fields)
}

fn record(fields: &Map<String, Json>) -> Result<Validator, ValidatorError> {
    let keys = boxed(member(fields, "keys")?)?;
    if !allowed_as_key(&keys) {
        return Err(ValidatorError::Rule(format!(
            "Invalid record key validator {keys}: keys may be strings, ids, or unions of those."
        )));
    }
    let values = FieldValidator::from_json(member(fields, "values")?)?;
    if values.optional {
        let text = "Record values cannot be optional.";
        return Err(ValidatorError::Rule(text.to_owned()));
    }
    let values = Box::new(values.validator);
    Ok(Validator::Record { keys, values })
}

fn allowed_as_key(keys: &Validator) -> bool {
    match keys {
        Validator::String | Validator::Id(_) => true,
        Validator::Union(members) => members.iter().all(allowed_as_key),
        _ => false,
    }
}

fn literal(json: &Json) -> Result<Value, ValidatorError> {
    let literal = Value::from_json(json)?;
    match &literal {
        Value::Float64(number) if !number.is_finite() => {
            Err(ValidatorError::Rule("A literal validator cannot hold NaN or an infinity.".to_owned()))
        }
        Value::String(_) | Value::Float64(_) | Value::Int64(_) | Value::Boolean(_) => Ok(literal),
        Value::Null | Value::Bytes(_) | Value::Array(_) | Value::Object(_) | Value::CommitTs => {
            Err(ValidatorError::Rule("A literal validator must hold a string, number, bigint or boolean.".to_owned()))
        }
    }
}

fn table_name(name: &str) -> Result<String, ValidatorError> {
    match is_identifier(name) {
        true => Ok(name.to_owned()),
        false => Err(ValidatorError::Rule(format!("Invalid table name in an id validator: {name:?}."))),
    }
}

fn boxed(json: &Json) -> Result<Box<Validator>, ValidatorError> {
    Validator::from_json(json).map(Box::new)
}

fn as_fields(json: &Json) -> Result<&Map<String, Json>, ValidatorError> {
    json.as_object().ok_or_else(|| shape("expected an object"))
}

fn member<'a>(fields: &'a Map<String, Json>, name: &str) -> Result<&'a Json, ValidatorError> {
    let member = fields.get(name);
    member.ok_or_else(|| shape(&format!("missing `{name}`")))
}

fn text<'a>(fields: &'a Map<String, Json>, name: &str) -> Result<&'a str, ValidatorError> {
    let text = member(fields, name)?.as_str();
    text.ok_or_else(|| shape(&format!("`{name}` must be a string")))
}

fn shape(reason: &str) -> ValidatorError {
    ValidatorError::Shape(reason.to_owned())
}
