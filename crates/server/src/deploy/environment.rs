//! The endpoints of environment variables.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use functions::environment::{self, Change};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::extract::{AdminIdentity, JsonBody};
use crate::state::AppState;

#[derive(Deserialize)]
pub struct UpdateBody {
    changes: Vec<ChangeBody>,
}

#[derive(Deserialize)]
struct ChangeBody {
    name: String,
    /// Null removes the variable.
    value: Option<String>,
}

/// Sets and removes variables, all or none.
pub async fn update(
    State(state): State<AppState>,
    admin: AdminIdentity,
    JsonBody(body): JsonBody<UpdateBody>,
) -> Result<StatusCode, ApiError> {
    admin.require_write("WriteEnvironmentVariables")?;
    let changes = body.changes.into_iter().map(|change| Change { name: change.name, value: change.value }).collect();
    environment::update(&state.runtime, changes).await?;
    Ok(StatusCode::OK)
}

/// Every variable.
pub async fn list(State(state): State<AppState>, _admin: AdminIdentity) -> Json<Value> {
    Json(json!({ "environmentVariables": *state.runtime.deployment().env }))
}
