//! What actions need of an engine beyond what queries do: operations that are answered later.

use super::context::{EXCEPTION, UNDEFINED};
use super::{Context, Engine, PromiseState, Value, throw_error};
use crate::action::{Op, OpAnswer, OpId, OpResult, PendingOp};
use crate::active::{Active, Running};
use crate::error::JsError;
use crate::host::{HostError, HostErrorKind};

/// Names an exported action.
#[derive(Clone, Copy)]
pub(crate) struct ActionTarget<'a> {
    pub(crate) module: &'a str,
    pub(crate) export: &'a str,
}

impl Engine {
    /// Calls an exported action; returns its promise.
    pub(crate) fn invoke_action(
        &mut self,
        active: &mut Running<'_>,
        target: ActionTarget<'_>,
        args_json: &str,
    ) -> Result<Value, JsError> {
        let context = self.context;
        let ActionTarget { module, export } = target;
        let function = context.get_named(self.namespace, export);
        if !context.is_object(function) {
            return Err(JsError::NotFound { message: format!("Couldn't find \"{export}\" in module \"{module}\".") });
        }
        let invoke = context.get(function, c"invokeAction");
        if !context.is_truthy(context.get(function, c"isAction")) || !context.is_function(invoke) {
            let message =
                format!("Function {module}:{export} is not an action. Did you forget to wrap it with `action`?");
            return Err(JsError::WrongKind { message });
        }
        // The request id is echoed in every operation; a heap serves one request only.
        let arguments = [context.string(""), context.string(args_json)];
        let promise = context.call(invoke, function, &arguments);
        if context.is_exception(promise) { Err(self.failure(active)) } else { Ok(promise) }
    }

    /// The route of the loaded `http.js` for a path and method.
    pub(crate) fn http_route(
        &mut self,
        active: &mut Running<'_>,
        path: &str,
        method: &str,
    ) -> Result<Option<String>, JsError> {
        let context = self.context;
        let arguments = [self.namespace, context.string(path), context.string(method)];
        let find = context.get(self.shared, c"httpRoute");
        let found = context.call(find, UNDEFINED, &arguments);
        if context.is_exception(found) {
            return Err(self.failure(active));
        }
        Ok(if context.is_string(found) { context.text(found) } else { None })
    }

    /// Lets the router of the loaded `http.js` answer a request; returns its promise.
    pub(crate) fn http_run(
        &mut self,
        active: &mut Running<'_>,
        request_json: &str,
        path: &str,
    ) -> Result<Value, JsError> {
        let context = self.context;
        let arguments = [self.namespace, context.string(request_json), context.string(path)];
        let run = context.get(self.shared, c"httpRun");
        let promise = context.call(run, UNDEFINED, &arguments);
        if context.is_exception(promise) { Err(self.failure(active)) } else { Ok(promise) }
    }

    /// Settles the promise of an operation; false if nobody waits for it.
    pub(crate) fn deliver(&mut self, active: &mut Running<'_>, id: OpId, result: OpResult) -> Result<bool, JsError> {
        let Some(pending) = active.action.as_mut().and_then(|state| state.pending.remove(&id)) else {
            return Ok(false);
        };
        let context = self.context;
        let (settle, value) = match result {
            Ok(answer) => (pending.resolve, answer_value(context, answer)),
            Err(error) if error.kind == HostErrorKind::System => return Err(JsError::System(error)),
            Err(error) => (pending.reject, error_value(context, &error)),
        };
        if context.is_exception(value) {
            return Err(self.failure(active));
        }
        let settled = context.call(settle, UNDEFINED, &[value]);
        for owned in [settled, value, pending.resolve, pending.reject] {
            context.free(owned);
        }
        Ok(true)
    }

    /// Runs queued jobs until none is left.
    ///
    /// Errors: the call had to end, or a promise was rejected that nobody handles.
    pub(crate) fn run_jobs(&mut self, active: &mut Running<'_>) -> Result<(), JsError> {
        self.drain(active);
        match self.stopped(active) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// The text that `promise` holds, once it holds one.
    pub(crate) fn poll_result(
        &mut self,
        active: &mut Running<'_>,
        promise: Option<Value>,
    ) -> Result<Option<String>, JsError> {
        let context = self.context;
        let state = promise.map(|promise| (promise, context.promise_state(promise)));
        if let Some((promise, PromiseState::Rejected)) = state {
            let reason = context.promise_result(promise);
            return Err(self.describe_failure(active, reason));
        }
        if let Some((_, reason)) = active.rejections.first() {
            let reason = *reason;
            return Err(self.describe_failure(active, reason));
        }
        let value = match state {
            Some((promise, PromiseState::Fulfilled)) => context.promise_result(promise),
            Some((value, PromiseState::NotAPromise)) => value,
            _ => return Ok(None),
        };
        if !context.is_string(value) {
            return Err(JsError::uncaught("Uncaught Error: the function did not return JSON text"));
        }
        match context.text(value) {
            Some(text) => Ok(Some(text)),
            None => Err(self.failure(active)),
        }
    }
}

/// Starts an operation for the running action; returns its id and promise, or an exception.
pub(super) fn start_operation(context: Context, active: &mut Active<'static>, op: Op) -> Result<(OpId, Value), Value> {
    let Some(state) = active.action.as_mut() else {
        let text = format!("Can't use {} outside of an action", op.name);
        return Err(throw_error(context, &HostError::developer(text)));
    };
    let id = OpId(state.next_id);
    state.next_id += 1;
    let Some((promise, resolve, reject)) = context.promise_capability() else { return Err(EXCEPTION) };
    let name = op.name.clone();
    match active.begin_operation(id, op) {
        Ok(()) => {
            if let Some(state) = active.action.as_mut() {
                state.pending.insert(id, PendingOp { name, resolve, reject });
            }
        }
        Err(None) => return Err(context.throw_uncatchable()),
        Err(Some(error)) => {
            let reason = error_value(context, &error);
            let settled = context.call(reject, UNDEFINED, &[reason]);
            for owned in [settled, reason, resolve, reject] {
                context.free(owned);
            }
        }
    }
    Ok((id, promise))
}

/// Forgets an operation of the running action; its promise stays pending.
pub(super) fn cancel_operation(context: Context, active: &mut Active<'static>, id: OpId) {
    let pending = active.action.as_mut().and_then(|state| state.pending.remove(&id));
    if let Some(PendingOp { resolve, reject, .. }) = pending {
        context.free(resolve);
        context.free(reject);
        active.cancel_operation(id);
    }
}

fn answer_value(context: Context, answer: OpAnswer) -> Value {
    match (answer.text, answer.bytes) {
        (None, None) => context.null(),
        (Some(text), None) => context.string(&text),
        (None, Some(bytes)) => context.bytes(&bytes),
        (Some(text), Some(bytes)) => {
            let pair = context.array();
            context.set_index(pair, 0, context.string(&text));
            context.set_index(pair, 1, context.bytes(&bytes));
            pair
        }
    }
}

fn error_value(context: Context, error: &HostError) -> Value {
    throw_error(context, error);
    context.take_exception()
}
