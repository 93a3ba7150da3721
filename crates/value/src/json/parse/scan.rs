//! The tokens of JSON: space, words, numbers, strings.

use std::borrow::Cow;

use super::Parser;
use crate::error::ValueError;

/// Integers of up to this many digits are exact in a float.
const EXACT_DIGITS_MAX: usize = 15;

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.position += 1;
        }
    }

    #[cold]
    pub(super) fn error(&self, reason: &'static str) -> ValueError {
        let offset = self.position;
        ValueError::Syntax { reason, offset }
    }

    pub(super) fn word<T>(&mut self, word: &str, meaning: T) -> Result<T, ValueError> {
        if !self.text.as_bytes()[self.position..].starts_with(word.as_bytes()) {
            return Err(self.error("expected a value"));
        }
        self.position += word.len();
        Ok(meaning)
    }

    pub(super) fn number(&mut self) -> Result<f64, ValueError> {
        let start = self.position;
        let negative = self.take(b'-');
        let (whole, digit_count) = self.integer_part()?;
        let plain = !matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        if plain && digit_count <= EXACT_DIGITS_MAX {
            let number = whole as f64;
            return Ok(if negative { -number } else { number });
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        match self.text[start..self.position].parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(self.error("number out of range")),
        }
    }

    /// Reads `0` or digits that do not start with 0; returns their value, which wraps when it is long, and count.
    fn integer_part(&mut self) -> Result<(u64, usize), ValueError> {
        if self.take(b'0') {
            return match self.peek() {
                Some(b'0'..=b'9') => Err(self.error("number starts with 0")),
                _ => Ok((0, 1)),
            };
        }
        let start = self.position;
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.position += 1;
        }
        match self.position - start {
            0 => Err(self.error("expected a digit")),
            count => Ok((number, count)),
        }
    }

    fn digits(&mut self) -> Result<(), ValueError> {
        let start = self.position;
        while let Some(b'0'..=b'9') = self.peek() {
            self.position += 1;
        }
        match self.position > start {
            true => Ok(()),
            false => Err(self.error("expected a digit")),
        }
    }

    /// Reads a key and the colon behind it.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>, ValueError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a key"));
        }
        let key = self.string()?;
        self.skip_space();
        if !self.take(b':') {
            return Err(self.error("expected `:`"));
        }
        self.skip_space();
        Ok(key)
    }

    /// Reads a string; one without escapes is borrowed from the text.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, ValueError> {
        self.position += 1;
        let plain = self.plain_run();
        if self.take(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = String::with_capacity(2 * plain.len());
        text.push_str(plain);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => {
                    self.position += 1;
                    text.push(self.escape()?);
                }
                Some(_) => return Err(self.error("control character in a string")),
                None => return Err(self.error("the text ends inside a string")),
            }
            text.push_str(self.plain_run());
        }
    }

    /// Steps over characters that stand for themselves.
    fn plain_run(&mut self) -> &'a str {
        let start = self.position;
        let rest = &self.text.as_bytes()[start..];
        let run = rest.iter().position(|b| *b < b' ' || *b == b'"' || *b == b'\\');
        self.position = start + run.unwrap_or(rest.len());
        &self.text[start..self.position]
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, ValueError> {
        let Some(escaped) = self.peek() else {
            return Err(self.error("the text ends inside a string"));
        };
        self.position += 1;
        let char = match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.error("unknown escape")),
        };
        Ok(char)
    }

    fn unicode_escape(&mut self) -> Result<char, ValueError> {
        let unit = self.hex_unit()?;
        if !(0xd800..0xe000).contains(&unit) {
            return char::from_u32(unit).ok_or_else(|| self.error("unknown escape"));
        }
        let unpaired = "unpaired surrogate in a string";
        if unit >= 0xdc00 || !self.take(b'\\') || !self.take(b'u') {
            return Err(self.error(unpaired));
        }
        let low = self.hex_unit()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(self.error(unpaired));
        }
        let scalar = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        char::from_u32(scalar).ok_or_else(|| self.error(unpaired))
    }

    fn hex_unit(&mut self) -> Result<u32, ValueError> {
        let digits = self.text.as_bytes().get(self.position..self.position + 4);
        let unit = digits.and_then(|digits| {
            digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
        });
        self.position += 4;
        unit.ok_or_else(|| self.error("expected four hexadecimal digits"))
    }
}
