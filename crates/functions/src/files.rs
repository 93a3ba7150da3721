//! Stored files: their rows, their links, and the way their bytes take in and out.
//!
//! A file is a blob and three rows: the `_storage` document that functions see, a hidden row beside it with the secret
//! of its link, and a hidden row found by that secret. The blob is written first, the rows commit together, so a file
//! that somebody was told of is never half there. Deleting removes the rows; the sweeper removes blobs that no row
//! wants, which also cleans up after crashes and aborted uploads.
//!
//! | table | document id | fields |
//! | --- | --- | --- |
//! | `_storage` | random | `sha256` in base64, `size`, `contentType` or null |
//! | `_storage_links` | that of the `_storage` document | `uuid` |
//! | `_storage_uuids` | derived from the UUID | `storageId` |
//!
//! **Invariant:** a blob's key is its component's namespace and its UUID; nothing ever writes the same key twice.

mod action;
mod digest;
mod download;
mod io;
mod rows;
mod sweep;
mod token;
mod upload;

pub use action::FileOutcome;
pub use digest::FileDigest;
pub use download::StoredFile;
pub use upload::{Upload, UploadTarget};

pub(crate) use action::commit;
pub(crate) use io::FileIo;
pub(crate) use rows::{FileRow, NewFile, TABLE, ensure_table};
pub(crate) use sweep::Sweeper;
#[cfg(test)]
pub(crate) use sweep::sweep;
pub(crate) use upload::{blob_error, mismatch};

use db::Namespace;
use storage::blobs::BlobKey;
use uuid::Uuid;

use crate::FunctionError;
use crate::runtime::Inner;

/// Folder of all files in the blob store; other blobs have others.
const BLOB_FOLDER: &str = "files";

/// Where the bytes of a file are.
pub(crate) fn blob_key(namespace: Namespace, uuid: Uuid) -> BlobKey {
    let name = uuid.to_string();
    // Two levels keep directories small on the local disk.
    BlobKey::new(&[BLOB_FOLDER, &namespace.0.to_string(), &name[..2], &name]).expect("digits, hex and dashes")
}

/// The inverse of [`blob_key`]; none for anything else that lies in the folder.
fn parse_blob_key(key: &BlobKey) -> Option<(Namespace, Uuid)> {
    let mut segments = key.segments().skip(1);
    let namespace = Namespace(segments.next()?.parse().ok()?);
    let uuid = Uuid::parse_str(segments.nth(1)?).ok()?;
    (blob_key(namespace, uuid) == *key).then_some((namespace, uuid))
}

/// The address that anybody may fetch the file from; `origin` is that of the deployment.
pub(crate) fn file_url(origin: &str, namespace: Namespace, uuid: Uuid) -> String {
    let mut url = format!("{origin}/api/storage/{uuid}");
    if namespace != Namespace::ROOT {
        url.push_str(&format!("?component={}", namespace.0));
    }
    url
}

/// An address that anybody may post one file or several to, for an hour.
pub(crate) fn upload_url(runtime: &Inner, namespace: Namespace) -> String {
    let token = runtime.files.tokens.issue(namespace, runtime.platform.now_ms() as u64);
    format!("{}/api/storage/upload?token={token}", runtime.options.cloud_url)
}

/// What deleting says of an id that no file has.
pub(crate) fn id_not_found(id: &str) -> FunctionError {
    let mut error = FunctionError::new(format!("storage id {id} not found"));
    error.code = Some("StorageIdNotFound");
    error
}

/// A fresh secret for a link.
pub(crate) fn random_uuid(platform: &platform::Platform) -> Uuid {
    let mut bytes = [0; 16];
    platform.fill_random(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests;
