//! Files in actions: each operation is a transaction of its own, and answers once that is durable. Their bytes go in
//! and out as those of uploads and downloads do.

use db::{BeginAt, CommitError, CommitOptions, Namespace, Transaction};

use super::StoredFile;
use crate::host::{FileOperationError, FileOperations};
use crate::limits::CONFLICTS_BEFORE_SERIAL;
use crate::runtime::{Inner, database_error};
use crate::{Runtime, SystemError};

/// What an operation came to: the app's mistakes are results.
pub type FileOutcome<T> = Result<Result<T, js::HostError>, SystemError>;

impl Runtime {
    /// Runs one of `1.0/storageGetUrl`, `storageGetMetadata`, `storageGenerateUploadUrl` and `storageDelete`; none for
    /// any other name.
    pub async fn file_operation(&self, namespace: Namespace, name: &str, json: &str) -> FileOutcome<Option<String>> {
        let (name, json) = (name.to_owned(), json.to_owned());
        self.with_files(namespace, move |files| files.run(&name, &json).transpose()).await
    }

    /// Finds the file that `storage.get` asks for.
    pub async fn file_by_id(&self, namespace: Namespace, storage_id: &str) -> FileOutcome<Option<StoredFile>> {
        let storage_id = storage_id.to_owned();
        let find = move |files: &mut FileOperations<'_>| {
            let Some(row) = files.by_id(&storage_id, "storage.get")? else { return Ok(None) };
            let uuid = row.uuid(files.tx, namespace)?;
            Ok(Some(StoredFile::new(row, namespace, uuid)))
        };
        self.with_files(namespace, find).await
    }

    async fn with_files<T: Send + 'static>(
        &self,
        namespace: Namespace,
        mut work: impl FnMut(&mut FileOperations<'_>) -> Result<T, FileOperationError> + Send + 'static,
    ) -> FileOutcome<T> {
        let inner = self.inner.clone();
        let ran = tokio::task::spawn_blocking(move || {
            commit(&inner, "file operation", |tx| work(&mut FileOperations { runtime: &inner, tx, namespace }))
        });
        match ran.await.map_err(SystemError::internal)? {
            Ok((value, pending)) => {
                pending.durable().await.map_err(database_error)?;
                Ok(Ok(value))
            }
            Err(FileOperationError::App(error)) => Ok(Err(error)),
            Err(FileOperationError::Database(error)) => match crate::host::developer_error(error) {
                Ok(error) => Ok(Err(js::HostError {
                    message: error.message,
                    data: error.data,
                    kind: js::HostErrorKind::Developer,
                })),
                Err(error) => Err(error),
            },
        }
    }
}

/// Runs `work` in a transaction until it commits. One that keeps losing takes the serial lane. Blocking.
pub(crate) fn commit<T, E: From<db::Error>>(
    inner: &Inner,
    source: &str,
    mut work: impl FnMut(&mut Transaction) -> Result<T, E>,
) -> Result<(T, db::Pending), E> {
    for attempt in 0.. {
        let lane = (attempt >= CONFLICTS_BEFORE_SERIAL).then(|| inner.database.serial_lane());
        let mut tx = inner.database.begin(BeginAt::Validated)?;
        let value = work(&mut tx)?;
        let options = CommitOptions { source: source.into(), on_validated: None };
        let committed = match &lane {
            Some(lane) => lane.commit(tx, options),
            None => inner.database.commit(tx, options),
        };
        match committed {
            Ok(pending) => return Ok((value, pending)),
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    unreachable!("the serial lane commits")
}
