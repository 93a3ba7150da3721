//! Fetches issuers' documents over HTTP and HTTPS.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::auth::keys::{Document, FetchError, KeySource};

/// How long one document may take.
const FETCH_DURATION_MAX: Duration = Duration::from_secs(10);

/// Largest document read, in bytes; real ones have a few thousand.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;

const REDIRECTS_MAX: usize = 5;

/// The issuers' own servers.
pub struct Network {
    client: Client,
}

impl Network {
    /// Errors: `Network` when no TLS client can be set up on this machine.
    pub fn new() -> Result<Network, FetchError> {
        // An error means that a provider is installed already, which is what we want.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(FETCH_DURATION_MAX).redirect(Policy::limited(REDIRECTS_MAX)).build();
        client.map(|client| Network { client }).map_err(network)
    }
}

#[async_trait]
impl KeySource for Network {
    async fn fetch(&self, url: &str) -> Result<Document, FetchError> {
        let response = self.client.get(url).header(ACCEPT, "application/json").send().await.map_err(network)?;
        let text_of = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let content_type = text_of(CONTENT_TYPE);
        let max_age = text_of(CACHE_CONTROL).as_deref().and_then(max_age);
        let status = response.status().as_u16();
        Ok(Document { status, content_type, body: read_body(response).await?, max_age })
    }
}

async fn read_body(mut response: Response) -> Result<Bytes, FetchError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(network)? {
        if body.len() + chunk.len() > DOCUMENT_BYTES_MAX {
            return Err(FetchError::Body);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn network(error: reqwest::Error) -> FetchError {
    let mut causes = vec![error.to_string()];
    let mut cause = std::error::Error::source(&error);
    while let Some(source) = cause {
        causes.push(source.to_string());
        cause = source.source();
    }
    FetchError::Network(causes.join(": "))
}

/// The freshness that a `Cache-Control` header grants; none when it forbids caching.
fn max_age(cache_control: &str) -> Option<Duration> {
    let mut age = None;
    for directive in cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase()) {
        if directive == "no-store" || directive == "no-cache" {
            return Some(Duration::ZERO);
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            age = seconds.trim_matches('"').parse().ok().map(Duration::from_secs);
        }
    }
    age
}

#[cfg(test)]
mod tests;
