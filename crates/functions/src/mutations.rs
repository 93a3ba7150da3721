//! Mutations: run on the newest validated state, re-run at once on conflict, answered when durable.

use std::sync::Arc;
use std::time::Duration;

use db::{BeginAt, CommitError, CommitOptions, Conflict, Transaction};
use value::{Timestamp, Value};

use crate::arguments::Arguments;
use crate::crons::run::CronRun;
use crate::execution::{CallFailure, Execution};
use crate::limits::CONFLICTS_BEFORE_SERIAL;
use crate::logs::{Completion, UsageStats};
use crate::queries::log_texts;
use crate::record::{self, Outcome};
use crate::run::{Returned, check_kind, not_found, resolve, run_function};
use crate::runtime::{Inner, Runtime, database_error};
use crate::scheduler::JobRun;
use crate::sessions::SessionRequest;
use crate::workers::Worker;
use crate::{
    CallRequest, ErrorKind, FunctionError, FunctionKind, Identity, MutationRequest, MutationResult, SystemError, audit,
};

impl Runtime {
    /// Runs a mutation and answers once it, and all it saw, is durable.
    ///
    /// Errors: trouble of the service; failures of the app are results.
    pub async fn mutation(&self, request: MutationRequest) -> Result<MutationResult, SystemError> {
        let bookkeeping = match request.session {
            Some((session, request)) => Bookkeeping::Session(SessionRequest { session, request }),
            None => Bookkeeping::None,
        };
        self.mutate(request.call, bookkeeping).await.map(|(result, _)| result)
    }

    /// Runs a mutation with what else its transaction has to write; tells what the attempt used that counted.
    pub(crate) async fn mutate(
        &self,
        call: CallRequest,
        bookkeeping: Bookkeeping,
    ) -> Result<(MutationResult, UsageStats), SystemError> {
        let refused = match Arguments::parse(&call.path, &call.args) {
            _ if matches!(call.identity, Identity::Admin { read_only: true }) => {
                FunctionError::new("This admin key is read-only: it may run queries only.")
            }
            Err(error) => error,
            Ok(arguments) => {
                let inner = self.inner.clone();
                let job = move |worker: &Worker| run(&inner, worker, &call, &arguments, bookkeeping);
                return self.inner.run_job(job).await??.settle(&self.inner).await;
            }
        };
        let result = MutationResult { outcome: Err(refused), ts: self.latest_ts(), log_lines: Arc::from([]) };
        Ok((result, UsageStats::default()))
    }
}

/// A validated mutation on its way to the disk.
struct Ran {
    outcome: Result<Arc<str>, FunctionError>,
    log_lines: Arc<[String]>,
    usage: UsageStats,
    /// A recorded answer keeps its own commit timestamp.
    recorded_ts: Option<Timestamp>,
    /// When this run committed something, on the monotonic clock.
    committed_at: Option<Duration>,
    pending: db::Pending,
}

impl Ran {
    /// Waits until everything the answer rests on is durable.
    async fn settle(self, inner: &Inner) -> Result<(MutationResult, UsageStats), SystemError> {
        let ts = self.recorded_ts.unwrap_or(self.pending.ts);
        self.pending.durable().await.map_err(database_error)?;
        if let Some(committed_at) = self.committed_at {
            let waited = inner.platform.monotonic().saturating_sub(committed_at);
            inner.logs.metrics().commit_seconds.observe(waited.as_secs_f64());
        }
        Ok((MutationResult { outcome: self.outcome, ts, log_lines: self.log_lines }, self.usage))
    }
}

/// Runs a scheduled mutation or cron job on its worker; its rows change in the transaction of its own writes.
///
/// Errors: trouble of the service: the job is still pending.
pub(crate) fn run_job(
    inner: &Arc<Inner>,
    worker: &Worker,
    call: &CallRequest,
    job: Bookkeeping,
) -> Result<(), SystemError> {
    let arguments = Arguments::parse(&call.path, &call.args).map_err(|error| SystemError::internal(error.detail))?;
    run(inner, worker, call, &arguments, job).map(drop)
}

/// What a mutation's transaction writes beside the function's own writes.
#[derive(Clone, Debug)]
pub(crate) enum Bookkeeping {
    None,
    /// The answer, for a client that may ask again.
    Session(SessionRequest),
    /// The state of the scheduled job, also when the function fails.
    Job(JobRun),
    /// The next run of the cron job and the log of this one.
    Cron(CronRun),
    /// Nothing, but the function was called by the action of this job.
    Under(JobRun),
}

/// What the log of a cron job says of a run beside its outcome.
pub(crate) struct RunLog<'a> {
    pub lines: &'a [String],
    pub seconds: f64,
}

/// Runs until an attempt commits. An attempt that keeps losing takes the serial lane, where nothing can invalidate it.
///
/// Errors: `OptimisticConcurrencyControlFailure` when it lost as often as it may; trouble of the service.
fn run(
    inner: &Arc<Inner>,
    worker: &Worker,
    call: &CallRequest,
    arguments: &Arguments,
    bookkeeping: Bookkeeping,
) -> Result<Ran, SystemError> {
    for attempt in 1.. {
        let lane = (attempt > CONFLICTS_BEFORE_SERIAL).then(|| inner.database.serial_lane());
        let tx = inner.database.begin(BeginAt::Validated).map_err(database_error)?;
        let (tx, outcome, entry) = match attempt_once(inner, worker, call, arguments, &bookkeeping, tx)? {
            Attempt::Finished { tx, outcome, entry } => (tx, outcome, entry),
            Attempt::Answered { tx, answer } => {
                let pending = inner.database.pending_read(&tx);
                let MutationResult { outcome, ts, log_lines } = answer;
                let usage = UsageStats::default();
                return Ok(Ran { outcome, log_lines, usage, recorded_ts: Some(ts), committed_at: None, pending });
            }
            Attempt::Failed { tx, error, entry } => {
                let pending = inner.database.pending_read(&tx);
                return Ok(failed(inner, error, entry, pending));
            }
        };
        let options = CommitOptions { source: call.path.display_name(), on_validated: None };
        let committed = match &lane {
            Some(lane) => lane.commit(tx, options),
            None => inner.database.commit(tx, options),
        };
        drop(lane);
        match committed {
            Ok(pending) => {
                let (log_lines, usage) = (log_texts(&entry), entry.usage);
                inner.logs.push(entry);
                let outcome = outcome.map(|answer| answer.json(pending.ts));
                let committed_at = Some(inner.platform.monotonic());
                return Ok(Ran { outcome, log_lines, usage, recorded_ts: None, committed_at, pending });
            }
            Err(CommitError::Failed(error)) => return commit_failed(inner, error, entry),
            Err(CommitError::Conflict(conflict)) => lost(inner, entry, conflict, attempt)?,
        }
    }
    unreachable!("attempts are bounded")
}

/// Notes that an attempt, the first of which is 1, lost to another commit.
///
/// Errors: it was the last one.
fn lost(inner: &Inner, entry: Completion, conflict: Conflict, attempt: usize) -> Result<(), SystemError> {
    let given_up = (attempt >= inner.options.mutation_attempts_max).then(|| contended(&conflict));
    inner.logs.push(record::conflicted(entry, conflict, attempt as u32 - 1, given_up.as_ref()));
    given_up.map_or(Ok(()), Err)
}

/// What a mutation that lost every time is answered with.
fn contended(conflict: &Conflict) -> SystemError {
    let writer = match &conflict.source_of_write {
        Some(source) => format!(" The last of these changes was made by \"{source}\"."),
        None => String::new(),
    };
    let message = format!(
        "Documents read from or written to the \"{}\" table changed while this mutation was being run and on every \
         subsequent retry.{writer} See https://docs.convex.dev/error#1",
        conflict.table
    );
    SystemError::new(ErrorKind::Overloaded, "OptimisticConcurrencyControlFailure", message)
}

/// The value a mutation returned; it may hold the placeholder of a commit timestamp not yet known.
struct Answer {
    value: Value,
    json: Option<Arc<str>>,
}

impl Answer {
    fn json(mut self, ts: Timestamp) -> Arc<str> {
        match self.json {
            Some(json) => json,
            None => {
                self.value.resolve_commit_ts(ts);
                self.value.to_json().into()
            }
        }
    }
}

enum Attempt {
    /// To be committed.
    Finished { tx: Transaction, outcome: Result<Answer, FunctionError>, entry: Completion },
    /// Failed, with nothing to commit.
    Failed { tx: Transaction, error: FunctionError, entry: Completion },
    /// Was done before.
    Answered { tx: Transaction, answer: MutationResult },
}

fn attempt_once(
    inner: &Arc<Inner>,
    worker: &Worker,
    call: &CallRequest,
    arguments: &Arguments,
    bookkeeping: &Bookkeeping,
    mut tx: Transaction,
) -> Result<Attempt, SystemError> {
    if let Some(answer) = bookkeeping.begin(&mut tx, inner.platform.now_ns()).map_err(database_error)? {
        return Ok(Attempt::Answered { tx, answer });
    }
    let started = inner.platform.monotonic();
    let deployment = inner.deployment_at(tx.snapshot());
    let mut execution = Execution::new(inner, worker, deployment, call);
    execution.job = bookkeeping.job();
    let savepoint = tx.savepoint();
    let returned = call_function(&mut execution, &mut tx, call, arguments);
    let usage = tx.usage();
    let audit = std::mem::take(&mut execution.audit);
    let (value, text) = match returned {
        Ok(returned) => {
            let text: Arc<str> = returned.value.to_json().into();
            (Ok(returned.value), Ok(text))
        }
        Err(CallFailure::Function(error)) => (Err(error.clone()), Err(error)),
        Err(CallFailure::System(error)) => return Err(error),
    };
    let outcome = Outcome::from(&text);
    let mut entry = record::finish(execution, &usage, FunctionKind::Mutation, &call.path, outcome, started);
    if value.is_err() {
        tx.rollback_to(savepoint);
    } else {
        entry.audit = record::resolve_audit(inner, &audit, call);
        audit::write(&mut tx, &entry.audit, &call.into()).map_err(database_error)?;
    }
    let now_ms = inner.platform.now_ms();
    let lines = log_texts(&entry);
    let log = RunLog { lines: &lines, seconds: entry.execution_time };
    let to_commit = bookkeeping.end(&mut tx, value.as_ref(), &log, now_ms).map_err(database_error)?;
    Ok(match value {
        Err(error) if !to_commit => Attempt::Failed { tx, error, entry },
        Err(error) => Attempt::Finished { tx, outcome: Err(error), entry },
        Ok(value) => {
            let json = if value.has_commit_ts() { None } else { text.ok() };
            Attempt::Finished { tx, outcome: Ok(Answer { value, json }), entry }
        }
    })
}

impl Bookkeeping {
    /// The job that the function runs for.
    fn job(&self) -> Option<JobRun> {
        match self {
            Bookkeeping::Job(job) | Bookkeeping::Under(job) => Some(*job),
            Bookkeeping::None | Bookkeeping::Session(_) | Bookkeeping::Cron(_) => None,
        }
    }

    /// What precedes the function; an answer if it need not run at all.
    pub fn begin(&self, tx: &mut Transaction, now_ns: u64) -> Result<Option<MutationResult>, db::Error> {
        let wanted = match self {
            Bookkeeping::None | Bookkeeping::Under(_) => true,
            Bookkeeping::Session(session) => return session.recorded(tx),
            Bookkeeping::Job(job) => job.begin(tx)?,
            Bookkeeping::Cron(run) => run.begin(tx, now_ns)?,
        };
        let (outcome, log_lines) = (Ok(Arc::from("null")), Arc::from([]));
        Ok((!wanted).then(|| MutationResult { outcome, ts: tx.snapshot(), log_lines }))
    }

    /// What follows the function; true if even a failure leaves something to commit.
    pub fn end(
        &self,
        tx: &mut Transaction,
        outcome: Result<&Value, &FunctionError>,
        log: &RunLog<'_>,
        now_ms: f64,
    ) -> Result<bool, db::Error> {
        match (self, outcome) {
            (Bookkeeping::Session(session), Ok(value)) => session.record(tx, value, log.lines).map(|()| false),
            (Bookkeeping::Session(_), Err(_)) | (Bookkeeping::None | Bookkeeping::Under(_), _) => Ok(false),
            (Bookkeeping::Job(job), outcome) => {
                job.end(tx, outcome.err().map(|error| error.detail.as_str()), now_ms).map(|()| true)
            }
            (Bookkeeping::Cron(run), outcome) => {
                run.end(tx, outcome.map_err(|error| error.detail.as_str()), log).map(|()| true)
            }
        }
    }
}

fn call_function(
    execution: &mut Execution<'_>,
    tx: &mut Transaction,
    call: &CallRequest,
    arguments: &Arguments,
) -> Result<Returned, CallFailure> {
    if call.path.is_system() {
        if !call.identity.is_admin() {
            return Err(not_found(&call.path, false).into());
        }
        return crate::system::run(execution, tx, &call.path, FunctionKind::Mutation, &arguments.object);
    }
    let deployment = execution.deployment.clone();
    let function = resolve(&deployment, call, false)?;
    check_kind(&call.path, function, FunctionKind::Mutation)?;
    run_function(execution, tx, &call.path, function, arguments, None)
}

/// A commit can fail for the app's reasons too, such as a schema that a concurrent push enforced.
fn commit_failed(inner: &Arc<Inner>, error: db::Error, mut entry: Completion) -> Result<Ran, SystemError> {
    let error = match crate::host::developer_error(error) {
        Ok(error) => FunctionError { detail: error.message, data: error.data, code: error.code },
        Err(error) => return Err(error),
    };
    entry.error = Some(error.detail.clone());
    let tx = inner.database.begin(BeginAt::Validated).map_err(database_error)?;
    let pending = inner.database.pending_read(&tx);
    Ok(failed(inner, error, entry, pending))
}

/// Logs a run that committed nothing; its answer rests on what `pending` waits for.
fn failed(inner: &Inner, error: FunctionError, entry: Completion, pending: db::Pending) -> Ran {
    let (log_lines, usage) = (log_texts(&entry), entry.usage);
    inner.logs.push(entry);
    Ran { outcome: Err(error), log_lines, usage, recorded_ts: None, committed_at: None, pending }
}
