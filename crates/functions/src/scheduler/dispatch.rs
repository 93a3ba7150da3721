//! The dispatcher: finds due jobs, runs them on the workers, sleeps until the next one.
//!
//! It reads the pending jobs through an ordinary transaction and subscribes to what it read, so a newly scheduled or
//! cancelled job wakes it exactly as a live query would be woken.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use db::{
    BeginAt, CommitOptions, Namespace, Operator, Order, Query, RangeBound, RangeOp, Source, SubscriptionId, Transaction,
};
use parking_lot::{Condvar, Mutex};
use value::{DocumentId, Timestamp, Value};

use super::agenda::places;
use super::backlog::{Backlog, Due, Free, LOOK_BEHIND_INTERVAL, Slot, Walk};
use super::launch::{Launch, launch};
use super::{BY_COMPLETION, TABLE};
use crate::Deployment;
use crate::deploy::tables::begin_unlimited;
use crate::limits::{JOB_KEEP_MS, JOBS_RUNNING_MAX};
use crate::runtime::Inner;

/// Wait after a failure of the service before the dispatcher looks again.
const FAILURE_WAIT: Duration = Duration::from_millis(500);
/// How often finished jobs are swept.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// Jobs swept in one transaction.
const SWEEP_MAX: usize = 256;

/// The dispatcher's thread.
pub(crate) struct Dispatcher {
    signal: Arc<Signal>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
pub(super) struct Signal {
    state: Mutex<SignalState>,
    changed: Condvar,
}

#[derive(Default)]
struct SignalState {
    woken: bool,
    /// What was read of the pending rows is out of date.
    stale: bool,
    stopping: bool,
    running: HashMap<DocumentId, Slot>,
    /// How often in a row the service has failed the jobs that will be tried again.
    failures: HashMap<DocumentId, u32>,
}

/// What is left of a job that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Finished,
    /// It is still pending: the service has failed it.
    Failed,
    /// It is pending again, perhaps since before it was taken off the running ones.
    ComesAgain,
}

impl db::Invalidate for Signal {
    fn invalidated(&self, _at: Timestamp) {
        self.look_again();
    }
}

impl Signal {
    /// Makes the dispatcher read the pending rows again.
    fn look_again(&self) {
        let mut state = self.state.lock();
        state.stale = true;
        state.woken = true;
        drop(state);
        self.changed.notify_all();
    }

    /// Takes a job off the running ones.
    pub fn done(&self, row: DocumentId, after: After) {
        let mut state = self.state.lock();
        state.running.remove(&row);
        if after != After::Failed {
            state.failures.remove(&row);
        }
        state.stale |= after != After::Finished;
        state.woken = true;
        drop(state);
        self.changed.notify_all();
    }

    /// Notes a failure of the service; returns how many there were in a row.
    pub fn failed(&self, row: DocumentId) -> u32 {
        let mut state = self.state.lock();
        let failures = state.failures.entry(row).or_default();
        *failures = failures.saturating_add(1);
        *failures
    }

    fn free(&self, actions_max: usize) -> Free {
        let state = self.state.lock();
        let taken = |kind: Slot| state.running.values().filter(|slot| **slot == kind).count();
        Free {
            workers: JOBS_RUNNING_MAX.saturating_sub(taken(Slot::Worker)),
            actions: actions_max.saturating_sub(taken(Slot::Action)),
        }
    }

    pub fn is_running(&self, row: DocumentId) -> bool {
        self.state.lock().running.contains_key(&row)
    }

    /// Notes that a job is about to run.
    pub fn occupy(&self, row: DocumentId, slot: Slot) {
        self.state.lock().running.insert(row, slot);
    }
}

impl Dispatcher {
    /// Starts the thread.
    pub fn start(inner: Arc<Inner>) -> std::io::Result<Dispatcher> {
        super::recover::fail_interrupted(&inner);
        let signal = Arc::new(Signal::default());
        let shared = signal.clone();
        let thread = std::thread::Builder::new().name("scheduler".into()).spawn(move || serve(&inner, &shared))?;
        Ok(Dispatcher { signal, thread: Mutex::new(Some(thread)) })
    }

    /// Jobs that run or wait for a worker. Count.
    pub fn running(&self) -> usize {
        self.signal.state.lock().running.len()
    }

    /// Starts no further jobs and joins the thread; running jobs finish on their workers.
    pub fn stop(&self) {
        self.signal.state.lock().stopping = true;
        self.signal.changed.notify_all();
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the scheduler thread panicked");
        }
    }
}

fn serve(inner: &Arc<Inner>, signal: &Arc<Signal>) {
    let mut rounds = Rounds::default();
    loop {
        if signal.state.lock().stopping {
            break;
        }
        let wait = match rounds.round(inner, signal) {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "the scheduler could not read its jobs");
                signal.state.lock().stale = true;
                FAILURE_WAIT
            }
        };
        let mut state = signal.state.lock();
        if !state.woken && !state.stopping {
            signal.changed.wait_for(&mut state, wait);
        }
        state.woken = false;
    }
    rounds.forget_subscription(inner);
}

/// What the dispatcher remembers from round to round.
#[derive(Default)]
struct Rounds {
    backlog: Backlog,
    /// To what the last walk read, if that walk found all there was.
    subscription: Option<SubscriptionId>,
    /// When the next row comes due as far as that walk saw, in nanoseconds since the Unix epoch.
    next_ns: u64,
    /// When finished jobs were swept last, on the monotonic clock; none if there are more of them.
    swept_at: Option<Duration>,
}

impl Rounds {
    /// Starts what is due and returns how long nothing else will be.
    fn round(&mut self, inner: &Arc<Inner>, signal: &Arc<Signal>) -> Result<Duration, db::Error> {
        self.sweep(inner)?;
        // Arguments of jobs are large at times, and it is nobody's function that reads them here.
        let mut tx = begin_unlimited(&inner.database, BeginAt::Durable)?;
        let deployment = inner.deployment_at(tx.snapshot());
        let mut free = signal.free(inner.options.actions.jobs_running_max);
        if let Some(wait) = self.start(inner, signal, &mut tx, &deployment, &mut free)? {
            return Ok(wait);
        }
        if self.must_walk(inner, signal, &free) {
            // What becomes stale from here on, the walk may not see.
            signal.state.lock().stale = false;
            // The read set of the walk is all that is subscribed to.
            let mut tx = begin_unlimited(&inner.database, BeginAt::Durable)?;
            let deployment = inner.deployment_at(tx.snapshot());
            let walk = self.walk(inner, signal, &mut tx, &deployment)?;
            if let Some(wait) = self.start(inner, signal, &mut tx, &deployment, &mut free)? {
                return Ok(wait);
            }
            self.watch(inner, signal, tx, walk);
        }
        Ok(self.wait(inner, signal, &free))
    }

    /// Whether there may be something to start that was not found yet.
    fn must_walk(&self, inner: &Inner, signal: &Signal, free: &Free) -> bool {
        if self.subscription.is_some() && !signal.state.lock().stale {
            return inner.platform.now_ns() >= self.next_ns || self.backlog.leaves_known(free);
        }
        self.backlog.leaves(free) || self.backlog.may_look_behind(inner.platform.monotonic())
    }

    fn walk(
        &mut self,
        inner: &Inner,
        signal: &Signal,
        tx: &mut Transaction,
        deployment: &Deployment,
    ) -> Result<Walk, db::Error> {
        self.forget_subscription(inner);
        // A new deployment can bring components with jobs, or take some away.
        tx.depend_on(Namespace::ROOT, inner.generation_row);
        let now_ns = inner.platform.now_ns();
        self.backlog.begin_walk(inner.platform.monotonic());
        let mut walk = Walk::Whole { next_ns: u64::MAX };
        for place in places(deployment) {
            walk = walk.and(self.backlog.walk(inner, signal, tx, place, now_ns)?);
        }
        Ok(walk)
    }

    /// Starts what was found, as far as slots are free; returns how long to wait if one could not start.
    fn start(
        &mut self,
        inner: &Arc<Inner>,
        signal: &Arc<Signal>,
        tx: &mut Transaction,
        deployment: &Deployment,
        free: &mut Free,
    ) -> Result<Option<Duration>, db::Error> {
        while let Some((due, slot)) = self.backlog.take(free) {
            let Due { row: id, namespace, agenda, due_ns } = due;
            let place = places(deployment).find(|place| place.namespace == namespace);
            let (Some(place), Some(row)) = (place, tx.get(namespace, id)?) else { continue };
            if !agenda.is_pending(&row) || signal.is_running(id) {
                continue;
            }
            let Some((call, bookkeeping)) = agenda.prepare(tx, place, &row)? else { continue };
            // Only now: rows that need not run any more leave the slot to the next one.
            free.occupy(slot);
            signal.occupy(id, slot);
            let late = inner.platform.now_ns().saturating_sub(due_ns);
            inner.logs.metrics().show_job_lag(Duration::from_nanos(late));
            if let Err(error) = launch(inner, signal, Launch { row: id, call, bookkeeping, slot }) {
                tracing::warn!(row = %id, %error, "a job could not start yet");
                signal.state.lock().stale = true;
                return Ok(Some(FAILURE_WAIT));
            }
        }
        Ok(None)
    }

    /// Subscribes to what a walk read, if it found everything.
    fn watch(&mut self, inner: &Inner, signal: &Arc<Signal>, tx: Transaction, walk: Walk) {
        let Walk::Whole { next_ns } = walk else { return };
        let snapshot = tx.snapshot();
        match inner.database.subscribe(tx.into_read_set(), snapshot, signal.clone()) {
            Ok(id) => {
                self.subscription = Some(id);
                self.next_ns = next_ns;
            }
            // A subscription that is stale already means that there is something new to look at.
            Err(_) => signal.look_again(),
        }
    }

    /// How long the dispatcher may sleep unless it is woken.
    fn wait(&self, inner: &Inner, signal: &Signal, free: &Free) -> Duration {
        if self.backlog.leaves_known(free) && self.must_walk(inner, signal, free) {
            // All that was found had become void meanwhile, so that no job runs whose end would wake the dispatcher.
            return Duration::ZERO;
        }
        if self.subscription.is_none() || signal.state.lock().stale {
            // A finishing job wakes the dispatcher before that.
            return LOOK_BEHIND_INTERVAL;
        }
        let left = Duration::from_nanos(self.next_ns.saturating_sub(inner.platform.now_ns()));
        left.max(Duration::from_millis(1)).min(SWEEP_INTERVAL)
    }

    fn forget_subscription(&mut self, inner: &Inner) {
        if let Some(stale) = self.subscription.take() {
            inner.database.unsubscribe(stale);
        }
    }

    /// Deletes jobs that finished longer ago than they are kept.
    fn sweep(&mut self, inner: &Inner) -> Result<(), db::Error> {
        let now = inner.platform.monotonic();
        if self.swept_at.is_some_and(|last| now < last + SWEEP_INTERVAL) {
            return Ok(());
        }
        let deployment = inner.deployment_at(Timestamp::MAX);
        let mut all = true;
        for place in places(&deployment) {
            all &= sweep_component(inner, place.namespace)?;
        }
        self.swept_at = all.then_some(now);
        Ok(())
    }
}

/// Deletes some jobs that finished longer ago than they are kept; false if there may be more.
fn sweep_component(inner: &Inner, namespace: Namespace) -> Result<bool, db::Error> {
    let horizon = inner.platform.now_ms() - JOB_KEEP_MS;
    let bound = |op, value: f64| RangeBound { field: "completedTime".into(), op, value: Some(Value::Float64(value)) };
    let source = Source::IndexRange {
        table: TABLE.into(),
        index: BY_COMPLETION.into(),
        range: vec![bound(RangeOp::Gt, 0.0), bound(RangeOp::Lt, horizon)],
        order: Order::Ascending,
    };
    let mut tx = begin_unlimited(&inner.database, BeginAt::Validated)?;
    let mut old = tx.query(namespace, Query { source, operators: vec![Operator::Limit(SWEEP_MAX)] })?;
    let mut deleted = 0;
    while let Some(job) = tx.next(&mut old)? {
        super::forget(&mut tx, namespace, job.id)?;
        deleted += 1;
    }
    if deleted > 0 {
        // Losing to another commit is fine: it is tried again.
        let options = CommitOptions { source: "scheduler".into(), on_validated: None };
        let committed = inner.database.commit(tx, options).is_ok();
        return Ok(committed && deleted < SWEEP_MAX);
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
