//! Throwing errors into JavaScript.

use super::context::{Context, EXCEPTION, Value};
use crate::host::HostError;

/// Throws `constructor(message)` with a stack.
pub(crate) fn throw_text(context: Context, constructor: &str, message: &str) -> Value {
    let error = new_error(context, constructor, message);
    if context.is_exception(error) { EXCEPTION } else { context.throw(error) }
}

/// Throws an `Error` for a failed operation, with its data.
pub(super) fn throw_error(context: Context, error: &HostError) -> Value {
    let thrown = new_error(context, "Error", &error.message);
    if context.is_exception(thrown) {
        return EXCEPTION;
    }
    if let Some(data) = &error.data {
        context.set(thrown, c"data", context.parse_json(data));
    }
    context.throw(thrown)
}

fn new_error(context: Context, constructor: &str, message: &str) -> Value {
    let global = context.global();
    let constructor = context.get_named(global, constructor);
    let message = context.string(message);
    let error = context.construct(constructor, &[message]);
    for value in [global, constructor, message] {
        context.free(value);
    }
    error
}
