//! Scheduled functions: the jobs table and what functions may do with it.
//!
//! A job is a document of `_scheduled_functions`, written by the transaction that schedules it and visible to
//! functions as it is. A mutation job is marked done in the transaction of its own writes, so it runs exactly once. An
//! action job is marked as in progress before it begins, so it runs at most once.

mod agenda;
mod backlog;
pub(crate) mod dispatch;
mod launch;
mod outstanding;
mod recover;
mod request;

pub(crate) use outstanding::Outstanding;
pub(crate) use request::{CancelArgs, ScheduleArgs};

use db::schema::{FieldPath, IndexDefinition};
use db::{Database, Namespace, Transaction};
use value::{DocumentId, Object, Value};

use crate::{Deployment, FunctionPath};

pub(crate) const TABLE: &str = "_scheduled_functions";
/// Under a job's internal id, the namespace of the component its function is in, if that is another one. Hidden from
/// functions.
const TARGETS: &str = "_scheduled_targets";
/// Jobs by state and due time: what the dispatcher reads.
const BY_STATE: &str = "by_state";
/// Jobs by completion: what the sweeper reads.
const BY_COMPLETION: &str = "by_completion";
/// How far from now a job may be scheduled, in milliseconds: five years.
const DELAY_MS_MAX: f64 = 5.0 * 365.0 * 24.0 * 3600.0 * 1000.0;

/// Creates a component's jobs table with its indexes.
pub(crate) fn ensure_table(database: &Database, namespace: Namespace) -> Result<(), db::Error> {
    let index = |name: &str, fields: &[&str]| IndexDefinition {
        name: name.into(),
        fields: fields.iter().map(|field| FieldPath::parse(field)).collect(),
        staged: false,
    };
    let indexes = [index(BY_STATE, &["state.kind", "scheduledTime"]), index(BY_COMPLETION, &["completedTime"])];
    database.ensure_table(namespace, TABLE, &indexes)
}

/// Why a job was not scheduled or cancelled.
pub(crate) enum ScheduleError {
    /// The caller's mistake.
    Invalid(String),
    Database(db::Error),
}

impl From<db::Error> for ScheduleError {
    fn from(error: db::Error) -> ScheduleError {
        ScheduleError::Database(error)
    }
}

/// A job to be written.
#[derive(Clone)]
pub(crate) struct NewJob {
    pub path: FunctionPath,
    /// The component that the function is in.
    pub target: Namespace,
    /// The one argument object.
    pub args: Value,
    /// Milliseconds since the Unix epoch.
    pub due_ms: f64,
}

/// Checks that there is a function to schedule; returns where its component lives.
///
/// Errors: what is missing, as a sentence.
fn check_target(deployment: &Deployment, path: &FunctionPath) -> Result<Namespace, String> {
    let Some(component) = deployment.component(&path.component) else {
        return Err(format!("Attempted to schedule function at nonexistent path: {path}"));
    };
    if !component.functions.contains_key(&path.module) {
        return Err(format!("Attempted to schedule function at nonexistent path: {}", path.display_name()));
    }
    if component.function(&path.module, &path.export).is_none() {
        return Err(format!(
            "Attempted to schedule function, but no exported function {} found in the file: {}. Did you forget to export it?",
            path.export, path.module
        ));
    }
    Ok(component.namespace)
}

/// The component that a job's function is in; none for the job's own.
pub(crate) fn target(
    tx: &mut Transaction,
    namespace: Namespace,
    job: DocumentId,
) -> Result<Option<Namespace>, db::Error> {
    let Some(table) = tx.table_number(namespace, TARGETS) else { return Ok(None) };
    let row = tx.get(namespace, DocumentId { table, internal: job.internal })?;
    Ok(row.and_then(|row| match row.value.get("namespace") {
        Some(Value::Int64(number)) => u32::try_from(*number).ok().map(Namespace),
        _ => None,
    }))
}

/// Deletes a job with what belongs to it.
fn forget(tx: &mut Transaction, namespace: Namespace, job: DocumentId) -> Result<(), db::Error> {
    if target(tx, namespace, job)?.is_some()
        && let Some(table) = tx.table_number(namespace, TARGETS)
    {
        tx.delete(namespace, DocumentId { table, internal: job.internal })?;
    }
    tx.delete(namespace, job).map(drop)
}

/// Writes a pending job; a cancelled one if the job it is scheduled by has been cancelled meanwhile, because what that
/// would have set in motion must not happen either.
///
/// Errors: a due time more than five years from `now_ms`.
pub(crate) fn schedule(
    tx: &mut Transaction,
    namespace: Namespace,
    job: NewJob,
    parent: Option<JobRun>,
    now_ms: f64,
) -> Result<DocumentId, ScheduleError> {
    let NewJob { path, target, args, due_ms } = job;
    if !due_ms.is_finite() || (due_ms - now_ms).abs() > DELAY_MS_MAX {
        let direction = if due_ms < now_ms { "in the past" } else { "in the future" };
        return Err(ScheduleError::Invalid(format!("The scheduled time is more than 5 years {direction}")));
    }
    let row: Object = [
        ("name".to_owned(), Value::String(path.to_string())),
        ("args".to_owned(), Value::Array(vec![args])),
        ("scheduledTime".to_owned(), Value::Float64(due_ms)),
        ("state".to_owned(), state("pending", None)),
    ]
    .into_iter()
    .collect();
    let id = tx.insert(namespace, TABLE, row)?;
    if target != namespace {
        let row = [("namespace".to_owned(), Value::Int64(i64::from(target.0)))].into_iter().collect();
        tx.insert_with_internal_id(namespace, TARGETS, id.internal, row)?;
    }
    if parent.map_or(Ok(false), |parent| parent.is_cancelled(tx))? {
        finish(tx, namespace, id, state("canceled", None), now_ms)?;
    }
    Ok(id)
}

/// Cancels a job that has not finished; a finished one stays as it is.
///
/// Errors: `id` is not the id of a job.
pub(crate) fn cancel(tx: &mut Transaction, namespace: Namespace, id: &str, now_ms: f64) -> Result<(), ScheduleError> {
    let invalid = || {
        ScheduleError::Invalid(format!("Invalid scheduled function ID. The ID must be an ID on the '{TABLE}' table."))
    };
    let id: DocumentId = id.parse().map_err(|_| invalid())?;
    if tx.table_name(namespace, id.table).as_deref() != Some(TABLE) {
        return Err(invalid());
    }
    let Some(job) = tx.get(namespace, id)? else { return Err(invalid()) };
    if matches!(kind_of(&job.value), Some("pending" | "inProgress")) {
        finish(tx, namespace, id, state("canceled", None), now_ms)?;
    }
    Ok(())
}

/// The `state.kind` of a job.
pub(crate) fn kind_of(job: &Object) -> Option<&str> {
    let Some(Value::Object(state)) = job.get("state") else { return None };
    match state.get("kind") {
        Some(Value::String(kind)) => Some(kind),
        _ => None,
    }
}

/// A `state` object; `error` goes with `failed`.
pub(crate) fn state(kind: &str, error: Option<&str>) -> Value {
    let mut state = Object::new();
    state.insert("kind", Value::String(kind.to_owned()));
    if let Some(error) = error {
        state.insert("error", Value::String(error.to_owned()));
    }
    Value::Object(state)
}

/// Gives a job its final state.
pub(crate) fn finish(
    tx: &mut Transaction,
    namespace: Namespace,
    id: DocumentId,
    state: Value,
    now_ms: f64,
) -> Result<(), db::Error> {
    let fields = vec![("state".to_owned(), Some(state)), ("completedTime".to_owned(), Some(Value::Float64(now_ms)))];
    tx.patch(namespace, id, fields)?;
    Ok(())
}

/// A job that is about to run, as its own transaction sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobRun {
    pub namespace: Namespace,
    pub id: DocumentId,
}

impl JobRun {
    /// Marks the job as running; false if it is not pending any more.
    pub fn begin(self, tx: &mut Transaction) -> Result<bool, db::Error> {
        let job = tx.get(self.namespace, self.id)?;
        if job.as_ref().and_then(|job| kind_of(&job.value)) != Some("pending") {
            return Ok(false);
        }
        tx.patch(self.namespace, self.id, vec![("state".to_owned(), Some(state("inProgress", None)))])?;
        Ok(true)
    }

    /// Whether somebody has cancelled the job, which may be running nevertheless.
    pub fn is_cancelled(self, tx: &mut Transaction) -> Result<bool, db::Error> {
        let job = tx.get(self.namespace, self.id)?;
        Ok(job.as_ref().and_then(|job| kind_of(&job.value)) == Some("canceled"))
    }

    /// Marks the job as done, unless the function cancelled its own job.
    pub fn end(self, tx: &mut Transaction, error: Option<&str>, now_ms: f64) -> Result<(), db::Error> {
        let job = tx.get(self.namespace, self.id)?;
        if job.as_ref().and_then(|job| kind_of(&job.value)) != Some("inProgress") {
            return Ok(());
        }
        let outcome = match error {
            None => state("success", None),
            Some(error) => state("failed", Some(error)),
        };
        finish(tx, self.namespace, self.id, outcome, now_ms)
    }
}
