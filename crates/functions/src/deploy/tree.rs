//! The tree of component instances that the definitions of a push ask for.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use value::Value;

use super::DefinitionExport;
use super::errors::bad_request;
use crate::SystemError;
use crate::deployment::{ComponentCode, EnvBinding, EnvDeclaration, Mount, child_path};
use crate::environment::NoTables;
use crate::limits::COMPONENTS_MAX;

/// The variables that definitions declare, by definition path.
pub(super) type Declared = BTreeMap<String, Vec<EnvDeclaration>>;

/// The instances of a push by component path.
#[derive(Clone, Debug, Default)]
pub struct MountTree(pub BTreeMap<String, PlannedMount>);

/// One instance.
#[derive(Clone, Debug)]
pub struct PlannedMount {
    pub definition_path: String,
    /// The names of its children, in the order of their installation.
    pub children: Vec<String>,
    pub mount: Mount,
}

/// What a child is called on the wire when a prefix leads to it.
const CHILD_REFERENCE: &str = "_reference/childComponent/";

impl MountTree {
    /// Follows the installed children from the app down.
    ///
    /// Errors: 400 `InvalidConvexConfig`.
    pub(super) fn build(
        definitions: &BTreeMap<String, DefinitionExport>,
        declared: &Declared,
    ) -> Result<MountTree, SystemError> {
        let mut tree = MountTree::default();
        let mut waiting = vec![(String::new(), String::new(), BTreeMap::new())];
        while let Some((path, definition_path, env)) = waiting.pop() {
            if tree.0.len() >= COMPONENTS_MAX {
                let message = format!("The app has more than {COMPONENTS_MAX} component instances.");
                return Err(bad_request("InvalidConvexConfig", message));
            }
            let export = &definitions[&definition_path];
            let mut children = Vec::new();
            for child in export.children() {
                let child = Child::read(child, &path)?;
                if children.contains(&child.name) {
                    let message = format!(
                        "{} installs two components with the name \"{}\". Give one another name.",
                        shown(&path),
                        child.name
                    );
                    return Err(bad_request("InvalidConvexConfig", message));
                }
                let Some(wanted) = declared.get(&child.definition_path) else {
                    let message = format!("The push has no component definition {:?}.", child.definition_path);
                    return Err(bad_request("InvalidConvexConfig", message));
                };
                check_bindings(&child, wanted)?;
                children.push(child.name.clone());
                waiting.push((child_path(&path, &child.name), child.definition_path, child.env));
            }
            let mount = Mount {
                env,
                server_version: None,
                http_prefix: read_own_prefix(export, &path)?,
                http_mounts: read_mounts(export, &path, &children)?,
            };
            tree.0.insert(path, PlannedMount { definition_path, children, mount });
        }
        Ok(tree)
    }

    /// Checks HTTP mounts against the routes beside and behind them.
    ///
    /// Errors: 400 `InvalidConvexConfig`.
    pub(super) fn check_routes<'c>(&self, code_of: impl Fn(&str) -> &'c ComponentCode) -> Result<(), SystemError> {
        for (path, planned) in &self.0 {
            let code = code_of(&planned.definition_path);
            let own_prefix = planned.mount.http_prefix.as_deref().unwrap_or_default().trim_end_matches('/');
            let prefix_routes = code.http_routes.iter().filter_map(|route| route.path.strip_suffix('*'));
            let prefix_routes: Vec<String> = prefix_routes.map(|route| format!("{own_prefix}{route}")).collect();
            for (prefix, child) in &planned.mount.http_mounts {
                let refused = |why: String| {
                    let text = format!("{} cannot mount \"{child}\" at {prefix}: {why}", shown(path));
                    Err(bad_request("InvalidConvexConfig", text))
                };
                let overlap = |other: &str| other.starts_with(prefix.as_str()) || prefix.starts_with(other);
                if let Some(route) = prefix_routes.iter().find(|route| overlap(route)) {
                    return refused(format!("its `http.js` has the overlapping route {route}*."));
                }
                let mut others = planned.mount.http_mounts.iter().filter(|(other, _)| *other != prefix);
                if let Some((other, sibling)) = others.find(|(other, _)| overlap(other)) {
                    return refused(format!("\"{sibling}\" is mounted at the overlapping {other}."));
                }
                let mounted = &self.0[&child_path(path, child)];
                if mounted.mount.http_mounts.is_empty() && !code_of(&mounted.definition_path).has_router() {
                    return refused(
                        "that component has no HTTP routes. Remove `httpPrefix`, or give it an `http.ts`.".into(),
                    );
                }
            }
        }
        Ok(())
    }
}

/// An installed component.
struct Child {
    name: String,
    definition_path: String,
    env: BTreeMap<String, EnvBinding>,
}

impl Child {
    fn read(json: &Json, parent: &str) -> Result<Child, SystemError> {
        let text = |field: &Json| field.as_str().map(str::to_owned);
        let (Some(name), Some(definition_path)) = (text(&json["name"]), text(&json["path"])) else {
            let message = format!("{} installs a component without a name or a definition: {json}", shown(parent));
            return Err(bad_request("InvalidConvexConfig", message));
        };
        if !value::is_identifier(&name) {
            let message = format!(
                "{} installs a component with the name {name:?}. Use letters, digits and underscores, and begin with a letter.",
                shown(parent)
            );
            return Err(bad_request("InvalidConvexConfig", message));
        }
        let mut env = BTreeMap::new();
        for entry in json["env"].as_array().into_iter().flatten() {
            let (bound, to) = (text(&entry[0]), &entry[1]);
            let binding = match to["type"].as_str() {
                Some("value") => text(&to["value"]).map(EnvBinding::Value),
                Some("envVar") => text(&to["name"]).map(EnvBinding::Parent),
                _ => None,
            };
            let (Some(bound), Some(binding)) = (bound, binding) else {
                let message =
                    format!("An environment variable given to the component \"{name}\" cannot be read: {entry}");
                return Err(bad_request("InvalidConvexConfig", message));
            };
            env.insert(bound, binding);
        }
        Ok(Child { name, definition_path, env })
    }
}

/// A component gets what it declares: all that is required, and nothing else.
fn check_bindings(child: &Child, declared: &[EnvDeclaration]) -> Result<(), SystemError> {
    let refused = |why: String| {
        Err(bad_request("InvalidConvexConfig", format!("The component \"{}\" cannot be installed: {why}", child.name)))
    };
    let missing = |declaration: &&EnvDeclaration| !declaration.optional && !child.env.contains_key(&declaration.name);
    if let Some(declaration) = declared.iter().find(missing) {
        return refused(format!(
            "it requires the environment variable `{0}`. Give it one with `env: {{ {0}: … }}`.",
            declaration.name
        ));
    }
    for (name, binding) in &child.env {
        let Some(declaration) = declared.iter().find(|declaration| declaration.name == *name) else {
            return refused(format!("it declares no environment variable `{name}`."));
        };
        let EnvBinding::Value(text) = binding else { continue };
        if let Err(why) = declaration.validator.check(&Value::String(text.clone()), &NoTables) {
            return refused(format!("the value of `{name}` does not match its declared validator: {why}"));
        }
    }
    Ok(())
}

/// Where the definition itself wants to be reached.
fn read_own_prefix(export: &DefinitionExport, path: &str) -> Result<Option<String>, SystemError> {
    match export.0.get("httpPrefix") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(prefix)) if is_prefix(prefix) => Ok(Some(prefix.clone())),
        Some(other) => {
            let message = format!(
                "{} has the httpPrefix {other}. A prefix begins and ends with a slash, as in \"/api/\".",
                shown(path)
            );
            Err(bad_request("InvalidConvexConfig", message))
        }
    }
}

fn is_prefix(text: &str) -> bool {
    text.starts_with('/') && text.ends_with('/') && !text.contains("//")
}

fn read_mounts(
    export: &DefinitionExport,
    path: &str,
    children: &[String],
) -> Result<BTreeMap<String, String>, SystemError> {
    let mut mounts = BTreeMap::new();
    for (prefix, reference) in export.0.get("httpMounts").and_then(Json::as_object).into_iter().flatten() {
        let child = reference.as_str().and_then(|text| text.strip_prefix(CHILD_REFERENCE));
        let child = child.filter(|child| children.iter().any(|name| name == child));
        match child {
            Some(child) if is_prefix(prefix) => mounts.insert(prefix.clone(), child.to_owned()),
            _ => {
                let message = format!(
                    "{} mounts {reference} at {prefix:?}. A prefix begins and ends with a slash and leads to an installed component.",
                    shown(path)
                );
                return Err(bad_request("InvalidConvexConfig", message));
            }
        };
    }
    Ok(mounts)
}

fn shown(path: &str) -> String {
    if path.is_empty() { "The app".into() } else { format!("The component \"{path}\"") }
}
