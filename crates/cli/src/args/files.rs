//! Where stored files go: the data directory, or a bucket of an S3-compatible service.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;
use storage::blobs::{BlobStore, S3Options};

#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Stored files")]
pub struct FileOptions {
    /// Bucket for stored files [default: they are kept in the data directory]
    #[arg(long, value_name = "NAME", env = "CONCAVE_S3_BUCKET")]
    pub s3_bucket: Option<String>,

    /// URL of the S3-compatible service [default: Amazon's own for the region]
    #[arg(long, value_name = "URL", env = "CONCAVE_S3_ENDPOINT", requires = "s3_bucket")]
    pub s3_endpoint: Option<String>,

    /// Region of the bucket [default: us-east-1]
    #[arg(long, value_name = "REGION", env = "CONCAVE_S3_REGION", requires = "s3_bucket")]
    pub s3_region: Option<String>,

    /// Folder inside the bucket
    #[arg(long, value_name = "PREFIX", env = "CONCAVE_S3_PREFIX", requires = "s3_bucket")]
    pub s3_prefix: Option<String>,

    /// Access key [default: the role of the machine]
    #[arg(long, value_name = "ID", env = "CONCAVE_S3_ACCESS_KEY_ID", requires = "s3_secret_access_key")]
    pub s3_access_key_id: Option<String>,

    /// Secret that goes with the access key; better set in the environment
    #[arg(
        long,
        value_name = "SECRET",
        env = "CONCAVE_S3_SECRET_ACCESS_KEY",
        hide_env_values = true,
        requires = "s3_access_key_id"
    )]
    pub s3_secret_access_key: Option<String>,

    /// Token that goes with temporary keys
    #[arg(
        long,
        value_name = "TOKEN",
        env = "CONCAVE_S3_SESSION_TOKEN",
        hide_env_values = true,
        requires = "s3_access_key_id"
    )]
    pub s3_session_token: Option<String>,

    /// Put the bucket into the host name of requests rather than into their path
    #[arg(long, env = "CONCAVE_S3_VIRTUAL_HOSTED", requires = "s3_bucket")]
    pub s3_virtual_hosted: bool,
}

impl FileOptions {
    /// Opens the store; files go to `directory` unless there is a bucket. Blocking.
    pub fn open(&self, directory: &Path) -> Result<BlobStore> {
        let Some(options) = self.s3() else {
            return Ok(BlobStore::local(directory)?);
        };
        if options.bucket.is_empty() {
            bail!("the name of the S3 bucket is empty");
        }
        BlobStore::s3(&options).context("set up file storage in S3")
    }

    fn s3(&self) -> Option<S3Options> {
        let bucket = self.s3_bucket.clone()?;
        Some(S3Options {
            bucket,
            prefix: self.s3_prefix.clone(),
            region: self.s3_region.clone(),
            endpoint: self.s3_endpoint.clone(),
            access_key_id: self.s3_access_key_id.clone(),
            secret_access_key: self.s3_secret_access_key.clone(),
            session_token: self.s3_session_token.clone(),
            virtual_hosted_style: self.s3_virtual_hosted,
        })
    }
}

impl std::fmt::Debug for FileOptions {
    /// Without the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.s3().fmt(f)
    }
}

#[cfg(test)]
mod tests;
