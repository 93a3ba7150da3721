//! What an action leaves in the log: its lines while it runs, and one entry when it has ended.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::audit::AuditEntry;
use crate::deployment::ModuleEnvironment;
use crate::execution::LogCollector;
use crate::limits::ARGS_BYTES_MAX;
use crate::logs::{Completion, LogLine, Progress, UsageStats};
use crate::{Caller, FunctionKind, FunctionPath, RequestId, Runtime, warnings};

/// Code of the line that says that a response was cut.
pub(super) const RESPONSE_TOO_LARGE: &str = "error:httpResponseTooLarge";

/// Names an execution in the log.
#[derive(Clone)]
pub(crate) struct Execution {
    pub kind: FunctionKind,
    pub environment: ModuleEnvironment,
    pub path: FunctionPath,
    /// `messages:send`, or `GET /ping` for HTTP actions.
    pub identifier: String,
    pub caller: Caller,
    pub request_id: RequestId,
    pub identity_type: &'static str,
}

/// How an execution ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending {
    pub error: Option<String>,
    pub return_bytes: Option<u64>,
    pub http_status: Option<u16>,
}

/// The log of one action, as its task and its steps share it.
pub(crate) type SharedLog = Arc<Mutex<ActionLog>>;

/// The log of one action.
pub(crate) struct ActionLog {
    runtime: Runtime,
    execution: Execution,
    execution_id: String,
    started: Duration,
    started_ms: f64,
    lines: LogCollector,
    /// Lines that are in the ring already.
    streamed: usize,
    /// Audit events so far, those included that are being written.
    audits: usize,
    /// Time spent in user code so far.
    pub user_time: Duration,
    /// What was used so far.
    pub usage: UsageStats,
    /// Size of the arguments, once they are known.
    pub args_bytes: usize,
}

impl ActionLog {
    pub fn start(runtime: Runtime, execution: Execution) -> SharedLog {
        let platform = runtime.platform();
        let mut id = [0; 16];
        platform.fill_random(&mut id);
        Arc::new(Mutex::new(ActionLog {
            execution_id: uuid::Builder::from_random_bytes(id).into_uuid().to_string(),
            started: platform.monotonic(),
            started_ms: platform.now_ms(),
            runtime,
            execution,
            lines: LogCollector::default(),
            streamed: 0,
            audits: 0,
            user_time: Duration::ZERO,
            usage: UsageStats::default(),
            args_bytes: 0,
        }))
    }

    /// Renames the execution, once its route is known.
    pub fn identify(&mut self, identifier: String) {
        self.execution.identifier = identifier;
    }

    /// Where the action runs.
    pub fn environment(&self) -> ModuleEnvironment {
        self.execution.environment
    }

    pub fn console(&mut self, level: &'static str, messages: Vec<String>) {
        let now_ms = self.runtime.platform().now_ms();
        self.lines.console(level, messages, now_ms, &self.execution.path, false);
    }

    /// The same for a line whose messages were cut before they came here.
    pub fn console_cut(&mut self, level: &'static str, messages: Vec<String>) {
        self.console(level, messages);
        self.lines.mark_cut();
    }

    /// Adds a line of ours with its code.
    pub fn system(&mut self, level: &'static str, code: &str, text: String) {
        let now_ms = self.runtime.platform().now_ms();
        self.lines.system(level, code, text, now_ms);
    }

    /// Counts an audit event that is about to be written; returns how many came before it.
    pub fn begin_audit(&mut self) -> usize {
        self.audits += 1;
        self.audits - 1
    }

    /// Shows an audit event to those who follow the log.
    pub fn audited(&mut self, entry: AuditEntry) {
        self.progress(vec![entry]);
    }

    /// Shows what was printed since the last time to those who follow the log.
    pub fn stream(&mut self) {
        if self.lines.lines().len() > self.streamed {
            self.progress(Vec::new());
        }
    }

    fn progress(&mut self, audit: Vec<AuditEntry>) {
        let fresh: Vec<LogLine> = self.lines.lines()[self.streamed..].to_vec();
        self.streamed += fresh.len();
        let Execution { kind, path, identifier, request_id, .. } = self.execution.clone();
        self.runtime.logs().push(Progress {
            kind,
            component_path: component(&path),
            identifier,
            log_lines: fresh,
            audit,
            execution_timestamp: self.started_ms / 1000.0,
            timestamp: self.runtime.platform().now_ms() / 1000.0,
            request_id,
            execution_id: self.execution_id.clone(),
        });
    }

    /// Adds what was close to a limit.
    fn warn(&mut self, ending: &Ending) {
        let returned = usize::try_from(ending.return_bytes.unwrap_or(0)).unwrap_or(usize::MAX);
        let args_max = match self.execution.environment {
            ModuleEnvironment::Isolate => ARGS_BYTES_MAX,
            ModuleEnvironment::Node => node::limits::ARGUMENTS_BYTES_MAX,
        };
        let warnings = match self.execution.kind {
            FunctionKind::HttpAction if self.lines.has_code(RESPONSE_TOO_LARGE) => Vec::new(),
            FunctionKind::HttpAction => warnings::of_response(returned),
            FunctionKind::Action | FunctionKind::Query | FunctionKind::Mutation => {
                warnings::of_sizes(self.args_bytes, args_max, returned)
            }
        };
        let now_ms = self.runtime.platform().now_ms();
        for (code, text) in warnings {
            self.lines.warning(code, text, now_ms);
        }
    }

    /// Closes the log; returns all lines as clients see them.
    pub fn finish(&mut self, ending: Ending) -> Arc<[String]> {
        self.warn(&ending);
        self.stream();
        let platform = self.runtime.platform();
        let elapsed = platform.monotonic().saturating_sub(self.started);
        let Execution { kind, environment, path, identifier, caller, request_id, identity_type } =
            self.execution.clone();
        self.runtime.logs().push(Completion {
            kind,
            component_path: component(&path),
            identifier,
            log_lines: Vec::new(),
            timestamp: platform.now_ms() / 1000.0,
            execution_timestamp: self.started_ms / 1000.0,
            cached: false,
            caller,
            execution_time: elapsed.as_secs_f64(),
            user_time: self.user_time.as_secs_f64(),
            error: ending.error,
            request_id,
            execution_id: self.execution_id.clone(),
            usage: self.usage,
            return_bytes: ending.return_bytes,
            occ: None,
            will_retry: false,
            identity_type,
            http_status: ending.http_status,
            environment,
            audit: Vec::new(),
        });
        self.lines.lines().iter().map(LogLine::to_text).collect()
    }
}

fn component(path: &FunctionPath) -> Option<String> {
    (!path.component.is_empty()).then(|| path.component.clone())
}
