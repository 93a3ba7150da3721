//! One JavaScript heap: a QuickJS runtime and context inside an arena.
//!
//! Life of an engine: made with the platform evaluated, a module loaded, sealed, then called many times with a
//! rewind after each call. Or, for evaluations at push, made, used once and dropped. It is never torn down
//! piece by piece: dropping the arena drops everything.

mod action;
mod context;
mod crypto_ops;
mod guards;
mod intl_ops;
pub(crate) mod modules;
mod ops;
mod outcome;
mod runtime;
mod throw;
mod trap;
mod wasm_ops;
mod web_ops;

use std::ffi::CStr;
use std::sync::Arc;

use rquickjs_sys as qjs;

pub(crate) use self::action::ActionTarget;
use self::context::UNDEFINED;
pub(crate) use self::context::{Context, PromiseState, Value};
use self::modules::Loader;
use self::runtime::{new_context, plug_free_blocks, stack_available};
use self::throw::{throw_error, throw_text};
pub(crate) use self::trap::Trap;
#[cfg(test)]
pub(crate) use self::trap::find_layout;
use crate::active::Running;
use crate::arena::Arena;
use crate::call::Kind;
use crate::error::JsError;
use crate::executor::RestoreMode;
use crate::host::ConsoleLevel;
use crate::watchdog::{Lane, Watched};
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
    /// What the platform's files hand to each other.
    shared: Value,
    /// Console lines of the module's evaluation, shown again by every call.
    pub(crate) import_lines: Vec<(ConsoleLevel, Vec<String>)>,
    /// Namespace of the loaded module.
    namespace: Value,
    /// What ends built-ins that run on and on.
    trap: Option<Trap>,
    /// Who watches over the running call, and what it watched before.
    watching: Option<(Arc<Lane>, Option<Watched>)>,
}

impl Engine {
    /// Makes a heap and evaluates the platform in it, on behalf of `active`.
    pub(crate) fn new(active: &mut Running<'_>) -> Result<Engine, JsError> {
        let mut engine = Engine::bare(Loader::Bundle)?;
        engine.enter(active, None)?;
        let outcome = engine.load_platform();
        engine.leave();
        outcome.map(|()| engine)
    }

    /// A heap without the platform.
    pub(crate) fn bare(loader: Loader) -> Result<Engine, JsError> {
        let arena = Arena::reserve().ok_or_else(|| internal("no address space for a heap"))?;
        let context = new_context(arena.heap_pointer()).ok_or_else(|| internal("no memory for a heap"))?;
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
            shared: UNDEFINED,
            import_lines: Vec::new(),
            namespace: UNDEFINED,
            trap: Trap::prepare(context),
            watching: None,
        })
    }

    /// Makes `active` the running call and gives it the stack that is left on this thread.
    pub(crate) fn enter(&mut self, active: &mut Running<'_>, lane: Option<&Arc<Lane>>) -> Result<(), JsError> {
        let stack = stack_available().ok_or_else(|| internal("too little stack is left for a call"))?;
        if !self.context.is_undefined(self.import_meta_guard) {
            active.import_meta_guard = Some(self.import_meta_guard);
        }
        self.context.set_active(active.pointer());
        // SAFETY: the runtime is alive and not running.
        unsafe {
            qjs::JS_UpdateStackTop(self.context.runtime());
            qjs::JS_SetMaxStackSize(self.context.runtime(), stack as _);
        }
        if let Some(trap) = &self.trap {
            trap.clear();
        }
        if let Some(lane) = lane {
            let before = lane.begin(self.context.raw() as usize, active.user_time_max(), self.trap);
            self.watching = Some((lane.clone(), before));
        }
        Ok(())
    }

    /// Forgets the running call.
    pub(crate) fn leave(&mut self) {
        if let Some((lane, before)) = self.watching.take() {
            lane.end(before);
        }
        self.context.set_active(std::ptr::null_mut());
    }

    /// Bounds what calls may allocate from now on.
    pub(crate) fn set_heap_limit(&mut self, bytes: usize) {
        self.arena.heap_mut().set_limit(bytes);
    }

    /// Bytes in use.
    pub(crate) fn live_bytes(&self) -> usize {
        self.arena.heap().live()
    }

    /// Resident bytes kept between calls, about.
    pub(crate) fn resident_bytes(&self) -> usize {
        self.arena.resident_bytes()
    }

    /// Resident bytes at present, about, those of a call in progress included.
    pub(crate) fn held_bytes(&self) -> usize {
        self.arena.held_bytes()
    }

    /// The present bytes of the sealed image.
    #[cfg(test)]
    pub(crate) fn image_bytes(&self) -> Vec<u8> {
        self.arena.image_bytes()
    }

    /// Evaluates a module and everything it imports. A call must be active.
    pub(crate) fn load_module(&mut self, active: &mut Running<'_>, path: &str) -> Result<(), JsError> {
        let bundle = active.bundle.clone();
        let Some(bytecode) = bundle.bytecode(path) else {
            return Err(JsError::NotFound { message: modules::missing_module(path) });
        };
        let context = self.context;
        // Reading a module looks up what it imports; so does resolving, for what that imports in turn.
        active.linking = true;
        let module = modules::read_module(context, bytecode).filter(|module| context.resolve_imports(*module));
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
                return Err(JsError::uncaught("Top-level awaits in source files are unsupported"));
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
        if let Some((_, reason)) =
            active.rejections.iter().find(|(rejected, _)| !context.same_object(*rejected, promise))
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
        self.collect_from_now();
        if self.arena.seal(mode) { Ok(()) } else { Err(internal("the heap image could not be sealed")) }
    }

    /// Lets the cycle collector run once enough more has been allocated; until then it does not run at all.
    pub(crate) fn collect_from_now(&mut self) {
        let threshold = self.arena.resident_bytes() + limits::GC_HEADROOM_BYTES;
        // SAFETY: the runtime is alive and not running.
        unsafe { qjs::JS_SetGCThreshold(self.context.runtime(), threshold as _) };
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
            return Err(JsError::uncaught("Uncaught Error: the function did not return JSON text"));
        }
        let text = context.text(result);
        context.free(result);
        text.ok_or_else(|| self.failure(active))
    }

    /// Calls a script's function value with the module's namespace and returns its text. A call must be active.
    pub(crate) fn probe(&mut self, active: &mut Running<'_>, probe_js: &str) -> Result<String, JsError> {
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
        let compiled = self.context.compile(source, &modules::module_name(path), true);
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
        let bytes = if context.is_exception(compiled) { None } else { context.write_bytecode(compiled) };
        bytes.ok_or_else(|| {
            let error = context.take_exception();
            let message = context.text(error).unwrap_or_default();
            let stack = context.get(error, c"stack");
            let place = context.text(stack).unwrap_or_default();
            format!("{message}\n{}", place.trim_end()).trim_end().to_owned()
        })
    }

    fn load_platform(&mut self) -> Result<(), JsError> {
        let context = self.context;
        guards::install(context);
        let host = ops::host_object(context);
        let shared = context.object();
        for (name, bytecode) in platform::scripts()? {
            let function = context.run_compiled(context.read_bytecode(bytecode));
            let result = context.call(function, UNDEFINED, &[host, shared]);
            if context.is_exception(result) {
                let error = context.take_exception();
                let text = context.text(error).unwrap_or_default();
                let stack = context.text(context.get(error, c"stack")).unwrap_or_default();
                return Err(internal(&format!("{}: {text}\n{stack}", name.to_string_lossy())));
            }
        }
        self.describe = context.get(shared, c"describe");
        self.import_meta_guard = context.get(shared, c"importMetaGuard");
        self.shared = shared;
        Ok(())
    }

    fn invoke_method(&self, function: Value, kind: Kind, target: Target<'_>) -> Result<Value, JsError> {
        let context = self.context;
        let Target { module, export } = target;
        if !context.is_object(function) {
            return Err(JsError::NotFound { message: format!("Couldn't find \"{export}\" in module \"{module}\".") });
        }
        let is = |atom| context.is_truthy(context.get_atom(function, atom));
        let (wanted, method, other) = match kind {
            Kind::Query => (self.atoms.is_query, self.atoms.invoke_query, self.atoms.is_mutation),
            Kind::Mutation => (self.atoms.is_mutation, self.atoms.invoke_mutation, self.atoms.is_query),
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
            let message = format!("Function {name} is registered as a {registered} but is being run as a {run}.");
            return Err(JsError::WrongKind { message });
        }
        let message = format!(
            "Function {name} is neither a query or mutation. Did you forget to wrap it with `query` or `mutation`?"
        );
        Err(JsError::WrongKind { message })
    }
}

/// Names an export for error texts.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) module: &'a str,
    pub(crate) export: &'a str,
}

fn internal(message: &str) -> JsError {
    JsError::Internal(message.to_owned())
}

/// Finds the interrupt countdown inside a context: the one number that goes down with each turn of a loop.
pub(crate) fn find_countdown() -> Option<usize> {
    let engine = Engine::bare(Loader::Hollow).ok()?;
    let context = engine.context;
    // SAFETY: the context is a block of the runtime's allocator.
    let bytes = unsafe { qjs::js_malloc_usable_size_rt(context.runtime(), context.raw().cast()) };
    let read = || -> Vec<i32> {
        let start = context.raw().cast::<i32>();
        // SAFETY: stays inside the block; any four bytes are a number.
        (0..bytes as usize / 4).map(|index| unsafe { start.add(index).read() }).collect()
    };
    let count_down = |turns: i32| -> Vec<i32> {
        let source = format!("for (let i = 0; i < {turns}; i++);");
        let before = read();
        let compiled = context.compile(&source, c"platform:/countdown.js", false);
        context.free(context.run_compiled(compiled));
        before.iter().zip(read()).map(|(before, after)| before.wrapping_sub(after)).collect()
    };
    // The first check of all resets the countdown; only what comes after it counts down steadily.
    count_down(1);
    let (long, short) = (count_down(1000), count_down(300));
    let steady = |index: &usize| {
        (1..=3).any(|steps| {
            (1000 * steps..1000 * steps + 20).contains(&long[*index])
                && (300 * steps..300 * steps + 20).contains(&short[*index])
        })
    };
    let mut found = (0..bytes as usize / 4).filter(steady);
    let countdown = found.next()?;
    found.next().is_none().then_some(countdown * 4)
}
