//! Turns finished executions into log entries, with warnings for limits that came near.

use std::sync::Arc;
use std::time::Duration;

use db::{Conflict, Usage};

use crate::audit::{AuditEntry, AuditEvent};
use crate::deployment::ModuleEnvironment;
use crate::execution::Execution;
use crate::logs::{Completion, OccInfo, UsageStats};
use crate::runtime::Inner;
use crate::{CallRequest, FunctionError, FunctionKind, FunctionPath, QueryRequest, QueryResult, SystemError, warnings};

/// How an execution ended, as the log needs it.
pub(crate) struct Outcome {
    error: Option<String>,
    return_bytes: Option<u64>,
}

impl From<&Result<Arc<str>, FunctionError>> for Outcome {
    fn from(result: &Result<Arc<str>, FunctionError>) -> Outcome {
        match result {
            Ok(json) => Outcome { error: None, return_bytes: Some(json.len() as u64) },
            Err(error) => Outcome { error: Some(error.detail.clone()), return_bytes: None },
        }
    }
}

/// Closes an execution that began at `started` on the monotonic clock.
pub(crate) fn finish(
    mut execution: Execution<'_>,
    usage: &Usage,
    kind: FunctionKind,
    path: &FunctionPath,
    outcome: Outcome,
    started: Duration,
) -> Completion {
    let platform = &execution.runtime.platform;
    let (now_ms, elapsed) = (platform.now_ms(), platform.monotonic().saturating_sub(started));
    warnings::add(&mut execution, usage, now_ms);
    Completion {
        kind,
        component_path: (!path.component.is_empty()).then(|| path.component.clone()),
        identifier: path.display_name(),
        timestamp: now_ms / 1000.0,
        execution_timestamp: execution.now_ms / 1000.0,
        cached: false,
        caller: execution.call.caller,
        execution_time: elapsed.as_secs_f64(),
        user_time: execution.user_seconds,
        error: outcome.error,
        request_id: execution.call.request_id.clone(),
        execution_id: execution_id(&mut execution),
        usage: UsageStats {
            read_bytes: usage.bytes_read as u64,
            write_bytes: usage.bytes_written as u64,
            read_documents: usage.documents_read as u64,
            write_documents: usage.documents_written as u64,
            file_read_bytes: execution.effects.file_read_bytes as u64,
            file_write_bytes: execution.effects.file_write_bytes as u64,
            egress_bytes: 0,
            memory_bytes: execution.heap_bytes as u64,
        },
        return_bytes: outcome.return_bytes,
        occ: None,
        will_retry: false,
        identity_type: execution.call.identity.log_name(),
        http_status: None,
        environment: ModuleEnvironment::Isolate,
        audit: Vec::new(),
        log_lines: execution.logs.into_lines(),
    }
}

/// Marks an entry as an attempt that lost to another commit; `given_up` is what the caller is told if it was the last.
pub(crate) fn conflicted(
    mut entry: Completion,
    conflict: Conflict,
    retry_count: u32,
    given_up: Option<&SystemError>,
) -> Completion {
    let text = "The documents this mutation read were changed by another commit; it runs again.";
    entry.error = Some(given_up.map_or_else(|| text.into(), |error| error.message.clone()));
    let Conflict { table, source_of_write: write_source } = conflict;
    entry.occ = Some(OccInfo { table_name: Some(table), document_id: None, write_source, retry_count });
    entry.will_retry = given_up.is_none();
    // Nothing of the attempt was committed.
    entry.audit.clear();
    entry
}

/// Logs that a cached result was handed out.
pub(crate) fn cached_query(inner: &Inner, request: &QueryRequest, result: &QueryResult) {
    let call = &request.call;
    let now = inner.platform.now_ms() / 1000.0;
    inner.logs.push(Completion {
        kind: FunctionKind::Query,
        component_path: (!call.path.component.is_empty()).then(|| call.path.component.clone()),
        identifier: call.path.display_name(),
        log_lines: Vec::new(),
        timestamp: now,
        execution_timestamp: now,
        cached: true,
        caller: call.caller,
        execution_time: 0.0,
        user_time: 0.0,
        error: None,
        request_id: call.request_id.clone(),
        execution_id: String::new(),
        usage: UsageStats::default(),
        return_bytes: result.outcome.as_ref().ok().map(|json| json.len() as u64),
        occ: None,
        will_retry: false,
        identity_type: call.identity.log_name(),
        http_status: None,
        environment: ModuleEnvironment::Isolate,
        audit: resolve_audit(inner, &result.audit, call),
    });
}

/// Audit events as they are for `call` now.
pub(crate) fn resolve_audit(inner: &Inner, events: &[AuditEvent], call: &CallRequest) -> Vec<AuditEntry> {
    if events.is_empty() {
        return Vec::new();
    }
    let now_ms = inner.platform.now_ms();
    events.iter().map(|event| event.resolve(&call.into(), now_ms)).collect()
}

fn execution_id(execution: &mut Execution<'_>) -> String {
    let seed = execution.next_seed();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&seed[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
