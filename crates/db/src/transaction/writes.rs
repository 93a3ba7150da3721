//! The buffered writes of a transaction, in the shapes its own reads need, and savepoints over them.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use value::{InternalId, Object, Value};

use super::Transaction;
use crate::{
    cache::Seen,
    catalog::{Catalog, DATABASE, DerivedIndex, Table},
    derived::OwnTexts,
    document::Document,
    error::Error,
    keys::{DocKey, IndexId, Space, TabletId, index_key},
    schema::FieldPath,
};

/// A document this transaction wrote.
#[derive(Clone, Debug)]
pub struct WriteEntry {
    /// What the snapshot holds.
    pub before: Seen,
    pub after: Option<Arc<Document>>,
}

impl WriteEntry {
    /// Returns whether nothing changed in the end.
    pub fn is_void(&self) -> bool {
        match (&self.before.document, &self.after) {
            (None, None) => true,
            (Some(before), Some(after)) => {
                Arc::ptr_eq(before, after) || (before == after && is_same(&before.value, &after.value))
            }
            _ => false,
        }
    }
}

/// Whether the content of two documents is the same. A commit timestamp that is still to come sorts like the largest
/// integer, but it is not that integer.
pub fn is_same(left: &Object, right: &Object) -> bool {
    let is_open = |object: &Object| object.values().any(Value::has_commit_ts);
    left == right && !is_open(left) && !is_open(right)
}

#[derive(Default)]
pub struct Writes {
    map: FxHashMap<DocKey, WriteEntry>,
    table_names: FxHashMap<TabletId, String>,
    /// Where the written documents of an index stand now; only for what was scanned.
    rows: FxHashMap<Space, OwnRows>,
    /// The written documents as text indexes see them; only for what was searched.
    texts: FxHashMap<IndexId, (TabletId, OwnTexts)>,
    /// How to undo, newest last; kept from the first savepoint on.
    undo: Option<Vec<(DocKey, Option<WriteEntry>)>>,
    /// Rows put or removed apart from any document: indexes being filled, tables being purged.
    pub raw_rows: Vec<(Bytes, Option<InternalId>)>,
    /// Whether a commit timestamp has to be filled in.
    pub has_commit_ts: bool,
}

/// The rows own writes have in one index.
struct OwnRows {
    tablet: TabletId,
    /// Empty for the index by creation time.
    fields: Vec<FieldPath>,
    by_key: BTreeMap<Bytes, InternalId>,
}

/// A point inside a transaction that its writes can be undone to.
#[derive(Debug)]
pub struct Savepoint {
    undo_length: usize,
    catalog: Arc<Catalog>,
}

impl Writes {
    pub fn is_empty(&self) -> bool {
        self.map.values().all(WriteEntry::is_void) && self.raw_rows.is_empty()
    }

    pub fn get(&self, key: &DocKey) -> Option<&WriteEntry> {
        self.map.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&DocKey, &WriteEntry)> {
        self.map.iter()
    }

    /// Returns the name of some table that was written.
    pub fn first_table(&self) -> Option<String> {
        self.map.keys().find_map(|key| self.table_names.get(&key.tablet).cloned())
    }

    pub fn touches(&self, tablet: TabletId) -> bool {
        self.table_names.contains_key(&tablet)
    }

    /// Returns the rows own writes have in an index, in order.
    pub fn rows(&mut self, space: Space, tablet: TabletId, fields: &[FieldPath]) -> &BTreeMap<Bytes, InternalId> {
        let map = &self.map;
        let own = self.rows.entry(space).or_insert_with(|| {
            let mut own = OwnRows { tablet, fields: fields.to_vec(), by_key: BTreeMap::new() };
            let written = map.iter().filter(|(key, _)| key.tablet == tablet);
            written.for_each(|(key, entry)| own.replace(space, *key, None, entry.after.as_deref()));
            own
        });
        &own.by_key
    }

    /// Returns what own writes are to a text index.
    pub fn texts(&mut self, index: &Arc<DerivedIndex>, tablet: TabletId) -> &OwnTexts {
        let map = &self.map;
        let (_, own) = self.texts.entry(index.id).or_insert_with(|| {
            let mut own = OwnTexts::new(index);
            let written = map.iter().filter(|(key, _)| key.tablet == tablet);
            written.for_each(|(key, entry)| own.set(key.internal, Some(entry.after.as_deref())));
            (tablet, own)
        });
        own
    }

    fn set(&mut self, key: DocKey, entry: Option<WriteEntry>) {
        let new = entry.as_ref().and_then(|entry| entry.after.clone());
        let old = match entry {
            Some(entry) => self.map.insert(key, entry),
            None => self.map.remove(&key),
        };
        let old_document = old.as_ref().and_then(|entry| entry.after.as_deref());
        for (space, own) in self.rows.iter_mut().filter(|(_, own)| own.tablet == key.tablet) {
            own.replace(*space, key, old_document, new.as_deref());
        }
        if !self.texts.is_empty() {
            let after = self.map.get(&key).map(|entry| entry.after.as_deref());
            let own = self.texts.values_mut().filter(|(tablet, _)| *tablet == key.tablet);
            own.for_each(|(_, own)| own.set(key.internal, after));
        }
        if let Some(undo) = &mut self.undo {
            undo.push((key, old));
        }
    }
}

impl OwnRows {
    fn replace(&mut self, space: Space, key: DocKey, old: Option<&Document>, new: Option<&Document>) {
        let row_key = |document: &Document| match space {
            Space::Documents(_) => key.storage_key(),
            Space::Index(index) => index_key(index, &self.fields, &document.value, key.internal),
        };
        let (old, new) = (old.map(row_key), new.map(row_key));
        if let Some(old) = old {
            self.by_key.remove(&old);
        }
        if let Some(new) = new {
            self.by_key.insert(new, key.internal);
        }
    }
}

impl Transaction {
    /// Marks a point its writes can be undone to.
    pub fn savepoint(&mut self) -> Savepoint {
        let undo = self.writes.undo.get_or_insert_default();
        Savepoint { undo_length: undo.len(), catalog: self.catalog.clone() }
    }

    /// Undoes the writes since a savepoint. What was read meanwhile stays recorded.
    pub fn rollback_to(&mut self, savepoint: Savepoint) {
        let Some(mut undo) = self.writes.undo.take() else {
            return;
        };
        while undo.len() > savepoint.undo_length {
            let (key, entry) = undo.pop().expect("it is longer than the savepoint");
            self.writes.set(key, entry);
        }
        self.writes.undo = Some(undo);
        self.catalog = savepoint.catalog;
    }

    /// Buffers a write of a document whose current content the caller has recorded as read, or knows to be new.
    pub(crate) fn put(
        &mut self,
        table: &Table,
        internal: InternalId,
        after: Option<Arc<Document>>,
    ) -> Result<(), Error> {
        let key = DocKey::new(table.tablet, internal);
        let before = match self.writes.get(&key) {
            Some(entry) => entry.before.clone(),
            None => self.peek_base(table, key)?,
        };
        self.put_over(table, key, before, after)
    }

    /// As `put`, when what the snapshot holds is known.
    pub(crate) fn put_over(
        &mut self,
        table: &Table,
        key: DocKey,
        before: Seen,
        after: Option<Arc<Document>>,
    ) -> Result<(), Error> {
        if !self.writes.table_names.contains_key(&table.tablet) {
            // Whoever adds or drops an index, or changes the schema, conflicts with everybody who writes the table.
            self.reads.points.insert(table.dep);
            self.reads.points.insert(crate::catalog::deps::Dep::Schema(table.ns).key());
            self.writes.table_names.insert(table.tablet, table.name.clone());
        }
        if key.tablet <= DATABASE {
            let change = [(key, after.clone())];
            if let Some(catalog) = self.catalog.apply(&change).map_err(Error::Corrupt)? {
                self.catalog = Arc::new(catalog);
            }
        }
        self.writes.set(key, Some(WriteEntry { before, after }));
        Ok(())
    }
}
