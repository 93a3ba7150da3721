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
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        && bytes.iter().any(|b| *b != b'_')
}

/// Checks an object key: printable ASCII, at most 1024 bytes, no leading `$`. The empty key is accepted.
pub fn check_field_name(name: &str) -> Result<(), ValueError> {
    if name.starts_with('$') {
        let text = format!("Field name {name} starts with a '$', which is reserved.");
        return Err(ValueError::FieldName(text));
    }
    if name.len() > FIELD_NAME_BYTES_MAX {
        let text = format!("Field name is longer than {FIELD_NAME_BYTES_MAX} bytes.");
        return Err(ValueError::FieldName(text));
    }
    match name.chars().find(|c| !matches!(c, ' '..='~')) {
        None => Ok(()),
        Some(bad) => Err(ValueError::FieldName(format!(
            "Field name {name} has invalid character {bad:?}: only printable ASCII characters are allowed."
        ))),
    }
}

#[cfg(test)]
mod tests;
