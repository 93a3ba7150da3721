//! Runs queries, mutations and actions: where user code meets data.
//!
//! [`Runtime`] owns the worker threads (one JavaScript executor each), the active [`Deployment`], the cache of
//! live query results and the log ring. Nothing here knows sockets or HTTP.

pub mod actions;
mod address;
mod arguments;
pub mod audit;
mod cache;
mod crons;
pub mod deploy;
pub mod deployment;
mod effects;
pub mod environment;
mod error;
mod execution;
pub mod fetch;
pub mod files;
mod handles;
mod host;
mod identity;
mod limits;
pub mod logs;
pub mod metrics;
mod mutations;
pub mod node_actions;
mod path;
mod queries;
mod record;
mod request;
mod result;
mod run;
mod runtime;
mod scheduler;
mod sessions;
mod signing;
pub mod system;
mod warnings;
mod workers;

pub use actions::ActionOptions;
pub use deployment::Deployment;
pub use error::{ErrorKind, FunctionError, SystemError};
pub use identity::{Identity, UserIdentity};
pub use path::{FunctionKind, FunctionPath, PathError, Visibility};
pub use request::{CallRequest, Caller, MutationRequest, QueryRequest, RequestId, RequestOrigin};
pub use result::{ActionResult, AnyResult, MutationResult, QueryResult, Watch};
pub use runtime::{ActivateError, Options, Runtime, StartError};

#[cfg(test)]
mod tests;
