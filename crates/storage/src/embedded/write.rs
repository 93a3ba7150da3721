//! Appending commits: one batch, one sync, and a refusal of everything after a failure.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use fjall::{OwnedWriteBatch, PersistMode, UserValue};
use value::Timestamp;

use crate::embedded::keyspaces::{Keyspaces, to_io};
use crate::embedded::record::LogEntry;
use crate::embedded::{FjallEngine, keys, record};
use crate::engine::{Commit, check_append};
use crate::error::AppendError;

/// Why nothing more is appended.
#[derive(Clone)]
pub(super) struct Refusal {
    reason: &'static str,
    source: Arc<io::Error>,
}

impl FjallEngine {
    pub(super) fn append_commits(&self, expected: Timestamp, commits: &[Commit]) -> Result<(), AppendError> {
        let _writer = self.writer.lock();
        self.check_accepting()?;
        check_append(self.head.latest(), expected, commits)?;
        let Some(last) = commits.last() else {
            return Ok(());
        };
        let mut plan = Plan::default();
        for commit in commits {
            plan.add(&self.keyspaces, commit)?;
        }
        // Before the trees change, so that no reader meets a change it cannot account for.
        self.recent.write().extend(commits);
        self.head.begin_append(last.ts);
        self.sync(plan.into_batch(&self.keyspaces))?;
        self.head.finish_append(last.ts);
        Ok(())
    }

    pub(super) fn check_accepting(&self) -> Result<(), AppendError> {
        match &*self.refusal.lock() {
            None => Ok(()),
            Some(refusal) => Err(refusal.clone().into()),
        }
    }

    /// Refuses everything from now on. What reached the disk is unknown, so nothing is tried again.
    pub(super) fn refuse(&self, error: io::Error) -> AppendError {
        let reason = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full",
            _ => "a write or sync to disk failed",
        };
        tracing::error!(%error, "{reason}; no further commits until the store is reopened");
        let refusal = Refusal { reason, source: Arc::new(error) };
        self.refusal.lock().get_or_insert(refusal).clone().into()
    }

    /// Writes the batch to the journal, syncs it, and only then makes it readable.
    fn sync(&self, batch: OwnedWriteBatch) -> Result<(), AppendError> {
        let allowed = self.sync_hook.as_ref().map_or(Ok(()), |hook| hook());
        let synced = allowed.and_then(|()| batch.durability(Some(PersistMode::SyncAll)).commit().map_err(to_io));
        synced.map_err(|error| self.refuse(error))
    }
}

impl From<Refusal> for AppendError {
    fn from(refusal: Refusal) -> AppendError {
        AppendError::Refused { reason: refusal.reason.to_owned(), source: Some(refusal.source) }
    }
}

/// What an append will change in the trees.
#[derive(Default)]
struct Plan {
    history: Vec<(Vec<u8>, UserValue)>,
    log: Vec<([u8; 8], Vec<u8>)>,
    /// The last state of each key; one batch must not write a key of a tree twice.
    current: HashMap<Bytes, Option<UserValue>>,
}

impl Plan {
    fn add(&mut self, keyspaces: &Keyspaces, commit: &Commit) -> Result<(), AppendError> {
        let mut writes = BTreeMap::new();
        for write in &commit.writes {
            writes.insert(&write.key, write.value.as_ref());
        }
        let mut entries = Vec::with_capacity(writes.len());
        for (key, value) in writes {
            let old = self.newest(keyspaces, key)?;
            let (deleted, superseded) = (value.is_none(), old.is_some());
            entries.push(LogEntry { key: key.clone(), deleted, superseded });
            if let Some(record) = old {
                // Moved as it is: a record that went bad stays recognisable as such.
                self.history.push((keys::history_key(key, commit.ts), record));
            }
            let record = value.map(|value| record::encode_version(key, commit.ts, value).into());
            self.current.insert(key.clone(), record);
        }
        let log_key = keys::log_key(commit.ts);
        self.log.push((log_key, record::encode_log(&log_key, &entries)));
        Ok(())
    }

    fn newest(&self, keyspaces: &Keyspaces, key: &Bytes) -> Result<Option<UserValue>, AppendError> {
        if let Some(planned) = self.current.get(key) {
            return Ok(planned.clone());
        }
        let stored = keyspaces
            .current
            .get(key)
            .map_err(|error| AppendError::Io { action: "reading the version to be replaced", source: to_io(error) })?;
        // A copy, because the record is a slice of a whole block, which a memtable would keep.
        Ok(stored.map(|record| UserValue::from(&record[..])))
    }

    fn into_batch(self, keyspaces: &Keyspaces) -> OwnedWriteBatch {
        let capacity = self.history.len() + self.log.len() + self.current.len();
        let mut batch = OwnedWriteBatch::with_capacity(keyspaces.database.clone(), capacity);
        for (key, record) in self.history {
            batch.insert(&keyspaces.history, key, record);
        }
        for (key, record) in self.log {
            batch.insert(&keyspaces.log, key, record);
        }
        for (key, record) in self.current {
            match record {
                Some(record) => batch.insert(&keyspaces.current, &key[..], record),
                None => batch.remove(&keyspaces.current, &key[..]),
            }
        }
        batch
    }
}
