//! The database handle: opening, beginning transactions, subscribing, shutting down.

mod open;

pub use open::load_catalog;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use platform::Platform;
use storage::{Engine, ReadError};
use tokio::sync::watch;
use value::{TableNumber, Timestamp};

use crate::{
    cache::DocumentCache,
    catalog::Catalog,
    committer::{CommitError, CommitOptions, Committer, Pending, SerialLane},
    derived::DerivedIndexes,
    error::Error,
    overlay::Overlay,
    query::cursor::CursorSeal,
    read_set::ReadSet,
    retention::Pause,
    schema::{Definition, Schema, worker::Worker},
    snapshot::Snapshot,
    subscriptions::{Invalidate, Invalidated, SubscriptionId, Subscriptions},
    transaction::Transaction,
};

/// A component instance: its tables and table numbers are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Namespace(pub u32);

impl Namespace {
    pub const ROOT: Namespace = Namespace(0);
}

/// Knobs of a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// How far back snapshots stay readable. At least a minute.
    pub retention: Duration,
    /// Memory for decoded documents, in bytes.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { retention: Duration::from_secs(600), cache_bytes: 64 << 20 }
    }
}

/// The snapshot a transaction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginAt {
    /// The newest durable state: queries.
    Durable,
    /// The newest validated state, durable or not: mutations.
    Validated,
    /// The state as of a durable timestamp inside the retention window.
    At(Timestamp),
}

/// Why a database did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("reading the store failed")]
    Read(#[from] ReadError),
    #[error("writing the store failed")]
    Append(#[from] storage::AppendError),
    #[error("the catalog is damaged: {0}")]
    Catalog(String),
}

/// A table as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    pub name: String,
    pub number: TableNumber,
}

/// How far an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexState {
    Backfilling,
    /// Complete, not yet enabled by an active schema.
    Backfilled,
    Enabled,
}

/// An index as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexInfo {
    pub definition: Definition,
    pub state: IndexState,
}

/// What a database holds, and what it has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that wait for the disk. Count and bytes.
    pub queued_commits: usize,
    pub queued_bytes: usize,
    /// Read sets that commits are checked against. Count.
    pub subscriptions: usize,
    /// Decoded documents in memory. Bytes.
    pub cache_bytes: usize,
    /// Bytes on disk; zero for engines that have none.
    pub disk_bytes: u64,
    pub commits: u64,
    /// Appends to the store, each with one sync.
    pub batches: u64,
    /// Transactions refused because something they read had changed.
    pub conflicts: u64,
}

/// A handle to one database; cloning shares it. The last one dropped shuts it down.
#[derive(Clone)]
pub struct Database {
    handle: Arc<Handle>,
}

/// What all transactions and threads of a database share.
pub struct Shared {
    pub engine: Arc<dyn Engine>,
    pub platform: Platform,
    pub options: Options,
    pub cache: DocumentCache,
    pub overlay: Overlay,
    pub subscriptions: Subscriptions,
    pub committer: Committer,
    pub catalogs: Catalogs,
    pub worker: Worker,
    pub derived: DerivedIndexes,
    pub seal: CursorSeal,
    /// Ends the retention thread's pauses.
    pub pause: Pause,
    /// Transactions begun so far: whether anybody is using the database.
    pub begun: AtomicU64,
    validated: AtomicU64,
    durable: AtomicU64,
    durable_watch: watch::Sender<Timestamp>,
    /// True once nothing more can become durable.
    pub refusing: watch::Sender<bool>,
    active: Mutex<BTreeMap<Timestamp, usize>>,
}

struct Handle {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Database {
    /// Returns a transaction on the snapshot asked for.
    ///
    /// Errors: `OutOfRetention` for a timestamp that is too old, or not durable yet; `Refused` when nothing can be
    /// committed any more and the validated state would never become durable.
    pub fn begin(&self, at: BeginAt) -> Result<Transaction, Error> {
        self.handle.shared.begun.fetch_add(1, Ordering::Relaxed);
        Transaction::begin(self.handle.shared.clone(), at)
    }

    /// Returns the newest durable timestamp. It never goes backwards, not even over a restart.
    pub fn durable_ts(&self) -> Timestamp {
        self.handle.shared.durable()
    }

    pub fn watch_durable(&self) -> watch::Receiver<Timestamp> {
        self.handle.shared.durable_watch.subscribe()
    }

    /// Waits until `at` is durable; returns the newest durable timestamp.
    ///
    /// Errors: `Refused` when it never will be, because the disk refused a write or the database was shut down.
    pub async fn wait_durable(&self, at: Timestamp) -> Result<Timestamp, Error> {
        let shared = &self.handle.shared;
        let (mut durable, mut refusing) = (self.watch_durable(), shared.refusing.subscribe());
        tokio::select! {
            biased;
            Ok(latest) = durable.wait_for(|latest| *latest >= at) => Ok(*latest),
            _ = refusing.wait_for(|refusing| *refusing) => {
                Err(Error::Refused(shared.committer.refusal().unwrap_or_else(|| "the database is shut down".into())))
            }
        }
    }

    /// Validates a transaction and queues its writes for the disk.
    ///
    /// Errors: a `Conflict` when something it read has changed since its snapshot; nothing is written then.
    pub fn commit(&self, tx: Transaction, options: CommitOptions) -> Result<Pending, CommitError> {
        Committer::commit(&self.handle.shared.clone(), tx, options, crate::committer::Lane::Shared)
    }

    /// Returns a handle that resolves once what a transaction saw is durable, as if it had written nothing.
    ///
    /// For transactions that are given up: their error, too, may only be told once it rests on durable state.
    pub fn pending_read(&self, tx: &Transaction) -> Pending {
        let shared = &self.handle.shared;
        shared.committer.pending_read(shared, tx.snapshot())
    }

    /// Waits for its turn, then keeps all other commits waiting until the guard is dropped.
    pub fn serial_lane(&self) -> SerialLane {
        SerialLane::enter(self.handle.shared.clone())
    }

    /// Tells `subscriber` once when something in `read_set` changes after `since`.
    ///
    /// Errors: `Invalidated` when that has happened already, or so long ago that it is not known.
    pub fn subscribe(
        &self,
        read_set: Arc<ReadSet>,
        since: Timestamp,
        subscriber: Arc<dyn Invalidate>,
    ) -> Result<SubscriptionId, Invalidated> {
        let shared = &self.handle.shared;
        let reads = read_set.clone();
        shared.subscriptions.add(read_set, subscriber, |notified| shared.committer.first_stale(&reads, since, notified))
    }

    pub fn unsubscribe(&self, id: SubscriptionId) {
        self.handle.shared.subscriptions.remove(id);
    }

    /// Returns what the database holds and has done, for metrics.
    pub fn stats(&self) -> Stats {
        let shared = &self.handle.shared;
        let (queued_commits, queued_bytes) = shared.committer.queued();
        let counts = &shared.committer.counts;
        Stats {
            queued_commits,
            queued_bytes,
            subscriptions: shared.subscriptions.len(),
            cache_bytes: shared.cache.bytes(),
            disk_bytes: shared.engine.disk_bytes(),
            commits: counts.commits.load(Ordering::Relaxed),
            batches: counts.batches.load(Ordering::Relaxed),
            conflicts: counts.conflicts.load(Ordering::Relaxed),
        }
    }

    /// Returns how many subscriptions wait. Count.
    pub fn subscriptions(&self) -> usize {
        self.handle.shared.subscriptions.len()
    }

    pub fn active_schema(&self, ns: Namespace) -> Option<Arc<Schema>> {
        self.handle.shared.catalogs.newest().active_schema(ns)
    }

    /// Returns the tables of a namespace by name, system tables included.
    pub fn list_tables(&self, ns: Namespace) -> Vec<TableInfo> {
        self.handle.shared.catalogs.newest().list_tables(ns)
    }

    /// Returns the indexes of a table, the built-in ones excluded.
    pub fn indexes(&self, ns: Namespace, table: &str) -> Vec<IndexInfo> {
        let catalog = self.handle.shared.catalogs.newest();
        let Some(table) = catalog.table(ns, table) else {
            return Vec::new();
        };
        let indexes = table.listed().into_iter();
        indexes.map(|index| IndexInfo { definition: index.definition, state: index.state }).collect()
    }

    /// Returns the oldest timestamp a transaction can begin at.
    pub fn oldest_readable(&self) -> Timestamp {
        self.handle.shared.engine.oldest_readable()
    }

    /// Makes what is queued durable, stops the background threads and refuses commits from then on.
    pub fn shutdown(&self) {
        self.handle.stop();
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }
}

impl Handle {
    fn stop(&self) {
        self.shared.worker.stop();
        self.shared.derived.stop();
        self.shared.pause.end();
        self.shared.committer.stop();
        for thread in self.threads.lock().drain(..) {
            // The last handle may be dropped by a callback on one of these threads.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    pub fn durable(&self) -> Timestamp {
        Timestamp(self.durable.load(Ordering::Acquire))
    }

    pub fn validated(&self) -> Timestamp {
        Timestamp(self.validated.load(Ordering::Acquire))
    }

    /// Lets new transactions see everything up to `ts`; it must all be in place.
    pub fn publish_validated(&self, ts: Timestamp) {
        self.validated.store(ts.0, Ordering::Release);
    }

    pub fn publish_durable(&self, ts: Timestamp) {
        self.durable.store(ts.0, Ordering::Release);
        self.durable_watch.send_replace(ts);
    }

    /// Returns the snapshot a transaction that begins now reads.
    pub fn snapshot(&self, at: BeginAt) -> Result<Snapshot, Error> {
        let durable = self.durable();
        match at {
            BeginAt::Durable => Ok(Snapshot { at: durable, validated: false }),
            BeginAt::At(ts) if ts > durable || ts < self.engine.oldest_readable() => Err(Error::OutOfRetention),
            BeginAt::At(ts) => Ok(Snapshot { at: ts, validated: false }),
            BeginAt::Validated => {
                if let Some(reason) = self.committer.refusal() {
                    return Err(Error::Refused(reason));
                }
                Ok(Snapshot { at: self.validated(), validated: true })
            }
        }
    }

    /// Keeps what is needed to validate reads at `ts` until `release`.
    pub fn hold(&self, ts: Timestamp) {
        *self.active.lock().entry(ts).or_default() += 1;
    }

    pub fn release(&self, ts: Timestamp) {
        let mut active = self.active.lock();
        if let Some(count) = active.get_mut(&ts) {
            *count -= 1;
            if *count == 0 {
                active.remove(&ts);
            }
        }
    }

    /// Returns the oldest snapshot somebody reads.
    pub fn oldest_active(&self) -> Option<Timestamp> {
        self.active.lock().keys().next().copied()
    }
}

/// The catalogs of the retention window, ascending.
pub struct Catalogs {
    versions: RwLock<Vec<(Timestamp, Arc<Catalog>)>>,
}

impl Catalogs {
    pub fn new(since: Timestamp, catalog: Arc<Catalog>) -> Catalogs {
        Catalogs { versions: RwLock::new(vec![(since, catalog)]) }
    }

    /// Returns the catalog as of `at`, if that is still known.
    pub fn at(&self, at: Timestamp) -> Option<Arc<Catalog>> {
        let versions = self.versions.read();
        versions.iter().rev().find(|(since, _)| *since <= at).map(|(_, catalog)| catalog.clone())
    }

    pub fn newest(&self) -> Arc<Catalog> {
        self.versions.read().last().expect("there is always a catalog").1.clone()
    }

    pub fn push(&self, since: Timestamp, catalog: Arc<Catalog>) {
        self.versions.write().push((since, catalog));
    }

    /// Forgets catalogs nobody can begin at any more.
    pub fn prune(&self, oldest_readable: Timestamp) {
        let mut versions = self.versions.write();
        let visible = versions.iter().rposition(|(since, _)| *since <= oldest_readable).unwrap_or(0);
        versions.drain(..visible);
    }
}

#[cfg(test)]
mod tests;
