//! The public keys of tokens that functions have signed.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::Value;

use crate::state::AppState;

/// How long verifiers may keep the keys: they never change, but a server may be replaced by another.
const CACHE_CONTROL: &str = "public, max-age=300";

/// The JSON Web Key Set at `/.well-known/jwks.json`.
pub async fn key_set(State(state): State<AppState>) -> impl IntoResponse {
    let keys: Json<Value> = Json(state.runtime.token_key_set());
    ([(header::CACHE_CONTROL, CACHE_CONTROL)], keys)
}
