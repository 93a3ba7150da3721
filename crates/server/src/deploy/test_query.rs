//! Queries typed on the command line or in the dashboard.

use axum::extract::State;
use axum::response::Response;
use functions::deploy::{self, TestQuery};
use serde::Deserialize;
use serde_json::value::RawValue;
use value::JsonFormat;

use super::push::HeaderKey;
use super::shapes::component;
use crate::api::{FunctionReply, json_response, parse_format};
use crate::error::ApiError;
use crate::extract::JsonBody;
use crate::request_id::RequestIdHeader;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestQueryBody {
    admin_key: Option<String>,
    args: Option<Box<RawValue>>,
    bundle: BundleBody,
    format: Option<String>,
    component_id: Option<String>,
}

#[derive(Deserialize)]
struct BundleBody {
    source: String,
}

/// Runs a query that is not part of the app.
pub async fn run(
    State(state): State<AppState>,
    caller: HeaderKey,
    RequestIdHeader(request_id): RequestIdHeader,
    JsonBody(body): JsonBody<TestQueryBody>,
) -> Result<Response, ApiError> {
    let identity = caller.check(&state, body.admin_key.as_deref())?.identity;
    let component = component(&state, body.component_id.as_deref())?;
    let format = body.format.as_deref().map_or(Ok(JsonFormat::Encoded), parse_format)?;
    let query = TestQuery {
        component,
        source: body.bundle.source,
        args: body.args.map_or_else(|| "{}".into(), |args| args.get().into()),
        identity,
        request_id: request_id.clone(),
    };
    let result = deploy::run_test_query(&state.runtime, query).await?;
    let reply = FunctionReply::new(result.outcome, &result.log_lines, &request_id, format, state.redact)?;
    Ok(json_response(reply.to_json()))
}
