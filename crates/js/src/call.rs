//! What goes into a call and what comes out of it.

use std::time::Duration;

use crate::limits;

/// Which kind of function is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Query,
    Mutation,
}

/// One call of an exported function.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub kind: Kind,
    /// Path of the entry module, such as `dir/messages.js`.
    pub module: &'a str,
    /// Name of the export; `default` for the default export.
    pub export: &'a str,
    /// JSON text of an array holding the one argument object.
    pub args_json: &'a str,
    /// Seeds `Math.random` and `crypto`.
    pub seed: [u8; 32],
    /// The time the call sees, in milliseconds since the Unix epoch.
    pub unix_ms: f64,
    /// Changes whenever environment variables change: images remember what they read while being imported.
    pub env_generation: u64,
    pub limits: CallLimits,
}

/// Bounds of one call.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// Time spent in JavaScript, operations of the host excluded.
    pub user_time: Duration,
    /// Bytes allocated beyond the image.
    pub heap_bytes: usize,
    /// Bytes of the result's JSON text.
    pub output_bytes: usize,
}

impl Default for CallLimits {
    fn default() -> CallLimits {
        CallLimits { user_time: limits::USER_TIME, heap_bytes: limits::HEAP_BYTES, output_bytes: limits::OUTPUT_BYTES }
    }
}

/// A finished call.
#[derive(Clone, Debug)]
pub struct Completion {
    /// JSON text of the returned value.
    pub result_json: String,
    pub usage: Usage,
}

/// What a call used, however it ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Time spent in JavaScript, operations of the host excluded.
    pub user_time: Duration,
    pub observed: Observed,
    /// Bytes in use in the heap when the call ended, the image included.
    pub heap_bytes: usize,
}

/// What a call looked at besides its arguments and the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    pub time: bool,
    pub random: bool,
}

/// Rules under which modules are evaluated outside a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Analysis of function modules: environment readable, no operations.
    Import,
    /// `schema.js`: neither environment nor imports of other modules.
    Schema,
    /// `auth.config.js`: unset variables fail, no time or randomness.
    AuthConfig,
    /// `convex.config.js`: no time or randomness.
    Definition,
}

/// How to evaluate modules outside a call.
#[derive(Clone, Copy, Debug)]
pub struct EvalOptions {
    pub phase: Phase,
    pub unix_ms: f64,
    pub seed: [u8; 32],
    pub user_time: Duration,
}

impl EvalOptions {
    /// The usual limits for `phase`, at a given time.
    pub fn new(phase: Phase, unix_ms: f64) -> EvalOptions {
        EvalOptions { phase, unix_ms, seed: [0; 32], user_time: limits::IMPORT_TIME }
    }
}
