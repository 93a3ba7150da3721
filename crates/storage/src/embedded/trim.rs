//! Trimming: walks the front of the log and removes what each commit superseded, and its log entry.
//!
//! It is also where memory is given back in quiet times, since trims come round regularly.

use fjall::{AbstractTree, Keyspace, OwnedWriteBatch, PersistMode, Readable, UserKey};
use value::Timestamp;

use crate::embedded::keyspaces::{OLDEST, to_io};
use crate::embedded::{FjallEngine, keys, record};
use crate::engine::TrimReport;
use crate::error::AppendError;
use crate::limits::SETTLE_BYTES_MIN;

/// Held by the one trim under way.
#[derive(Default)]
pub(super) struct Trimmer {
    /// The newest timestamp when the last trim ran, to notice quiet times.
    latest: Timestamp,
    /// Whether fjall may still hold memtables of tree versions nobody reads any more.
    holds_old_versions: bool,
}

impl FjallEngine {
    pub(super) fn trim_log(&self, before: Timestamp, budget: usize) -> Result<TrimReport, AppendError> {
        let mut trimmer = self.trimmer.lock();
        self.check_accepting()?;
        let latest = self.head.latest();
        if std::mem::replace(&mut trimmer.latest, latest) == latest {
            self.release_memory(&mut trimmer)?;
        } else {
            trimmer.holds_old_versions = true;
        }
        let before = before.min(latest);
        if before <= self.head.oldest() {
            return Ok(TrimReport { done: true, ..TrimReport::default() });
        }
        self.trim_up_to(before, budget)
    }

    /// Gives memory back by starting to write the buffered rows of all trees to tables.
    pub(super) fn flush_buffers(&self) -> Result<(), AppendError> {
        self.check_accepting()?;
        if self.keyspaces.database.write_buffer_size() < SETTLE_BYTES_MIN {
            return Ok(());
        }
        for keyspace in self.keyspaces.all() {
            keyspace.rotate_memtable().map_err(|error| self.refuse(to_io(error)))?;
        }
        Ok(())
    }

    /// Flushes at the first quiet trim, and lets go of what was flushed at one after it.
    fn release_memory(&self, trimmer: &mut Trimmer) -> Result<(), AppendError> {
        if self.keyspaces.database.write_buffer_size() >= SETTLE_BYTES_MIN {
            trimmer.holds_old_versions = true;
            return self.flush_buffers();
        }
        let flushed = |keyspace: &&Keyspace| keyspace.tree.sealed_memtable_count() == 0;
        if trimmer.holds_old_versions && self.keyspaces.all().iter().all(flushed) {
            self.drop_old_versions().map_err(|error| self.refuse(to_io(error)))?;
            trimmer.holds_old_versions = false;
        }
        Ok(())
    }

    /// Makes fjall forget the tree versions, and their memtables, that came before the present ones.
    ///
    /// It does so only when some tree starts a new memtable, and only for versions older than the
    /// newest write, so `meta` is written as it is and started anew.
    fn drop_old_versions(&self) -> fjall::Result<()> {
        let meta = &self.keyspaces.meta;
        for _ in 0..2 {
            meta.insert(OLDEST, record::encode_timestamp(OLDEST, self.head.oldest()))?;
        }
        meta.rotate_memtable().map(drop)
    }

    fn trim_up_to(&self, before: Timestamp, budget: usize) -> Result<TrimReport, AppendError> {
        let database = &self.keyspaces.database;
        let snapshot = database.snapshot();
        // Starting where the last trim ended keeps the walk clear of the rows it removed.
        let first = keys::log_key(Timestamp(self.head.oldest().0 + 1));
        let entries = snapshot.range(&self.keyspaces.log, first..=keys::log_key(before));
        let mut batch = OwnedWriteBatch::with_capacity(database.clone(), budget);
        let mut report = TrimReport { done: true, ..TrimReport::default() };
        let mut oldest = before;
        let mut looked_at = 0;
        let mut last = None;
        for guard in entries {
            if let Some(last) = last.filter(|_| looked_at >= budget) {
                oldest = last;
                report.done = false;
                break;
            }
            let (key, record) = guard
                .into_inner()
                .map_err(|error| AppendError::Io { action: "reading the log", source: to_io(error) })?;
            looked_at += self.forget_commit(&mut batch, key.clone(), &record, &mut report);
            last = keys::parse_log_key(&key);
        }
        batch.insert(&self.keyspaces.meta, OLDEST, record::encode_timestamp(OLDEST, oldest));
        // Raised first: a reader that misses a removed version must find itself expired.
        self.head.raise_oldest(oldest);
        // No sync: a trim lost in a crash is simply done again.
        let written = batch.durability(Some(PersistMode::Buffer)).commit();
        written.map_err(|error| self.refuse(to_io(error)))?;
        Ok(report)
    }

    /// Returns how many writes the commit had.
    fn forget_commit(
        &self,
        batch: &mut OwnedWriteBatch,
        log_key: UserKey,
        record: &[u8],
        report: &mut TrimReport,
    ) -> usize {
        let entries = record::decode_log(&log_key, record);
        let ts = keys::parse_log_key(&log_key);
        let (Some(entries), Some(ts)) = (entries, ts) else {
            // What it superseded stays behind, unreachable; stopping here would stop all trimming.
            tracing::error!(key = %log_key.escape_ascii(), "the log record is corrupt; trimming past it");
            batch.remove(&self.keyspaces.log, log_key);
            return 0;
        };
        for entry in entries.iter().filter(|entry| entry.superseded) {
            batch.remove(&self.keyspaces.history, keys::history_key(&entry.key, ts));
            report.versions += 1;
        }
        batch.remove(&self.keyspaces.log, log_key);
        report.commits += 1;
        entries.len()
    }
}
