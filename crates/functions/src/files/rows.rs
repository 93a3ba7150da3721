//! The rows of a file.

use db::{Database, Namespace, Transaction};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use value::{DocumentId, InternalId, Object, Value};

use super::FileDigest;

pub(crate) const TABLE: &str = "_storage";
const LINKS: &str = "_storage_links";
const UUIDS: &str = "_storage_uuids";

/// Makes a component's table, which functions may query before there is a file.
pub(crate) fn ensure_table(database: &Database, namespace: Namespace) -> Result<(), db::Error> {
    database.ensure_table(namespace, TABLE, &[])
}

/// A file whose bytes are in the blob store.
#[derive(Clone, Debug)]
pub(crate) struct NewFile {
    pub uuid: Uuid,
    pub sha256: FileDigest,
    pub size: u64,
    pub content_type: Option<String>,
}

impl NewFile {
    /// Writes the rows; the file exists once they commit.
    pub fn insert(&self, tx: &mut Transaction, namespace: Namespace) -> Result<DocumentId, db::Error> {
        let content_type = self.content_type.clone().map_or(Value::Null, Value::String);
        let fields = [
            ("sha256", Value::String(self.sha256.to_base64())),
            // Exact up to 8 PiB.
            ("size", Value::Float64(self.size as f64)),
            ("contentType", content_type),
        ];
        let id = tx.insert(namespace, TABLE, object(fields))?;
        let link = object([("uuid", Value::String(self.uuid.to_string()))]);
        tx.insert_with_internal_id(namespace, LINKS, id.internal, link)?;
        let back = object([("storageId", Value::String(id.encode()))]);
        tx.insert_with_internal_id(namespace, UUIDS, uuid_row(self.uuid), back)?;
        Ok(id)
    }
}

/// A file as a transaction sees it.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub id: DocumentId,
    pub sha256: FileDigest,
    pub size: u64,
    pub content_type: Option<String>,
}

impl FileRow {
    /// Reads the file `id`, which is an id of the `_storage` table.
    pub fn get(tx: &mut Transaction, namespace: Namespace, id: DocumentId) -> Result<Option<FileRow>, db::Error> {
        let Some(document) = tx.get(namespace, id)? else { return Ok(None) };
        let row = FileRow::parse(id, &document.value);
        row.map(Some).ok_or_else(|| db::Error::Corrupt(format!("the row of file {id}")))
    }

    fn parse(id: DocumentId, row: &Object) -> Option<FileRow> {
        let sha256 = FileDigest::from_base64(row.get("sha256")?.as_str()?)?;
        let size = match row.get("size")? {
            Value::Float64(size) => *size as u64,
            _ => return None,
        };
        let content_type = row.get("contentType").and_then(Value::as_str).map(str::to_owned);
        Some(FileRow { id, sha256, size, content_type })
    }

    /// The file behind a link.
    pub fn by_uuid(tx: &mut Transaction, namespace: Namespace, uuid: Uuid) -> Result<Option<FileRow>, db::Error> {
        match id_of(tx, namespace, uuid)? {
            Some(id) => FileRow::get(tx, namespace, id),
            None => Ok(None),
        }
    }

    /// The secret of the file's link.
    pub fn uuid(&self, tx: &mut Transaction, namespace: Namespace) -> Result<Uuid, db::Error> {
        let lost = || db::Error::Corrupt(format!("the link of file {}", self.id));
        let table = tx.table_number(namespace, LINKS).ok_or_else(lost)?;
        let row = tx.get(namespace, DocumentId { table, internal: self.id.internal })?.ok_or_else(lost)?;
        let uuid = row.value.get("uuid").and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
        uuid.ok_or_else(lost)
    }

    /// Removes the rows; the bytes go later.
    pub fn delete(&self, tx: &mut Transaction, namespace: Namespace) -> Result<(), db::Error> {
        let uuid = self.uuid(tx, namespace)?;
        for (table, internal) in [(LINKS, self.id.internal), (UUIDS, uuid_row(uuid))] {
            if let Some(table) = tx.table_number(namespace, table) {
                let id = DocumentId { table, internal };
                if tx.get(namespace, id)?.is_some() {
                    tx.delete(namespace, id)?;
                }
            }
        }
        tx.delete(namespace, self.id)?;
        Ok(())
    }
}

/// The `_storage` id behind a link, whether or not that document still exists.
pub(crate) fn id_of(tx: &mut Transaction, namespace: Namespace, uuid: Uuid) -> Result<Option<DocumentId>, db::Error> {
    let Some(table) = tx.table_number(namespace, UUIDS) else { return Ok(None) };
    let Some(row) = tx.get(namespace, DocumentId { table, internal: uuid_row(uuid) })? else { return Ok(None) };
    Ok(row.value.get("storageId").and_then(Value::as_str).and_then(|id| id.parse().ok()))
}

/// Hashed, so that the id of a row does not tell the secret.
fn uuid_row(uuid: Uuid) -> InternalId {
    let digest = Sha256::new().chain_update(b"file link").chain_update(uuid.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    InternalId(bytes)
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
