//! Reads the stored form, trusting nothing: damage gives an error, never a panic or a huge allocation.

use super::{ARRAY, BYTES, COMMIT_TS, FALSE, FLOAT64, INT64, NULL, OBJECT, STRING, TRUE, VERSION, WHOLE_FLOAT64};
use crate::{error::DecodeError, limits::DECODE_NESTING_MAX, object::Object, value::Value};

/// Room made before the items were seen, in items: a damaged count must not take the memory of the machine.
const PREALLOCATED_MAX: usize = 1024;

pub(super) fn document(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader { rest: bytes };
    match reader.byte()? {
        VERSION => {}
        unknown => return Err(DecodeError::Version(unknown)),
    }
    let value = reader.value(DECODE_NESTING_MAX)?;
    match reader.rest {
        [] => Ok(value),
        _ => Err(DecodeError::Trailing),
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, levels_left: usize) -> Result<Value, DecodeError> {
        let value = match self.byte()? {
            NULL => Value::Null,
            FALSE => Value::Boolean(false),
            TRUE => Value::Boolean(true),
            INT64 => Value::Int64(self.signed()?),
            FLOAT64 => {
                let bytes = self.take(8)?;
                let bytes = bytes.try_into().expect("eight bytes were taken");
                Value::Float64(f64::from_le_bytes(bytes))
            }
            WHOLE_FLOAT64 => Value::Float64(self.signed()? as f64),
            STRING => Value::String(self.string()?.to_owned()),
            BYTES => Value::Bytes(self.sized()?.to_vec()),
            ARRAY => self.array(deeper(levels_left)?)?,
            OBJECT => self.object(deeper(levels_left)?)?,
            COMMIT_TS => Value::CommitTs,
            unknown => return Err(DecodeError::Tag(unknown)),
        };
        Ok(value)
    }

    fn array(&mut self, levels_left: usize) -> Result<Value, DecodeError> {
        let count = self.count()?;
        let mut elements = Vec::with_capacity(count.min(PREALLOCATED_MAX));
        for _ in 0..count {
            elements.push(self.value(levels_left)?);
        }
        Ok(Value::Array(elements))
    }

    fn object(&mut self, levels_left: usize) -> Result<Value, DecodeError> {
        let count = self.count()?;
        let mut fields: Vec<(String, Value)> = Vec::with_capacity(count.min(PREALLOCATED_MAX));
        for _ in 0..count {
            let key = self.string()?;
            if fields.last().is_some_and(|(last, _)| last.as_str() >= key) {
                return Err(DecodeError::KeyOrder);
            }
            fields.push((key.to_owned(), self.value(levels_left)?));
        }
        Ok(Value::Object(Object::from_sorted(fields)))
    }

    fn string(&mut self) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.sized()?).map_err(|_| DecodeError::Utf8)
    }

    fn sized(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.count()?;
        self.take(length)
    }

    /// Every counted thing takes at least a byte, so a count above what is left is damage.
    fn count(&mut self) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.varint()?).map_err(|_| DecodeError::Malformed)?;
        match count <= self.rest.len() {
            true => Ok(count),
            false => Err(DecodeError::Truncated),
        }
    }

    fn signed(&mut self) -> Result<i64, DecodeError> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(DecodeError::Malformed)
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let (byte, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let taken = self.rest.split_at_checked(length);
        let (taken, rest) = taken.ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn deeper(levels_left: usize) -> Result<usize, DecodeError> {
    levels_left.checked_sub(1).ok_or(DecodeError::TooNested)
}
