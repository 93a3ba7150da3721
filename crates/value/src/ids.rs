//! Document ids: a table number, sixteen bytes, a checksum, written in base32.
//!
//! ```text
//! base32( LEB128(table number) ‖ internal id (16 bytes) ‖ Fletcher-16 of all before (2 bytes, little-endian) )
//! ```
//! Only the one canonical spelling of an id is read, so equal ids are equal strings.

mod base32;

use std::{fmt, str::FromStr};

use crate::error::IdError;

/// The number of a table inside its component namespace; at least 1 in a readable id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableNumber(pub u32);

impl fmt::Display for TableNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What tells a document from all others of its table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InternalId(pub [u8; 16]);

impl fmt::Debug for InternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Names a document: the string users hold in `_id` fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId {
    pub table: TableNumber,
    pub internal: InternalId,
}

/// Table number in at most 5 bytes, internal id, checksum.
const ID_BYTES_MAX: usize = 5 + 16 + 2;
const ID_CHARS_MIN: usize = 31;
const ID_CHARS_MAX: usize = 37;

impl DocumentId {
    /// Returns the id as a string, like `to_string` in one allocation.
    pub fn encode(&self) -> String {
        let mut chars = [0; ID_CHARS_MAX];
        self.encode_into(&mut chars).to_owned()
    }

    fn encode_into<'a>(&self, chars: &'a mut [u8; ID_CHARS_MAX]) -> &'a str {
        let mut bytes = [0; ID_BYTES_MAX];
        let mut length = 0;
        let mut rest = self.table.0;
        while rest >= 0x80 {
            bytes[length] = rest as u8 | 0x80;
            rest >>= 7;
            length += 1;
        }
        bytes[length] = rest as u8;
        length += 1;
        bytes[length..length + 16].copy_from_slice(&self.internal.0);
        length += 16;
        let footer = fletcher16(&bytes[..length]);
        bytes[length..length + 2].copy_from_slice(&footer.to_le_bytes());
        base32::encode(&bytes[..length + 2], chars)
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.encode_into(&mut [0; ID_CHARS_MAX]))
    }
}

impl FromStr for DocumentId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<DocumentId, IdError> {
        if !(ID_CHARS_MIN..=ID_CHARS_MAX).contains(&text.len()) {
            return Err(IdError::Length(text.len()));
        }
        let mut buffer = [0; ID_BYTES_MAX];
        let bytes = base32::decode(text, &mut buffer).ok_or(IdError::Alphabet)?;
        let (table, prefix) = decode_table(bytes).ok_or(IdError::TableNumber)?;
        // Trailing zero bits may add a byte to what was encoded; the canonical check below refuses what is extra.
        let (Some(internal), Some(footer)) = (bytes.get(prefix..prefix + 16), bytes.get(prefix + 16..prefix + 18))
        else {
            return Err(IdError::Length(text.len()));
        };
        if footer != fletcher16(&bytes[..prefix + 16]).to_le_bytes() {
            return Err(IdError::Checksum);
        }
        let internal = InternalId(internal.try_into().expect("the range above has 16 bytes"));
        let id = DocumentId { table, internal };
        match id.encode_into(&mut [0; ID_CHARS_MAX]) == text {
            true => Ok(id),
            false => Err(IdError::NotCanonical),
        }
    }
}

/// Reads the table number and how many bytes it took. Zero and more than 32 bits are refused.
fn decode_table(bytes: &[u8]) -> Option<(TableNumber, usize)> {
    let mut number = 0u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let number = u32::try_from(number).ok().filter(|n| *n != 0)?;
            return Some((TableNumber(number), index + 1));
        }
    }
    None
}

/// Fletcher's checksum with two 8-bit sums modulo 256.
fn fletcher16(bytes: &[u8]) -> u16 {
    let (mut low, mut high) = (0u8, 0u8);
    for byte in bytes {
        low = low.wrapping_add(*byte);
        high = high.wrapping_add(low);
    }
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests;
