//! The way in: bytes go to the blob store while they are hashed, then the rows commit.

use std::fmt::Display;
use std::pin::pin;

use bytes::Bytes;
use db::Namespace;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use storage::blobs::{BlobError, BlobWriter};
use value::DocumentId;

use super::action::commit;
use super::{FileDigest, NewFile, blob_key, random_uuid};
use crate::runtime::database_error;
use crate::{ErrorKind, Runtime, SystemError};

/// The component that an upload goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadTarget(pub(crate) Namespace);

/// What comes with the bytes.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    pub content_type: Option<String>,
    /// What the bytes must hash to.
    pub sha256: Option<FileDigest>,
}

impl Runtime {
    /// Checks the token of an upload URL.
    ///
    /// Errors: 401 `StorageTokenInvalid`, `StorageTokenExpired`; 400 `UnmountedComponent`.
    pub fn check_upload_token(&self, token: &str) -> Result<UploadTarget, SystemError> {
        let now_ms = self.inner.platform.now_ms() as u64;
        let namespace = self.inner.files.tokens.check(token, now_ms)?;
        self.check_mounted(namespace)?;
        Ok(UploadTarget(namespace))
    }

    /// Errors: 400 `UnmountedComponent` when the component's data must stay as it is.
    pub(crate) fn check_mounted(&self, namespace: Namespace) -> Result<(), SystemError> {
        let deployment = self.deployment();
        let Some((path, _)) = deployment.unmounted.iter().find(|(_, unmounted)| **unmounted == namespace) else {
            return Ok(());
        };
        let error = crate::system::unmounted(path);
        Err(SystemError::new(ErrorKind::BadRequest, "UnmountedComponent", error.detail))
    }

    /// Stores a file and returns its `_storage` id once all of it is durable. Holds a few pieces in memory at a time.
    /// Dropping the future before discards what has arrived.
    ///
    /// Errors: `Sha256Mismatch`; `UploadInterrupted` when `body` fails; trouble of the service.
    pub async fn store_upload<E: Display>(
        &self,
        target: UploadTarget,
        upload: Upload,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<DocumentId, SystemError> {
        let (inner, namespace) = (self.inner.clone(), target.0);
        let uuid = random_uuid(&inner.platform);
        let writer = inner.files.blobs.write(blob_key(namespace, uuid));
        let (writer, sha256) = receive(writer, body).await?;
        if let Some(expected) = upload.sha256.filter(|expected| *expected != sha256) {
            writer.abort().await.map_err(blob_error)?;
            return Err(mismatch(expected, sha256));
        }
        let size = writer.finish().await.map_err(blob_error)?;
        let file = NewFile { uuid, sha256, size, content_type: upload.content_type };
        let committed = tokio::task::spawn_blocking(move || {
            commit::<_, db::Error>(&inner, "file upload", |tx| file.insert(tx, namespace))
        });
        let (id, pending) = committed.await.map_err(SystemError::internal)?.map_err(database_error)?;
        pending.durable().await.map_err(database_error)?;
        Ok(id)
    }
}

async fn receive<E: Display>(
    mut writer: BlobWriter,
    body: impl Stream<Item = Result<Bytes, E>>,
) -> Result<(BlobWriter, FileDigest), SystemError> {
    let mut hasher = Sha256::new();
    let mut body = pin!(body);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| {
            let text = format!("The upload ended before all of the file arrived: {error}");
            SystemError::new(ErrorKind::BadRequest, "UploadInterrupted", text)
        })?;
        hasher.update(&piece);
        writer.write(piece).await.map_err(blob_error)?;
    }
    Ok((writer, FileDigest(hasher.finalize().into())))
}

/// The bytes are not those that the caller announced.
pub(crate) fn mismatch(expected: FileDigest, actual: FileDigest) -> SystemError {
    let (expected, actual) = (expected.to_base64(), actual.to_base64());
    let text = format!(
        "The SHA-256 of the file is {actual}, but {expected} was given with it. Nothing was stored: send the file again."
    );
    SystemError::new(ErrorKind::BadRequest, "Sha256Mismatch", text)
}

/// Failures of the blob store are the service's.
pub(crate) fn blob_error(error: BlobError) -> SystemError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    SystemError::internal(text)
}
