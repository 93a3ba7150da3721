//! Deletes blobs that no row wants.
//!
//! A blob is written before its row commits, so a young blob without a row may be an upload in progress: only those
//! older than the grace period go. Rows are read as far as they are durable, so a deletion that a crash could still
//! undo keeps its bytes. The same task forgets old records of sessions.

use std::sync::{Arc, Weak};
use std::time::Duration;

use db::{BeginAt, Namespace};
use futures_util::StreamExt;
use storage::blobs::{BlobInfo, BlobKey};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::upload::blob_error;
use super::{BLOB_FOLDER, FileRow, parse_blob_key};
use crate::SystemError;
use crate::limits::{FILE_GRACE, FILE_SWEEP_BATCH, FILE_SWEEP_INTERVAL, SESSION_KEEP_MS};
use crate::runtime::{Inner, database_error};

/// The task that sweeps at the start and from time to time.
pub(crate) struct Sweeper(JoinHandle<()>);

impl Sweeper {
    pub fn start(inner: &Arc<Inner>) -> Sweeper {
        // The task must not keep the runtime alive.
        let weak = Arc::downgrade(inner);
        Sweeper(inner.files.handle().spawn(serve(weak, inner.platform.clone())))
    }

    /// Stops; blobs that are left wait for the next start.
    pub fn stop(&self) {
        self.0.abort();
    }
}

async fn serve(inner: Weak<Inner>, platform: platform::Platform) {
    loop {
        let Some(strong) = inner.upgrade() else { return };
        match sweep(&strong, FILE_GRACE).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "removed files that are not used any more"),
            Err(error) => tracing::warn!(%error, "could not remove unused files"),
        }
        sweep_rows(strong).await;
        platform.sleep(FILE_SWEEP_INTERVAL).await;
    }
}

/// Forgets old records of sessions and of the audit log, which nothing else ever deletes.
async fn sweep_rows(inner: Arc<Inner>) {
    let horizon_ms = inner.platform.now_ms() - SESSION_KEEP_MS;
    let swept = tokio::task::spawn_blocking(move || {
        crate::sessions::sweep(&inner.database, horizon_ms)?;
        crate::audit::sweep_old(&inner.database)
    });
    match swept.await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "could not remove old records"),
        Err(error) => tracing::error!(%error, "removing old records ended badly"),
    }
}

/// Deletes every unwanted blob that is older than `grace`; returns how many.
pub(crate) async fn sweep(inner: &Arc<Inner>, grace: Duration) -> Result<usize, SystemError> {
    let horizon_ms = inner.platform.now_ms() - grace.as_secs_f64() * 1000.0;
    let mut listed = inner.files.blobs.list(BLOB_FOLDER).chunks(FILE_SWEEP_BATCH);
    let (mut deleted, mut kept, mut kept_bytes) = (0, 0, 0);
    while let Some(batch) = listed.next().await {
        let mut old = Vec::new();
        for blob in batch {
            let BlobInfo { key, size, written_ms } = blob.map_err(blob_error)?;
            kept += 1;
            kept_bytes += size;
            if written_ms <= horizon_ms
                && let Some((namespace, uuid)) = parse_blob_key(&key)
            {
                old.push((key, namespace, uuid));
            }
        }
        for key in unwanted(inner, old).await? {
            inner.files.blobs.delete(&key).await.map_err(blob_error)?;
            deleted += 1;
        }
    }
    inner.logs.metrics().show_files(kept - deleted as u64, kept_bytes);
    Ok(deleted)
}

async fn unwanted(inner: &Arc<Inner>, blobs: Vec<(BlobKey, Namespace, Uuid)>) -> Result<Vec<BlobKey>, SystemError> {
    let inner = inner.clone();
    let looked_up = tokio::task::spawn_blocking(move || {
        let mut tx = inner.database.begin(BeginAt::Durable)?;
        *tx.limits_mut() = db::Limits::UNLIMITED;
        let mut unwanted = Vec::new();
        for (key, namespace, uuid) in blobs {
            if FileRow::by_uuid(&mut tx, namespace, uuid)?.is_none() {
                unwanted.push(key);
            }
        }
        Ok(unwanted)
    });
    looked_up.await.map_err(SystemError::internal)?.map_err(database_error)
}
