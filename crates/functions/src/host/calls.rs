//! `ctx.runQuery`, `ctx.runMutation` and function handles.

use serde::Deserialize;
use serde_json::Value as Json;
use value::Value;

use super::{CallHost, arguments, developer};
use crate::address::{Address, handle_of, missing_text};
use crate::arguments::Arguments;
use crate::execution::CallFailure;
use crate::limits::CALL_DEPTH_MAX;
use crate::run::{check_kind, run_function};
use crate::{FunctionError, FunctionKind, FunctionPath};

type Reply = Result<String, js::HostError>;

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
        let outcome = if args.udf_type == "snapshotQuery" {
            let mut snapshot = self.tx.snapshot_child();
            run_function(self.execution, &mut snapshot, &path, function, &arguments, None)
        } else {
            let savepoint = self.tx.savepoint();
            let limits = args.transaction_limits.as_ref().map(|limits| narrow(self.tx, limits));
            let outcome = run_function(self.execution, self.tx, &path, function, &arguments, None);
            if let Some(limits) = limits {
                *self.tx.limits_mut() = limits;
            }
            if outcome.is_err() {
                self.tx.rollback_to(savepoint);
            }
            outcome
        };
        self.execution.depth -= 1;
        match outcome {
            Ok(returned) => Ok(returned.value.to_json()),
            Err(CallFailure::Function(error)) => Err(host_error(error)),
            Err(CallFailure::System(error)) => Err(self.abort(error)),
        }
    }

    pub(super) fn create_function_handle(&mut self, json: &str) -> Reply {
        let args: HandleArgs = arguments("createFunctionHandle", json)?;
        let path = self.resolve_address(&args.address)?;
        let handle = handle_of(&self.execution.deployment, &path).map_err(developer)?;
        Ok(Json::String(handle).to_string())
    }

    fn nested_kind(&self, udf_type: &str) -> Result<FunctionKind, js::HostError> {
        let (wanted, allowed) = match udf_type {
            "query" => (FunctionKind::Query, true),
            "snapshotQuery" => (FunctionKind::Query, self.frame.kind == FunctionKind::Mutation),
            "mutation" => (FunctionKind::Mutation, self.frame.kind == FunctionKind::Mutation),
            _ => {
                return Err(developer(format!("Invalid argument `udfType` for `runQuery`: unknown kind {udf_type:?}")));
            }
        };
        if !allowed {
            let (wanted, caller) = (wanted.name().to_lowercase(), self.frame.kind.name().to_lowercase());
            return Err(developer(format!("Cannot call a {wanted} function from a {caller} function")));
        }
        Ok(wanted)
    }

    pub(super) fn resolve_address(&self, address: &Address) -> Result<FunctionPath, js::HostError> {
        address.resolve(&self.frame.path.component).map_err(developer)
    }
}

/// Caps what a child may use on top of what its parent has used; returns the parent's own limits.
fn narrow(tx: &mut db::Transaction, wanted: &serde_json::Map<String, Json>) -> db::Limits {
    let usage = tx.usage();
    let limits = tx.limits_mut();
    let parent = *limits;
    let cap = |limit: &mut usize, used: usize, name: &str| {
        if let Some(more) = wanted.get(name).and_then(Json::as_f64) {
            *limit = (*limit).min(used.saturating_add(more.max(0.0) as usize));
        }
    };
    cap(&mut limits.bytes_read, usage.bytes_read, "bytesRead");
    cap(&mut limits.bytes_written, usage.bytes_written, "bytesWritten");
    cap(&mut limits.reads, usage.reads, "databaseQueries");
    cap(&mut limits.documents_read, usage.documents_read, "documentsRead");
    cap(&mut limits.documents_written, usage.documents_written, "documentsWritten");
    parent
}

fn host_error(error: FunctionError) -> js::HostError {
    js::HostError { message: error.detail, data: error.data, kind: js::HostErrorKind::Developer }
}
