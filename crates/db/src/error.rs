//! The errors of transactions.

use storage::ReadError;
use value::ValueError;

/// Why an operation of a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's mistake: shown to, and catchable by, the function that made it.
    #[error("{message}")]
    Developer {
        code: &'static str,
        message: String,
        /// JSON text that travels with the error, for clients that act on it.
        data: Option<String>,
    },
    /// The snapshot is older than what is kept.
    #[error("the snapshot is older than the retention window")]
    OutOfRetention,
    /// Something is being built that will be there soon.
    #[error("{message}")]
    Unavailable { code: &'static str, message: String },
    /// A read of the store failed.
    #[error("reading the store failed")]
    Storage(#[from] ReadError),
    /// A stored record does not make sense.
    #[error("a stored record is damaged: {0}")]
    Corrupt(String),
    /// Commits are refused: a write failed earlier, or the database is shut down.
    #[error("the database refuses commits: {0}")]
    Refused(String),
}

impl Error {
    /// Returns a developer error without data.
    pub fn developer(code: &'static str, message: impl Into<String>) -> Error {
        Error::Developer { code, message: message.into(), data: None }
    }
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Error {
        Error::developer(error.code(), error.to_string())
    }
}
