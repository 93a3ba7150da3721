//! Files as they are: opaque bytes under a key, on the local disk or in an S3-compatible service.
//!
//! A blob appears whole or not at all, is durable before [`BlobWriter::finish`] returns, and never changes. Reading and
//! writing go through a bounded buffer whatever the blob's size. Which blobs are still wanted is the caller's
//! knowledge: it lists them and deletes the rest.

mod error;
mod key;
mod local;
mod s3;
mod writer;

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload, ObjectStore, ObjectStoreExt, PutPayload};

pub use error::BlobError;
pub use key::BlobKey;
pub use s3::S3Options;
pub use writer::BlobWriter;

/// Bytes of one part of a blob on the local disk or in memory.
const LOCAL_PART_BYTES: usize = 1 << 20;
/// Bytes of one part in S3, which takes at most 10 000 parts of at least 5 MiB, so a blob may weigh 78 GiB.
const S3_PART_BYTES: usize = 8 << 20;

/// A place for blobs. Cheap to clone.
#[derive(Clone)]
pub struct BlobStore {
    store: Arc<dyn ObjectStore>,
    /// Bytes collected before they are sent; a blob that fits is sent in one request.
    part_bytes: usize,
}

/// The bytes of a blob in pieces.
pub type BlobStream = BoxStream<'static, Result<Bytes, BlobError>>;

/// What a listing says of a blob.
#[derive(Clone, Debug, PartialEq)]
pub struct BlobInfo {
    pub key: BlobKey,
    pub size: u64,
    /// When it was written, by the store's clock, in milliseconds since the Unix epoch.
    pub written_ms: f64,
}

impl BlobStore {
    /// Keeps blobs in a directory of its own, which is made when missing; one process at a time.
    ///
    /// Removes what writers left unfinished when the last process ended.
    pub fn local(directory: &Path) -> Result<BlobStore, BlobError> {
        Ok(BlobStore { store: local::open(directory)?, part_bytes: LOCAL_PART_BYTES })
    }

    /// Keeps blobs in a bucket. Nothing is sent before the first use; see [`BlobStore::check`].
    pub fn s3(options: &S3Options) -> Result<BlobStore, BlobError> {
        Ok(BlobStore { store: s3::open(options)?, part_bytes: S3_PART_BYTES })
    }

    /// Keeps blobs until the last clone is dropped.
    pub fn memory() -> BlobStore {
        BlobStore { store: Arc::new(InMemory::new()), part_bytes: LOCAL_PART_BYTES }
    }

    /// Asks the store for something, so that a wrong address or key shows at start-up.
    pub async fn check(&self) -> Result<(), BlobError> {
        self.list("").next().await.transpose().map(drop)
    }

    /// Starts a blob, which replaces one of the same key when it is finished.
    pub fn write(&self, key: BlobKey) -> BlobWriter {
        BlobWriter::new(self.store.clone(), key, self.part_bytes)
    }

    /// Writes a blob that is in memory anyway.
    pub async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        let put = self.store.put(&key.path(), PutPayload::from_bytes(bytes)).await;
        put.map(drop).map_err(|source| BlobError::new("write", key, source))
    }

    /// Returns the bytes of a blob; all of them without a range.
    ///
    /// Errors: `NotFound`; a range that is empty or begins behind the end is a failure.
    pub async fn read(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<BlobStream, BlobError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store.get_opts(&key.path(), options).await;
        let found = found.map_err(|source| BlobError::new("read", key, source))?;
        let key = key.clone();
        Ok(match found {
            GetResult { payload: GetResultPayload::File(file, _), range, .. } => local::read(file, range, key),
            found => found.into_stream().map_err(move |source| BlobError::new("read", &key, source)).boxed(),
        })
    }

    /// Deletes a blob; one that does not exist is fine.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match self.store.delete(&key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(BlobError::new("delete", key, source)),
        }
    }

    /// Lists the blobs whose keys start with the segments of `prefix`; unfinished ones do not show.
    pub fn list(&self, prefix: &str) -> BoxStream<'static, Result<BlobInfo, BlobError>> {
        let prefix = object_store::path::Path::from(prefix);
        let listed = self.store.list(Some(&prefix));
        listed
            .map_ok(|meta| BlobInfo {
                key: BlobKey::listed(&meta.location),
                size: meta.size,
                written_ms: meta.last_modified.timestamp_micros() as f64 / 1000.0,
            })
            .map_err(|source| BlobError::Failed { action: "list", key: "blobs".into(), source: Box::new(source) })
            .boxed()
    }
}

impl fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobStore({})", self.store)
    }
}

#[cfg(test)]
mod tests;
