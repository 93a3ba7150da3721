//! Calling functions over HTTP.
//!
//! A function's own failure is a result (status 200), as its success is; only trouble around it becomes an error
//! status. Arguments and results travel as the JSON text they arrived as, without being parsed here.

mod call;
mod reply;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use functions::{Caller, FunctionKind, FunctionPath, Identity, MutationRequest, QueryRequest};
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::value::RawValue;
use value::{JsonFormat, Timestamp};

use crate::api::call::{Call, CallBody, ComponentCallBody, Envelope, RunBody};
use crate::error::ApiError;
use crate::extract::JsonBody;
use crate::limits::QUERY_BATCH_LEN_MAX;
use crate::state::AppState;

pub use call::parse_format;
pub use reply::{FunctionReply, json_response};

type Answer = Result<Response, ApiError>;

pub async fn query(State(state): State<AppState>, envelope: Envelope, JsonBody(body): JsonBody<CallBody>) -> Answer {
    let call = envelope.call(body, Caller::HttpApi)?;
    answer_query(&state, call).await
}

#[derive(Deserialize)]
pub struct QueryParameters {
    path: String,
    /// JSON text.
    #[serde(default)]
    args: Option<String>,
    format: Option<String>,
}

/// A query whose arguments are JSON text in the address.
pub async fn query_by_get(
    State(state): State<AppState>,
    envelope: Envelope,
    parameters: Result<Query<QueryParameters>, QueryRejection>,
) -> Answer {
    let Query(parameters) = parameters.map_err(|error| bad_query(error.body_text()))?;
    let args = RawValue::from_string(parameters.args.unwrap_or_else(|| "{}".into()))
        .map_err(|error| bad_query(format!("`args` is not JSON: {error}")))?;
    let call = envelope.call(CallBody { path: parameters.path, args, format: parameters.format }, Caller::HttpApi)?;
    answer_query(&state, call).await
}

fn bad_query(message: String) -> ApiError {
    ApiError::bad_request("BadQueryArgs", message)
}

async fn answer_query(state: &AppState, call: Call) -> Answer {
    let reply = run_query(state, call, state.runtime.latest_ts()).await?;
    Ok(json_response(reply.to_json()))
}

async fn run_query(state: &AppState, call: Call, at: Timestamp) -> Result<FunctionReply, ApiError> {
    let request = QueryRequest { call: call.request, journal: None };
    let result = state.runtime.query(&request, at).await?;
    let request_id = &request.call.request_id;
    FunctionReply::new(result.outcome.clone(), &result.log_lines, request_id, call.format, state.redact)
}

pub async fn mutation(State(state): State<AppState>, envelope: Envelope, JsonBody(body): JsonBody<CallBody>) -> Answer {
    let call = envelope.call(body, Caller::HttpApi)?;
    refuse_read_only(&call.request.identity)?;
    let request_id = call.request.request_id.clone();
    let result = state.runtime.mutation(MutationRequest { call: call.request, session: None }).await?;
    let reply = FunctionReply::new(result.outcome, &result.log_lines, &request_id, call.format, state.redact)?;
    Ok(json_response(reply.to_json()))
}

/// Runs to the end even when the client goes away, hence in a task of its own.
pub async fn action(State(state): State<AppState>, envelope: Envelope, JsonBody(body): JsonBody<CallBody>) -> Answer {
    let call = envelope.call(body, Caller::HttpApi)?;
    refuse_read_only(&call.request.identity)?;
    let request_id = call.request.request_id.clone();
    let runtime = state.runtime.clone();
    let running = state.tasks.spawn(async move { runtime.action(call.request).await });
    let result = running.await.map_err(|_| ApiError::internal())??;
    let reply = FunctionReply::new(result.outcome, &result.log_lines, &request_id, call.format, state.redact)?;
    Ok(json_response(reply.to_json()))
}

/// A function of any kind in any component, for admins and those whom an admin acts as.
pub async fn function(
    State(state): State<AppState>,
    envelope: Envelope,
    JsonBody(body): JsonBody<ComponentCallBody>,
) -> Answer {
    if !envelope.identity.is_admin() {
        return Err(ApiError::forbidden("BadDeployKey", "This endpoint needs an admin key."));
    }
    let component = body.component_path.unwrap_or_default();
    let call = CallBody { path: body.path, args: body.args, format: body.format };
    answer_any(&state, envelope.call_in(&component, call, Caller::Tester)?).await
}

/// A function of any kind named by the address: `messages/list` is `messages:list`.
pub async fn run(
    State(state): State<AppState>,
    Path(address): Path<String>,
    envelope: Envelope,
    JsonBody(body): JsonBody<RunBody>,
) -> Answer {
    let Some((module, export)) = address.rsplit_once('/') else {
        return Err(ApiError::bad_request("MissingIdentifier", "The address must name a module and a function."));
    };
    let format = match &body.format {
        Some(name) => parse_format(name)?,
        None => JsonFormat::Clean,
    };
    let call = CallBody { path: format!("{module}:{export}"), args: body.args, format: None };
    let mut call = envelope.call(call, Caller::Tester)?;
    call.format = format;
    answer_any(&state, call).await
}

async fn answer_any(state: &AppState, call: Call) -> Answer {
    if !is_query(state, &call.request.path) {
        refuse_read_only(&call.request.identity)?;
    }
    let request_id = call.request.request_id.clone();
    let runtime = state.runtime.clone();
    let running = state.tasks.spawn(async move { runtime.any(call.request).await });
    let result = running.await.map_err(|_| ApiError::internal())??;
    let reply = FunctionReply::new(result.outcome, &result.log_lines, &request_id, call.format, state.redact)?;
    Ok(json_response(reply.to_json()))
}

/// The server's own functions look after themselves.
fn is_query(state: &AppState, path: &FunctionPath) -> bool {
    let kind = state.runtime.deployment().function(path).map(|function| function.kind);
    path.is_system() || kind.is_none_or(|kind| kind == FunctionKind::Query)
}

/// Errors: 403 for the holder of a read-only key.
fn refuse_read_only(identity: &Identity) -> Result<(), ApiError> {
    match identity {
        Identity::Admin { read_only: true } => Err(ApiError::forbidden(
            "Unauthorized",
            "You do not have permission to perform this operation: a read-only key may run queries only.",
        )),
        Identity::Admin { read_only: false }
        | Identity::Anonymous
        | Identity::User(_)
        | Identity::ActingUser(_)
        | Identity::System => Ok(()),
    }
}

#[derive(Deserialize)]
pub struct BatchBody {
    queries: Vec<CallBody>,
}

/// Several queries at one timestamp.
pub async fn query_batch(
    State(state): State<AppState>,
    envelope: Envelope,
    JsonBody(body): JsonBody<BatchBody>,
) -> Answer {
    if body.queries.len() > QUERY_BATCH_LEN_MAX {
        let message = format!("A batch may hold {QUERY_BATCH_LEN_MAX} queries.");
        return Err(ApiError::bad_request("TooManyQueriesInBatch", message));
    }
    let calls: Result<Vec<Call>, ApiError> =
        body.queries.into_iter().map(|query| envelope.call(query, Caller::HttpApi)).collect();
    let at = state.runtime.latest_ts();
    let replies = try_join_all(calls?.into_iter().map(|call| run_query(&state, call, at))).await?;
    let mut out = String::from(r#"{"results":["#);
    for (index, reply) in replies.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        reply.write_json(&mut out);
    }
    out.push_str("]}");
    Ok(json_response(out))
}

/// The newest timestamp that can be read.
pub async fn query_ts(State(state): State<AppState>, _envelope: Envelope) -> Answer {
    let ts = state.runtime.latest_ts().to_wire();
    Ok(json_response(format!(r#"{{"ts":"{ts}"}}"#)))
}

#[derive(Deserialize)]
pub struct QueryAtBody {
    path: String,
    args: Box<RawValue>,
    ts: String,
    format: Option<String>,
}

pub async fn query_at_ts(
    State(state): State<AppState>,
    envelope: Envelope,
    JsonBody(body): JsonBody<QueryAtBody>,
) -> Answer {
    let at = Timestamp::from_wire(&body.ts)
        .map_err(|_| ApiError::bad_request("BadJsonBody", "`ts` is not a timestamp of this server"))?;
    if at > state.runtime.latest_ts() {
        return Err(ApiError::bad_request("BadJsonBody", "`ts` is in the future"));
    }
    let call = CallBody { path: body.path, args: body.args, format: body.format };
    let reply = run_query(&state, envelope.call(call, Caller::HttpApi)?, at).await?;
    Ok(json_response(reply.to_json()))
}
