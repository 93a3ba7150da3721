//! Commit timestamps and their form on the wire.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::error::TimestampError;

/// A point in the commit log: nanoseconds since the Unix epoch, as assigned at commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Before every commit.
    pub const ZERO: Timestamp = Timestamp(0);
    /// After every commit.
    pub const MAX: Timestamp = Timestamp(u64::MAX);

    /// Returns the next timestamp; `MAX` has none and returns itself.
    pub fn succ(self) -> Timestamp {
        Timestamp(self.0.saturating_add(1))
    }

    /// Reads the wire form: base64 of eight little-endian bytes.
    pub fn from_wire(text: &str) -> Result<Timestamp, TimestampError> {
        let mut bytes = [0; 8];
        match crate::json::decode_eight(text, &mut bytes) {
            true => Ok(Timestamp(u64::from_le_bytes(bytes))),
            false => Err(TimestampError),
        }
    }

    /// Returns the wire form: base64 of eight little-endian bytes.
    pub fn to_wire(self) -> String {
        STANDARD.encode(self.0.to_le_bytes())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
