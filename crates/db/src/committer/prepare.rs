//! From buffered writes to what a commit stores, shows and touches.

use std::sync::Arc;

use bytes::Bytes;
use storage::Write;
use value::{InternalId, Timestamp, Value};

use crate::{
    cache::{DocumentCache, Seen},
    catalog::{Change, DATABASE, Table},
    derived::{self, change_of},
    document::Document,
    keys::{DocKey, IndexId, index_key},
    overlay::RowChange,
    schema::FieldPath,
    transaction::{Transaction, writes::WriteEntry},
};

/// A commit without its timestamp.
#[derive(Default)]
pub struct Prepared {
    pub writes: Vec<Write>,
    /// Rows that appear or go, for the overlay.
    pub rows: Vec<(Bytes, RowChange)>,
    /// Documents written.
    pub documents: Vec<DocKey>,
    /// Index keys they had and have.
    pub keys: Vec<Bytes>,
    /// What changes in search and vector indexes.
    pub derived: Vec<derived::Change>,
    pub versions: Vec<NewVersion>,
    pub catalog_changes: Vec<Change>,
    /// Bytes of keys and values.
    pub bytes: usize,
}

/// A version for the cache.
pub struct NewVersion {
    key: DocKey,
    before: Seen,
    after: Option<Arc<Document>>,
}

impl NewVersion {
    pub fn push(self, cache: &DocumentCache, ts: Timestamp, durable: Timestamp) {
        cache.push(self.key, Some(self.before), Seen { since: ts, document: self.after }, durable);
    }
}

impl Prepared {
    /// Prepares a transaction's writes. `ts` resolves commit timestamps, and is needed only if there are any.
    pub fn of(tx: &Transaction, ts: Option<Timestamp>) -> Prepared {
        let mut prepared = Prepared::default();
        for (key, entry) in tx.writes.iter() {
            if entry.is_void() {
                continue;
            }
            let after = match ts {
                Some(ts) => entry.after.as_ref().map(|document| resolve(document, ts)),
                None => entry.after.clone(),
            };
            // A table dropped by this transaction has no indexes left to keep.
            let table = tx.catalog().tablet(key.tablet);
            prepared.add(*key, entry, after, table.map(|table| &**table));
        }
        for (key, internal) in &tx.writes.raw_rows {
            match internal {
                Some(internal) => prepared.put_row(key.clone(), *internal),
                None => prepared.remove_row(key.clone()),
            }
        }
        prepared
    }

    fn add(&mut self, key: DocKey, entry: &WriteEntry, after: Option<Arc<Document>>, table: Option<&Table>) {
        let before = entry.before.document.as_ref();
        let storage_key = key.storage_key();
        let value = after.as_ref().map(|document| Bytes::from(document.encode()));
        self.bytes += storage_key.len() + value.as_ref().map_or(0, Bytes::len);
        match (before.is_some(), after.is_some()) {
            (false, true) => self.rows.push((storage_key.clone(), RowChange::Put)),
            (true, false) => self.rows.push((storage_key.clone(), RowChange::Removed)),
            _ => {}
        }
        self.writes.push(Write { key: storage_key, value });
        self.documents.push(key);
        if let Some(table) = table {
            self.add_index(table.by_creation_time(), &[], before, after.as_ref(), key.internal);
            for index in &table.indexes {
                self.add_index(index.id, &index.fields, before, after.as_ref(), key.internal);
            }
            let (before, after) = (before.map(|document| &**document), after.as_deref());
            let changes = table.derived.iter().filter_map(|index| change_of(index, key.internal, before, after));
            self.derived.extend(changes);
        }
        if key.tablet <= DATABASE {
            self.catalog_changes.push((key, after.clone()));
        }
        self.versions.push(NewVersion { key, before: entry.before.clone(), after });
    }

    fn add_index(
        &mut self,
        index: IndexId,
        fields: &[FieldPath],
        before: Option<&Arc<Document>>,
        after: Option<&Arc<Document>>,
        internal: InternalId,
    ) {
        let key = |document: &Arc<Document>| index_key(index, fields, &document.value, internal);
        let (old, new) = (before.map(key), after.map(key));
        if old == new {
            self.keys.extend(new);
            return;
        }
        if let Some(old) = old {
            self.keys.push(old.clone());
            self.remove_row(old);
        }
        if let Some(new) = new {
            self.keys.push(new.clone());
            self.put_row(new, internal);
        }
    }

    fn remove_row(&mut self, key: Bytes) {
        self.bytes += key.len();
        self.writes.push(Write { key: key.clone(), value: None });
        self.rows.push((key, RowChange::Removed));
    }

    fn put_row(&mut self, key: Bytes, internal: InternalId) {
        self.bytes += key.len() + internal.0.len();
        self.writes.push(Write { key: key.clone(), value: Some(Bytes::copy_from_slice(&internal.0)) });
        self.rows.push((key, RowChange::Put));
    }
}

fn resolve(document: &Arc<Document>, ts: Timestamp) -> Arc<Document> {
    if !document.value.values().any(Value::has_commit_ts) {
        return document.clone();
    }
    let mut document = Document::clone(document);
    document.value.values_mut().for_each(|value| value.resolve_commit_ts(ts));
    Arc::new(document)
}
