//! Reading the database as of a timestamp: single documents through the cache, rows through overlay and store.

use std::sync::Arc;

use bytes::Bytes;
use storage::{Order, Scan, Version};
use value::Timestamp;

use crate::{
    cache::Seen,
    catalog::Table,
    database::Shared,
    document::Document,
    error::Error,
    keys::{DocKey, Interval},
    overlay::{OverlayRange, RowChange},
};
/// A point in the history, and whether it may lie beyond what is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub at: Timestamp,
    pub validated: bool,
}

/// A stored row; documents that only the overlay knows come without their bytes.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: Bytes,
    pub stored: Option<Version>,
}

impl Row {
    /// Returns the row's content if it is surely what the snapshot holds.
    ///
    /// A validated snapshot may be ahead of what the store held when it was scanned. Then the document is read on its
    /// own: what the cache has evicted by now, the store has.
    pub fn stored_at(&self, snapshot: Snapshot) -> Option<&Version> {
        self.stored.as_ref().filter(|_| !snapshot.validated)
    }
}

/// Rows of a scan, and whether the interval holds more past `covered_to`.
#[derive(Debug, Default)]
pub struct RowPage {
    pub rows: Vec<Row>,
    /// The last key looked at when the interval is not exhausted.
    pub covered_to: Option<Bytes>,
}

impl Shared {
    /// Returns what a document is at a snapshot.
    pub fn read_document(&self, table: &Table, key: DocKey, snapshot: Snapshot) -> Result<Seen, Error> {
        if let Some(seen) = self.cache.get(&key, snapshot.at) {
            return Ok(seen);
        }
        let stored = self.engine.get(&key.storage_key(), snapshot.at).map_err(read_error)?;
        self.decode_and_fill(table, key, stored.as_ref(), snapshot)
    }

    /// Decodes what the store holds and remembers it.
    pub fn decode_and_fill(
        &self,
        table: &Table,
        key: DocKey,
        stored: Option<&Version>,
        snapshot: Snapshot,
    ) -> Result<Seen, Error> {
        let decode = |version: &Version| Document::decode(table.number, key.internal, version).map(Arc::new);
        let seen = Seen {
            // A missing document may have existed before; all that is known is that it does not now.
            since: stored.map_or(snapshot.at, |version| version.ts),
            document: stored.map(decode).transpose()?,
        };
        self.cache.fill(key, &seen, snapshot.at, self.durable());
        Ok(seen)
    }

    /// Returns the document of a scanned row for a pass over a whole table, which should not flush the cache.
    pub fn read_scanned(
        &self,
        table: &Table,
        key: DocKey,
        row: &Row,
        snapshot: Snapshot,
    ) -> Result<Option<Arc<Document>>, Error> {
        if let Some(seen) = self.cache.get(&key, snapshot.at) {
            return Ok(seen.document);
        }
        match row.stored_at(snapshot) {
            Some(stored) => Ok(Some(Arc::new(Document::decode(table.number, key.internal, stored)?))),
            None => Ok(self.read_document(table, key, snapshot)?.document),
        }
    }

    /// Returns rows of an interval, around `limit` of them; none with `covered_to` set is possible.
    pub fn read_rows(
        &self,
        interval: &Interval,
        order: Order,
        limit: usize,
        snapshot: Snapshot,
    ) -> Result<RowPage, Error> {
        let overlay = match snapshot.validated {
            true => self.overlay.range(interval, order, snapshot.at, limit + 64),
            false => OverlayRange::default(),
        };
        let scan = Scan { start: interval.start.clone(), end: interval.end.clone(), order, limit };
        let page = self.engine.scan(&scan, snapshot.at).map_err(read_error)?;
        let store_covers = if page.more { page.rows.last().map(|(key, _)| key.clone()) } else { None };
        let rows = page.rows.into_iter().map(|(key, version)| Row { key, stored: Some(version) });
        if overlay.rows.is_empty() {
            return Ok(RowPage { rows: rows.collect(), covered_to: store_covers });
        }
        let overlay_covers = if overlay.more { overlay.rows.last().map(|(key, _)| key.clone()) } else { None };
        let covered_to = nearer(store_covers, overlay_covers, order);
        let covered = |key: &Bytes| covered_to.as_ref().is_none_or(|end| !goes_after(key, end, order));
        let overlay = overlay.rows.into_iter().filter(|(key, _)| covered(key));
        let merged = merge(rows.filter(|row| covered(&row.key)), overlay, order);
        Ok(RowPage { rows: merged, covered_to })
    }
}

/// Merges stored rows with newer changes of them; both in scan order.
fn merge(
    stored: impl Iterator<Item = Row>,
    changes: impl Iterator<Item = (Bytes, RowChange)>,
    order: Order,
) -> Vec<Row> {
    let mut merged = Vec::new();
    let mut stored = stored.peekable();
    for (key, change) in changes {
        while let Some(row) = stored.next_if(|row| row.key != key && !goes_after(&row.key, &key, order)) {
            merged.push(row);
        }
        // The stored row, if there is one too, is what the change made or an older version of it.
        let same = stored.next_if(|row| row.key == key);
        if change == RowChange::Put {
            let stored = same.and_then(|row| row.stored);
            merged.push(Row { key, stored });
        }
    }
    merged.extend(stored);
    merged
}

/// Returns whether a scan in this order meets `key` after `other`.
pub fn goes_after(key: &[u8], other: &[u8], order: Order) -> bool {
    match order {
        Order::Ascending => key > other,
        Order::Descending => key < other,
    }
}

/// Returns the bound a scan meets first; `None` is the end of the interval.
fn nearer(a: Option<Bytes>, b: Option<Bytes>, order: Order) -> Option<Bytes> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if goes_after(&a, &b, order) { b } else { a }),
        (a, b) => a.or(b),
    }
}

pub fn read_error(error: storage::ReadError) -> Error {
    match error {
        storage::ReadError::SnapshotExpired { .. } => Error::OutOfRetention,
        other => Error::Storage(other),
    }
}
