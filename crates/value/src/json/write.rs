//! Writes values as JSON text.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{JsonFormat, special::is_special_float};
use crate::{object::Object, value::Value};

/// Whole floats below this are exact as integers, and are written faster that way.
const EXACT_INTEGER_MAX: f64 = 1e15;

pub(super) fn value(out: &mut String, value: &Value, format: JsonFormat) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Int64(number) => integer(out, *number, format),
        Value::Float64(number) => float(out, *number, format),
        Value::Boolean(true) => out.push_str("true"),
        Value::Boolean(false) => out.push_str("false"),
        Value::String(text) => write_json_string(out, text),
        Value::Bytes(bytes) => match format {
            JsonFormat::Encoded | JsonFormat::Export => wrapped(out, "{\"$bytes\":\"", bytes),
            JsonFormat::Clean => {
                out.push('"');
                STANDARD.encode_string(bytes, out);
                out.push('"');
            }
        },
        Value::Array(elements) => array(out, elements, format),
        Value::Object(fields) => object(out, fields, format),
        Value::CommitTs => out.push_str("{\"$commitTs\":null}"),
    }
}

pub(super) fn object(out: &mut String, fields: &Object, format: JsonFormat) {
    let mut separator = '{';
    for (key, field) in fields {
        out.push(separator);
        write_json_string(out, key);
        out.push(':');
        value(out, field, format);
        separator = ',';
    }
    if fields.is_empty() {
        out.push('{');
    }
    out.push('}');
}

fn array(out: &mut String, elements: &[Value], format: JsonFormat) {
    let mut separator = '[';
    for element in elements {
        out.push(separator);
        value(out, element, format);
        separator = ',';
    }
    if elements.is_empty() {
        out.push('[');
    }
    out.push(']');
}

fn integer(out: &mut String, number: i64, format: JsonFormat) {
    match format {
        JsonFormat::Encoded => wrapped(out, "{\"$integer\":\"", &number.to_le_bytes()),
        JsonFormat::Export => out.push_str(itoa::Buffer::new().format(number)),
        JsonFormat::Clean => {
            out.push('"');
            out.push_str(itoa::Buffer::new().format(number));
            out.push('"');
        }
    }
}

fn float(out: &mut String, number: f64, format: JsonFormat) {
    let encoded = match format {
        JsonFormat::Encoded => is_special_float(number),
        JsonFormat::Export => !number.is_finite(),
        JsonFormat::Clean => false,
    };
    if encoded {
        wrapped(out, "{\"$float\":\"", &number.to_le_bytes());
    } else if number.is_nan() {
        out.push_str("\"NaN\"");
    } else if number.is_infinite() {
        out.push_str(match number > 0.0 {
            true => "\"Infinity\"",
            false => "\"-Infinity\"",
        });
    } else {
        write_finite(out, number);
    }
}

/// Writes a finite float with a decimal point or an exponent: some clients refuse an integer token.
pub(crate) fn write_finite(out: &mut String, number: f64) {
    let whole = number as i64;
    let exact = number.abs() < EXACT_INTEGER_MAX && whole as f64 == number;
    if exact && !is_special_float(number) {
        out.push_str(itoa::Buffer::new().format(whole));
        out.push_str(".0");
        return;
    }
    out.push_str(zmij::Buffer::new().format_finite(number));
}

fn wrapped(out: &mut String, opening: &str, bytes: &[u8]) {
    out.push_str(opening);
    STANDARD.encode_string(bytes, out);
    out.push_str("\"}");
}

/// Appends `text` as a JSON string, escaping only what JSON demands.
pub fn write_json_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut written = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[written..index]);
        written = index + 1;
        push_escape(out, byte);
    }
    out.push_str(&text[written..]);
    out.push('"');
}

fn push_escape(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x08 => out.push_str("\\b"),
        0x0c => out.push_str("\\f"),
        control => {
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(control >> 4)]));
            out.push(char::from(HEX[usize::from(control & 15)]));
        }
    }
}
