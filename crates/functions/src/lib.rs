//! Runs queries, mutations and actions: where user code meets data.
//!
//! [`Runtime`] owns the worker threads (one JavaScript executor each), the active [`Deployment`], the cache of
//! live query results and the log ring. Nothing here knows sockets or HTTP.

pub mod deploy;
pub mod deployment;
pub mod environment;
mod error;
mod identity;
mod limits;
pub mod logs;
mod path;
mod request;
mod result;
mod runtime;
pub mod system;

pub use deployment::Deployment;
pub use error::{ErrorKind, FunctionError, SystemError};
pub use identity::{Identity, UserIdentity};
pub use path::{FunctionKind, FunctionPath, PathError, Visibility};
pub use request::{CallRequest, Caller, MutationRequest, QueryRequest, RequestId};
pub use result::{ActionResult, AnyResult, MutationResult, QueryResult};
pub use runtime::{Options, Runtime, StartError};
