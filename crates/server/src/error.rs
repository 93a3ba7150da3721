//! Failures that are answered with a status and `{"code","message"}`, and the one table that maps kinds to statuses.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use functions::{ErrorKind, SystemError};
use serde::Serialize;

/// A request that got no function result.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    pub kind: ErrorKind,
    /// Stable and CamelCase; clients and tools match on it.
    pub code: &'static str,
    /// For the developer; not part of the contract.
    pub message: String,
}

impl ApiError {
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { kind, code, message: message.into() }
    }

    pub fn bad_request(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorKind::BadRequest, code, message)
    }

    pub fn unauthenticated(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorKind::Unauthenticated, code, message)
    }

    pub fn forbidden(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorKind::Forbidden, code, message)
    }

    pub fn not_found(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorKind::NotFound, code, message)
    }

    /// Our own failure: the cause belongs in the log, not in the answer.
    pub fn internal() -> ApiError {
        ApiError::new(
            ErrorKind::Internal,
            "InternalServerError",
            "Your request couldn't be completed. Try again later.",
        )
    }

    pub fn status(&self) -> StatusCode {
        status_of(&self.kind)
    }
}

/// The table: one line per kind.
fn status_of(kind: &ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::BadRequest => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Timeout => StatusCode::REQUEST_TIMEOUT,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::Overloaded | ErrorKind::OutOfRetention => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl From<SystemError> for ApiError {
    fn from(error: SystemError) -> ApiError {
        ApiError { kind: error.kind, code: error.code, message: error.message }
    }
}

impl From<ApiError> for SystemError {
    fn from(error: ApiError) -> SystemError {
        SystemError::new(error.kind, error.code, error.message)
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'a str,
    message: &'a str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if matches!(self.kind, ErrorKind::Internal) {
            tracing::error!(code = self.code, message = %self.message, "request failed");
        }
        let body = serde_json::to_string(&ErrorBody { code: self.code, message: &self.message })
            .expect("two strings always serialize");
        let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        (self.status(), [json], body).into_response()
    }
}

#[cfg(test)]
mod tests;
