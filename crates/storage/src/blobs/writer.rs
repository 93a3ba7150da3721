//! Writing one blob piece by piece with a bounded buffer.

use std::sync::Arc;

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, PutPayloadMut};
use tokio::task::JoinSet;

use super::{BlobError, BlobKey};

/// Parts on their way to the store while the next one is collected.
const PARTS_IN_FLIGHT_MAX: usize = 2;

/// A blob that nobody can see yet. Dropping it throws away what was written.
pub struct BlobWriter {
    store: Arc<dyn ObjectStore>,
    key: BlobKey,
    part_bytes: usize,
    buffer: PutPayloadMut,
    /// Set once the blob turned out to be larger than one part.
    upload: Option<Upload>,
    written: u64,
}

struct Upload {
    multipart: Box<dyn MultipartUpload>,
    parts: JoinSet<object_store::Result<()>>,
}

impl Upload {
    /// Parts that are on their way arrive first: one that came after the end would stay in the store.
    async fn abort(mut self) -> object_store::Result<()> {
        while self.parts.join_next().await.is_some() {}
        self.multipart.abort().await
    }
}

impl BlobWriter {
    pub(super) fn new(store: Arc<dyn ObjectStore>, key: BlobKey, part_bytes: usize) -> BlobWriter {
        let buffer = PutPayloadMut::new().with_block_size(64 << 10);
        BlobWriter { store, key, part_bytes, buffer, upload: None, written: 0 }
    }

    pub fn key(&self) -> &BlobKey {
        &self.key
    }

    /// Bytes so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Adds `bytes`; waits while the store is slower than the caller.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), BlobError> {
        self.written += bytes.len() as u64;
        loop {
            // Parts are equal in size but for the last: some services insist.
            let room = self.part_bytes - self.buffer.content_length();
            if bytes.len() < room {
                // Copied, so that a small piece does not keep the large buffer alive that it was cut from.
                self.buffer.extend_from_slice(&bytes);
                return Ok(());
            }
            self.buffer.extend_from_slice(&bytes.split_to(room));
            self.send_part().await?;
        }
    }

    /// Makes the blob visible and returns its size. Durable when this returns.
    pub async fn finish(mut self) -> Result<u64, BlobError> {
        if self.upload.is_none() {
            let payload = self.take_buffer();
            let put = self.store.put(&self.key.path(), payload).await;
            put.map_err(|source| self.failed(source))?;
            return Ok(self.written);
        }
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        self.wait_for_parts(0).await?;
        if let Some(mut upload) = self.upload.take()
            && let Err(source) = upload.multipart.complete().await
        {
            let error = self.failed(source);
            self.upload = Some(upload);
            return Err(error);
        }
        Ok(self.written)
    }

    /// Throws away what was written, and waits until the store has done so.
    pub async fn abort(mut self) -> Result<(), BlobError> {
        let Some(upload) = self.upload.take() else { return Ok(()) };
        upload.abort().await.map_err(|source| BlobError::new("abort", &self.key, source))
    }

    async fn send_part(&mut self) -> Result<(), BlobError> {
        self.wait_for_parts(PARTS_IN_FLIGHT_MAX - 1).await?;
        let payload = self.take_buffer();
        if self.upload.is_none() {
            let multipart = self.store.put_multipart(&self.key.path()).await;
            let multipart = multipart.map_err(|source| self.failed(source))?;
            self.upload = Some(Upload { multipart, parts: JoinSet::new() });
        }
        if let Some(upload) = &mut self.upload {
            upload.parts.spawn(upload.multipart.put_part(payload));
        }
        Ok(())
    }

    /// Waits until at most `left` parts are on their way.
    async fn wait_for_parts(&mut self, left: usize) -> Result<(), BlobError> {
        let Some(upload) = &mut self.upload else { return Ok(()) };
        while upload.parts.len() > left {
            let sent = match upload.parts.join_next().await {
                Some(Ok(sent)) => sent,
                Some(Err(source)) => {
                    let source = object_store::Error::Generic { store: "blobs", source: Box::new(source) };
                    Err(source)
                }
                None => return Ok(()),
            };
            sent.map_err(|source| BlobError::new("write", &self.key, source))?;
        }
        Ok(())
    }

    fn take_buffer(&mut self) -> PutPayload {
        std::mem::replace(&mut self.buffer, PutPayloadMut::new().with_block_size(64 << 10)).freeze()
    }

    fn failed(&self, source: object_store::Error) -> BlobError {
        BlobError::new("write", &self.key, source)
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        // Without a runtime there is nobody to send the request; local drafts go away by themselves all the same.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let key = self.key.clone();
        runtime.spawn(async move {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%key, %error, "could not discard an unfinished upload");
            }
        });
    }
}
