//! Writes the stored form.

use super::{ARRAY, BYTES, COMMIT_TS, FALSE, FLOAT64, INT64, NULL, OBJECT, STRING, TRUE, WHOLE_FLOAT64};
use crate::{object::Object, value::Value};

/// Whole floats below this take at most five bytes as varints, against eight as floats.
const SHORT_WHOLE_FLOAT_MAX: f64 = (1u64 << 34) as f64;

pub(super) fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(NULL),
        Value::Boolean(false) => out.push(FALSE),
        Value::Boolean(true) => out.push(TRUE),
        Value::Int64(number) => {
            out.push(INT64);
            varint(out, zigzag(*number));
        }
        Value::Float64(number) => float(out, *number),
        Value::String(text) => {
            out.push(STRING);
            sized(out, text.as_bytes());
        }
        Value::Bytes(bytes) => {
            out.push(BYTES);
            sized(out, bytes);
        }
        Value::Array(elements) => {
            out.push(ARRAY);
            varint(out, elements.len() as u64);
            for element in elements {
                self::value(out, element);
            }
        }
        Value::Object(fields) => object(out, fields),
        Value::CommitTs => out.push(COMMIT_TS),
    }
}

pub(super) fn object(out: &mut Vec<u8>, fields: &Object) {
    out.push(OBJECT);
    varint(out, fields.len() as u64);
    for (key, field) in fields {
        sized(out, key.as_bytes());
        value(out, field);
    }
}

fn float(out: &mut Vec<u8>, number: f64) {
    let whole = number as i64;
    // Comparing bits keeps -0.0 and every NaN out.
    if number.abs() < SHORT_WHOLE_FLOAT_MAX && (whole as f64).to_bits() == number.to_bits() {
        out.push(WHOLE_FLOAT64);
        varint(out, zigzag(whole));
    } else {
        out.push(FLOAT64);
        out.extend_from_slice(&number.to_le_bytes());
    }
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
