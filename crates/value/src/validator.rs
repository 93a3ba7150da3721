//! Validators.
use std::{collections::BTreeMap, fmt};
use crate::{TableNumber, ValidatorError, Value};
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validator {
    Null, Number, Bigint, CommitTs, Boolean, String, Bytes, Any,
    Literal(Value),
    Id(String),
    Array(Box<Validator>),
    Record { keys: Box<Validator>, values: Box<Validator> },
    Object(BTreeMap<String, FieldValidator>),
    Union(Vec<Validator>),
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldValidator { pub validator: Validator, pub optional: bool }
pub enum TableRef { User(String), System(String) }
pub trait TableNames { fn name_of(&self, table: TableNumber) -> Option<TableRef>; }
impl Validator {
    pub fn parse_json(_text: &str) -> Result<Validator, ValidatorError> { todo!() }
    pub fn from_json(_json: &serde_json::Value) -> Result<Validator, ValidatorError> { todo!() }
    pub fn to_json(&self) -> serde_json::Value { todo!() }
    pub fn check(&self, _value: &Value, _tables: &dyn TableNames) -> Result<(), String> { todo!() }
    pub fn is_superset_of(&self, _other: &Validator) -> bool { todo!() }
}
impl fmt::Display for Validator { fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
