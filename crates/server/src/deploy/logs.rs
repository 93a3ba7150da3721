//! Long-polled function logs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use functions::audit::AuditEntry;
use functions::logs::{Completion, LogEntry, LogLine, Progress};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client_version::ClientVersion;
use crate::error::ApiError;
use crate::extract::AdminIdentity;
use crate::state::AppState;

/// How long a request without news is held.
const POLL_MAX: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// Milliseconds since the Unix epoch; newer entries are wanted.
    #[serde(default)]
    cursor: f64,
    session_id: Option<String>,
    client_request_counter: Option<u64>,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineForm {
    Structured,
    Text,
}

/// What was logged after the cursor, waiting for the first one.
pub async fn function_logs(
    State(state): State<AppState>,
    _admin: AdminIdentity,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, ApiError> {
    let client = ClientVersion::from_headers(&headers).ok().flatten();
    let structured =
        client.is_some_and(|client| client.name.starts_with("npm-cli") || client.name.starts_with("dashboard"));
    let form = if structured { LineForm::Structured } else { LineForm::Text };
    Ok(Json(poll(&state, &parameters, form, |_| true).await))
}

/// The same with finished executions only, and lines as text.
pub async fn executions(
    State(state): State<AppState>,
    _admin: AdminIdentity,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(poll(&state, &parameters, LineForm::Text, |entry| entry.completion().is_some()).await))
}

async fn poll(state: &AppState, parameters: &Parameters, form: LineForm, counts: fn(&LogEntry) -> bool) -> Value {
    let mut news = state.runtime.logs().watch();
    let deadline = state.platform.sleep(POLL_MAX);
    tokio::pin!(deadline);
    let wanted = wanted_request(parameters);
    loop {
        news.borrow_and_update();
        let mut entries = state.runtime.logs().after(parameters.cursor);
        if let Some(request_id) = &wanted {
            entries.retain(|entry| *entry.request_id().0 == **request_id);
        }
        entries.retain(|entry| counts(entry));
        if let Some(last) = entries.last() {
            return page(&entries, last.timestamp() * 1000.0, form);
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { break },
            () = &mut deadline => break,
            () = state.stopping.cancelled() => break,
        }
    }
    page(&[], parameters.cursor, form)
}

/// The request id of one request of a sync session, when only its entries are wanted.
fn wanted_request(parameters: &Parameters) -> Option<String> {
    let (session, counter) = (parameters.session_id.as_ref()?, parameters.client_request_counter?);
    let digest = hex::encode(Sha256::digest(format!("{session}|{counter}")));
    Some(digest[..16].to_owned())
}

fn page(entries: &[Arc<LogEntry>], cursor: f64, form: LineForm) -> Value {
    json!({
        "entries": entries.iter().map(|entry| log_entry(entry, form)).collect::<Vec<_>>(),
        "newCursor": cursor,
    })
}

/// Source: deploy-api 8.2.
fn log_entry(entry: &LogEntry, form: LineForm) -> Value {
    let mut lines: Vec<Value> = entry.log_lines().iter().map(|line| log_line(line, form)).collect();
    lines.extend(entry.audit().iter().map(|event| log_line(&audit_line(event), form)));
    match entry {
        LogEntry::Completion(entry) => completion(entry, lines),
        LogEntry::Progress(entry) => progress(entry, lines),
    }
}

fn progress(entry: &Progress, lines: Vec<Value>) -> Value {
    json!({
        "kind": "Progress",
        "udfType": entry.kind.name(),
        "componentPath": entry.component_path,
        "identifier": entry.identifier,
        "timestamp": entry.execution_timestamp,
        "logLines": lines,
        "requestId": &*entry.request_id.0,
        "executionId": entry.execution_id,
    })
}

fn completion(entry: &Completion, lines: Vec<Value>) -> Value {
    let occ = entry.occ.as_ref().map(|occ| {
        json!({
            "tableName": occ.table_name,
            "documentId": occ.document_id,
            "writeSource": occ.write_source,
            "componentPath": null,
            "retryCount": occ.retry_count,
        })
    });
    json!({
        "kind": "Completion",
        "udfType": entry.kind.name(),
        "componentPath": entry.component_path,
        "identifier": entry.identifier,
        "logLines": lines,
        "timestamp": entry.timestamp,
        "cachedResult": entry.cached,
        "caller": entry.caller.name(),
        "parentExecutionId": null,
        "executionTime": entry.execution_time,
        "userExecutionTime": entry.user_time,
        "success": entry.http_status.map(|status| json!({ "status": status.to_string() })),
        "error": entry.error,
        "requestId": &*entry.request_id.0,
        "executionId": entry.execution_id,
        "usageStats": usage(entry),
        "returnBytes": entry.return_bytes,
        "occInfo": occ,
        "willRetry": entry.will_retry,
        "executionTimestamp": entry.execution_timestamp,
        "identityType": entry.identity_type,
        "environment": entry.environment.name(),
    })
}

fn usage(entry: &Completion) -> Value {
    json!({
        "databaseReadBytes": entry.usage.read_bytes,
        "databaseWriteBytes": entry.usage.write_bytes,
        "databaseIoReadBytes": entry.usage.read_bytes,
        "databaseIoWriteBytes": entry.usage.write_bytes,
        "databaseReadDocuments": entry.usage.read_documents,
        "databaseWriteDocuments": entry.usage.write_documents,
        "databaseWriteIndexRows": 0,
        "storageReadBytes": entry.usage.file_read_bytes,
        "storageWriteBytes": entry.usage.file_write_bytes,
        "vectorIndexReadBytes": 0,
        "vectorIndexWriteBytes": 0,
        "textIndexQueryBytes": 0,
        "textIndexWriteQueryBytes": 0,
        "vectorIndexReadQueryBytes": 0,
        "vectorIndexWriteQueryBytes": 0,
        "networkEgressBytes": entry.usage.egress_bytes,
        "memoryUsedMb": entry.usage.memory_bytes.div_ceil(1 << 20),
    })
}

/// Audit events among the lines that an admin reads.
fn audit_line(event: &AuditEntry) -> LogLine {
    LogLine {
        messages: vec![event.body.to_string()],
        is_truncated: false,
        timestamp_ms: event.timestamp_ms,
        level: "INFO",
        system_code: Some("audit".into()),
        component_path: Some(event.component_path.to_string()).filter(|path| !path.is_empty()),
        udf_path: Some(event.udf_path.to_string()),
    }
}

fn log_line(line: &LogLine, form: LineForm) -> Value {
    if form == LineForm::Text {
        return line.to_text().into();
    }
    json!({
        "messages": line.messages,
        "isTruncated": line.is_truncated,
        "timestamp": line.timestamp_ms,
        "level": line.level,
        "systemMetadata": line.system_code.as_ref().map(|code| json!({ "code": code })),
        "componentPath": line.component_path,
        "udfPath": line.udf_path,
    })
}
