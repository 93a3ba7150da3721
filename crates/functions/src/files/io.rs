//! What files need beside the database: the blob store, the key of upload tokens, and a small async runtime on which
//! worker threads wait for blobs.

use std::future::Future;

use platform::Platform;
use storage::blobs::BlobStore;
use tokio::runtime::{Builder, Handle, Runtime};

use super::token::TokenKey;
use crate::StartError;

pub(crate) struct FileIo {
    pub blobs: BlobStore,
    pub tokens: TokenKey,
    /// None only while being dropped.
    runtime: Option<Runtime>,
}

impl FileIo {
    /// Finds the key of upload tokens and starts the runtime. Blocking.
    pub fn start(database: &db::Database, platform: &Platform, blobs: BlobStore) -> Result<FileIo, StartError> {
        let tokens = TokenKey::load(database, platform).map_err(StartError::Database)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("files").enable_all().build();
        let runtime = Some(runtime.map_err(StartError::Worker)?);
        Ok(FileIo { blobs, tokens, runtime })
    }

    /// Runs `future` to its end. Not for async callers, who can await it themselves.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.handle().block_on(future)
    }

    pub fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("set until dropped").handle()
    }
}

impl Drop for FileIo {
    fn drop(&mut self) {
        // The last owner may be an async task, where waiting for the threads to end is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
