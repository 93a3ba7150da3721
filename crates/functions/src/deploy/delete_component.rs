//! Deleting what an unmounted component left behind.

use std::sync::Arc;

use db::{BeginAt, Transaction};
use serde_json::json;
use value::Value;

use super::errors::{bad_request, database_error, load_error};
use super::evaluate::on_push_thread;
use super::tables::{self, AUDIT_LOG};
use crate::deployment::instances::{self, Instance, InstanceState};
use crate::deployment::{Deployment, rows};
use crate::runtime::ActivateError;
use crate::{ErrorKind, Runtime, SystemError};

/// Attempts before losing to other changes of the deployment is called a failure.
const ATTEMPTS_MAX: usize = 10;

/// Deletes an unmounted component with its tables, jobs and files; none is the app itself. `id` is the one that
/// `_system/frontend/components:list` gives. Mounted again, the component begins empty.
///
/// Errors: 404 `ComponentNotFound`; 400 `ComponentMustBeUnmounted`.
pub async fn delete_component(runtime: &Runtime, id: Option<&str>) -> Result<(), SystemError> {
    let Some(id) = id else { return Err(must_be_unmounted("The app itself")) };
    for _ in 0..ATTEMPTS_MAX {
        let (worker, id) = (runtime.clone(), id.to_owned());
        let (tx, deployment) = on_push_thread(move || prepare(&worker, &id)).await?;
        match runtime.activate(tx, Arc::new(deployment)).await {
            Ok(_) => return Ok(()),
            Err(ActivateError::Conflict) => {}
            Err(ActivateError::System(error)) => return Err(error),
        }
    }
    Err(SystemError::internal("deleting a component conflicted too often"))
}

/// The transaction that deletes it, and the deployment that does not know it any more.
fn prepare(runtime: &Runtime, id: &str) -> Result<(Transaction, Deployment), SystemError> {
    let current = runtime.deployment();
    let mut tx = tables::begin_unlimited(runtime.database(), BeginAt::Validated).map_err(database_error)?;
    let instance = find(&mut tx, id)?;
    tx.drop_namespace(instance.namespace).map_err(database_error)?;
    instances::set_state(&mut tx, &instance, InstanceState::Deleted).map_err(database_error)?;
    let counters = rows::counters(&mut tx).map_err(load_error)?;
    let mut next = (*current).clone();
    next.version = counters.version + 1;
    next.unmounted.remove(&instance.path);
    rows::write_settings(&mut tx, &next).map_err(database_error)?;
    record(&mut tx, &instance).map_err(database_error)?;
    Ok((tx, next))
}

fn find(tx: &mut Transaction, id: &str) -> Result<Instance, SystemError> {
    let instances = instances::read(tx).map_err(load_error)?.into_values();
    let found = instances.filter(|instance| instance.namespace.0.to_string() == id).find(|instance| {
        // A reserved one belongs to a push that has not finished, and nobody has seen it yet.
        instance.state != InstanceState::Reserved
    });
    let Some(instance) = found else {
        let message = format!("There is no component with the id {id:?}.");
        return Err(SystemError::new(ErrorKind::NotFound, "ComponentNotFound", message));
    };
    match instance.state {
        InstanceState::Unmounted => Ok(instance),
        _ => Err(must_be_unmounted(&format!("The component {:?}", instance.path))),
    }
}

fn must_be_unmounted(what: &str) -> SystemError {
    let message =
        format!("{what} is in use and cannot be deleted. Take the component out of convex.config.ts and push first.");
    bad_request("ComponentMustBeUnmounted", message)
}

fn record(tx: &mut Transaction, instance: &Instance) -> Result<(), db::Error> {
    let metadata = json!({ "component": instance.path, "componentId": instance.namespace.0.to_string() });
    let row = tables::object([
        ("action", Value::String("delete_component".into())),
        ("member_id", Value::Null),
        ("metadata", Value::from_json(&metadata)?),
    ]);
    tx.insert(db::Namespace::ROOT, AUDIT_LOG, row).map(drop)
}
