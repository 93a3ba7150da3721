//! The two families of failure: the app's own, and ours.

use crate::RequestId;

/// A failure the app's author or caller must know about; it is a result, not an outage.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionError {
    /// Without the `[Request ID: …] Server Error` line: `Uncaught Error: …` with its stack, or a text of ours.
    pub detail: String,
    /// The data of a ConvexError in the encoded JSON form.
    pub data: Option<String>,
    /// Stable CamelCase code when the failure is one of ours, such as `TooManyReads`.
    pub code: Option<&'static str>,
}

impl FunctionError {
    /// An error of ours without data.
    pub fn new(detail: impl Into<String>) -> FunctionError {
        FunctionError { detail: detail.into(), data: None, code: None }
    }

    /// The message clients receive. Redaction hides all but the request id.
    ///
    /// Source: client-protocol 4.3: every line after the first ends in a newline.
    pub fn client_message(&self, request_id: &RequestId, redact: bool) -> String {
        if redact {
            return format!("[Request ID: {}] Server Error", request_id.0);
        }
        format!("[Request ID: {}] Server Error\n{}\n", request_id.0, self.detail.trim_end_matches('\n'))
    }
}

/// What a caller can do about a failure of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    BadRequest,
    Unauthenticated,
    Forbidden,
    NotFound,
    Timeout,
    Conflict,
    RateLimited,
    Overloaded,
    OutOfRetention,
    Internal,
}

/// A failure of the request as such: never the result of user code.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[error("{message}")]
pub struct SystemError {
    pub kind: ErrorKind,
    /// Stable CamelCase code.
    pub code: &'static str,
    pub message: String,
}

impl SystemError {
    /// Builds an error of `kind`.
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> SystemError {
        SystemError { kind, code, message: message.into() }
    }

    /// The generic text for trouble that is ours to find; the cause goes to the log.
    pub fn internal(cause: impl std::fmt::Display) -> SystemError {
        tracing::error!(%cause, "internal error");
        SystemError::new(
            ErrorKind::Internal,
            "InternalServerError",
            "Your request couldn't be completed. Try again later.",
        )
    }
}
