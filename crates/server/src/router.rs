//! Every route of the server, in one place.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

use crate::limits::{ECHO_BODY_BYTES_MAX, FUNCTION_BODY_BYTES_MAX, REQUEST_DURATION_MAX};
use crate::state::AppState;
use crate::{api, client_version, cors, deploy, files, info, jwks, metrics, site, socket};

/// The deployment port: API, realtime protocol, tools; HTTP actions under `/http`.
pub fn client_router(state: AppState) -> Router {
    let with_cors = Router::new()
        .merge(function_routes())
        .merge(info_routes())
        .merge(deploy::routes())
        .merge(files::routes())
        .merge(socket_routes())
        .fallback(not_found)
        .layer(middleware::from_fn(cors::layer));
    limited(with_cors, &state).merge(site_routes_under_http()).with_state(state)
}

/// The site port: HTTP actions only, which answer for themselves, cross-origin questions included. They may take as
/// long as actions may.
pub fn site_router(state: AppState) -> Router {
    Router::new().fallback(site::serve).with_state(state)
}

fn limited(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router.layer(middleware::from_fn_with_state(state.clone(), time_limit))
}

fn function_routes() -> Router<AppState> {
    Router::new()
        .route("/api/query", post(api::query).get(api::query_by_get))
        .route("/api/mutation", post(api::mutation))
        .route("/api/action", post(api::action))
        .route("/api/function", post(api::function))
        .route("/api/run/{*path}", post(api::run))
        .route("/api/query_batch", post(api::query_batch))
        .route("/api/query_ts", post(api::query_ts))
        .route("/api/query_at_ts", post(api::query_at_ts))
        .layer(DefaultBodyLimit::max(FUNCTION_BODY_BYTES_MAX))
        .layer(middleware::from_fn(client_version::tell_old_clients))
}

fn info_routes() -> Router<AppState> {
    Router::new()
        .route("/", get(info::welcome))
        .route("/version", get(info::version))
        .route("/instance_name", get(info::instance_name))
        .route("/instance_version", get(info::version))
        .route("/echo", post(info::echo).layer(DefaultBodyLimit::max(ECHO_BODY_BYTES_MAX)))
        .route("/metrics", get(metrics::for_admins))
        .route("/.well-known/jwks.json", get(jwks::key_set))
        .route("/api/check_admin_key", get(info::check_admin_key))
        .route("/api/debug_event", post(info::debug_event))
}

fn socket_routes() -> Router<AppState> {
    Router::new()
        .route("/api/sync", get(socket::upgrade))
        .route("/api/{version}/sync", get(socket::upgrade_with_version))
}

fn site_routes_under_http() -> Router<AppState> {
    Router::new()
        .route("/http", any(site::serve))
        .route("/http/", any(site::serve))
        .route("/http/{*path}", any(site::serve))
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Answers 408 when a request takes too long; what it started may still finish.
async fn time_limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    tokio::select! {
        response = next.run(request) => response,
        () = state.platform.sleep(REQUEST_DURATION_MAX) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
