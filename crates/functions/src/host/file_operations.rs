//! The operations on stored files that queries, mutations and actions share; each works inside a transaction.

use db::{Namespace, Transaction};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use value::DocumentId;

use super::client_version::ClientVersion;
use super::{arguments, developer, invalid_argument};
use crate::files::{self, FileRow};
use crate::runtime::Inner;

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

/// A transaction, and whose files it is about.
pub(crate) struct FileOperations<'a> {
    pub runtime: &'a Inner,
    pub tx: &'a mut Transaction,
    pub namespace: Namespace,
}

/// Why an operation failed.
pub(crate) enum FileOperationError {
    /// The app's mistake.
    App(js::HostError),
    Database(db::Error),
}

impl From<js::HostError> for FileOperationError {
    fn from(error: js::HostError) -> FileOperationError {
        FileOperationError::App(error)
    }
}

impl From<db::Error> for FileOperationError {
    fn from(error: db::Error) -> FileOperationError {
        FileOperationError::Database(error)
    }
}

type Reply = Result<String, FileOperationError>;

impl FileOperations<'_> {
    /// Runs the operation `name` if an action may use it; none if it is not one of these.
    pub fn run(&mut self, name: &str, json: &str) -> Option<Reply> {
        Some(match name {
            "1.0/storageGetUrl" => self.get_url(json),
            "1.0/storageGetMetadata" => self.get_metadata(json),
            "1.0/storageGenerateUploadUrl" => self.generate_upload_url(json),
            "1.0/storageDelete" => self.delete(json),
            _ => return None,
        })
    }

    pub fn get_url(&mut self, json: &str) -> Reply {
        let Some((_, uuid)) = self.find_with_uuid(json, "storage.getUrl")? else { return Ok("null".into()) };
        Ok(json!(files::file_url(&self.runtime.options.cloud_url, self.namespace, uuid)).to_string())
    }

    pub fn get_metadata(&mut self, json: &str) -> Reply {
        let args: FileArgs = arguments("storage.getMetadata", json)?;
        let Some(file) = self.find(&args, "storage.getMetadata")? else { return Ok("null".into()) };
        let metadata = json!({
            "storageId": file.id.encode(),
            "sha256": file.sha256.to_hex(),
            "size": file.size as f64,
            "contentType": file.content_type,
        });
        Ok(metadata.to_string())
    }

    pub fn generate_upload_url(&mut self, json: &str) -> Reply {
        let args: UploadUrlArgs = arguments("storage.generateUploadUrl", json)?;
        ClientVersion::parse(args.version.as_deref())?;
        Ok(json!(files::upload_url(self.runtime, self.namespace)).to_string())
    }

    pub fn delete(&mut self, json: &str) -> Reply {
        let args: FileArgs = arguments("storage.delete", json)?;
        let Some(file) = self.find(&args, "storage.delete")? else {
            return Err(developer(files::id_not_found(&args.storage_id).detail).into());
        };
        file.delete(self.tx, self.namespace)?;
        Ok("null".into())
    }

    /// The file that the arguments name, with the secret of its link.
    pub fn find_with_uuid(&mut self, json: &str, method: &str) -> Result<Option<(FileRow, Uuid)>, FileOperationError> {
        let args: FileArgs = arguments(method, json)?;
        let Some(file) = self.find(&args, method)? else { return Ok(None) };
        let uuid = file.uuid(self.tx, self.namespace)?;
        Ok(Some((file, uuid)))
    }

    /// The file `storage_id`: an id of `_storage`, or the UUID that apps of long ago hold in their documents.
    pub fn by_id(&mut self, storage_id: &str, method: &str) -> Result<Option<FileRow>, FileOperationError> {
        let found = match Uuid::try_parse(storage_id) {
            Ok(uuid) => FileRow::by_uuid(self.tx, self.namespace, uuid)?,
            Err(_) => {
                let id = self.storage_id(storage_id, method)?;
                FileRow::get(self.tx, self.namespace, id)?
            }
        };
        Ok(found)
    }

    fn find(&mut self, args: &FileArgs, method: &str) -> Result<Option<FileRow>, FileOperationError> {
        ClientVersion::parse(args.version.as_deref())?;
        self.by_id(&args.storage_id, method)
    }

    fn storage_id(&mut self, text: &str, method: &str) -> Result<DocumentId, js::HostError> {
        let unusable = |cause: String| invalid_argument("storageId", method, cause);
        let id: DocumentId = text.parse().map_err(|error| unusable(format!("Unable to decode ID: {error}")))?;
        match self.tx.table_name(self.namespace, id.table) {
            Some(table) if table == files::TABLE => Ok(id),
            Some(table) => Err(unusable(format!("expected to be an Id<\"_storage\">, got Id<\"{table}\"> instead."))),
            None => Err(unusable("expected to be an Id<\"_storage\">, got an ID of no table.".into())),
        }
    }
}
