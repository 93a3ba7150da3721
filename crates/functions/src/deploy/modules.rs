//! The set of modules a push asks for: those it brings and those it leaves as they are.

use std::collections::BTreeMap;

use db::Transaction;
use value::DocumentId;

use super::errors::{bad_request, database_error};
use super::sources::{self, ReadError, SourceText};
use super::{ModuleInput, PushRequest, UnchangedModule, node_modules};
use crate::deployment::{Deployment, ModuleEnvironment, StoredModule};
use crate::path::canonical_module;
use crate::{ErrorKind, SystemError};

/// Bytes of all sources and maps of a push.
const MODULES_BYTES_MAX: usize = 230_000_000;

/// Node.js versions an app may ask for.
const NODE_VERSIONS: [&str; 3] = ["20", "22", "24"];

/// A module with its source, wherever it came from.
#[derive(Clone, Debug)]
pub(super) struct ResolvedModule {
    pub text: SourceText,
    pub hash: String,
    pub environment: ModuleEnvironment,
    /// Where the source is stored already.
    pub chunks: Option<Vec<DocumentId>>,
}

/// The modules of a push by definition path and module path.
pub(super) type PushedModules = BTreeMap<String, BTreeMap<String, ResolvedModule>>;

/// The modules of the app and of all components.
///
/// Errors: 409 when the push is built on modules the deployment does not have, 400 for what cannot be deployed.
pub(super) fn resolve(
    tx: &mut Transaction,
    current: &Deployment,
    request: &PushRequest,
) -> Result<PushedModules, SystemError> {
    check_node_version(request.node_version.as_deref())?;
    let stored = stored_modules(current, "");
    let mut modules = resolve_pushed(&request.app.changed, stored)?;
    for input in &request.app.unchanged {
        let path = check_path(&input.path)?;
        let known = stored.and_then(|modules| modules.get(&path));
        modules.insert(path, resolve_unchanged(tx, input, known)?);
    }
    node_modules::check(&modules)?;
    let mut all = PushedModules::from([(String::new(), modules)]);
    for component in &request.components {
        let path = &component.definition_path;
        let modules = resolve_pushed(&component.functions, stored_modules(current, path))?;
        check_component(path, &modules)?;
        if path.is_empty() || all.insert(path.clone(), modules).is_some() {
            let message = format!("The component definition {path:?} was pushed twice.");
            return Err(bad_request("InvalidConvexConfig", message));
        }
    }
    check_size(&all)?;
    Ok(all)
}

/// The modules that the deployment has of a definition.
fn stored_modules<'d>(current: &'d Deployment, definition: &str) -> Option<&'d BTreeMap<String, StoredModule>> {
    let mut instances = current.components.values();
    instances.find(|code| code.definition_path == definition).map(|code| &code.modules)
}

fn resolve_pushed(
    inputs: &[ModuleInput],
    stored: Option<&BTreeMap<String, StoredModule>>,
) -> Result<BTreeMap<String, ResolvedModule>, SystemError> {
    let mut modules = BTreeMap::new();
    for input in inputs {
        let path = check_path(&input.path)?;
        let known = stored.and_then(|modules| modules.get(&path));
        if modules.insert(path, resolve_changed(input, known)).is_some() {
            return Err(bad_request("InvalidModules", format!("The module {} was pushed twice.", input.path)));
        }
    }
    Ok(modules)
}

/// Components run in the default runtime only.
fn check_component(definition: &str, modules: &BTreeMap<String, ResolvedModule>) -> Result<(), SystemError> {
    let node = modules.iter().find(|(_, module)| module.environment == ModuleEnvironment::Node);
    let Some((path, _)) = node else { return Ok(()) };
    let message = format!(
        "{definition}/{path} says \"use node\", which components cannot: their functions run in the default runtime. \
         Remove the directive, or move the action into the app."
    );
    Err(bad_request("NodeActionsNotSupported", message))
}

fn resolve_changed(input: &ModuleInput, stored: Option<&StoredModule>) -> ResolvedModule {
    let hash = input.text.hash();
    let chunks = stored.filter(|module| module.hash == hash).map(|module| module.chunks.clone());
    ResolvedModule { text: input.text.clone(), hash, environment: input.environment, chunks }
}

fn resolve_unchanged(
    tx: &mut Transaction,
    input: &UnchangedModule,
    stored: Option<&StoredModule>,
) -> Result<ResolvedModule, SystemError> {
    let conflict = |code, why: &str| {
        let message = format!("The push leaves {} unchanged, but {why}. Push again.", input.path);
        SystemError::new(ErrorKind::Conflict, code, message)
    };
    let module = stored.ok_or_else(|| conflict("MissingExistingModule", "the deployment has no such module"))?;
    if module.hash != input.hash {
        return Err(conflict("ExistingModuleHashConflict", "the deployment has another version of it"));
    }
    if module.environment != input.environment {
        return Err(conflict("ExistingModuleEnvConflict", "it runs in another environment there"));
    }
    let text = sources::read(tx, &module.chunks).map_err(|error| match error {
        ReadError::Database(error) => database_error(error),
        // A concurrent push has replaced the module since the snapshot of the code was taken.
        ReadError::Damaged => conflict("MissingExistingModuleMetadata", "its source is gone"),
    })?;
    Ok(ResolvedModule {
        text,
        hash: module.hash.clone(),
        environment: module.environment,
        chunks: Some(module.chunks.clone()),
    })
}

/// Checks a module path; returns it in canonical form.
fn check_path(path: &str) -> Result<String, SystemError> {
    let refused = |why: String| {
        bad_request("BadConvexModuleIdentifier", format!("{path} is not a valid path to a module: {why}"))
    };
    let canonical = canonical_module(path).map_err(|error| refused(error.to_string()))?;
    let reserved =
        canonical.starts_with('_') && !canonical.starts_with("_deps/") && !canonical.starts_with("_generated/");
    if reserved {
        return Err(refused("paths that begin with an underscore are reserved.".into()));
    }
    Ok(canonical)
}

fn check_node_version(version: Option<&str>) -> Result<(), SystemError> {
    match version {
        Some(version) if !NODE_VERSIONS.contains(&version) => Err(bad_request(
            "NodeVersionNotSupported",
            format!("Node.js version {version:?} is not supported. Supported versions: {}.", NODE_VERSIONS.join(", ")),
        )),
        _ => Ok(()),
    }
}

fn check_size(modules: &PushedModules) -> Result<(), SystemError> {
    let bytes: usize = modules.values().flat_map(BTreeMap::values).map(|module| module.text.size()).sum();
    if bytes <= MODULES_BYTES_MAX {
        return Ok(());
    }
    let message = format!("The modules are too large together: {bytes} bytes, limit {MODULES_BYTES_MAX} bytes.");
    Err(bad_request("ModulesTooLarge", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_maps_together_have_a_limit() {
        let of = |source: usize, map: usize| -> PushedModules {
            let text = SourceText { source: "x".repeat(source), source_map: Some("x".repeat(map)) };
            let environment = ModuleEnvironment::Isolate;
            let module = ResolvedModule { text, hash: String::new(), environment, chunks: None };
            BTreeMap::from([(String::new(), BTreeMap::from([("app.js".to_owned(), module)]))])
        };
        let half = MODULES_BYTES_MAX / 2;
        assert!(check_size(&of(half, half)).is_ok());
        let error = check_size(&of(half, half + 1)).unwrap_err();
        assert_eq!(error.code, "ModulesTooLarge");
        let message = "The modules are too large together: 230000001 bytes, limit 230000000 bytes.";
        assert!(error.message.starts_with(message), "{}", error.message);
    }
}
