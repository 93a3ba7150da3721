//! Actions: heaps that live as long as their call, driven in steps between which they wait for the world.
//!
//! An [`ActionHeap`] is made from bytecode and freed at the end, or comes from a [`HeapPool`] and goes back there. A
//! step runs JavaScript until it has nothing left to do; the operations it started meanwhile were handed to the
//! [`ActionHost`] with integer ids. Their answers come back in batches and make the next step. Between steps a heap
//! belongs to no thread, so that an action that waits costs its memory and nothing else.

mod pool;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha12Rng;

pub use self::pool::HeapPool;
use self::pool::{HeapKey, Lease, Seat};
use crate::active::{Active, Frame, Mode, Running, Stop};
use crate::bundle::Bundle;
use crate::call::{Completion, Usage};
use crate::engine::{ActionTarget, Engine, Value};
use crate::error::JsError;
use crate::executor::RestoreMode;
use crate::host::{ConsoleLevel, Host, HostError};
use crate::{limits, watchdog};

/// Names an operation within one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub u32);

/// An operation that JavaScript has started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// `1.0/…` for an operation of the client library; otherwise the platform's own, such as `timer`.
    pub name: String,
    /// JSON text for the library's operations, whatever the platform passes for its own.
    pub args: String,
    pub bytes: Option<Vec<u8>>,
}

/// The answer to an operation, as JavaScript receives it: text alone is a string, bytes alone a `Uint8Array`, both
/// an array of the two, neither is `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpAnswer {
    pub text: Option<String>,
    pub bytes: Option<Vec<u8>>,
}

impl OpAnswer {
    /// JavaScript receives `null`.
    pub fn nothing() -> OpAnswer {
        OpAnswer::default()
    }

    /// JavaScript receives a string.
    pub fn text(text: impl Into<String>) -> OpAnswer {
        OpAnswer { text: Some(text.into()), bytes: None }
    }

    /// JavaScript receives a `Uint8Array`.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> OpAnswer {
        OpAnswer { text: None, bytes: Some(bytes.into()) }
    }
}

/// How an operation ended; a system error ends the whole action.
pub type OpResult = Result<OpAnswer, HostError>;

/// What an action may ask of the world. Methods run inside a step and must not block.
pub trait ActionHost {
    /// Begins an operation, whose result is handed to [`ActionHeap::resume`] later.
    ///
    /// Errors: what JavaScript sees at once.
    fn start(&mut self, id: OpId, op: Op) -> Result<(), HostError>;

    /// JavaScript does not want the answer any more.
    fn cancel(&mut self, id: OpId);

    /// Runs a synchronous operation; `args` and the result are JSON text.
    fn syscall(&mut self, name: &str, args: &str) -> Result<String, HostError>;

    /// Reads an environment variable, `None` when unset.
    fn env_var(&mut self, name: &str) -> Option<String>;

    /// Receives one console line, its arguments already formatted.
    fn console(&mut self, level: ConsoleLevel, messages: Vec<String>);

    /// The time, in milliseconds since the Unix epoch.
    fn now_ms(&mut self) -> f64;
}

/// Which code an action runs.
#[derive(Clone, Copy, Debug)]
pub enum ActionCall<'a> {
    /// An exported action with the JSON text of an array holding its one argument object.
    Function { module: &'a str, export: &'a str, args_json: &'a str },
    /// The route of `http.js` for a path and method; `request_json` is what the router's `runRequest` takes.
    Http { path: &'a str, method: &'a str, request_json: &'a str },
}

/// Bounds of one action.
#[derive(Clone, Copy, Debug)]
pub struct ActionLimits {
    /// Time spent in JavaScript.
    pub user_time: Duration,
    pub heap_bytes: usize,
    /// Bytes of the result's JSON text.
    pub output_bytes: usize,
}

impl Default for ActionLimits {
    fn default() -> ActionLimits {
        ActionLimits {
            user_time: limits::ACTION_USER_TIME,
            heap_bytes: limits::HEAP_BYTES,
            output_bytes: limits::OUTPUT_BYTES,
        }
    }
}

/// Where an action stands after a step.
#[derive(Debug)]
pub enum Step {
    /// Operations are under way.
    Waiting,
    /// The function returned; the heap may still be resumed for what runs on, such as a response's body.
    Done(Completion),
    /// The function, or what it left running, failed. The heap is gone.
    Failed(JsError),
    /// `http.js` has no route for the request. The heap is gone.
    NoRoute,
}

/// One action and its heap.
pub struct ActionHeap {
    engine: Option<Engine>,
    bundle: Arc<Bundle>,
    state: Option<Box<ActionState>>,
    limits: ActionLimits,
    seed: [u8; 32],
    user_time: Duration,
    /// The promise of the function, until it is settled.
    promise: Option<Value>,
    /// The route that answers an HTTP request.
    route: Option<String>,
    /// Where heaps are kept, and the generation of the environment that a kept one may have read.
    pool: Option<(Arc<HeapPool>, u64)>,
    /// The heap's place in the pool; none for one that is freed at the end.
    seat: Option<Seat>,
}

// SAFETY: a heap is used by one thread at a time, because every method that touches it takes `&mut self`. Nothing in
// it belongs to a thread except what `Engine::enter` sets and `Engine::leave` clears within one step: the stack's
// bounds, the running call and the watchdog's lane. The fault handler finds a sealed heap by the address of its
// pages, on whichever thread the fault happens, and QuickJS keeps no thread-local state.
unsafe impl Send for ActionHeap {}

/// What an action keeps from step to step beside its heap.
pub(crate) struct ActionState {
    pub(crate) next_id: u32,
    pub(crate) pending: BTreeMap<OpId, PendingOp>,
    started: Instant,
    rng: Option<ChaCha12Rng>,
}

/// An operation under way: its name and the functions that settle its promise, both owned.
pub(crate) struct PendingOp {
    pub(crate) name: String,
    pub(crate) resolve: Value,
    pub(crate) reject: Value,
}

impl ActionHeap {
    /// Prepares an action; nothing is allocated for it yet.
    pub fn new(bundle: Arc<Bundle>, limits: ActionLimits, seed: [u8; 32]) -> ActionHeap {
        let state = ActionState { next_id: 1, pending: BTreeMap::new(), started: Instant::now(), rng: None };
        ActionHeap {
            engine: None,
            bundle,
            state: Some(Box::new(state)),
            limits,
            seed,
            user_time: Duration::ZERO,
            promise: None,
            route: None,
            pool: None,
            seat: None,
        }
    }

    /// Lets the action use a heap that another one left in `pool`, and leave its own there. `env_generation` changes
    /// whenever a variable does that modules may read while they are imported.
    pub fn kept_in(mut self, pool: Arc<HeapPool>, env_generation: u64) -> ActionHeap {
        self.pool = Some((pool, env_generation));
        self
    }

    /// Makes the heap, or finds one, and runs the first step.
    pub fn start(&mut self, call: &ActionCall<'_>, host: &mut dyn ActionHost) -> Step {
        if let Err(error) = self.import(call, host) {
            return self.fail(error);
        }
        self.step(host, |engine, active, heap| {
            let promise = match *call {
                ActionCall::Function { module, export, args_json } => {
                    engine.invoke_action(active, ActionTarget { module, export }, args_json)?
                }
                ActionCall::Http { path, method, request_json } => {
                    let Some(route) = engine.http_route(active, path, method)? else { return Ok(Some(Step::NoRoute)) };
                    heap.route = Some(route);
                    engine.http_run(active, request_json, path)?
                }
            };
            heap.promise = Some(promise);
            Ok(None)
        })
    }

    /// Delivers answers in order and runs what they set in motion. Answers to cancelled operations are dropped.
    pub fn resume(&mut self, answers: Vec<(OpId, OpResult)>, host: &mut dyn ActionHost) -> Step {
        self.step(host, |engine, active, heap| {
            for (id, result) in answers {
                if engine.deliver(active, id, result)? {
                    engine.run_jobs(active)?;
                    if let Some(step) = heap.settled(engine, active)? {
                        return Ok(Some(step));
                    }
                }
            }
            Ok(None)
        })
    }

    /// Names of the operations under way, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.state.iter().flat_map(|state| state.pending.values()).map(|pending| pending.name.as_str())
    }

    /// The route that answers an HTTP request, as the router names it: `/path` or `/prefix/*`.
    pub fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// Time spent in JavaScript so far.
    pub fn user_time(&self) -> Duration {
        self.user_time
    }

    /// Bytes of heap in use, about.
    pub fn resident_bytes(&self) -> usize {
        self.engine.as_ref().map_or(0, Engine::held_bytes)
    }

    fn import(&mut self, call: &ActionCall<'_>, host: &mut dyn ActionHost) -> Result<(), JsError> {
        let module = match *call {
            ActionCall::Function { module, .. } => module,
            ActionCall::Http { .. } => "http.js",
        };
        let mut engine = match self.lease(module) {
            Lease::Kept(engine, seat) => {
                self.seat = Some(seat);
                *engine
            }
            Lease::Seal(seat) => {
                let mut engine = self.evaluate(module, host)?;
                engine.seal(RestoreMode::Tracked)?;
                self.seat = Some(seat);
                engine
            }
            Lease::None => {
                let mut engine = self.evaluate(module, host)?;
                engine.collect_from_now();
                engine
            }
        };
        for (level, messages) in &engine.import_lines {
            host.console(*level, messages.clone());
        }
        engine.set_heap_limit(self.limits.heap_bytes);
        self.engine = Some(engine);
        Ok(())
    }

    fn lease(&self, module: &str) -> Lease {
        let Some((pool, env_generation)) = &self.pool else { return Lease::None };
        let (bundle, env_generation) = (self.bundle.id(), *env_generation);
        pool.lease(&HeapKey { bundle, module: module.to_owned(), env_generation })
    }

    /// Makes a heap and evaluates a module in it.
    fn evaluate(&self, module: &str, host: &mut dyn ActionHost) -> Result<Engine, JsError> {
        let frame = Frame {
            mode: Mode::Import,
            unix_ms: self.bundle.import_unix_ms(),
            seed: self.bundle.import_seed(),
            user_time: limits::IMPORT_TIME,
        };
        let mut active = Running::new(Active::for_action(host, self.bundle.clone(), frame));
        active.kept_lines = Some(Vec::new());
        let mut engine = Engine::new(&mut active)?;
        engine.set_heap_limit(self.limits.heap_bytes);
        engine.enter(&mut active, Some(&watchdog::thread_lane()))?;
        let loaded = engine.load_module(&mut active, module);
        engine.leave();
        resume_panic(&mut active);
        engine.import_lines = active.kept_lines.take().unwrap_or_default();
        drop(active);
        if loaded.is_err() {
            for (level, messages) in std::mem::take(&mut engine.import_lines) {
                host.console(level, messages);
            }
        }
        loaded.map(|()| engine)
    }

    /// Runs `work` and then everything it set in motion.
    fn step(
        &mut self,
        host: &mut dyn ActionHost,
        work: impl FnOnce(&mut Engine, &mut Running<'_>, &mut ActionHeap) -> Result<Option<Step>, JsError>,
    ) -> Step {
        let (Some(mut engine), Some(state)) = (self.engine.take(), self.state.take()) else {
            return Step::Failed(JsError::Internal("the action is over".to_owned()));
        };
        let left = self.limits.user_time.saturating_sub(self.user_time);
        let frame = Frame { mode: Mode::Action, unix_ms: 0.0, seed: self.seed, user_time: left };
        let mut active = Active::for_action(host, self.bundle.clone(), frame);
        active.adopt(state);
        let mut active = Running::new(active);
        let outcome = engine.enter(&mut active, Some(&watchdog::thread_lane())).and_then(|()| {
            let early = work(&mut engine, &mut active, self)?;
            engine.run_jobs(&mut active)?;
            match early {
                Some(step) => Ok(step),
                None => self.after_jobs(&mut engine, &mut active),
            }
        });
        engine.leave();
        self.user_time += active.user_time();
        resume_panic(&mut active);
        self.state = active.release();
        drop(active);
        self.engine = Some(engine);
        match outcome {
            Ok(Step::NoRoute) => {
                self.retire();
                Step::NoRoute
            }
            Ok(step) => step,
            Err(JsError::Timeout { .. }) => self.fail(JsError::Timeout { limit: self.limits.user_time }),
            Err(error) => self.fail(error),
        }
    }

    /// Frees the heap, or gives it back.
    fn retire(&mut self) {
        let (engine, seat) = (self.engine.take(), self.seat.take());
        if let (Some(engine), Some(seat)) = (engine, seat) {
            seat.give_back(engine);
        }
    }

    fn after_jobs(&mut self, engine: &mut Engine, active: &mut Running<'_>) -> Result<Step, JsError> {
        if let Some(step) = self.settled(engine, active)? {
            return Ok(step);
        }
        let waits = active.action.as_ref().is_some_and(|state| state.pending.values().any(PendingOp::will_end));
        if self.promise.is_some() && !waits {
            return Err(JsError::uncaught("Returned promise will never resolve"));
        }
        Ok(Step::Waiting)
    }

    /// The result, once the function's promise holds one.
    fn settled(&mut self, engine: &mut Engine, active: &mut Running<'_>) -> Result<Option<Step>, JsError> {
        let Some(result) = engine.poll_result(active, self.promise)? else { return Ok(None) };
        self.promise = None;
        if result.len() > self.limits.output_bytes {
            return Err(JsError::OutputTooLarge { actual: result.len(), limit: self.limits.output_bytes });
        }
        Ok(Some(Step::Done(Completion {
            result_json: result,
            usage: Usage { user_time: self.user_time + active.user_time(), ..active.usage(engine.live_bytes()) },
        })))
    }

    fn fail(&mut self, error: JsError) -> Step {
        self.retire();
        Step::Failed(error)
    }
}

impl Drop for ActionHeap {
    fn drop(&mut self) {
        self.retire();
    }
}

impl PendingOp {
    /// Whether an answer is sure to come.
    fn will_end(&self) -> bool {
        self.name != "http/disconnected"
    }
}

impl<'h> Active<'h> {
    /// Takes over what the action keeps from step to step.
    fn adopt(&mut self, mut state: Box<ActionState>) {
        self.resume_random(state.rng.take());
        self.count_from(state.started);
        self.action = Some(state);
    }

    fn release(&mut self) -> Option<Box<ActionState>> {
        let mut state = self.action.take()?;
        state.rng = self.suspend_random();
        Some(state)
    }
}

/// Lets an action's host stand in where any host will do.
pub(crate) struct AsHost<'a>(pub(crate) &'a mut dyn ActionHost);

impl Host for AsHost<'_> {
    fn syscall(&mut self, name: &str, args: &str) -> Result<String, HostError> {
        self.0.syscall(name, args)
    }

    fn async_syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::developer(format!("Unknown async operation {name}")))
    }

    fn env_var(&mut self, name: &str) -> Option<String> {
        self.0.env_var(name)
    }

    fn console(&mut self, level: ConsoleLevel, messages: Vec<String>) {
        self.0.console(level, messages);
    }
}

/// Goes on with a panic of the host.
fn resume_panic(active: &mut Running<'_>) {
    if let Some(Stop::Panic(panic)) = active.stop.take() {
        resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests;
