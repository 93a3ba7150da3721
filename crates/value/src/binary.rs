//! Stored form.
use crate::{DecodeError, Object, Value};
pub fn encode_object(_object: &Object) -> Vec<u8> { todo!() }
pub fn decode_object(_bytes: &[u8]) -> Result<Object, DecodeError> { todo!() }
pub fn encode_value(_value: &Value) -> Vec<u8> { todo!() }
pub fn decode_value(_bytes: &[u8]) -> Result<Value, DecodeError> { todo!() }
