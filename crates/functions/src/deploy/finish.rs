//! The last step of a push: everything becomes active in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{BeginAt, Database, Namespace, Schema, Transaction};
use serde_json::json;
use value::Value;

use super::errors::{bad_request, database_error, load_error};
use super::pending::{self, PendingPush, PendingSchema};
use super::start::concurrent_push;
use super::tables::{self, AUDIT_LOG};
use super::{InstanceChange, PushDiff, on_push_thread, sources};
use crate::deployment::instances::{self, Instance, InstanceState};
use crate::deployment::{Deployment, rows};
use crate::runtime::ActivateError;
use crate::{Runtime, SystemError, environment};

/// Times the transaction is tried again because of concurrent changes.
const FINISH_ATTEMPTS_MAX: usize = 20;

/// Characters of a push's message.
const MESSAGE_CHARS_MAX: usize = 1024;

/// What the caller of a started push hands back.
#[derive(Clone, Debug)]
pub struct FinishRequest {
    pub token: String,
    /// The variables the push was evaluated with; they must not have changed.
    pub environment: BTreeMap<String, String>,
    pub dry_run: bool,
    pub message: Option<String>,
}

/// Activates a started push and swaps the running code at its commit.
///
/// Errors: 400 `RaceDetected`, `ConcurrentPush`, `MissingEnvironmentVariables`, `InvalidEnvironmentVariable`.
pub async fn finish_push(runtime: &Runtime, request: FinishRequest) -> Result<PushDiff, SystemError> {
    if request.message.as_ref().is_some_and(|message| message.chars().count() > MESSAGE_CHARS_MAX) {
        let message = format!("The message of a push may have at most {MESSAGE_CHARS_MAX} characters.");
        return Err(bad_request("InvalidConfig", message));
    }
    let runtime = runtime.clone();
    // A task of its own: the push is finished even if the caller has hung up.
    let task = tokio::spawn(async move {
        let gate = runtime.deployment().gate.clone();
        let _switching = gate.switching.lock().await;
        finish(&runtime, Arc::new(request)).await
    });
    task.await.map_err(SystemError::internal)?
}

async fn finish(runtime: &Runtime, request: Arc<FinishRequest>) -> Result<PushDiff, SystemError> {
    for _ in 0..FINISH_ATTEMPTS_MAX {
        let (worker, again) = (runtime.clone(), request.clone());
        let Some(prepared) = on_push_thread(move || prepare(&worker, &again)).await? else {
            return Ok(PushDiff::default());
        };
        if let Some(code) = prepared.deployment.node.clone() {
            let database = runtime.database().clone();
            runtime.inner.node.run(|pool| async move { code.package(&pool, &database).await.map(drop) }).await?;
        }
        match runtime.activate(prepared.tx, Arc::new(prepared.deployment)).await {
            Ok(_) => {
                runtime.warm_node();
                return Ok(prepared.diff);
            }
            Err(ActivateError::Conflict) => {}
            Err(ActivateError::System(error)) => return Err(error),
        }
    }
    Err(SystemError::internal("finishing a push conflicted too often"))
}

/// A transaction that makes a push active, and what follows from it.
struct Prepared {
    tx: Transaction,
    deployment: Deployment,
    diff: PushDiff,
}

/// None for a dry run, once everything is checked.
fn prepare(runtime: &Runtime, request: &FinishRequest) -> Result<Option<Prepared>, SystemError> {
    let current = runtime.deployment();
    let mut tx = tables::begin_unlimited(runtime.database(), BeginAt::Validated).map_err(database_error)?;
    let push = check(&mut tx, request)?;
    let counters = rows::counters(&mut tx).map_err(load_error)?;
    let mut deployment = push.code.compile(&mut tx, counters.generation + 1).map_err(load_error)?;
    deployment.version = counters.version + 1;
    deployment.env = Arc::new(request.environment.clone());
    deployment.env_generation = deployment.version;
    deployment.gate = current.gate.clone();
    environment::check_declared(&deployment.declared_env, &deployment.env)?;
    if request.dry_run {
        return Ok(None);
    }
    let mut diff = PushDiff::between(&current, &deployment);
    mount(&mut tx, &deployment, &mut diff)?;
    for (path, schema) in push.schemas {
        activate_schema(runtime, &mut tx, &deployment, &path, schema, &mut diff)?;
    }
    deployment.unmounted = rows::unmounted(&mut tx).map_err(load_error)?;
    write(runtime, &mut tx, &deployment)?;
    record(&mut tx, &diff, request.message.as_deref()).map_err(database_error)?;
    Ok(Some(Prepared { tx, deployment, diff }))
}

/// Makes the stored instances those of the deployment; one that is not part of it any more keeps its data.
fn mount(tx: &mut Transaction, deployment: &Deployment, diff: &mut PushDiff) -> Result<(), SystemError> {
    let instances = instances::read(tx).map_err(load_error)?;
    for (path, code) in deployment.components.iter().filter(|(path, _)| !path.is_empty()) {
        // An unmounted instance can be deleted for good while a push that wants it is running.
        let instance = instances.get(path).filter(|instance| instance.namespace == code.namespace);
        let instance = instance.ok_or_else(concurrent_push)?;
        let change = match instance.state {
            InstanceState::Active => InstanceChange::Modify,
            InstanceState::Unmounted => InstanceChange::Remount,
            InstanceState::Reserved | InstanceState::Deleted => InstanceChange::Create,
        };
        diff.components.entry(path.clone()).or_default().change = change;
        instances::set_state(tx, instance, InstanceState::Active).map_err(database_error)?;
    }
    let gone = |instance: &&Instance| {
        instance.state == InstanceState::Active && !deployment.components.contains_key(&instance.path)
    };
    for instance in instances.values().filter(gone) {
        diff.components.entry(instance.path.clone()).or_default().change = InstanceChange::Unmount;
        crate::crons::apply(tx, instance.namespace, &[], 0).map_err(database_error)?;
        instances::set_state(tx, instance, InstanceState::Unmounted).map_err(database_error)?;
    }
    Ok(())
}

fn activate_schema(
    runtime: &Runtime,
    tx: &mut Transaction,
    deployment: &Deployment,
    path: &str,
    schema: PendingSchema,
    diff: &mut PushDiff,
) -> Result<(), SystemError> {
    let namespace = deployment.namespace(path).ok_or_else(concurrent_push)?;
    let before = active_schema(runtime.database(), namespace);
    let id = schema.id().ok_or_else(concurrent_push)?;
    let indexes = tx.activate_schema(namespace, id).map_err(database_error)?;
    let diff = diff.components.entry(path.to_owned()).or_default();
    diff.indexes = indexes;
    diff.schema = (before != schema.text).then_some((before, schema.text));
    Ok(())
}

/// The push, if nothing it depends on has changed since it started.
fn check(tx: &mut Transaction, request: &FinishRequest) -> Result<PendingPush, SystemError> {
    let env = environment::read_all(tx).map_err(database_error)?;
    if env != request.environment {
        let message = "The environment variables changed while the push was running. Push again.";
        return Err(bad_request("RaceDetected", message));
    }
    let push = pending::load(tx, &request.token)?.ok_or_else(concurrent_push)?;
    let counters = rows::counters(tx).map_err(load_error)?;
    if counters.generation != push.base_generation {
        return Err(concurrent_push());
    }
    Ok(push)
}

/// Puts the deployment in the place of the stored one.
fn write(runtime: &Runtime, tx: &mut Transaction, deployment: &Deployment) -> Result<(), SystemError> {
    let dropped = rows::replace_modules(tx, deployment).map_err(load_error)?;
    pending::drop_old(tx, 0).map_err(load_error)?;
    sources::delete(tx, &dropped).map_err(database_error)?;
    rows::write_settings(tx, deployment).map_err(database_error)?;
    for code in deployment.components.values() {
        crate::crons::apply(tx, code.namespace, &code.crons, runtime.platform().now_ns()).map_err(database_error)?;
    }
    Ok(())
}

/// JSON text of the active schema; none when the component declares no tables.
pub(crate) fn active_schema(database: &Database, namespace: Namespace) -> Option<String> {
    schema_text(database.active_schema(namespace))
}

/// The same of a schema at hand.
pub(crate) fn schema_text(active: Option<Arc<Schema>>) -> Option<String> {
    let schema = active?;
    (*schema != Schema::default()).then(|| schema.to_json().to_string())
}

/// Adds the push to the audit log.
fn record(tx: &mut Transaction, diff: &PushDiff, message: Option<&str>) -> Result<(), db::Error> {
    let root = diff.components.get("");
    let metadata = json!({
        "message": message,
        "modulesAdded": root.map(|diff| diff.modules_added.clone()),
        "modulesRemoved": root.map(|diff| diff.modules_removed.clone()),
        "components": diff.components.keys().filter(|path| !path.is_empty()).collect::<Vec<_>>(),
    });
    let metadata = Value::from_json(&metadata)?;
    let row = tables::object([
        ("action", Value::String("push_config_with_components".into())),
        ("member_id", Value::Null),
        ("metadata", metadata),
    ]);
    tx.insert(Namespace::ROOT, AUDIT_LOG, row).map(drop)
}
