//! Isolates: load modules, run one function against a [`Host`].
//!
//! A [`Bundle`] is an app's modules compiled to bytecode once. An [`Executor`] belongs to one worker thread and
//! keeps *images*: heaps in which the platform and one entry module are already evaluated. Every call runs in
//! such a heap, which is put back to its pristine bytes afterwards, so that no call sees what another one did.
//!
//! **Invariant:** nothing that Rust owns hangs off a JavaScript object, so a heap may be rewound or dropped at
//! any moment. **Invariant:** `unsafe` lives in `action`, `arena`, `fault`, `engine`,
//! `active`, `wasm` and `watchdog` only, each time with the reason why it holds.

mod action;
mod active;
mod arena;
mod bundle;
mod call;
mod contexts;
mod crypto;
mod engine;
mod error;
mod executor;
mod fault;
mod host;
mod intl;
mod known;
pub mod limits;
mod platform;
mod stack;
mod wasm;
mod watchdog;
mod web;

pub use action::{ActionCall, ActionHeap, ActionHost, ActionLimits, HeapPool, Op, OpAnswer, OpId, OpResult, Step};
pub use arena::os::thread_cpu_time;
pub use bundle::{Bundle, BundleId, ModuleSource};
pub use call::{Call, CallLimits, Completion, EvalOptions, Kind, Observed, Phase, Usage};
pub use error::JsError;
pub use executor::{Executor, ExecutorOptions, RestoreMode};
pub use host::{ConsoleLevel, Host, HostError, HostErrorKind};
pub use limits::WORKER_STACK_BYTES;

#[cfg(test)]
mod testing;
