//! Evaluates pushed modules, on a thread of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use js::{Bundle, ConsoleLevel, EvalOptions, HostError, JsError, Phase};
use serde_json::Value as Json;
use tokio::sync::oneshot;

use super::errors::bad_request;
use crate::{Runtime, SystemError};

/// Import-time log lines that a failure report repeats.
const REPORTED_LOG_LINES_MAX: usize = 100;

/// The thread of a push could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum PushThreadError {
    #[error("start the thread of a push")]
    Start(#[source] std::io::Error),
    #[error("the thread of a push ended early")]
    Ended,
}

/// Runs `work` on a fresh thread with the stack that JavaScript needs.
///
/// Errors: those of `work`, and `InternalServerError` when the thread fails.
pub(crate) async fn on_push_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SystemError> + Send + 'static,
) -> Result<T, SystemError> {
    let (reply, answer) = oneshot::channel();
    std::thread::Builder::new()
        .name("push".into())
        .stack_size(js::WORKER_STACK_BYTES)
        .spawn(move || {
            // Nobody listens when the request was given up; the work is done all the same.
            let _ = reply.send(work());
        })
        .map_err(|error| SystemError::internal(PushThreadError::Start(error)))?;
    answer.await.map_err(|_| SystemError::internal(PushThreadError::Ended))?
}

/// An executor with what evaluation may see.
pub(crate) struct Evaluator {
    runtime: Runtime,
    executor: js::Executor,
    env: Arc<BTreeMap<String, String>>,
    cloud_url: String,
    site_url: String,
    now_ms: f64,
    seed: [u8; 32],
}

/// The environment variables that evaluated code sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnvAccess {
    /// All that are set.
    App,
    /// The built-in ones: what a component sees depends on where it is mounted.
    Component,
}

impl EnvAccess {
    /// Of the code of a definition.
    pub fn of(definition_path: &str) -> EnvAccess {
        if definition_path.is_empty() { EnvAccess::App } else { EnvAccess::Component }
    }
}

/// How an evaluation failed, with the lines it logged before.
#[derive(Debug)]
pub(crate) struct EvaluationError {
    pub cause: JsError,
    pub log_lines: Vec<String>,
}

impl Evaluator {
    /// Makes an executor for the calling thread.
    pub fn new(runtime: &Runtime, env: Arc<BTreeMap<String, String>>) -> Evaluator {
        let mut seed = [0; 32];
        runtime.platform().fill_random(&mut seed);
        Evaluator {
            runtime: runtime.clone(),
            executor: js::Executor::new(js::ExecutorOptions::default()),
            env,
            cloud_url: runtime.options().cloud_url.clone(),
            site_url: runtime.options().site_url.clone(),
            now_ms: runtime.platform().now_ms().floor(),
            seed,
        }
    }

    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The deployment's own variables.
    pub fn env(&self) -> &Arc<BTreeMap<String, String>> {
        &self.env
    }

    /// The seed and the time that modules see while they are imported.
    pub fn import_conditions(&self) -> ([u8; 32], f64) {
        (self.seed, self.now_ms)
    }

    /// Evaluates `module` and returns what `probe` reports.
    pub fn probe(
        &self,
        bundle: &Arc<Bundle>,
        module: &str,
        probe: &str,
        phase: Phase,
    ) -> Result<Json, EvaluationError> {
        self.probe_seeing(EnvAccess::App, bundle, module, probe, phase)
    }

    /// The same for a module of some component.
    pub fn probe_seeing(
        &self,
        access: EnvAccess,
        bundle: &Arc<Bundle>,
        module: &str,
        probe: &str,
        phase: Phase,
    ) -> Result<Json, EvaluationError> {
        let mut host = EvaluationHost { evaluator: self, access, log_lines: Vec::new(), unset: None };
        let options = EvalOptions { seed: self.seed, ..EvalOptions::new(phase, self.now_ms) };
        let result = self.executor.evaluate(bundle, module, probe, options, &mut host);
        let log_lines = host.log_lines;
        if let (Phase::AuthConfig, Some(name)) = (phase, host.unset) {
            let message = format!("Environment variable {name} is used in auth config file but its value was not set");
            let cause = JsError::Forbidden { code: "AuthConfigMissingEnvironmentVariable", message };
            return Err(EvaluationError { cause, log_lines });
        }
        match result {
            Ok(text) => serde_json::from_str(&text).map_err(|error| EvaluationError {
                cause: JsError::Internal(format!("a probe of {module} answered no JSON: {error}")),
                log_lines,
            }),
            Err(cause) => Err(EvaluationError { cause, log_lines }),
        }
    }
}

impl EvaluationError {
    /// The failure under `code`, unless the engine gave it a code of its own; `heading` comes before the text.
    pub fn into_system_error(self, code: &'static str, heading: &str) -> SystemError {
        let (code, text) = match self.cause {
            JsError::Internal(cause) => return SystemError::internal(cause),
            JsError::System(error) => return SystemError::internal(error.message),
            JsError::Forbidden { code, message } => (code, message),
            JsError::Uncaught { message, .. } => (code, message),
            other => (code, format!("Uncaught Error: {other}")),
        };
        let mut message = format!("{heading}{text}");
        for line in self.log_lines {
            message.push('\n');
            message.push_str(&line);
        }
        bad_request(code, message)
    }
}

/// The mistake a probe reported, if it did.
pub(super) fn reported_mistake(report: &Json) -> Option<SystemError> {
    let error = report.get("error").filter(|error| error.is_object())?;
    let code = match error["code"].as_str() {
        Some("InvalidModules") => "InvalidModules",
        Some("InvalidAuthConfig") => "InvalidAuthConfig",
        Some("InvalidConvexConfig") => "InvalidConvexConfig",
        Some("MissingSchemaExportError") => "MissingSchemaExportError",
        Some("InvalidSchemaExport") => "InvalidSchemaExport",
        _ => return None,
    };
    Some(bad_request(code, error["message"].as_str().unwrap_or_default()))
}

struct EvaluationHost<'a> {
    evaluator: &'a Evaluator,
    access: EnvAccess,
    log_lines: Vec<String>,
    /// The first variable that was read and is not set.
    unset: Option<String>,
}

impl js::Host for EvaluationHost<'_> {
    fn syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::developer(format!("Syscall {name} unsupported at import time")))
    }

    fn async_syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::developer(format!("Syscall {name} unsupported at import time")))
    }

    fn env_var(&mut self, name: &str) -> Option<String> {
        match name {
            "CONVEX_CLOUD_URL" => Some(self.evaluator.cloud_url.clone()),
            "CONVEX_SITE_URL" => Some(self.evaluator.site_url.clone()),
            _ if self.access == EnvAccess::Component => None,
            _ => {
                let value = self.evaluator.env.get(name).cloned();
                if value.is_none() && self.unset.is_none() {
                    self.unset = Some(name.to_owned());
                }
                value
            }
        }
    }

    fn console(&mut self, level: ConsoleLevel, messages: Vec<String>) {
        if self.log_lines.len() < REPORTED_LOG_LINES_MAX {
            self.log_lines.push(format!("[{}] {}", level.as_str(), messages.join(" ")));
        }
    }
}
