//! `ctx.storage` in queries and mutations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::TryStreamExt;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use value::DocumentId;

use super::client_version::ClientVersion;
use super::{CallHost, arguments, developer, invalid_argument};
use crate::files::{self, FileDigest, FileRow, NewFile};
use crate::limits::{FILE_BYTES_PER_MUTATION_MAX, FILES_PER_MUTATION_MAX};
use crate::{FunctionKind, SystemError};

type Reply = Result<String, js::HostError>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileArgs {
    storage_id: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct UploadUrlArgs {
    version: Option<String>,
}

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

/// Files a mutation has stored and read so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FileUsage {
    pub written: FileCount,
    pub read: FileCount,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FileCount {
    pub files: usize,
    pub bytes: usize,
}

impl FileCount {
    /// Counts one more file; `verb` is "written" or "read".
    fn add(&mut self, bytes: usize, verb: &str) -> Result<(), js::HostError> {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.files > FILES_PER_MUTATION_MAX {
            return Err(developer(format!("Too many files {verb} in one mutation (limit: {FILES_PER_MUTATION_MAX})")));
        }
        if self.bytes > FILE_BYTES_PER_MUTATION_MAX {
            return Err(developer(format!(
                "Too many bytes of files {verb} in one mutation (limit: {FILE_BYTES_PER_MUTATION_MAX} bytes). Please consider using an action."
            )));
        }
        Ok(())
    }
}

impl CallHost<'_, '_> {
    pub(super) fn storage_get_url(&mut self, json: &str) -> Reply {
        let Some(file) = self.find_file(json, "storage.getUrl")? else { return Ok("null".into()) };
        let uuid = file.uuid(self.tx, self.frame.namespace).map_err(|error| self.failed(error))?;
        let url = files::file_url(&self.execution.runtime.options.cloud_url, self.frame.namespace, uuid);
        Ok(json!(url).to_string())
    }

    pub(super) fn storage_get_metadata(&mut self, json: &str) -> Reply {
        let Some(file) = self.find_file(json, "storage.getMetadata")? else { return Ok("null".into()) };
        let metadata = json!({
            "storageId": file.id.encode(),
            "sha256": file.sha256.to_hex(),
            "size": file.size as f64,
            "contentType": file.content_type,
        });
        Ok(metadata.to_string())
    }

    pub(super) fn storage_generate_upload_url(&mut self, json: &str) -> Reply {
        self.check_may_change_files("generate upload URLs")?;
        let args: UploadUrlArgs = arguments("storage.generateUploadUrl", json)?;
        ClientVersion::parse(args.version.as_deref())?;
        let url = files::upload_url(self.execution.runtime, self.frame.namespace);
        Ok(json!(url).to_string())
    }

    pub(super) fn storage_delete(&mut self, json: &str) -> Reply {
        self.check_may_change_files("delete files")?;
        let args: FileArgs = arguments("storage.delete", json)?;
        let Some(file) = self.file_of(&args, "storage.delete")? else {
            return Err(developer(files::id_not_found(&args.storage_id).detail));
        };
        file.delete(self.tx, self.frame.namespace).map_err(|error| self.failed(error))?;
        Ok("null".into())
    }

    pub(super) fn storage_store(&mut self, json: &str) -> Reply {
        self.check_may_change_files("store files")?;
        let args: StoreArgs = arguments("storage.store", json)?;
        ClientVersion::parse(args.version.as_deref())?;
        let bytes = STANDARD.decode(&args.blob).map_err(|error| invalid_argument("blob", "storage.store", error))?;
        self.execution.files.written.add(bytes.len(), "written")?;
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
        let Some(file) = self.find_file(json, "storage.get")? else { return Ok("null".into()) };
        self.execution.files.read.add(usize::try_from(file.size).unwrap_or(usize::MAX), "read")?;
        let uuid = file.uuid(self.tx, self.frame.namespace).map_err(|error| self.failed(error))?;
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

    fn find_file(&mut self, json: &str, method: &str) -> Result<Option<FileRow>, js::HostError> {
        let args: FileArgs = arguments(method, json)?;
        self.file_of(&args, method)
    }

    fn file_of(&mut self, args: &FileArgs, method: &str) -> Result<Option<FileRow>, js::HostError> {
        ClientVersion::parse(args.version.as_deref())?;
        let namespace = self.frame.namespace;
        let found = match Uuid::try_parse(&args.storage_id) {
            // Apps of long ago hold these in their documents.
            Ok(uuid) => FileRow::by_uuid(self.tx, namespace, uuid),
            Err(_) => {
                let id = self.storage_id(&args.storage_id, method)?;
                FileRow::get(self.tx, namespace, id)
            }
        };
        found.map_err(|error| self.failed(error))
    }

    fn storage_id(&mut self, text: &str, method: &str) -> Result<DocumentId, js::HostError> {
        let unusable = |cause: String| invalid_argument("storageId", method, cause);
        let id: DocumentId = text.parse().map_err(|error| unusable(format!("Unable to decode ID: {error}")))?;
        match self.tx.table_name(self.frame.namespace, id.table) {
            Some(table) if table == files::TABLE => Ok(id),
            Some(table) => Err(unusable(format!("expected to be an Id<\"_storage\">, got Id<\"{table}\"> instead."))),
            None => Err(unusable("expected to be an Id<\"_storage\">, got an ID of no table.".into())),
        }
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
        return Err(developer(files::mismatch().message));
    }
    Ok(())
}
