//! Sorted bytes for index keys: comparing them byte by byte is comparing the values.
//!
//! ```text
//! missing 01   null 02   int64 03 ‖ 8 bytes   float64 04 ‖ 8 bytes   false 05   true 06
//! string 07 ‖ escaped ‖ 00 00   bytes 08 ‖ escaped ‖ 00 00
//! array 09 ‖ elements ‖ 00   object 0a ‖ (key as a string ‖ value)… ‖ 00
//! ```
//! Invariants: every encoding tells where it ends, so keys may be joined and followed by anything; two values have
//! the same encoding exactly if they are equal. A zero byte inside a string is escaped as `00 ff`, which sorts above
//! the end mark. The commit timestamp placeholder is the int64 it equals.

use crate::{error::DecodeError, limits::DECODE_NESTING_MAX, object::Object, value::Value};

const END: u8 = 0x00;
const MISSING: u8 = 0x01;
const NULL: u8 = 0x02;
const INT64: u8 = 0x03;
const FLOAT64: u8 = 0x04;
const FALSE: u8 = 0x05;
const TRUE: u8 = 0x06;
const STRING: u8 = 0x07;
const BYTES: u8 = 0x08;
const ARRAY: u8 = 0x09;
const OBJECT: u8 = 0x0a;

/// Follows a zero byte that belongs to the string rather than ends it.
const ESCAPED_ZERO: u8 = 0xff;
const SIGN_BIT: u64 = 1 << 63;

/// Appends the sorted bytes of a value; `None` is a missing field, below every value.
pub fn encode_key(out: &mut Vec<u8>, value: Option<&Value>) {
    let Some(value) = value else {
        out.push(MISSING);
        return;
    };
    match value {
        Value::Null => out.push(NULL),
        Value::Int64(number) => encode_word(out, INT64, *number as u64 ^ SIGN_BIT),
        Value::CommitTs => encode_word(out, INT64, i64::MAX as u64 ^ SIGN_BIT),
        Value::Float64(number) => encode_word(out, FLOAT64, float_to_word(*number)),
        Value::Boolean(false) => out.push(FALSE),
        Value::Boolean(true) => out.push(TRUE),
        Value::String(text) => encode_escaped(out, STRING, text.as_bytes()),
        Value::Bytes(bytes) => encode_escaped(out, BYTES, bytes),
        Value::Array(elements) => {
            out.push(ARRAY);
            for element in elements {
                encode_key(out, Some(element));
            }
            out.push(END);
        }
        Value::Object(object) => {
            out.push(OBJECT);
            for (key, field) in object {
                encode_escaped(out, STRING, key.as_bytes());
                encode_key(out, Some(field));
            }
            out.push(END);
        }
    }
}

/// Reads one value from the front of `bytes`; returns it (`None` for a missing field) and how many bytes it took.
pub fn decode_key(bytes: &[u8]) -> Result<(Option<Value>, usize), DecodeError> {
    let mut reader = Reader { bytes, position: 0 };
    let value = match reader.byte()? {
        MISSING => None,
        tag => Some(reader.value(tag, DECODE_NESTING_MAX)?),
    };
    Ok((value, reader.position))
}

/// Returns the smallest key above every key that starts with `prefix`; `None` if there is none.
pub fn key_prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

fn encode_word(out: &mut Vec<u8>, tag: u8, word: u64) {
    out.push(tag);
    out.extend_from_slice(&word.to_be_bytes());
}

/// Positive floats get the sign bit, negative ones are inverted: the total order as an unsigned number.
fn float_to_word(number: f64) -> u64 {
    let bits = number.to_bits();
    match bits & SIGN_BIT {
        0 => bits | SIGN_BIT,
        _ => !bits,
    }
}

fn word_to_float(word: u64) -> f64 {
    f64::from_bits(match word & SIGN_BIT {
        0 => !word,
        _ => word ^ SIGN_BIT,
    })
}

fn encode_escaped(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.reserve(bytes.len() + 3);
    out.push(tag);
    let mut runs = bytes.split(|byte| *byte == 0);
    out.extend_from_slice(runs.next().unwrap_or_default());
    for run in runs {
        out.extend_from_slice(&[0, ESCAPED_ZERO]);
        out.extend_from_slice(run);
    }
    out.extend_from_slice(&[0, END]);
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = self.bytes.get(self.position);
        self.position += 1;
        byte.copied().ok_or(DecodeError::Truncated)
    }

    fn word(&mut self) -> Result<u64, DecodeError> {
        let word = self.bytes.get(self.position..self.position + 8);
        let word = word.ok_or(DecodeError::Truncated)?;
        self.position += 8;
        Ok(u64::from_be_bytes(word.try_into().expect("eight bytes")))
    }

    fn value(&mut self, tag: u8, levels_left: usize) -> Result<Value, DecodeError> {
        let value = match tag {
            NULL => Value::Null,
            INT64 => Value::Int64((self.word()? ^ SIGN_BIT) as i64),
            FLOAT64 => Value::Float64(word_to_float(self.word()?)),
            FALSE => Value::Boolean(false),
            TRUE => Value::Boolean(true),
            STRING => Value::String(self.string()?),
            BYTES => Value::Bytes(self.escaped()?),
            ARRAY => Value::Array(self.array(deeper(levels_left)?)?),
            OBJECT => Value::Object(self.object(deeper(levels_left)?)?),
            unknown => return Err(DecodeError::Tag(unknown)),
        };
        Ok(value)
    }

    fn array(&mut self, levels_left: usize) -> Result<Vec<Value>, DecodeError> {
        let mut elements = Vec::new();
        loop {
            match self.byte()? {
                END => return Ok(elements),
                tag => elements.push(self.value(tag, levels_left)?),
            }
        }
    }

    fn object(&mut self, levels_left: usize) -> Result<Object, DecodeError> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        loop {
            match self.byte()? {
                END => return Ok(Object::from_sorted(fields)),
                STRING => {}
                unknown => return Err(DecodeError::Tag(unknown)),
            }
            let key = self.string()?;
            if fields.last().is_some_and(|(last, _)| *last >= key) {
                return Err(DecodeError::KeyOrder);
            }
            let tag = self.byte()?;
            fields.push((key, self.value(tag, levels_left)?));
        }
    }

    fn string(&mut self) -> Result<String, DecodeError> {
        String::from_utf8(self.escaped()?).map_err(|_| DecodeError::Utf8)
    }

    fn escaped(&mut self) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = Vec::new();
        loop {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let zero = rest.iter().position(|byte| *byte == 0);
            let run = &rest[..zero.ok_or(DecodeError::Truncated)?];
            bytes.extend_from_slice(run);
            self.position += run.len() + 1;
            match self.byte()? {
                END => return Ok(bytes),
                ESCAPED_ZERO => bytes.push(0),
                _ => return Err(DecodeError::Malformed),
            }
        }
    }
}

fn deeper(levels_left: usize) -> Result<usize, DecodeError> {
    levels_left.checked_sub(1).ok_or(DecodeError::TooNested)
}

#[cfg(test)]
mod tests;
