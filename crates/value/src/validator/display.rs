//! Validators as a developer writes them: `v.object({name: v.string()})`.

use std::fmt;

use super::{FieldValidator, Validator};
use crate::{identifier::is_identifier, value::Value};

impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Validator::Null => f.write_str("v.null()"),
            Validator::Number => f.write_str("v.float64()"),
            Validator::Bigint => f.write_str("v.int64()"),
            Validator::CommitTs => f.write_str("v.commitTs()"),
            Validator::Boolean => f.write_str("v.boolean()"),
            Validator::String => f.write_str("v.string()"),
            Validator::Bytes => f.write_str("v.bytes()"),
            Validator::Any => f.write_str("v.any()"),
            Validator::Literal(literal) => write_literal(f, literal),
            Validator::Id(table) => write!(f, "v.id(\"{table}\")"),
            Validator::Array(element) => write!(f, "v.array({element})"),
            Validator::Record { keys, values } => write!(f, "v.record({keys}, {values})"),
            Validator::Object(fields) => {
                f.write_str("v.object({")?;
                for (index, (name, field)) in fields.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    match is_identifier(name) {
                        true => f.write_str(name)?,
                        false => write!(f, "{}", Value::from(name.as_str()).display())?,
                    }
                    write!(f, ": {field}")?;
                }
                f.write_str("})")
            }
            Validator::Union(members) => {
                f.write_str("v.union(")?;
                for (index, member) in members.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{member}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for FieldValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.optional {
            true => write!(f, "v.optional({})", self.validator),
            false => self.validator.fmt(f),
        }
    }
}

/// Literals are JSON, except what JSON has no plain word for.
fn write_literal(f: &mut fmt::Formatter<'_>, literal: &Value) -> fmt::Result {
    match literal {
        Value::Int64(_) | Value::CommitTs => f.write_str("v.literal(<bigint>)"),
        Value::Float64(number) if !number.is_finite() => f.write_str("v.literal(<number>)"),
        Value::Null
        | Value::Float64(_)
        | Value::Boolean(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Array(_)
        | Value::Object(_) => write!(f, "v.literal({})", literal.display()),
    }
}
