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

use super::launch::{Launch, launch, slot_of};
use super::{BY_COMPLETION, BY_STATE, JobRun, TABLE};
use crate::crons::{self, run::CronRun};
use crate::deploy::tables::begin_unlimited;
use crate::limits::{JOB_KEEP_MS, JOBS_PASSED_MAX, JOBS_PASSED_MAX_NOW_AND_THEN, JOBS_RUNNING_MAX};
use crate::mutations::Bookkeeping;
use crate::runtime::Inner;
use crate::{CallRequest, Caller, Deployment, FunctionPath, Identity, RequestId, RequestOrigin};

/// Longest sleep when nothing is due; also how often finished jobs are swept.
const IDLE_WAIT: Duration = Duration::from_secs(600);
/// Wait after a failure of the service before the dispatcher looks again.
const FAILURE_WAIT: Duration = Duration::from_millis(500);

/// How often jobs far behind those that wait for a slot are looked at.
const LOOK_BEHIND_INTERVAL: Duration = Duration::from_secs(1);

/// The dispatcher's thread.
pub(crate) struct Dispatcher {
    signal: Arc<Signal>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What a job occupies while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Worker,
    Action,
    /// Nothing: its row cannot be read.
    Never,
}

/// Slots that are not occupied.
struct Free {
    workers: usize,
    actions: usize,
    /// Rows that may still be passed over because their kind of slot is taken: others behind them may want the other.
    passes: usize,
}

impl Free {
    /// Takes a slot; false if none is left.
    fn take(&mut self, slot: Slot) -> bool {
        let left = match slot {
            Slot::Worker => &mut self.workers,
            Slot::Action => &mut self.actions,
            Slot::Never => return true,
        };
        let any = *left > 0;
        *left -= usize::from(any);
        any
    }
}

#[derive(Default)]
pub(super) struct Signal {
    state: Mutex<SignalState>,
    changed: Condvar,
}

#[derive(Default)]
struct SignalState {
    woken: bool,
    stopping: bool,
    running: HashMap<DocumentId, Slot>,
    /// When the rows behind those that wait for a slot were looked at last, on the monotonic clock.
    looked_behind_at: Option<Duration>,
}

impl db::Invalidate for Signal {
    fn invalidated(&self, _at: Timestamp) {
        self.wake();
    }
}

impl Signal {
    fn wake(&self) {
        self.state.lock().woken = true;
        self.changed.notify_all();
    }

    /// Takes a job off the running ones.
    pub fn done(&self, row: DocumentId) {
        self.state.lock().running.remove(&row);
        self.wake();
    }

    fn free(&self, actions_max: usize) -> Free {
        let state = self.state.lock();
        let taken = |kind: Slot| state.running.values().filter(|slot| **slot == kind).count();
        Free {
            workers: JOBS_RUNNING_MAX.saturating_sub(taken(Slot::Worker)),
            actions: actions_max.saturating_sub(taken(Slot::Action)),
            passes: JOBS_PASSED_MAX,
        }
    }

    /// Whether it is time for a longer look behind rows that wait for a slot, which costs too much for every round.
    fn may_look_behind(&self, now: Duration) -> bool {
        let mut state = self.state.lock();
        let due = state.looked_behind_at.is_none_or(|last| now >= last + LOOK_BEHIND_INTERVAL);
        if due {
            state.looked_behind_at = Some(now);
        }
        due
    }

    fn is_running(&self, row: DocumentId) -> bool {
        self.state.lock().running.contains_key(&row)
    }

    /// Notes that a job is about to run.
    fn occupy(&self, row: DocumentId, slot: Slot) {
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
    let mut subscription = None;
    loop {
        if let Some(stale) = subscription.take() {
            inner.database.unsubscribe(stale);
        }
        if signal.state.lock().stopping {
            return;
        }
        let wait = match round(inner, signal, &mut subscription) {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "the scheduler could not read its jobs");
                FAILURE_WAIT
            }
        };
        let mut state = signal.state.lock();
        if !state.woken && !state.stopping {
            signal.changed.wait_for(&mut state, wait);
        }
        state.woken = false;
    }
}

/// Starts what is due and returns how long nothing else will be.
fn round(
    inner: &Arc<Inner>,
    signal: &Arc<Signal>,
    subscription: &mut Option<SubscriptionId>,
) -> Result<Duration, db::Error> {
    sweep(inner)?;
    let now_ns = inner.platform.now_ns();
    let mut free = signal.free(inner.options.actions.jobs_running_max);
    if signal.may_look_behind(inner.platform.monotonic()) {
        free.passes = JOBS_PASSED_MAX_NOW_AND_THEN;
    }
    // Arguments of jobs are large at times, and it is nobody's function that reads them here.
    let mut tx = begin_unlimited(&inner.database, BeginAt::Durable)?;
    let snapshot = tx.snapshot();
    // A new deployment can bring components with jobs, or take some away.
    tx.depend_on(Namespace::ROOT, inner.generation_row);
    let deployment = inner.deployment_at(snapshot);
    let mut next = IDLE_WAIT;
    for place in places(&deployment) {
        for agenda in [&SCHEDULED, &CRONS] {
            next = next.min(start_due(inner, signal, &mut tx, place, agenda, now_ns, &mut free)?);
        }
    }
    if free.workers == 0 {
        // A finishing job wakes the dispatcher.
        return Ok(IDLE_WAIT);
    }
    // A subscription that is stale already means that there is something new to look at.
    match inner.database.subscribe(tx.into_read_set(), snapshot, signal.clone()) {
        Ok(id) => {
            *subscription = Some(id);
            Ok(next)
        }
        Err(_) => Ok(Duration::ZERO),
    }
}

/// A component whose jobs run.
#[derive(Clone, Copy)]
struct Place<'d> {
    deployment: &'d Deployment,
    component: &'d str,
    namespace: Namespace,
}

/// The app and its components; nothing of unmounted ones runs.
fn places(deployment: &Deployment) -> impl Iterator<Item = Place<'_>> {
    let app = Place { deployment, component: "", namespace: Namespace::ROOT };
    let components = deployment.components.iter().filter(|(path, _)| !path.is_empty());
    let components =
        components.map(move |(path, code)| Place { deployment, component: path, namespace: code.namespace });
    std::iter::once(app).chain(components)
}

/// The call that a row asks for; none if the row cannot be read.
type Prepared = Result<Option<(CallRequest, Bookkeeping)>, db::Error>;

/// Where due work is found.
struct Agenda {
    table: &'static str,
    index: &'static str,
    state_field: &'static str,
    time_field: &'static str,
    prepare: fn(&mut Transaction, Place<'_>, &db::Document) -> Prepared,
}

const SCHEDULED: Agenda = Agenda {
    table: TABLE,
    index: BY_STATE,
    state_field: "state.kind",
    time_field: "scheduledTime",
    prepare: prepare_job,
};
const CRONS: Agenda = Agenda {
    table: crons::NEXT_RUNS,
    index: crons::BY_NEXT,
    state_field: "state.type",
    time_field: "nextTs",
    prepare: prepare_cron,
};

/// Starts the due rows of one agenda while slots are `free`; returns the time until the next one.
fn start_due(
    inner: &Arc<Inner>,
    signal: &Arc<Signal>,
    tx: &mut Transaction,
    place: Place<'_>,
    agenda: &Agenda,
    now_ns: u64,
    free: &mut Free,
) -> Result<Duration, db::Error> {
    let pending =
        RangeBound { field: agenda.state_field.into(), op: RangeOp::Eq, value: Some(Value::String("pending".into())) };
    let (table, index) = (agenda.table.into(), agenda.index.into());
    let source = Source::IndexRange { table, index, range: vec![pending], order: Order::Ascending };
    let mut rows = tx.query(place.namespace, Query { source, operators: Vec::new() })?;
    while free.workers > 0 || free.actions > 0 {
        let Some(row) = tx.next(&mut rows)? else { return Ok(IDLE_WAIT) };
        let due_ns = match row.value.get(agenda.time_field) {
            Some(Value::Float64(ms)) => (ms * 1e6).max(0.0) as u64,
            Some(Value::Int64(ns)) => *ns as u64,
            _ => 0,
        };
        if due_ns > now_ns {
            return Ok(IDLE_WAIT.min(Duration::from_nanos(due_ns - now_ns).max(Duration::from_millis(1))));
        }
        if signal.is_running(row.id) {
            continue;
        }
        let Some((call, bookkeeping)) = (agenda.prepare)(tx, place, &row)? else {
            tracing::error!(row = %row.id, table = agenda.table, "a job's row cannot be read; it will not run");
            signal.occupy(row.id, Slot::Never);
            continue;
        };
        let slot = slot_of(inner, &call);
        if !free.take(slot) {
            if free.passes == 0 {
                return Ok(LOOK_BEHIND_INTERVAL);
            }
            free.passes -= 1;
            continue;
        }
        signal.occupy(row.id, slot);
        inner.logs.metrics().show_job_lag(Duration::from_nanos(now_ns - due_ns));
        if let Err(error) = launch(inner, signal, Launch { row: row.id, call, bookkeeping, slot }) {
            tracing::warn!(row = %row.id, %error, "a job could not start yet");
            return Ok(FAILURE_WAIT);
        }
    }
    Ok(IDLE_WAIT)
}

fn prepare_job(tx: &mut Transaction, place: Place<'_>, job: &db::Document) -> Prepared {
    let component = match super::target(tx, place.namespace, job.id)? {
        None => Some(place.component),
        Some(namespace) => place.deployment.component_with_id(&namespace.0.to_string()),
    };
    let name = job.value.get("name").and_then(Value::as_str);
    let path = name.zip(component).and_then(|(name, component)| FunctionPath::parse_in(name, component).ok());
    let args = job.value.get("args").map_or_else(|| "[{}]".into(), Value::to_json);
    let run = JobRun { namespace: place.namespace, id: job.id };
    let origin = RequestOrigin { scheduled_function_id: Some(job.id.encode()), ..RequestOrigin::default() };
    Ok(path.map(|path| {
        let call = CallRequest { origin: Some(Arc::new(origin)), ..system_call(path, args, Caller::Scheduler) };
        (call, Bookkeeping::Job(run))
    }))
}

fn prepare_cron(tx: &mut Transaction, place: Place<'_>, row: &db::Document) -> Prepared {
    let run = CronRun::load(tx, place.namespace, row)?;
    Ok(run.map(|run| {
        let path = FunctionPath { component: place.component.to_owned(), ..run.spec.path.clone() };
        let call = system_call(path, run.spec.args.clone(), Caller::Cron);
        (call, Bookkeeping::Cron(run))
    }))
}

/// Jobs run without a user.
fn system_call(path: FunctionPath, args: String, caller: Caller) -> CallRequest {
    let request_id = RequestId("".into());
    CallRequest { path, args: args.into(), identity: Identity::System, caller, request_id, origin: None }
}

/// Deletes jobs that finished longer ago than they are kept.
fn sweep(inner: &Inner) -> Result<(), db::Error> {
    let deployment = inner.deployment_at(Timestamp::MAX);
    places(&deployment).try_for_each(|place| sweep_component(inner, place.namespace))
}

fn sweep_component(inner: &Inner, namespace: Namespace) -> Result<(), db::Error> {
    let horizon = inner.platform.now_ms() - JOB_KEEP_MS;
    let bound = |op, value: f64| RangeBound { field: "completedTime".into(), op, value: Some(Value::Float64(value)) };
    let source = Source::IndexRange {
        table: TABLE.into(),
        index: BY_COMPLETION.into(),
        range: vec![bound(RangeOp::Gt, 0.0), bound(RangeOp::Lt, horizon)],
        order: Order::Ascending,
    };
    let mut tx = begin_unlimited(&inner.database, BeginAt::Validated)?;
    let mut old = tx.query(namespace, Query { source, operators: vec![Operator::Limit(256)] })?;
    let mut deleted = false;
    while let Some(job) = tx.next(&mut old)? {
        super::forget(&mut tx, namespace, job.id)?;
        deleted = true;
    }
    if deleted {
        // Losing to another commit is fine: the next round sweeps again.
        drop(inner.database.commit(tx, CommitOptions { source: "scheduler".into(), on_validated: None }));
    }
    Ok(())
}
