//! Cron jobs: their rows, and what a push does to them.
//!
//! A job is a row of `_cron_jobs` with its next run in a row of `_cron_next_run`; each run leaves one in
//! `_cron_job_logs`. Timestamps in these rows are Int64 nanoseconds.

pub(crate) mod next_run;
pub(crate) mod run;

use db::schema::{FieldPath, IndexDefinition};
use db::{Database, Document, Namespace, Operator, Order, Query, RangeBound, RangeOp, Source, Transaction};
use value::{Object, Value};

use crate::FunctionPath;
use crate::deployment::{CronSchedule, CronSpec};

pub(crate) const JOBS: &str = "_cron_jobs";
pub(crate) const NEXT_RUNS: &str = "_cron_next_run";
pub(crate) const LOGS: &str = "_cron_job_logs";
/// `state.type` of a next run that waits for its time.
const PENDING: &str = "pending";
/// The same while the job runs.
pub(crate) const IN_PROGRESS: &str = "inProgress";
/// Next runs by time: what the dispatcher reads.
pub(crate) const BY_NEXT: &str = "by_next";
/// Rows by the job they belong to.
const BY_JOB: &str = "by_job";
const BY_NAME: &str = "by_name";

/// Creates a component's tables of cron jobs with their indexes.
pub(crate) fn ensure_tables(database: &Database, namespace: Namespace) -> Result<(), db::Error> {
    let index = |name: &str, fields: &[&str]| IndexDefinition {
        name: name.into(),
        fields: fields.iter().map(|field| FieldPath::parse(field)).collect(),
        staged: false,
    };
    database.ensure_table(namespace, JOBS, &[index(BY_NAME, &["name"])])?;
    database.ensure_table(
        namespace,
        NEXT_RUNS,
        &[index(BY_NEXT, &["state.type", "nextTs"]), index(BY_JOB, &["cronJobId"])],
    )?;
    database.ensure_table(namespace, LOGS, &[index(BY_NAME, &["name"])])
}

/// Makes the stored jobs equal to `specs`. A job whose spec is unchanged keeps its next run.
pub(crate) fn apply(tx: &mut Transaction, ns: Namespace, specs: &[CronSpec], now_ns: u64) -> Result<(), db::Error> {
    let stored = collect(
        tx,
        ns,
        Query { source: Source::FullScan { table: JOBS.into(), order: Order::Ascending }, operators: Vec::new() },
    )?;
    for job in &stored {
        if !specs.iter().any(|spec| name_of(job) == Some(&spec.identifier)) {
            for run in next_runs_of(tx, ns, job)? {
                tx.delete(ns, run.id)?;
            }
            tx.delete(ns, job.id)?;
        }
    }
    for spec in specs {
        let row = job_row(spec);
        match stored.iter().find(|job| name_of(job) == Some(&spec.identifier)) {
            Some(job) if job.value.get("cronSpec") == row.get("cronSpec") => {}
            Some(job) => {
                tx.replace(ns, job.id, row)?;
                for run in next_runs_of(tx, ns, job)? {
                    let next = next_run::first(&spec.schedule, &spec.identifier, now_ns);
                    tx.patch(ns, run.id, vec![("nextTs".into(), Some(Value::Int64(next as i64)))])?;
                }
            }
            None => {
                let id = tx.insert(ns, JOBS, row)?;
                let next = next_run::first(&spec.schedule, &spec.identifier, now_ns);
                tx.insert(ns, NEXT_RUNS, next_row(&id.to_string(), None, next))?;
            }
        }
    }
    Ok(())
}

/// The spec that a stored job was made from; none if the row is of another version.
pub(crate) fn spec_of(job: &Document) -> Option<CronSpec> {
    let Some(Value::Object(spec)) = job.value.get("cronSpec") else { return None };
    let path = FunctionPath::parse(spec.get("udfPath")?.as_str()?).ok()?;
    let Some(Value::Bytes(args)) = spec.get("udfArgs") else { return None };
    let Some(Value::Object(schedule)) = spec.get("cronSchedule") else { return None };
    Some(CronSpec {
        identifier: name_of(job)?.to_owned(),
        path,
        args: String::from_utf8(args.clone()).ok()?,
        schedule: CronSchedule::from_json(&plain(schedule))?,
    })
}

/// Schedules hold texts and whole numbers, which documents keep as floats.
fn plain(schedule: &Object) -> serde_json::Value {
    let field = |value: &Value| match value {
        Value::Float64(number) => serde_json::Value::from(*number as u64),
        Value::String(text) => text.as_str().into(),
        _ => serde_json::Value::Null,
    };
    schedule.iter().map(|(name, value)| (name.to_string(), field(value))).collect()
}

fn name_of(job: &Document) -> Option<&str> {
    job.value.get("name")?.as_str()
}

fn job_row(spec: &CronSpec) -> Object {
    let cron_spec: Object = [
        ("udfPath".to_owned(), Value::String(spec.path.to_string())),
        ("udfArgs".to_owned(), Value::Bytes(spec.args.clone().into_bytes())),
        ("cronSchedule".to_owned(), schedule_value(&spec.schedule)),
    ]
    .into_iter()
    .collect();
    [("name".to_owned(), Value::String(spec.identifier.clone())), ("cronSpec".to_owned(), Value::Object(cron_spec))]
        .into_iter()
        .collect()
}

/// Schedules hold small whole numbers and texts only, which any JSON reader turns into values.
fn schedule_value(schedule: &CronSchedule) -> Value {
    Value::from_json(&schedule.to_json()).expect("a schedule is plain JSON")
}

fn next_row(job: &str, previous: Option<u64>, next: u64) -> Object {
    [
        ("cronJobId".to_owned(), Value::String(job.to_owned())),
        ("state".to_owned(), state(PENDING)),
        ("prevTs".to_owned(), previous.map_or(Value::Null, |ts| Value::Int64(ts as i64))),
        ("nextTs".to_owned(), Value::Int64(next as i64)),
    ]
    .into_iter()
    .collect()
}

/// The `state` of a next run.
fn state(kind: &str) -> Value {
    Value::Object([("type".to_owned(), Value::String(kind.to_owned()))].into_iter().collect())
}

fn next_runs_of(
    tx: &mut Transaction,
    ns: Namespace,
    job: &Document,
) -> Result<Vec<std::sync::Arc<Document>>, db::Error> {
    let query = equal(NEXT_RUNS, BY_JOB, "cronJobId", Value::String(job.id.to_string()), Order::Ascending);
    collect(tx, ns, query)
}

/// The newest logs of a job beyond the `keep` newest.
pub(crate) fn old_logs(
    tx: &mut Transaction,
    ns: Namespace,
    name: &str,
    keep: usize,
) -> Result<Vec<std::sync::Arc<Document>>, db::Error> {
    let mut query = equal(LOGS, BY_NAME, "name", Value::String(name.to_owned()), Order::Descending);
    query.operators.push(Operator::Limit(keep + 16));
    let mut logs = collect(tx, ns, query)?;
    Ok(logs.split_off(keep.min(logs.len())))
}

fn equal(table: &str, index: &str, field: &str, value: Value, order: Order) -> Query {
    let range = vec![RangeBound { field: field.into(), op: RangeOp::Eq, value: Some(value) }];
    let source = Source::IndexRange { table: table.into(), index: index.into(), range, order };
    Query { source, operators: Vec::new() }
}

fn collect(tx: &mut Transaction, ns: Namespace, query: Query) -> Result<Vec<std::sync::Arc<Document>>, db::Error> {
    let mut stream = tx.query(ns, query)?;
    let mut rows = Vec::new();
    while let Some(row) = tx.next(&mut stream)? {
        rows.push(row);
    }
    Ok(rows)
}
