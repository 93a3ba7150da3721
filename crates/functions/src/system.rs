//! The server's own functions, `_system/…`: what the command line and the dashboard read through queries.
//!
//! They are ordinary queries and mutations to everything around them (live, cached, transactional), written in
//! Rust. [`TABLE`] names them all. Only admins may call them; the callers of [`run`] check that.

mod cli;
mod data;
mod files;
mod frontend;

use db::{Namespace, Transaction};
use value::{Object, Value};

use crate::execution::{CallFailure, Execution};
use crate::run::{Returned, not_found};
use crate::runtime::Inner;
use crate::{Deployment, FunctionError, FunctionKind, FunctionPath};

/// What a system function works with.
pub(crate) struct SystemCtx<'a> {
    pub tx: &'a mut Transaction,
    /// The tables of the component the call is for.
    pub namespace: Namespace,
    /// Component path of the call; `""` is the app.
    pub component: &'a str,
    pub args: &'a Object,
    pub deployment: &'a Deployment,
    pub runtime: &'a Inner,
}

type SystemFunction = fn(&mut SystemCtx<'_>) -> Result<Value, CallFailure>;

use FunctionKind::{Mutation, Query};

/// Every system function by module and export.
const TABLE: &[(&str, &str, FunctionKind, SystemFunction)] = &[
    ("_system/cli/convexUrl.js", "cloudUrl", Query, cli::cloud_url),
    ("_system/cli/convexUrl.js", "siteUrl", Query, cli::site_url),
    ("_system/cli/modules.js", "apiSpec", Query, cli::api_spec),
    ("_system/cli/queryEnvironmentVariables.js", "default", Query, cli::environment_variables),
    ("_system/cli/queryEnvironmentVariables.js", "get", Query, cli::environment_variable),
    ("_system/cli/tables.js", "default", Query, cli::tables),
    ("_system/cli/tableData.js", "default", Query, data::table_data),
    ("_system/cli/tableSize.js", "default", Query, data::table_size),
    ("_system/cli/queryTable.js", "default", Query, data::watch_table),
    ("_system/cli/queryImport.js", "default", Query, cli::no_import),
    ("_system/cli/queryImport.js", "list", Query, cli::no_imports),
    ("_system/cli/exports.js", "getLatest", Query, cli::no_export),
    ("_system/frontend/auditLog.js", "list", Query, frontend::audit_log),
    ("_system/frontend/components.js", "list", Query, frontend::components),
    ("_system/frontend/convexCloudUrl.js", "default", Query, cli::cloud_url),
    ("_system/frontend/convexSiteUrl.js", "default", Query, cli::site_url),
    ("_system/frontend/fileStorageV2.js", "numFiles", Query, files::count),
    ("_system/frontend/fileStorageV2.js", "fileMetadata", Query, files::list),
    ("_system/frontend/fileStorageV2.js", "getFile", Query, files::get),
    ("_system/frontend/fileStorageV2.js", "deleteFile", Mutation, files::delete),
    ("_system/frontend/fileStorageV2.js", "deleteFiles", Mutation, files::delete_many),
    ("_system/frontend/fileStorageV2.js", "generateUploadUrl", Mutation, files::generate_upload_url),
    ("_system/frontend/getSchemas.js", "default", Query, frontend::schemas),
    ("_system/frontend/getVersion.js", "default", Query, frontend::version),
    ("_system/frontend/getTableMapping.js", "default", Query, frontend::table_mapping),
    ("_system/frontend/getById.js", "default", Query, data::get_by_id),
    ("_system/frontend/listAuthProviders.js", "default", Query, frontend::auth_providers),
    ("_system/frontend/listEnvironmentVariables.js", "default", Query, cli::environment_variables),
    ("_system/frontend/modules.js", "list", Query, frontend::modules),
    ("_system/frontend/modules.js", "listForAllComponents", Query, frontend::modules_of_all),
    ("_system/frontend/tableSize.js", "default", Query, data::table_size),
    ("_system/frontend/tableSize.js", "sizeOfAllTables", Query, data::size_of_all_tables),
    ("_system/frontend/deploymentEvents.js", "lastPushEvent", Query, frontend::last_push_event),
    ("_system/frontend/deploymentState.js", "deploymentState", Query, frontend::deployment_state),
];

/// The kind of the system function at `path`; none if there is no such function.
pub(crate) fn kind(path: &FunctionPath) -> Option<FunctionKind> {
    lookup(path).map(|(kind, _)| kind)
}

/// Runs the system function at `path` in `tx`.
///
/// Errors: as for user functions: not found, wrong kind, bad arguments.
pub(crate) fn run(
    execution: &mut Execution<'_>,
    tx: &mut Transaction,
    path: &FunctionPath,
    wanted: FunctionKind,
    args: &Value,
) -> Result<Returned, CallFailure> {
    let Some((kind, function)) = lookup(path) else { return Err(not_found(path, false).into()) };
    if kind != wanted {
        let (wanted, actual) = (wanted.name(), kind.name());
        let text = format!("Trying to execute {path} as {wanted}, but it is defined as {actual}.");
        return Err(FunctionError::new(text).into());
    }
    let deployment = execution.deployment.clone();
    let Value::Object(args) = args else { return Err(FunctionError::new("The arguments must be an object.").into()) };
    let component = component(&deployment, path, args)?;
    let Some(namespace) = deployment.namespace(component) else { return Err(not_found(path, false).into()) };
    if kind == Mutation && deployment.unmounted.contains_key(component) {
        return Err(unmounted(component).into());
    }
    let mut ctx = SystemCtx { tx, namespace, component, args, deployment: &deployment, runtime: execution.runtime };
    let value = function(&mut ctx)?;
    Ok(Returned { value, journal: None })
}

/// The component that a call is for: the dashboard names it by its id among the arguments.
fn component<'a>(deployment: &'a Deployment, path: &'a FunctionPath, args: &Object) -> Result<&'a str, FunctionError> {
    let Some(Value::String(id)) = args.get("componentId") else { return Ok(&path.component) };
    let found = deployment.component_with_id(id);
    found.ok_or_else(|| FunctionError::new(format!("There is no component with the id {id:?}.")))
}

/// The data of a component that is not part of the app is kept as it is.
pub(crate) fn unmounted(component: &str) -> FunctionError {
    let mut error = FunctionError::new(format!(
        "The component \"{component}\" is unmounted: its data can be read, but not changed. Install it again to use it."
    ));
    error.code = Some("UnmountedComponent");
    error
}

fn lookup(path: &FunctionPath) -> Option<(FunctionKind, SystemFunction)> {
    let found = TABLE.iter().find(|(module, export, ..)| *module == path.module && *export == path.export);
    found.map(|(_, _, kind, function)| (*kind, *function))
}

impl SystemCtx<'_> {
    /// The text argument `name`.
    fn text(&self, name: &str) -> Result<&str, FunctionError> {
        self.args
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| FunctionError::new(format!("ArgumentValidationError: `{name}` must be a string.")))
    }

    /// The field `field` of the object argument `name`; none when absent or null.
    fn option(&self, name: &str, field: &str) -> Option<&Value> {
        let value = self.args.get(name)?.as_object()?.get(field)?;
        (!matches!(value, Value::Null)).then_some(value)
    }
}

/// An object from its fields.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(crate::deploy::tables::object(fields))
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

/// A JSON value that holds nothing but plain data, such as a validator.
fn from_json(json: &serde_json::Value) -> Result<Value, CallFailure> {
    Value::from_json(json).map_err(|error| FunctionError::new(error.to_string()).into())
}

#[cfg(test)]
pub(crate) mod tests;
