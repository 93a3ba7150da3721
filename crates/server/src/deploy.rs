//! What the official command line asks of a deployment: pushes, environment variables, logs, and the small
//! endpoints around them.
//!
//! Pushes carry their admin key in the body, everything else in the header.

mod components;
mod environment;
mod logs;
mod push;
mod report;
mod shapes;
mod test_query;
mod usage;
mod wire;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tower_http::decompression::RequestDecompressionLayer;

use crate::state::AppState;

/// Bytes of a push after decompression.
const PUSH_BODY_BYTES_MAX: usize = 200_000_000;

/// Bytes of a request that changes the environment: the total size limit, and JSON around it.
const ENVIRONMENT_BODY_BYTES_MAX: usize = 2 << 20;

/// Every route of this part.
pub fn routes() -> Router<AppState> {
    Router::new().merge(push_routes()).merge(environment_routes()).merge(data_routes()).merge(reading_routes())
}

fn push_routes() -> Router<AppState> {
    Router::new()
        .route("/api/get_config_hashes", post(push::config_hashes))
        .route("/api/deploy2/evaluate_schema", post(push::evaluate_schema))
        .route("/api/deploy2/evaluate_push", post(push::evaluate_push))
        .route("/api/deploy2/start_push", post(push::start_push))
        .route("/api/deploy2/wait_for_schema", post(push::wait_for_schema))
        .route("/api/deploy2/finish_push", post(push::finish_push))
        .route("/api/run_test_function", post(test_query::run))
        .route("/api/deploy2/report_push_completed", post(push::report_push_completed))
        .layer(DefaultBodyLimit::max(PUSH_BODY_BYTES_MAX))
        .layer(RequestDecompressionLayer::new())
}

fn environment_routes() -> Router<AppState> {
    Router::new()
        .route("/api/update_environment_variables", post(environment::update))
        .route("/api/v1/update_environment_variables", post(environment::update))
        .route("/api/list_environment_variables", get(environment::list))
        .route("/api/v1/list_environment_variables", get(environment::list))
        .layer(DefaultBodyLimit::max(ENVIRONMENT_BODY_BYTES_MAX))
}

fn data_routes() -> Router<AppState> {
    Router::new().route("/api/delete_component", post(components::delete))
}

fn reading_routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/get_canonical_urls", get(usage::canonical_urls))
        .route("/api/v1/deployment_info", get(usage::deployment_info))
        .route("/api/v1/get_current_usage", get(usage::current_usage))
        .route("/api/v1/list_usage_limits", get(usage::usage_limits))
        .route("/api/shapes2", get(shapes::shapes))
        .route("/api/get_indexes", get(shapes::indexes))
        .route("/api/stream_function_logs", get(logs::function_logs))
        .route("/api/app_metrics/stream_function_logs", get(logs::function_logs))
        .route("/api/stream_udf_execution", get(logs::executions))
        .route("/api/app_metrics/stream_udf_execution", get(logs::executions))
}

#[cfg(test)]
mod tests;
