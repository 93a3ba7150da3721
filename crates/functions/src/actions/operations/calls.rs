//! `ctx.runQuery`, `ctx.runMutation`, `ctx.runAction` and function handles in actions.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::{Answer, Failure, Operations, refused};
use crate::actions::{self, Origin};
use crate::address::{Address, missing_text};
use crate::host::arguments;
use crate::mutations::Bookkeeping;
use crate::run::check_kind;
use crate::{CallRequest, Caller, FunctionError, FunctionKind, QueryRequest};

/// All that a redacting server says of a callee's failure.
const REDACTED: &str = "Server Error";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallArgs<'a> {
    // Spelled out, because raw JSON cannot sit beside a flattened field.
    name: Option<String>,
    reference: Option<String>,
    function_handle: Option<String>,
    #[serde(borrow)]
    args: &'a RawValue,
}

#[derive(Deserialize)]
struct HandleArgs {
    #[serde(flatten)]
    address: Address,
}

impl Operations {
    pub(super) async fn query(&self, json: &str) -> Answer {
        let call = self.call(json, FunctionKind::Query, "runQuery")?;
        let runtime = &self.context().runtime;
        let request = QueryRequest { call, journal: None };
        let (result, usage) = runtime.query_used(&request, runtime.latest_ts()).await?;
        self.context().log.lock().usage.add_documents(&usage);
        self.outcome(result.outcome.clone())
    }

    pub(super) async fn mutation(&self, json: &str) -> Answer {
        let call = self.call(json, FunctionKind::Mutation, "runMutation")?;
        let context = self.context();
        let bookkeeping = context.job.map_or(Bookkeeping::None, Bookkeeping::Under);
        let (result, usage) = context.runtime.mutate(call, bookkeeping).await?;
        context.log.lock().usage.add_documents(&usage);
        self.outcome(result.outcome)
    }

    pub(super) async fn action(&self, json: &str) -> Answer {
        let call = self.call(json, FunctionKind::Action, "runAction")?;
        let context = self.context();
        let origin = Origin::Nested { depth: context.depth + 1, job: context.job };
        // Actions call actions: the type of the future would contain itself.
        let result = Box::pin(actions::call(&context.runtime, call, origin)).await?;
        self.outcome(result.outcome)
    }

    pub(super) fn create_function_handle(&self, json: &str) -> Answer {
        let args: HandleArgs = arguments("createFunctionHandle", json)?;
        let context = self.context();
        let handle = context.resolver(&context.deployment).create_handle(&args.address).map_err(refused)?;
        Ok(Json::String(handle).to_string())
    }

    /// The call that the arguments of `method` ask for.
    fn call(&self, json: &str, kind: FunctionKind, method: &str) -> Result<CallRequest, Failure> {
        let args: CallArgs<'_> = arguments(method, json)?;
        let address = Address { name: args.name, reference: args.reference, function_handle: args.function_handle };
        let context = self.context();
        // Looked up in the newest code, which is what will run.
        let deployment = context.runtime.deployment();
        let path = context.resolver(&deployment).resolve(&address).map_err(refused)?;
        let Some(function) = deployment.function(&path) else { return Err(refused(missing_text(&deployment, &path))) };
        check_kind(&path, function, kind).map_err(|error| refused(error.detail))?;
        let (identity, request_id) = (context.identity.clone(), context.request_id.clone());
        let (args, origin) = (Arc::from(args.args.get()), context.origin.clone());
        Ok(CallRequest { path, args, identity, caller: Caller::Action, request_id, origin })
    }

    /// The action's code sees a callee's error as if it had happened in the action. What a redacting server hides from
    /// clients it hides here as well, because an action may hand on what it caught.
    fn outcome(&self, outcome: Result<Arc<str>, FunctionError>) -> Answer {
        let FunctionError { detail, data, .. } = match outcome {
            Ok(value) => return Ok(String::from(&*value)),
            Err(error) => error,
        };
        let message = if self.context().runtime.options().redact { REDACTED.into() } else { detail };
        Err(Failure::App(js::HostError { message, data, kind: js::HostErrorKind::Developer }))
    }
}
