//! Reading one key, and reading the log back as commits.

use bytes::Bytes;
use fjall::{Readable, Snapshot};
use value::Timestamp;

use crate::embedded::keyspaces::{CURRENT, HISTORY, LOG, corrupt, decode, read_error};
use crate::embedded::record::LogEntry;
use crate::embedded::{FjallEngine, history, keys, record};
use crate::engine::{Commit, Version, Write};
use crate::error::ReadError;

impl FjallEngine {
    pub(super) fn read_key(&self, key: &[u8], at: Timestamp) -> Result<Option<Version>, ReadError> {
        let record = self.keyspaces.current.get(key).map_err(read_error(CURRENT, key))?;
        match &record {
            Some(record) => {
                let (ts, value) = decode(CURRENT, key, record)?;
                if ts <= at {
                    return Ok(Some(Version { ts, value }));
                }
            }
            // Asked after reading: what is appended in between is no concern of this read.
            None if self.head.is_newest(at) => return Ok(None),
            None if self.recent.read().changed(key, at) == Some(false) => return Ok(None),
            None => {}
        }
        // The read above may have seen half of an append; a snapshot sees all of it or nothing.
        self.read_key_in(&self.keyspaces.database.snapshot(), key, at)
    }

    pub(super) fn read_key_in(
        &self,
        snapshot: &Snapshot,
        key: &[u8],
        at: Timestamp,
    ) -> Result<Option<Version>, ReadError> {
        let record = snapshot.get(&self.keyspaces.current, key);
        if let Some(record) = record.map_err(read_error(CURRENT, key))? {
            let (ts, value) = decode(CURRENT, key, &record)?;
            if ts <= at {
                return Ok(Some(Version { ts, value }));
            }
        }
        history::version_at(snapshot, &self.keyspaces.history, key, at)
    }

    pub(super) fn read_log(&self, after: Timestamp, limit: usize) -> Result<Vec<Commit>, ReadError> {
        // Read first, so that a commit still being acknowledged is left for the next call.
        let latest = self.head.latest();
        if after >= latest {
            return Ok(Vec::new());
        }
        let snapshot = self.keyspaces.database.snapshot();
        let first = keys::log_key(Timestamp(after.0 + 1));
        let range = snapshot.range(&self.keyspaces.log, first..=keys::log_key(latest));
        let mut commits = Vec::new();
        for guard in range.take(limit) {
            let (key, record) = guard.into_inner().map_err(read_error(LOG, &first))?;
            let ts = keys::parse_log_key(&key).ok_or_else(|| corrupt(LOG, &key))?;
            let entries = record::decode_log(&key, &record).ok_or_else(|| corrupt(LOG, &key))?;
            let writes = entries.into_iter().map(|entry| self.restore(&snapshot, ts, entry));
            commits.push(Commit { ts, writes: writes.collect::<Result<_, _>>()? });
        }
        Ok(commits)
    }

    /// Finds the value that the commit at `ts` gave to a key.
    fn restore(&self, snapshot: &Snapshot, ts: Timestamp, entry: LogEntry) -> Result<Write, ReadError> {
        let LogEntry { key, deleted, .. } = entry;
        if deleted {
            return Ok(Write { key, value: None });
        }
        let value: Option<Bytes> =
            self.read_key_in(snapshot, &key, ts)?.filter(|version| version.ts == ts).map(|version| version.value);
        // The log says that the version exists, so its absence is damage.
        let value = value.ok_or_else(|| corrupt(HISTORY, &key))?;
        Ok(Write { key, value: Some(value) })
    }
}
