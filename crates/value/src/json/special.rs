//! The `$`-wrappers: what each one may hold.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{error::ValueError, value::Value};

/// A one-key object that stands for a value JSON has no word for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    Integer,
    Float,
    Bytes,
    CommitTs,
    Undefined,
}

impl Special {
    pub(super) fn from_key(key: &str) -> Option<Special> {
        match key {
            "$integer" => Some(Special::Integer),
            "$float" => Some(Special::Float),
            "$bytes" => Some(Special::Bytes),
            "$commitTs" => Some(Special::CommitTs),
            "$undefined" => Some(Special::Undefined),
            _ => None,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Special::Integer => "$integer",
            Special::Float => "$float",
            Special::Bytes => "$bytes",
            Special::CommitTs => "$commitTs",
            Special::Undefined => "$undefined",
        }
    }

    /// Returns the value a wrapper stands for; `content` is its string, or `None` where it holds `null`.
    /// The result is `None` for `undefined`.
    pub(super) fn decode(self, content: Option<&str>) -> Result<Option<Value>, ValueError> {
        match (self, content) {
            (Special::Integer, Some(text)) => {
                let bytes = self.eight_bytes(text)?;
                Ok(Some(Value::Int64(i64::from_le_bytes(bytes))))
            }
            (Special::Float, Some(text)) => {
                let number = f64::from_le_bytes(self.eight_bytes(text)?);
                match is_special_float(number) {
                    true => Ok(Some(Value::Float64(number))),
                    false => Err(self.malformed("an ordinary number must be a JSON number")),
                }
            }
            (Special::Bytes, Some(text)) => match STANDARD.decode(text) {
                Ok(bytes) => Ok(Some(Value::Bytes(bytes))),
                Err(_) => Err(self.malformed("it is not base64")),
            },
            (Special::CommitTs, None) => Ok(Some(Value::CommitTs)),
            (Special::Undefined, None) => Ok(None),
            (Special::Integer | Special::Float | Special::Bytes, None) => Err(self.wrong_content()),
            (Special::CommitTs | Special::Undefined, Some(_)) => Err(self.wrong_content()),
        }
    }

    /// The error for a content of the wrong JSON type.
    pub(super) fn wrong_content(self) -> ValueError {
        match self {
            Special::Integer | Special::Float | Special::Bytes => self.malformed("it must hold a string"),
            Special::CommitTs | Special::Undefined => self.malformed("it must hold null"),
        }
    }

    fn eight_bytes(self, text: &str) -> Result<[u8; 8], ValueError> {
        let mut bytes = [0; 8];
        match decode_eight(text, &mut bytes) {
            true => Ok(bytes),
            false => Err(self.malformed("it must be the base64 of eight bytes")),
        }
    }

    fn malformed(self, reason: &'static str) -> ValueError {
        let kind = self.key();
        ValueError::Special { kind, reason }
    }
}

/// Returns whether a float has no JSON number that every client reads back: NaN, the infinities and -0.
pub(super) fn is_special_float(number: f64) -> bool {
    !number.is_finite() || (number == 0.0 && number.is_sign_negative())
}

/// Decodes the base64 of exactly eight bytes; `false` for anything else.
pub(crate) fn decode_eight(text: &str, bytes: &mut [u8; 8]) -> bool {
    // The decoder wants room for what twelve characters could hold at most.
    let mut room = [0; 9];
    if text.len() != 12 || STANDARD.decode_slice(text, &mut room) != Ok(8) {
        return false;
    }
    bytes.copy_from_slice(&room[..8]);
    true
}
