//! What handlers take from a request: who is calling, and its JSON body.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use functions::Identity;
use serde::de::DeserializeOwned;

use crate::auth::Credential;
use crate::error::ApiError;
use crate::state::AppState;

/// Whoever is calling; anonymous without credentials. Bad credentials are refused, never downgraded.
pub struct CallerIdentity(pub Identity);

impl FromRequestParts<AppState> for CallerIdentity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<CallerIdentity, ApiError> {
        let credential = Credential::from_request(&parts.headers, parts.uri.query())?;
        state.auth.verify(credential, state).await.map(CallerIdentity)
    }
}

/// The holder of an admin key, possibly a read-only one; users and admins acting as users are refused with 403.
pub struct AdminIdentity {
    pub identity: Identity,
    pub read_only: bool,
}

impl AdminIdentity {
    /// Accepts `identity` if it is an admin in its own name.
    ///
    /// Errors: 403 `BadDeployKey`.
    pub fn of(identity: Identity, state: &AppState) -> Result<AdminIdentity, ApiError> {
        match identity {
            Identity::Admin { read_only } => Ok(AdminIdentity { identity, read_only }),
            Identity::System => Ok(AdminIdentity { identity, read_only: false }),
            Identity::Anonymous | Identity::User(_) | Identity::ActingUser(_) => Err(ApiError::forbidden(
                "BadDeployKey",
                format!(
                    "The provided deploy key is not a valid admin key for the deployment {:?}.",
                    state.instance.name
                ),
            )),
        }
    }

    /// Refuses read-only keys. `operation` is the permission's name, such as `Deploy`.
    ///
    /// Errors: 403 with the message prefix that tools take for a permission failure.
    pub fn require_write(&self, operation: &str) -> Result<(), ApiError> {
        if !self.read_only {
            return Ok(());
        }
        Err(ApiError::forbidden(
            "Unauthorized",
            format!(
                "You do not have permission to perform this operation: {operation} needs more than a read-only key."
            ),
        ))
    }
}

impl FromRequestParts<AppState> for AdminIdentity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<AdminIdentity, ApiError> {
        let CallerIdentity(identity) = CallerIdentity::from_request_parts(parts, state).await?;
        AdminIdentity::of(identity, state)
    }
}

/// A JSON body. Everything wrong with it, including its content type and length, is 400 `BadJsonBody`.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<JsonBody<T>, ApiError> {
        if !is_json(request.headers()) {
            return Err(bad_body("Expected request with `Content-Type: application/json`"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => bad_body(BODY_TOO_LARGE),
            _ => bad_body(&error.body_text()),
        })?;
        serde_json::from_slice(&bytes).map(JsonBody).map_err(|error| bad_body(&error.to_string()))
    }
}

const BODY_TOO_LARGE: &str = "The request's body is larger than this route takes. The arguments of a function may have \
                              16 MiB: store larger data as a file and pass its id.";

fn bad_body(message: &str) -> ApiError {
    ApiError::bad_request("BadJsonBody", message)
}

/// `application/json` or `application/<anything>+json`, whatever parameters follow.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.strip_prefix("application/") {
        Some(subtype) => subtype == "json" || subtype.ends_with("+json"),
        None => false,
    }
}

#[cfg(test)]
mod tests;
