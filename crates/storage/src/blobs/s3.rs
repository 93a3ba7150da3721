//! Blobs in a bucket of an S3-compatible service.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::BlobError;

/// How long a request that sends or fetches nothing may last before it is tried again.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long, and how often, a failing request is tried again.
const RETRY_DURATION: Duration = Duration::from_secs(60);
const RETRIES: usize = 5;

/// Where the bucket is and how to get in.
#[derive(Clone, Default)]
pub struct S3Options {
    pub bucket: String,
    /// Folder inside the bucket; none for its top.
    pub prefix: Option<String>,
    /// Default `us-east-1`.
    pub region: Option<String>,
    /// Address of the service, such as `https://minio.example:9000`; none for Amazon's own of the region.
    pub endpoint: Option<String>,
    /// Both keys or none; without them requests are not signed unless the machine has a role of its own.
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    /// Goes with temporary keys.
    pub session_token: Option<String>,
    /// Put the bucket's name into the host name (as Amazon prefers) and not into the path (as most others do).
    pub virtual_hosted_style: bool,
}

impl fmt::Debug for S3Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let S3Options { bucket, prefix, region, endpoint, .. } = self;
        let mut shown = f.debug_struct("S3Options");
        shown.field("bucket", bucket).field("prefix", prefix).field("region", region).field("endpoint", endpoint);
        shown.finish_non_exhaustive()
    }
}

pub(super) fn open(options: &S3Options) -> Result<Arc<dyn ObjectStore>, BlobError> {
    // Someone else may have chosen a provider before; any will do.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = ClientOptions::new().with_timeout_disabled().with_read_timeout(READ_TIMEOUT);
    let client = client.with_connect_timeout(CONNECT_TIMEOUT);
    let plain_http = options.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_DURATION, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&options.bucket)
        .with_region(options.region.as_deref().unwrap_or("us-east-1"))
        .with_virtual_hosted_style_request(options.virtual_hosted_style)
        // Does not replace the options: the flag is the builder's own.
        .with_client_options(client.with_allow_http(plain_http))
        .with_retry(retry);
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    if let (Some(id), Some(secret)) = (&options.access_key_id, &options.secret_access_key) {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret);
    }
    if let Some(token) = &options.session_token {
        builder = builder.with_token(token);
    }
    let store = builder.build().map_err(|source| BlobError::Configuration(Box::new(source)))?;
    Ok(match options.prefix.as_deref().map(|prefix| prefix.trim_matches('/')) {
        Some(prefix) if !prefix.is_empty() => Arc::new(PrefixStore::new(store, prefix)),
        _ => Arc::new(store),
    })
}
