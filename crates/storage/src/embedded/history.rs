//! Walking the `history` tree: the version of one key at a time, and the keys that have any history.

use std::ops::Bound::{Excluded, Included};

use bytes::Bytes;
use fjall::{Guard, Keyspace, Readable, Snapshot};
use value::Timestamp;

use crate::embedded::keys;
use crate::embedded::keyspaces::{HISTORY, corrupt, decode, read_error};
use crate::engine::{Order, Scan, Version};
use crate::error::ReadError;
use crate::limits::HISTORY_STEPS_MAX;

/// Returns the version of `key` that was replaced or deleted after `at` and existed at it.
pub(super) fn version_at(
    snapshot: &Snapshot,
    history: &Keyspace,
    key: &[u8],
    at: Timestamp,
) -> Result<Option<Version>, ReadError> {
    // The version visible at `at` is the first one superseded later, unless it is younger than `at`.
    let first = keys::history_key(key, at);
    let last = keys::history_key(key, Timestamp(u64::MAX));
    let mut range = snapshot.range(history, (Excluded(first), Included(last)));
    let Some(guard) = range.next() else {
        return Ok(None);
    };
    let (_, record) = guard.into_inner().map_err(read_error(HISTORY, key))?;
    let (ts, value) = decode(HISTORY, key, &record)?;
    Ok((ts <= at).then_some(Version { ts, value }))
}

/// The keys of a range that have history, each once, in the order of the scan.
///
/// A key replaced thousands of times is stepped over with one seek.
pub(super) struct HistoryKeys {
    snapshot: Snapshot,
    history: Keyspace,
    order: Order,
    /// What is left: from here, inclusive, …
    lower: Vec<u8>,
    /// … to here, exclusive.
    upper: Vec<u8>,
    entries: Box<dyn Iterator<Item = Guard>>,
    last_escaped: Option<Vec<u8>>,
}

impl HistoryKeys {
    pub(super) fn new(snapshot: &Snapshot, history: &Keyspace, scan: &Scan) -> HistoryKeys {
        let lower = keys::escape(&scan.start);
        let upper = keys::escape(&scan.end);
        HistoryKeys {
            entries: entries(snapshot, history, scan.order, &lower, &upper),
            snapshot: snapshot.clone(),
            history: history.clone(),
            order: scan.order,
            lower,
            upper,
            last_escaped: None,
        }
    }

    fn next_key(&mut self) -> Result<Option<Bytes>, ReadError> {
        let mut steps = 0;
        while let Some(guard) = self.entries.next() {
            let entry = guard.key().map_err(read_error(HISTORY, &self.lower))?;
            let escaped = keys::escaped_part(&entry).ok_or_else(|| corrupt(HISTORY, &entry))?;
            if self.last_escaped.as_deref() != Some(escaped) {
                let key = keys::unescape(escaped).ok_or_else(|| corrupt(HISTORY, &entry))?;
                self.last_escaped = Some(escaped.to_owned());
                return Ok(Some(key.into()));
            }
            steps += 1;
            if steps == HISTORY_STEPS_MAX {
                self.seek_past(escaped);
            }
        }
        Ok(None)
    }

    fn seek_past(&mut self, escaped: &[u8]) {
        match self.order {
            // Superseded timestamps never reach the largest one, and start after zero.
            Order::Ascending => self.lower = [escaped, &[0xFF; 8]].concat(),
            Order::Descending => self.upper = [escaped, &[0; 8]].concat(),
        }
        self.entries = entries(&self.snapshot, &self.history, self.order, &self.lower, &self.upper);
    }
}

impl Iterator for HistoryKeys {
    type Item = Result<Bytes, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_key().transpose()
    }
}

fn entries(
    snapshot: &Snapshot,
    history: &Keyspace,
    order: Order,
    lower: &[u8],
    upper: &[u8],
) -> Box<dyn Iterator<Item = Guard>> {
    if lower >= upper {
        return Box::new(std::iter::empty());
    }
    let range = snapshot.range::<&[u8], _>(history, (Included(lower), Excluded(upper)));
    match order {
        Order::Ascending => Box::new(range),
        Order::Descending => Box::new(range.rev()),
    }
}
