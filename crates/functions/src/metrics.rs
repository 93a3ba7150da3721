//! Counts and latencies of calls: a few atomics for each function, which whoever exports metrics reads.
//!
//! The number of series is bounded, whatever clients call: a function gets a series of its own when it is first
//! called, functions that do not exist share one, and functions beyond the bound share one.

mod calls;
mod histogram;
mod numbers;
mod table;

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use rustc_hash::{FxHashMap, FxHasher};

use crate::FunctionKind;
use crate::limits::FUNCTION_SERIES_MAX;
use crate::logs::Completion;
use crate::run::is_not_found;

pub use histogram::HistogramReading;
pub use table::{Labels, Metric, MetricKind, Sample, SampleValue};

pub(crate) use histogram::Histogram;

/// The function name of calls of functions that do not exist, or not for the caller.
const UNRESOLVED: &str = "_unresolved";
/// The function name of functions beyond the bound.
const OTHER: &str = "_other";

/// What tells the series of calls apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallLabels {
    pub kind: FunctionKind,
    /// Path of the component; empty for the app.
    pub component: Arc<str>,
    /// `messages:list`, `GET /ping`, `_unresolved` or `_other`.
    pub function: Arc<str>,
}

/// All series of calls, and what belongs to no function.
#[derive(Default)]
pub struct Metrics {
    series: RwLock<FxHashMap<u64, Vec<Arc<Series>>>>,
    /// Seconds from a mutation's validation until it is durable.
    pub(crate) commit_seconds: Histogram,
    /// How late the job that started last was, in milliseconds.
    pub(crate) job_lag_ms: AtomicU64,
    /// Stored files and their bytes as the last sweep found them.
    pub(crate) files: AtomicU64,
    pub(crate) file_bytes: AtomicU64,
}

struct Series {
    labels: CallLabels,
    succeeded: AtomicU64,
    failed: AtomicU64,
    cached: AtomicU64,
    conflicts: AtomicU64,
    user_microseconds: AtomicU64,
    read_bytes: AtomicU64,
    read_documents: AtomicU64,
    write_bytes: AtomicU64,
    write_documents: AtomicU64,
    seconds: Histogram,
}

/// The state of one series.
#[derive(Clone, Debug)]
pub struct CallReading {
    pub labels: CallLabels,
    /// Executions that returned a value, cached results excluded.
    pub succeeded: u64,
    /// Executions that failed, those that run again after a conflict excluded.
    pub failed: u64,
    /// Results handed out without running anything.
    pub cached: u64,
    /// Executions that lost to another commit and ran again.
    pub conflicts: u64,
    pub user_seconds: f64,
    pub read_bytes: u64,
    pub read_documents: u64,
    pub write_bytes: u64,
    pub write_documents: u64,
    /// Duration of executions, conflicting ones included.
    pub seconds: HistogramReading,
}

impl Metrics {
    /// Counts a finished execution.
    pub(crate) fn record(&self, entry: &Completion) {
        self.series_of(entry).add(entry);
    }

    /// Shows how late a job starts.
    pub(crate) fn show_job_lag(&self, lag: Duration) {
        self.job_lag_ms.store(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Shows the stored files as a sweep found them.
    pub(crate) fn show_files(&self, files: u64, bytes: u64) {
        self.files.store(files, Ordering::Relaxed);
        self.file_bytes.store(bytes, Ordering::Relaxed);
    }

    /// The series of all functions, in no particular order.
    pub fn calls(&self) -> Vec<CallReading> {
        self.series.read().values().flatten().map(|series| series.read()).collect()
    }

    /// Seconds from a mutation's validation until it is durable.
    pub fn commit_seconds(&self) -> HistogramReading {
        self.commit_seconds.read()
    }

    fn series_of(&self, entry: &Completion) -> Arc<Series> {
        let component = entry.component_path.as_deref().unwrap_or_default();
        if let Some(series) = self.find(entry.kind, component, &entry.identifier) {
            return series;
        }
        if entry.error.as_deref().is_some_and(is_not_found) {
            return self.find_or_add(entry.kind, "", UNRESOLVED);
        }
        if self.count_of(entry.kind) >= FUNCTION_SERIES_MAX {
            return self.find_or_add(entry.kind, "", OTHER);
        }
        self.find_or_add(entry.kind, component, &entry.identifier)
    }

    fn count_of(&self, kind: FunctionKind) -> usize {
        self.series.read().values().flatten().filter(|series| series.labels.kind == kind).count()
    }

    fn find(&self, kind: FunctionKind, component: &str, function: &str) -> Option<Arc<Series>> {
        let series = self.series.read();
        let same_hash = series.get(&hash(kind, component, function))?;
        same_hash.iter().find(|series| series.labels.are(kind, component, function)).cloned()
    }

    fn find_or_add(&self, kind: FunctionKind, component: &str, function: &str) -> Arc<Series> {
        let mut series = self.series.write();
        let same_hash = series.entry(hash(kind, component, function)).or_default();
        if let Some(found) = same_hash.iter().find(|series| series.labels.are(kind, component, function)) {
            return found.clone();
        }
        let labels = CallLabels { kind, component: component.into(), function: function.into() };
        let new = Arc::new(Series::new(labels));
        same_hash.push(new.clone());
        new
    }
}

fn hash(kind: FunctionKind, component: &str, function: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (kind, component, function).hash(&mut hasher);
    hasher.finish()
}

impl CallLabels {
    fn are(&self, kind: FunctionKind, component: &str, function: &str) -> bool {
        self.kind == kind && *self.component == *component && *self.function == *function
    }
}

impl Series {
    fn new(labels: CallLabels) -> Series {
        Series {
            labels,
            succeeded: AtomicU64::default(),
            failed: AtomicU64::default(),
            cached: AtomicU64::default(),
            conflicts: AtomicU64::default(),
            user_microseconds: AtomicU64::default(),
            read_bytes: AtomicU64::default(),
            read_documents: AtomicU64::default(),
            write_bytes: AtomicU64::default(),
            write_documents: AtomicU64::default(),
            seconds: Histogram::default(),
        }
    }

    fn add(&self, entry: &Completion) {
        let outcome = match entry {
            Completion { cached: true, .. } => &self.cached,
            Completion { will_retry: true, .. } => &self.conflicts,
            Completion { error: Some(_), .. } => &self.failed,
            _ => &self.succeeded,
        };
        outcome.fetch_add(1, Ordering::Relaxed);
        if entry.cached {
            return;
        }
        let add = |counter: &AtomicU64, more: u64| {
            if more > 0 {
                counter.fetch_add(more, Ordering::Relaxed);
            }
        };
        add(&self.user_microseconds, (entry.user_time * 1e6) as u64);
        self.seconds.observe(entry.execution_time);
        // What an action used is what those used that it called, and it is counted there.
        if matches!(entry.kind, FunctionKind::Action | FunctionKind::HttpAction) {
            return;
        }
        add(&self.read_bytes, entry.usage.read_bytes);
        add(&self.read_documents, entry.usage.read_documents);
        add(&self.write_bytes, entry.usage.write_bytes);
        add(&self.write_documents, entry.usage.write_documents);
    }

    fn read(&self) -> CallReading {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CallReading {
            labels: self.labels.clone(),
            succeeded: get(&self.succeeded),
            failed: get(&self.failed),
            cached: get(&self.cached),
            conflicts: get(&self.conflicts),
            user_seconds: get(&self.user_microseconds) as f64 / 1e6,
            read_bytes: get(&self.read_bytes),
            read_documents: get(&self.read_documents),
            write_bytes: get(&self.write_bytes),
            write_documents: get(&self.write_documents),
            seconds: self.seconds.read(),
        }
    }
}

#[cfg(test)]
mod tests;
