//! Validators: the types users declare for arguments, results and documents.

mod check;
mod display;
mod json;
mod superset;

use std::collections::BTreeMap;

use crate::{ids::TableNumber, value::Value};

/// The set of values a user allows in one place.
///
/// Equality is of the declaration, not of the set: see `is_superset_of` for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validator {
    Null,
    /// Any float64.
    Number,
    /// Any int64.
    Bigint,
    /// Any int64, and the commit timestamp placeholder.
    CommitTs,
    Boolean,
    String,
    Bytes,
    Any,
    /// One string, number, bigint or boolean.
    Literal(Value),
    /// The id of a document in the named table.
    Id(String),
    Array(Box<Validator>),
    /// An object of any keys.
    Record {
        keys: Box<Validator>,
        values: Box<Validator>,
    },
    /// An object of these fields and no others.
    Object(BTreeMap<String, FieldValidator>),
    /// What any of these allow; with none, nothing.
    Union(Vec<Validator>),
}

/// The validator of one field of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldValidator {
    pub validator: Validator,
    /// Whether the field may be missing. A field that is there must match all the same.
    pub optional: bool,
}

/// A table, as the functions of one component see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableRef {
    User(String),
    /// A system table by the name users know, such as `_storage`.
    System(String),
}

/// Finds the tables that ids speak of.
pub trait TableNames {
    fn name_of(&self, table: TableNumber) -> Option<TableRef>;
}

impl Validator {
    /// Returns the fields of an object validator.
    pub fn as_fields(&self) -> Option<&BTreeMap<String, FieldValidator>> {
        match self {
            Validator::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// Calls `visit` with the table name of every `v.id(…)` inside.
    pub fn for_each_id(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Validator::Id(table) => visit(table),
            Validator::Array(element) => element.for_each_id(visit),
            Validator::Record { keys, values } => {
                keys.for_each_id(visit);
                values.for_each_id(visit);
            }
            Validator::Object(fields) => {
                let fields = fields.values();
                fields.for_each(|field| field.validator.for_each_id(visit));
            }
            Validator::Union(members) => members.iter().for_each(|m| m.for_each_id(visit)),
            Validator::Null
            | Validator::Number
            | Validator::Bigint
            | Validator::CommitTs
            | Validator::Boolean
            | Validator::String
            | Validator::Bytes
            | Validator::Any
            | Validator::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
