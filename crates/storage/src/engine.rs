//! The `Engine` trait and the types that cross it.
//!
//! Invariants every engine keeps: timestamps in the log strictly ascend; a read at `ts` sees exactly
//! the commits with a timestamp up to `ts`; what `append` acknowledged survives a crash.

use bytes::Bytes;
use value::Timestamp;

use crate::error::{AppendError, ReadError};
use crate::limits::KEY_BYTES_MAX;

/// A stored key: opaque bytes, ordered as unsigned bytes, at most `KEY_BYTES_MAX` long.
pub type Key = Bytes;

/// One change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub key: Bytes,
    /// The new value; `None` deletes the key.
    pub value: Option<Bytes>,
}

/// The writes that became visible together at `ts`. Of two writes to one key, the later wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub ts: Timestamp,
    pub writes: Vec<Write>,
}

/// A value and the timestamp of the commit that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub ts: Timestamp,
    pub value: Bytes,
}

/// Direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// A range of keys to read, in one direction, up to `limit` rows.
#[derive(Clone, Debug)]
pub struct Scan {
    /// First key of the range, inclusive.
    pub start: Bytes,
    /// End of the range, exclusive.
    pub end: Bytes,
    pub order: Order,
    /// Most rows to return. Count.
    pub limit: usize,
}

/// The rows of one scan, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<(Bytes, Version)>,
    /// Whether the range holds further rows past the last one.
    pub more: bool,
}

/// What one `trim` did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrimReport {
    /// Commits taken out of the log. Count.
    pub commits: usize,
    /// Replaced or deleted versions removed. Count.
    pub versions: usize,
    /// Whether everything up to the asked timestamp is gone; otherwise call again.
    pub done: bool,
}

/// A versioned, ordered key-value store with a commit log.
pub trait Engine: Send + Sync + 'static {
    /// Appends `commits` to the log and applies them, with one durable sync for the whole slice.
    ///
    /// Shape: `commits` ascend by timestamp, all of them past `expected`; all become visible or none.
    /// Errors: `HeadMoved` when `expected` is not the newest timestamp of the log; `KeyTooLong` before
    /// anything is written; `Refused` when this or an earlier write or sync failed, until reopened.
    fn append(&self, expected: Timestamp, commits: &[Commit]) -> Result<(), AppendError>;

    /// Returns the newest timestamp of the log, `Timestamp::ZERO` when nothing was ever appended.
    fn latest(&self) -> Timestamp;

    /// Returns the oldest timestamp that can still be read.
    fn oldest_readable(&self) -> Timestamp;

    /// Returns the version of `key` visible at `at`.
    ///
    /// Errors: `SnapshotExpired` when `at` is older than the oldest readable timestamp; `Corrupt` when
    /// the stored record does not match its checksum.
    fn get(&self, key: &[u8], at: Timestamp) -> Result<Option<Version>, ReadError>;

    /// Returns the rows of a range visible at `at`, at most `scan.limit`, in the order asked.
    ///
    /// Errors: as `get`.
    fn scan(&self, scan: &Scan, at: Timestamp) -> Result<Page, ReadError>;

    /// Returns the commits with a timestamp past `after`, ascending, at most `limit`.
    ///
    /// Shape: each key appears once per commit, in no particular order.
    /// Errors: `SnapshotExpired` when commits past `after` have been trimmed.
    fn tail(&self, after: Timestamp, limit: usize) -> Result<Vec<Commit>, ReadError>;

    /// Forgets the past before `before`: versions nobody can read any more, and their log entries.
    ///
    /// Shape: looks at about `budget` writes and at least one commit, so call until `done`. Reads at
    /// or after `before` stay exact. `before` beyond the newest commit means the newest commit.
    fn trim(&self, before: Timestamp, budget: usize) -> Result<TrimReport, AppendError>;

    /// Returns the bytes the engine takes on disk; zero if it does not know.
    fn disk_bytes(&self) -> u64 {
        0
    }

    /// Hands buffered memory back and makes the next open quick; for quiet moments and shutdown.
    ///
    /// `trim` does the same by itself when nothing was appended since the trim before it.
    fn settle(&self) -> Result<(), AppendError> {
        Ok(())
    }
}

/// Checks what every engine checks before it writes; a commit out of order is a bug of the caller.
pub(crate) fn check_append(latest: Timestamp, expected: Timestamp, commits: &[Commit]) -> Result<(), AppendError> {
    if latest != expected {
        return Err(AppendError::HeadMoved { expected, latest });
    }
    let mut newest = latest;
    for commit in commits {
        assert!(commit.ts > newest, "commits must ascend: {:?} after {newest:?}", commit.ts);
        newest = commit.ts;
        if let Some(write) = commit.writes.iter().find(|write| write.key.len() > KEY_BYTES_MAX) {
            return Err(AppendError::KeyTooLong { bytes: write.key.len(), max: KEY_BYTES_MAX });
        }
    }
    Ok(())
}
