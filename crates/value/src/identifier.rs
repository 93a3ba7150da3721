//! The rules for names: identifiers (tables, indexes, exports, schema fields) and object keys.

use crate::{
    error::ValueError,
    limits::{FIELD_NAME_BYTES_MAX, IDENTIFIER_BYTES_MAX},
};

/// Returns whether `name` is an identifier: 1–64 letters, digits and underscores, starting with a letter or an
/// underscore, and not made of underscores only.
pub fn is_identifier(name: &str) -> bool {
    let bytes = name.as_bytes();
    let Some(first) = bytes.first() else {
        return false;
    };
    bytes.len() <= IDENTIFIER_BYTES_MAX
        && (first.is_ascii_alphabetic() || *first == b'_')
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        && bytes.iter().any(|b| *b != b'_')
}

/// Checks an object key: printable ASCII, at most 1024 bytes, no leading `$`. The empty key is accepted.
pub fn check_field_name(name: &str) -> Result<(), ValueError> {
    let printable = name.bytes().all(|b| matches!(b, b' '..=b'~'));
    match printable && name.len() <= FIELD_NAME_BYTES_MAX && !name.starts_with('$') {
        true => Ok(()),
        false => Err(field_name_error(name)),
    }
}

#[cold]
fn field_name_error(name: &str) -> ValueError {
    if name.len() > FIELD_NAME_BYTES_MAX {
        return ValueError::FieldName(format!("Field name is longer than {FIELD_NAME_BYTES_MAX} bytes."));
    }
    let text = match name.chars().find(|c| !matches!(c, ' '..='~')) {
        Some(bad) => {
            format!("Field name {name:?} has invalid character {bad:?}: only printable ASCII characters are allowed.")
        }
        None => format!("Field name {name:?} starts with a '$', which is reserved."),
    };
    ValueError::FieldName(text)
}

#[cfg(test)]
mod tests;
