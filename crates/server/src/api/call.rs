//! From a request to a checked call.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use functions::{CallRequest, Caller, FunctionPath, Identity, RequestId, RequestOrigin};
use serde::Deserialize;
use serde_json::value::RawValue;
use value::JsonFormat;

use crate::client_version::ClientVersion;
use crate::error::ApiError;
use crate::extract::CallerIdentity;
use crate::origin;
use crate::request_id::RequestIdHeader;
use crate::state::AppState;

/// What every call takes from the headers: who calls, under which id, and how results without a format look.
pub struct Envelope {
    pub identity: Identity,
    pub request_id: RequestId,
    pub origin: Arc<RequestOrigin>,
    format_default: JsonFormat,
}

impl FromRequestParts<AppState> for Envelope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Envelope, ApiError> {
        let client = ClientVersion::from_headers(&parts.headers)?;
        if let Some(client) = &client {
            client.check_supported()?;
        }
        let CallerIdentity(identity) = CallerIdentity::from_request_parts(parts, state).await?;
        let Ok(RequestIdHeader(request_id)) = RequestIdHeader::from_request_parts(parts, state).await;
        let old = client.is_some_and(|client| client.wants_encoded_results());
        let format_default = if old { JsonFormat::Encoded } else { JsonFormat::Clean };
        let origin = Arc::new(origin::of_request(parts));
        Ok(Envelope { identity, request_id, origin, format_default })
    }
}

/// A call as clients write it.
#[derive(Deserialize)]
pub struct CallBody {
    pub path: String,
    #[serde(default = "no_args")]
    pub args: Box<RawValue>,
    pub format: Option<String>,
}

/// The same with a component, as tools write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentCallBody {
    pub component_path: Option<String>,
    pub path: String,
    #[serde(default = "no_args")]
    pub args: Box<RawValue>,
    pub format: Option<String>,
}

/// A call whose function is named by the address.
#[derive(Deserialize)]
pub struct RunBody {
    #[serde(default = "no_args")]
    pub args: Box<RawValue>,
    pub format: Option<String>,
}

fn no_args() -> Box<RawValue> {
    RawValue::from_string("{}".into()).expect("an empty object is JSON")
}

/// A call that may run, and the form of its result.
pub struct Call {
    pub request: CallRequest,
    pub format: JsonFormat,
}

impl Envelope {
    /// Checks path and format before anything runs.
    ///
    /// Errors: 400 `BadConvexFunctionIdentifier`, `BadFormat`, `BadJsonBody` for arguments of a wrong shape.
    pub fn call(&self, body: CallBody, caller: Caller) -> Result<Call, ApiError> {
        self.call_in("", body, caller)
    }

    /// The same inside a component.
    pub fn call_in(&self, component: &str, body: CallBody, caller: Caller) -> Result<Call, ApiError> {
        let path = FunctionPath::parse_in(&body.path, component)
            .map_err(|error| ApiError::bad_request("BadConvexFunctionIdentifier", error.to_string()))?;
        let format = match &body.format {
            None => self.format_default,
            Some(name) => parse_format(name)?,
        };
        let request = CallRequest {
            path,
            args: check_args(&body.args)?,
            identity: self.identity.clone(),
            caller,
            request_id: self.request_id.clone(),
            origin: Some(self.origin.clone()),
        };
        Ok(Call { request, format })
    }
}

pub fn parse_format(name: &str) -> Result<JsonFormat, ApiError> {
    name.parse().map_err(|_| ApiError::bad_request("BadFormat", format!("{name:?} is not a result format")))
}

/// Arguments are one object or an array.
fn check_args(args: &RawValue) -> Result<Arc<str>, ApiError> {
    match args.get().as_bytes().first() {
        Some(b'{' | b'[') => Ok(Arc::from(args.get())),
        _ => Err(ApiError::bad_request("BadJsonBody", "`args` must be an object or an array")),
    }
}
