//! What is measured: [`table`] is the one source of every export.
//!
//! `/metrics` writes it in the text format of Prometheus, `otlp` pushes it. On the deployment port `/metrics` is for
//! holders of an admin key. A listener of its own, on the loopback interface unless told otherwise, answers without
//! one.

mod text;

use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use functions::metrics::Metric;

use crate::extract::AdminIdentity;
use crate::state::AppState;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// For the deployment port.
pub async fn for_admins(State(state): State<AppState>, _admin: AdminIdentity) -> Response {
    respond(&state)
}

/// The listener of its own.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/metrics", get(|State(state): State<AppState>| async move { respond(&state) }))
        .with_state(state)
}

/// Every metric with all its series: what the runtime measures, sockets, and the process.
pub fn table(state: &AppState) -> Vec<Metric> {
    let mut table = state.runtime.measure();
    table.push(Metric::gauge("sockets", "Open realtime connections", state.sockets.load(Ordering::Relaxed)));
    if let Some(process) = platform::process_usage() {
        table.push(Metric::gauge("process_resident_bytes", "Memory in use", process.resident_bytes));
        table.push(Metric::gauge("process_virtual_bytes", "Address space, mostly reserved", process.virtual_bytes));
        table.push(Metric::gauge("process_threads", "Threads", process.threads));
        table.push(Metric::gauge("process_open_files", "Open files and sockets", process.open_files));
        table.push(Metric::counter("process_cpu_seconds", "Processor time used", process.cpu_seconds));
    }
    table
}

fn respond(state: &AppState) -> Response {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text::write(table(state))).into_response()
}

#[cfg(test)]
mod tests;
