//! Failures below a push, as the answers its caller gets.

use crate::deployment::LoadError;
use crate::{ErrorKind, SystemError};

/// A failure the author of the pushed code can mend.
pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> SystemError {
    SystemError::new(ErrorKind::BadRequest, code, message)
}

/// A failure of the database; developer errors keep their code.
pub(crate) fn database_error(error: db::Error) -> SystemError {
    match error {
        db::Error::Developer { code, message, .. } => bad_request(code, message),
        db::Error::OutOfRetention => SystemError::new(
            ErrorKind::OutOfRetention,
            "OutOfRetention",
            "The read timestamp is older than what is kept.",
        ),
        other => SystemError::internal(chain(&other)),
    }
}

/// A failure to read the stored deployment.
pub(crate) fn load_error(error: LoadError) -> SystemError {
    match error {
        LoadError::Database(error) => database_error(error),
        other => SystemError::internal(chain(&other)),
    }
}

/// The error and its causes, joined by colons.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
