//! JSON forms of values.
//!
//! The encoded form carries every value: plain JSON where it can, and objects of one `$`-key where it cannot:
//! `$integer`, `$float`, `$bytes`, `$commitTs`. `$undefined` stands for a missing value, in the few places that
//! take one. Reading and writing go straight between text and values, as every call does both.

mod parse;
mod special;
mod tree;
mod write;

use std::str::FromStr;

use crate::{
    error::{UnknownJsonFormat, ValueError},
    limits::{NESTING_MAX, VALUE_BYTES_MAX},
    object::Object,
    value::Value,
};

pub(crate) use special::decode_eight;
pub(crate) use write::write_finite;
pub use write::write_json_string;

/// How results are written for HTTP callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonFormat {
    /// Loses nothing; what clients ask for.
    Encoded,
    /// Readable and lossy: integers and odd floats become strings, bytes become base64 strings.
    Clean,
    /// Integers become JSON integers; odd floats and bytes stay encoded.
    Export,
}

impl FromStr for JsonFormat {
    type Err = UnknownJsonFormat;

    fn from_str(name: &str) -> Result<JsonFormat, UnknownJsonFormat> {
        match name {
            "convex_encoded_json" | "convex_json" => Ok(JsonFormat::Encoded),
            "json" | "convex_clean_json" => Ok(JsonFormat::Clean),
            "export_json" => Ok(JsonFormat::Export),
            unknown => Err(UnknownJsonFormat(unknown.to_owned())),
        }
    }
}

impl Value {
    /// Reads the encoded form from text, applying every rule and limit of values.
    ///
    /// The commit timestamp placeholder is accepted: who must not send it is for the caller to say.
    pub fn parse_json(text: &str) -> Result<Value, ValueError> {
        let value = parse::document(text, |parser| parser.value(NESTING_MAX))?;
        check_size(text, &value)?;
        Ok(value)
    }

    /// Reads the encoded form, or `{"$undefined":null}` as `None`.
    pub fn parse_json_or_undefined(text: &str) -> Result<Option<Value>, ValueError> {
        let value = parse::document(text, |parser| parser.value_or_undefined(NESTING_MAX))?;
        if let Some(value) = &value {
            check_size(text, value)?;
        }
        Ok(value)
    }

    /// Reads the encoded form from parsed JSON, applying every rule and limit of values.
    pub fn from_json(json: &serde_json::Value) -> Result<Value, ValueError> {
        Value::from_json_or_undefined(json)?.ok_or(ValueError::Undefined)
    }

    /// Reads the encoded form from parsed JSON, or `{"$undefined":null}` as `None`.
    pub fn from_json_or_undefined(json: &serde_json::Value) -> Result<Option<Value>, ValueError> {
        let value = tree::read(json, NESTING_MAX)?;
        if let Some(value) = &value {
            value.check_size(VALUE_BYTES_MAX)?;
        }
        Ok(value)
    }

    /// Returns the encoded form in its canonical spelling: keys sorted, no spaces, floats with a point or exponent.
    pub fn to_json(&self) -> String {
        self.to_json_format(JsonFormat::Encoded)
    }

    /// Appends the canonical encoded form.
    pub fn write_json(&self, out: &mut String) {
        write::value(out, self, JsonFormat::Encoded);
    }

    /// Returns the value in the given form.
    pub fn to_json_format(&self, format: JsonFormat) -> String {
        let mut out = String::with_capacity(self.size());
        write::value(&mut out, self, format);
        out
    }
}

impl Object {
    /// Returns the canonical encoded form.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(self.size());
        self.write_json(&mut out);
        out
    }

    /// Appends the canonical encoded form.
    pub fn write_json(&self, out: &mut String) {
        write::object(out, self, JsonFormat::Encoded);
    }
}

/// Reads an object in the encoded form.
pub fn parse_object_json(text: &str) -> Result<Object, ValueError> {
    let value = Value::parse_json(text)?;
    value.into_object().ok_or(ValueError::NotAnObject)
}

/// Reads an object whose fields may be `{"$undefined":null}`, given as `None`; the fields come sorted and unique.
pub fn parse_patch_json(text: &str) -> Result<Vec<(String, Option<Value>)>, ValueError> {
    let patch = parse::document(text, |parser| parser.patch(NESTING_MAX))?;
    for value in patch.iter().filter_map(|(_, value)| value.as_ref()) {
        check_size(text, value)?;
    }
    Ok(patch)
}

/// Checks the size only where the text is long enough to matter: one byte of text, `0`, makes at most nine of value.
fn check_size(text: &str, value: &Value) -> Result<(), ValueError> {
    match text.len() > VALUE_BYTES_MAX / 9 {
        true => value.check_size(VALUE_BYTES_MAX),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
