//! Where the public keys of token issuers come from, and the cache in front.
//!
//! `data:` addresses are decoded here; everything else is fetched through a [`KeySource`].
//! Without the cache every call with a token would fetch its issuer's keys.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jsonwebtoken::jwk::JwkSet;
use parking_lot::Mutex;
use platform::Platform;

use crate::limits::KEY_SET_CACHE_LEN_MAX;

/// Freshness of a document whose server names none.
const FRESH_DEFAULT: Duration = Duration::from_secs(300);

/// Longest freshness honoured, so that a withdrawn key goes within a day.
const FRESH_MAX: Duration = Duration::from_secs(86_400);

/// A key set without the wanted key is fetched again, but not more often than this.
const REFETCH_INTERVAL_MIN: Duration = Duration::from_secs(10);

/// Fetches documents over the network.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// A GET with `Accept: application/json`. Any answered status is a `Document`.
    async fn fetch(&self, url: &str) -> Result<Document, FetchError>;
}

/// An answer of an issuer's server.
#[derive(Clone, Debug)]
pub struct Document {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Bytes,
    /// From `Cache-Control`.
    pub max_age: Option<Duration>,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Network(String),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("it answered with content type {0:?}")]
    ContentType(String),
    #[error("it answered with something else than the expected JSON")]
    Body,
    #[error("the data: address cannot be decoded")]
    DataUrl,
}

/// A source that reaches nothing: only `data:` addresses work.
pub struct NoNetwork;

#[async_trait]
impl KeySource for NoNetwork {
    async fn fetch(&self, url: &str) -> Result<Document, FetchError> {
        Err(FetchError::Network(format!("this server does not fetch keys over the network, so it cannot read {url}")))
    }
}

/// Fetched documents by address, bounded, oldest out first.
pub struct KeyCache {
    source: Arc<dyn KeySource>,
    documents: Mutex<Vec<Cached>>,
}

struct Cached {
    url: String,
    body: Bytes,
    fetched_at: Duration,
    fresh_until: Duration,
}

/// Whether a cached document will do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Fresh,
    /// The cached one lacks what is needed: fetch unless that was done moments ago.
    Newer,
}

/// Which content types an address must answer with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    Anything,
    KeySetTypes,
}

impl KeyCache {
    pub fn new(source: Arc<dyn KeySource>) -> KeyCache {
        KeyCache { source, documents: Mutex::default() }
    }

    /// The key set at `url`, which may be a `data:` address.
    pub async fn key_set(
        &self,
        url: &str,
        accepts: Accepts,
        want: Want,
        platform: &Platform,
    ) -> Result<JwkSet, FetchError> {
        let body = match url.strip_prefix("data:") {
            Some(data) => Bytes::from(decode_data_url(data).ok_or(FetchError::DataUrl)?),
            None => self.document(url, accepts, want, platform).await?,
        };
        parse_key_set(&body).ok_or(FetchError::Body)
    }

    /// The document at `url`, from the cache while it is fresh.
    pub async fn document(
        &self,
        url: &str,
        accepts: Accepts,
        want: Want,
        platform: &Platform,
    ) -> Result<Bytes, FetchError> {
        let now = platform.monotonic();
        if let Some(body) = self.cached(url, want, now) {
            return Ok(body);
        }
        let document = self.source.fetch(url).await?;
        if document.status != 200 {
            return Err(FetchError::Status(document.status));
        }
        if accepts == Accepts::KeySetTypes {
            check_key_set_type(document.content_type.as_deref().unwrap_or_default())?;
        }
        let fresh_for = document.max_age.unwrap_or(FRESH_DEFAULT).min(FRESH_MAX);
        self.store(Cached {
            url: url.to_owned(),
            body: document.body.clone(),
            fetched_at: now,
            fresh_until: now + fresh_for,
        });
        Ok(document.body)
    }

    fn cached(&self, url: &str, want: Want, now: Duration) -> Option<Bytes> {
        let documents = self.documents.lock();
        let found = documents.iter().find(|cached| cached.url == url)?;
        let good_until = match want {
            Want::Fresh => found.fresh_until,
            Want::Newer => found.fetched_at + REFETCH_INTERVAL_MIN,
        };
        (now < good_until).then(|| found.body.clone())
    }

    fn store(&self, document: Cached) {
        let mut documents = self.documents.lock();
        documents.retain(|cached| cached.url != document.url);
        if documents.len() >= KEY_SET_CACHE_LEN_MAX {
            documents.remove(0);
        }
        documents.push(document);
    }
}

/// Keys of kinds we do not know are left out instead of spoiling the set.
fn parse_key_set(body: &[u8]) -> Option<JwkSet> {
    #[derive(serde::Deserialize)]
    struct Loose {
        keys: Vec<serde_json::Value>,
    }
    let loose: Loose = serde_json::from_slice(body).ok()?;
    let keys = loose.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
    Some(JwkSet { keys })
}

fn check_key_set_type(content_type: &str) -> Result<(), FetchError> {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media_type = parts.next().unwrap_or_default();
    let known = matches!(media_type.as_str(), "application/json" | "application/jwk-set+json");
    let charset_fine = parts
        .filter_map(|part| part.strip_prefix("charset=").map(str::to_owned))
        .all(|name| name.trim_matches('"') == "utf-8");
    if known && charset_fine { Ok(()) } else { Err(FetchError::ContentType(content_type.to_owned())) }
}

/// Decodes what follows `data:`; the media type is not looked at.
fn decode_data_url(data: &str) -> Option<Vec<u8>> {
    let (head, body) = data.split_once(',')?;
    let bytes = percent_decode(body);
    if head.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64")) {
        return STANDARD.decode(bytes.trim_ascii()).ok();
    }
    Some(bytes)
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}
