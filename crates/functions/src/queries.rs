//! Queries: shared results, one run per invalidation however many callers wait.

use std::sync::Arc;
use std::time::Duration;

use db::{BeginAt, Namespace};
use value::Timestamp;

use crate::arguments::Arguments;
use crate::audit::{self, AuditEntry, AuditEvent, Reporter};
use crate::cache::CacheKey;
use crate::execution::{CallFailure, Execution, Observed};
use crate::files::commit;
use crate::logs::{Completion, UsageStats};
use crate::record::{self, Outcome};
use crate::result::{Liveness, ReadUsage, Validity};
use crate::run::{Returned, check_kind, not_found, resolve, run_function};
use crate::runtime::{Inner, Runtime, database_error};
use crate::workers::{Lane, Worker};
use crate::{CallRequest, ErrorKind, FunctionError, FunctionKind, QueryRequest, QueryResult, SystemError};

type Answer = Result<Arc<QueryResult>, SystemError>;

impl Runtime {
    /// The result of a query as of `at` (use [`Runtime::latest_ts`] for the newest), shared by all callers of the
    /// same query.
    ///
    /// Errors: `OutOfRetention` for an `at` older than the history kept; failures of the app are results.
    pub async fn query(&self, request: &QueryRequest, at: Timestamp) -> Answer {
        self.query_used(request, at).await.map(|(result, _)| result)
    }

    /// The same, with the documents that were read for this caller: none for a result that was there.
    pub(crate) async fn query_used(
        &self,
        request: &QueryRequest,
        at: Timestamp,
    ) -> Result<(Arc<QueryResult>, UsageStats), SystemError> {
        let (result, usage) = self.find_or_run(request, at).await?;
        let events = record::resolve_audit(&self.inner, &result.audit, &request.call);
        if !events.is_empty() {
            self.write_audit(request.call.clone(), events).await?;
        }
        Ok((result, usage))
    }

    /// Writes what a query reported for `call`, and returns once that is durable.
    async fn write_audit(&self, call: CallRequest, events: Vec<AuditEntry>) -> Result<(), SystemError> {
        let inner = self.inner.clone();
        let write = move |_: &Worker| {
            commit::<_, db::Error>(&inner, "audit log", |tx| audit::write(tx, &events, &Reporter::from(&call)))
        };
        let ((), pending) = self.inner.run_job(write).await?.map_err(database_error)?;
        pending.durable().await.map_err(database_error).map(drop)
    }

    async fn find_or_run(
        &self,
        request: &QueryRequest,
        at: Timestamp,
    ) -> Result<(Arc<QueryResult>, UsageStats), SystemError> {
        let call = &request.call;
        let arguments = match Arguments::parse(&call.path, &call.args) {
            Ok(arguments) => arguments,
            Err(error) => return Ok((Arc::new(constant(error, at)), UsageStats::default())),
        };
        let shared = CacheKey {
            deployment: self.inner.deployment_at(at).version,
            path: call.path.clone(),
            args: arguments.text.clone(),
            journal: request.journal.clone(),
            identity: None,
        };
        let private = CacheKey { identity: Some(visible_identity(request)), ..shared.clone() };
        loop {
            let now = self.inner.platform.monotonic();
            for key in [&shared, &private] {
                if let Some(result) = self.inner.cache.get(key, at, now) {
                    record::cached_query(&self.inner, request, &result);
                    return Ok((result, UsageStats::default()));
                }
            }
            let (reply, leader) = self.inner.cache.join(&private);
            if leader {
                let job = Job { inner: self.inner.clone(), key: private.clone(), started: false, answered: false };
                let (request, arguments) = (request.clone(), arguments.clone());
                self.inner.submit(Lane::Call, move |worker| job.run(worker, &request, &arguments, at))?;
            }
            let result = reply.await.map_err(|_| SystemError::internal("a query ended without an answer"))??;
            if leader || result.valid_at(at) {
                let ReadUsage { bytes: read_bytes, documents: read_documents } = result.read;
                return Ok((result, UsageStats { read_bytes, read_documents, ..UsageStats::default() }));
            }
        }
    }
}

/// Who may see a function is part of the key as much as what `getUserIdentity` returns.
fn visible_identity(request: &QueryRequest) -> Arc<str> {
    let prefix = if sees_internal(request) { "inside:" } else { "public:" };
    Arc::from(format!("{prefix}{}", request.call.identity.cache_key()))
}

fn sees_internal(request: &QueryRequest) -> bool {
    request.call.identity.is_admin() || request.call.caller.is_function()
}

/// A queued run; whoever waits gets an answer even if it is dropped or panics.
struct Job {
    inner: Arc<Inner>,
    key: CacheKey,
    started: bool,
    answered: bool,
}

impl Job {
    fn run(mut self, worker: &Worker, request: &QueryRequest, arguments: &Arguments, at: Timestamp) {
        self.started = true;
        let answer = execute(&self.inner, worker, request, arguments, at);
        if let Ok((result, observed)) = &answer
            && result.outcome.is_ok()
            && matches!(result.liveness, Liveness::Tracked { .. })
        {
            let time_observed_at = observed.time.then(|| self.inner.platform.monotonic());
            self.keep(request, result, *observed, time_observed_at);
        }
        self.answered = true;
        self.inner.cache.finish(&self.key, &answer.map(|(result, _)| result));
    }

    fn keep(&self, request: &QueryRequest, result: &Arc<QueryResult>, observed: Observed, time: Option<Duration>) {
        // Admins and functions see functions that others must not, so only what others asked for is shared with all.
        let private = observed.identity || sees_internal(request);
        let key = CacheKey { identity: private.then(|| self.key.identity.clone()).flatten(), ..self.key.clone() };
        if let Some(journal) = &result.journal
            && request.journal.as_ref() != Some(journal)
        {
            self.inner.cache.insert(CacheKey { journal: Some(journal.clone()), ..key.clone() }, result, time);
        }
        self.inner.cache.insert(key, result, time);
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if !self.answered {
            let error = match self.started {
                true => SystemError::internal("a query was dropped"),
                // Whoever joined it is told what the first caller was: come back later.
                false => SystemError::new(
                    ErrorKind::Overloaded,
                    "TooManyConcurrentRequests",
                    "The query could not be queued. Try again later.",
                ),
            };
            self.inner.cache.finish(&self.key, &Err(error));
        }
    }
}

/// A result that no commit can change.
fn constant(error: FunctionError, ts: Timestamp) -> QueryResult {
    QueryResult::constant(Err(error), Arc::from([]), None, ts)
}

fn execute(
    inner: &Arc<Inner>,
    worker: &Worker,
    request: &QueryRequest,
    arguments: &Arguments,
    at: Timestamp,
) -> Result<(Arc<QueryResult>, Observed), SystemError> {
    let call = &request.call;
    let started = inner.platform.monotonic();
    let mut tx = inner.database.begin(BeginAt::At(at)).map_err(database_error)?;
    tx.depend_on(Namespace::ROOT, inner.generation_row);
    let deployment = inner.deployment_at(at);
    let mut execution = Execution::new(inner, worker, deployment.clone(), call);
    let returned = if call.path.is_system() {
        system_query(&mut execution, &mut tx, request, arguments)
    } else {
        resolve(&deployment, call, false).map_err(CallFailure::from).and_then(|function| {
            check_kind(&call.path, function, FunctionKind::Query)?;
            run_function(&mut execution, &mut tx, &call.path, function, arguments, request.journal.as_deref())
        })
    };
    let (outcome, journal) = match returned {
        Ok(returned) => (Ok(Arc::<str>::from(returned.value.to_json())), returned.journal.map(Arc::from)),
        Err(CallFailure::Function(error)) => (Err(error), None),
        Err(CallFailure::System(error)) => return Err(error),
    };
    let observed = execution.observed;
    let usage = tx.usage();
    let audit: Arc<[AuditEvent]> = match outcome {
        Ok(_) => execution.audit.clone().into(),
        Err(_) => Arc::from([]),
    };
    let mut finished =
        record::finish(execution, &usage, FunctionKind::Query, &call.path, Outcome::from(&outcome), started);
    let log_lines = log_texts(&finished);
    finished.audit = record::resolve_audit(inner, &audit, call);
    let read = ReadUsage { bytes: finished.usage.read_bytes, documents: finished.usage.read_documents };
    inner.logs.push(finished);
    let result = QueryResult { outcome, log_lines, audit, journal, ts: at, read, liveness: track(inner, tx, at) };
    Ok((Arc::new(result), observed))
}

fn system_query(
    execution: &mut Execution<'_>,
    tx: &mut db::Transaction,
    request: &QueryRequest,
    arguments: &Arguments,
) -> Result<Returned, CallFailure> {
    let call = &request.call;
    if !call.identity.is_admin() {
        return Err(not_found(&call.path, false).into());
    }
    crate::system::run(execution, tx, &call.path, FunctionKind::Query, &arguments.object)
}

/// Subscribes to what the query read; a result that is stale already is right at its own timestamp only.
fn track(inner: &Arc<Inner>, tx: db::Transaction, at: Timestamp) -> Liveness {
    let state = Arc::new(Validity::default());
    match inner.database.subscribe(tx.into_read_set(), at, state.clone()) {
        Ok(subscription) => Liveness::Tracked { state, database: inner.database.clone(), subscription },
        Err(db::Invalidated { at }) => {
            state.invalidate(at);
            Liveness::Stale { state }
        }
    }
}

/// The text form of an execution's console lines.
pub(crate) fn log_texts(completion: &Completion) -> Arc<[String]> {
    completion.log_lines.iter().map(|line| line.to_text()).collect()
}
