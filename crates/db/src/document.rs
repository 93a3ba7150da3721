//! Documents: a decoded object with its id, creation time and size, and the rules of what may be stored.

use storage::Version;
use value::{
    DocumentId, InternalId, Object, TableNumber, Value, decode_object, encode_object,
    limits::{DOCUMENT_BYTES_MAX, DOCUMENT_NESTING_MAX},
};

use crate::error::Error;

pub const ID: &str = "_id";
pub const CREATION_TIME: &str = "_creationTime";

/// A document as one transaction sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub id: DocumentId,
    /// Milliseconds since the Unix epoch.
    pub creation_time: f64,
    /// All fields, `_id` and `_creationTime` included.
    pub value: Object,
    /// Bytes as limits count them.
    pub size: usize,
}

impl Document {
    /// Adds the system fields to `value`.
    pub fn new(id: DocumentId, creation_time: f64, mut value: Object) -> Document {
        value.insert(ID, Value::String(id.encode()));
        value.insert(CREATION_TIME, Value::Float64(creation_time));
        let size = value.size();
        Document { id, creation_time, value, size }
    }

    /// Returns the fields the author gave it.
    pub fn user_fields(&self) -> Object {
        self.value.iter().filter(|(key, _)| !is_system_field(key)).map(|(k, v)| (k.to_owned(), v.clone())).collect()
    }

    pub fn encode(&self) -> Vec<u8> {
        encode_object(&self.value)
    }

    /// Reads a stored document of the table numbered `table`.
    pub fn decode(table: TableNumber, internal: InternalId, stored: &Version) -> Result<Document, Error> {
        let id = DocumentId { table, internal };
        let damaged = |reason: String| Error::Corrupt(format!("document {id}: {reason}"));
        let value = decode_object(&stored.value).map_err(|error| damaged(error.to_string()))?;
        let Some(Value::Float64(creation_time)) = value.get(CREATION_TIME) else {
            return Err(damaged("it has no creation time".into()));
        };
        Ok(Document { id, creation_time: *creation_time, size: value.size(), value })
    }
}

pub fn is_system_field(key: &str) -> bool {
    key == ID || key == CREATION_TIME
}

/// Checks the fields an author wants to store, system fields excluded.
pub fn check_fields(fields: &Object) -> Result<(), Error> {
    for key in fields.keys() {
        value::check_field_name(key)?;
        if key.starts_with('_') {
            let message = format!(
                "Field name \"{key}\" starts with an underscore, which is reserved for system fields like \"_id\" and \"_creationTime\"."
            );
            return Err(Error::developer("InvalidDocumentError", message));
        }
    }
    if fields.len() + 2 > value::limits::OBJECT_FIELDS_MAX {
        return Err(value::ValueError::TooManyFields {
            actual: fields.len() + 2,
            maximum: value::limits::OBJECT_FIELDS_MAX,
        }
        .into());
    }
    fields.values().try_for_each(Value::check_limits)?;
    let nesting = fields.nesting();
    if nesting > DOCUMENT_NESTING_MAX {
        let message =
            format!("Document is too nested (nested {nesting} levels deep > maximum nesting {DOCUMENT_NESTING_MAX})");
        return Err(Error::developer("InvalidDocumentError", message));
    }
    Ok(())
}

/// Checks the size of a whole document.
pub fn check_size(size: usize) -> Result<(), Error> {
    if size <= DOCUMENT_BYTES_MAX {
        return Ok(());
    }
    let mebibytes = size as f64 / f64::from(1 << 20);
    let message = format!("Value is too large ({mebibytes:.2} MiB > maximum size 1 MiB)");
    Err(Error::developer("ValueTooLargeError", message))
}

/// Takes the system fields out of a patch or a replacement, where they may only repeat what is stored.
pub fn take_system_field(document: &Document, key: &str, given: Option<&Value>) -> Result<(), Error> {
    if given == document.value.get(key) {
        return Ok(());
    }
    let message = match key {
        ID => format!(
            "Provided document ID {} doesn't match '_id' field {}",
            document.id,
            given.map_or("undefined".to_owned(), |v| v.display().to_string())
        ),
        _ => format!(
            "Provided creation time {} doesn't match '_creationTime' field {}",
            Value::Float64(document.creation_time).display(),
            given.map_or("undefined".to_owned(), |v| v.display().to_string())
        ),
    };
    Err(Error::developer("InvalidDocumentError", message))
}
