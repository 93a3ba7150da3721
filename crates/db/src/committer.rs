//! The committer: validates transactions one at a time, makes them durable in batches.
//!
//! ```text
//! commit() on the caller's thread          the sync thread
//!   prepare writes and index keys
//!   lock ── check the read set             takes everything queued
//!        ── pick the timestamp        ┌──▶ one append, one disk sync
//!        ── add to cache and overlay  │    tells subscriptions
//!        ── queue ────────────────────┘    publishes the durable timestamp
//!   unlock, return Pending                 completes the Pendings, trims overlay and recent writes
//! ```
//! Invariants: timestamps ascend in queue order; a version is in cache and overlay before its timestamp can be
//! read, and leaves the overlay only after the store has it; nothing is acknowledged before it is durable. After a
//! failed append nothing is ever committed again: what was validated on top of it must not reach the disk.

mod lane;
mod pending;
mod prepare;
mod sync;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex, MutexGuard};
use storage::Commit;
use tokio::sync::oneshot;
use value::Timestamp;

use crate::{
    catalog::{Catalog, Change},
    database::Shared,
    error::Error,
    keys::{DocKey, Space},
    limits::{QUEUE_BYTES_MAX, QUEUE_COMMITS_MAX},
    overlay::RowChange,
    read_set::ReadSet,
    recent::{RecentWrites, Stale, Touched},
    transaction::Transaction,
};
use bytes::Bytes;
use lane::LaneState;
pub use lane::SerialLane;
pub use pending::Pending;
use prepare::Prepared;
pub use sync::sync_loop;

/// How a commit describes itself.
#[derive(Default)]
pub struct CommitOptions {
    /// Who commits: a function path, shown to those it conflicts with.
    pub source: String,
    /// Called with the commit's timestamp before any transaction can begin at it; must be quick and must not use
    /// the database. For state outside the database that changes exactly with a commit.
    pub on_validated: Option<Box<dyn FnOnce(Timestamp) + Send>>,
}

/// Something the transaction read has changed since its snapshot: run it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("documents of table \"{table}\" changed while the transaction ran")]
pub struct Conflict {
    pub table: String,
    /// Who wrote them, when known.
    pub source_of_write: Option<String>,
}

/// Why a transaction did not commit.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error(transparent)]
    Conflict(#[from] Conflict),
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Whether a commit waits for the serial lane or comes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Shared,
    Serial,
}

pub struct Committer {
    state: Mutex<State>,
    lane_changed: Condvar,
    queue: Mutex<Queue>,
    queue_filled: Condvar,
    queue_drained: Condvar,
    pub counts: Counts,
}

/// What has happened since the database was opened.
#[derive(Default)]
pub struct Counts {
    pub commits: AtomicU64,
    pub batches: AtomicU64,
    pub conflicts: AtomicU64,
}

struct State {
    /// The newest validated timestamp.
    last: Timestamp,
    recent: RecentWrites,
    catalog: Arc<Catalog>,
    lane: LaneState,
    /// Why nothing can be committed any more.
    refused: Option<String>,
}

/// Validated commits waiting for the disk, ascending.
#[derive(Default)]
struct Queue {
    commits: Vec<Queued>,
    bytes: usize,
    /// Transactions that wrote nothing and wait for what they saw.
    readers: Vec<(Timestamp, Done)>,
    stopping: bool,
    refused: Option<String>,
}

struct Queued {
    commit: Commit,
    bytes: usize,
    then: AfterSync,
}

/// What is left to do for a commit once it is durable.
struct AfterSync {
    touched: Arc<Touched>,
    rows: Vec<(Bytes, RowChange)>,
    catalog_changed: bool,
    done: Done,
}

type Done = oneshot::Sender<Result<(), String>>;

impl Committer {
    pub fn new(latest: Timestamp, catalog: Arc<Catalog>) -> Committer {
        Committer {
            state: Mutex::new(State {
                last: latest,
                recent: RecentWrites::new(latest),
                catalog,
                lane: LaneState::default(),
                refused: None,
            }),
            lane_changed: Condvar::new(),
            queue: Mutex::default(),
            queue_filled: Condvar::new(),
            queue_drained: Condvar::new(),
            counts: Counts::default(),
        }
    }

    pub fn commit(
        shared: &Shared,
        tx: Transaction,
        options: CommitOptions,
        lane: Lane,
    ) -> Result<Pending, CommitError> {
        let committer = &shared.committer;
        if !tx.can_commit() {
            let message = "a transaction on a past or durable snapshot cannot write";
            return Err(Error::Refused(message.into()).into());
        }
        if tx.is_read_only() {
            return Ok(committer.pending_read(shared, tx.snapshot()));
        }
        // Everything that does not need the timestamp is done before the lock.
        let prepared = if tx.writes.has_commit_ts { None } else { Some(Prepared::of(&tx, None)) };
        committer.wait_for_room();
        let mut state = committer.state.lock();
        committer.wait_for_lane(&mut state, lane);
        if let Some(reason) = &state.refused {
            return Err(Error::Refused(reason.clone()).into());
        }
        if let Err(error) = state.validate(&tx) {
            committer.counts.conflicts.fetch_add(1, Ordering::Relaxed);
            return Err(error);
        }
        let ts = Timestamp(shared.platform.now_ns()).max(state.last.succ());
        let prepared = prepared.unwrap_or_else(|| Prepared::of(&tx, Some(ts)));
        committer.accept(shared, state, ts, prepared, options)
    }

    /// Makes a validated transaction visible and queues it.
    fn accept(
        &self,
        shared: &Shared,
        mut state: MutexGuard<'_, State>,
        ts: Timestamp,
        prepared: Prepared,
        options: CommitOptions,
    ) -> Result<Pending, CommitError> {
        let Prepared { writes, rows, documents, keys, derived, versions, catalog_changes, bytes } = prepared;
        let documents = state.change_catalog(shared, ts, &catalog_changes, documents)?;
        let catalog_changed = !catalog_changes.is_empty();
        let durable = shared.durable();
        shared.overlay.add(ts, &rows);
        for version in versions {
            version.push(&shared.cache, ts, durable);
        }
        let source = options.source.into();
        let touched = Arc::new(Touched { ts, documents, keys, derived, source });
        if !touched.derived.is_empty() {
            shared.derived.push(&touched);
        }
        state.recent.push(touched.clone());
        state.last = ts;
        let (done, waiting) = oneshot::channel();
        let then = AfterSync { touched, rows, catalog_changed, done };
        let commit = Commit { ts, writes };
        if let Some(on_validated) = options.on_validated {
            on_validated(ts);
        }
        shared.publish_validated(ts);
        // Queued before the state is unlocked: the queue is in timestamp order.
        self.push(Queued { commit, bytes, then });
        Ok(Pending::waiting(ts, waiting))
    }

    fn push(&self, queued: Queued) {
        let mut queue = self.queue.lock();
        queue.bytes += queued.bytes;
        let was_empty = queue.commits.is_empty();
        queue.commits.push(queued);
        drop(queue);
        if was_empty {
            self.queue_filled.notify_one();
        }
    }

    /// Commits that wait for the disk, and their bytes.
    pub fn queued(&self) -> (usize, usize) {
        let queue = self.queue.lock();
        (queue.commits.len(), queue.bytes)
    }

    /// Blocks while too much waits for the disk.
    fn wait_for_room(&self) {
        let mut queue = self.queue.lock();
        while queue.refused.is_none() && (queue.commits.len() >= QUEUE_COMMITS_MAX || queue.bytes >= QUEUE_BYTES_MAX) {
            self.queue_drained.wait(&mut queue);
        }
    }

    /// A transaction that wrote nothing is done once what it saw is durable.
    pub fn pending_read(&self, shared: &Shared, snapshot: Timestamp) -> Pending {
        let mut queue = self.queue.lock();
        // Checked under the lock: whoever publishes a durable timestamp looks at the readers afterwards.
        if shared.durable() >= snapshot {
            return Pending::durable_already(snapshot);
        }
        let (done, waiting) = oneshot::channel();
        match &queue.refused {
            // Nobody else holds the receiver yet.
            Some(reason) => drop(done.send(Err(reason.clone()))),
            None => queue.readers.push((snapshot, done)),
        }
        Pending::waiting(snapshot, waiting)
    }

    /// Returns why nothing can be committed any more, if so.
    pub fn refusal(&self) -> Option<String> {
        self.queue.lock().refused.clone()
    }

    /// Finds the first change of a read set in `(since, until]`; reads too old to know count as changed.
    pub fn first_stale(&self, reads: &ReadSet, since: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let state = self.state.lock();
        if reads.is_empty() {
            return None;
        }
        if since < state.recent.floor() {
            return Some(until);
        }
        state.recent.first_stale(reads, since, until)
    }

    /// Refuses further commits and ends the sync thread once the queue is empty.
    pub fn stop(&self) {
        let reason = "the database is shut down";
        self.state.lock().refused.get_or_insert_with(|| reason.into());
        self.queue.lock().stopping = true;
        self.queue_filled.notify_all();
    }
}

impl State {
    /// Applies changes of the catalog; returns what the commit touches, the facts that differ now included.
    fn change_catalog(
        &mut self,
        shared: &Shared,
        ts: Timestamp,
        changes: &[Change],
        mut touched: Vec<DocKey>,
    ) -> Result<Vec<DocKey>, Error> {
        touched.extend(self.catalog.changed_deps(changes));
        if let Some(catalog) = self.catalog.apply(changes).map_err(Error::Corrupt)? {
            self.catalog = Arc::new(catalog);
            shared.catalogs.push(ts, self.catalog.clone());
            shared.derived.follow(&self.catalog, ts);
        }
        Ok(touched)
    }

    fn validate(&self, tx: &Transaction) -> Result<(), CommitError> {
        let snapshot = tx.snapshot();
        if snapshot < self.recent.floor() {
            // Too slow: what was written meanwhile is partly forgotten.
            let table = tx.writes.first_table().unwrap_or_default();
            return Err(Conflict { table, source_of_write: None }.into());
        }
        match self.recent.find_stale(&tx.reads, snapshot) {
            None => Ok(()),
            Some(stale) => Err(self.conflict(stale).into()),
        }
    }

    fn conflict(&self, stale: Stale) -> Conflict {
        let table = match stale.space {
            Space::Documents(tablet) => self.catalog.tablet(tablet),
            Space::Index(index) => self.catalog.table_of_index(index),
        };
        let source = self.recent.source(stale.at).filter(|source| !source.is_empty());
        Conflict {
            table: table.map_or_else(|| "_tables".to_owned(), |table| table.name.clone()),
            source_of_write: source.map(|source| source.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
