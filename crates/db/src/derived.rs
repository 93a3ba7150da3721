//! Search and vector indexes: held in memory, derived from the documents, never stored.
//!
//! From the commit that creates an index on, every commit to its table says what changes in it (see [`changes`]), and
//! the changes wait in the index's queue before their timestamp can be read. Meanwhile a thread reads the documents
//! that were there before (see [`build`]). Whoever searches applies what waits and then asks as of its own snapshot:
//! the index keeps versions, so it answers exactly. Losing an index costs a rebuild: after a restart all are built
//! anew, and nothing but searches waits for that.
//!
//! ```text
//! commit ── Change ──▶ queue ──▶ index in memory ◀── documents, batch by batch ── build thread
//!                       searches apply what waits first
//! ```
//! Invariant: every snapshot from `floor` on is answered exactly once the index is built.

mod build;
mod changes;
mod own;
mod read;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::{Condvar, Mutex, RwLock};
use rustc_hash::{FxHashMap, FxHashSet};
use search::{TextIndex, VectorIndex};
use value::{InternalId, Timestamp};

use crate::{
    catalog::{Catalog, DerivedIndex},
    error::Error,
    keys::{IndexId, TabletId},
    limits::{DERIVED_QUEUE_COMMITS, DERIVED_WAIT},
    recent::Touched,
    schema::DerivedKind,
};
pub use build::build_loop;
pub use changes::{Change, Content, change_of, content_of, filter_value};
pub use own::OwnTexts;
pub use read::SearchRead;

/// All search and vector indexes of a database.
#[derive(Default)]
pub struct DerivedIndexes {
    entries: RwLock<FxHashMap<IndexId, Arc<Entry>>>,
    work: Mutex<Work>,
    wake: Condvar,
    stopping: AtomicBool,
}

/// What the build thread waits for.
#[derive(Default)]
struct Work {
    due: bool,
}

/// One index.
pub struct Entry {
    index: Arc<DerivedIndex>,
    tablet: TabletId,
    /// Since when its commits are told.
    followed: Timestamp,
    /// Commits that are not applied yet, ascending.
    queue: Mutex<Vec<Arc<Touched>>>,
    contents: RwLock<Contents>,
    built: Mutex<bool>,
    built_changed: Condvar,
}

struct Contents {
    kind: Kind,
    /// Snapshots before this cannot be answered.
    floor: Timestamp,
    /// While it is built: the documents whose past and present came from commits.
    told: Option<FxHashSet<InternalId>>,
}

/// The index itself.
pub enum Kind {
    Text(TextIndex),
    Vector(VectorIndex),
}

impl DerivedIndexes {
    /// Begins to follow the indexes that are new in a catalog. Called before its timestamp can be read.
    pub fn follow(&self, catalog: &Catalog, since: Timestamp) {
        let mut new = catalog.derived().peekable();
        if new.peek().is_none() {
            return;
        }
        let mut entries = self.entries.write();
        for (table, index) in new {
            entries.entry(index.id).or_insert_with(|| Arc::new(Entry::new(index, table.tablet, since)));
        }
    }

    /// Queues a commit for the indexes it changes. Called before its timestamp can be read.
    pub fn push(&self, touched: &Arc<Touched>) {
        let entries = self.entries.read();
        let mut last = None;
        for change in &touched.derived {
            if last.replace(change.index) == Some(change.index) {
                continue;
            }
            let Some(entry) = entries.get(&change.index) else {
                continue;
            };
            let mut queue = entry.queue.lock();
            if queue.last().is_some_and(|queued| queued.ts == touched.ts) {
                continue;
            }
            queue.push(touched.clone());
            if queue.len() == DERIVED_QUEUE_COMMITS {
                self.wake_up();
            }
        }
    }

    /// Tells the build thread to look for work.
    pub fn wake_up(&self) {
        self.work.lock().due = true;
        self.wake.notify_all();
    }

    /// As `wake_up`, if there is anything to look after.
    pub fn tick(&self) {
        if !self.entries.read().is_empty() {
            self.wake_up();
        }
    }

    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake_up();
        for entry in self.all() {
            let _built = entry.built.lock();
            entry.built_changed.notify_all();
        }
    }

    /// Asks an index as of a snapshot, waiting for it to be built if need be.
    ///
    /// Errors: `Unavailable` when building takes too long; `OutOfRetention` for a snapshot it does not remember.
    pub fn read<T>(&self, index: IndexId, at: Timestamp, ask: impl FnOnce(&Kind) -> T) -> Result<T, Error> {
        let entry = self.entries.read().get(&index).cloned().ok_or(Error::OutOfRetention)?;
        self.wait_built(&entry)?;
        entry.catch_up();
        let contents = entry.contents.read();
        if at < contents.floor {
            return Err(Error::OutOfRetention);
        }
        Ok(ask(&contents.kind))
    }

    fn wait_built(&self, entry: &Entry) -> Result<(), Error> {
        let mut built = entry.built.lock();
        while !*built && !self.is_stopping() {
            if entry.built_changed.wait_for(&mut built, DERIVED_WAIT).timed_out() {
                break;
            }
        }
        if *built {
            return Ok(());
        }
        let (code, what) = match entry.index.definition.kind {
            DerivedKind::Text { .. } => ("SearchIndexesUnavailable", "search"),
            DerivedKind::Vector { .. } => ("VectorIndexesUnavailable", "vector"),
        };
        let name = &entry.index.definition.name;
        Err(Error::Unavailable { code, message: format!("The {what} index {name} is still being built. Try again.") })
    }

    fn all(&self) -> Vec<Arc<Entry>> {
        self.entries.read().values().cloned().collect()
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Returns whether somebody asked to look for work, after waiting for that if there is nothing else to do; `None`
    /// at the end.
    fn wait(&self, idle: bool) -> Option<bool> {
        let mut work = self.work.lock();
        while idle && !work.due && !self.is_stopping() {
            self.wake.wait(&mut work);
        }
        let due = std::mem::take(&mut work.due);
        (!self.is_stopping()).then_some(due)
    }
}

impl Entry {
    fn new(index: &Arc<DerivedIndex>, tablet: TabletId, followed: Timestamp) -> Entry {
        let filters = index.definition.filter_fields.len();
        let kind = match index.definition.kind {
            DerivedKind::Text { .. } => Kind::Text(TextIndex::new(filters)),
            DerivedKind::Vector { dimensions, .. } => Kind::Vector(VectorIndex::new(dimensions as usize, filters)),
        };
        let told = Some(FxHashSet::default());
        Entry {
            index: index.clone(),
            tablet,
            followed,
            queue: Mutex::default(),
            contents: RwLock::new(Contents { kind, floor: followed, told }),
            built: Mutex::new(false),
            built_changed: Condvar::new(),
        }
    }

    /// Applies the commits that wait.
    fn catch_up(&self) {
        if !self.queue.lock().is_empty() {
            self.drain(&mut self.contents.write());
        }
    }

    /// As `catch_up`, when the contents are held: commits are applied in the order they were queued.
    fn drain(&self, contents: &mut Contents) {
        let queued = std::mem::take(&mut *self.queue.lock());
        for touched in queued {
            let own = touched.derived.iter().filter(|change| change.index == self.index.id);
            own.for_each(|change| contents.apply(change, touched.ts));
        }
    }
}

impl Contents {
    fn apply(&mut self, change: &Change, ts: Timestamp) {
        if change.before == change.after {
            return;
        }
        if let Some(told) = &mut self.told {
            told.insert(change.internal);
        }
        if let Some(before) = &change.before
            && !self.kind.end(change.internal, ts)
        {
            // The build has not come to this document and will skip it.
            self.kind.add(before, Timestamp::ZERO, Some(ts));
        }
        if let Some(after) = &change.after {
            self.kind.add(after, ts, None);
        }
    }
}

impl Kind {
    /// Adds a version that is valid from `from` on, until `to` if it is over already.
    fn add(&mut self, content: &Content, from: Timestamp, to: Option<Timestamp>) {
        match (self, content, to) {
            (Kind::Text(index), Content::Text(document), None) => index.add(document, from.0),
            (Kind::Text(index), Content::Text(document), Some(to)) => index.add_ended(document, from.0, to.0),
            (Kind::Vector(index), Content::Vector(document), None) => index.add(document, from.0),
            (Kind::Vector(index), Content::Vector(document), Some(to)) => index.add_ended(document, from.0, to.0),
            (Kind::Text(_), Content::Vector(_), _) | (Kind::Vector(_), Content::Text(_), _) => {
                unreachable!("contents are made for the kind of their index")
            }
        }
    }

    fn end(&mut self, internal: InternalId, at: Timestamp) -> bool {
        match self {
            Kind::Text(index) => index.end(&internal.0, at.0),
            Kind::Vector(index) => index.end(&internal.0, at.0),
        }
    }

    fn prune(&mut self, horizon: Timestamp) -> bool {
        match self {
            Kind::Text(index) => index.prune(horizon.0),
            Kind::Vector(index) => index.prune(horizon.0),
        }
    }

    fn documents(&self) -> usize {
        match self {
            Kind::Text(index) => index.documents(),
            Kind::Vector(index) => index.documents(),
        }
    }
}

#[cfg(test)]
mod tests;
