//! The heads of requests and responses as JavaScript knows them: byte strings, one character for each byte.

use hyper::ext::ReasonPhrase;
use js::HostError;
use reqwest::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use reqwest::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

/// Headers that say how a message travels, which is the connection's business.
const HOP_BY_HOP: [HeaderName; 6] = [CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
const HOP_BY_HOP_NAMES: [&str; 2] = ["keep-alive", "proxy-connection"];

/// The head of a request.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    /// The number of the request within its action.
    pub(super) id: u32,
    pub(super) url: String,
    pub(super) method: String,
    headers: Vec<(String, String)>,
    /// Whether the body follows piece by piece.
    pub(super) stream: bool,
}

impl Head {
    /// The request without its body; `is_empty` says that there is none, or one of no bytes.
    pub(super) fn request(&self, is_empty: bool) -> Result<Request, HostError> {
        let url = self.url.parse().map_err(|error| refused("the URL", &self.url, &error))?;
        let method: Method = self.method.parse().map_err(|error| refused("the method", &self.method, &error))?;
        let has_content = matches!(method, Method::POST | Method::PUT | Method::PATCH);
        let mut request = Request::new(method, url);
        *request.headers_mut() = self.header_map()?;
        if has_content && is_empty {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(request)
    }

    fn header_map(&self) -> Result<HeaderMap, HostError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let key = HeaderName::try_from(name).map_err(|error| refused("the header name", name, &error))?;
            if HOP_BY_HOP.contains(&key) || HOP_BY_HOP_NAMES.contains(&key.as_str()) {
                continue;
            }
            let value =
                HeaderValue::from_bytes(&to_bytes(value)).map_err(|error| refused("the header", name, &error))?;
            headers.append(key, value);
        }
        Ok(headers)
    }
}

fn refused(what: &str, given: &str, error: &dyn std::fmt::Display) -> HostError {
    HostError::developer(format!("fetch cannot send {what} {given:?}: {error}"))
}

/// The head of a response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    status: u16,
    status_text: String,
    headers: Vec<(String, String)>,
    /// Whether a body follows, be it an empty one.
    pub(super) body: bool,
}

impl Answer {
    pub(super) fn of(response: &Response, method: &str) -> Answer {
        let status = response.status();
        // What HTTP/1.1 servers say beside the number, if it is not what everybody says.
        let own_reason = response.extensions().get::<ReasonPhrase>().map(|reason| to_text(reason.as_bytes()));
        let usual_reason = || status.canonical_reason().unwrap_or_default().to_owned();
        let headers = response.headers().iter();
        Answer {
            status: status.as_u16(),
            status_text: own_reason.unwrap_or_else(usual_reason),
            headers: headers.map(|(name, value)| (name.to_string(), to_text(value.as_bytes()))).collect(),
            body: method != "HEAD" && has_body(status),
        }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("plain text and numbers are JSON")
    }
}

/// Whether responses of this status may have a body.
fn has_body(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
        && !status.is_informational()
}

fn to_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn to_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
}
