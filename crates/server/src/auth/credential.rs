//! What a request carries to say who is calling; nothing is verified here.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use functions::UserIdentity;
use sync::acting_user;

use crate::error::ApiError;

/// Shortest `Authorization` header that can hold a scheme and something behind it.
const HEADER_LEN_MIN: usize = 7;

#[derive(Clone, Debug)]
pub enum Credential {
    Anonymous,
    /// A JSON Web Token.
    User(String),
    Admin(AdminCredential),
}

/// An admin key without its type prefix, and whom its holder acts as.
#[derive(Clone, Debug)]
pub struct AdminCredential {
    /// `name|secret part`, or the secret part alone.
    pub key: String,
    pub acting_as: Option<Arc<UserIdentity>>,
}

impl Credential {
    /// Reads the `Authorization` header, else the `adminKey` query parameter.
    ///
    /// Errors: 400 for a header of a wrong shape.
    pub fn from_request(headers: &HeaderMap, query: Option<&str>) -> Result<Credential, ApiError> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return match admin_key_parameter(query) {
                Some(key) => AdminCredential::parse(&key).map(Credential::Admin),
                None => Ok(Credential::Anonymous),
            };
        };
        let text = value.to_str().map_err(|_| invalid_header("the Authorization header is not text"))?;
        Credential::from_header(text)
    }

    fn from_header(text: &str) -> Result<Credential, ApiError> {
        if text.len() < HEADER_LEN_MIN {
            return Err(invalid_header("the Authorization header is too short"));
        }
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            Ok(Credential::User(rest.to_owned()))
        } else if scheme.eq_ignore_ascii_case("convex") {
            AdminCredential::parse(rest).map(Credential::Admin)
        } else {
            Err(ApiError::bad_request(
                "InvalidAdminKey",
                "the Authorization header must use the scheme Bearer or Convex",
            ))
        }
    }
}

impl AdminCredential {
    /// Takes `[type:][name|]key[:base64 of user attributes]` apart.
    ///
    /// Errors: 400 `HeaderParseFailure` when the attributes do not decode.
    pub fn parse(text: &str) -> Result<AdminCredential, ApiError> {
        let bare = strip_type_prefix(text.trim());
        let (key, attributes) = match bare.split_once(':') {
            Some((key, attributes)) => (key, Some(attributes)),
            None => (bare.as_str(), None),
        };
        let acting_as = attributes.map(decode_attributes).transpose()?.map(Arc::new);
        Ok(AdminCredential { key: key.to_owned(), acting_as })
    }
}

/// `prod:name|key` → `name|key`; `preview:team:project|key` and `project:…|key` → `key`.
fn strip_type_prefix(text: &str) -> String {
    let Some((name, key)) = text.split_once('|') else { return text.to_owned() };
    match name.split_once(':') {
        None => text.to_owned(),
        Some(("preview" | "project", _)) => key.to_owned(),
        Some((_, name)) => format!("{name}|{key}"),
    }
}

fn decode_attributes(encoded: &str) -> Result<UserIdentity, ApiError> {
    let bytes = STANDARD.decode(encoded).map_err(|_| bad_attributes("they are not base64"))?;
    let json = serde_json::from_slice(&bytes).map_err(|_| bad_attributes("they are not JSON"))?;
    acting_user(json).map_err(|why| bad_attributes(&why))
}

fn bad_attributes(why: &str) -> ApiError {
    ApiError::bad_request("HeaderParseFailure", format!("the attributes of the user to act as cannot be read: {why}"))
}

fn invalid_header(why: &str) -> ApiError {
    ApiError::bad_request("InvalidHeaderFailure", why)
}

fn admin_key_parameter(query: Option<&str>) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(name, _)| name == "adminKey").map(|(_, value)| value.into_owned())
}
