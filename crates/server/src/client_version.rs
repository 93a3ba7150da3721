//! Which client is speaking, from the `Convex-Client` header or the socket's path, and which are too old.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::ApiError;

/// `<name>-<semver>`, for instance `npm-1.48.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientVersion {
    pub name: String,
    pub version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64, pub u64, pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    Supported,
    UpgradeRequired,
    Unsupported,
}

impl ClientVersion {
    /// Reads the `Convex-Client` header; `None` without one.
    ///
    /// Errors: 400 `InvalidClientVersion` without a `-` or a version.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<ClientVersion>, ApiError> {
        let Some(value) = headers.get("convex-client") else { return Ok(None) };
        let text = value.to_str().map_err(|_| invalid("the Convex-Client header is not text"))?;
        ClientVersion::parse(text).map(Some)
    }

    /// A socket's version: the header if there is one, else the path segment as an npm version.
    pub fn of_socket(headers: &HeaderMap, segment: Option<&str>) -> Result<Option<ClientVersion>, ApiError> {
        if let Some(version) = ClientVersion::from_headers(headers)? {
            return Ok(Some(version));
        }
        let Some(segment) = segment else { return Ok(None) };
        let version = Version::parse(segment).ok_or_else(|| invalid(segment))?;
        Ok(Some(ClientVersion { name: "npm".into(), version }))
    }

    /// The longest suffix that is a version wins, so `npm-cli-1.2.3-alpha.4` is `npm-cli` at `1.2.3-alpha.4`.
    fn parse(text: &str) -> Result<ClientVersion, ApiError> {
        for (at, _) in text.match_indices('-') {
            if let Some(version) = Version::parse(&text[at + 1..]) {
                return Ok(ClientVersion { name: text[..at].to_owned(), version });
            }
        }
        Err(invalid(text))
    }

    pub fn support(&self) -> Support {
        let version = self.version;
        match self.name.as_str() {
            "npm" | "npm-cli" | "actions" if version <= Version(0, 19, 1) => Support::Unsupported,
            "python" | "python-convex" if version <= Version(0, 0, 2) => Support::Unsupported,
            "python" | "python-convex" if version <= Version(0, 2, 0) => Support::UpgradeRequired,
            "rust" if version <= Version(0, 0, 1) => Support::Unsupported,
            _ => Support::Supported,
        }
    }

    /// Whether results without a `format` are in the encoded form, as they were for the first clients.
    pub fn wants_encoded_results(&self) -> bool {
        match self.name.as_str() {
            "npm" | "npm-cli" => self.version < Version(1, 4, 1),
            "python" | "python-convex" => self.version < Version(0, 5, 0),
            _ => false,
        }
    }

    /// Whether this client puts `TransitionChunk` messages together.
    pub fn takes_chunks(&self) -> bool {
        self.name == "npm" && self.version >= Version(1, 28, 0)
    }

    /// Errors: 400 `ClientVersionUnsupported`.
    pub fn check_supported(&self) -> Result<(), ApiError> {
        match self.support() {
            Support::Unsupported => Err(ApiError::bad_request("ClientVersionUnsupported", self.deprecation_message())),
            Support::Supported | Support::UpgradeRequired => Ok(()),
        }
    }

    /// Tells an old client so; clients print the message.
    pub fn add_deprecation_headers(&self, response: &mut Response) {
        let state = match self.support() {
            Support::Supported => return,
            Support::UpgradeRequired => "UpgradeRequired",
            Support::Unsupported => "Unsupported",
        };
        let headers = response.headers_mut();
        headers.insert("x-convex-deprecation-state", HeaderValue::from_static(state));
        if let Ok(message) = HeaderValue::from_str(&self.deprecation_message()) {
            headers.insert("x-convex-deprecation-message", message);
        }
    }

    fn deprecation_message(&self) -> String {
        let Version(major, minor, patch) = self.version;
        format!("The {} client {major}.{minor}.{patch} is too old for this server. Please upgrade it.", self.name)
    }
}

/// Adds the deprecation headers to every answer an old client gets, refusals included.
pub async fn tell_old_clients(request: Request, next: Next) -> Response {
    let client = ClientVersion::from_headers(request.headers());
    let mut response = next.run(request).await;
    if let Ok(Some(client)) = client {
        client.add_deprecation_headers(&mut response);
    }
    response
}

impl Version {
    /// Semantic versioning 2.0; the pre-release and build parts are checked and dropped.
    pub fn parse(text: &str) -> Option<Version> {
        let (text, build) = split_at_char(text, '+');
        let (core, pre_release) = split_at_char(text, '-');
        if ![build, pre_release].into_iter().flatten().all(is_dotted_identifiers) {
            return None;
        }
        let mut numbers = core.split('.').map(parse_number);
        let version = Version(numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(version)
    }
}

fn split_at_char(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn parse_number(digits: &str) -> Option<u64> {
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    let only_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if leading_zero || !only_digits { None } else { digits.parse().ok() }
}

fn is_dotted_identifiers(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

fn invalid(text: &str) -> ApiError {
    ApiError::bad_request("InvalidClientVersion", format!("{text:?} does not name a client version"))
}

#[cfg(test)]
mod tests;
