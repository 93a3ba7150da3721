//! The errors of blobs.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::BlobKey;

/// Why a blob was not read, written or deleted.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("blob {key} does not exist")]
    NotFound { key: String },
    #[error("{action} {key}")]
    Failed {
        action: &'static str,
        key: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("{action} {directory}", directory = directory.display())]
    Directory {
        action: &'static str,
        directory: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The configuration of the service does not make sense.
    #[error("set up the S3 client")]
    Configuration(#[source] Box<dyn Error + Send + Sync>),
}

impl BlobError {
    pub(super) fn new(action: &'static str, key: &BlobKey, source: object_store::Error) -> BlobError {
        match source {
            object_store::Error::NotFound { .. } => BlobError::NotFound { key: key.to_string() },
            source => BlobError::Failed { action, key: format!("blob {key}"), source: Box::new(source) },
        }
    }
}
