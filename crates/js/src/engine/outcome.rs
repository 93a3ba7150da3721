//! How a call ends: its promise settles, or it throws, or it is stopped.

use super::context::UNDEFINED;
use super::{Engine, PromiseState, Value, internal};
use crate::active::{Running, Stop};
use crate::error::JsError;
use crate::limits;

impl Engine {
    /// Runs queued jobs until `value`, if it is a promise, is settled; returns what it holds.
    pub(super) fn settle(&mut self, active: &mut Running<'_>, value: Value) -> Result<Value, JsError> {
        let context = self.context;
        if context.is_exception(value) {
            return Err(self.failure(active));
        }
        self.drain(active);
        if let Some(error) = self.stopped(active) {
            return Err(error);
        }
        let state = context.promise_state(value);
        if state == PromiseState::Rejected {
            let reason = context.promise_result(value);
            return Err(self.describe_failure(active, reason));
        }
        if let Some((_, reason)) = active.rejections.first() {
            let reason = *reason;
            return Err(self.describe_failure(active, reason));
        }
        match state {
            PromiseState::Pending => Err(JsError::uncaught("Returned promise will never resolve")),
            PromiseState::NotAPromise => Ok(value),
            PromiseState::Fulfilled | PromiseState::Rejected => {
                let result = context.promise_result(value);
                context.free(value);
                Ok(result)
            }
        }
    }

    /// Runs queued jobs until none is left or the call has to end.
    pub(super) fn drain(&mut self, active: &mut Running<'_>) {
        while active.stop.is_none() && self.context.run_job().is_some() {}
    }

    /// The error of a call that had to end.
    pub(super) fn stopped(&mut self, active: &mut Running<'_>) -> Option<JsError> {
        if self.arena.heap().refused() && active.stop.is_none() {
            active.stop = Some(Stop::Memory);
        }
        if active.stop.is_none() && active.out_of_time() {
            active.stop = Some(Stop::Timeout);
        }
        match active.stop.take()? {
            Stop::Timeout => Some(JsError::Timeout { limit: active.user_time_max() }),
            Stop::Memory => Some(JsError::OutOfMemory { limit_bytes: self.arena.heap().limit() }),
            Stop::System(error) => Some(JsError::System(error)),
            Stop::Fatal(message) => Some(JsError::uncaught(message)),
            panic @ Stop::Panic(_) => {
                active.stop = Some(panic);
                Some(internal("the host panicked"))
            }
        }
    }

    /// The error behind the pending exception.
    pub(super) fn failure(&mut self, active: &mut Running<'_>) -> JsError {
        let exception = self.context.take_exception();
        self.describe_failure(active, exception)
    }

    pub(super) fn import_failure(&mut self, active: &mut Running<'_>) -> JsError {
        match active.import_failure.take() {
            Some(text) if active.violation.is_none() => JsError::uncaught(text),
            _ => self.failure(active),
        }
    }

    /// Turns a thrown value into text and data, with the platform's help.
    pub(super) fn describe_failure(&mut self, active: &mut Running<'_>, thrown: Value) -> JsError {
        if let Some(error) = self.stopped(active) {
            return error;
        }
        let context = self.context;
        let described = context.call(self.describe, UNDEFINED, &[thrown]);
        if let Some(error) = self.stopped(active) {
            return error;
        }
        let message = context.text(context.get_index(described, 0)).unwrap_or_else(|| "Uncaught".to_owned());
        let data = context.get_index(described, 1);
        let data = if context.is_string(data) { context.text(data) } else { None };
        JsError::Uncaught { message: cut(message, limits::ERROR_TEXT_BYTES), data }
    }
}

fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
    }
    text
}
