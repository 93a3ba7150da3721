//! The worker thread: checks documents against pending schemas, fills indexes, removes what was dropped.
//!
//! All of it is found in the catalog, so work resumes after a restart. It goes in small batches, each a transaction
//! of its own that conflicts and is repeated like any other; writers are never blocked. What documents change while
//! a schema is checked or an index filled is the writers' own business: they check against the pending schema, and
//! write rows of indexes that are being filled.

mod backfill;
mod purge;
mod validate;

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use rustc_hash::FxHashMap;
use tokio::sync::watch;

use super::SchemaId;
use crate::{
    CommitError, CommitOptions, IndexState,
    catalog::records::SchemaStatus,
    committer::{Committer, Lane},
    database::Shared,
    error::Error,
    limits::Limits,
    transaction::Transaction,
};

/// What the worker thread shares with others.
pub struct Worker {
    state: Mutex<State>,
    wake: Condvar,
    changes: watch::Sender<u64>,
}

struct State {
    /// The catalog changed since it was looked at; also true at the start.
    dirty: bool,
    stopping: bool,
    /// Documents checked so far.
    progress: FxHashMap<SchemaId, u64>,
}

/// How a piece of work went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more of it.
    More,
    Done,
}

impl Default for Worker {
    fn default() -> Worker {
        let state = State { dirty: true, stopping: false, progress: FxHashMap::default() };
        Worker { state: Mutex::new(state), wake: Condvar::new(), changes: watch::Sender::new(0) }
    }
}

impl Worker {
    /// Tells the worker, and whoever watches schemas, to look again.
    pub fn catalog_changed(&self) {
        self.state.lock().dirty = true;
        self.wake.notify_all();
        self.announce();
    }

    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub fn stop(&self) {
        self.state.lock().stopping = true;
        self.wake.notify_all();
    }

    pub fn documents_validated(&self, id: SchemaId) -> u64 {
        self.state.lock().progress.get(&id).copied().unwrap_or_default()
    }

    fn announce(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn add_validated(&self, id: SchemaId, documents: u64) {
        *self.state.lock().progress.entry(id).or_default() += documents;
        self.announce();
    }

    fn is_stopping(&self) -> bool {
        self.state.lock().stopping
    }

    /// Waits for a change of the catalog; returns whether to go on.
    fn wait(&self) -> bool {
        let mut state = self.state.lock();
        while !state.dirty && !state.stopping {
            self.wake.wait(&mut state);
        }
        state.dirty = false;
        !state.stopping
    }
}

/// Runs until the worker is stopped, or nothing can be committed any more.
pub fn worker_loop(shared: Arc<Shared>) {
    while shared.worker.wait() {
        match work(&shared) {
            Ok(()) => {}
            Err(Error::Refused(_)) => return,
            Err(error) => {
                tracing::error!(%error, "background work on schemas and indexes stopped until the next change")
            }
        }
    }
}

/// Does everything the catalog asks for.
fn work(shared: &Arc<Shared>) -> Result<(), Error> {
    let catalog = shared.catalogs.newest();
    for schema in catalog.schemas().filter(|schema| schema.status == SchemaStatus::Pending) {
        validate::run(shared, schema)?;
    }
    for ns in catalog.namespaces() {
        let Some(namespace) = catalog.namespace(ns) else {
            continue;
        };
        for table in namespace.by_name.values() {
            for index in table.indexes.iter().filter(|index| index.state == IndexState::Backfilling) {
                while backfill::step(shared, table, index.record)? == Step::More {
                    if shared.worker.is_stopping() {
                        return Ok(());
                    }
                }
            }
        }
    }
    purge::run(shared, &catalog)
}

/// Runs one transaction of the worker's own, again while it conflicts, and waits for the disk.
pub fn transact<T>(
    shared: &Arc<Shared>,
    mut run: impl FnMut(&mut Transaction) -> Result<T, Error>,
) -> Result<T, Error> {
    loop {
        let mut tx = Transaction::begin(shared.clone(), crate::BeginAt::Validated)?;
        *tx.limits_mut() = Limits::UNLIMITED;
        let result = run(&mut tx)?;
        match Committer::commit(shared, tx, CommitOptions::default(), Lane::Shared) {
            Ok(pending) => return pending.wait().map(|_| result),
            Err(CommitError::Conflict(_)) => continue,
            Err(CommitError::Failed(error)) => return Err(error),
        }
    }
}

impl crate::Database {
    /// Fills the indexes of one table on this thread.
    pub(crate) fn fill_indexes(&self, ns: crate::Namespace, table: &str) -> Result<(), Error> {
        let shared = self.shared();
        let catalog = shared.catalogs.newest();
        let Some(table) = catalog.table(ns, table) else {
            return Ok(());
        };
        for index in table.indexes.iter().filter(|index| index.state == IndexState::Backfilling) {
            while backfill::step(shared, table, index.record)? == Step::More {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
