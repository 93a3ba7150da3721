//! The realtime protocol over a WebSocket: handshake here, the connection's one task in `driver`.

mod compute;
mod driver;
mod mailbox;
mod outgoing;

use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use functions::RequestOrigin;
use sync::SessionOptions;

use crate::client_version::ClientVersion;
use crate::error::ApiError;
use crate::limits::{SOCKET_MESSAGE_BYTES_READ_MAX, SOCKET_READ_BUFFER_BYTES};
use crate::origin::{self, Peer};
use crate::state::AppState;

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// For clients that name themselves in a header.
pub async fn upgrade(
    State(state): State<AppState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    accept(state, peer, &headers, None, upgrade)
}

/// For browsers, which cannot set headers.
pub async fn upgrade_with_version(
    State(state): State<AppState>,
    Path(version): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    accept(state, peer, &headers, Some(&version), upgrade)
}

fn accept(
    state: AppState,
    peer: Option<Extension<Peer>>,
    headers: &HeaderMap,
    version: Option<&str>,
    upgrade: Upgrade,
) -> Response {
    let client = match ClientVersion::of_socket(headers, version) {
        Ok(client) => client,
        Err(error) => return error.into_response(),
    };
    let supported = client.as_ref().map_or(Ok(()), ClientVersion::check_supported);
    let mut response = match supported.and_then(|()| upgrade.map_err(not_an_upgrade)) {
        Ok(upgrade) => start(state, client.as_ref(), origin::of(peer.map(|Extension(peer)| peer), headers), upgrade),
        Err(error) => error.into_response(),
    };
    if let Some(client) = &client {
        client.add_deprecation_headers(&mut response);
    }
    response
}

fn start(
    state: AppState,
    client: Option<&ClientVersion>,
    origin: RequestOrigin,
    upgrade: WebSocketUpgrade,
) -> Response {
    let takes_chunks = client.is_some_and(ClientVersion::takes_chunks);
    let options = SessionOptions { takes_chunks, redact: state.redact };
    let tasks = state.tasks.clone();
    upgrade
        .read_buffer_size(SOCKET_READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(SOCKET_MESSAGE_BYTES_READ_MAX)
        .max_frame_size(SOCKET_MESSAGE_BYTES_READ_MAX)
        .on_upgrade(move |socket| tasks.track_future(driver::run(state, options, origin, socket)))
}

fn not_an_upgrade(rejection: WebSocketUpgradeRejection) -> ApiError {
    ApiError::bad_request("BadHeader", rejection.body_text())
}

#[cfg(test)]
mod tests;
