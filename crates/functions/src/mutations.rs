//! Mutations: run on the newest validated state, re-run at once on conflict, answered when durable.

use std::sync::Arc;

use db::{BeginAt, CommitError, CommitOptions, Transaction};
use value::Timestamp;

use crate::arguments::Arguments;
use crate::execution::{CallFailure, Execution};
use crate::limits::CONFLICTS_BEFORE_SERIAL;
use crate::logs::Completion;
use crate::queries::log_texts;
use crate::record::{self, Outcome};
use crate::run::{Returned, check_kind, not_found, resolve, run_function};
use crate::runtime::{Inner, Runtime, database_error};
use crate::sessions::SessionRequest;
use crate::workers::Worker;
use crate::{FunctionError, FunctionKind, Identity, MutationRequest, MutationResult, SystemError};

impl Runtime {
    /// Runs a mutation and answers once it, and all it saw, is durable.
    ///
    /// Errors: trouble of the service; failures of the app are results.
    pub async fn mutation(&self, request: MutationRequest) -> Result<MutationResult, SystemError> {
        let call = &request.call;
        let refused = match Arguments::parse(&call.path, &call.args) {
            _ if matches!(call.identity, Identity::Admin { read_only: true }) => {
                FunctionError::new("This admin key is read-only: it may run queries only.")
            }
            Err(error) => error,
            Ok(arguments) => {
                let inner = self.inner.clone();
                let ran = self.inner.run_job(move |worker| run(&inner, worker, &request, &arguments)).await??;
                return ran.settle().await;
            }
        };
        Ok(MutationResult { outcome: Err(refused), ts: self.latest_ts(), log_lines: Arc::from([]) })
    }
}

/// A validated mutation on its way to the disk.
struct Ran {
    outcome: Result<Arc<str>, FunctionError>,
    log_lines: Arc<[String]>,
    /// A recorded answer keeps its own commit timestamp.
    recorded_ts: Option<Timestamp>,
    pending: db::Pending,
}

impl Ran {
    /// Waits until everything the answer rests on is durable.
    async fn settle(self) -> Result<MutationResult, SystemError> {
        let ts = self.recorded_ts.unwrap_or(self.pending.ts);
        self.pending.durable().await.map_err(database_error)?;
        Ok(MutationResult { outcome: self.outcome, ts, log_lines: self.log_lines })
    }
}

/// Runs until an attempt commits. An attempt that keeps losing takes the serial lane, where nothing can invalidate it.
fn run(inner: &Arc<Inner>, worker: &Worker, request: &MutationRequest, arguments: &Arguments) -> Result<Ran, SystemError> {
    for attempt in 0.. {
        let lane = (attempt >= CONFLICTS_BEFORE_SERIAL).then(|| inner.database.serial_lane());
        let tx = inner.database.begin(BeginAt::Validated).map_err(database_error)?;
        let attempted = attempt_once(inner, worker, request, arguments, tx)?;
        let (tx, answer, entry) = match attempted {
            Attempt::Recorded { tx, answer } => {
                let pending = inner.database.pending_read(&tx);
                let MutationResult { outcome, ts, log_lines } = answer;
                return Ok(Ran { outcome, log_lines, recorded_ts: Some(ts), pending });
            }
            Attempt::Failed { tx, error, entry } => {
                let log_lines = log_texts(&entry);
                inner.logs.push(entry);
                let pending = inner.database.pending_read(&tx);
                return Ok(Ran { outcome: Err(error), log_lines, recorded_ts: None, pending });
            }
            Attempt::Finished { tx, answer, entry } => (tx, answer, entry),
        };
        let options = CommitOptions { source: request.call.path.display_name(), on_validated: None };
        let committed = match &lane {
            Some(lane) => lane.commit(tx, options),
            None => inner.database.commit(tx, options),
        };
        drop(lane);
        match committed {
            Ok(pending) => {
                let log_lines = log_texts(&entry);
                inner.logs.push(entry);
                let outcome = Ok(answer.json(pending.ts));
                return Ok(Ran { outcome, log_lines, recorded_ts: None, pending });
            }
            Err(CommitError::Failed(error)) => return commit_failed(inner, error, entry),
            Err(CommitError::Conflict(conflict)) => {
                inner.logs.push(record::conflicted(entry, conflict.table, attempt as u32));
            }
        }
    }
    unreachable!("the serial lane commits")
}

/// The value a mutation returned; it may hold the placeholder of a commit timestamp not yet known.
struct Answer {
    value: value::Value,
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
    Finished { tx: Transaction, answer: Answer, entry: Completion },
    Failed { tx: Transaction, error: FunctionError, entry: Completion },
    Recorded { tx: Transaction, answer: MutationResult },
}

fn attempt_once(
    inner: &Arc<Inner>,
    worker: &Worker,
    request: &MutationRequest,
    arguments: &Arguments,
    mut tx: Transaction,
) -> Result<Attempt, SystemError> {
    let call = &request.call;
    let session = request.session.map(|(session, request)| SessionRequest { session, request });
    if let Some(session) = session
        && let Some(answer) = session.recorded(&mut tx).map_err(database_error)?
    {
        return Ok(Attempt::Recorded { tx, answer });
    }
    let started = inner.platform.monotonic();
    let deployment = inner.deployment_at(tx.snapshot());
    let mut execution = Execution::new(inner, worker, deployment, &call.identity, &call.request_id, call.caller);
    let returned = call_function(&mut execution, &mut tx, request, arguments);
    let usage = tx.usage();
    let outcome = match returned {
        Ok(returned) => Ok(returned.value),
        Err(CallFailure::Function(error)) => Err(error),
        Err(CallFailure::System(error)) => return Err(error),
    };
    let value = match outcome {
        Ok(value) => value,
        Err(error) => {
            let entry = record::finish(execution, &usage, FunctionKind::Mutation, &call.path, Outcome::from(&Err(error.clone())), started);
            return Ok(Attempt::Failed { tx, error, entry });
        }
    };
    let text = value.to_json();
    let json: Option<Arc<str>> = (!value.has_commit_ts()).then(|| Arc::from(text.as_str()));
    let entry = record::finish(execution, &usage, FunctionKind::Mutation, &call.path, Outcome::from(&Ok(Arc::from(text.as_str()))), started);
    if let Some(session) = session {
        session.record(&mut tx, &value, &log_texts(&entry)).map_err(database_error)?;
    }
    Ok(Attempt::Finished { tx, answer: Answer { value, json }, entry })
}

fn call_function(
    execution: &mut Execution<'_>,
    tx: &mut Transaction,
    request: &MutationRequest,
    arguments: &Arguments,
) -> Result<Returned, CallFailure> {
    let call = &request.call;
    if call.path.is_system() {
        if !call.identity.is_admin() {
            return Err(not_found(&call.path, false).into());
        }
        return crate::system::run(execution, tx, &call.path, FunctionKind::Mutation, &arguments.object);
    }
    let deployment = execution.deployment.clone();
    let function = resolve(&deployment, &call.path, &call.identity, false)?;
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
    let log_lines = log_texts(&entry);
    inner.logs.push(entry);
    let tx = inner.database.begin(BeginAt::Validated).map_err(database_error)?;
    Ok(Ran { outcome: Err(error), log_lines, recorded_ts: None, pending: inner.database.pending_read(&tx) })
}
