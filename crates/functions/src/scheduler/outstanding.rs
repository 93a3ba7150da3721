//! How many jobs wait or run, for the limit of them.
//!
//! Counting them reads as many index entries, so what is kept is a number that they are not more than, transactions
//! under way aside: each scheduled job adds one, and only when it reaches the limit are they counted, at most every few
//! seconds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use db::{BeginAt, Order, RangeBound, RangeOp, Source};
use parking_lot::Mutex;
use value::Value;

use super::agenda::places;
use super::{BY_STATE, TABLE};
use crate::deploy::tables::begin_unlimited;
use crate::runtime::Inner;

/// Jobs are counted at most this often.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);

/// Bounds the number of outstanding jobs.
pub(crate) struct Outstanding {
    most: usize,
    /// Unknown until the first job is scheduled, when this starts as the limit.
    at_most: AtomicUsize,
    /// When they were counted last, on the monotonic clock.
    counted_at: Mutex<Option<Duration>>,
}

impl Outstanding {
    pub fn new(most: usize) -> Outstanding {
        Outstanding { most, at_most: AtomicUsize::new(most), counted_at: Mutex::new(None) }
    }

    /// Makes room for one job more.
    ///
    /// Errors: what is wrong, as a sentence, when there are too many.
    pub fn admit(&self, inner: &Inner) -> Result<(), super::ScheduleError> {
        if self.add() || (self.count(inner)? && self.add()) {
            return Ok(());
        }
        Err(super::ScheduleError::Invalid(format!(
            "Too many scheduled functions are waiting or running (limit: {}). Wait until some have run, or cancel some.",
            self.most
        )))
    }

    fn add(&self) -> bool {
        let added = |at_most| (at_most < self.most).then_some(at_most + 1);
        self.at_most.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added).is_ok()
    }

    /// Counts the jobs of all components unless that was done a moment ago; returns whether it was worth a try.
    fn count(&self, inner: &Inner) -> Result<bool, db::Error> {
        let mut counted_at = self.counted_at.lock();
        if self.at_most.load(Ordering::Relaxed) < self.most {
            // Somebody else has counted while this waited.
            return Ok(true);
        }
        let now = inner.platform.monotonic();
        if counted_at.is_some_and(|last| now < last + COUNT_INTERVAL) {
            return Ok(false);
        }
        let before = self.at_most.load(Ordering::Relaxed);
        let mut tx = begin_unlimited(&inner.database, BeginAt::Validated)?;
        let deployment = inner.deployment_at(tx.snapshot());
        let mut jobs = 0;
        for place in places(&deployment) {
            for state in ["pending", "inProgress"] {
                jobs += tx.count_stored(place.namespace, &in_state(state))?;
            }
        }
        let jobs = usize::try_from(jobs).unwrap_or(usize::MAX);
        // What was added meanwhile may not have been seen.
        self.at_most.fetch_sub(before.saturating_sub(jobs), Ordering::Relaxed);
        *counted_at = Some(now);
        Ok(true)
    }
}

fn in_state(state: &str) -> Source {
    let value = Some(Value::String(state.into()));
    let range = vec![RangeBound { field: "state.kind".into(), op: RangeOp::Eq, value }];
    Source::IndexRange { table: TABLE.into(), index: BY_STATE.into(), range, order: Order::Ascending }
}
