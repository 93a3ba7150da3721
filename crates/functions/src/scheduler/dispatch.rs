//! The dispatcher: finds due jobs, runs them on the workers, sleeps until the next one.
//!
//! It reads the pending jobs through an ordinary transaction and subscribes to what it read, so a newly scheduled or
//! cancelled job wakes it exactly as a live query would be woken.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use db::{BeginAt, CommitOptions, Namespace, Operator, Order, Query, RangeBound, RangeOp, Source, SubscriptionId, Transaction};
use parking_lot::{Condvar, Mutex};
use value::{DocumentId, Timestamp, Value};

use super::{BY_COMPLETION, BY_STATE, JobRun, TABLE};
use crate::limits::{JOB_KEEP_MS, JOBS_RUNNING_MAX};
use crate::mutations;
use crate::runtime::Inner;
use crate::{CallRequest, Caller, FunctionPath, Identity, RequestId};

/// Longest sleep when nothing is due; also how often finished jobs are swept.
const IDLE_WAIT: Duration = Duration::from_secs(600);
/// Wait after a failure of the service before the dispatcher looks again.
const FAILURE_WAIT: Duration = Duration::from_millis(500);

/// The dispatcher's thread.
pub(crate) struct Dispatcher {
    signal: Arc<Signal>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Signal {
    state: Mutex<SignalState>,
    changed: Condvar,
}

#[derive(Default)]
struct SignalState {
    woken: bool,
    stopping: bool,
    running: HashSet<DocumentId>,
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
}

impl Dispatcher {
    /// Starts the thread.
    pub fn start(inner: Arc<Inner>) -> std::io::Result<Dispatcher> {
        let signal = Arc::new(Signal::default());
        let shared = signal.clone();
        let thread = std::thread::Builder::new().name("scheduler".into()).spawn(move || serve(&inner, &shared))?;
        Ok(Dispatcher { signal, thread: Mutex::new(Some(thread)) })
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
fn round(inner: &Arc<Inner>, signal: &Arc<Signal>, subscription: &mut Option<SubscriptionId>) -> Result<Duration, db::Error> {
    sweep(inner)?;
    let now_ms = inner.platform.now_ms();
    let free = JOBS_RUNNING_MAX.saturating_sub(signal.state.lock().running.len());
    if free == 0 {
        // A finishing job wakes the dispatcher.
        return Ok(IDLE_WAIT);
    }
    let mut tx = inner.database.begin(BeginAt::Durable)?;
    let snapshot = tx.snapshot();
    let mut wait = IDLE_WAIT;
    let mut pending = tx.query(Namespace::ROOT, pending_jobs())?;
    let mut started = 0;
    while started < free {
        let Some(job) = tx.next(&mut pending)? else { break };
        let due_ms = match job.value.get("scheduledTime") {
            Some(Value::Float64(ms)) => *ms,
            _ => 0.0,
        };
        if due_ms > now_ms {
            wait = wait.min(Duration::from_secs_f64((due_ms - now_ms).max(1.0) / 1000.0));
            break;
        }
        if signal.state.lock().running.insert(job.id) {
            started += 1;
            launch(inner, signal, &job);
        }
    }
    if started == free {
        return Ok(IDLE_WAIT);
    }
    // A subscription that is stale already means that there is something new to look at.
    match inner.database.subscribe(tx.into_read_set(), snapshot, signal.clone()) {
        Ok(id) => {
            *subscription = Some(id);
            Ok(wait)
        }
        Err(_) => Ok(Duration::ZERO),
    }
}

fn pending_jobs() -> Query {
    let is_pending = RangeBound { field: "state.kind".into(), op: RangeOp::Eq, value: Some(Value::String("pending".into())) };
    let (table, index) = (TABLE.into(), BY_STATE.into());
    let source = Source::IndexRange { table, index, range: vec![is_pending], order: Order::Ascending };
    Query { source, operators: Vec::new() }
}

fn launch(inner: &Arc<Inner>, signal: &Arc<Signal>, job: &db::Document) {
    let request = request_of(inner, job);
    let run = JobRun { namespace: Namespace::ROOT, id: job.id };
    let (shared, done) = (inner.clone(), signal.clone());
    let submitted = inner.submit(move |worker| {
        if let Err(error) = mutations::run_job(&shared, worker, request, run) {
            tracing::warn!(job = %run.id, %error, "a scheduled function will be tried again");
        }
        done.state.lock().running.remove(&run.id);
        done.wake();
    });
    if let Err(error) = submitted {
        tracing::warn!(job = %run.id, %error, "a scheduled function could not start yet");
        signal.state.lock().running.remove(&run.id);
    }
}

fn request_of(inner: &Inner, job: &db::Document) -> Result<CallRequest, String> {
    let Some(Value::String(name)) = job.value.get("name") else { return Err("the job has no function name".into()) };
    let path = FunctionPath::parse(name).map_err(|error| error.to_string())?;
    let args = job.value.get("args").map_or_else(|| "[{}]".into(), Value::to_json);
    let mut id = [0; 8];
    inner.platform.fill_random(&mut id);
    let call = CallRequest {
        path,
        args: args.into(),
        identity: Identity::System,
        caller: Caller::Scheduler,
        request_id: RequestId(hex::encode(id).into()),
    };
    Ok(call)
}

/// Deletes jobs that finished longer ago than they are kept.
fn sweep(inner: &Inner) -> Result<(), db::Error> {
    let horizon = inner.platform.now_ms() - JOB_KEEP_MS;
    let bound = |op, value: f64| RangeBound { field: "completedTime".into(), op, value: Some(Value::Float64(value)) };
    let source = Source::IndexRange {
        table: TABLE.into(),
        index: BY_COMPLETION.into(),
        range: vec![bound(RangeOp::Gt, 0.0), bound(RangeOp::Lt, horizon)],
        order: Order::Ascending,
    };
    let mut tx: Transaction = inner.database.begin(BeginAt::Validated)?;
    let mut old = tx.query(Namespace::ROOT, Query { source, operators: vec![Operator::Limit(256)] })?;
    let mut deleted = false;
    while let Some(job) = tx.next(&mut old)? {
        tx.delete(Namespace::ROOT, job.id)?;
        deleted = true;
    }
    if deleted {
        // Losing to another commit is fine: the next round sweeps again.
        drop(inner.database.commit(tx, CommitOptions { source: "scheduler".into(), on_validated: None }));
    }
    Ok(())
}
