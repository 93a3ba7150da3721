//! Small facts about the deployment.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::extract::AdminIdentity;
use crate::state::AppState;

/// The addresses of the API and of HTTP actions.
pub async fn canonical_urls(State(state): State<AppState>, _admin: AdminIdentity) -> Json<Value> {
    Json(json!({ "convexCloudUrl": state.client_origin, "convexSiteUrl": state.site_origin }))
}

pub async fn deployment_info(_admin: AdminIdentity) -> Json<Value> {
    Json(json!({ "kind": "selfHosted" }))
}

/// A self-hosted deployment meters nothing.
pub async fn current_usage(_admin: AdminIdentity) -> Json<Value> {
    Json(json!({ "seedStatus": "complete", "metrics": {} }))
}

/// A self-hosted deployment has no usage limits.
pub async fn usage_limits(_admin: AdminIdentity) -> Json<Value> {
    Json(json!({ "usageLimits": [] }))
}
