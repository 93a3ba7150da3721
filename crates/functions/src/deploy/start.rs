//! The first step of a push: evaluate, analyse, store, submit the schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{BeginAt, CommitError, CommitOptions, IndexDiff, Namespace, Schema, SchemaId, Transaction};

use super::analysis::{AppAnalysis, analyse};
use super::errors::{bad_request, database_error, load_error};
use super::modules::{self, ResolvedModule};
use super::pending::{self, PendingPush};
use super::prediction::{SchemaPrediction, predict};
use super::{Evaluator, PushRequest, on_push_thread, schema, sources, tables};
use crate::deployment::{Deployment, rows};
use crate::{Runtime, SystemError};

/// Times storing a push is tried again because of concurrent changes to the system tables.
const STORE_ATTEMPTS_MAX: usize = 10;

/// What a started push reports.
pub struct StartedPush {
    /// Names the push when it finishes.
    pub token: String,
    /// The variables it was evaluated with.
    pub environment: Arc<BTreeMap<String, String>>,
    pub analysis: AppAnalysis,
    pub udf_server_version: String,
    pub schema_change: SchemaChange,
}

/// What a push does to the root component's schema.
#[derive(Clone, Debug)]
pub struct SchemaChange {
    /// None when nothing was submitted.
    pub schema_id: Option<SchemaId>,
    pub index_diff: IndexDiff,
}

/// Evaluates and stores a push without making anything callable.
///
/// Errors: the codes of deploy-api 5.9.
pub async fn start_push(runtime: &Runtime, request: PushRequest) -> Result<StartedPush, SystemError> {
    on_evaluation_thread(runtime, move |runtime| start(&runtime, &request)).await
}

/// The schema change a push would make; stores nothing.
pub async fn evaluate_push(runtime: &Runtime, request: PushRequest) -> Result<SchemaChange, SystemError> {
    on_evaluation_thread(runtime, move |runtime| {
        let current = runtime.deployment();
        let (analysis, _) = evaluate(&runtime, &current, &request)?;
        let schema = analysis.schema.map(|evaluated| evaluated.schema);
        let index_diff = runtime.database().preview_schema(Namespace::ROOT, &schema);
        Ok(SchemaChange { schema_id: None, index_diff })
    })
    .await
}

/// Foretells the effects of a push's schema; evaluates nothing else and stores nothing.
pub async fn evaluate_schema(runtime: &Runtime, request: PushRequest) -> Result<SchemaPrediction, SystemError> {
    on_evaluation_thread(runtime, move |runtime| {
        let evaluator = Evaluator::new(&runtime, runtime.deployment().env.clone());
        let evaluated = request.app.schema.as_ref().map(|module| schema::evaluate(&evaluator, module)).transpose()?;
        predict(&runtime, evaluated.map(|evaluated| evaluated.schema))
    })
    .await
}

async fn on_evaluation_thread<T: Send + 'static>(
    runtime: &Runtime,
    work: impl FnOnce(Runtime) -> Result<T, SystemError> + Send + 'static,
) -> Result<T, SystemError> {
    let gate = runtime.deployment().gate.clone();
    let _permit = gate.evaluations.acquire().await.map_err(SystemError::internal)?;
    let runtime = runtime.clone();
    on_push_thread(move || work(runtime)).await
}

type Modules = BTreeMap<String, ResolvedModule>;

fn evaluate(
    runtime: &Runtime,
    current: &Deployment,
    request: &PushRequest,
) -> Result<(AppAnalysis, Modules), SystemError> {
    let mut tx = tables::begin_unlimited(runtime.database(), BeginAt::Durable).map_err(database_error)?;
    let modules = modules::resolve(&mut tx, current, request)?;
    drop(tx);
    let evaluator = Evaluator::new(runtime, current.env.clone());
    let analysis = analyse(&evaluator, request, &modules)?;
    Ok((analysis, modules))
}

fn start(runtime: &Runtime, request: &PushRequest) -> Result<StartedPush, SystemError> {
    let current = runtime.deployment();
    let (analysis, modules) = evaluate(runtime, &current, request)?;
    let schema = analysis.schema.as_ref().map(|evaluated| evaluated.schema.clone());
    let schema_text = schema.as_ref().map(|schema: &Schema| schema.to_json().to_string());
    let submitted = runtime.database().submit_schema(Namespace::ROOT, schema).map_err(database_error)?;
    let mut candidate = candidate(&current, request, &analysis);
    let token = store(runtime, &mut candidate, &modules, submitted.id, schema_text)?;
    Ok(StartedPush {
        token,
        environment: current.env.clone(),
        analysis,
        udf_server_version: request.app.udf_server_version.clone(),
        schema_change: SchemaChange { schema_id: Some(submitted.id), index_diff: submitted.diff },
    })
}

/// The deployment as it will be once the push finishes.
fn candidate(current: &Deployment, request: &PushRequest, analysis: &AppAnalysis) -> Deployment {
    let mut candidate = current.clone();
    candidate.components = BTreeMap::from([(String::new(), Arc::new(analysis.code.clone()))]);
    candidate.auth_providers = analysis.auth_providers.clone().into();
    candidate.import_ms = analysis.import_conditions.1;
    candidate.declared_env = analysis.declared_env.clone().into();
    candidate.udf_server_version = Some(request.app.udf_server_version.clone());
    candidate.node_version = request.node_version.clone();
    candidate.functions_folder = request.functions_folder.clone();
    candidate
}

/// Stores the new sources and the push itself in one transaction; returns the push's token.
fn store(
    runtime: &Runtime,
    candidate: &mut Deployment,
    modules: &Modules,
    schema_id: SchemaId,
    schema: Option<String>,
) -> Result<String, SystemError> {
    for _ in 0..STORE_ATTEMPTS_MAX {
        let mut tx = tables::begin_unlimited(runtime.database(), BeginAt::Validated).map_err(database_error)?;
        let counters = rows::counters(&mut tx).map_err(load_error)?;
        if counters.generation != candidate.generation {
            return Err(concurrent_push());
        }
        pending::make_room(&mut tx)?;
        write_sources(&mut tx, candidate, modules).map_err(database_error)?;
        let push = PendingPush::new(candidate.generation, schema_id, candidate, schema.clone());
        let token = pending::store(&mut tx, &push)?;
        match runtime.database().commit(tx, CommitOptions { source: "start_push".into(), on_validated: None }) {
            Ok(pending) => {
                pending.wait().map_err(database_error)?;
                return Ok(token);
            }
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Failed(error)) => return Err(database_error(error)),
        }
    }
    Err(SystemError::internal("storing a push conflicted too often"))
}

fn write_sources(tx: &mut Transaction, candidate: &mut Deployment, modules: &Modules) -> Result<(), db::Error> {
    let root = candidate.components.get_mut("").expect("a candidate has a root component");
    let root = Arc::make_mut(root);
    for (path, module) in modules {
        let stored = root.modules.get_mut(path).expect("analysis lists every module");
        stored.chunks = match &module.chunks {
            Some(chunks) => chunks.clone(),
            None => sources::write(tx, &module.text)?,
        };
    }
    Ok(())
}

/// Another push finished first.
pub(super) fn concurrent_push() -> SystemError {
    bad_request("ConcurrentPush", "Another push finished after this one had started. Push again.")
}
