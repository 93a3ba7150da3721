//! Turns finished executions into log entries, with warnings for limits that came near.

use std::sync::Arc;
use std::time::Duration;

use db::Usage;

use crate::deployment::ModuleEnvironment;
use crate::execution::Execution;
use crate::logs::{Completion, OccInfo, UsageStats};
use crate::runtime::Inner;
use crate::{FunctionError, FunctionKind, FunctionPath, QueryRequest, QueryResult};

/// Share of a limit above which a warning is logged.
const WARNING_SHARE: f64 = 0.8;

const READ_HELP: &str = "Consider using smaller limits in your queries, paginating your queries, \
                         or using indexed queries with a selective index range expressions.";

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
    warn_near_limits(&mut execution, usage, now_ms);
    Completion {
        kind,
        component_path: (!path.component.is_empty()).then(|| path.component.clone()),
        identifier: path.display_name(),
        timestamp: now_ms / 1000.0,
        execution_timestamp: execution.now_ms / 1000.0,
        cached: false,
        caller: execution.caller,
        execution_time: elapsed.as_secs_f64(),
        user_time: execution.user_seconds,
        error: outcome.error,
        request_id: execution.request_id.clone(),
        execution_id: execution_id(&mut execution),
        usage: UsageStats {
            read_bytes: usage.bytes_read as u64,
            write_bytes: usage.bytes_written as u64,
            read_documents: usage.documents_read as u64,
            write_documents: usage.documents_written as u64,
        },
        return_bytes: outcome.return_bytes,
        occ: None,
        will_retry: false,
        identity_type: execution.identity.log_name(),
        http_status: None,
        environment: ModuleEnvironment::Isolate,
        log_lines: execution.logs.into_lines(),
    }
}

/// Marks an entry as an attempt that lost to another commit.
pub(crate) fn conflicted(mut entry: Completion, table: Option<String>, retry_count: u32) -> Completion {
    entry.error = Some("The documents this mutation read were changed by another commit; it runs again.".into());
    entry.occ = Some(OccInfo { table_name: table, document_id: None, write_source: None, retry_count });
    entry.will_retry = true;
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
    });
}

fn execution_id(execution: &mut Execution<'_>) -> String {
    let seed = execution.next_seed();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&seed[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

fn warn_near_limits(execution: &mut Execution<'_>, usage: &Usage, now_ms: f64) {
    let limits = db::Limits::default();
    let reads = [
        (
            "TooManyDocumentsRead",
            "Many documents read in a single function execution",
            usage.documents_read,
            limits.documents_read,
            "",
        ),
        ("TooManyReads", "Many reads in a single function execution", usage.reads, limits.reads, ""),
        (
            "TooManyBytesRead",
            "Many bytes read in a single function execution",
            usage.bytes_read,
            limits.bytes_read,
            " bytes",
        ),
    ];
    let writes = [
        (
            "TooManyWrites",
            "Many writes in a single function execution",
            usage.documents_written,
            limits.documents_written,
            "",
        ),
        (
            "TooManyBytesWritten",
            "Many bytes written in a single function execution",
            usage.bytes_written,
            limits.bytes_written,
            " bytes",
        ),
    ];
    for (index, (code, phrase, used, limit, unit)) in reads.into_iter().chain(writes).enumerate() {
        let near = used as f64 > limit as f64 * WARNING_SHARE && used <= limit;
        if !near {
            continue;
        }
        let help = if index < reads.len() { format!(" {READ_HELP}") } else { String::new() };
        execution.logs.warning(code, format!("{phrase} (actual: {used}{unit}, limit: {limit}{unit}).{help}"), now_ms);
    }
}
