//! The host side of user code: every `ctx` call arrives here as a named operation with JSON arguments.

mod audit;
mod calls;
mod client_version;
mod database;
mod file_operations;
mod metadata;
mod schedule;
mod storage;
mod tokens;

pub(crate) use audit::audit_body;
pub(crate) use file_operations::{FileOperationError, FileOperations};
pub(crate) use metadata::request_metadata;

use std::collections::HashMap;

use db::{Namespace, QueryStream, Transaction};
use serde::Deserialize;

use crate::execution::Execution;
use crate::limits::{HOST_TIME_MAX, USER_TIME_MAX};
use crate::{FunctionError, FunctionKind, FunctionPath, SystemError};

/// The answer to operations of the hosted service that a server of one's own does not have.
pub(crate) const NO_SERVICES: &str = "This deployment does not offer the AI gateway: it is a part of Convex Cloud. \
                                      Call the provider's API from an action, with a key of your own.";

/// What one running function needs beyond the execution it belongs to.
pub(crate) struct Frame {
    pub path: FunctionPath,
    pub kind: FunctionKind,
    pub namespace: Namespace,
    /// The end cursor that the previous run of this query settled on.
    pub journal_start: Option<String>,
    /// The end cursor of this run.
    pub journal_end: Option<String>,
    pub nested: bool,
    streams: HashMap<u32, OpenStream>,
    stream_next: u32,
    paginated: bool,
}

impl Frame {
    pub fn new(
        path: FunctionPath,
        kind: FunctionKind,
        namespace: Namespace,
        journal: Option<&str>,
        nested: bool,
    ) -> Frame {
        Frame {
            path,
            kind,
            namespace,
            journal_start: journal.map(str::to_owned),
            journal_end: None,
            nested,
            streams: HashMap::new(),
            stream_next: 0,
            paginated: false,
        }
    }
}

/// A query that a function iterates over.
struct OpenStream {
    documents: QueryStream,
    /// Whether it yields `_storage` documents as old clients know them.
    hex_digests: bool,
}

/// Implements [`js::Host`] for one frame.
pub(crate) struct CallHost<'c, 'e> {
    execution: &'c mut Execution<'e>,
    tx: &'c mut Transaction,
    frame: Frame,
}

impl<'c, 'e> CallHost<'c, 'e> {
    pub fn new(execution: &'c mut Execution<'e>, tx: &'c mut Transaction, frame: Frame) -> CallHost<'c, 'e> {
        CallHost { execution, tx, frame }
    }

    pub fn into_frame(self) -> Frame {
        self.frame
    }

    /// Turns a failure of the database into what user code sees, or ends the call for good.
    fn failed(&mut self, error: db::Error) -> js::HostError {
        match developer_error(error) {
            Ok(error) => js::HostError { message: error.message, data: error.data, kind: js::HostErrorKind::Developer },
            Err(error) => self.abort(error),
        }
    }

    /// Ends an execution whose operations take too long together: what it holds up is not its own time only.
    fn check_host_time(&mut self) -> Result<(), js::HostError> {
        let execution = &mut *self.execution;
        let elapsed = execution.runtime.platform.monotonic().saturating_sub(execution.started);
        if elapsed <= HOST_TIME_MAX + USER_TIME_MAX {
            return Ok(());
        }
        let error = FunctionError::new("Your request timed out performing too many system operations.");
        execution.fatal = Some(error.clone());
        Err(js::HostError::system(error.detail))
    }

    /// Ends the call uncatchably with a failure that is not the app's.
    fn abort(&mut self, error: SystemError) -> js::HostError {
        let message = error.message.clone();
        self.execution.failure = Some(error);
        js::HostError { message, data: None, kind: js::HostErrorKind::System }
    }
}

/// A database error that belongs to the app.
pub(crate) struct DeveloperError {
    pub message: String,
    pub data: Option<String>,
    pub code: Option<&'static str>,
}

/// Splits database errors into the app's and ours.
pub(crate) fn developer_error(error: db::Error) -> Result<DeveloperError, SystemError> {
    match error {
        db::Error::Developer { code, message, data } => Ok(DeveloperError { message, data, code: Some(code) }),
        other => Err(crate::runtime::database_error(other)),
    }
}

/// An error that user code may catch.
pub(crate) fn developer(message: impl Into<String>) -> js::HostError {
    js::HostError { message: message.into(), data: None, kind: js::HostErrorKind::Developer }
}

/// Decodes an operation's arguments; `method` is the name users know, such as `db.get`.
pub(crate) fn arguments<'j, T: Deserialize<'j>>(method: &str, json: &'j str) -> Result<T, js::HostError> {
    serde_json::from_str(json).map_err(|error| {
        if error.is_syntax() || error.is_eof() {
            return developer(format!("Received invalid json: {error}"));
        }
        developer(format!("Invalid arguments for `{method}`: {error}"))
    })
}

/// A required argument that must be there and of the right type, with the text the reference uses.
pub(crate) fn invalid_argument(argument: &str, method: &str, cause: impl std::fmt::Display) -> js::HostError {
    developer(format!("Invalid argument `{argument}` for `{method}`: {cause}"))
}

impl js::Host for CallHost<'_, '_> {
    fn syscall(&mut self, name: &str, args: &str) -> Result<String, js::HostError> {
        self.check_host_time()?;
        match name {
            "1.0/db/normalizeId" => self.normalize_id(args),
            "1.0/queryStream" => self.query_stream(args),
            "1.0/queryCleanup" => self.query_cleanup(args),
            "1.0/getSnapshotTs" => self.snapshot_ts(),
            _ => Err(developer(format!("Unknown operation {name}"))),
        }
    }

    fn async_syscall(&mut self, name: &str, args: &str) -> Result<String, js::HostError> {
        self.check_host_time()?;
        match name {
            "1.0/get" => self.get(args),
            "1.0/queryStreamNext" => self.query_stream_next(args),
            "1.0/queryPage" => self.query_page(args),
            "1.0/count" => self.count(args),
            "1.0/insert" => self.insert(args),
            "1.0/shallowMerge" => self.patch(args),
            "1.0/replace" => self.replace(args),
            "1.0/remove" => self.remove(args),
            "1.0/runUdf" => self.run_udf(args),
            "1.0/createFunctionHandle" => self.create_function_handle(args),
            "1.0/getUserIdentity" => self.user_identity(),
            "1.0/getFunctionMetadata" => self.function_metadata(),
            "1.0/getTransactionMetrics" => self.transaction_metrics(),
            "1.0/getDeploymentMetadata" => self.deployment_metadata(),
            "1.0/getRequestMetadata" => self.request_metadata(),
            "1.0/signJwt" => self.sign_jwt(args),
            "1.0/auditLog" => self.audit_log(args),
            "1.0/getServiceUrl" => Err(developer(NO_SERVICES)),
            "1.0/schedule" => self.schedule(args),
            "1.0/cancel_job" => self.cancel_job(args),
            "1.0/storageGetUrl" => self.storage_get_url(args),
            "1.0/storageGetMetadata" => self.storage_get_metadata(args),
            "1.0/storageGenerateUploadUrl" => self.storage_generate_upload_url(args),
            "1.0/storageDelete" => self.storage_delete(args),
            "1.0/storageStore" => self.storage_store(args),
            "1.0/storageGet" => self.storage_get(args),
            _ => Err(developer(format!("Unknown async operation {name}"))),
        }
    }

    fn env_var(&mut self, name: &str) -> Option<String> {
        let execution = &*self.execution;
        execution.deployment.env_var(&self.frame.path.component, name, &execution.runtime.options)
    }

    fn ended(&mut self, usage: js::Usage) {
        let execution = &mut *self.execution;
        execution.user_seconds += usage.user_time.as_secs_f64();
        execution.heap_bytes = execution.heap_bytes.max(usage.heap_bytes);
        execution.observed.time |= usage.observed.time;
    }

    fn console(&mut self, level: js::ConsoleLevel, messages: Vec<String>) {
        let level = match level {
            js::ConsoleLevel::Debug => "DEBUG",
            js::ConsoleLevel::Error => "ERROR",
            js::ConsoleLevel::Warn => "WARN",
            js::ConsoleLevel::Info => "INFO",
            js::ConsoleLevel::Log => "LOG",
        };
        let now_ms = self.execution.runtime.platform.now_ms();
        self.execution.logs.console(level, messages, now_ms, &self.frame.path, self.frame.nested);
    }
}
