//! The compact form documents are stored in.
//!
//! ```text
//! version 01 ‖ value
//! null 00   false 01   true 02   int64 03 ‖ zigzag varint   float64 04 ‖ 8 bytes, little-endian
//! whole float64 05 ‖ zigzag varint   string 06 ‖ length ‖ UTF-8   bytes 07 ‖ length ‖ bytes
//! array 08 ‖ count ‖ elements   object 09 ‖ count ‖ (length ‖ key ‖ value)…   commit timestamp placeholder 0a
//! ```
//! Lengths and counts are LEB128 varints. Keys ascend. The bytes carry no checksum: the storage engine adds one.

mod read;
mod write;

use crate::{error::DecodeError, object::Object, value::Value};

/// The first byte of everything written here.
const VERSION: u8 = 1;

const NULL: u8 = 0x00;
const FALSE: u8 = 0x01;
const TRUE: u8 = 0x02;
const INT64: u8 = 0x03;
const FLOAT64: u8 = 0x04;
const WHOLE_FLOAT64: u8 = 0x05;
const STRING: u8 = 0x06;
const BYTES: u8 = 0x07;
const ARRAY: u8 = 0x08;
const OBJECT: u8 = 0x09;
const COMMIT_TS: u8 = 0x0a;

/// Returns the stored form of a value.
pub fn encode_value(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.size() + 2);
    out.push(VERSION);
    write::value(&mut out, value);
    out
}

/// Returns the stored form of an object: the same as that of the value holding it.
pub fn encode_object(object: &Object) -> Vec<u8> {
    let mut out = Vec::with_capacity(object.size() + 2);
    out.push(VERSION);
    write::object(&mut out, object);
    out
}

/// Reads what `encode_value` wrote.
pub fn decode_value(bytes: &[u8]) -> Result<Value, DecodeError> {
    read::document(bytes)
}

/// Reads what `encode_object` wrote.
pub fn decode_object(bytes: &[u8]) -> Result<Object, DecodeError> {
    match read::document(bytes)? {
        Value::Object(object) => Ok(object),
        Value::Null
        | Value::Int64(_)
        | Value::Float64(_)
        | Value::Boolean(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Array(_)
        | Value::CommitTs => Err(DecodeError::Malformed),
    }
}

#[cfg(test)]
mod tests;
