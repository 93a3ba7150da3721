//! The build thread: reads the documents that were there before an index was followed, applies what waits, forgets.
//!
//! Each batch of documents is read from a snapshot of its own, so a build may take as long as it likes and holds
//! nothing back. A document that a commit has changed since the index is followed came with its past and present;
//! the build skips it. Any other is the same in all snapshots since then, so it does not matter which one it is read
//! from. Several indexes are built in turns, a batch each, so that a small one does not wait for a large one.

use std::sync::Arc;

use value::Timestamp;

use super::Entry;
use crate::{
    IndexState,
    catalog::{Catalog, Table},
    database::Shared,
    error::Error,
    keys::{DocKey, Interval, Space, key_after, row_internal},
    limits::WORKER_BATCH,
    schema::worker::transact,
    snapshot::Snapshot,
};

/// An index that is being built, and the documents it has not read yet.
struct Building {
    entry: Arc<Entry>,
    unread: Interval,
}

/// Runs until the database is shut down, or nothing can be committed any more.
pub fn build_loop(shared: Arc<Shared>) {
    let mut building: Vec<Building> = Vec::new();
    let mut idle = true;
    while let Some(due) = shared.derived.wait(idle) {
        if due {
            shared.derived_retire();
            begin(&shared, &mut building);
        }
        let unfinished = building.len();
        let round = build_round(&shared, &mut building);
        idle = building.is_empty() || round.is_err();
        let looked_after = if due || building.len() < unfinished { look_after(&shared) } else { Ok(()) };
        match round.and(looked_after) {
            Ok(()) => {}
            Err(Error::Refused(_)) => return,
            Err(error) => tracing::error!(%error, "building search indexes pauses for a few seconds"),
        }
    }
}

/// Starts the builds that are missing, and gives up those of indexes that are gone.
fn begin(shared: &Shared, building: &mut Vec<Building>) {
    let entries = shared.derived.all();
    building.retain(|building| entries.iter().any(|entry| Arc::ptr_eq(entry, &building.entry)));
    for entry in entries.into_iter().filter(|entry| !entry.is_built()) {
        // The commit that made an index wakes this thread when it is visible.
        let visible = shared.validated() >= entry.followed;
        if visible && !building.iter().any(|other| Arc::ptr_eq(&other.entry, &entry)) {
            let unread = Space::Documents(entry.tablet).whole();
            building.push(Building { entry, unread });
        }
    }
}

/// Reads a batch for each index that is being built, and lets searches into those that are done.
fn build_round(shared: &Shared, building: &mut Vec<Building>) -> Result<(), Error> {
    for building in building.iter_mut() {
        if shared.derived.is_stopping() {
            return Ok(());
        }
        read_batch(shared, building)?;
    }
    building.retain(|building| {
        let done = building.unread.is_empty();
        if done {
            building.entry.finish();
        }
        !done
    });
    Ok(())
}

/// Applies what waits, forgets what nobody can ask for, and notes in the catalog which indexes are complete.
fn look_after(shared: &Arc<Shared>) -> Result<(), Error> {
    let horizon = shared.derived_horizon();
    for entry in shared.derived.all().iter().filter(|entry| entry.is_built()) {
        entry.catch_up();
        entry.prune(horizon);
        mark_complete(shared, entry)?;
    }
    Ok(())
}

/// Adds the next documents of the table.
fn read_batch(shared: &Shared, building: &mut Building) -> Result<(), Error> {
    let entry = &building.entry;
    let snapshot = Snapshot { at: shared.validated(), validated: true };
    let catalog = shared.catalogs.newest();
    let Some(table) = catalog.tablet(entry.tablet) else {
        // The table was dropped: nobody will ask.
        building.unread.start = building.unread.end.clone();
        return Ok(());
    };
    let page = shared.read_rows(&building.unread, storage::Order::Ascending, WORKER_BATCH, snapshot)?;
    let mut documents = Vec::with_capacity(page.rows.len());
    for row in &page.rows {
        let internal = row_internal(&row.key).ok_or_else(|| Error::Corrupt("a document key is too short".into()))?;
        let document = shared.read_scanned(table, DocKey::new(entry.tablet, internal), row, snapshot)?;
        let content = document.and_then(|document| super::content_of(&entry.index.definition, &document));
        documents.extend(content.map(|content| (internal, content)));
    }
    let mut contents = entry.contents.write();
    // Every commit the snapshot sees has been queued.
    entry.drain(&mut contents);
    for (internal, content) in documents {
        if contents.told.as_ref().is_some_and(|told| !told.contains(&internal)) {
            contents.kind.add(&content, Timestamp::ZERO, None);
        }
    }
    building.unread.start = page.covered_to.map_or(building.unread.end.clone(), |last| key_after(&last));
    Ok(())
}

/// Notes in the catalog that an index is complete, if it was waiting for that.
fn mark_complete(shared: &Arc<Shared>, entry: &Entry) -> Result<(), Error> {
    let state = |catalog: &Catalog| -> Option<(IndexState, Arc<Table>)> {
        let table = catalog.tablet(entry.tablet)?;
        let index = table.derived.iter().find(|index| index.id == entry.index.id)?;
        Some((index.state, table.clone()))
    };
    if !matches!(state(&shared.catalogs.newest()), Some((IndexState::Backfilling, _))) {
        return Ok(());
    }
    transact(shared, |tx| match state(tx.catalog()) {
        Some((IndexState::Backfilling, _)) => {
            tx.change_index(entry.index.record, |record| record.state = Some(IndexState::Backfilled))
        }
        Some((IndexState::Backfilled | IndexState::Enabled, _)) | None => Ok(()),
    })
}

impl Entry {
    fn is_built(&self) -> bool {
        *self.built.lock()
    }

    /// Lets searches in.
    fn finish(&self) {
        let documents = {
            let mut contents = self.contents.write();
            contents.told = None;
            contents.kind.documents()
        };
        *self.built.lock() = true;
        self.built_changed.notify_all();
        tracing::info!(index = self.index.definition.name, documents, "search index built");
    }

    fn prune(&self, horizon: Timestamp) {
        let mut contents = self.contents.write();
        if contents.told.is_none() && contents.kind.prune(horizon) {
            contents.floor = contents.floor.max(horizon);
        }
    }
}

impl Shared {
    /// Returns the oldest snapshot that may still be asked for.
    fn derived_horizon(&self) -> Timestamp {
        let oldest = self.engine.oldest_readable();
        self.oldest_active().map_or(oldest, |active| active.min(oldest))
    }

    /// Lets go of indexes that were dropped, once nobody reads a snapshot from before.
    fn derived_retire(&self) {
        let mut catalogs = vec![self.catalogs.newest()];
        catalogs.extend(self.oldest_active().and_then(|at| self.catalogs.at(at)));
        let wanted = |entry: &Entry| {
            let tables = catalogs.iter().filter_map(|catalog| catalog.tablet(entry.tablet));
            tables.flat_map(|table| &table.derived).any(|index| index.id == entry.index.id)
        };
        let gone: Vec<_> = self.derived.all().into_iter().filter(|entry| !wanted(entry)).collect();
        if gone.is_empty() {
            return;
        }
        let mut entries = self.derived.entries.write();
        gone.iter().for_each(|entry| drop(entries.remove(&entry.index.id)));
    }
}
