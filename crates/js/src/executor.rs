//! The executor of one worker thread: its images and the calls that run in them.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::bundle::Bundle;
use crate::call::{Call, Completion, EvalOptions};
use crate::error::JsError;
use crate::host::Host;
use crate::limits;

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
    _options: ExecutorOptions,
    not_send: PhantomData<*const ()>,
}

impl Executor {
    /// Makes an executor for the calling thread, which should have [`limits::WORKER_STACK_BYTES`] of stack.
    pub fn new(options: ExecutorOptions) -> Executor {
        Executor { _options: options, not_send: PhantomData }
    }

    /// Runs one function in a pristine heap.
    pub fn run(&self, bundle: &Arc<Bundle>, call: &Call<'_>, host: &mut dyn Host) -> Result<Completion, JsError> {
        let _ = (bundle, call, host);
        Err(JsError::Internal("not wired yet".into()))
    }

    /// Like `run`, leaving the heap as the call left it. For benchmarks: calls see each other's leftovers.
    pub fn run_warm(&self, bundle: &Arc<Bundle>, call: &Call<'_>, host: &mut dyn Host) -> Result<Completion, JsError> {
        self.run(bundle, call, host)
    }

    /// Like `run`, in a heap made for this call alone. For benchmarks.
    pub fn run_cold(&self, bundle: &Arc<Bundle>, call: &Call<'_>, host: &mut dyn Host) -> Result<Completion, JsError> {
        self.run(bundle, call, host)
    }

    /// Evaluates `module` under the rules of a phase and hands its namespace to `probe_js`, an expression of the
    /// form `(ns) => string`.
    pub fn evaluate(
        &self,
        bundle: &Arc<Bundle>,
        module: &str,
        probe_js: &str,
        options: EvalOptions,
        host: &mut dyn Host,
    ) -> Result<String, JsError> {
        let _ = (bundle, module, probe_js, options, host);
        Err(JsError::Internal("not wired yet".into()))
    }
}
