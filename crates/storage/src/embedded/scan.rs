//! Scanning a range: a merge of what `current` holds with the keys that changed since.
//!
//! `current` gives every row that has not changed since `at`. Rows that did change are looked up in
//! `history`; which keys those are comes from the recent writes or, further back, from `history`.

use std::cmp;
use std::iter::Peekable;

use bytes::Bytes;
use fjall::{Guard, Readable, Snapshot, UserKey, UserValue};
use value::Timestamp;

use crate::embedded::history::HistoryKeys;
use crate::embedded::keyspaces::{CURRENT, decode, read_error};
use crate::embedded::{FjallEngine, history};
use crate::engine::{Order, Page, Scan, Version};
use crate::error::ReadError;

type Rows = Box<dyn Iterator<Item = Result<(UserKey, UserValue), ReadError>>>;
type ChangedKeys = Box<dyn Iterator<Item = Result<Bytes, ReadError>>>;

impl FjallEngine {
    pub(super) fn scan_range(&self, scan: &Scan, at: Timestamp) -> Result<Page, ReadError> {
        let mut page = Page::default();
        if scan.start >= scan.end {
            return Ok(page);
        }
        let snapshot = self.keyspaces.database.snapshot();
        let mut merge = Merge {
            order: scan.order,
            rows: self.current_rows(&snapshot, scan).peekable(),
            changed: self.changed_keys(&snapshot, scan, at).peekable(),
        };
        while let Some((key, record)) = merge.next()? {
            let version = match record {
                Some(record) => self.row_at(&snapshot, &key, &record, at)?,
                None => history::version_at(&snapshot, &self.keyspaces.history, &key, at)?,
            };
            let Some(version) = version else { continue };
            if page.rows.len() == scan.limit {
                page.more = true;
                break;
            }
            page.rows.push((key, version));
        }
        Ok(page)
    }

    fn current_rows(&self, snapshot: &Snapshot, scan: &Scan) -> Rows {
        let start = scan.start.clone();
        let load = move |guard: Guard| guard.into_inner().map_err(read_error(CURRENT, &start));
        let range = snapshot.range(&self.keyspaces.current, &scan.start[..]..&scan.end[..]);
        match scan.order {
            Order::Ascending => Box::new(range.map(load)),
            Order::Descending => Box::new(range.rev().map(load)),
        }
    }

    /// Returns keys in scan order, among them every one written past `at` that `snapshot` can see.
    fn changed_keys(&self, snapshot: &Snapshot, scan: &Scan, at: Timestamp) -> ChangedKeys {
        // Asked after the snapshot was taken, so nothing that it shows can be missed.
        if self.head.is_newest(at) {
            return Box::new(std::iter::empty());
        }
        let Some(recent) = self.recent.read().changed_within(scan, at) else {
            return Box::new(HistoryKeys::new(snapshot, &self.keyspaces.history, scan));
        };
        match scan.order {
            Order::Ascending => Box::new(recent.into_iter().map(Ok)),
            Order::Descending => Box::new(recent.into_iter().rev().map(Ok)),
        }
    }

    fn row_at(
        &self,
        snapshot: &Snapshot,
        key: &[u8],
        record: &UserValue,
        at: Timestamp,
    ) -> Result<Option<Version>, ReadError> {
        let (ts, value) = decode(CURRENT, key, record)?;
        if ts <= at {
            return Ok(Some(Version { ts, value }));
        }
        history::version_at(snapshot, &self.keyspaces.history, key, at)
    }
}

struct Merge {
    order: Order,
    rows: Peekable<Rows>,
    changed: Peekable<ChangedKeys>,
}

impl Merge {
    /// Returns the next key of either side, with its row in `current` if it has one.
    fn next(&mut self) -> Result<Option<(Bytes, Option<UserValue>)>, ReadError> {
        let ordering = match (self.rows.peek(), self.changed.peek()) {
            (None, None) => return Ok(None),
            (Some(_), None) | (Some(Err(_)), _) => cmp::Ordering::Less,
            (None, Some(_)) | (_, Some(Err(_))) => cmp::Ordering::Greater,
            (Some(Ok((row, _))), Some(Ok(changed))) => match self.order {
                Order::Ascending => row[..].cmp(&changed[..]),
                Order::Descending => changed[..].cmp(&row[..]),
            },
        };
        if ordering == cmp::Ordering::Greater {
            let key = self.changed.next().transpose()?;
            return Ok(key.map(|key| (key, None)));
        }
        if ordering == cmp::Ordering::Equal {
            self.changed.next().transpose()?;
        }
        let row = self.rows.next().transpose()?;
        Ok(row.map(|(key, record)| (Bytes::copy_from_slice(&key), Some(record))))
    }
}
