//! The small endpoints by which tools learn whom they talk to and whether their key works.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use bytes::Bytes;
use serde::Serialize;

use crate::error::ApiError;
use crate::extract::AdminIdentity;
use crate::state::AppState;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a read-only key may do; a full key may do everything, which is reported as an empty list.
const READ_ONLY_OPERATIONS: &[&str] = &[
    "ViewEnvironmentVariables",
    "ViewLogs",
    "ViewMetrics",
    "ViewIntegrations",
    "ViewData",
    "ViewBackups",
    "ViewAuditLog",
    "ViewUsageLimits",
    "ViewUsage",
    "DownloadBackups",
    "RunInternalQueries",
    "RunTestQuery",
];

pub async fn welcome() -> &'static str {
    "This Concave deployment is running. Point a Convex client at this address."
}

pub async fn version() -> &'static str {
    VERSION
}

pub async fn instance_name(State(state): State<AppState>) -> String {
    state.instance.name.clone()
}

/// Gives the body back; the command line's network test compares the bytes.
pub async fn echo(body: Bytes) -> impl IntoResponse {
    body
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyReport {
    success: bool,
    allowed_ops: &'static [&'static str],
    is_read_only: bool,
}

pub async fn check_admin_key(admin: AdminIdentity) -> Result<Json<KeyReport>, ApiError> {
    let allowed_ops = if admin.read_only { READ_ONLY_OPERATIONS } else { &[] };
    Ok(Json(KeyReport { success: true, allowed_ops, is_read_only: admin.read_only }))
}

/// Clients report long disconnects here when asked to; nothing is kept.
pub async fn debug_event(_body: Bytes) -> StatusCode {
    StatusCode::OK
}
