//! Subscriptions: who is told when something in a read set changes.
//!
//! Single documents are found in a hash map, intervals in one balanced tree per index, searches by their terms. So
//! what a commit costs here depends on what it wrote and whom it concerns, not on how many subscriptions there are.

mod interval_tree;
mod searches;

use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use value::Timestamp;

use crate::{
    derived::{Content, SearchRead},
    keys::{DocKey, IndexId, Interval, Space},
    read_set::ReadSet,
    recent::Touched,
};
use interval_tree::IntervalTree;
use searches::SearchSubscriptions;

/// Names a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub(crate) u64);

/// The read set has already changed, at `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the read set has changed already")]
pub struct Invalidated {
    pub at: Timestamp,
}

/// Told once when a subscribed read set changes.
pub trait Invalidate: Send + Sync {
    /// Called before the durable timestamp passes `at`; must not block.
    fn invalidated(&self, at: Timestamp);
}

/// All subscriptions of a database.
#[derive(Default)]
pub struct Subscriptions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next_id: u64,
    /// Everything up to here has been looked up; later commits still will be.
    notified: Timestamp,
    subscriptions: FxHashMap<u64, Subscription>,
    points: FxHashMap<DocKey, Members>,
    intervals: FxHashMap<Space, IntervalTree>,
    searches: FxHashMap<IndexId, SearchSubscriptions>,
}

struct Subscription {
    read_set: Arc<ReadSet>,
    subscriber: Arc<dyn Invalidate>,
}

impl Subscriptions {
    pub fn new(notified: Timestamp) -> Subscriptions {
        Subscriptions { state: Mutex::new(State { notified, ..State::default() }) }
    }

    /// Adds a subscription, unless `stale_until` finds that its read set changed up to the timestamp it is given.
    ///
    /// Commits past that timestamp are looked up after this returns, so none falls in between.
    pub fn add(
        &self,
        read_set: Arc<ReadSet>,
        subscriber: Arc<dyn Invalidate>,
        stale_until: impl FnOnce(Timestamp) -> Option<Timestamp>,
    ) -> Result<SubscriptionId, Invalidated> {
        let mut state = self.state.lock();
        if let Some(at) = stale_until(state.notified) {
            return Err(Invalidated { at });
        }
        state.next_id += 1;
        let id = state.next_id;
        for point in &read_set.points {
            state.points.entry(*point).or_default().add(id);
        }
        for interval in &read_set.intervals {
            let space = Space::of(&interval.start).expect("read intervals start inside a space");
            state.intervals.entry(space).or_default().insert(interval.clone(), id);
        }
        for search in &read_set.searches {
            state.searches.entry(search.index).or_default().insert(&search.query, id);
        }
        state.subscriptions.insert(id, Subscription { read_set, subscriber });
        Ok(SubscriptionId(id))
    }

    pub fn remove(&self, id: SubscriptionId) {
        self.state.lock().take(id.0);
    }

    pub fn len(&self) -> usize {
        self.state.lock().subscriptions.len()
    }

    /// Tells everybody whose read set the commits changed, and drops those subscriptions. Commits ascend.
    pub fn notify(&self, commits: &[Arc<Touched>]) {
        let mut concerned = Vec::new();
        {
            let mut state = self.state.lock();
            for touched in commits {
                let ids = state.stab(touched);
                concerned.extend(ids.into_iter().filter_map(|id| Some((touched.ts, state.take(id)?))));
                state.notified = touched.ts;
            }
        }
        for (ts, subscription) in concerned {
            subscription.subscriber.invalidated(ts);
        }
    }
}

impl State {
    /// Returns the subscriptions a commit concerns, each at least once.
    fn stab(&self, touched: &Touched) -> Vec<u64> {
        let mut ids = Vec::new();
        if self.subscriptions.is_empty() {
            return ids;
        }
        for document in &touched.documents {
            if let Some(members) = self.points.get(document) {
                members.collect(&mut ids);
            }
            if let Some(tree) = self.intervals.get(&Space::Documents(document.tablet)) {
                tree.stab(&document.storage_key(), &mut ids);
            }
        }
        for key in &touched.keys {
            let tree = Space::of(key).and_then(|space| self.intervals.get(&space));
            if let Some(tree) = tree {
                tree.stab(key, &mut ids);
            }
        }
        for change in &touched.derived {
            if let Some(searches) = self.searches.get(&change.index) {
                let contents = change.before.iter().chain(&change.after);
                contents.filter_map(Content::as_text).for_each(|document| searches.stab(document, &mut ids));
            }
        }
        ids
    }

    fn take(&mut self, id: u64) -> Option<Subscription> {
        let subscription = self.subscriptions.remove(&id)?;
        for point in &subscription.read_set.points {
            let Some(members) = self.points.get_mut(point) else {
                continue;
            };
            if members.remove(id) {
                self.points.remove(point);
            }
        }
        for interval in &subscription.read_set.intervals {
            self.forget_interval(interval, id);
        }
        for search in &subscription.read_set.searches {
            self.forget_search(search, id);
        }
        Some(subscription)
    }

    fn forget_search(&mut self, search: &SearchRead, id: u64) {
        let Some(searches) = self.searches.get_mut(&search.index) else {
            return;
        };
        searches.remove(&search.query, id);
        if searches.is_empty() {
            self.searches.remove(&search.index);
        }
    }

    fn forget_interval(&mut self, interval: &Interval, id: u64) {
        let Some(space) = Space::of(&interval.start) else {
            return;
        };
        let Some(tree) = self.intervals.get_mut(&space) else {
            return;
        };
        tree.remove(interval, id);
        if tree.is_empty() {
            self.intervals.remove(&space);
        }
    }
}

/// The subscriptions to one document: usually one, sometimes very many.
enum Members {
    One(u64),
    Many(FxHashSet<u64>),
}

impl Default for Members {
    fn default() -> Members {
        Members::Many(FxHashSet::default())
    }
}

impl Members {
    fn add(&mut self, id: u64) {
        match self {
            Members::Many(ids) if ids.is_empty() => *self = Members::One(id),
            Members::Many(ids) => {
                ids.insert(id);
            }
            Members::One(first) => *self = Members::Many(FxHashSet::from_iter([*first, id])),
        }
    }

    /// Removes a member; returns whether none is left.
    fn remove(&mut self, id: u64) -> bool {
        match self {
            Members::One(only) => *only == id,
            Members::Many(ids) => {
                ids.remove(&id);
                ids.is_empty()
            }
        }
    }

    fn collect(&self, out: &mut Vec<u64>) {
        match self {
            Members::One(id) => out.push(*id),
            Members::Many(ids) => out.extend(ids),
        }
    }
}

#[cfg(test)]
mod tests;
