//! What the runtime answers.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use value::Timestamp;

use crate::FunctionError;
use crate::audit::AuditEvent;

/// The result of one query at one timestamp, live until a commit touches what it read.
pub struct QueryResult {
    /// Encoded JSON of the returned value.
    pub outcome: Result<Arc<str>, FunctionError>,
    /// `[LEVEL] text` lines.
    pub log_lines: Arc<[String]>,
    /// What the query reported with `log.audit`: reported anew for each caller that gets this result.
    pub(crate) audit: Arc<[AuditEvent]>,
    /// The state to hand back on the next run of the same subscription.
    pub journal: Option<Arc<str>>,
    /// The snapshot the query read.
    pub ts: Timestamp,
    /// What the run read.
    pub(crate) read: ReadUsage,
    pub(crate) liveness: Liveness,
}

/// Documents that a query read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadUsage {
    pub bytes: u64,
    pub documents: u64,
}

/// Whether a result is still what a fresh run would give.
pub(crate) enum Liveness {
    /// Tracked by a subscription in the database.
    Tracked { state: Arc<Validity>, database: db::Database, subscription: db::SubscriptionId },
    /// Found stale before it could be tracked; right between its snapshot and the commit noted in `state`.
    Stale { state: Arc<Validity> },
    /// Does not depend on data at all.
    Always,
}

/// Set once, when a commit touches the read set.
#[derive(Default)]
pub(crate) struct Validity {
    state: Mutex<ValidityState>,
}

/// Told when a result goes stale. Called once per result, and must not block.
pub trait Watch: Send + Sync {
    fn stale(&self, at: Timestamp);
}

/// Watchers that may have gone away are looked for when this many have gathered, and at every doubling after.
const SWEEP_LEN_MIN: usize = 16;

enum Watcher {
    Once(Box<dyn FnOnce(Timestamp) + Send>),
    /// Sessions come and go while a shared result stays, so it must not keep them.
    Shared(Weak<dyn Watch>),
}

#[derive(Default)]
struct ValidityState {
    invalid_at: Option<Timestamp>,
    watchers: Vec<Watcher>,
    sweep_len: usize,
}

impl Watcher {
    fn call(self, at: Timestamp) {
        match self {
            Watcher::Once(watcher) => watcher(at),
            Watcher::Shared(watcher) => {
                if let Some(watcher) = watcher.upgrade() {
                    watcher.stale(at);
                }
            }
        }
    }

    /// Tells shared watchers apart.
    fn address(&self) -> Option<*const ()> {
        match self {
            Watcher::Once(_) => None,
            Watcher::Shared(watcher) => Some(watcher.as_ptr().cast()),
        }
    }

    fn is_gone(&self) -> bool {
        match self {
            Watcher::Once(_) => false,
            Watcher::Shared(watcher) => watcher.strong_count() == 0,
        }
    }
}

impl ValidityState {
    fn add(&mut self, watcher: Watcher) {
        if self.watchers.len() >= self.sweep_len.max(SWEEP_LEN_MIN) {
            // A session that runs its queries again, as after each login, is given the same result again.
            let mut seen = HashSet::new();
            self.watchers.retain(|watcher| !watcher.is_gone() && watcher.address().is_none_or(|at| seen.insert(at)));
            self.sweep_len = self.watchers.len() * 2;
        }
        self.watchers.push(watcher);
    }
}

impl db::Invalidate for Validity {
    fn invalidated(&self, at: Timestamp) {
        self.invalidate(at);
    }
}

impl Validity {
    /// Notes the commit that made the result stale and tells the watchers, once.
    pub fn invalidate(&self, at: Timestamp) {
        let watchers = {
            let mut state = self.state.lock();
            if state.invalid_at.is_some_and(|earlier| earlier <= at) {
                return;
            }
            state.invalid_at = Some(at);
            std::mem::take(&mut state.watchers)
        };
        for watcher in watchers {
            watcher.call(at);
        }
    }
}

impl QueryResult {
    /// True when a fresh run at `ts` would give this very result.
    pub fn valid_at(&self, ts: Timestamp) -> bool {
        if ts < self.ts {
            return false;
        }
        match &self.liveness {
            Liveness::Always => true,
            Liveness::Tracked { state, .. } | Liveness::Stale { state } => {
                state.state.lock().invalid_at.is_none_or(|at| ts < at)
            }
        }
    }

    /// Calls `watcher` once with the commit that made this result stale; at once if it already is. Must not block.
    pub fn on_invalidated(&self, watcher: Box<dyn FnOnce(Timestamp) + Send>) {
        self.add_watcher(Watcher::Once(watcher));
    }

    /// The same for a watcher that may go away first; the result does not keep it alive.
    pub fn watch(&self, watcher: Weak<dyn Watch>) {
        self.add_watcher(Watcher::Shared(watcher));
    }

    /// A result that depends on no data, so that nothing makes it stale.
    pub fn constant(
        outcome: Result<Arc<str>, FunctionError>,
        log_lines: Arc<[String]>,
        journal: Option<Arc<str>>,
        ts: Timestamp,
    ) -> QueryResult {
        let (audit, read, liveness) = (Arc::from([]), ReadUsage::default(), Liveness::Always);
        QueryResult { outcome, log_lines, audit, journal, ts, read, liveness }
    }

    fn add_watcher(&self, watcher: Watcher) {
        let state = match &self.liveness {
            Liveness::Always => return,
            Liveness::Tracked { state, .. } | Liveness::Stale { state } => state,
        };
        let stale = {
            let mut state = state.state.lock();
            match state.invalid_at {
                Some(at) => at,
                None => {
                    state.add(watcher);
                    return;
                }
            }
        };
        watcher.call(stale);
    }
}

impl Drop for Liveness {
    fn drop(&mut self) {
        if let Liveness::Tracked { database, subscription, .. } = self {
            database.unsubscribe(*subscription);
        }
    }
}

impl fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryResult").field("outcome", &self.outcome).field("ts", &self.ts).finish_non_exhaustive()
    }
}

/// The answer to a mutation, given once it is durable.
#[derive(Clone, Debug)]
pub struct MutationResult {
    pub outcome: Result<Arc<str>, FunctionError>,
    /// Commit timestamp; for a failure the snapshot it ran at.
    pub ts: Timestamp,
    pub log_lines: Arc<[String]>,
}

/// The answer to an action.
#[derive(Clone, Debug)]
pub struct ActionResult {
    pub outcome: Result<Arc<str>, FunctionError>,
    pub log_lines: Arc<[String]>,
}

/// The answer to a call whose kind the caller did not know.
#[derive(Clone, Debug)]
pub struct AnyResult {
    pub outcome: Result<Arc<str>, FunctionError>,
    pub log_lines: Arc<[String]>,
}

#[cfg(test)]
mod tests;
