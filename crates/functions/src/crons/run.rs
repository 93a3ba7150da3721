//! One run of one cron job.

use db::{Document, Namespace, Transaction};
use value::{DocumentId, Object, Value};

use super::next_run::following;
use super::{IN_PROGRESS, LOGS, PENDING, old_logs, spec_of, state};
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

    /// The run that a row in progress belongs to; none if the job is gone or of another version.
    pub fn interrupted(
        tx: &mut Transaction,
        namespace: Namespace,
        row: &Document,
    ) -> Result<Option<CronRun>, db::Error> {
        let run = CronRun::load(tx, namespace, row)?;
        Ok(run.map(|run| CronRun { scheduled_ns: nanoseconds(row, "prevTs"), ..run }))
    }

    /// Moves the job to its next time and marks it as running; false if another run has done so. Runs that were missed
    /// meanwhile are skipped, and the log of the job says so.
    pub fn begin(&self, tx: &mut Transaction, now_ns: u64) -> Result<bool, db::Error> {
        let Some(row) = tx.get(self.namespace, self.next_row)? else { return Ok(false) };
        if next_ts(&row) != self.scheduled_ns {
            return Ok(false);
        }
        let (next, skipped) = following(&self.spec.schedule, &self.spec.identifier, self.scheduled_ns, now_ns);
        if skipped > 0 {
            self.note_skipped(tx, skipped)?;
        }
        let fields = vec![
            ("state".to_owned(), Some(state(IN_PROGRESS))),
            ("prevTs".to_owned(), Some(Value::Int64(self.scheduled_ns as i64))),
            ("nextTs".to_owned(), Some(Value::Int64(next as i64))),
        ];
        tx.patch(self.namespace, self.next_row, fields)?;
        Ok(true)
    }

    /// Writes the log row of the run and lets the next one come.
    pub fn end(&self, tx: &mut Transaction, outcome: Result<&Value, &str>, log: &RunLog<'_>) -> Result<(), db::Error> {
        self.write_log(tx, status(outcome), log)?;
        // A push may have taken the job away while it ran.
        if tx.get(self.namespace, self.next_row)?.is_some() {
            tx.patch(self.namespace, self.next_row, vec![("state".to_owned(), Some(state(PENDING)))])?;
        }
        Ok(())
    }

    fn note_skipped(&self, tx: &mut Transaction, skipped: u64) -> Result<(), db::Error> {
        let job = &self.spec.identifier;
        let text = format!("Skipping {skipped} run(s) of job {job} because multiple scheduled runs are in the past");
        tracing::info!(%job, code = "SkippingPastScheduledRuns", "{text}");
        let status = Value::Object(object([
            ("type", Value::String("canceled".into())),
            ("num_canceled", Value::Int64(skipped as i64)),
        ]));
        self.write_log(tx, status, &RunLog { lines: &[format!("[WARN] {text}")], seconds: 0.0 })
    }

    /// Drops the oldest rows of the job for the new one.
    fn write_log(&self, tx: &mut Transaction, status: Value, log: &RunLog<'_>) -> Result<(), db::Error> {
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
            ("status", status),
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
    nanoseconds(row, "nextTs")
}

fn nanoseconds(row: &Document, field: &str) -> u64 {
    match row.value.get(field) {
        Some(Value::Int64(ts)) => *ts as u64,
        _ => u64::MAX,
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
