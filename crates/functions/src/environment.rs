//! Environment variables: the table `_environment_variables`, its rules, and changes to it.
//!
//! A change gives the deployment a new snapshot, so that every cached and live result is computed anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use db::{BeginAt, Namespace, Transaction};
use value::{DocumentId, TableNames, TableNumber, TableRef, Value};

use crate::deploy::tables;
use crate::deploy::{self, Evaluator, database_error, load_error, on_push_thread};
use crate::deployment::{AuthProvider, Deployment, EnvDeclaration, rows};
use crate::runtime::ActivateError;
use crate::{ErrorKind, Runtime, SystemError};

/// One row per variable: `name` and `value`.
pub const TABLE: &str = "_environment_variables";

const NAME_BYTES_MAX: usize = 256;
const VALUE_BYTES_MAX: usize = 8 << 10;
const VARIABLES_MAX: usize = 1000;
/// Bytes of all names and values together.
const TOTAL_BYTES_MAX: usize = 512 << 10;
/// Times a change is tried again because of concurrent ones.
const ATTEMPTS_MAX: usize = 20;

/// Set by the server in every deployment.
const BUILT_IN: [&str; 2] = ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL"];

/// One requested change; without a value the variable is removed.
#[derive(Clone, Debug)]
pub struct Change {
    pub name: String,
    pub value: Option<String>,
}

/// All variables as `tx` sees them.
pub(crate) fn read_all(tx: &mut Transaction) -> Result<BTreeMap<String, String>, db::Error> {
    let rows = read_rows(tx)?;
    Ok(rows.into_iter().map(|(name, (_, value))| (name, value)).collect())
}

/// Applies `changes` together and activates them.
///
/// Errors: 400 with the codes of deploy-api 7.3; auth codes when `auth.config.js` rejects the new values.
pub async fn update(runtime: &Runtime, changes: Vec<Change>) -> Result<(), SystemError> {
    check_changes(&changes)?;
    let runtime = runtime.clone();
    let changes: Arc<[Change]> = changes.into();
    // A task of its own: the change is finished even if the caller has hung up.
    let task = tokio::spawn(async move {
        let gate = runtime.deployment().gate.clone();
        let _switching = gate.switching.lock().await;
        apply(&runtime, changes).await
    });
    task.await.map_err(SystemError::internal)?
}

/// Checks that declared variables are set and match.
///
/// Errors: 400 `MissingEnvironmentVariables`, `InvalidEnvironmentVariable`.
pub(crate) fn check_declared(declared: &[EnvDeclaration], env: &BTreeMap<String, String>) -> Result<(), SystemError> {
    let missing: Vec<&str> = declared
        .iter()
        .filter(|declaration| !declaration.optional && !env.contains_key(&declaration.name))
        .map(|declaration| declaration.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(refused(
            "MissingEnvironmentVariables",
            format!(
                "Required environment variables are not set: {}. Set them in the Convex dashboard or CLI before pushing.",
                missing.join(", ")
            ),
        ));
    }
    for declaration in declared {
        let Some(value) = env.get(&declaration.name) else { continue };
        declaration.validator.check(&Value::String(value.clone()), &NoTables).map_err(|why| {
            let message =
                format!("Environment variable {} does not match its declared validator: {why}", declaration.name);
            refused("InvalidEnvironmentVariable", message)
        })?;
    }
    Ok(())
}

/// Environment variables hold no document ids.
pub(crate) struct NoTables;

impl TableNames for NoTables {
    fn name_of(&self, _table: TableNumber) -> Option<TableRef> {
        None
    }
}

fn refused(code: &'static str, message: String) -> SystemError {
    SystemError::new(ErrorKind::BadRequest, code, message)
}

fn read_rows(tx: &mut Transaction) -> Result<BTreeMap<String, (DocumentId, String)>, db::Error> {
    let rows = tables::all(tx, TABLE)?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(rows.iter().map(|row| (text(row.value.get("name")), (row.id, text(row.value.get("value"))))).collect())
}

fn check_changes(changes: &[Change]) -> Result<(), SystemError> {
    let mut names = BTreeSet::new();
    for change in changes {
        check_name(&change.name)?;
        if !names.insert(&change.name) {
            let message = format!("Environment variable with name \"{}\" is changed twice", change.name);
            return Err(refused("EnvVarNameNotUnique", message));
        }
        if change.value.as_ref().is_some_and(|value| value.len() > VALUE_BYTES_MAX) {
            let message =
                format!("The value of environment variable \"{}\" is larger than {VALUE_BYTES_MAX} bytes", change.name);
            return Err(refused("EnvironmentVariableValueTooLarge", message));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), SystemError> {
    if name.len() > NAME_BYTES_MAX {
        let message = format!("The environment variable name \"{name}\" is longer than {NAME_BYTES_MAX} bytes");
        return Err(refused("EnvironmentVariableNameTooLong", message));
    }
    let fine =
        name.bytes().enumerate().all(|(at, b)| b == b'_' || b.is_ascii_alphabetic() || (at > 0 && b.is_ascii_digit()));
    if name.is_empty() || !fine {
        let message = format!(
            "Environment variable name \"{name}\" is invalid: use letters, digits and underscores, and do not begin with a digit"
        );
        return Err(refused("EnvironmentVariableNameInvalid", message));
    }
    if BUILT_IN.contains(&name) {
        let message = format!("Environment variable with name \"{name}\" is built-in and cannot be overridden");
        return Err(refused("EnvVarNameForbidden", message));
    }
    Ok(())
}

async fn apply(runtime: &Runtime, changes: Arc<[Change]>) -> Result<(), SystemError> {
    for _ in 0..ATTEMPTS_MAX {
        let (worker, again) = (runtime.clone(), changes.clone());
        let Some((tx, deployment)) = on_push_thread(move || prepare(&worker, &again)).await? else { return Ok(()) };
        match runtime.activate(tx, Arc::new(deployment)).await {
            Ok(_) => return Ok(()),
            Err(ActivateError::Conflict) => {}
            Err(ActivateError::System(error)) => return Err(error),
        }
    }
    Err(SystemError::internal("changing the environment conflicted too often"))
}

/// The transaction that makes the changes; none when they change nothing.
fn prepare(runtime: &Runtime, changes: &[Change]) -> Result<Option<(Transaction, Deployment)>, SystemError> {
    let current = runtime.deployment();
    let mut tx = tables::begin_unlimited(runtime.database(), BeginAt::Validated).map_err(database_error)?;
    let before = read_all(&mut tx).map_err(database_error)?;
    write(&mut tx, changes).map_err(database_error)?;
    let after = read_all(&mut tx).map_err(database_error)?;
    if before == after {
        return Ok(None);
    }
    check_result(&current, &after)?;
    let deployment = next_snapshot(runtime, &mut tx, &current, after)?;
    Ok(Some((tx, deployment)))
}

fn write(tx: &mut Transaction, changes: &[Change]) -> Result<(), db::Error> {
    let rows = read_rows(tx)?;
    for change in changes {
        let existing = rows.get(&change.name);
        match (&change.value, existing) {
            (Some(value), Some((_, old))) if value == old => {}
            (Some(value), Some((id, _))) => {
                tx.patch(Namespace::ROOT, *id, vec![("value".into(), Some(Value::String(value.clone())))])?;
            }
            (Some(value), None) => {
                let row = tables::object([
                    ("name", Value::String(change.name.clone())),
                    ("value", Value::String(value.clone())),
                ]);
                tx.insert(Namespace::ROOT, TABLE, row)?;
            }
            (None, Some((id, _))) => {
                tx.delete(Namespace::ROOT, *id)?;
            }
            (None, None) => {}
        }
    }
    Ok(())
}

fn check_result(current: &Deployment, env: &BTreeMap<String, String>) -> Result<(), SystemError> {
    if env.len() > VARIABLES_MAX {
        let message = format!("A deployment may have at most {VARIABLES_MAX} environment variables");
        return Err(refused("EnvVarLimitMet", message));
    }
    let bytes: usize = env.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > TOTAL_BYTES_MAX {
        let message = format!("The environment variables may have at most {TOTAL_BYTES_MAX} bytes together");
        return Err(refused("EnvVarTotalSizeLimitMet", message));
    }
    let removed = |declaration: &&EnvDeclaration| {
        !declaration.optional && current.env.contains_key(&declaration.name) && !env.contains_key(&declaration.name)
    };
    let removed: Vec<&str> =
        current.declared_env.iter().filter(removed).map(|declaration| declaration.name.as_str()).collect();
    if !removed.is_empty() {
        return Err(refused(
            "RequiredEnvironmentVariable",
            format!(
                "Cannot delete required environment variables: {}. These are declared as required in the app definition.",
                removed.join(", ")
            ),
        ));
    }
    check_declared(&current.declared_env, env)
}

fn next_snapshot(
    runtime: &Runtime,
    tx: &mut Transaction,
    current: &Deployment,
    env: BTreeMap<String, String>,
) -> Result<Deployment, SystemError> {
    let counters = rows::counters(tx).map_err(load_error)?;
    let mut next = current.clone();
    next.version = counters.version + 1;
    next.env = Arc::new(env);
    next.env_generation = next.version;
    next.auth_providers = evaluate_providers(runtime, &next)?;
    rows::write_settings(tx, &next).map_err(database_error)?;
    Ok(next)
}

/// The providers under the new variables.
fn evaluate_providers(runtime: &Runtime, next: &Deployment) -> Result<Arc<[AuthProvider]>, SystemError> {
    match next.root() {
        Some(root) if root.modules.contains_key(deploy::AUTH_MODULE) => {
            let evaluator = Evaluator::new(runtime, next.env.clone());
            deploy::evaluate_auth(&evaluator, &root.bundle).map(Arc::from)
        }
        _ => Ok(next.auth_providers.clone()),
    }
}

#[cfg(test)]
mod tests;
