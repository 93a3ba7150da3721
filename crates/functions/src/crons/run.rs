//! One run of one cron job.

use db::{Document, Namespace, Transaction};
use value::{DocumentId, Object, Value};

use super::next_run::following;
use super::{LOGS, old_logs, spec_of};
use crate::deployment::CronSpec;
use crate::mutations::RunLog;

/// Log rows kept for each job.
const LOGS_KEPT: usize = 5;

/// A run that is due: which row says so, and for when.
#[derive(Clone, Debug)]
pub(crate) struct CronRun {
    pub namespace: Namespace,
    /// The row of `_cron_next_run`.
    pub next_row: DocumentId,
    pub spec: CronSpec,
    /// The time this run was scheduled for, in nanoseconds.
    pub scheduled_ns: u64,
}

impl CronRun {
    /// Reads a due row with its job; none if the job is gone or of another version.
    pub fn load(tx: &mut Transaction, namespace: Namespace, row: &Document) -> Result<Option<CronRun>, db::Error> {
        let Some(job_id) = row.value.get("cronJobId").and_then(Value::as_str).and_then(|id| id.parse().ok()) else {
            return Ok(None);
        };
        let Some(job) = tx.get(namespace, job_id)? else { return Ok(None) };
        let spec = spec_of(&job);
        Ok(spec.map(|spec| CronRun { namespace, next_row: row.id, spec, scheduled_ns: next_ts(row) }))
    }

    /// Moves the job to its next time; false if another run has done so. Returns how many runs were skipped.
    pub fn begin(&self, tx: &mut Transaction, now_ns: u64) -> Result<bool, db::Error> {
        let Some(row) = tx.get(self.namespace, self.next_row)? else { return Ok(false) };
        if next_ts(&row) != self.scheduled_ns {
            return Ok(false);
        }
        let (next, skipped) = following(&self.spec.schedule, &self.spec.identifier, self.scheduled_ns, now_ns);
        if skipped > 0 {
            let job = &self.spec.identifier;
            tracing::info!(%job, "Skipping {skipped} run(s) of job {job} because multiple scheduled runs are in the past");
        }
        let fields = vec![
            ("prevTs".to_owned(), Some(Value::Int64(self.scheduled_ns as i64))),
            ("nextTs".to_owned(), Some(Value::Int64(next as i64))),
        ];
        tx.patch(self.namespace, self.next_row, fields)?;
        Ok(true)
    }

    /// Writes the log row of the run and drops the oldest ones.
    pub fn end(&self, tx: &mut Transaction, outcome: Result<&Value, &str>, log: &RunLog<'_>) -> Result<(), db::Error> {
        for old in old_logs(tx, self.namespace, &self.spec.identifier, LOGS_KEPT - 1)? {
            tx.delete(self.namespace, old.id)?;
        }
        let lines = log.lines.iter().cloned().map(Value::String).collect();
        let logs = object([("logLines", Value::Array(lines)), ("isTruncated", Value::Boolean(false))]);
        let row = object([
            ("name", Value::String(self.spec.identifier.clone())),
            ("ts", Value::Int64(self.scheduled_ns as i64)),
            ("udfPath", Value::String(self.spec.path.to_string())),
            ("udfArgs", Value::Bytes(self.spec.args.clone().into_bytes())),
            ("status", status(outcome)),
            ("logLines", Value::Object(logs)),
            ("executionTime", Value::Float64(log.seconds)),
        ]);
        tx.insert(self.namespace, LOGS, row)?;
        Ok(())
    }
}

fn status(outcome: Result<&Value, &str>) -> Value {
    Value::Object(match outcome {
        Ok(result) => object([("type", Value::String("success".into())), ("result", shortened(result))]),
        Err(error) => object([("type", Value::String("err".into())), ("error", Value::String(error.to_owned()))]),
    })
}

/// Results are shown, not used: a long one is not kept.
fn shortened(result: &Value) -> Value {
    let text = result.to_json();
    let value = if text.len() > 1000 { "…".to_owned() } else { text };
    let truncated = Value::Boolean(value == "…");
    Value::Object(object([
        ("type", Value::String("default".into())),
        ("value", Value::String(value)),
        ("truncated", truncated),
    ]))
}

fn next_ts(row: &Document) -> u64 {
    match row.value.get("nextTs") {
        Some(Value::Int64(ts)) => *ts as u64,
        _ => u64::MAX,
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
