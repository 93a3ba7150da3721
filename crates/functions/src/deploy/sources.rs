//! Module sources in the database: source and map as one byte string, cut into rows.
//!
//! The first chunk begins with the length of the source (u32, little endian) and a byte that is 1 when a source
//! map follows it.

use db::{Namespace, Transaction};
use sha2::{Digest, Sha256};
use value::{DocumentId, Value};

use super::tables::{self, CHUNKS};

/// Bytes of one row's piece, well below the size limit of a document.
const CHUNK_BYTES: usize = 512 << 10;

/// A module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    pub source: String,
    pub source_map: Option<String>,
}

impl SourceText {
    /// The hash by which the CLI tells whether a module changed.
    ///
    /// Source: deploy-api 4.5.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.source.as_bytes());
        hasher.update(self.source_map.as_deref().unwrap_or_default().as_bytes());
        hex::encode(hasher.finalize())
    }

    /// Bytes of source and map.
    pub fn size(&self) -> usize {
        self.source.len() + self.source_map.as_ref().map_or(0, String::len)
    }

    /// The form the JavaScript engine compiles.
    pub fn into_module(self, path: &str) -> js::ModuleSource {
        js::ModuleSource { path: path.to_owned(), source: self.source, source_map: self.source_map }
    }

    /// The form the pool of Node.js processes writes to disk.
    pub fn into_node_module(self, path: &str) -> node::ModuleSource {
        node::ModuleSource { path: path.to_owned(), source: self.source, source_map: self.source_map }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size() + 5);
        bytes.extend_from_slice(&(self.source.len() as u32).to_le_bytes());
        bytes.push(u8::from(self.source_map.is_some()));
        bytes.extend_from_slice(self.source.as_bytes());
        bytes.extend_from_slice(self.source_map.as_deref().unwrap_or_default().as_bytes());
        bytes
    }

    fn decode(bytes: Vec<u8>) -> Option<SourceText> {
        let (head, body) = bytes.split_at_checked(5)?;
        let length = u32::from_le_bytes(head[..4].try_into().ok()?) as usize;
        let (source, map) = body.split_at_checked(length)?;
        let source_map = match head[4] {
            0 => None,
            _ => Some(String::from_utf8(map.to_vec()).ok()?),
        };
        Some(SourceText { source: String::from_utf8(source.to_vec()).ok()?, source_map })
    }
}

/// Why stored bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("the stored source is damaged")]
    Damaged,
}

/// Stores `text`; returns the rows in order.
pub(crate) fn write(tx: &mut Transaction, text: &SourceText) -> Result<Vec<DocumentId>, db::Error> {
    write_bytes(tx, &text.encode())
}

/// Reads what [`write`] stored.
pub(crate) fn read(tx: &mut Transaction, chunks: &[DocumentId]) -> Result<SourceText, ReadError> {
    SourceText::decode(read_bytes(tx, chunks)?).ok_or(ReadError::Damaged)
}

/// Stores a byte string of any length.
pub(crate) fn write_bytes(tx: &mut Transaction, bytes: &[u8]) -> Result<Vec<DocumentId>, db::Error> {
    bytes
        .chunks(CHUNK_BYTES)
        .map(|piece| tx.insert(Namespace::ROOT, CHUNKS, tables::object([("data", Value::Bytes(piece.to_vec()))])))
        .collect()
}

/// Reads what [`write_bytes`] stored.
pub(crate) fn read_bytes(tx: &mut Transaction, chunks: &[DocumentId]) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    for id in chunks {
        let row = tx.get(Namespace::ROOT, *id)?.ok_or(ReadError::Damaged)?;
        match row.value.get("data") {
            Some(Value::Bytes(piece)) => bytes.extend_from_slice(piece),
            _ => return Err(ReadError::Damaged),
        }
    }
    Ok(bytes)
}

/// Deletes rows that nothing refers to any more.
pub(crate) fn delete(tx: &mut Transaction, chunks: &[DocumentId]) -> Result<(), db::Error> {
    for id in chunks {
        if tx.get(Namespace::ROOT, *id)?.is_some() {
            tx.delete(Namespace::ROOT, *id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_with_or_without_a_map_survives_encoding() {
        for source_map in [None, Some(String::new()), Some("{}".to_owned())] {
            let text = SourceText { source: "export default 1;é".into(), source_map };
            assert_eq!(SourceText::decode(text.encode()), Some(text));
        }
    }

    #[test]
    fn damaged_bytes_are_refused() {
        assert_eq!(SourceText::decode(vec![9, 0, 0, 0, 0, b'x']), None);
        assert_eq!(SourceText::decode(vec![1, 0]), None);
    }

    #[test]
    fn the_hash_covers_source_and_map() {
        let text = SourceText { source: "ab".into(), source_map: Some("c".into()) };
        let joined = SourceText { source: "abc".into(), source_map: None };
        assert_eq!(text.hash(), joined.hash());
        assert_eq!(text.hash(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
