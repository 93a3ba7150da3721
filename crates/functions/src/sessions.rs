//! Records of the mutations that WebSocket sessions have committed, so that a repeated one is answered, not run.
//!
//! The row's document id is derived from session and request number: looking it up is a point read, and two runs of
//! the same request conflict on it.

use std::sync::Arc;

use db::{
    BeginAt, CommitError, CommitOptions, Database, Namespace, Operator, Order, Query, RangeBound, RangeOp, Source,
    Transaction,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use value::{DocumentId, InternalId, Object, Timestamp, Value};

use crate::MutationResult;
use crate::limits::SESSION_SWEEP_BATCH;

const TABLE: &str = "_session_requests";

/// One mutation of one session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionRequest {
    pub session: Uuid,
    pub request: u32,
}

impl SessionRequest {
    fn internal_id(self) -> InternalId {
        let digest =
            Sha256::new().chain_update(self.session.as_bytes()).chain_update(self.request.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        InternalId(bytes)
    }

    /// The recorded answer, if this request has committed.
    pub fn recorded(self, tx: &mut Transaction) -> Result<Option<MutationResult>, db::Error> {
        let Some(table) = tx.table_number(Namespace::ROOT, TABLE) else { return Ok(None) };
        let id = DocumentId { table, internal: self.internal_id() };
        let Some(row) = tx.get(Namespace::ROOT, id)? else { return Ok(None) };
        let ts = match row.value.get("ts") {
            Some(Value::Int64(ts)) => Timestamp(*ts as u64),
            _ => tx.snapshot(),
        };
        let result = row.value.get("result").map_or_else(|| "null".into(), Value::to_json);
        let log_lines = match row.value.get("logLines") {
            Some(Value::Array(lines)) => lines.iter().filter_map(text).collect(),
            _ => Arc::from([]),
        };
        Ok(Some(MutationResult { outcome: Ok(Arc::from(result)), ts, log_lines }))
    }

    /// Writes the answer into the mutation's own transaction, so that the one commits with the other.
    pub fn record(self, tx: &mut Transaction, result: &Value, log_lines: &[String]) -> Result<(), db::Error> {
        let lines = log_lines.iter().map(|line| Value::String(line.clone())).collect();
        let row: Object = [
            ("session".to_owned(), Value::String(self.session.to_string())),
            ("request".to_owned(), Value::Int64(i64::from(self.request))),
            ("ts".to_owned(), Value::CommitTs),
            ("result".to_owned(), result.clone()),
            ("logLines".to_owned(), Value::Array(lines)),
        ]
        .into_iter()
        .collect();
        tx.insert_with_internal_id(Namespace::ROOT, TABLE, self.internal_id(), row)?;
        Ok(())
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Deletes the records of mutations committed before `horizon_ms`, some at a time; returns how many went.
///
/// Errors: those of the database; losing to another commit is not one, as the next sweep tries again.
pub(crate) fn sweep(database: &Database, horizon_ms: f64) -> Result<usize, db::Error> {
    let mut swept = 0;
    loop {
        let bound =
            RangeBound { field: "_creationTime".into(), op: RangeOp::Lt, value: Some(Value::Float64(horizon_ms)) };
        let source = Source::IndexRange {
            table: TABLE.into(),
            index: "by_creation_time".into(),
            range: vec![bound],
            order: Order::Ascending,
        };
        let mut tx = database.begin(BeginAt::Validated)?;
        if tx.table_number(Namespace::ROOT, TABLE).is_none() {
            return Ok(swept);
        }
        *tx.limits_mut() = db::Limits::UNLIMITED;
        let mut old =
            tx.query(Namespace::ROOT, Query { source, operators: vec![Operator::Limit(SESSION_SWEEP_BATCH)] })?;
        let mut batch = 0;
        while let Some(row) = tx.next(&mut old)? {
            tx.delete(Namespace::ROOT, row.id)?;
            batch += 1;
        }
        if batch == 0 {
            return Ok(swept);
        }
        match database.commit(tx, CommitOptions { source: "session sweep".into(), on_validated: None }) {
            Ok(pending) => drop(pending.wait()?),
            Err(CommitError::Conflict(_)) => return Ok(swept),
            Err(CommitError::Failed(error)) => return Err(error),
        }
        swept += batch;
        if batch < SESSION_SWEEP_BATCH {
            return Ok(swept);
        }
    }
}
