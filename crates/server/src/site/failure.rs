//! The answer when a handler failed before it returned a response.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use functions::FunctionError;
use serde_json::{Map, Value};

use crate::request_id::random_request_id;
use crate::state::AppState;

/// Source: function-runtime 9. The id is a new one, not the request's.
pub fn response(error: &FunctionError, state: &AppState) -> Response {
    let id = random_request_id(&state.platform).0;
    let detail = error.detail.trim_end_matches('\n');
    let mut body = Map::new();
    let code = match state.redact {
        true => format!("[Request ID: {id}] Server Error"),
        false => {
            body.insert("trace".into(), detail.into());
            format!("[Request ID: {id}] Server Error: {}", detail.lines().next().unwrap_or_default())
        }
    };
    body.insert("code".into(), code.into());
    if let Some(data) = &error.data {
        match serde_json::from_str::<Value>(data) {
            Ok(data) => drop(body.insert("data".into(), data)),
            Err(error) => tracing::error!(%error, "the data of an error is not readable"),
        }
    }
    (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response()
}
