//! Sorted bytes.
use crate::{DecodeError, Value};
pub fn encode_key(_out: &mut Vec<u8>, _value: Option<&Value>) { todo!() }
pub fn decode_key(_bytes: &[u8]) -> Result<(Option<Value>, usize), DecodeError> { todo!() }
pub fn key_prefix_end(_prefix: &[u8]) -> Option<Vec<u8>> { todo!() }
