//! The four fjall trees, how each is tuned, and how fjall's errors become ours.

use std::io;
use std::path::Path;

use bytes::Bytes;
use fjall::config::FilterPolicy;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, UserValue};
use value::Timestamp;

use crate::embedded::directory::{damaged, database_path, io_error};
use crate::embedded::{FjallOptions, keys, record};
use crate::error::{OpenError, ReadError};
use crate::limits;

pub(super) const CURRENT: &str = "current";
pub(super) const HISTORY: &str = "history";
pub(super) const LOG: &str = "log";
pub(super) const META: &str = "meta";

/// Name of the `meta` record with the oldest readable timestamp.
pub(super) const OLDEST: &[u8] = b"oldest readable";

pub(super) struct Keyspaces {
    pub(super) current: Keyspace,
    pub(super) history: Keyspace,
    pub(super) log: Keyspace,
    pub(super) meta: Keyspace,
    pub(super) database: Database,
}

impl Keyspaces {
    pub(super) fn open(directory: &Path, options: &FjallOptions) -> Result<Keyspaces, OpenError> {
        open(directory, options).map_err(|error| open_error(directory, error))
    }

    /// Returns the oldest readable and the newest timestamp.
    ///
    /// A trim that empties the log stores its last timestamp as the oldest readable one, so the newest
    /// timestamp is always one of the two.
    pub(super) fn head(&self, directory: &Path) -> Result<(Timestamp, Timestamp), OpenError> {
        let stored = self.meta.get(OLDEST).map_err(|error| open_error(directory, error))?;
        let oldest = match &stored {
            None => Timestamp::ZERO,
            Some(record) => record::decode_timestamp(OLDEST, record)
                .ok_or_else(|| damaged(directory, "the oldest readable timestamp is corrupt"))?,
        };
        let Some(last) = self.log.last_key_value() else {
            return Ok((oldest, oldest));
        };
        let last = last.key().map_err(|error| open_error(directory, error))?;
        let last =
            keys::parse_log_key(&last).ok_or_else(|| damaged(directory, "the log holds a key that is no timestamp"))?;
        Ok((oldest, last.max(oldest)))
    }

    pub(super) fn all(&self) -> [&Keyspace; 4] {
        [&self.current, &self.history, &self.log, &self.meta]
    }
}

fn open(directory: &Path, options: &FjallOptions) -> fjall::Result<Keyspaces> {
    let database = Database::builder(database_path(directory))
        .cache_size(options.cache_bytes)
        .worker_threads(options.worker_threads)
        .max_journaling_size(limits::JOURNAL_BYTES_MAX)
        .open()?;
    let sized = |bytes| move || KeyspaceCreateOptions::default().max_memtable_size(bytes);
    // The log is read by range only, so filters would be paid for and never asked.
    let log = || sized(limits::LOG_MEMTABLE_BYTES_MAX)().filter_policy(FilterPolicy::disabled());
    Ok(Keyspaces {
        current: database.keyspace(CURRENT, sized(limits::CURRENT_MEMTABLE_BYTES_MAX))?,
        history: database.keyspace(HISTORY, sized(limits::HISTORY_MEMTABLE_BYTES_MAX))?,
        log: database.keyspace(LOG, log)?,
        meta: database.keyspace(META, sized(limits::META_MEMTABLE_BYTES_MAX))?,
        database,
    })
}

/// Reads the version stored in `record`, which lies in `keyspace` for `key`.
pub(super) fn decode(keyspace: &'static str, key: &[u8], record: &UserValue) -> Result<(Timestamp, Bytes), ReadError> {
    let (ts, value) = record::decode_version(key, record).ok_or_else(|| corrupt(keyspace, key))?;
    // A copy, because a slice would keep its whole block of the table in memory.
    Ok((ts, Bytes::copy_from_slice(value)))
}

pub(super) fn corrupt(keyspace: &'static str, key: &[u8]) -> ReadError {
    ReadError::Corrupt { keyspace, key: Bytes::copy_from_slice(key) }
}

/// Turns a failed read of `key` into our error; a damaged block is a corrupt record to our callers.
pub(super) fn read_error(keyspace: &'static str, key: &[u8]) -> impl FnOnce(fjall::Error) -> ReadError {
    move |error| match &error {
        fjall::Error::Storage(inner) if is_damage(inner) => corrupt(keyspace, key),
        _ => ReadError::Io { action: "read", source: to_io(error) },
    }
}

/// Keeps the operating system's error where there is one, so that its kind stays visible.
pub(super) fn to_io(error: fjall::Error) -> io::Error {
    match error {
        fjall::Error::Io(inner) => inner,
        fjall::Error::Storage(fjall::LsmError::Io(inner)) => inner,
        other => io::Error::other(other),
    }
}

fn is_damage(error: &fjall::LsmError) -> bool {
    use fjall::LsmError::{ChecksumMismatch, Decompress, InvalidHeader, InvalidTag, InvalidTrailer};
    matches!(error, ChecksumMismatch { .. } | Decompress(_) | InvalidHeader(_) | InvalidTag(_) | InvalidTrailer)
}

fn open_error(directory: &Path, error: fjall::Error) -> OpenError {
    match error {
        fjall::Error::Locked => OpenError::Locked { directory: directory.to_owned() },
        fjall::Error::Io(_) | fjall::Error::Storage(fjall::LsmError::Io(_)) => {
            io_error(directory, "open the database")(to_io(error))
        }
        other => damaged(directory, other.to_string()),
    }
}
