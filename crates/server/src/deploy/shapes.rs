//! Tables and indexes, as the dashboard and the command line's tools for assistants list them.

use axum::Json;
use axum::extract::{Query, State};
use db::schema::{Definition, DerivedKind, FieldPath};
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
            listed.push(json!({
                "table": table.name,
                "name": index.definition.name(),
                "fields": fields(&index.definition),
                "backfill": { "state": done },
                "staged": index.definition.is_staged(),
            }));
        }
    }
    Ok(Json(json!({ "indexes": listed })))
}

/// A list for an index over fields, an object for a search or vector index.
fn fields(index: &Definition) -> Value {
    let texts = |paths: &[FieldPath]| paths.iter().map(FieldPath::to_string).collect::<Vec<_>>();
    match index {
        Definition::Rows(index) => {
            let mut fields = texts(&index.fields);
            fields.push("_creationTime".into());
            json!(fields)
        }
        Definition::Derived(index) => {
            let filters = texts(&index.filter_fields);
            match &index.kind {
                DerivedKind::Text { field } => json!({ "searchField": field.to_string(), "filterFields": filters }),
                DerivedKind::Vector { field, dimensions } => {
                    json!({ "dimensions": dimensions, "vectorField": field.to_string(), "filterFields": filters })
                }
            }
        }
    }
}
