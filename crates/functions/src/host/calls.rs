//! `ctx.runQuery`, `ctx.runMutation` and function handles.

use serde::Deserialize;
use serde_json::Value as Json;
use value::Value;

use super::{CallHost, arguments, developer};
use crate::address::{Address, Resolver, missing_text};
use crate::arguments::Arguments;
use crate::deployment::AnalyzedFunction;
use crate::effects::Effects;
use crate::execution::CallFailure;
use crate::limits::CALL_DEPTH_MAX;
use crate::run::{Returned, check_kind, run_function};
use crate::{FunctionError, FunctionKind, FunctionPath};

type Reply = Result<String, js::HostError>;
type Outcome = Result<Returned, CallFailure>;
/// What a frame may do.
type Limits = (db::Limits, Effects);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunArgs {
    udf_type: String,
    args: Json,
    transaction_limits: Option<serde_json::Map<String, Json>>,
    #[serde(flatten)]
    address: Address,
}

#[derive(Deserialize)]
struct HandleArgs {
    #[serde(flatten)]
    address: Address,
}

impl CallHost<'_, '_> {
    /// Runs another function inside this transaction.
    ///
    /// A failing mutation loses its own writes only; what it read stays in the read set.
    pub(super) fn run_udf(&mut self, json: &str) -> Reply {
        let args: RunArgs = arguments("runQuery", json)?;
        let kind = self.nested_kind(&args.udf_type)?;
        let path = self.resolve_address(&args.address)?;
        if self.execution.depth + 1 >= CALL_DEPTH_MAX {
            return Err(developer(
                "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
            ));
        }
        let deployment = self.execution.deployment.clone();
        let Some(function) = deployment.function(&path) else {
            return Err(developer(missing_text(&deployment, &path)));
        };
        check_kind(&path, function, kind).map_err(|error| developer(error.detail))?;
        let object = Value::from_json(&args.args).map_err(|error| developer(error.to_string()))?;
        let arguments = Arguments::new(&path, object).map_err(host_error)?;
        self.execution.depth += 1;
        let limits = self.limits();
        self.narrow(args.transaction_limits.as_ref());
        let outcome = match args.udf_type.as_str() {
            "snapshotQuery" => self.run_on_snapshot(&path, function, &arguments),
            _ => self.run_inside(&path, function, &arguments),
        };
        self.set_limits(limits);
        self.execution.depth -= 1;
        match outcome {
            Ok(returned) => Ok(returned.value.to_json()),
            Err(CallFailure::Function(error)) => Err(self.child_error(error)),
            Err(CallFailure::System(error)) => Err(self.abort(error)),
        }
    }

    /// Runs a function in this transaction; a failure undoes its writes.
    fn run_inside(&mut self, path: &FunctionPath, function: &AnalyzedFunction, arguments: &Arguments) -> Outcome {
        let savepoint = self.tx.savepoint();
        let audits = self.execution.audit.len();
        let outcome = run_function(self.execution, self.tx, path, function, arguments, None);
        if outcome.is_err() {
            self.tx.rollback_to(savepoint);
            self.execution.audit.truncate(audits);
        }
        outcome
    }

    /// Runs a query on what the transaction began with. It leaves no dependencies, but what it used counts.
    fn run_on_snapshot(&mut self, path: &FunctionPath, function: &AnalyzedFunction, arguments: &Arguments) -> Outcome {
        let used = self.tx.usage();
        let mut snapshot = self.tx.snapshot_child();
        *snapshot.limits_mut() = *self.tx.limits();
        snapshot.add_usage(&used);
        let outcome = run_function(self.execution, &mut snapshot, path, function, arguments, None);
        self.tx.add_usage(&snapshot.usage().since(&used));
        outcome
    }

    fn limits(&self) -> Limits {
        (*self.tx.limits(), self.execution.effect_limits)
    }

    fn set_limits(&mut self, (limits, effects): Limits) {
        *self.tx.limits_mut() = limits;
        self.execution.effect_limits = effects;
    }

    /// Caps what a child may use on top of what has been used: it can only lower the limits in force.
    fn narrow(&mut self, wanted: Option<&serde_json::Map<String, Json>>) {
        let Some(wanted) = wanted else { return };
        let (usage, effects) = (self.tx.usage(), self.execution.effects);
        let (mut limits, mut most) = self.limits();
        let caps = [
            ("bytesRead", usage.bytes_read, &mut limits.bytes_read),
            ("bytesWritten", usage.bytes_written, &mut limits.bytes_written),
            ("databaseQueries", usage.reads, &mut limits.reads),
            ("documentsRead", usage.documents_read, &mut limits.documents_read),
            ("documentsWritten", usage.documents_written, &mut limits.documents_written),
            ("functionsScheduled", effects.functions_scheduled, &mut most.functions_scheduled),
            ("scheduledFunctionArgsBytes", effects.scheduled_args_bytes, &mut most.scheduled_args_bytes),
            ("filesWritten", effects.files_written, &mut most.files_written),
            ("fileWriteBytes", effects.file_write_bytes, &mut most.file_write_bytes),
            ("filesRead", effects.files_read, &mut most.files_read),
            ("fileReadBytes", effects.file_read_bytes, &mut most.file_read_bytes),
        ];
        for (name, used, limit) in caps {
            if let Some(more) = wanted.get(name).and_then(Json::as_f64) {
                *limit = (*limit).min(used.saturating_add(more.max(0.0) as usize));
            }
        }
        self.set_limits((limits, most));
    }

    /// A child's error for its parent to catch, unless it ended the whole execution.
    fn child_error(&mut self, error: FunctionError) -> js::HostError {
        match self.execution.fatal {
            Some(_) => js::HostError::system(error.detail),
            None => host_error(error),
        }
    }

    pub(super) fn create_function_handle(&mut self, json: &str) -> Reply {
        let args: HandleArgs = arguments("createFunctionHandle", json)?;
        let handle = self.resolver().create_handle(&args.address).map_err(developer)?;
        Ok(Json::String(handle).to_string())
    }

    fn nested_kind(&self, udf_type: &str) -> Result<FunctionKind, js::HostError> {
        let in_mutation = self.frame.kind == FunctionKind::Mutation;
        let caller = self.frame.kind.name().to_lowercase();
        match udf_type {
            "query" => Ok(FunctionKind::Query),
            "snapshotQuery" if in_mutation => Ok(FunctionKind::Query),
            "mutation" if in_mutation => Ok(FunctionKind::Mutation),
            "snapshotQuery" => Err(developer("`useStaleSnapshot` is only supported in mutations, not queries.")),
            "mutation" => Err(developer(format!("Cannot call a mutation function from a {caller} function"))),
            "action" => Err(developer(format!("Cannot call an action function from a {caller} function"))),
            _ => Err(developer(format!("Invalid argument `udfType` for `runQuery`: unknown kind {udf_type:?}"))),
        }
    }

    pub(super) fn resolve_address(&self, address: &Address) -> Result<FunctionPath, js::HostError> {
        self.resolver().resolve(address).map_err(developer)
    }

    fn resolver(&self) -> Resolver<'_> {
        let execution = &*self.execution;
        let component = &self.frame.path.component;
        Resolver { deployment: &execution.deployment, handles: &execution.runtime.handles, component }
    }
}

fn host_error(error: FunctionError) -> js::HostError {
    js::HostError { message: error.detail, data: error.data, kind: js::HostErrorKind::Developer }
}
