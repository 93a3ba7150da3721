//! What one action in Node.js may ask of the server: the operations that actions of both runtimes share, and its log.

use std::io;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt};
use node::{BlobDownload, BlobUpload, HostError, LogLine, NodeHost};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::SystemError;
use crate::actions::log::SharedLog;
use crate::actions::operations::Operations;

/// Implements [`node::NodeHost`] for one action.
pub(super) struct ActionHost {
    operations: Operations,
    log: SharedLog,
    /// Told of every line.
    pub spoke: Notify,
    failure: Mutex<Option<SystemError>>,
    failed: Notify,
}

impl ActionHost {
    pub fn new(operations: Operations, log: SharedLog) -> ActionHost {
        ActionHost { operations, log, spoke: Notify::new(), failure: Mutex::default(), failed: Notify::new() }
    }

    /// Waits for an operation to fail for reasons that are not the app's: that ends the action.
    pub async fn failure(&self) -> SystemError {
        loop {
            self.failed.notified().await;
            if let Some(failure) = self.failure.lock().take() {
                return failure;
            }
        }
    }

    /// What user code sees of a failed operation.
    fn refuse(&self, error: js::HostError) -> HostError {
        match error.kind {
            js::HostErrorKind::Developer => HostError { message: error.message, data: error.data },
            js::HostErrorKind::System => {
                let failure = SystemError::internal(error.message);
                let message = failure.message.clone();
                self.failure.lock().get_or_insert(failure);
                self.failed.notify_one();
                HostError { message, data: None }
            }
        }
    }
}

#[async_trait]
impl NodeHost for ActionHost {
    async fn syscall(&self, name: &str, args: &str) -> Result<String, HostError> {
        self.operations.run(name, args).await.map_err(|error| self.refuse(error))
    }

    async fn store_blob(&self, upload: BlobUpload) -> Result<String, HostError> {
        let BlobUpload { content_type, sha256, body, .. } = upload;
        let stored = self.operations.store_file(content_type, sha256.as_deref(), body.into_stream()).await;
        stored.map_err(|error| self.refuse(error))
    }

    async fn get_blob(&self, storage_id: &str) -> Result<Option<BlobDownload>, HostError> {
        let found = self.operations.find_file(storage_id).await.map_err(|error| self.refuse(error))?;
        Ok(found.map(|found| BlobDownload {
            content_type: found.file.content_type,
            body: found.bytes.map_err(io::Error::other).boxed(),
        }))
    }

    fn log_line(&self, line: LogLine) {
        let mut log = self.log.lock();
        match line.is_truncated {
            true => log.console_cut(line.level.name(), line.messages),
            false => log.console(line.level.name(), line.messages),
        }
        drop(log);
        self.spoke.notify_one();
    }
}
