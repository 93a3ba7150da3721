//! The newest writes, kept in memory as `(ts, key)`, to answer "what changed since?".
//!
//! A read a little behind the newest commit would otherwise have to walk the history of its whole
//! range. Bounded by count and bytes; older questions are answered with "unknown".

use std::collections::VecDeque;

use bytes::Bytes;
use value::Timestamp;

use crate::engine::{Commit, Scan};
use crate::limits::{RECENT_KEY_BYTES_MAX, RECENT_WRITES_MAX};

pub(super) struct RecentWrites {
    /// Ascending by timestamp.
    writes: VecDeque<(Timestamp, Bytes)>,
    key_bytes: usize,
    /// Every write past this timestamp is in `writes`.
    since: Timestamp,
}

impl RecentWrites {
    pub(super) fn since(ts: Timestamp) -> RecentWrites {
        RecentWrites { writes: VecDeque::new(), key_bytes: 0, since: ts }
    }

    pub(super) fn extend(&mut self, commits: &[Commit]) {
        for commit in commits {
            for write in &commit.writes {
                self.key_bytes += write.key.len();
                self.writes.push_back((commit.ts, write.key.clone()));
            }
        }
        while self.writes.len() > RECENT_WRITES_MAX || self.key_bytes > RECENT_KEY_BYTES_MAX {
            let Some((ts, key)) = self.writes.pop_front() else {
                return;
            };
            self.key_bytes -= key.len();
            self.since = ts;
        }
    }

    /// Whether `key` was written past `ts`; `None` when that is too long ago to know.
    pub(super) fn changed(&self, key: &[u8], ts: Timestamp) -> Option<bool> {
        Some(self.past(ts)?.any(|written| written == key))
    }

    /// Returns the keys of the range written past `ts`, ascending; `None` when too long ago to know.
    pub(super) fn changed_within(&self, scan: &Scan, ts: Timestamp) -> Option<Vec<Bytes>> {
        let inside = |key: &&Bytes| **key >= scan.start && **key < scan.end;
        let mut keys: Vec<Bytes> = self.past(ts)?.filter(inside).cloned().collect();
        keys.sort_unstable();
        keys.dedup();
        Some(keys)
    }

    fn past(&self, ts: Timestamp) -> Option<impl Iterator<Item = &Bytes>> {
        let newest_first = self.writes.iter().rev();
        (ts >= self.since).then(|| newest_first.take_while(move |(at, _)| *at > ts).map(|(_, key)| key))
    }
}

#[cfg(test)]
mod tests;
