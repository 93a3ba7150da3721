//! Tables and indexes, as the dashboard and the command line's tools for assistants list them.

use axum::Json;
use axum::extract::{Query, State};
use functions::deploy::{self, IndexState};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::extract::AdminIdentity;
use crate::state::AppState;

#[derive(Deserialize)]
pub struct ShapesParams {
    component: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexesParams {
    component_id: Option<String>,
}

/// The path of the component with an id; the app's when there is none.
///
/// Errors: 404 `ComponentNotFound`.
pub fn component(state: &AppState, id: Option<&str>) -> Result<String, ApiError> {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(String::new()) };
    let deployment = state.runtime.deployment();
    let path = deployment.component_with_id(id).map(str::to_owned);
    path.ok_or_else(|| ApiError::not_found("ComponentNotFound", format!("There is no component with the id {id:?}.")))
}

/// Every user table. The shape of its documents is not inferred, which readers take as "anything".
pub async fn shapes(
    State(state): State<AppState>,
    _admin: AdminIdentity,
    Query(params): Query<ShapesParams>,
) -> Result<Json<Value>, ApiError> {
    let tables = deploy::user_tables(&state.runtime, &component(&state, params.component.as_deref())?);
    let shapes = tables.into_iter().map(|table| {
        let shape = if table.is_empty { "Never" } else { "Unknown" };
        (table.name, json!({ "type": shape }))
    });
    Ok(Json(Value::Object(shapes.collect::<Map<_, _>>())))
}

/// Every index with how far it is.
pub async fn indexes(
    State(state): State<AppState>,
    _admin: AdminIdentity,
    Query(params): Query<IndexesParams>,
) -> Result<Json<Value>, ApiError> {
    let mut listed = Vec::new();
    for table in deploy::user_tables(&state.runtime, &component(&state, params.component_id.as_deref())?) {
        for index in table.indexes {
            let done = match index.state {
                IndexState::Backfilling => "in_progress",
                IndexState::Backfilled | IndexState::Enabled => "done",
            };
            let mut fields: Vec<String> = index.definition.fields.iter().map(ToString::to_string).collect();
            fields.push("_creationTime".into());
            listed.push(json!({
                "table": table.name,
                "name": index.definition.name,
                "fields": fields,
                "backfill": { "state": done },
                "staged": index.definition.staged,
            }));
        }
    }
    Ok(Json(json!({ "indexes": listed })))
}
