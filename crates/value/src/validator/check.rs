//! Checks values against validators.
//!
//! Nearly every check succeeds, so the first pass only answers yes or no and allocates nothing. Only a value that
//! fails is looked at again for the text that says what is wrong, and where.

use std::{collections::BTreeMap, fmt};

use super::{FieldValidator, TableNames, TableRef, Validator};
use crate::{ids::DocumentId, object::Object, value::Value};

impl Validator {
    /// Checks a value; the error is the detail text for the developer.
    pub fn check(&self, value: &Value, tables: &dyn TableNames) -> Result<(), String> {
        if self.matches(value, tables) {
            return Ok(());
        }
        Err(self.explain(value, tables, &Path::Root).unwrap_or_else(|| self.mismatch(value, &Path::Root)))
    }

    /// Returns whether a value is allowed.
    pub fn matches(&self, value: &Value, tables: &dyn TableNames) -> bool {
        match (self, value) {
            (Validator::Any, _)
            | (Validator::Null, Value::Null)
            | (Validator::Number, Value::Float64(_))
            | (Validator::Bigint, Value::Int64(_))
            | (Validator::CommitTs, Value::Int64(_) | Value::CommitTs)
            | (Validator::Boolean, Value::Boolean(_))
            | (Validator::String, Value::String(_))
            | (Validator::Bytes, Value::Bytes(_)) => true,
            (Validator::Literal(literal), value) => same_literal(literal, value),
            (Validator::Id(table), Value::String(id)) => {
                matches!(table_of(id, tables), Some((_, found)) if name(&found) == table)
            }
            (Validator::Array(element), Value::Array(elements)) => {
                elements.iter().all(|value| element.matches(value, tables))
            }
            (Validator::Record { keys, values }, Value::Object(object)) => {
                object.iter().all(|(key, value)| key_matches(keys, key, tables) && values.matches(value, tables))
            }
            (Validator::Object(fields), Value::Object(object)) => fields_match(fields, object, tables),
            (Validator::Union(members), value) => members.iter().any(|member| member.matches(value, tables)),
            _ => false,
        }
    }

    /// Returns what is wrong with a value; `None` when nothing is.
    fn explain(&self, value: &Value, tables: &dyn TableNames, path: &Path<'_>) -> Option<String> {
        match (self, value) {
            (Validator::Literal(literal), value) if !same_literal(literal, value) => {
                let value = value.display();
                Some(format!("`{value}` does not match literal validator `{self}`.{path}"))
            }
            (Validator::Id(table), Value::String(id)) => self.explain_id(table, id, tables, path),
            (Validator::Array(element), Value::Array(elements)) => {
                let mut elements = elements.iter().enumerate();
                elements.find_map(|(index, value)| element.explain(value, tables, &Path::Index(path, index)))
            }
            (Validator::Record { keys, values }, Value::Object(object)) => object.iter().find_map(|(key, value)| {
                keys.explain(&Value::from(key), tables, &Path::Keys(path))
                    .or_else(|| values.explain(value, tables, &Path::Values(path)))
            }),
            (Validator::Object(fields), Value::Object(object)) => self.explain_object(fields, object, tables, path),
            (Validator::Union(members), value) => match members.as_slice() {
                [only] => only.explain(value, tables, path),
                _ if self.matches(value, tables) => None,
                _ => Some(self.mismatch(value, path)),
            },
            _ if self.matches(value, tables) => None,
            _ => Some(self.mismatch(value, path)),
        }
    }

    fn explain_id(&self, table: &str, id: &str, tables: &dyn TableNames, path: &Path<'_>) -> Option<String> {
        let Some((id, found)) = table_of(id, tables) else {
            return Some(self.mismatch(&Value::from(id), path));
        };
        if name(&found) == table {
            return None;
        }
        let origin = match found {
            TableRef::User(name) => format!("from table `{name}`"),
            TableRef::System(_) => "from a system table".to_owned(),
        };
        Some(format!("Found ID \"{id}\" {origin}, which does not match the table name in validator `{self}`.{path}"))
    }

    fn explain_object(
        &self,
        fields: &BTreeMap<String, FieldValidator>,
        object: &Object,
        tables: &dyn TableNames,
        path: &Path<'_>,
    ) -> Option<String> {
        let shown = object.display();
        for (name, field) in fields {
            let problem = match object.get(name) {
                Some(value) => {
                    let path = Path::Field(path, name);
                    field.validator.explain(value, tables, &path)
                }
                None if field.optional => None,
                None => Some(format!(
                    "Object is missing the required field `{name}`. Consider wrapping the field validator in \
                     `v.optional(...)` if this is expected.\n{path}\nObject: {shown}\nValidator: {self}"
                )),
            };
            if problem.is_some() {
                return problem;
            }
        }
        let extra = object.keys().find(|name| !fields.contains_key(*name))?;
        Some(format!(
            "Object contains extra field `{extra}` that is not in the validator.\n\
             {path}\nObject: {shown}\nValidator: {self}"
        ))
    }

    fn mismatch(&self, value: &Value, path: &Path<'_>) -> String {
        let value = value.display();
        format!("Value does not match validator.\n{path}\nValue: {value}\nValidator: {self}")
    }
}

/// Numbers are compared as a developer writes them, so `v.literal(0)` takes -0 as well.
fn same_literal(literal: &Value, value: &Value) -> bool {
    match (literal, value) {
        (Value::Float64(literal), Value::Float64(number)) => literal == number,
        // The placeholder equals the largest int64 in the order of values, yet is not that number.
        (_, Value::CommitTs) => false,
        (literal, value) => literal == value,
    }
}

fn fields_match(fields: &BTreeMap<String, FieldValidator>, object: &Object, tables: &dyn TableNames) -> bool {
    let mut known = 0;
    for (name, field) in fields {
        match object.get(name) {
            Some(value) if field.validator.matches(value, tables) => known += 1,
            None if field.optional => {}
            Some(_) | None => return false,
        }
    }
    known == object.len()
}

/// Spares the common record key the copy into a value.
fn key_matches(keys: &Validator, key: &str, tables: &dyn TableNames) -> bool {
    matches!(keys, Validator::String) || keys.matches(&Value::from(key), tables)
}

fn table_of(id: &str, tables: &dyn TableNames) -> Option<(DocumentId, TableRef)> {
    let id = id.parse::<DocumentId>().ok()?;
    Some((id, tables.name_of(id.table)?))
}

fn name(table: &TableRef) -> &str {
    match table {
        TableRef::User(name) | TableRef::System(name) => name,
    }
}

/// The way from the root to a value, as a list on the stack.
enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
    Keys(&'a Path<'a>),
    Values(&'a Path<'a>),
}

impl Path<'_> {
    fn write_segments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(parent, name) => {
                parent.write_segments(f)?;
                write!(f, ".{name}")
            }
            Path::Index(parent, index) => {
                parent.write_segments(f)?;
                write!(f, "[{index}]")
            }
            Path::Keys(parent) => {
                parent.write_segments(f)?;
                f.write_str(".keys()")
            }
            Path::Values(parent) => {
                parent.write_segments(f)?;
                f.write_str(".values()")
            }
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            _ => {
                f.write_str("Path: ")?;
                self.write_segments(f)
            }
        }
    }
}
