//! `ctx.storage` in actions.

use std::fmt::Display;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use storage::blobs::BlobStream;

use super::{Answer, Failure, Operations, host_error, refused};
use crate::ErrorKind;
use crate::files::{FileDigest, StoredFile, Upload, UploadTarget};
use crate::host::invalid_argument;

/// A file that an action asked for.
pub struct FoundFile {
    pub file: StoredFile,
    pub bytes: BlobStream,
}

impl Operations {
    pub(super) async fn file_operation(&self, name: &str, json: &str) -> Answer {
        let context = self.context();
        if matches!(name, "1.0/storageGenerateUploadUrl" | "1.0/storageDelete") {
            context.check_mounted()?;
        }
        match context.runtime.file_operation(context.namespace, name, json).await?? {
            Some(answer) => Ok(answer),
            None => Err(refused(format!("Unknown async operation {name}"))),
        }
    }

    /// Stores a file and returns its id. `sha256` is the base64 digest that the action claims.
    pub async fn store_file<E: Display>(
        &self,
        content_type: Option<String>,
        sha256: Option<&str>,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<String, js::HostError> {
        let sha256 = sha256.map(parse_digest).transpose()?;
        let context = self.context();
        context.check_mounted().map_err(host_error)?;
        let target = UploadTarget(context.namespace);
        let body = body.inspect_ok(|piece| context.log.lock().usage.file_write_bytes += piece.len() as u64);
        let stored = context.runtime.store_upload(target, Upload { content_type, sha256 }, body).await;
        match stored {
            Ok(id) => Ok(id.encode()),
            Err(error) if error.kind == ErrorKind::BadRequest => Err(js::HostError::developer(error.message)),
            Err(error) => Err(host_error(error.into())),
        }
    }

    /// Finds a file and opens it; none if there is no such file.
    pub async fn find_file(&self, storage_id: &str) -> Result<Option<FoundFile>, js::HostError> {
        self.open_file(storage_id).await.map_err(host_error)
    }

    async fn open_file(&self, storage_id: &str) -> Result<Option<FoundFile>, Failure> {
        let context = self.context();
        let Some(file) = context.runtime.file_by_id(context.namespace, storage_id).await?? else { return Ok(None) };
        if file.size == 0 {
            return Ok(Some(FoundFile { file, bytes: futures_util::stream::empty().boxed() }));
        }
        match context.runtime.read_stored_file(&file, None).await {
            Ok(bytes) => {
                context.log.lock().usage.file_read_bytes += file.size;
                Ok(Some(FoundFile { file, bytes }))
            }
            // Deleted in this very moment.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn parse_digest(text: &str) -> Result<FileDigest, js::HostError> {
    FileDigest::from_base64(text)
        .ok_or_else(|| invalid_argument("sha256", "storage.store", "expected a SHA-256 in base64"))
}
