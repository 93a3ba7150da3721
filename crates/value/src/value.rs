//! The value type, its size, nesting and limits.

mod display;

use std::fmt;

use crate::{
    error::ValueError,
    ids::DocumentId,
    limits::{ARRAY_ELEMENTS_MAX, NESTING_MAX, OBJECT_FIELDS_MAX, VALUE_BYTES_MAX},
    object::Object,
    timestamp::Timestamp,
};

/// Anything a document field, an argument or a result can hold.
///
/// Equality, order and hash follow one total order, so NaN equals itself and `-0.0 < 0.0`.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Int64(i64),
    Float64(f64),
    Boolean(bool),
    String(String),
    Bytes(Vec<u8>),
    Array(Vec<Value>),
    Object(Object),
    /// Stands for the commit timestamp of the running mutation until it is known. Equal to `Int64(i64::MAX)`.
    CommitTs,
}

impl Value {
    /// Returns the size in bytes as limits count it.
    pub fn size(&self) -> usize {
        match self {
            Value::Null | Value::Boolean(_) => 1,
            Value::Int64(_) | Value::Float64(_) | Value::CommitTs => 9,
            Value::String(text) => 2 + text.len(),
            Value::Bytes(bytes) => 2 + bytes.len(),
            Value::Array(elements) => 2 + elements.iter().map(Value::size).sum::<usize>(),
            Value::Object(object) => object.size(),
        }
    }

    /// Returns 0 for scalars, and one more than the deepest child for arrays and objects.
    pub fn nesting(&self) -> usize {
        match self {
            Value::Array(elements) => 1 + elements.iter().map(Value::nesting).max().unwrap_or(0),
            Value::Object(object) => object.nesting(),
            Value::Null
            | Value::Int64(_)
            | Value::Float64(_)
            | Value::Boolean(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::CommitTs => 0,
        }
    }

    /// Checks array lengths, field counts, nesting and total size against the limits of values in memory.
    pub fn check_limits(&self) -> Result<(), ValueError> {
        self.check_shape(NESTING_MAX)?;
        self.check_size(VALUE_BYTES_MAX)
    }

    /// Checks the size against `maximum` bytes.
    pub fn check_size(&self, maximum: usize) -> Result<(), ValueError> {
        match self.size() {
            actual if actual > maximum => Err(ValueError::TooLarge { actual, maximum }),
            _ => Ok(()),
        }
    }

    fn check_shape(&self, levels_left: usize) -> Result<(), ValueError> {
        let deeper = || levels_left.checked_sub(1).ok_or(ValueError::TooNested { maximum: NESTING_MAX });
        match self {
            Value::Array(elements) => {
                check_array_length(elements.len())?;
                let left = deeper()?;
                elements.iter().try_for_each(|element| element.check_shape(left))
            }
            Value::Object(object) => {
                check_field_count(object.len())?;
                let left = deeper()?;
                object.values().try_for_each(|value| value.check_shape(left))
            }
            Value::Null
            | Value::Int64(_)
            | Value::Float64(_)
            | Value::Boolean(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::CommitTs => Ok(()),
        }
    }

    /// Puts the commit timestamp wherever the placeholder stands.
    pub fn resolve_commit_ts(&mut self, ts: Timestamp) {
        match self {
            Value::CommitTs => {
                let nanos = i64::try_from(ts.0).expect("commit timestamps stay below the year 2262");
                *self = Value::Int64(nanos);
            }
            Value::Array(elements) => elements.iter_mut().for_each(|e| e.resolve_commit_ts(ts)),
            Value::Object(object) => object.values_mut().for_each(|v| v.resolve_commit_ts(ts)),
            Value::Null
            | Value::Int64(_)
            | Value::Float64(_)
            | Value::Boolean(_)
            | Value::String(_)
            | Value::Bytes(_) => {}
        }
    }

    /// Returns whether the commit timestamp placeholder occurs anywhere inside.
    pub fn has_commit_ts(&self) -> bool {
        match self {
            Value::CommitTs => true,
            Value::Array(elements) => elements.iter().any(Value::has_commit_ts),
            Value::Object(object) => object.values().any(Value::has_commit_ts),
            Value::Null
            | Value::Int64(_)
            | Value::Float64(_)
            | Value::Boolean(_)
            | Value::String(_)
            | Value::Bytes(_) => false,
        }
    }

    /// Returns the form used in error texts: `{a: 1.0, b: [5, "x"]}`.
    pub fn display(&self) -> impl fmt::Display + '_ {
        display::ValueDisplay(self)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    pub fn into_object(self) -> Option<Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
}

pub(crate) fn check_array_length(actual: usize) -> Result<(), ValueError> {
    let maximum = ARRAY_ELEMENTS_MAX;
    match actual > maximum {
        true => Err(ValueError::ArrayTooLong { actual, maximum }),
        false => Ok(()),
    }
}

pub(crate) fn check_field_count(actual: usize) -> Result<(), ValueError> {
    let maximum = OBJECT_FIELDS_MAX;
    match actual > maximum {
        true => Err(ValueError::TooManyFields { actual, maximum }),
        false => Ok(()),
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int64(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float64(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::String(value)
    }
}

impl From<DocumentId> for Value {
    fn from(value: DocumentId) -> Value {
        Value::String(value.encode())
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Value {
        Value::Array(value)
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Value {
        Value::Object(value)
    }
}

#[cfg(test)]
mod tests;
