//! Rows that are validated but perhaps not durable yet, in key order.
//!
//! Holds what scans need: index rows, and for scans by id the documents that appeared or went. A committer adds
//! rows before their timestamp can be read; the sync thread removes them after the store has them. Readers look
//! here first and in the store second, so a row that moves in between is seen twice, never missed.

use std::collections::BTreeMap;

use bytes::Bytes;
use parking_lot::RwLock;
use smallvec::SmallVec;
use storage::Order;
use value::Timestamp;

use crate::keys::Interval;

/// Whether a row was put or removed at a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowChange {
    Put,
    Removed,
}

type Changes = SmallVec<[(Timestamp, RowChange); 1]>;

#[derive(Default)]
pub struct Overlay {
    rows: RwLock<BTreeMap<Bytes, Changes>>,
}

/// The rows of one interval, in scan order.
#[derive(Debug, Default)]
pub struct OverlayRange {
    pub rows: Vec<(Bytes, RowChange)>,
    /// Whether the interval holds more than was asked for; then only keys up to the last one are known.
    pub more: bool,
}

impl Overlay {
    pub fn add(&self, ts: Timestamp, rows: &[(Bytes, RowChange)]) {
        if rows.is_empty() {
            return;
        }
        let mut map = self.rows.write();
        for (key, change) in rows {
            map.entry(key.clone()).or_default().push((ts, *change));
        }
    }

    /// Forgets the changes up to `durable` of the given rows; the store has them.
    pub fn remove<'a>(&self, durable: Timestamp, rows: impl Iterator<Item = &'a (Bytes, RowChange)>) {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return;
        }
        let mut map = self.rows.write();
        for (key, _) in rows {
            let Some(changes) = map.get_mut(key) else {
                continue;
            };
            changes.retain(|(ts, _)| *ts > durable);
            if changes.is_empty() {
                map.remove(key);
            }
        }
    }

    /// Returns the newest change at or before `at` of up to `limit` rows of the interval.
    pub fn range(&self, interval: &Interval, order: Order, at: Timestamp, limit: usize) -> OverlayRange {
        let map = self.rows.read();
        if map.is_empty() || interval.is_empty() {
            return OverlayRange::default();
        }
        let rows = map.range::<Bytes, _>(&interval.start..&interval.end);
        match order {
            Order::Ascending => collect(rows, at, limit),
            Order::Descending => collect(rows.rev(), at, limit),
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.rows.read().len()
    }
}

fn collect<'a>(rows: impl Iterator<Item = (&'a Bytes, &'a Changes)>, at: Timestamp, limit: usize) -> OverlayRange {
    let mut visible = rows.filter_map(|(key, changes)| {
        let (_, change) = changes.iter().rev().find(|(ts, _)| *ts <= at)?;
        Some((key.clone(), *change))
    });
    let rows = visible.by_ref().take(limit).collect();
    OverlayRange { rows, more: visible.next().is_some() }
}
