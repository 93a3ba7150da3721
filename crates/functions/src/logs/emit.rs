//! Executions in the server's own log, for whoever ships that log to a store.
//!
//! Nothing is written unless the target [`TARGET`] is switched on, and finding that out costs next to nothing.

use tracing::{Level, debug, enabled, error, info, warn};

use super::{Completion, LogEntry, LogLine};

/// The target of these lines.
pub const TARGET: &str = "function";

/// Writes an entry and its console lines.
pub(super) fn emit(entry: &LogEntry) {
    if !enabled!(target: TARGET, Level::WARN) {
        return;
    }
    let (function, request_id) = (entry.identifier(), &*entry.request_id().0);
    for line in entry.log_lines() {
        emit_line(line, function, request_id);
    }
    if let LogEntry::Completion(entry) = entry {
        emit_completion(entry);
    }
    for event in entry.audit() {
        info!(target: TARGET, function, request_id, event = %event.body, "audit");
    }
}

fn emit_line(line: &LogLine, function: &str, request_id: &str) {
    let nested = line.udf_path.as_deref();
    let code = line.system_code.as_deref();
    let text = line.messages.join(" ");
    match line.level {
        "ERROR" => error!(target: TARGET, function, nested, request_id, code, "{text}"),
        "WARN" => warn!(target: TARGET, function, nested, request_id, code, "{text}"),
        "DEBUG" => debug!(target: TARGET, function, nested, request_id, code, "{text}"),
        _ => info!(target: TARGET, function, nested, request_id, code, "{text}"),
    }
}

/// The fields of an execution, at the level that `$event` stands for.
macro_rules! completion_event {
    ($event:ident, $entry:expr, $message:literal) => {{
        let entry: &Completion = $entry;
        $event!(
            target: TARGET,
            kind = entry.kind.name(),
            function = entry.identifier,
            component = entry.component_path.as_deref().unwrap_or_default(),
            caller = entry.caller.name(),
            identity = entry.identity_type,
            environment = entry.environment.name(),
            request_id = &*entry.request_id.0,
            execution_id = entry.execution_id,
            duration_ms = entry.execution_time * 1000.0,
            user_ms = entry.user_time * 1000.0,
            cached = entry.cached,
            read_bytes = entry.usage.read_bytes,
            read_documents = entry.usage.read_documents,
            write_bytes = entry.usage.write_bytes,
            write_documents = entry.usage.write_documents,
            file_read_bytes = entry.usage.file_read_bytes,
            file_write_bytes = entry.usage.file_write_bytes,
            egress_bytes = entry.usage.egress_bytes,
            memory_bytes = entry.usage.memory_bytes,
            result_bytes = entry.return_bytes,
            status = entry.http_status,
            retry = entry.will_retry,
            conflict_table = entry.occ.as_ref().and_then(|occ| occ.table_name.as_deref()),
            error = entry.error.as_deref(),
            $message
        );
    }};
}

fn emit_completion(entry: &Completion) {
    match entry.error {
        Some(_) => completion_event!(warn, entry, "function failed"),
        None => completion_event!(info, entry, "function ran"),
    }
}
