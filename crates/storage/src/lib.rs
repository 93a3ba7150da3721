//! The durable versioned key-value store behind one trait, and its commit log.
//!
//! An [`Engine`] keeps ordered keys, every version of each inside a retention window, and the log of
//! commits that made them. Commits are appended in batches with one durable sync; keys and ranges are
//! read as of a timestamp; the log can be tailed; old versions are trimmed.
//!
//! | engine | for |
//! | --- | --- |
//! | [`FjallEngine`] | one machine: a directory on the local disk |
//! | [`MemoryEngine`] | tests and simulation |
//!
//! Whole files live beside all that, in [`blobs`].

mod engine;
mod error;
mod limits;

mod embedded;
mod memory;

pub mod blobs;

#[cfg(test)]
mod conformance;

pub use embedded::{FjallEngine, FjallOptions, SyncHook};
pub use engine::{Commit, Engine, Key, Order, Page, Scan, TrimReport, Version, Write};
pub use error::{AppendError, OpenError, ReadError};
pub use limits::KEY_BYTES_MAX;
pub use memory::MemoryEngine;
