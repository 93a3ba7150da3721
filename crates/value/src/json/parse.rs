//! Reads values straight from JSON text, in one pass and without a tree in between.
//!
//! Stricter than JSON alone: strings must be Unicode (no unpaired surrogates), numbers must fit a float, and
//! nesting, lengths and keys obey the limits of values. Where a key repeats, the last one counts.

mod scan;

use super::special::Special;
use crate::{
    error::ValueError,
    identifier::check_field_name,
    limits::{ARRAY_ELEMENTS_MAX, NESTING_MAX, OBJECT_FIELDS_MAX},
    object::{Object, sort_fields},
    value::{Value, check_array_length, check_field_count},
};

/// Reads the whole of `text` with `read`; nothing but white space may follow.
pub(super) fn document<T>(
    text: &str,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, ValueError>,
) -> Result<T, ValueError> {
    let mut parser = Parser { text, position: 0 };
    parser.skip_space();
    let read = read(&mut parser)?;
    parser.skip_space();
    match parser.peek() {
        None => Ok(read),
        Some(_) => Err(parser.error("text follows the value")),
    }
}

/// A position in a text. Each verb starts at a token and ends right behind what it read.
pub(super) struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl Parser<'_> {
    pub(super) fn value(&mut self, levels_left: usize) -> Result<Value, ValueError> {
        let value = self.value_or_undefined(levels_left)?;
        value.ok_or(ValueError::Undefined)
    }

    /// Returns `None` for `{"$undefined":null}`.
    pub(super) fn value_or_undefined(&mut self, levels_left: usize) -> Result<Option<Value>, ValueError> {
        let value = match self.peek() {
            Some(b'{') => return self.object(levels_left),
            Some(b'[') => self.array(levels_left)?,
            Some(b'"') => Value::String(self.string()?.into_owned()),
            Some(b'-' | b'0'..=b'9') => Value::Float64(self.number()?),
            Some(b't') => self.word("true", Value::Boolean(true))?,
            Some(b'f') => self.word("false", Value::Boolean(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(_) => return Err(self.error("expected a value")),
            None => return Err(self.error("the text ends too early")),
        };
        Ok(Some(value))
    }

    /// Reads an object whose fields may be undefined.
    pub(super) fn patch(&mut self, levels_left: usize) -> Result<Vec<(String, Option<Value>)>, ValueError> {
        if self.peek() != Some(b'{') {
            return Err(ValueError::NotAnObject);
        }
        self.position += 1;
        let left = deeper(levels_left)?;
        let mut fields = Vec::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(fields);
        }
        loop {
            let key = self.key()?;
            check_field_name(&key)?;
            fields.push((key.into_owned(), self.value_or_undefined(left)?));
            check_field_count(fields.len())?;
            if !self.next_item(b'}')? {
                break;
            }
        }
        sort_fields(&mut fields);
        Ok(fields)
    }

    fn array(&mut self, levels_left: usize) -> Result<Value, ValueError> {
        self.position += 1;
        let left = deeper(levels_left)?;
        let mut elements = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Value::Array(elements));
        }
        // What is over the limit is counted for the error text, but takes no memory.
        let mut count = 0;
        loop {
            let element = self.value(left)?;
            count += 1;
            if count <= ARRAY_ELEMENTS_MAX {
                elements.push(element);
            }
            if !self.next_item(b']')? {
                break;
            }
        }
        check_array_length(count)?;
        Ok(Value::Array(elements))
    }

    fn object(&mut self, levels_left: usize) -> Result<Option<Value>, ValueError> {
        self.position += 1;
        self.skip_space();
        if self.take(b'}') {
            deeper(levels_left)?;
            return Ok(Some(Value::Object(Object::new())));
        }
        let first = self.key()?;
        if first.starts_with('$') {
            return self.special(&first);
        }
        let left = deeper(levels_left)?;
        let mut fields = Vec::new();
        let (mut key, mut count) = (first, 0);
        loop {
            check_field_name(&key)?;
            let value = self.value(left)?;
            count += 1;
            if count <= OBJECT_FIELDS_MAX {
                fields.push((key.into_owned(), value));
            }
            if !self.next_item(b'}')? {
                break;
            }
            key = self.key()?;
        }
        check_field_count(count)?;
        Ok(Some(Value::Object(Object::from_fields(fields))))
    }

    /// Reads the rest of an object whose first key starts with `$`: a wrapper, or an error.
    fn special(&mut self, key: &str) -> Result<Option<Value>, ValueError> {
        let Some(special) = Special::from_key(key) else {
            return Err(reserved(key));
        };
        let value = match self.peek() {
            Some(b'"') => {
                let content = self.string()?;
                special.decode(Some(&content))
            }
            Some(b'n') => {
                self.word("null", ())?;
                special.decode(None)
            }
            _ => Err(special.wrong_content()),
        };
        self.skip_space();
        match self.peek() {
            Some(b',') => Err(reserved(key)),
            _ if value.is_err() => value,
            Some(b'}') => {
                self.position += 1;
                value
            }
            _ => Err(self.error("expected `}`")),
        }
    }

    /// Steps over a comma or the closing bracket; returns whether another item follows.
    fn next_item(&mut self, closing: u8) -> Result<bool, ValueError> {
        self.skip_space();
        if self.take(b',') {
            self.skip_space();
            return Ok(true);
        }
        match self.take(closing) {
            true => Ok(false),
            false => Err(self.error("expected `,` or a closing bracket")),
        }
    }
}

fn deeper(levels_left: usize) -> Result<usize, ValueError> {
    let maximum = NESTING_MAX;
    levels_left.checked_sub(1).ok_or(ValueError::TooNested { maximum })
}

fn reserved(key: &str) -> ValueError {
    match check_field_name(key) {
        Err(error) => error,
        Ok(()) => unreachable!("keys that start with `$` are reserved"),
    }
}
