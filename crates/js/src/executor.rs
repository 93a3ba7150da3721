//! The executor of one worker thread: its images and the calls that run in them.
//!
//! A call takes an idle image out of the pool and puts it back afterwards, so that a call made from inside a
//! host callback finds another one, or makes it.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::Arc;

use crate::active::{Active, Frame, Mode, Running, Stop};
use crate::bundle::{Bundle, BundleId};
use crate::call::{Call, Completion, EvalOptions, Kind, Phase};
use crate::engine::{Engine, Target};
use crate::error::JsError;
use crate::host::Host;
use crate::limits;
use crate::watchdog::{self, Lane};

/// Sizes of an executor.
#[derive(Clone, Copy, Debug)]
pub struct ExecutorOptions {
    /// Bytes of images kept for later calls; the least recently used go first.
    pub image_budget_bytes: usize,
    pub restore: RestoreMode,
}

/// How a heap gets back to its pristine bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreMode {
    /// Page protection tells which pages were written; only those are copied back.
    Tracked,
    /// The whole image is copied back.
    Copy,
}

impl Default for ExecutorOptions {
    fn default() -> ExecutorOptions {
        ExecutorOptions { image_budget_bytes: limits::IMAGE_BUDGET_BYTES, restore: RestoreMode::Tracked }
    }
}

/// Runs functions on one thread. Reentrant: a host callback may call `run` again.
pub struct Executor {
    options: ExecutorOptions,
    /// Idle images, the most recently used last.
    idle: RefCell<Vec<Image>>,
    lane: Arc<Lane>,
    not_send: PhantomData<*const ()>,
}

/// A heap with one entry module evaluated.
struct Image {
    key: ImageKey,
    engine: Engine,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ImageKey {
    bundle: BundleId,
    module: String,
    env_generation: u64,
    reuse: Reuse,
}

/// What becomes of a heap after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reuse {
    Pristine,
    AsLeft,
    Never,
}

impl Executor {
    /// Makes an executor for the calling thread, which should have [`limits::WORKER_STACK_BYTES`] of stack.
    pub fn new(options: ExecutorOptions) -> Executor {
        Executor { options, idle: RefCell::default(), lane: watchdog::lane(), not_send: PhantomData }
    }

    /// Runs one function in a pristine heap.
    ///
    /// Errors: see [`JsError`]; whatever a call does, later calls see nothing of it.
    pub fn run(&self, bundle: &Arc<Bundle>, call: &Call<'_>, host: &mut dyn Host) -> Result<Completion, JsError> {
        self.run_in(Reuse::Pristine, bundle, call, host)
    }

    /// Like `run`, leaving the heap as the call left it. For benchmarks: calls see each other's leftovers.
    pub fn run_warm(&self, bundle: &Arc<Bundle>, call: &Call<'_>, host: &mut dyn Host) -> Result<Completion, JsError> {
        self.run_in(Reuse::AsLeft, bundle, call, host)
    }

    /// Like `run`, in a heap made for this call alone. For benchmarks.
    pub fn run_cold(&self, bundle: &Arc<Bundle>, call: &Call<'_>, host: &mut dyn Host) -> Result<Completion, JsError> {
        self.run_in(Reuse::Never, bundle, call, host)
    }

    /// Evaluates `module` under the rules of a phase and hands its namespace to `probe_js`, an expression of the
    /// form `(ns, tools) => string`. `tools.mapPosition(file, line, column)` maps a place to the author's source.
    pub fn evaluate(
        &self,
        bundle: &Arc<Bundle>,
        module: &str,
        probe_js: &str,
        options: EvalOptions,
        host: &mut dyn Host,
    ) -> Result<String, JsError> {
        let EvalOptions { phase, unix_ms, seed, user_time } = options;
        // The platform itself is evaluated under the rules of analysis.
        let frame = Frame { mode: Mode::Import, unix_ms, seed, user_time };
        let mut active = Running::new(Active::new(host, bundle.clone(), frame));
        let mut engine = Engine::new(&mut active)?;
        engine.set_heap_limit(limits::HEAP_BYTES);
        active.mode = Mode::from(phase);
        engine.enter(&mut active, Some(&self.lane))?;
        let loaded = engine.load_module(&mut active, module);
        let outcome = loaded.and_then(|()| engine.probe(&mut active, probe_js));
        engine.leave();
        resume_panic(&mut active);
        outcome.map_err(|error| match active.violation.take() {
            Some((code, message)) if phase != Phase::Import => JsError::Forbidden { code, message },
            _ => error,
        })
    }

    /// Drops every idle image of a bundle, for instance when it was replaced by a deploy.
    pub fn forget(&self, bundle: BundleId) {
        self.idle.borrow_mut().retain(|image| image.key.bundle != bundle);
    }

    /// Number of idle images and their resident bytes, about.
    pub fn idle_images(&self) -> (usize, usize) {
        let idle = self.idle.borrow();
        (idle.len(), idle.iter().map(|image| image.engine.resident_bytes()).sum())
    }

    /// The present bytes of the image that was used `back` calls ago.
    #[cfg(test)]
    pub(crate) fn image_bytes(&self, back: usize) -> Vec<u8> {
        let idle = self.idle.borrow();
        idle[idle.len() - 1 - back].engine.image_bytes()
    }

    fn run_in(
        &self,
        reuse: Reuse,
        bundle: &Arc<Bundle>,
        call: &Call<'_>,
        host: &mut dyn Host,
    ) -> Result<Completion, JsError> {
        let mut image = match self.take_idle(reuse, bundle, call) {
            Some(image) => image,
            None => self.make_image(reuse, bundle, call, host)?,
        };
        let outcome = run_once(&mut image.engine, &self.lane, bundle, call, host);
        if reuse == Reuse::Pristine {
            image.engine.rewind();
        }
        let keep = match (reuse, &outcome) {
            (Reuse::Never, _) | (Reuse::AsLeft, Err(_)) => false,
            (Reuse::Pristine, _) | (Reuse::AsLeft, Ok(_)) => true,
        };
        if keep {
            self.put_idle(image);
        }
        match outcome {
            Ok(outcome) => Ok(outcome),
            Err(CallFailure::Error(error)) => Err(error),
            Err(CallFailure::Panic(panic)) => resume_unwind(panic),
        }
    }

    fn take_idle(&self, reuse: Reuse, bundle: &Bundle, call: &Call<'_>) -> Option<Image> {
        let mut idle = self.idle.borrow_mut();
        let position = idle.iter().rposition(|Image { key, .. }| {
            key.bundle == bundle.id()
                && key.env_generation == call.env_generation
                && key.reuse == reuse
                && key.module == call.module
        })?;
        Some(idle.remove(position))
    }

    fn put_idle(&self, image: Image) {
        let mut idle = self.idle.borrow_mut();
        // Older generations of the environment are never asked for again.
        let key = &image.key;
        if idle.last().is_none_or(|last| last.key != *key) {
            idle.retain(|other| other.key.bundle != key.bundle || other.key.env_generation >= key.env_generation);
        }
        idle.push(image);
        let mut bytes: usize = idle.iter().map(|image| image.engine.resident_bytes()).sum();
        while bytes > self.options.image_budget_bytes && idle.len() > 1 {
            bytes -= idle.remove(0).engine.resident_bytes();
        }
    }

    fn make_image(
        &self,
        reuse: Reuse,
        bundle: &Arc<Bundle>,
        call: &Call<'_>,
        host: &mut dyn Host,
    ) -> Result<Image, JsError> {
        let frame = Frame {
            mode: Mode::Import,
            unix_ms: bundle.import_unix_ms(),
            seed: bundle.import_seed(),
            user_time: limits::IMPORT_TIME,
        };
        let mut active = Running::new(Active::new(host, bundle.clone(), frame));
        active.kept_lines = Some(Vec::new());
        let mut engine = Engine::new(&mut active)?;
        engine.set_heap_limit(limits::HEAP_BYTES);
        engine.enter(&mut active, Some(&self.lane))?;
        let loaded = engine.load_module(&mut active, call.module);
        engine.leave();
        resume_panic(&mut active);
        engine.import_lines = active.kept_lines.take().unwrap_or_default();
        drop(active);
        if loaded.is_err() {
            for (level, messages) in std::mem::take(&mut engine.import_lines) {
                host.console(level, messages);
            }
        }
        loaded?;
        match reuse {
            Reuse::Pristine => engine.seal(self.options.restore)?,
            Reuse::AsLeft | Reuse::Never => engine.collect_from_now(),
        }
        let key = ImageKey {
            bundle: bundle.id(),
            module: call.module.to_owned(),
            env_generation: call.env_generation,
            reuse,
        };
        Ok(Image { key, engine })
    }
}

enum CallFailure {
    Error(JsError),
    Panic(Box<dyn std::any::Any + Send>),
}

fn run_once(
    engine: &mut Engine,
    lane: &Arc<Lane>,
    bundle: &Arc<Bundle>,
    call: &Call<'_>,
    host: &mut dyn Host,
) -> Result<Completion, CallFailure> {
    for (level, messages) in &engine.import_lines {
        host.console(*level, messages.clone());
    }
    let mode = match call.kind {
        Kind::Query => Mode::Query,
        Kind::Mutation => Mode::Mutation,
    };
    let frame = Frame { mode, unix_ms: call.unix_ms, seed: call.seed, user_time: call.limits.user_time };
    let mut active = Running::new(Active::new(host, bundle.clone(), frame));
    engine.set_heap_limit(call.limits.heap_bytes);
    engine.enter(&mut active, Some(lane)).map_err(CallFailure::Error)?;
    let target = Target { module: call.module, export: call.export };
    let outcome = engine.call_export(&mut active, call.kind, target, call.args_json);
    engine.leave();
    let usage = active.usage(engine.live_bytes());
    if let Some(Stop::Panic(panic)) = active.stop.take() {
        return Err(CallFailure::Panic(panic));
    }
    active.ended(usage);
    let result_json = outcome.map_err(CallFailure::Error)?;
    if result_json.len() > call.limits.output_bytes {
        let (actual, limit) = (result_json.len(), call.limits.output_bytes);
        return Err(CallFailure::Error(JsError::OutputTooLarge { actual, limit }));
    }
    Ok(Completion { result_json, usage })
}

/// Goes on with a panic of the host.
fn resume_panic(active: &mut Running<'_>) {
    if let Some(Stop::Panic(panic)) = active.stop.take() {
        resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests;
