//! One top-level execution: what its frames share.

use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::audit::AuditEvent;
use crate::effects::Effects;
use crate::limits::{LOG_LINE_BYTES_MAX, LOG_LINES_MAX, USER_TIME_MAX};
use crate::logs::LogLine;
use crate::runtime::Inner;
use crate::scheduler::JobRun;
use crate::warnings::Peaks;
use crate::workers::Worker;
use crate::{CallRequest, Deployment, FunctionError, FunctionPath, SystemError};

/// The state that a top-level call and the calls nested in it share.
pub(crate) struct Execution<'a> {
    pub runtime: &'a Inner,
    pub worker: &'a Worker,
    pub deployment: Arc<Deployment>,
    /// The call that all frames serve.
    pub call: &'a CallRequest,
    /// The frozen clock, in milliseconds since the Unix epoch.
    pub now_ms: f64,
    pub depth: usize,
    pub observed: Observed,
    pub logs: LogCollector,
    /// User time of all frames, in seconds.
    pub user_seconds: f64,
    /// Processor time of this thread when the execution began.
    cpu_at_start: Duration,
    /// Bytes of the largest heap of all frames.
    pub heap_bytes: usize,
    /// Set when a frame failed for a reason that is not the app's.
    pub failure: Option<SystemError>,
    /// A frame failed for good with the app's own error, which no code of it may catch.
    pub fatal: Option<FunctionError>,
    pub effects: Effects,
    /// What all frames together may do; a frame run under `transactionLimits` may do less.
    pub effect_limits: Effects,
    /// When the execution began, on the monotonic clock.
    pub started: Duration,
    pub peaks: Peaks,
    /// What functions reported with `log.audit`.
    pub audit: Vec<AuditEvent>,
    /// The scheduled job that this runs for, itself or on behalf of its action.
    pub job: Option<JobRun>,
    random: ChaCha12Rng,
}

/// What the result depends on beside data.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Observed {
    pub time: bool,
    pub identity: bool,
}

impl<'a> Execution<'a> {
    pub fn new(
        runtime: &'a Inner,
        worker: &'a Worker,
        deployment: Arc<Deployment>,
        call: &'a CallRequest,
    ) -> Execution<'a> {
        let mut seed = [0; 32];
        runtime.platform.fill_random(&mut seed);
        Execution {
            runtime,
            worker,
            deployment,
            call,
            now_ms: runtime.platform.now_ms().floor(),
            depth: 0,
            observed: Observed::default(),
            logs: LogCollector::default(),
            user_seconds: 0.0,
            cpu_at_start: js::thread_cpu_time(),
            heap_bytes: 0,
            failure: None,
            fatal: None,
            effects: Effects::default(),
            effect_limits: Effects::LIMITS,
            started: runtime.platform.monotonic(),
            peaks: Peaks::default(),
            audit: Vec::new(),
            job: None,
            random: ChaCha12Rng::from_seed(seed),
        }
    }

    /// Whether the frames that have ended took more time together than one call has. As for one frame, a thread that
    /// waits for a core most of the time is given longer.
    pub fn is_over_time(&self) -> bool {
        self.user_seconds > USER_TIME_MAX.as_secs_f64()
            && js::thread_cpu_time().saturating_sub(self.cpu_at_start) >= USER_TIME_MAX.mul_f64(0.9)
    }

    /// A fresh seed for one frame, drawn from the execution's generator.
    pub fn next_seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.random.fill_bytes(&mut seed);
        seed
    }
}

/// Console lines of an execution, within the documented bounds.
#[derive(Default)]
pub(crate) struct LogCollector {
    lines: Vec<LogLine>,
    overflowed: bool,
}

impl LogCollector {
    /// Records one console call of the function at `path`; `nested` marks frames below the root.
    pub fn console(
        &mut self,
        level: &'static str,
        mut messages: Vec<String>,
        now_ms: f64,
        path: &FunctionPath,
        nested: bool,
    ) {
        if self.overflowed {
            return;
        }
        if self.lines.len() >= LOG_LINES_MAX - 1 {
            self.overflowed = true;
            let text = format!("Log overflow (maximum {LOG_LINES_MAX}). Remaining log lines omitted.");
            self.lines.push(line("ERROR", vec![text], false, now_ms));
            return;
        }
        let is_truncated = truncate(&mut messages);
        let mut entry = line(level, messages, is_truncated, now_ms);
        if nested {
            entry.udf_path = Some(path.display_name());
            entry.component_path = Some(path.component.clone());
        }
        self.lines.push(entry);
    }

    /// Notes that the newest line had been cut before it came here.
    pub fn mark_cut(&mut self) {
        if let Some(line) = self.lines.last_mut().filter(|_| !self.overflowed) {
            line.is_truncated = true;
        }
    }

    /// Adds a warning of ours with its code; warnings are never cut.
    pub fn warning(&mut self, code: &str, text: String, now_ms: f64) {
        self.system("WARN", &format!("warning:{code}"), text, now_ms);
    }

    /// Whether a line of ours has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.lines.iter().any(|line| line.system_code.as_deref() == Some(code))
    }

    /// Adds a line of ours with its level and code; it is never cut.
    pub fn system(&mut self, level: &'static str, code: &str, text: String, now_ms: f64) {
        let mut entry = line(level, vec![text], false, now_ms);
        entry.system_code = Some(code.to_owned());
        self.lines.push(entry);
    }

    pub fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    pub fn into_lines(self) -> Vec<LogLine> {
        self.lines
    }
}

fn line(level: &'static str, messages: Vec<String>, is_truncated: bool, timestamp_ms: f64) -> LogLine {
    LogLine { messages, is_truncated, timestamp_ms, level, system_code: None, component_path: None, udf_path: None }
}

/// Cuts `messages` to the bound at a character boundary; true if anything was cut.
fn truncate(messages: &mut Vec<String>) -> bool {
    let mut left = LOG_LINE_BYTES_MAX;
    for index in 0..messages.len() {
        let length = messages[index].len();
        if length <= left {
            left = left.saturating_sub(length + 1);
            continue;
        }
        let mut cut = left;
        while !messages[index].is_char_boundary(cut) {
            cut -= 1;
        }
        messages[index].truncate(cut);
        messages.truncate(index + 1);
        return true;
    }
    false
}

/// Why a frame did not return a value.
pub(crate) enum CallFailure {
    /// The app's failure: a result.
    Function(FunctionError),
    /// Ours; nothing may be cached or committed.
    System(SystemError),
}

impl From<FunctionError> for CallFailure {
    fn from(error: FunctionError) -> CallFailure {
        CallFailure::Function(error)
    }
}

impl From<SystemError> for CallFailure {
    fn from(error: SystemError) -> CallFailure {
        CallFailure::System(error)
    }
}

impl From<db::Error> for CallFailure {
    fn from(error: db::Error) -> CallFailure {
        match crate::host::developer_error(error) {
            Ok(error) => {
                CallFailure::Function(FunctionError { detail: error.message, data: error.data, code: error.code })
            }
            Err(error) => CallFailure::System(error),
        }
    }
}

#[cfg(test)]
mod tests;
