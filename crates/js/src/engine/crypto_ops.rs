//! The host function behind `crypto.subtle`.

use super::context::{EXCEPTION, Value};
use super::ops::{Invocation, host_function};
use super::throw_text;
use crate::active::{Active, Stop};
use crate::crypto::{self, Caller, Failure};
use rquickjs_sys as qjs;

impl Caller for Active<'_> {
    fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        self.random_bytes(bytes)
    }

    fn out_of_time(&mut self) -> bool {
        Active::out_of_time(self)
    }
}

// `(name, parameters as JSON, …bytes)` to an array of bytes, or to text `ErrorName: message`.
host_function!(pub(super) subtle, |mut call| {
    let context = call.context;
    let (Some(name), Some(params)) = (call.text(0), call.text(1)) else {
        return EXCEPTION;
    };
    let mut input = Vec::new();
    for value in call.arguments.get(2..).unwrap_or_default() {
        let Some((start, length)) = context.byte_view(*value) else {
            return throw_text(context, "TypeError", "Expected a Uint8Array");
        };
        // SAFETY: the view is valid until JavaScript runs again, which no operation lets it do.
        input.push(unsafe { std::slice::from_raw_parts(start, length) });
    }
    match crypto::run(&name, &params, &input, call.active()) {
        Ok(output) => {
            let array = context.array();
            for (index, bytes) in (0..).zip(&output) {
                context.set_index(array, index, context.bytes(bytes));
            }
            array
        }
        Err(Failure::Data(text)) => context.string(&format!("DataError: {text}")),
        Err(Failure::Operation(text)) => context.string(&format!("OperationError: {text}")),
        Err(Failure::NotSupported(text)) => context.string(&format!("NotSupportedError: {text}")),
        Err(Failure::Refused(text)) => throw_text(context, "Error", &text),
        Err(Failure::Stopped) => {
            call.active().stop.get_or_insert(Stop::Timeout);
            context.throw_uncatchable()
        }
    }
});
