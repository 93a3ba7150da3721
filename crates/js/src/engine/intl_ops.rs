//! The host function behind `Intl`.

use std::panic::{AssertUnwindSafe, catch_unwind};

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
    // A mistake in a formatter must not take the process with it.
    match catch_unwind(AssertUnwindSafe(|| intl::run(&operation, &config, &texts))) {
        Ok(Ok(answer)) => call.context.string(&answer),
        Ok(Err(intl::Failure(text))) => throw_text(call.context, "RangeError", &text),
        Err(_) => throw_text(call.context, "Error", "Intl failed at this; please report what it was asked"),
    }
});
