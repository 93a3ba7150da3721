//! Tells whether one validator surely allows all that another does.

use std::collections::BTreeMap;

use super::{FieldValidator, Validator};
use crate::value::Value;

impl Validator {
    /// Returns true only if every value `other` allows is allowed here too.
    ///
    /// Conservative: some pairs that do hold are answered with false, at the price of looking at the documents.
    pub fn is_superset_of(&self, other: &Validator) -> bool {
        match (self, other) {
            (_, Validator::Union(members)) => members.iter().all(|member| self.is_superset_of(member)),
            (Validator::Any, _) => true,
            (Validator::Union(members), other) => {
                members.iter().any(|member| member.is_superset_of(other)) || covers_booleans(self, other)
            }
            (Validator::String, Validator::Id(_)) => true,
            (Validator::CommitTs, Validator::Bigint) => true,
            (scalar, Validator::Literal(literal)) => admits_literal(scalar, literal),
            (Validator::Array(element), Validator::Array(narrower)) => element.is_superset_of(narrower),
            (
                Validator::Record { keys, values },
                Validator::Record { keys: narrower_keys, values: narrower_values },
            ) => keys.is_superset_of(narrower_keys) && values.is_superset_of(narrower_values),
            (Validator::Record { keys, values }, Validator::Object(fields)) => fields.iter().all(|(name, field)| {
                admits_literal(keys, &Value::from(name.as_str())) && values.is_superset_of(&field.validator)
            }),
            (Validator::Object(fields), Validator::Object(narrower)) => fields_cover(fields, narrower),
            (validator, other) => validator == other,
        }
    }
}

fn admits_literal(validator: &Validator, literal: &Value) -> bool {
    match (validator, literal) {
        (Validator::Any, _)
        | (Validator::Number, Value::Float64(_))
        | (Validator::Bigint | Validator::CommitTs, Value::Int64(_))
        | (Validator::Boolean, Value::Boolean(_))
        | (Validator::String, Value::String(_)) => true,
        (Validator::Literal(Value::Float64(a)), Value::Float64(b)) => a == b,
        (Validator::Literal(own), literal) => own == literal,
        (Validator::Union(members), literal) => members.iter().any(|member| admits_literal(member, literal)),
        _ => false,
    }
}

/// `v.union(v.literal(true), v.literal(false))` is every boolean.
fn covers_booleans(union: &Validator, other: &Validator) -> bool {
    matches!(other, Validator::Boolean)
        && [true, false].iter().all(|flag| admits_literal(union, &Value::Boolean(*flag)))
}

fn fields_cover(fields: &BTreeMap<String, FieldValidator>, narrower: &BTreeMap<String, FieldValidator>) -> bool {
    let covered = narrower.iter().all(|(name, narrow)| {
        fields.get(name).is_some_and(|field| {
            (field.optional || !narrow.optional) && field.validator.is_superset_of(&narrow.validator)
        })
    });
    let mut unknown = fields.iter().filter(|(name, _)| !narrower.contains_key(*name));
    covered && unknown.all(|(_, field)| field.optional)
}
