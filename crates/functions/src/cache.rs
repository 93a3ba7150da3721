//! Query results shared by all callers, and the queries running right now.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rustc_hash::FxBuildHasher;
use tokio::sync::oneshot;
use value::Timestamp;

use crate::{FunctionPath, QueryResult, SystemError};

/// A result that read the clock is reused for this long at most.
const TIME_DEPENDENT_AGE_MAX: Duration = Duration::from_secs(17);

/// What a query's result depends on beside data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    /// Version of code and environment.
    pub deployment: u64,
    pub path: FunctionPath,
    /// Canonical JSON.
    pub args: Arc<str>,
    pub journal: Option<Arc<str>>,
    /// `None` for results that did not look at who is asking.
    pub identity: Option<Arc<str>>,
}

#[derive(Clone)]
struct Entry {
    result: Arc<QueryResult>,
    /// When a result that read the clock was computed, on the monotonic clock.
    time_observed_at: Option<Duration>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<CacheKey, Entry> for ByBytes {
    fn weight(&self, key: &CacheKey, entry: &Entry) -> u64 {
        let result = entry.result.outcome.as_ref().map_or(0, |json| json.len());
        let logs: usize = entry.result.log_lines.iter().map(|line| line.len() + 24).sum();
        (result + logs + key.args.len() + key.identity.as_ref().map_or(0, |i| i.len()) + 512) as u64
    }
}

type Waiter = oneshot::Sender<Result<Arc<QueryResult>, SystemError>>;

/// Finished results by key, and who waits for which unfinished one.
pub(crate) struct QueryCache {
    results: Arc<Cache<CacheKey, Entry, ByBytes, FxBuildHasher>>,
    running: Mutex<HashMap<CacheKey, Vec<Waiter>, FxBuildHasher>>,
}

type Reply = oneshot::Receiver<Result<Arc<QueryResult>, SystemError>>;

impl QueryCache {
    pub fn new(bytes: usize) -> QueryCache {
        let expected = (bytes / 4096).max(64);
        let results = Cache::with(expected, bytes as u64, ByBytes, FxBuildHasher, Default::default());
        QueryCache { results: Arc::new(results), running: Mutex::default() }
    }

    /// How many results there are, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        (self.results.len(), self.results.weight() as usize)
    }

    /// A result that a run at `at` would repeat.
    pub fn get(&self, key: &CacheKey, at: Timestamp, monotonic: Duration) -> Option<Arc<QueryResult>> {
        let entry = self.results.get(key)?;
        let fresh = entry.time_observed_at.is_none_or(|then| monotonic.saturating_sub(then) < TIME_DEPENDENT_AGE_MAX);
        (fresh && entry.result.valid_at(at)).then_some(entry.result)
    }

    /// Keeps a result until a commit makes it stale.
    pub fn insert(&self, key: CacheKey, result: &Arc<QueryResult>, time_observed_at: Option<Duration>) {
        self.results.insert(key.clone(), Entry { result: result.clone(), time_observed_at });
        let results = Arc::downgrade(&self.results);
        result.on_invalidated(Box::new(move |_| {
            if let Some(results) = results.upgrade() {
                results.remove(&key);
            }
        }));
    }

    /// Joins the running query of this key. True means that nobody runs it yet: the caller must, and must call
    /// [`QueryCache::finish`] whatever happens.
    pub fn join(&self, key: &CacheKey) -> (Reply, bool) {
        let (sender, receiver) = oneshot::channel();
        let mut running = self.running.lock();
        let waiters = running.entry(key.clone()).or_default();
        waiters.push(sender);
        (receiver, waiters.len() == 1)
    }

    /// Hands the outcome of a running query to everybody who waits for it.
    pub fn finish(&self, key: &CacheKey, outcome: &Result<Arc<QueryResult>, SystemError>) {
        let waiters = self.running.lock().remove(key).unwrap_or_default();
        for waiter in waiters {
            // A caller that stopped waiting is no failure.
            drop(waiter.send(outcome.clone()));
        }
    }
}
