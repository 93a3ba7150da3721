//! `ctx.storage` in queries and mutations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::TryStreamExt;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::client_version::ClientVersion;
use super::file_operations::{FileOperationError, FileOperations};
use super::{CallHost, arguments, developer, invalid_argument};
use crate::files::{self, FileDigest, NewFile};
use crate::{FunctionKind, SystemError};

type Reply = Result<String, js::HostError>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoreArgs {
    /// Base64.
    blob: String,
    content_type: Option<String>,
    /// Base64.
    sha256: Option<String>,
    version: Option<String>,
}

impl CallHost<'_, '_> {
    pub(super) fn storage_get_url(&mut self, json: &str) -> Reply {
        self.file_operation(|files| files.get_url(json))
    }

    pub(super) fn storage_get_metadata(&mut self, json: &str) -> Reply {
        self.file_operation(|files| files.get_metadata(json))
    }

    pub(super) fn storage_generate_upload_url(&mut self, json: &str) -> Reply {
        self.check_may_change_files("generate upload URLs")?;
        self.file_operation(|files| files.generate_upload_url(json))
    }

    pub(super) fn storage_delete(&mut self, json: &str) -> Reply {
        self.check_may_change_files("delete files")?;
        self.file_operation(|files| files.delete(json))
    }

    pub(super) fn storage_store(&mut self, json: &str) -> Reply {
        self.check_may_change_files("store files")?;
        let args: StoreArgs = arguments("storage.store", json)?;
        ClientVersion::parse(args.version.as_deref())?;
        let bytes = STANDARD.decode(&args.blob).map_err(|error| invalid_argument("blob", "storage.store", error))?;
        let limits = self.execution.effect_limits;
        self.execution.effects.write_file(bytes.len(), &limits).map_err(developer)?;
        let sha256 = FileDigest(Sha256::digest(&bytes).into());
        check_digest(args.sha256.as_deref(), sha256)?;
        let runtime = self.execution.runtime;
        let uuid = files::random_uuid(&runtime.platform);
        let size = bytes.len() as u64;
        let key = files::blob_key(self.frame.namespace, uuid);
        // If the mutation does not commit, nothing will refer to the blob, and the sweeper takes it.
        let stored = runtime.files.wait(runtime.files.blobs.put(&key, Bytes::from(bytes)));
        stored.map_err(|error| self.abort(files::blob_error(error)))?;
        let content_type = args.content_type.filter(|text| !text.is_empty());
        let file = NewFile { uuid, sha256, size, content_type };
        let id = file.insert(self.tx, self.frame.namespace).map_err(|error| self.failed(error))?;
        Ok(json!(id.encode()).to_string())
    }

    pub(super) fn storage_get(&mut self, json: &str) -> Reply {
        self.check_may_change_files("read the contents of files")?;
        let Some((file, uuid)) = self.file_operation(|files| files.find_with_uuid(json, "storage.get"))? else {
            return Ok("null".into());
        };
        let (size, limits) = (usize::try_from(file.size).unwrap_or(usize::MAX), self.execution.effect_limits);
        self.execution.effects.read_file(size, &limits).map_err(developer)?;
        let bytes = self.read_blob(uuid).map_err(|error| self.abort(error))?;
        Ok(json!({ "blob": STANDARD.encode(bytes), "contentType": file.content_type }).to_string())
    }

    fn read_blob(&self, uuid: Uuid) -> Result<Vec<u8>, SystemError> {
        let files = &self.execution.runtime.files;
        let key = files::blob_key(self.frame.namespace, uuid);
        let read = files.wait(async {
            let pieces: Vec<Bytes> = files.blobs.read(&key, None).await?.try_collect().await?;
            Ok(pieces.concat())
        });
        read.map_err(files::blob_error)
    }

    fn file_operation<T>(
        &mut self,
        operation: impl FnOnce(&mut FileOperations<'_>) -> Result<T, FileOperationError>,
    ) -> Result<T, js::HostError> {
        let (runtime, namespace) = (self.execution.runtime, self.frame.namespace);
        let done = operation(&mut FileOperations { runtime, tx: &mut *self.tx, namespace });
        done.map_err(|error| match error {
            FileOperationError::App(error) => error,
            FileOperationError::Database(error) => self.failed(error),
        })
    }

    fn check_may_change_files(&self, verb: &str) -> Result<(), js::HostError> {
        match self.frame.kind {
            FunctionKind::Mutation => Ok(()),
            FunctionKind::Query | FunctionKind::Action | FunctionKind::HttpAction => {
                Err(developer(format!("Can't {verb} in a query: only mutations and actions may.")))
            }
        }
    }
}

fn check_digest(expected: Option<&str>, actual: FileDigest) -> Result<(), js::HostError> {
    let Some(text) = expected else { return Ok(()) };
    let Some(expected) = FileDigest::from_base64(text) else {
        return Err(invalid_argument("sha256", "storage.store", "expected a SHA-256 in base64"));
    };
    if expected != actual {
        return Err(developer(files::mismatch(expected, actual).message));
    }
    Ok(())
}
