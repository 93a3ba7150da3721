//! How a call or a compilation can fail.

use std::time::Duration;

use crate::host::HostError;

/// A call that did not produce a result, split by what the caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsError {
    /// User code threw, or its promise rejected. `message` is the full text with source-mapped frames.
    #[error("{message}")]
    Uncaught {
        message: String,
        /// Data of a `ConvexError`, as JSON text.
        data: Option<String>,
    },
    /// User code ran longer than its limit.
    #[error("Function execution timed out (maximum duration: {})", Seconds(*limit))]
    Timeout { limit: Duration },
    /// User code asked for more memory than its limit.
    #[error("JavaScript execution ran out of memory (maximum memory usage: {} MB)", limit_bytes >> 20)]
    OutOfMemory { limit_bytes: usize },
    /// The module or the export does not exist.
    #[error("{message}")]
    NotFound { message: String },
    /// The export exists but is not a function of the asked kind.
    #[error("{message}")]
    WrongKind { message: String },
    /// The result is larger than allowed.
    #[error("Function return value is too large (actual: {actual} bytes, limit: {limit} bytes)")]
    OutputTooLarge { actual: usize, limit: usize },
    /// Evaluated code did what its phase forbids; `code` is the stable name of the mistake.
    #[error("{message}")]
    Forbidden { code: &'static str, message: String },
    /// The host ended the call.
    #[error("{}", .0.message)]
    System(HostError),
    /// Something in this crate went wrong: no memory for a heap, too little stack.
    #[error("JavaScript engine failure: {0}")]
    Internal(String),
}

impl JsError {
    /// An `Uncaught` without data.
    pub(crate) fn uncaught(message: impl Into<String>) -> JsError {
        JsError::Uncaught { message: message.into(), data: None }
    }
}

/// Shows a duration the way limits are written: `1s`, `1.5s`.
struct Seconds(Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}s", self.0.as_secs_f64())
    }
}
