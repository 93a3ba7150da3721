//! Running an action, and reading what its modules export.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;

use crate::{
    ActionError, BlobDownload, BlobUpload, Environment, FailureKind, HostError, LogLine, NodeError, NodeHost, Package,
    Pool,
    call::{Deadline, Ended},
    frame::{self, Done, Outcome, Thrown, ThrownKind},
    limits,
    process::{Ending, Generation},
    stack,
};

/// One run of one action.
pub struct ExecuteRequest {
    pub package: Arc<Package>,
    /// `dir/file.js`
    pub module: String,
    pub export: String,
    /// JSON text of an array with the one argument object.
    pub args: String,
    pub environment: Arc<Environment>,
    pub timeout: Duration,
}

/// An action that ran, well or not.
#[derive(Debug)]
pub struct ExecuteOutcome {
    /// JSON text of the returned value, as the client library encoded it.
    pub result: Result<String, ActionError>,
    /// Time in the action itself; zero when it died.
    pub run_time: Duration,
    /// Time evaluating modules, zero in a warm process.
    pub import_time: Duration,
    /// Memory of the process when the action ended, in bytes; shared with the calls beside it.
    pub process_bytes: u64,
}

/// A function of a module, as its registration describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzedFunction {
    pub name: String,
    /// None for functions registered without a visibility.
    pub visibility: Option<Visibility>,
    /// JSON text that `exportArgs` and `exportReturns` gave, if they exist; not parsed.
    pub args: Option<serde_json::Value>,
    pub returns: Option<serde_json::Value>,
    /// One-based line of the handler in the author's file, when known.
    pub line: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Visibility {
    Public,
    Internal,
}

/// The functions of one module, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzedModule {
    pub path: String,
    pub functions: Vec<AnalyzedFunction>,
}

impl Pool {
    /// Runs an action once. `host` answers its operations and gets its log lines as they are written.
    ///
    /// Shape: a failure of user code, of its time or of its process is an `Ok` with an error inside; it is never
    /// retried once user code may have begun.
    /// Errors: `ArgumentsTooLarge`, `ModuleNotFound`, `NotInstalled`, `Overloaded`, `Io`.
    pub async fn execute(&self, request: ExecuteRequest, host: &dyn NodeHost) -> Result<ExecuteOutcome, NodeError> {
        if request.args.len() > limits::ARGUMENTS_BYTES_MAX {
            return Err(NodeError::ArgumentsTooLarge(request.args.len()));
        }
        if !request.package.contains(&request.module) {
            return Err(NodeError::ModuleNotFound(request.module));
        }
        let ExecuteRequest { package, module, export, args, environment, timeout } = request;
        let generation = Generation { package: package.clone(), environment };
        let first = |call| frame::execute(call, &module, &export, &args);
        let ended = self.run(&generation, first, timeout, host).await?;
        let memory_mb = self.inner().options.memory_mb;
        let (result, done) = match ended {
            Ended::Done(done, body) => {
                let result = match &done.outcome {
                    Outcome::Success => Ok(String::from_utf8_lossy(&body).into_owned()),
                    Outcome::Error(thrown) => {
                        Err(action_error(&package, thrown, &format!("{module}:{export}"), timeout))
                    }
                };
                (result, Some(done))
            }
            Ended::Died { ending, .. } => (Err(death(&ending, memory_mb)), None),
            Ended::Unresponsive => (Err(unresponsive()), None),
        };
        Ok(outcome(result, done))
    }

    /// Evaluates every module but shared chunks and lists the functions they export.
    ///
    /// Errors: `Analysis` when a module cannot be evaluated, `NotAnAction` for a query or a mutation.
    pub async fn analyze(
        &self,
        package: &Arc<Package>,
        environment: Arc<Environment>,
    ) -> Result<Vec<AnalyzedModule>, NodeError> {
        let generation = Generation { package: package.clone(), environment };
        let modules: Vec<&str> = package.entry_modules().collect();
        let host = Lines::default();
        let first = |call| frame::analyze(call, &modules);
        let timeout = limits::ANALYSIS_TIME_MAX;
        let ended = self.run(&generation, first, timeout, &host).await?;
        let failed = |module: Option<&str>, error: ActionError| NodeError::Analysis {
            module: module.unwrap_or("the Node.js modules").to_owned(),
            error: Box::new(error),
            log_lines: std::mem::take(&mut *host.0.lock()),
        };
        match ended {
            Ended::Done(done, body) => match done.outcome {
                Outcome::Success => read_report(package, &body),
                Outcome::Error(thrown) => {
                    let name = thrown.module.as_deref();
                    Err(failed(name, action_error(package, &thrown, name.unwrap_or_default(), timeout)))
                }
            },
            Ended::Died { ending, .. } => Err(failed(None, death(&ending, self.inner().options.memory_mb))),
            Ended::Unresponsive => Err(failed(None, unresponsive())),
        }
    }

    /// Gives the call to processes until one of them begins it.
    async fn run(
        &self,
        generation: &Generation,
        first: impl Fn(u64) -> Bytes,
        timeout: Duration,
        host: &dyn NodeHost,
    ) -> Result<Ended, NodeError> {
        let options = &self.inner().options;
        let deadline = Deadline { timeout, grace: options.timeout_grace };
        let mut starts = 1;
        loop {
            let mut lease = self.inner().lease(generation).await?;
            let ended = lease.drive(first(lease.call), &deadline, host, &options.platform).await;
            match &ended {
                Ended::Died { began: false, .. } if starts < limits::STARTS_MAX => starts += 1,
                Ended::Done(done, _) if done.rss > recycle_bytes(options.memory_mb) => {
                    lease.process.drain();
                    return Ok(ended);
                }
                _ => return Ok(ended),
            }
        }
    }
}

/// A process that has grown past this gives its memory back when its calls are done.
fn recycle_bytes(memory_mb: u32) -> u64 {
    (128 + u64::from(memory_mb) / 2) << 20
}

fn outcome(result: Result<String, ActionError>, done: Option<Done>) -> ExecuteOutcome {
    let time = |ms: f64| Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default();
    ExecuteOutcome {
        result,
        run_time: done.as_ref().map(|done| time(done.run_ms)).unwrap_or_default(),
        import_time: done.as_ref().map(|done| time(done.import_ms)).unwrap_or_default(),
        process_bytes: done.map(|done| done.rss).unwrap_or_default(),
    }
}

fn action_error(package: &Package, thrown: &Thrown, function: &str, timeout: Duration) -> ActionError {
    let kind = match thrown.kind {
        ThrownKind::Thrown => FailureKind::Thrown,
        ThrownKind::Event => FailureKind::Event,
        ThrownKind::Timeout => {
            let text = format!("Action `{function}` execution timed out (maximum duration {}s)", timeout.as_secs_f64());
            return ActionError::plain(FailureKind::TimedOut, text);
        }
    };
    ActionError {
        kind,
        name: thrown.name.clone(),
        message: package.hide_paths(&thrown.message),
        data: thrown.data.clone(),
        frames: stack::map_frames(package, &thrown.frames),
    }
}

fn unresponsive() -> ActionError {
    let text = "Function execution unexpectedly timed out. Check your function for infinite loops or other long-running operations.";
    ActionError::plain(FailureKind::TimedOut, text)
}

fn death(ending: &Ending, memory_mb: u32) -> ActionError {
    let crashed = |why: &str| {
        let text = format!("The Node.js process that ran this action ended unexpectedly ({why})");
        ActionError::plain(FailureKind::Crashed, text)
    };
    match ending {
        Ending::OutOfMemory => {
            let text = format!("JavaScript execution ran out of memory (maximum memory usage: {memory_mb} MB)");
            ActionError::plain(FailureKind::OutOfMemory, text)
        }
        Ending::Unresponsive => crashed("another action in it did not respond"),
        Ending::Protocol(why) | Ending::Died(why) => crashed(why),
        Ending::Retired => crashed("the server is shutting down"),
    }
}

/// The host of an analysis: it keeps what modules write to the console and offers nothing.
#[derive(Default)]
struct Lines(Mutex<Vec<LogLine>>);

#[async_trait]
impl NodeHost for Lines {
    async fn syscall(&self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::new(format!("Syscall {name} unsupported at import time")))
    }

    async fn store_blob(&self, _upload: BlobUpload) -> Result<String, HostError> {
        Err(HostError::new("storage.store() unsupported at import time"))
    }

    async fn get_blob(&self, _storage_id: &str) -> Result<Option<BlobDownload>, HostError> {
        Err(HostError::new("storage.get() unsupported at import time"))
    }

    fn log_line(&self, line: LogLine) {
        let mut lines = self.0.lock();
        if lines.len() < limits::ANALYSIS_LINES_MAX {
            lines.push(line);
        }
    }
}

#[derive(serde::Deserialize)]
struct ReportedModule {
    path: String,
    functions: Vec<ReportedFunction>,
}

#[derive(serde::Deserialize)]
struct ReportedFunction {
    name: String,
    kind: String,
    visibility: Option<Visibility>,
    args: Option<serde_json::Value>,
    returns: Option<serde_json::Value>,
    place: Option<ReportedPlace>,
}

#[derive(serde::Deserialize)]
struct ReportedPlace {
    file: String,
    line: u32,
    column: u32,
}

fn read_report(package: &Package, body: &[u8]) -> Result<Vec<AnalyzedModule>, NodeError> {
    let modules: Vec<ReportedModule> =
        serde_json::from_slice(body).map_err(|error| NodeError::Protocol(error.to_string()))?;
    modules.into_iter().map(|module| read_module(package, module)).collect()
}

fn read_module(package: &Package, module: ReportedModule) -> Result<AnalyzedModule, NodeError> {
    let path = module.path;
    let mut functions = Vec::new();
    for function in module.functions {
        let ReportedFunction { name, kind, visibility, args, returns, place } = function;
        if kind != "Action" {
            return Err(NodeError::NotAnAction { function: name, module: path, kind });
        }
        let position = place.and_then(|place| stack::map_position(package, &place.file, place.line, place.column));
        let line = position.map(|position| position.line);
        functions.push(AnalyzedFunction { name, visibility, args, returns, line });
    }
    // Namespaces list exports by name; people expect them in the order of the file.
    functions.sort_by_key(|function| function.line);
    Ok(AnalyzedModule { path, functions })
}
