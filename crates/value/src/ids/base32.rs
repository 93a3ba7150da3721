//! Crockford's base32 in lower case, most significant bits first, without padding.

use super::{ID_BYTES_MAX, ID_CHARS_MAX};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const INVALID: u8 = 0xff;
const DIGITS: [u8; 256] = digits();

const fn digits() -> [u8; 256] {
    let mut table = [INVALID; 256];
    let mut digit = 0;
    while digit < 32 {
        table[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    table
}

/// Writes `bytes` into `chars` and returns the written part. The last group is padded with zero bits.
pub(super) fn encode<'a>(bytes: &[u8], chars: &'a mut [u8; ID_CHARS_MAX]) -> &'a str {
    let (mut bits, mut bit_count, mut length) = (0u32, 0, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        bit_count += 8;
        while bit_count >= 5 {
            bit_count -= 5;
            chars[length] = ALPHABET[(bits >> bit_count & 31) as usize];
            length += 1;
        }
    }
    if bit_count > 0 {
        chars[length] = ALPHABET[(bits << (5 - bit_count) & 31) as usize];
        length += 1;
    }
    std::str::from_utf8(&chars[..length]).expect("the alphabet is ASCII")
}

/// Reads `text` into `bytes` and returns the whole bytes read; `None` for a character outside the alphabet.
pub(super) fn decode<'a>(text: &str, bytes: &'a mut [u8; ID_BYTES_MAX]) -> Option<&'a [u8]> {
    let (mut bits, mut bit_count, mut length) = (0u32, 0, 0);
    for char in text.bytes() {
        let digit = DIGITS[char as usize];
        if digit == INVALID {
            return None;
        }
        bits = bits << 5 | u32::from(digit);
        bit_count += 5;
        if bit_count >= 8 {
            bit_count -= 8;
            bytes[length] = (bits >> bit_count) as u8;
            length += 1;
        }
    }
    Some(&bytes[..length])
}
