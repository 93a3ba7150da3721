//! The host function behind `Intl`.

use rquickjs_sys as qjs;

use super::context::{EXCEPTION, Value};
use super::ops::{Invocation, host_function};
use super::throw_text;
use crate::intl;

// `(operation, configuration as JSON, …texts)` to text; throws a `RangeError`.
host_function!(pub(super) intl, |call| {
    let (Some(operation), Some(config)) = (call.text(0), call.text(1)) else {
        return EXCEPTION;
    };
    let texts: Option<Vec<String>> = (2..call.arguments.len()).map(|index| call.text(index)).collect();
    let Some(texts) = texts else {
        return EXCEPTION;
    };
    match intl::run(&operation, &config, &texts) {
        Ok(answer) => call.context.string(&answer),
        Err(intl::Failure(text)) => throw_text(call.context, "RangeError", &text),
    }
});
