//! The endpoints of a push.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use functions::deploy;
use functions::deployment::Deployment;
use serde_json::{Value, json};

use super::report;
use super::wire::{FinishBody, HashesBody, PushBody, ReportBody, WaitBody};
use crate::error::ApiError;
use crate::extract::{AdminIdentity, CallerIdentity, JsonBody};
use crate::state::AppState;

/// The longest a caller may wait for a schema in one request.
const SCHEMA_WAIT_MAX: Duration = Duration::from_secs(60);
const SCHEMA_WAIT_DEFAULT: Duration = Duration::from_secs(10);

type Answer = Result<Json<Value>, ApiError>;

/// The hashes of the active modules, by which the command line decides what to send.
pub async fn config_hashes(
    State(state): State<AppState>,
    caller: HeaderKey,
    JsonBody(body): JsonBody<HashesBody>,
) -> Answer {
    caller.check(&state, body.admin_key.as_deref())?;
    Ok(Json(hashes(&state.runtime.deployment())))
}

fn hashes(deployment: &Deployment) -> Value {
    let modules = deployment.root().into_iter().flat_map(|code| &code.modules);
    let modules: Vec<Value> = modules
        .map(|(path, module)| json!({ "path": path, "hash": module.hash, "environment": module.environment.name() }))
        .collect();
    let mut answer = json!({
        "config": { "functions": deployment.functions_folder },
        "moduleHashes": modules,
        "udfServerVersion": deployment.udf_server_version,
    });
    // The command line takes null for a version that differs from its own "none".
    if let Some(version) = &deployment.node_version {
        answer["nodeVersion"] = version.as_str().into();
    }
    answer
}

/// What the schema would do to the data.
pub async fn evaluate_schema(
    State(state): State<AppState>,
    caller: HeaderKey,
    JsonBody(body): JsonBody<PushBody>,
) -> Answer {
    caller.require_write(&state, body.admin_key.as_deref())?;
    let prediction = deploy::evaluate_schema(&state.runtime, body.into_request()?).await?;
    Ok(Json(report::prediction(&prediction)))
}

/// What the whole push would do to the schema.
pub async fn evaluate_push(
    State(state): State<AppState>,
    caller: HeaderKey,
    JsonBody(body): JsonBody<PushBody>,
) -> Answer {
    caller.require_write(&state, body.admin_key.as_deref())?;
    let change = deploy::evaluate_push(&state.runtime, body.into_request()?).await?;
    Ok(Json(json!({ "schemaChange": report::schema_change(&change) })))
}

/// Evaluates and stores a push.
pub async fn start_push(
    State(state): State<AppState>,
    caller: HeaderKey,
    JsonBody(body): JsonBody<PushBody>,
) -> Answer {
    caller.require_write(&state, body.admin_key.as_deref())?;
    let started = deploy::start_push(&state.runtime, body.into_request()?).await?;
    Ok(Json(report::started(&started)))
}

/// Waits for the schemas of a started push; the command line asks again while it is in progress.
pub async fn wait_for_schema(
    State(state): State<AppState>,
    caller: HeaderKey,
    JsonBody(body): JsonBody<WaitBody>,
) -> Answer {
    caller.require_write(&state, body.admin_key.as_deref())?;
    let ids = body.schema_change.ids()?;
    let timeout = body.timeout_ms.map_or(SCHEMA_WAIT_DEFAULT, Duration::from_millis).min(SCHEMA_WAIT_MAX);
    let progress = deploy::wait_for_schema(&state.runtime, &ids, timeout, body.dry_run).await;
    Ok(Json(report::progress(&progress)))
}

/// Activates a started push.
pub async fn finish_push(
    State(state): State<AppState>,
    caller: HeaderKey,
    JsonBody(body): JsonBody<FinishBody>,
) -> Answer {
    caller.require_write(&state, body.admin_key.as_deref())?;
    let diff = deploy::finish_push(&state.runtime, body.into_request()?).await?;
    Ok(Json(report::finished(&diff)))
}

/// Takes timings of a finished push; nothing is kept.
pub async fn report_push_completed(
    State(state): State<AppState>,
    caller: HeaderKey,
    JsonBody(body): JsonBody<ReportBody>,
) -> Answer {
    caller.check(&state, body.admin_key.as_deref())?;
    Ok(Json(Value::Null))
}

/// The credentials of the header, which count when the body carries no key.
pub struct HeaderKey(Result<CallerIdentity, ApiError>);

impl axum::extract::FromRequestParts<AppState> for HeaderKey {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &AppState,
    ) -> Result<HeaderKey, Self::Rejection> {
        Ok(HeaderKey(CallerIdentity::from_request_parts(parts, state).await))
    }
}

impl HeaderKey {
    /// The admin behind the body's key, or else the header's.
    ///
    /// Errors: 401 and 403 by cause.
    pub fn check(self, state: &AppState, body_key: Option<&str>) -> Result<AdminIdentity, ApiError> {
        let identity = match body_key {
            Some(key) => state.auth.verify_admin_key(key)?,
            None => self.0?.0,
        };
        AdminIdentity::of(identity, state)
    }

    fn require_write(self, state: &AppState, body_key: Option<&str>) -> Result<(), ApiError> {
        self.check(state, body_key)?.require_write("Deploy")
    }
}
