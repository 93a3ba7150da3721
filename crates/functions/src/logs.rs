//! Console lines and the bounded ring of execution records.

mod emit;

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::audit::AuditEntry;
use crate::deployment::ModuleEnvironment;
use crate::limits::{LOG_RING_BYTES_MAX, LOG_RING_ENTRIES_MAX};
use crate::metrics::Metrics;
use crate::{Caller, FunctionKind, RequestId};

pub use emit::TARGET;

/// One console call or one warning of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    pub messages: Vec<String>,
    pub is_truncated: bool,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: f64,
    /// `DEBUG`, `ERROR`, `WARN`, `INFO` or `LOG`.
    pub level: &'static str,
    /// Code of a line the system added.
    pub system_code: Option<String>,
    pub component_path: Option<String>,
    /// The nested function that printed the line; none for the root function.
    pub udf_path: Option<String>,
}

impl LogLine {
    /// The text form: `[LOG] 'hi' 1`.
    pub fn to_text(&self) -> String {
        let cut = if self.is_truncated { " (truncated due to length)" } else { "" };
        format!("[{}] {}{cut}", self.level, self.messages.join(" "))
    }
}

/// What an execution used. An action has what the queries and mutations used that it called.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsageStats {
    pub read_bytes: u64,
    pub write_bytes: u64,
    pub read_documents: u64,
    pub write_documents: u64,
    /// Bytes of files read and stored by the function itself.
    pub file_read_bytes: u64,
    pub file_write_bytes: u64,
    /// Bytes of bodies that `fetch` sent; requests made in Node.js are not seen.
    pub egress_bytes: u64,
    /// Bytes of the JavaScript heap when the function ended; the most that an action's heap took, or the memory of the
    /// process that ran it in Node.js.
    pub memory_bytes: u64,
}

impl UsageStats {
    /// Adds the documents that `callee` read and wrote.
    pub(crate) fn add_documents(&mut self, callee: &UsageStats) {
        self.read_bytes += callee.read_bytes;
        self.write_bytes += callee.write_bytes;
        self.read_documents += callee.read_documents;
        self.write_documents += callee.write_documents;
    }
}

/// A conflict that made a mutation run again.
#[derive(Clone, Debug, PartialEq)]
pub struct OccInfo {
    pub table_name: Option<String>,
    pub document_id: Option<String>,
    pub write_source: Option<String>,
    pub retry_count: u32,
}

/// One finished execution.
#[derive(Clone, Debug)]
pub struct Completion {
    pub kind: FunctionKind,
    pub component_path: Option<String>,
    /// `messages:list`, or `GET /ping` for HTTP actions.
    pub identifier: String,
    pub log_lines: Vec<LogLine>,
    /// Seconds since the Unix epoch, at the end.
    pub timestamp: f64,
    /// Seconds since the Unix epoch, at the start.
    pub execution_timestamp: f64,
    pub cached: bool,
    pub caller: Caller,
    /// Seconds in all.
    pub execution_time: f64,
    /// Seconds of user code.
    pub user_time: f64,
    pub error: Option<String>,
    pub request_id: RequestId,
    pub execution_id: String,
    pub usage: UsageStats,
    pub return_bytes: Option<u64>,
    pub occ: Option<OccInfo>,
    pub will_retry: bool,
    pub identity_type: &'static str,
    /// The status an HTTP action answered with.
    pub http_status: Option<u16>,
    pub environment: ModuleEnvironment,
    /// What the function reported with `log.audit`. It is for admins: clients do not see it among the log lines.
    pub audit: Vec<AuditEntry>,
}

/// Lines of an execution that is still under way; its completion does not repeat them.
#[derive(Clone, Debug)]
pub struct Progress {
    pub kind: FunctionKind,
    pub component_path: Option<String>,
    pub identifier: String,
    pub log_lines: Vec<LogLine>,
    /// What the function reported with `log.audit`.
    pub audit: Vec<AuditEntry>,
    /// Seconds since the Unix epoch, at the start of the execution.
    pub execution_timestamp: f64,
    /// Seconds since the Unix epoch, when the lines were logged.
    pub timestamp: f64,
    pub request_id: RequestId,
    pub execution_id: String,
}

/// What the ring holds.
#[derive(Clone, Debug)]
pub enum LogEntry {
    Completion(Box<Completion>),
    Progress(Progress),
}

impl LogEntry {
    pub fn identifier(&self) -> &str {
        match self {
            LogEntry::Completion(entry) => &entry.identifier,
            LogEntry::Progress(entry) => &entry.identifier,
        }
    }

    pub fn request_id(&self) -> &RequestId {
        match self {
            LogEntry::Completion(entry) => &entry.request_id,
            LogEntry::Progress(entry) => &entry.request_id,
        }
    }

    pub fn log_lines(&self) -> &[LogLine] {
        match self {
            LogEntry::Completion(entry) => &entry.log_lines,
            LogEntry::Progress(entry) => &entry.log_lines,
        }
    }

    /// The audit events among the lines that an admin reads.
    pub fn audit(&self) -> &[AuditEntry] {
        match self {
            LogEntry::Completion(entry) => &entry.audit,
            LogEntry::Progress(entry) => &entry.audit,
        }
    }

    /// When the entry was logged, in seconds since the Unix epoch.
    pub fn timestamp(&self) -> f64 {
        match self {
            LogEntry::Completion(entry) => entry.timestamp,
            LogEntry::Progress(entry) => entry.timestamp,
        }
    }

    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let messages = self.log_lines().iter().flat_map(|line| &line.messages);
        let events = self.audit().iter().map(|event| event.body.to_string().len() + 256);
        512 + messages.map(|message| message.len() + 64).sum::<usize>() + events.sum::<usize>()
    }

    /// The finished execution, if it is one.
    pub fn completion(&self) -> Option<&Completion> {
        match self {
            LogEntry::Completion(entry) => Some(entry),
            LogEntry::Progress(_) => None,
        }
    }
}

impl From<Completion> for LogEntry {
    fn from(entry: Completion) -> LogEntry {
        LogEntry::Completion(Box::new(entry))
    }
}

impl From<Progress> for LogEntry {
    fn from(entry: Progress) -> LogEntry {
        LogEntry::Progress(entry)
    }
}

/// The newest executions, bounded by count and bytes.
pub struct LogRing {
    entries: Mutex<Ring>,
    changed: watch::Sender<u64>,
    metrics: Metrics,
}

#[derive(Default)]
struct Ring {
    entries: VecDeque<(u64, Arc<LogEntry>, usize)>,
    bytes: usize,
    next: u64,
}

impl Default for LogRing {
    fn default() -> LogRing {
        LogRing { entries: Mutex::default(), changed: watch::channel(0).0, metrics: Metrics::default() }
    }
}

impl LogRing {
    /// Adds an entry, dropping the oldest beyond the bounds.
    pub fn push(&self, entry: impl Into<LogEntry>) {
        let entry = entry.into();
        // Our own functions are no news to the app's author, and tools call them all the time.
        if entry.identifier().starts_with("_system/") {
            return;
        }
        if let LogEntry::Completion(completion) = &entry {
            self.metrics.record(completion);
        }
        emit::emit(&entry);
        let size = entry.size();
        let newest = {
            let mut ring = self.entries.lock();
            let number = ring.next;
            ring.next += 1;
            ring.bytes += size;
            ring.entries.push_back((number, Arc::new(entry), size));
            while ring.entries.len() > LOG_RING_ENTRIES_MAX || ring.bytes > LOG_RING_BYTES_MAX {
                let Some((_, _, dropped)) = ring.entries.pop_front() else { break };
                ring.bytes -= dropped;
            }
            ring.next
        };
        self.changed.send_replace(newest);
    }

    /// The entries logged after `cursor_ms` (milliseconds since the Unix epoch), oldest first.
    pub fn after(&self, cursor_ms: f64) -> Vec<Arc<LogEntry>> {
        let ring = self.entries.lock();
        ring.entries.iter().map(|(_, entry, _)| entry).filter(|e| e.timestamp() * 1000.0 > cursor_ms).cloned().collect()
    }

    /// How many entries there are, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        let ring = self.entries.lock();
        (ring.entries.len(), ring.bytes)
    }

    /// What has been counted of all entries, those that are gone included.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Changes with every new entry.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
