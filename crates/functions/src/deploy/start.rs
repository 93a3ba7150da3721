//! The first step of a push: evaluate, analyse, store, submit the schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{BeginAt, CommitError, CommitOptions, IndexDiff, Namespace, Schema, SchemaId, Transaction};
use value::DocumentId;

use super::analysis::{AppAnalysis, analyse};
use super::errors::{bad_request, database_error, load_error};
use super::modules::{self, PushedModules};
use super::pending::{self, PendingPush, PendingSchema};
use super::prediction::{PushPrediction, predict};
use super::{Evaluator, PushRequest, on_push_thread, sources, tables};
use crate::deployment::{Deployment, instances, rows};
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

/// What a push does to schemas; all by component path.
#[derive(Clone, Debug, Default)]
pub struct SchemaChange {
    /// Empty when nothing was submitted.
    pub schema_ids: BTreeMap<String, SchemaId>,
    pub index_diffs: BTreeMap<String, IndexDiff>,
    /// Ids of the instances that are new.
    pub allocated: BTreeMap<String, String>,
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
        let mut change = SchemaChange::default();
        for (path, planned) in &analysis.tree.0 {
            let schema = analysis.schema_of(&planned.definition_path).map(|evaluated| evaluated.schema.clone());
            let diff = preview(&runtime, current.namespace(path), schema.unwrap_or_default());
            change.index_diffs.insert(path.clone(), diff);
        }
        Ok(change)
    })
    .await
}

/// How a schema changes the indexes of a component that may be new.
pub(super) fn preview(runtime: &Runtime, namespace: Option<Namespace>, schema: Schema) -> IndexDiff {
    match namespace {
        Some(namespace) => runtime.database().preview_schema(namespace, &Some(schema)),
        None => IndexDiff::between(&Schema::default(), &schema),
    }
}

/// Foretells the effects of a push's schemas; evaluates nothing else and stores nothing.
pub async fn evaluate_schema(runtime: &Runtime, request: PushRequest) -> Result<PushPrediction, SystemError> {
    on_evaluation_thread(runtime, move |runtime| {
        let evaluator = Evaluator::new(&runtime, runtime.deployment().env.clone());
        predict(&runtime, &evaluator, &request)
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

fn evaluate(
    runtime: &Runtime,
    current: &Deployment,
    request: &PushRequest,
) -> Result<(AppAnalysis, PushedModules), SystemError> {
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
    let namespaces = reserve(runtime, &analysis)?;
    let mut change = SchemaChange::default();
    let mut schemas = BTreeMap::new();
    for (path, namespace) in &namespaces {
        let definition = &analysis.tree.0[path].definition_path;
        let schema = analysis.schema_of(definition).map(|evaluated| evaluated.schema.clone());
        let text = schema.as_ref().map(|schema: &Schema| schema.to_json().to_string());
        let submitted = runtime.database().submit_schema(*namespace, schema).map_err(database_error)?;
        schemas.insert(path.clone(), PendingSchema::new(submitted.id, text));
        change.schema_ids.insert(path.clone(), submitted.id);
        change.index_diffs.insert(path.clone(), submitted.diff);
        if current.namespace(path).is_none() {
            change.allocated.insert(path.clone(), namespace.0.to_string());
        }
    }
    let mut candidate = candidate(&current, request, &analysis, &namespaces);
    let token = store(runtime, &mut candidate, &modules, schemas)?;
    Ok(StartedPush {
        token,
        environment: current.env.clone(),
        analysis,
        udf_server_version: request.app.udf_server_version.clone(),
        schema_change: change,
    })
}

/// The namespaces of all instances; those of new ones are made ready.
fn reserve(runtime: &Runtime, analysis: &AppAnalysis) -> Result<BTreeMap<String, Namespace>, SystemError> {
    let paths = || analysis.tree.0.keys().map(String::as_str);
    let namespaces = commit(runtime, |tx| instances::reserve(tx, paths()).map_err(load_error))?;
    for namespace in namespaces.values() {
        instances::ensure_tables(runtime.database(), *namespace).map_err(database_error)?;
    }
    Ok(namespaces)
}

/// The deployment as it will be once the push finishes.
fn candidate(
    current: &Deployment,
    request: &PushRequest,
    analysis: &AppAnalysis,
    namespaces: &BTreeMap<String, Namespace>,
) -> Deployment {
    let mut candidate = current.clone();
    candidate.components = BTreeMap::new();
    for (path, planned) in &analysis.tree.0 {
        let mut code = analysis.code_of(&planned.definition_path).clone();
        code.namespace = namespaces[path];
        code.mount = planned.mount.clone();
        let component = analysis.components.get(&planned.definition_path);
        let version = component.map_or(&request.app.udf_server_version, |component| &component.udf_server_version);
        code.mount.server_version = Some(version.clone());
        candidate.components.insert(path.clone(), Arc::new(code));
    }
    candidate.auth_providers = analysis.auth_providers.clone().into();
    candidate.import_ms = analysis.import_conditions.1;
    candidate.declared_env = analysis.declared_env.clone().into();
    candidate.udf_server_version = Some(request.app.udf_server_version.clone());
    candidate.node_version = request.node_version.clone();
    candidate.node_dependencies = request.node_dependencies.clone().into();
    candidate.functions_folder = request.functions_folder.clone();
    candidate
}

/// Stores the new sources and the push itself in one transaction; returns the push's token.
fn store(
    runtime: &Runtime,
    candidate: &mut Deployment,
    modules: &PushedModules,
    schemas: BTreeMap<String, PendingSchema>,
) -> Result<String, SystemError> {
    commit(runtime, |tx| {
        let counters = rows::counters(tx).map_err(load_error)?;
        if counters.generation != candidate.generation {
            return Err(concurrent_push());
        }
        pending::make_room(tx)?;
        write_sources(tx, candidate, modules).map_err(database_error)?;
        let push = PendingPush::new(candidate.generation, schemas.clone(), candidate);
        pending::store(tx, &push)
    })
}

/// Runs `work` in a transaction until it commits, and waits for the disk.
fn commit<T>(
    runtime: &Runtime,
    mut work: impl FnMut(&mut Transaction) -> Result<T, SystemError>,
) -> Result<T, SystemError> {
    for _ in 0..STORE_ATTEMPTS_MAX {
        let mut tx = tables::begin_unlimited(runtime.database(), BeginAt::Validated).map_err(database_error)?;
        let result = work(&mut tx)?;
        match runtime.database().commit(tx, CommitOptions { source: "start_push".into(), on_validated: None }) {
            Ok(pending) => {
                pending.wait().map_err(database_error)?;
                return Ok(result);
            }
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Failed(error)) => return Err(database_error(error)),
        }
    }
    Err(SystemError::internal("storing a push conflicted too often"))
}

/// Stores what is not stored yet, once per definition, and notes where.
fn write_sources(tx: &mut Transaction, candidate: &mut Deployment, modules: &PushedModules) -> Result<(), db::Error> {
    let mut written: BTreeMap<(String, String), Vec<DocumentId>> = BTreeMap::new();
    for code in candidate.components.values_mut() {
        let code = Arc::make_mut(code);
        for (path, stored) in &mut code.modules {
            let key = (code.definition_path.clone(), path.clone());
            let chunks = match written.get(&key) {
                Some(chunks) => chunks.clone(),
                None => {
                    let module = &modules[&key.0][path];
                    match &module.chunks {
                        Some(chunks) => chunks.clone(),
                        None => sources::write(tx, &module.text)?,
                    }
                }
            };
            stored.chunks = chunks.clone();
            written.insert(key, chunks);
        }
    }
    Ok(())
}

/// Another push finished first.
pub(super) fn concurrent_push() -> SystemError {
    bad_request("ConcurrentPush", "Another push finished after this one had started. Push again.")
}
