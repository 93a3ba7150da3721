//! Argument lists: from JSON text to one checked object.

use std::sync::Arc;

use value::Value;

use crate::limits::{ARGS_BYTES_MAX, JSON_BYTES_MAX};
use crate::{FunctionError, FunctionPath};

/// The arguments of a call, decoded once.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    /// The one argument object.
    pub object: Value,
    /// Canonical JSON of `[object]`: what user code receives and what the query cache is keyed by.
    pub text: Arc<str>,
    /// Size of the object as limits count it.
    pub bytes: usize,
}

impl Arguments {
    /// Decodes the JSON text of an argument object or of an array holding one.
    ///
    /// Errors: the text is not a value, is too large, or is not exactly one object.
    pub fn parse(path: &FunctionPath, text: &str) -> Result<Arguments, FunctionError> {
        if text.len() > JSON_BYTES_MAX {
            return Err(too_large(path, text.len()));
        }
        let parsed = Value::parse_json(text).map_err(|error| {
            FunctionError::new(format!("Arguments for {} could not be decoded: {error}", path.display_name()))
        })?;
        let object = match parsed {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            Value::Array(list) => return Err(wrong_count(&list)),
            other => other,
        };
        if object.has_commit_ts() {
            return Err(invalid(format!(
                "Arguments for {} could not be decoded: a commit timestamp cannot be passed from outside a mutation",
                path.display_name()
            )));
        }
        Self::new(path, object)
    }

    /// Checks a value that a function hands to another.
    pub fn new(path: &FunctionPath, object: Value) -> Result<Arguments, FunctionError> {
        let Value::Object(_) = object else {
            return Err(invalid(format!(
                "Expected to receive an object as the function's argument. Instead received {}",
                object.display()
            )));
        };
        object.check_limits().map_err(|error| {
            let mut failure = FunctionError::new(format!("Arguments for {} are invalid: {error}", path.display_name()));
            failure.code = Some(error.code());
            failure
        })?;
        let size = object.size();
        if size > ARGS_BYTES_MAX {
            return Err(too_large(path, size));
        }
        let mut text = String::with_capacity(size + 2);
        text.push('[');
        object.write_json(&mut text);
        text.push(']');
        Ok(Arguments { object, text: text.into(), bytes: size })
    }
}

fn too_large(path: &FunctionPath, size: usize) -> FunctionError {
    let path = path.display_name();
    let mut error =
        FunctionError::new(format!("Arguments for {path} are too large (actual: {size} bytes, limit: 16 MiB)"));
    error.code = Some("FunctionArgumentsTooLarge");
    error
}

fn wrong_count(list: &[Value]) -> FunctionError {
    let shown: Vec<String> = list.iter().map(|value| value.display().to_string()).collect();
    invalid(format!(
        "Expected to receive a single object as the function's argument. Instead received {} arguments: {}",
        list.len(),
        shown.join(", ")
    ))
}

fn invalid(detail: String) -> FunctionError {
    let mut error = FunctionError::new(detail);
    error.code = Some("ArgumentsInvalid");
    error
}
