//! Host functions: what the platform's JavaScript calls in Rust.
//!
//! Each is a plain C function that finds the running call through its context. None keeps anything: what they
//! return is a JavaScript value, what they need lives in `Active`.

use rquickjs_sys as qjs;

use super::action::{cancel_operation, start_operation};
use super::context::{Context, EXCEPTION, Function, UNDEFINED, Value};
use super::{crypto_ops, intl_ops, throw_error, throw_text, wasm_ops, web_ops};
use crate::action::{Op, OpId};
use crate::active::{Active, Mode, Stop, Syscall};
use crate::host::{ConsoleLevel, HostError};
use crate::{platform, stack, web};

/// Makes the object that holds every host function.
pub(super) fn host_object(context: Context) -> Value {
    let functions: [(&std::ffi::CStr, Function, i32); 27] = [
        (c"syscall", syscall, 2),
        (c"asyncSyscall", async_syscall, 2),
        (c"startOp", start_op, 3),
        (c"cancelOp", cancel_op, 1),
        (c"env", env, 1),
        (c"console", console, 2),
        (c"now", now, 0),
        (c"elapsed", elapsed, 0),
        (c"random", random, 0),
        (c"randomFill", random_fill, 1),
        (c"phase", phase, 0),
        (c"fail", fail, 1),
        (c"loadPart", load_part, 1),
        (c"subtle", crypto_ops::subtle, 2),
        (c"intl", intl_ops::intl, 2),
        (c"bytesFind", web_ops::bytes_find, 3),
        (c"encodingName", web_ops::encoding_name, 1),
        (c"decode", web_ops::decode, 5),
        (c"mapStack", map_stack, 1),
        (c"mapPosition", map_position, 3),
        (c"urlParse", url_parse, 2),
        (c"urlSet", url_set, 3),
        (c"urlPattern", web_ops::url_pattern, 3),
        (c"urlPatternSubject", web_ops::url_pattern_subject, 2),
        (c"utf8Encode", utf8_encode, 1),
        (c"utf8Decode", utf8_decode, 2),
        (c"utf16Decode", utf16_decode, 2),
    ];
    let host = context.object();
    for (name, function, length) in functions.into_iter().chain(wasm_ops::FUNCTIONS) {
        context.set(host, name, context.function(name, function, length));
    }
    host
}

/// The arguments of a host function, with the context and the running call.
pub(super) struct Invocation<'a> {
    pub(super) context: Context,
    pub(super) arguments: &'a [Value],
}

impl<'a> Invocation<'a> {
    /// # Safety
    /// The parameters are those QuickJS passed to a host function.
    pub(super) unsafe fn new(ctx: *mut qjs::JSContext, argc: i32, argv: *mut Value) -> Invocation<'a> {
        let count = usize::try_from(argc).unwrap_or(0);
        // SAFETY: QuickJS passes `argc` values, and at least a dangling but aligned pointer when there are none.
        let arguments = if count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(argv, count) } };
        Invocation { context: Context::new(ctx), arguments }
    }

    pub(super) fn argument(&self, index: usize) -> Value {
        self.arguments.get(index).copied().unwrap_or(UNDEFINED)
    }

    pub(super) fn text(&self, index: usize) -> Option<String> {
        self.context.text(self.argument(index))
    }

    /// The running call. Not held while JavaScript runs.
    pub(super) fn active(&mut self) -> &mut Active<'static> {
        // SAFETY: host functions run only while a call is active; it outlives them, and each function takes this
        // reference for one step at a time. Calls nested in a host callback have a state of their own.
        unsafe { &mut *self.context.active() }
    }

    /// Returns text, or throws an `Error` with the text of the refusal.
    fn finish(&self, result: Result<Value, String>) -> Value {
        result.unwrap_or_else(|message| throw_text(self.context, "Error", &message))
    }
}

/// Defines a host function as a safe body over an `Invocation`.
macro_rules! host_function {
    ($visibility:vis $name:ident, $body:expr) => {
        $visibility unsafe extern "C" fn $name(
            ctx: *mut qjs::JSContext,
            _this: Value,
            argc: i32,
            argv: *mut Value,
        ) -> Value {
            let body: fn(Invocation<'_>) -> Value = $body;
            // SAFETY: called by QuickJS only.
            body(unsafe { Invocation::new(ctx, argc, argv) })
        }
    };
}
pub(super) use host_function;

/// Runs an operation with the texts of the first two arguments. `Err(None)`: an exception is pending.
fn run_syscall(call: &mut Invocation<'_>, kind: Syscall) -> Result<String, Option<HostError>> {
    let context = call.context;
    let (name, args) = (call.argument(0), call.argument(1));
    if !context.is_string(name) || !context.is_string(args) {
        return Err(Some(HostError::developer("Received invalid json: operations take two strings")));
    }
    let active = call.active();
    let outcome =
        context.with_text(name, |name| context.with_text(args, |args| active.syscall(kind, name, args))).flatten();
    match outcome {
        None => Err(None),
        Some(Err(None)) => {
            context.throw_uncatchable();
            Err(None)
        }
        Some(result) => result,
    }
}

host_function!(syscall, |mut call| match run_syscall(&mut call, Syscall::Sync) {
    Ok(result) => call.context.string(&result),
    Err(None) => EXCEPTION,
    Err(Some(error)) => throw_error(call.context, &error),
});

host_function!(async_syscall, |mut call| {
    let context = call.context;
    if call.active().mode == Mode::Action {
        return start_syscall(&mut call);
    }
    let (rejected, value) = match run_syscall(&mut call, Syscall::Async) {
        Ok(result) => (false, context.string(&result)),
        Err(None) => return EXCEPTION,
        Err(Some(error)) => {
            throw_error(context, &error);
            (true, context.take_exception())
        }
    };
    let promise = context.settled_promise(rejected, value);
    context.free(value);
    promise
});

/// An operation of the client library in an action: a promise that is settled when the answer is there.
fn start_syscall(call: &mut Invocation<'_>) -> Value {
    let context = call.context;
    let (Some(name), Some(args)) = (call.text(0), call.text(1)) else {
        return EXCEPTION;
    };
    if let Err(refusal) = call.active().check_syscall(&name, &args) {
        let Some(error) = refusal else { return context.throw_uncatchable() };
        throw_error(context, &error);
        return context.settled_promise(true, context.take_exception());
    }
    match start_operation(context, call.active(), Op { name, args, bytes: None }) {
        Ok((_, promise)) => promise,
        Err(exception) => exception,
    }
}

// Starts an operation from its name, text and bytes; returns `[id, promise]`.
host_function!(start_op, |mut call| {
    let context = call.context;
    let (Some(name), Some(args)) = (call.text(0), call.text(1)) else {
        return EXCEPTION;
    };
    let bytes = call.context.byte_view(call.argument(2)).map(|(start, length)| {
        // SAFETY: the view is valid until JavaScript runs again, and it is copied at once.
        unsafe { std::slice::from_raw_parts(start, length) }.to_vec()
    });
    match start_operation(context, call.active(), Op { name, args, bytes }) {
        Ok((OpId(id), promise)) => {
            let pair = context.array();
            context.set_index(pair, 0, context.number(f64::from(id)));
            context.set_index(pair, 1, promise);
            pair
        }
        Err(exception) => exception,
    }
});

host_function!(cancel_op, |mut call| {
    let context = call.context;
    let id = OpId(context.to_number(call.argument(0)) as u32);
    cancel_operation(context, call.active(), id);
    if call.active().stop.is_some() { context.throw_uncatchable() } else { UNDEFINED }
});

host_function!(env, |mut call| {
    let Some(name) = call.text(0) else {
        return EXCEPTION;
    };
    let result = call.active().env_var(&name);
    if matches!(call.active().stop, Some(Stop::Panic(_))) {
        return call.context.throw_uncatchable();
    }
    call.finish(result.map(|value| value.map_or(UNDEFINED, |value| call.context.string(&value))))
});

host_function!(console, |mut call| {
    let context = call.context;
    let level = match context.to_number(call.argument(0)) as i32 {
        0 => ConsoleLevel::Debug,
        1 => ConsoleLevel::Error,
        2 => ConsoleLevel::Warn,
        3 => ConsoleLevel::Info,
        _ => ConsoleLevel::Log,
    };
    let array = call.argument(1);
    let messages = (0..context.length(array))
        .map(|index| {
            let item = context.get_index(array, index);
            let text = context.text(item).unwrap_or_default();
            context.free(item);
            text
        })
        .collect();
    call.active().console(level, messages);
    if call.active().stop.is_some() { context.throw_uncatchable() } else { UNDEFINED }
});

host_function!(now, |mut call| {
    let now = call.active().now();
    call.finish(now.map(|now| call.context.number(now)))
});

host_function!(elapsed, |mut call| call.context.number(call.active().since_start_ms()));

host_function!(random, |mut call| {
    let random = call.active().random();
    call.finish(random.map(|random| call.context.number(random)))
});

host_function!(random_fill, |mut call| {
    let Some((start, length)) = call.context.byte_view(call.argument(0)) else {
        return throw_text(call.context, "TypeError", "Expected a Uint8Array");
    };
    // SAFETY: the view is valid until JavaScript runs again, and generating random bytes does not run any.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start, length) };
    let filled = call.active().random_bytes(bytes);
    call.finish(filled.map(|()| UNDEFINED))
});

host_function!(phase, |mut call| {
    let phase = match call.active().mode {
        Mode::Query => "query",
        Mode::Mutation => "mutation",
        Mode::Action => "action",
        Mode::Import | Mode::Schema | Mode::AuthConfig | Mode::Definition => "import",
    };
    call.context.string(phase)
});

host_function!(fail, |mut call| {
    let message = call.text(0).unwrap_or_default();
    call.active().stop.get_or_insert(Stop::Fatal(message));
    call.context.throw_uncatchable()
});

// The function of a part of the platform that is evaluated on first use.
host_function!(load_part, |mut call| {
    let context = call.context;
    let name = call.text(0).unwrap_or_default();
    // The first of a process compiles them all.
    match call.active().off_the_clock(|_| platform::part(&name)) {
        Ok(Some(bytecode)) => context.run_compiled(context.read_bytecode(bytecode)),
        Ok(None) => throw_text(context, "Error", &format!("the platform has no part {name}")),
        Err(error) => throw_text(context, "Error", &error.to_string()),
    }
});

host_function!(map_stack, |mut call| {
    let Some(raw) = call.text(0) else {
        return EXCEPTION;
    };
    let mapped = call.active().off_the_clock(|bundle| stack::map_stack(bundle, &raw));
    call.context.string(&mapped)
});

host_function!(map_position, |mut call| {
    let Some(file) = call.text(0) else {
        return EXCEPTION;
    };
    let line = call.context.to_number(call.argument(1)) as u32;
    let column = call.context.to_number(call.argument(2)) as u32;
    let mapped = call.active().off_the_clock(|bundle| stack::map_position(bundle, &file, line, column));
    let Some(position) = mapped else {
        return UNDEFINED;
    };
    let result = call.context.object();
    call.context.set(result, c"file", call.context.string(&position.file));
    call.context.set(result, c"line", call.context.number(f64::from(position.line)));
    call.context.set(result, c"column", call.context.number(f64::from(position.column)));
    result
});

host_function!(url_parse, |call| {
    let base = if call.context.is_undefined(call.argument(1)) { None } else { call.text(1) };
    let Some(input) = call.text(0) else {
        return EXCEPTION;
    };
    url_parts(call.context, web::url_parse(&input, base.as_deref()))
});

host_function!(url_set, |call| {
    let (Some(href), Some(part), Some(value)) = (call.text(0), call.text(1), call.text(2)) else {
        return EXCEPTION;
    };
    url_parts(call.context, web::url_set(&href, &part, &value))
});

fn url_parts(context: Context, parts: Option<[String; 11]>) -> Value {
    let Some(parts) = parts else {
        return UNDEFINED;
    };
    let array = context.array();
    for (index, part) in parts.iter().enumerate() {
        context.set_index(array, index as u32, context.string(part));
    }
    array
}

host_function!(utf8_encode, |call| {
    let context = call.context;
    context.with_text(call.argument(0), |text| context.bytes(text.as_bytes())).unwrap_or(EXCEPTION)
});

// Decodes bytes; undefined when they are malformed and the second argument asks for strictness.
host_function!(utf8_decode, |call| {
    let context = call.context;
    let Some(bytes) = copied_bytes(&call) else {
        return throw_text(context, "TypeError", "Expected a Uint8Array");
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => context.string(text),
        Err(_) if context.is_truthy(call.argument(1)) => UNDEFINED,
        Err(_) => context.string(&String::from_utf8_lossy(&bytes)),
    }
});

host_function!(utf16_decode, |call| {
    let context = call.context;
    let Some(bytes) = copied_bytes(&call) else {
        return throw_text(context, "TypeError", "Expected a Uint8Array");
    };
    match web::utf16_decode(&bytes, context.is_truthy(call.argument(1))) {
        Some(units) => context.string_from_utf16(&units),
        None => UNDEFINED,
    }
});

fn copied_bytes(call: &Invocation<'_>) -> Option<Vec<u8>> {
    let (start, length) = call.context.byte_view(call.argument(0))?;
    // SAFETY: the view is valid until JavaScript runs again, and it is copied at once.
    Some(unsafe { std::slice::from_raw_parts(start, length) }.to_vec())
}
