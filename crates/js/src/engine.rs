//! One JavaScript heap: a QuickJS runtime and context inside an arena.
//!
//! Life of an engine: made with the platform evaluated, a module loaded, sealed, then called many times with a
//! rewind after each call. Or, for evaluations at push, made, used once and dropped. It is never torn down
//! piece by piece: dropping the arena drops everything.

mod context;
pub(crate) mod modules;
mod ops;

use std::ffi::{CStr, c_void};
use std::time::Duration;

use rquickjs_sys as qjs;

pub(crate) use self::context::{Context, PromiseState, Value};
use self::context::{EXCEPTION, UNDEFINED};
use self::modules::Loader;
use crate::active::{Running, Stop};
use crate::arena::alloc::Heap;
use crate::arena::{Arena, heap_of, os};
use crate::call::Kind;
use crate::error::JsError;
use crate::executor::RestoreMode;
use crate::host::{ConsoleLevel, HostError};
use crate::{limits, platform};

/// Property names looked up in every call, made once per engine.
struct Atoms {
    is_query: qjs::JSAtom,
    is_mutation: qjs::JSAtom,
    invoke_query: qjs::JSAtom,
    invoke_mutation: qjs::JSAtom,
}

/// A heap with the platform in it.
pub(crate) struct Engine {
    arena: Arena,
    pub(crate) context: Context,
    atoms: Atoms,
    /// The platform's function that turns a thrown value into `[message, data]`.
    describe: Value,
    import_meta_guard: Value,
    /// Console lines of the module's evaluation, shown again by every call.
    pub(crate) import_lines: Vec<(ConsoleLevel, Vec<String>)>,
    /// Namespace of the loaded module.
    namespace: Value,
}

impl Engine {
    /// Makes a heap and evaluates the platform in it, on behalf of `active`.
    pub(crate) fn new(active: &mut Running<'_>) -> Result<Engine, JsError> {
        let mut engine = Engine::bare(Loader::Bundle)?;
        engine.enter(active)?;
        let outcome = engine.load_platform();
        engine.leave();
        outcome.map(|()| engine)
    }

    /// A heap without the platform.
    pub(crate) fn bare(loader: Loader) -> Result<Engine, JsError> {
        let arena = Arena::reserve().ok_or_else(|| internal("no address space for a heap"))?;
        let context =
            new_context(arena.heap_pointer()).ok_or_else(|| internal("no memory for a heap"))?;
        modules::install(context.runtime(), loader);
        let atoms = Atoms {
            is_query: context.atom("isQuery"),
            is_mutation: context.atom("isMutation"),
            invoke_query: context.atom("invokeQuery"),
            invoke_mutation: context.atom("invokeMutation"),
        };
        Ok(Engine {
            arena,
            context,
            atoms,
            describe: UNDEFINED,
            import_meta_guard: UNDEFINED,
            import_lines: Vec::new(),
            namespace: UNDEFINED,
        })
    }

    /// Makes `active` the running call and gives it the stack that is left on this thread.
    pub(crate) fn enter(&mut self, active: &mut Running<'_>) -> Result<(), JsError> {
        let stack =
            stack_available().ok_or_else(|| internal("too little stack is left for a call"))?;
        if !self.context.is_undefined(self.import_meta_guard) {
            active.import_meta_guard = Some(self.import_meta_guard);
        }
        self.context.set_active(active.pointer());
        // SAFETY: the runtime is alive and not running.
        unsafe {
            qjs::JS_UpdateStackTop(self.context.runtime());
            qjs::JS_SetMaxStackSize(self.context.runtime(), stack as _);
        }
        Ok(())
    }

    /// Forgets the running call.
    pub(crate) fn leave(&mut self) {
        self.context.set_active(std::ptr::null_mut());
    }

    /// Bounds what calls may allocate from now on.
    pub(crate) fn set_heap_limit(&mut self, bytes: usize) {
        self.arena.heap_mut().set_limit(bytes);
    }

    /// Resident bytes kept between calls, about.
    pub(crate) fn resident_bytes(&self) -> usize {
        self.arena.resident_bytes()
    }

    /// Evaluates a module and everything it imports. A call must be active.
    pub(crate) fn load_module(
        &mut self,
        active: &mut Running<'_>,
        path: &str,
    ) -> Result<(), JsError> {
        let bundle = active.bundle.clone();
        let Some(bytecode) = bundle.bytecode(path) else {
            return Err(JsError::NotFound {
                message: modules::missing_module(path),
            });
        };
        let context = self.context;
        // Reading a module looks up what it imports; so does resolving, for what that imports in turn.
        active.linking = true;
        let module = modules::read_module(context, bytecode)
            .filter(|module| context.resolve_imports(*module));
        active.linking = false;
        let Some(module) = module else {
            return Err(self.import_failure(active));
        };
        let definition = context.module_definition(module);
        let promise = context.run_compiled(module);
        if context.is_exception(promise) {
            return Err(self.import_failure(active));
        }
        match context.promise_state(promise) {
            PromiseState::Pending => {
                return Err(JsError::uncaught(
                    "Top-level awaits in source files are unsupported",
                ));
            }
            PromiseState::Rejected => {
                let reason = context.promise_result(promise);
                return Err(self.describe_failure(active, reason));
            }
            PromiseState::Fulfilled | PromiseState::NotAPromise => {}
        }
        self.drain(active);
        if let Some(error) = self.stopped(active) {
            return Err(error);
        }
        if let Some((_, reason)) = active
            .rejections
            .iter()
            .find(|(rejected, _)| !context.same_object(*rejected, promise))
        {
            let reason = *reason;
            return Err(self.describe_failure(active, reason));
        }
        active.rejections.clear();
        self.namespace = context.namespace(definition);
        Ok(())
    }

    /// Makes the present state the one every call starts from.
    pub(crate) fn seal(&mut self, mode: RestoreMode) -> Result<(), JsError> {
        self.context.collect_garbage();
        self.arena.heap_mut().forget_free();
        plug_free_blocks(self.context, &self.arena);
        let threshold = self.arena.resident_bytes() + limits::GC_HEADROOM_BYTES;
        // SAFETY: the runtime is alive and not running.
        unsafe { qjs::JS_SetGCThreshold(self.context.runtime(), threshold as _) };
        if self.arena.seal(mode) {
            Ok(())
        } else {
            Err(internal("the heap image could not be sealed"))
        }
    }

    /// Goes back to the sealed state.
    pub(crate) fn rewind(&mut self) {
        self.arena.rewind();
    }

    /// Calls an export of the loaded module and returns the JSON text of its result. A call must be active.
    pub(crate) fn call_export(
        &mut self,
        active: &mut Running<'_>,
        kind: Kind,
        target: Target<'_>,
        args_json: &str,
    ) -> Result<String, JsError> {
        let context = self.context;
        let function = context.get_named(self.namespace, target.export);
        let invoke = self.invoke_method(function, kind, target)?;
        let arguments = context.string(args_json);
        let promise = context.call(invoke, function, &[arguments]);
        let result = self.settle(active, promise)?;
        for value in [arguments, invoke, function] {
            context.free(value);
        }
        if !context.is_string(result) {
            return Err(JsError::uncaught(
                "Uncaught Error: the function did not return JSON text",
            ));
        }
        let text = context.text(result);
        context.free(result);
        text.ok_or_else(|| self.failure(active))
    }

    /// Calls a script's function value with the module's namespace and returns its text. A call must be active.
    pub(crate) fn probe(
        &mut self,
        active: &mut Running<'_>,
        probe_js: &str,
    ) -> Result<String, JsError> {
        let context = self.context;
        let compiled = context.compile(&format!("({probe_js}\n)"), c"probe:/", false);
        if context.is_exception(compiled) {
            return Err(self.failure(active));
        }
        let function = context.run_compiled(compiled);
        if context.is_exception(function) {
            return Err(self.failure(active));
        }
        let tools = ops::host_object(context);
        let result = context.call(function, UNDEFINED, &[self.namespace, tools]);
        let result = self.settle(active, result)?;
        context.text(result).ok_or_else(|| self.failure(active))
    }

    /// Compiles a module to bytecode.
    pub(crate) fn compile_module(&mut self, path: &str, source: &str) -> Result<Vec<u8>, String> {
        let compiled = self
            .context
            .compile(source, &modules::module_name(path), true);
        self.bytecode_of(compiled)
    }

    /// Compiles a script to bytecode.
    pub(crate) fn compile_script(&mut self, name: &CStr, source: &str) -> Result<Vec<u8>, String> {
        let compiled = self.context.compile(source, name, false);
        self.bytecode_of(compiled)
    }

    /// Whether this engine holds so much that compilation should go on in a new one.
    pub(crate) fn is_full(&self) -> bool {
        self.arena.heap().live() > limits::ARENA_RESERVE_BYTES / 8
    }

    fn bytecode_of(&mut self, compiled: Value) -> Result<Vec<u8>, String> {
        let context = self.context;
        let bytes = if context.is_exception(compiled) {
            None
        } else {
            context.write_bytecode(compiled)
        };
        bytes.ok_or_else(|| {
            let error = context.take_exception();
            let message = context.text(error).unwrap_or_default();
            let stack = context.get(error, c"stack");
            let place = context.text(stack).unwrap_or_default();
            format!("{message}\n{}", place.trim_end())
                .trim_end()
                .to_owned()
        })
    }

    fn load_platform(&mut self) -> Result<(), JsError> {
        let context = self.context;
        let host = ops::host_object(context);
        let shared = context.object();
        for (name, bytecode) in platform::scripts()? {
            let function = context.run_compiled(context.read_bytecode(bytecode));
            let result = context.call(function, UNDEFINED, &[host, shared]);
            if context.is_exception(result) {
                let error = context.take_exception();
                let text = context.text(error).unwrap_or_default();
                let stack = context
                    .text(context.get(error, c"stack"))
                    .unwrap_or_default();
                return Err(internal(&format!(
                    "{}: {text}\n{stack}",
                    name.to_string_lossy()
                )));
            }
        }
        self.describe = context.get(shared, c"describe");
        self.import_meta_guard = context.get(shared, c"importMetaGuard");
        Ok(())
    }

    fn invoke_method(
        &self,
        function: Value,
        kind: Kind,
        target: Target<'_>,
    ) -> Result<Value, JsError> {
        let context = self.context;
        let Target { module, export } = target;
        if !context.is_object(function) {
            return Err(JsError::NotFound {
                message: format!("Couldn't find \"{export}\" in module \"{module}\"."),
            });
        }
        let is = |atom| context.is_truthy(context.get_atom(function, atom));
        let (wanted, method, other) = match kind {
            Kind::Query => (
                self.atoms.is_query,
                self.atoms.invoke_query,
                self.atoms.is_mutation,
            ),
            Kind::Mutation => (
                self.atoms.is_mutation,
                self.atoms.invoke_mutation,
                self.atoms.is_query,
            ),
        };
        let name = format_args!("{module}:{export}");
        if is(wanted) {
            let invoke = context.get_atom(function, method);
            if context.is_function(invoke) {
                return Ok(invoke);
            }
        } else if is(other) {
            let (registered, run) = match kind {
                Kind::Query => ("mutation", "query"),
                Kind::Mutation => ("query", "mutation"),
            };
            let message = format!(
                "Function {name} is registered as a {registered} but is being run as a {run}."
            );
            return Err(JsError::WrongKind { message });
        }
        let message = format!(
            "Function {name} is neither a query or mutation. Did you forget to wrap it with `query` or `mutation`?"
        );
        Err(JsError::WrongKind { message })
    }

    /// Runs queued jobs until `value`, if it is a promise, is settled; returns what it holds.
    fn settle(&mut self, active: &mut Running<'_>, value: Value) -> Result<Value, JsError> {
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
    fn drain(&mut self, active: &mut Running<'_>) {
        while active.stop.is_none() && self.context.run_job().is_some() {}
    }

    /// The error of a call that had to end.
    fn stopped(&mut self, active: &mut Running<'_>) -> Option<JsError> {
        if self.arena.heap().refused() && active.stop.is_none() {
            active.stop = Some(Stop::Memory);
        }
        match active.stop.take()? {
            Stop::Timeout => Some(JsError::Timeout {
                limit: active.user_time_max(),
            }),
            Stop::Memory => Some(JsError::OutOfMemory {
                limit_bytes: self.arena.heap().limit(),
            }),
            Stop::System(error) => Some(JsError::System(error)),
            Stop::Fatal(message) => Some(JsError::uncaught(message)),
            panic @ Stop::Panic(_) => {
                active.stop = Some(panic);
                Some(internal("the host panicked"))
            }
        }
    }

    /// The error behind the pending exception.
    fn failure(&mut self, active: &mut Running<'_>) -> JsError {
        let exception = self.context.take_exception();
        self.describe_failure(active, exception)
    }

    fn import_failure(&mut self, active: &mut Running<'_>) -> JsError {
        match active.import_failure.take() {
            Some(text) if active.violation.is_none() => JsError::uncaught(text),
            _ => self.failure(active),
        }
    }

    /// Turns a thrown value into text and data, with the platform's help.
    fn describe_failure(&mut self, active: &mut Running<'_>, thrown: Value) -> JsError {
        if let Some(error) = self.stopped(active) {
            return error;
        }
        let context = self.context;
        let described = context.call(self.describe, UNDEFINED, &[thrown]);
        if let Some(error) = self.stopped(active) {
            return error;
        }
        let message = context
            .text(context.get_index(described, 0))
            .unwrap_or_else(|| "Uncaught".to_owned());
        let data = context.get_index(described, 1);
        let data = if context.is_string(data) {
            context.text(data)
        } else {
            None
        };
        JsError::Uncaught {
            message: cut(message, limits::ERROR_TEXT_BYTES),
            data,
        }
    }
}

/// Names an export for error texts.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) module: &'a str,
    pub(crate) export: &'a str,
}

/// Throws `constructor(message)` with a stack.
pub(crate) fn throw_text(context: Context, constructor: &str, message: &str) -> Value {
    let error = new_error(context, constructor, message);
    if context.is_exception(error) {
        EXCEPTION
    } else {
        context.throw(error)
    }
}

/// Throws an `Error` for a failed operation, with its data.
fn throw_error(context: Context, error: &HostError) -> Value {
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

fn internal(message: &str) -> JsError {
    JsError::Internal(message.to_owned())
}

fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
    }
    text
}

/// Bytes of stack JavaScript may use now, or `None` when they are too few to start.
fn stack_available() -> Option<usize> {
    thread_local! {
        static BOTTOM: Option<usize> = os::stack_bottom();
    }
    let marker = 0u8;
    let here = std::ptr::from_ref(&marker) as usize;
    let Some(bottom) = BOTTOM.with(|bottom| *bottom) else {
        return Some(limits::JS_STACK_BYTES / 4);
    };
    let free = here
        .saturating_sub(bottom)
        .saturating_sub(limits::HOST_STACK_BYTES);
    (free >= 128 << 10).then_some(free.min(limits::JS_STACK_BYTES))
}

fn new_context(heap: *mut Heap) -> Option<Context> {
    let functions = qjs::JSMallocFunctions {
        js_calloc: Some(heap_calloc),
        js_malloc: Some(heap_malloc),
        js_free: Some(heap_free),
        js_realloc: Some(heap_realloc),
        js_malloc_usable_size: Some(heap_usable_size),
    };
    // SAFETY: the functions are copied; `heap` outlives the runtime, which lives in the heap's arena.
    unsafe {
        let runtime = qjs::JS_NewRuntime2(&functions, heap.cast());
        if runtime.is_null() {
            return None;
        }
        qjs::JS_SetGCThreshold(runtime, usize::MAX as _);
        qjs::JS_SetCanBlock(runtime, false);
        qjs::JS_SetInterruptHandler(runtime, Some(interrupt), std::ptr::null_mut());
        qjs::JS_SetHostPromiseRejectionTracker(
            runtime,
            Some(track_rejection),
            std::ptr::null_mut(),
        );
        let ctx = qjs::JS_NewContextRaw(runtime);
        let failed = ctx.is_null()
            || qjs::JS_AddIntrinsicBaseObjects(ctx) != 0
            || qjs::JS_AddIntrinsicDate(ctx) != 0
            || qjs::JS_AddIntrinsicEval(ctx) != 0
            || qjs::JS_AddIntrinsicRegExp(ctx) != 0
            || qjs::JS_AddIntrinsicJSON(ctx) != 0
            || qjs::JS_AddIntrinsicProxy(ctx) != 0
            || qjs::JS_AddIntrinsicMapSet(ctx) != 0
            || qjs::JS_AddIntrinsicTypedArrays(ctx) != 0
            || qjs::JS_AddIntrinsicPromise(ctx) != 0
            || qjs::JS_AddIntrinsicDOMException(ctx) != 0
            || qjs::JS_AddIntrinsicAToB(ctx) != 0;
        (!failed).then(|| Context::new(ctx))
    }
}

/// Fills the holes of the image, so that calls allocate above it and dirty few of its pages, then leaves one
/// empty page of blocks of each size ready.
fn plug_free_blocks(context: Context, arena: &Arena) {
    /// Sizes of QuickJS's block classes without their header; others are served by the arena itself.
    const BLOCK_HEADER: usize = 8;
    const SIZES: [(usize, usize, usize); 4] =
        [(16, 128, 8), (144, 256, 16), (288, 512, 32), (512, 512, 32)];
    let mark = arena.top();
    for (first, last, step) in SIZES {
        for size in (first..=last).step_by(step) {
            loop {
                // SAFETY: the runtime is alive; the block is meant to stay allocated for ever.
                let block =
                    unsafe { qjs::js_malloc_rt(context.runtime(), (size - BLOCK_HEADER) as _) };
                if block.is_null() || block as usize >= mark {
                    break;
                }
            }
        }
    }
}

unsafe extern "C" fn heap_malloc(opaque: *mut c_void, size: qjs::size_t) -> *mut c_void {
    // SAFETY: `opaque` is the heap given to the runtime; QuickJS runs on one thread and never reenters here.
    unsafe { (*opaque.cast::<Heap>()).allocate(size as usize).cast() }
}

unsafe extern "C" fn heap_calloc(
    opaque: *mut c_void,
    count: qjs::size_t,
    size: qjs::size_t,
) -> *mut c_void {
    // SAFETY: as for `heap_malloc`.
    unsafe {
        (*opaque.cast::<Heap>())
            .allocate_zeroed(count as usize, size as usize)
            .cast()
    }
}

unsafe extern "C" fn heap_free(opaque: *mut c_void, pointer: *mut c_void) {
    // SAFETY: as for `heap_malloc`; QuickJS frees only what it allocated.
    unsafe { (*opaque.cast::<Heap>()).release(pointer.cast()) }
}

unsafe extern "C" fn heap_realloc(
    opaque: *mut c_void,
    pointer: *mut c_void,
    size: qjs::size_t,
) -> *mut c_void {
    // SAFETY: as for `heap_malloc`; QuickJS resizes only what it allocated.
    unsafe {
        (*opaque.cast::<Heap>())
            .reallocate(pointer.cast(), size as usize)
            .cast()
    }
}

unsafe extern "C" fn heap_usable_size(pointer: *const c_void) -> qjs::size_t {
    // SAFETY: QuickJS asks only about what it allocated, which lies in an arena.
    unsafe { (*heap_of(pointer.cast())).usable(pointer.cast()) as _ }
}

/// Called every few thousand steps of JavaScript: nonzero ends the call.
unsafe extern "C" fn interrupt(runtime: *mut qjs::JSRuntime, _opaque: *mut c_void) -> i32 {
    // SAFETY: the runtime's opaque is its context, set before any JavaScript runs; the call is not borrowed while
    // JavaScript runs.
    let context = Context::new(unsafe { qjs::JS_GetRuntimeOpaque(runtime) }.cast());
    if context.raw().is_null() {
        return 0;
    }
    let Some(active) = (unsafe { context.active().as_mut() }) else {
        return 0;
    };
    if active.stop.is_none() {
        // SAFETY: a context lies in an arena.
        let heap = heap_of(context.raw().cast()).cast_mut();
        if unsafe { (*heap).over_soft() } {
            context.collect_garbage();
        }
        if unsafe { (*heap).refused() || ((*heap).over_soft() && (*heap).recheck_soft()) } {
            active.stop = Some(Stop::Memory);
        } else if active.out_of_time(thread_cpu_time) {
            active.stop = Some(Stop::Timeout);
        }
    }
    i32::from(active.stop.is_some())
}

unsafe extern "C" fn track_rejection(
    ctx: *mut qjs::JSContext,
    promise: Value,
    reason: Value,
    is_handled: bool,
    _opaque: *mut c_void,
) {
    let context = Context::new(ctx);
    // SAFETY: the call is not borrowed while JavaScript runs.
    let Some(active) = (unsafe { context.active().as_mut() }) else {
        return;
    };
    if !is_handled {
        active
            .rejections
            .push((context.dup(promise), context.dup(reason)));
    } else if let Some(found) = active
        .rejections
        .iter()
        .position(|(known, _)| context.same_object(*known, promise))
    {
        let (promise, reason) = active.rejections.swap_remove(found);
        context.free(promise);
        context.free(reason);
    }
}

/// Processor time the calling thread has used.
fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists on every Unix this crate builds for; the result is written to a local.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
