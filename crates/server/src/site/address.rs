//! The address of a request as user code sees it.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// Where the deployment port keeps HTTP actions; user code does not see it.
const PREFIX: &str = "/http";

#[derive(Debug, PartialEq)]
pub struct Address {
    pub url: String,
    /// Without query, as it was sent.
    pub path: String,
}

/// The address of a request; one that names no host, as HTTP/1.0 allows, was meant for `origin`.
pub fn of(parts: &Parts, origin: &str) -> Address {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
    let path = without_prefix(parts.uri.path()).to_owned();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let origin = host.map_or_else(|| origin.to_owned(), |host| format!("{}://{host}", scheme(&parts.headers)));
    Address { url: format!("{origin}{path}{query}"), path }
}

fn without_prefix(path: &str) -> &str {
    match path.strip_prefix(PREFIX) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// What a proxy in front says, else plain HTTP.
fn scheme(headers: &HeaderMap) -> &str {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let direct = text("x-forwarded-proto").and_then(|list| list.split(',').next()).map(str::trim);
    let known = |scheme: &&str| ["http", "https"].contains(scheme);
    direct.filter(known).or_else(|| text("forwarded").and_then(forwarded_proto).filter(known)).unwrap_or("http")
}

/// `proto` of the first element, as in `for=1.2.3.4;proto=https, for=…`.
fn forwarded_proto(list: &str) -> Option<&str> {
    let first = list.split(',').next()?;
    first.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("proto").then(|| value.trim_matches('"'))
    })
}
