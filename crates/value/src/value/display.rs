//! The form of values in error texts, close to how a developer would write them.

use std::fmt;

use base64::display::Base64Display;

use crate::{
    identifier::is_identifier,
    json::{write_finite, write_json_string},
    object::Object,
    value::Value,
};

pub(super) struct ValueDisplay<'a>(pub(super) &'a Value);

impl fmt::Display for ValueDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Int64(number) => number.fmt(f),
            Value::Float64(number) => write_float(f, *number),
            Value::Boolean(flag) => flag.fmt(f),
            Value::String(text) => write_quoted(f, text),
            Value::Bytes(bytes) => {
                let engine = &base64::engine::general_purpose::STANDARD;
                write!(f, "b\"{}\"", Base64Display::new(bytes, engine))
            }
            Value::Array(elements) => write_array(f, elements),
            Value::Object(object) => write_object(f, object),
            Value::CommitTs => f.write_str("commitTs"),
        }
    }
}

impl Object {
    /// Returns the form used in error texts: `{a: 1.0, b: [5, "x"]}`.
    pub fn display(&self) -> impl fmt::Display + '_ {
        ObjectDisplay(self)
    }
}

struct ObjectDisplay<'a>(&'a Object);

impl fmt::Display for ObjectDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_object(f, self.0)
    }
}

fn write_array(f: &mut fmt::Formatter<'_>, elements: &[Value]) -> fmt::Result {
    f.write_str("[")?;
    for (index, element) in elements.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(f, "{separator}{}", ValueDisplay(element))?;
    }
    f.write_str("]")
}

fn write_object(f: &mut fmt::Formatter<'_>, object: &Object) -> fmt::Result {
    f.write_str("{")?;
    for (index, (key, value)) in object.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        match is_identifier(key) {
            true => f.write_str(key)?,
            false => write_quoted(f, key)?,
        }
        write!(f, ": {}", ValueDisplay(value))?;
    }
    f.write_str("}")
}

fn write_float(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    if number.is_nan() {
        return f.write_str("NaN");
    }
    if number.is_infinite() {
        return f.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let mut text = String::new();
    write_finite(&mut text, number);
    f.write_str(&text)
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut quoted = String::new();
    write_json_string(&mut quoted, text);
    f.write_str(&quoted)
}
