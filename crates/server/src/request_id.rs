//! The name of a request in error texts and logs.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use functions::RequestId;
use platform::Platform;

use crate::state::AppState;

/// Longest id taken from a client, in bytes.
const CLIENT_ID_LEN_MAX: usize = 128;

/// The client's `Convex-Request-Id`, or sixteen random hex digits.
pub struct RequestIdHeader(pub RequestId);

impl FromRequestParts<AppState> for RequestIdHeader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<RequestIdHeader, Infallible> {
        Ok(RequestIdHeader::of(&parts.headers, state))
    }
}

impl RequestIdHeader {
    pub fn of(headers: &HeaderMap, state: &AppState) -> RequestIdHeader {
        let sent = headers.get("convex-request-id").and_then(|value| value.to_str().ok());
        RequestIdHeader(match sent {
            Some(id) if (1..=CLIENT_ID_LEN_MAX).contains(&id.len()) => RequestId(Arc::from(id)),
            _ => random_request_id(&state.platform),
        })
    }
}

/// Sixteen random hex digits.
pub fn random_request_id(platform: &Platform) -> RequestId {
    let mut bytes = [0; 8];
    platform.fill_random(&mut bytes);
    RequestId(Arc::from(hex::encode(bytes)))
}
