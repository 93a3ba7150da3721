//! Tables and indexes, as the dashboard and the command line's tools for assistants list them.

use axum::Json;
use axum::extract::State;
use functions::deploy::{self, IndexState};
use serde_json::{Map, Value, json};

use crate::extract::AdminIdentity;
use crate::state::AppState;

/// Every user table. The shape of its documents is not inferred, which readers take as "anything".
pub async fn shapes(State(state): State<AppState>, _admin: AdminIdentity) -> Json<Value> {
    let tables = deploy::user_tables(&state.runtime);
    let shapes = tables.into_iter().map(|table| {
        let shape = if table.is_empty { "Never" } else { "Unknown" };
        (table.name, json!({ "type": shape }))
    });
    Json(Value::Object(shapes.collect::<Map<_, _>>()))
}

/// Every index with how far it is.
pub async fn indexes(State(state): State<AppState>, _admin: AdminIdentity) -> Json<Value> {
    let mut listed = Vec::new();
    for table in deploy::user_tables(&state.runtime) {
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
    Json(json!({ "indexes": listed }))
}
