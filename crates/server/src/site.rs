//! HTTP actions: the site port, and `/http` on the deployment port.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

/// Answers for a deployment without HTTP actions.
pub async fn serve() -> impl IntoResponse {
    let text = "This Convex deployment does not have HTTP actions enabled.";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}
