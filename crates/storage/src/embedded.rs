//! The embedded engine: a directory on the local disk, held by fjall's log-structured trees.
//!
//! ```text
//!  append ─► history  key ‖ superseded ts → record    versions that were replaced or deleted
//!            log      ts                  → keys      what each commit wrote
//!            current  key                 → record    the newest live version only
//!            meta     name                → value     oldest readable timestamp
//! ```
//! Reads at the newest timestamp touch `current` alone. Reads a little behind consult the remembered
//! recent writes to learn which keys need `history`; older ones walk `history` itself.
//!
//! Invariants: one batch and one sync per append, and nothing of it is readable before the sync; after
//! a failed write nothing is appended until the engine is reopened; no record is served that does not
//! match its checksum. The bytes are drawn in `docs/formats/storage.md`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use value::Timestamp;

use crate::engine::{Commit, Engine, Page, Scan, TrimReport, Version};
use crate::error::{AppendError, OpenError, ReadError};
use crate::limits;

mod directory;
mod head;
mod history;
mod keys;
mod keyspaces;
mod read;
mod recent;
mod record;
mod scan;
mod trim;
mod write;

#[cfg(test)]
mod tests;

use directory::DirectoryLock;
use head::Head;
use keyspaces::Keyspaces;
use recent::RecentWrites;
use trim::Trimmer;
use write::Refusal;

/// Called right before each durable sync; an error counts as a failed sync. For fault injection.
pub type SyncHook = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

/// How to open the embedded engine.
#[derive(Clone)]
pub struct FjallOptions {
    /// Most memory for cached blocks of the tables on disk, in bytes. Safe from 1 MiB up.
    pub cache_bytes: u64,
    /// Threads that flush and compact. Safe from 1 to the number of cores; with 1, flushes wait for
    /// compactions.
    pub worker_threads: usize,
    /// Fails syncs on purpose, in tests.
    pub sync_hook: Option<SyncHook>,
}

impl Default for FjallOptions {
    fn default() -> FjallOptions {
        FjallOptions { cache_bytes: limits::CACHE_BYTES_DEFAULT, worker_threads: 2, sync_hook: None }
    }
}

/// An engine in a directory on the local disk.
pub struct FjallEngine {
    keyspaces: Keyspaces,
    head: Head,
    recent: RwLock<RecentWrites>,
    /// Held by the one append under way.
    writer: Mutex<()>,
    trimmer: Mutex<Trimmer>,
    refusal: Mutex<Option<Refusal>>,
    sync_hook: Option<SyncHook>,
    /// Last, so that the directory is given up only after the database is closed.
    _lock: DirectoryLock,
}

impl FjallEngine {
    /// Opens the engine in `directory`, creating it when missing.
    ///
    /// Errors: `Locked` when another engine has it open; `FormatVersion` when a newer release wrote it;
    /// `Corrupt` and `Io` when its files cannot be read.
    pub fn open(directory: &Path, options: FjallOptions) -> Result<FjallEngine, OpenError> {
        let lock = directory::prepare(directory)?;
        let keyspaces = Keyspaces::open(directory, &options)?;
        let (oldest, latest) = keyspaces.head(directory)?;
        Ok(FjallEngine {
            keyspaces,
            head: Head::new(oldest, latest),
            recent: RwLock::new(RecentWrites::since(latest)),
            writer: Mutex::new(()),
            trimmer: Mutex::new(Trimmer::default()),
            refusal: Mutex::new(None),
            sync_hook: options.sync_hook,
            _lock: lock,
        })
    }
}

impl Engine for FjallEngine {
    fn append(&self, expected: Timestamp, commits: &[Commit]) -> Result<(), AppendError> {
        self.append_commits(expected, commits)
    }

    fn latest(&self) -> Timestamp {
        self.head.latest()
    }

    fn oldest_readable(&self) -> Timestamp {
        self.head.oldest()
    }

    fn get(&self, key: &[u8], at: Timestamp) -> Result<Option<Version>, ReadError> {
        self.head.check_readable(at)?;
        let found = self.read_key(key, at)?;
        // A trim may have taken the answer away meanwhile, so what was found counts only now.
        self.head.check_readable(at)?;
        Ok(found)
    }

    fn scan(&self, scan: &Scan, at: Timestamp) -> Result<Page, ReadError> {
        self.head.check_readable(at)?;
        let page = self.scan_range(scan, at)?;
        self.head.check_readable(at)?;
        Ok(page)
    }

    fn tail(&self, after: Timestamp, limit: usize) -> Result<Vec<Commit>, ReadError> {
        self.head.check_readable(after)?;
        let commits = self.read_log(after, limit)?;
        self.head.check_readable(after)?;
        Ok(commits)
    }

    fn trim(&self, before: Timestamp, budget: usize) -> Result<TrimReport, AppendError> {
        self.trim_log(before, budget)
    }

    fn disk_bytes(&self) -> u64 {
        self.keyspaces.database.disk_space().unwrap_or_default()
    }

    fn settle(&self) -> Result<(), AppendError> {
        self.flush_buffers()
    }
}
