//! Queries typed on the command line or in the dashboard: compiled beside the active code, run once, not kept.

use std::sync::Arc;

use db::BeginAt;
use js::{ModuleSource, Phase};
use value::Timestamp;

use super::errors::{bad_request, database_error};
use super::evaluate::EnvAccess;
use super::{Evaluator, SourceText, analysis, on_push_thread, sources, tables};
use crate::arguments::Arguments;
use crate::deployment::{AnalyzedFunction, ComponentCode, Deployment, ModuleEnvironment};
use crate::execution::{CallFailure, Execution};
use crate::record::{self, Outcome};
use crate::runtime::Inner;
use crate::workers::Worker;
use crate::{
    AnyResult, CallRequest, Caller, FunctionKind, FunctionPath, Identity, RequestId, Runtime, SystemError, Visibility,
};

const MODULE: &str = "testQuery.js";

/// The module that test queries import `query` from, and its text.
const WRAPPERS_MODULE: &str = "_system/repl/wrappers.js";
const WRAPPERS: &str = include_str!("test_query/wrappers.js");

/// Whether the default export is a query.
const PROBE: &str =
    "(ns) => JSON.stringify(ns.default?.isQuery === true && typeof ns.default.invokeQuery === 'function')";

/// A query to run once.
#[derive(Clone, Debug)]
pub struct TestQuery {
    /// Path of the component it runs in.
    pub component: String,
    /// A module whose default export is a query.
    pub source: String,
    /// JSON text of the argument object.
    pub args: Arc<str>,
    pub identity: Identity,
    pub request_id: RequestId,
}

/// Runs a test query against the newest state.
///
/// Errors: 400 `InvalidModules` when the module does not load, `InvalidTestQuery` when it exports no query.
pub async fn run_test_query(runtime: &Runtime, query: TestQuery) -> Result<AnyResult, SystemError> {
    let path = FunctionPath { component: query.component.clone(), module: MODULE.into(), export: "default".into() };
    let arguments = match Arguments::parse(&path, &query.args) {
        Ok(arguments) => arguments,
        Err(error) => return Ok(AnyResult { outcome: Err(error), log_lines: Arc::from([]) }),
    };
    let gate = runtime.deployment().gate.clone();
    let _permit = gate.evaluations.acquire().await.map_err(SystemError::internal)?;
    let (compiler, component, source) = (runtime.clone(), query.component.clone(), query.source.clone());
    let deployment = on_push_thread(move || compile(&compiler, &component, source)).await?;
    let call = CallRequest {
        path,
        args: query.args,
        identity: query.identity,
        caller: Caller::Tester,
        request_id: query.request_id,
        origin: None,
    };
    let (inner, at) = (runtime.inner.clone(), runtime.latest_ts());
    runtime.inner.run_job(move |worker| run(&inner, worker, deployment, &call, &arguments, at)).await?
}

/// The active deployment with the query's module beside the others.
fn compile(runtime: &Runtime, component: &str, source: String) -> Result<Arc<Deployment>, SystemError> {
    const HEADING: &str = "Failed to analyze testQuery.js: ";
    let current = runtime.deployment();
    let active = current.component(component);
    if active.is_none() && !component.is_empty() {
        let message = format!("The component \"{component}\" is not mounted; only its data is there.");
        return Err(bad_request("UnsupportedTestQuery", message));
    }
    let mut modules = active_sources(runtime, active)?;
    modules.push(SourceText { source: WRAPPERS.into(), source_map: None }.into_module(WRAPPERS_MODULE));
    modules.push(SourceText { source, source_map: None }.into_module(MODULE));
    let bundle =
        js::Bundle::compile(modules).map_err(|error| analysis::compile_error(error, "InvalidModules", HEADING))?;
    let bundle = Arc::new(bundle);
    let evaluator = Evaluator::new(runtime, current.env.clone());
    let is_query = evaluator
        .probe_seeing(EnvAccess::of(component), &bundle, MODULE, PROBE, Phase::Import)
        .map_err(|error| error.into_system_error("InvalidModules", HEADING))?;
    if is_query != serde_json::Value::Bool(true) {
        return Err(bad_request("InvalidTestQuery", "The module must have a default export that is a query."));
    }
    let mut code = active.map_or_else(|| ComponentCode::empty(bundle.clone()), |code| (**code).clone());
    code.bundle = bundle;
    code.functions.insert(MODULE.into(), vec![test_function()]);
    let mut deployment = (*current).clone();
    deployment.components.insert(component.to_owned(), Arc::new(code));
    Ok(Arc::new(deployment))
}

fn active_sources(runtime: &Runtime, code: Option<&Arc<ComponentCode>>) -> Result<Vec<ModuleSource>, SystemError> {
    let mut tx = tables::begin_unlimited(runtime.database(), BeginAt::Durable).map_err(database_error)?;
    let mut modules = Vec::new();
    for (path, module) in code.into_iter().flat_map(|code| &code.modules) {
        if module.environment == ModuleEnvironment::Isolate {
            modules.push(sources::read(&mut tx, &module.chunks).map_err(SystemError::internal)?.into_module(path));
        }
    }
    Ok(modules)
}

fn test_function() -> AnalyzedFunction {
    AnalyzedFunction {
        name: "default".into(),
        kind: FunctionKind::Query,
        visibility: Some(Visibility::Internal),
        args: None,
        returns: None,
        line: None,
    }
}

fn run(
    inner: &Arc<Inner>,
    worker: &Worker,
    deployment: Arc<Deployment>,
    call: &CallRequest,
    arguments: &Arguments,
    at: Timestamp,
) -> Result<AnyResult, SystemError> {
    let started = inner.platform.monotonic();
    let mut tx = inner.database.begin(BeginAt::At(at)).map_err(database_error)?;
    let mut execution = Execution::new(inner, worker, deployment, call);
    let returned = crate::run::run_function(&mut execution, &mut tx, &call.path, &test_function(), arguments, None);
    let outcome = match returned {
        Ok(returned) => Ok(Arc::<str>::from(returned.value.to_json())),
        Err(CallFailure::Function(error)) => Err(error),
        Err(CallFailure::System(error)) => return Err(error),
    };
    let entry =
        record::finish(execution, &tx.usage(), FunctionKind::Query, &call.path, Outcome::from(&outcome), started);
    let log_lines = entry.log_lines.iter().map(|line| line.to_text()).collect();
    inner.logs.push(entry);
    Ok(AnyResult { outcome, log_lines })
}
