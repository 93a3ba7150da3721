//! The audit log: events that functions report with `log.audit`.
//!
//! An event of a mutation is a row of `_audit_log`, written in the mutation's own transaction, so that it exists
//! exactly if the mutation committed. An event of an action in Node.js is a row written at once. Events of a query,
//! which cannot write, are rows for each caller, written before that caller has the result.

use std::sync::Arc;

use db::{BeginAt, CommitError, CommitOptions, Database, Namespace, Transaction};
use serde_json::{Map, Value as Json, json};
use value::Value;

use crate::deploy::tables;
use crate::limits::{AUDIT_ROWS_MAX, AUDIT_SWEEP_BATCH};
use crate::{CallRequest, Identity, RequestId, RequestOrigin};

pub(crate) const TABLE: &str = "_audit_log";

/// An event as the function gave it, its variables still in place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AuditEvent {
    pub body: Json,
    /// The function that reported it.
    pub udf_path: Arc<str>,
    pub component_path: Arc<str>,
}

/// An event with its variables replaced.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub body: Json,
    /// The function that reported it, such as `messages:send`.
    pub udf_path: Arc<str>,
    /// The function's component; empty for the app.
    pub component_path: Arc<str>,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: f64,
}

/// Who reports an event: the request behind it.
#[derive(Clone, Copy)]
pub(crate) struct Reporter<'a> {
    pub request_id: &'a RequestId,
    pub identity: &'a Identity,
    pub origin: Option<&'a RequestOrigin>,
}

impl<'a> From<&'a CallRequest> for Reporter<'a> {
    fn from(call: &'a CallRequest) -> Reporter<'a> {
        Reporter { request_id: &call.request_id, identity: &call.identity, origin: call.origin.as_deref() }
    }
}

impl AuditEvent {
    /// Replaces the variables by what they are for `reporter` at this moment.
    pub fn resolve(&self, reporter: &Reporter<'_>, now_ms: f64) -> AuditEntry {
        let AuditEvent { body, udf_path, component_path } = self.clone();
        let timestamp_ms = now_ms.floor();
        AuditEntry { body: replace(body, reporter, timestamp_ms), udf_path, component_path, timestamp_ms }
    }
}

/// `{"$var": name}` becomes the value of the variable; an unknown name stays as it is.
fn replace(json: Json, reporter: &Reporter<'_>, now_ms: f64) -> Json {
    let replaced = |json| replace(json, reporter, now_ms);
    match json {
        Json::Object(fields) => match variable(&fields, reporter, now_ms) {
            Some(value) => value,
            None => Json::Object(fields.into_iter().map(|(key, inner)| (key, replaced(inner))).collect()),
        },
        Json::Array(items) => Json::Array(items.into_iter().map(replaced).collect()),
        scalar => scalar,
    }
}

fn variable(fields: &Map<String, Json>, reporter: &Reporter<'_>, now_ms: f64) -> Option<Json> {
    if fields.len() != 1 {
        return None;
    }
    let origin = reporter.origin;
    Some(match fields.get("$var")?.as_str()? {
        "requestId" => json!(&*reporter.request_id.0),
        "ip" => json!(origin.and_then(|origin| origin.ip.as_deref())),
        "userAgent" => json!(origin.and_then(|origin| origin.user_agent.as_deref())),
        "now" => json!(now_ms),
        "convexActor" => actor(reporter.identity),
        _ => return None,
    })
}

/// The admin behind a call, if there is one.
fn actor(identity: &Identity) -> Json {
    match identity {
        Identity::Admin { read_only } => json!({ "type": "admin", "readOnly": read_only, "actingAs": null }),
        Identity::ActingUser(user) => json!({ "type": "admin", "readOnly": false, "actingAs": user.token_identifier }),
        Identity::Anonymous | Identity::User(_) | Identity::System => Json::Null,
    }
}

/// Writes events as rows.
pub(crate) fn write(tx: &mut Transaction, entries: &[AuditEntry], reporter: &Reporter<'_>) -> Result<(), db::Error> {
    for entry in entries {
        let row = tables::object([
            ("body", Value::String(entry.body.to_string())),
            ("componentPath", Value::String(entry.component_path.to_string())),
            ("udfPath", Value::String(entry.udf_path.to_string())),
            ("requestId", Value::String(reporter.request_id.0.to_string())),
            ("timestamp", Value::Float64(entry.timestamp_ms)),
            ("identityType", Value::String(reporter.identity.log_name().into())),
        ]);
        tx.insert(Namespace::ROOT, TABLE, row)?;
    }
    Ok(())
}

/// Deletes the oldest rows beyond the bound, some at a time; returns how many went. Blocking.
///
/// Errors: those of the database; losing to another commit is not one, as the next sweep tries again.
pub(crate) fn sweep(database: &Database, rows_max: usize) -> Result<usize, db::Error> {
    let mut swept = 0;
    loop {
        // Counted in a transaction of its own: one that deletes must not depend on rows that come meanwhile.
        let rows = tables::begin_unlimited(database, BeginAt::Durable)?.count(Namespace::ROOT, TABLE)? as usize;
        let excess = rows.saturating_sub(rows_max).min(AUDIT_SWEEP_BATCH);
        if excess == 0 {
            return Ok(swept);
        }
        let mut tx = tables::begin_unlimited(database, BeginAt::Validated)?;
        for row in tables::oldest(&mut tx, TABLE, excess)? {
            tx.delete(Namespace::ROOT, row.id)?;
        }
        match database.commit(tx, CommitOptions { source: "audit log sweep".into(), on_validated: None }) {
            Ok(pending) => drop(pending.wait()?),
            Err(CommitError::Conflict(_)) => return Ok(swept),
            Err(CommitError::Failed(error)) => return Err(error),
        }
        swept += excess;
    }
}

/// Deletes the oldest rows beyond [`AUDIT_ROWS_MAX`].
pub(crate) fn sweep_old(database: &Database) -> Result<usize, db::Error> {
    sweep(database, AUDIT_ROWS_MAX)
}

#[cfg(test)]
mod tests;
