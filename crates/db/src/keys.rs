//! Storage keys: how documents, index rows and catalog facts are named.
//!
//! ```text
//! document    0x01 ‖ tablet (u32, big-endian) ‖ internal id (16 bytes)
//! index row   0x02 ‖ index  (u32, big-endian) ‖ encoded fields ‖ encoded creation time ‖ internal id
//! ```
//! A tablet is the physical identity of a table. The index by creation time has the number of its tablet;
//! tablets and other indexes are numbered from one counter, so no two indexes share a number.

use bytes::Bytes;
use value::{InternalId, Object, Value, encode_key};

use crate::{document::CREATION_TIME, limits::INDEX_KEY_BYTES_MAX, schema::FieldPath};

const DOCUMENTS: u8 = 1;
const INDEX_ROWS: u8 = 2;

/// Bytes in front of what orders the keys of one space.
pub const SPACE_BYTES: usize = 5;

/// The physical identity of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TabletId(pub u32);

/// The physical identity of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexId(pub u32);

/// Names one document, or a fact of the catalog (see `catalog::deps`), as something read and written whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocKey {
    pub tablet: TabletId,
    pub internal: InternalId,
}

impl DocKey {
    pub fn new(tablet: TabletId, internal: InternalId) -> DocKey {
        DocKey { tablet, internal }
    }

    pub fn storage_key(&self) -> Bytes {
        let mut key = [0; SPACE_BYTES + 16];
        key[0] = DOCUMENTS;
        key[1..5].copy_from_slice(&self.tablet.0.to_be_bytes());
        key[5..].copy_from_slice(&self.internal.0);
        Bytes::copy_from_slice(&key)
    }

    /// Reads the storage key of a document; `None` for other keys.
    pub fn parse(key: &[u8]) -> Option<DocKey> {
        let (space, internal) = key.split_at_checked(SPACE_BYTES)?;
        let (DOCUMENTS, Ok(internal)) = (space[0], internal.try_into()) else {
            return None;
        };
        let tablet = u32::from_be_bytes(space[1..5].try_into().expect("a space has five bytes"));
        Some(DocKey::new(TabletId(tablet), InternalId(internal)))
    }
}

/// Keys that share an order: the documents of a tablet, or the rows of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    Documents(TabletId),
    Index(IndexId),
}

impl Space {
    pub fn prefix(self) -> [u8; SPACE_BYTES] {
        let (kind, number) = match self {
            Space::Documents(tablet) => (DOCUMENTS, tablet.0),
            Space::Index(index) => (INDEX_ROWS, index.0),
        };
        let mut prefix = [kind; SPACE_BYTES];
        prefix[1..].copy_from_slice(&number.to_be_bytes());
        prefix
    }

    /// Returns the space a storage key lies in.
    pub fn of(key: &[u8]) -> Option<Space> {
        let number = u32::from_be_bytes(key.get(1..SPACE_BYTES)?.try_into().ok()?);
        match key[0] {
            DOCUMENTS => Some(Space::Documents(TabletId(number))),
            INDEX_ROWS => Some(Space::Index(IndexId(number))),
            _ => None,
        }
    }

    /// Returns the interval of the whole space.
    pub fn whole(self) -> Interval {
        let start = Bytes::copy_from_slice(&self.prefix());
        let end = prefix_end(&start);
        Interval { start, end }
    }
}

/// Keys from `start`, inclusive, to `end`, exclusive; both in one space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    pub start: Bytes,
    pub end: Bytes,
}

impl Interval {
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.start[..] <= *key && *key < self.end[..]
    }
}

/// Returns the smallest key past every key that starts with `prefix`.
pub fn prefix_end(prefix: &[u8]) -> Bytes {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < 0xff {
            *last += 1;
            return Bytes::from(end);
        }
        end.pop();
    }
    unreachable!("a storage key starts with a byte below 0xff")
}

/// Returns the smallest key past `key`.
pub fn key_after(key: &[u8]) -> Bytes {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    Bytes::from(next)
}

/// Returns the key of a document in an index, cut where it would be too long to store.
///
/// A cut key keeps its place among all keys that differ within the cut; ties follow creation time and id.
pub fn index_key(index: IndexId, fields: &[FieldPath], document: &Object, internal: InternalId) -> Bytes {
    let mut key = index_key_exact(index, fields, document);
    let cut = key.len() > INDEX_KEY_BYTES_MAX;
    if cut {
        key.truncate(INDEX_KEY_BYTES_MAX);
        encode_key(&mut key, document.get(CREATION_TIME));
    }
    key.extend_from_slice(&internal.0);
    Bytes::from(key)
}

/// Returns the key up to and including the creation time, however long.
pub fn index_key_exact(index: IndexId, fields: &[FieldPath], document: &Object) -> Vec<u8> {
    let mut key = Vec::with_capacity(SPACE_BYTES + 16 * fields.len() + 32);
    key.extend_from_slice(&Space::Index(index).prefix());
    for field in fields {
        encode_key(&mut key, field.find(document));
    }
    encode_key(&mut key, document.get(CREATION_TIME));
    key
}

/// Cuts an encoded bound as `index_key` cuts keys; returns whether it was too long.
pub fn cut_bound(bound: &mut Vec<u8>) -> bool {
    let cut = bound.len() > INDEX_KEY_BYTES_MAX;
    bound.truncate(INDEX_KEY_BYTES_MAX);
    cut
}

/// Reads the document an index row's key ends with.
pub fn row_internal(key: &[u8]) -> Option<InternalId> {
    let tail = key.len().checked_sub(16)?;
    Some(InternalId(key[tail..].try_into().expect("sixteen bytes were taken")))
}

/// Returns the value at a path, `None` through anything that is not an object.
pub fn find_path<'a>(path: &[String], object: &'a Object) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let mut value = object.get(first)?;
    for segment in rest {
        value = value.as_object()?.get(segment)?;
    }
    Some(value)
}
