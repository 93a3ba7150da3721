//! The way in: bytes go to the blob store while they are hashed, then the rows commit.

use std::fmt::Display;
use std::pin::pin;

use bytes::Bytes;
use db::{BeginAt, CommitError, CommitOptions, Namespace, Pending};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use storage::blobs::{BlobError, BlobWriter};
use value::DocumentId;

use super::{FileDigest, NewFile, blob_key, random_uuid};
use crate::limits::CONFLICTS_BEFORE_SERIAL;
use crate::runtime::{Inner, database_error};
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
    /// Errors: 401 `StorageTokenInvalid`, `StorageTokenExpired`.
    pub fn check_upload_token(&self, token: &str) -> Result<UploadTarget, SystemError> {
        let now_ms = self.inner.platform.now_ms() as u64;
        self.inner.files.tokens.check(token, now_ms).map(UploadTarget)
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
        let uuid = random_uuid(&self.inner.platform);
        let writer = self.inner.files.blobs.write(blob_key(target.0, uuid));
        let (writer, sha256) = receive(writer, body).await?;
        if upload.sha256.is_some_and(|expected| expected != sha256) {
            writer.abort().await.map_err(blob_error)?;
            return Err(mismatch());
        }
        let size = writer.finish().await.map_err(blob_error)?;
        let file = NewFile { uuid, sha256, size, content_type: upload.content_type };
        let inner = self.inner.clone();
        let committed = tokio::task::spawn_blocking(move || commit(&inner, target.0, &file)).await;
        let (id, pending) = committed.map_err(SystemError::internal)??;
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

/// Commits the rows in a transaction of their own.
fn commit(inner: &Inner, namespace: Namespace, file: &NewFile) -> Result<(DocumentId, Pending), SystemError> {
    for attempt in 0.. {
        let lane = (attempt >= CONFLICTS_BEFORE_SERIAL).then(|| inner.database.serial_lane());
        let mut tx = inner.database.begin(BeginAt::Validated).map_err(database_error)?;
        let id = file.insert(&mut tx, namespace).map_err(database_error)?;
        let options = CommitOptions { source: "file upload".into(), on_validated: None };
        let committed = match &lane {
            Some(lane) => lane.commit(tx, options),
            None => inner.database.commit(tx, options),
        };
        match committed {
            Ok(pending) => return Ok((id, pending)),
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Failed(error)) => return Err(database_error(error)),
        }
    }
    unreachable!("the serial lane commits")
}

/// The bytes are not those that the caller announced.
pub(crate) fn mismatch() -> SystemError {
    let text = "The SHA-256 of the uploaded file is not the one given with it.";
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
