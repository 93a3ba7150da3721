//! The way out: a link is looked up in what is durable, then the blob is streamed.

use std::ops::Range;
use std::sync::Arc;

use db::{BeginAt, Namespace};
use storage::blobs::{BlobError, BlobStream};
use uuid::Uuid;

use super::upload::blob_error;
use super::{FileDigest, FileRow, blob_key};
use crate::runtime::database_error;
use crate::{ErrorKind, Runtime, SystemError};

/// A file that can be fetched.
#[derive(Clone, Debug)]
pub struct StoredFile {
    pub size: u64,
    pub sha256: FileDigest,
    pub content_type: Option<String>,
    namespace: Namespace,
    uuid: Uuid,
}

impl StoredFile {
    pub(super) fn new(row: FileRow, namespace: Namespace, uuid: Uuid) -> StoredFile {
        let FileRow { size, sha256, content_type, .. } = row;
        StoredFile { size, sha256, content_type, namespace, uuid }
    }
}

impl Runtime {
    /// Finds the file behind a link. `component` is the id in the link; none for the app.
    pub async fn stored_file(&self, component: Option<&str>, uuid: Uuid) -> Result<Option<StoredFile>, SystemError> {
        let Some(namespace) = parse_component(component) else { return Ok(None) };
        let inner = Arc::clone(&self.inner);
        let row = tokio::task::spawn_blocking(move || {
            let mut tx = inner.database.begin(BeginAt::Durable)?;
            FileRow::by_uuid(&mut tx, namespace, uuid)
        });
        let row = row.await.map_err(SystemError::internal)?.map_err(database_error)?;
        Ok(row.map(|row| StoredFile::new(row, namespace, uuid)))
    }

    /// Streams a file, or a range of its bytes that is not empty and lies inside.
    ///
    /// Errors: `FileNotFound` when it was deleted meanwhile.
    pub async fn read_stored_file(
        &self,
        file: &StoredFile,
        range: Option<Range<u64>>,
    ) -> Result<BlobStream, SystemError> {
        let key = blob_key(file.namespace, file.uuid);
        match self.inner.files.blobs.read(&key, range).await {
            Ok(stream) => Ok(stream),
            Err(BlobError::NotFound { key }) => {
                tracing::warn!(key, "the bytes of a file are missing");
                Err(not_found())
            }
            Err(error) => Err(blob_error(error)),
        }
    }
}

/// There is no such file, or not any more.
fn not_found() -> SystemError {
    SystemError::new(ErrorKind::NotFound, "FileNotFound", "File not found.")
}

/// A component's id is the number of its namespace.
fn parse_component(component: Option<&str>) -> Option<Namespace> {
    match component {
        None | Some("") => Some(Namespace::ROOT),
        Some(id) => id.parse().ok().map(Namespace),
    }
}
