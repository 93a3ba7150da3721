//! JSON forms of values.
use crate::{Object, Value, ValueError, UnknownJsonFormat};
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonFormat { Encoded, Clean, Export }
impl std::str::FromStr for JsonFormat { type Err = UnknownJsonFormat; fn from_str(_: &str) -> Result<Self, Self::Err> { todo!() } }
impl Value {
    pub fn from_json(_json: &serde_json::Value) -> Result<Value, ValueError> { todo!() }
    pub fn from_json_or_undefined(_json: &serde_json::Value) -> Result<Option<Value>, ValueError> { todo!() }
    pub fn parse_json(_text: &str) -> Result<Value, ValueError> { todo!() }
    pub fn to_json(&self) -> String { todo!() }
    pub fn write_json(&self, _out: &mut String) { todo!() }
    pub fn to_json_format(&self, _format: JsonFormat) -> String { todo!() }
}
impl Object { pub fn to_json(&self) -> String { todo!() } pub fn write_json(&self, _out: &mut String) { todo!() } }
pub fn parse_object_json(_text: &str) -> Result<Object, ValueError> { todo!() }
pub fn parse_patch_json(_text: &str) -> Result<Vec<(String, Option<Value>)>, ValueError> { todo!() }
pub fn write_json_string(_out: &mut String, _text: &str) { todo!() }
pub(crate) fn decode_eight(_text: &str, _bytes: &mut [u8; 8]) -> bool { todo!() }
