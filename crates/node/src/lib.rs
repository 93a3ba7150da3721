//! Runs `"use node"` actions in child Node.js processes.
//!
//! [`Pool`] is the whole of it, in the order of a push and of a call:
//! 1. [`Pool::install_dependencies`] — npm installs the external packages of a push, once for each set.
//! 2. [`Pool::materialize`] — the modules become a [`Package`] on disk; keep the `Arc` for as long as calls may come.
//! 3. [`Pool::analyze`] — which actions the modules export. The process it used stays warm for the calls to come.
//! 4. [`Pool::execute`] — runs one action; a [`NodeHost`] answers its operations and gets its log lines.
//!
//! What the caller does: validate arguments and results, check that the function exists, add
//! `CONVEX_CLOUD_URL` and `CONVEX_SITE_URL` to the [`Environment`], answer every `1.0/…` operation (an unknown one with
//! `Unknown async operation <name>`), decide what a client may see of an error.
//!
//! The `requestId` inside an operation's arguments is the pool's own: it routed the operation to its call, was
//! checked, and means nothing beyond. Dropping the future of `execute` abandons the action: its operations are
//! dropped with it, and its process ends once the calls beside it have.
//!
//! Invariants: user code of one call begins at most once. A process serves one package and one environment. What
//! happens to a process concerns only the calls in it.

mod binary;
mod call;
mod dependencies;
mod error;
mod execute;
mod executor;
mod frame;
mod host;
pub mod limits;
mod package;
mod pool;
mod process;
mod stack;

pub use dependencies::{Dependency, ExternalPackages};
pub use error::{ActionError, FailureKind, HostError, NodeError};
pub use execute::{AnalyzedFunction, AnalyzedModule, ExecuteOutcome, ExecuteRequest, Visibility};
pub use host::{BlobBody, BlobDownload, BlobUpload, LogLevel, LogLine, NodeHost};
pub use package::{Environment, ModuleSource, Package};
pub use pool::{Pool, PoolOptions, PoolUsage};
