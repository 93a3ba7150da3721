//! The total order of values, and the equality and hash that agree with it.
//!
//! `null < int64 < float64 < boolean < string < bytes < array < object`; a missing field sorts before all of them,
//! which is what `Option<&Value>` gives by itself.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use crate::value::Value;

impl Ord for Value {
    fn cmp(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Int64(a), Value::Int64(b)) => a.cmp(b),
            (Value::CommitTs, Value::CommitTs) => Ordering::Equal,
            (Value::CommitTs, Value::Int64(b)) => i64::MAX.cmp(b),
            (Value::Int64(a), Value::CommitTs) => a.cmp(&i64::MAX),
            (Value::Float64(a), Value::Float64(b)) => a.total_cmp(b),
            (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::Array(a), Value::Array(b)) => a.cmp(b),
            (Value::Object(a), Value::Object(b)) => a.cmp(b),
            (a, b) => rank(a).cmp(&rank(b)),
        }
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Int64(_) | Value::CommitTs => 1,
        Value::Float64(_) => 2,
        Value::Boolean(_) => 3,
        Value::String(_) => 4,
        Value::Bytes(_) => 5,
        Value::Array(_) => 6,
        Value::Object(_) => 7,
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        rank(self).hash(state);
        match self {
            Value::Null => {}
            Value::Int64(number) => number.hash(state),
            Value::CommitTs => i64::MAX.hash(state),
            Value::Float64(number) => number.to_bits().hash(state),
            Value::Boolean(flag) => flag.hash(state),
            Value::String(text) => text.hash(state),
            Value::Bytes(bytes) => bytes.hash(state),
            Value::Array(elements) => elements.hash(state),
            Value::Object(object) => object.hash(state),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
