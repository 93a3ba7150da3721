//! The endpoint that deletes a component.

use axum::extract::State;
use axum::http::StatusCode;
use functions::deploy::delete_component;
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{AdminIdentity, JsonBody};
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteBody {
    /// Null is the app itself.
    component_id: Option<String>,
}

/// Deletes an unmounted component with all of its data.
pub async fn delete(
    State(state): State<AppState>,
    admin: AdminIdentity,
    JsonBody(body): JsonBody<DeleteBody>,
) -> Result<StatusCode, ApiError> {
    admin.require_write("WriteData")?;
    delete_component(&state.runtime, body.component_id.as_deref()).await?;
    Ok(StatusCode::OK)
}
