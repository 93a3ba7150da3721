//! How operations name a function: by path, by reference, by handle.

use db::Namespace;
use serde::Deserialize;

use crate::deployment::child_path;
use crate::handles::HandleKey;
use crate::{Deployment, FunctionPath, Visibility};

/// The ways to name a function in an operation's arguments.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address {
    pub name: Option<String>,
    pub reference: Option<String>,
    pub function_handle: Option<String>,
}

/// What addresses are looked up in.
#[derive(Clone, Copy)]
pub(crate) struct Resolver<'a> {
    pub deployment: &'a Deployment,
    pub handles: &'a HandleKey,
    /// The component that the caller is in.
    pub component: &'a str,
}

impl Resolver<'_> {
    /// The function that the caller means. A name or a handle may lead to one that does not exist; a reference to a
    /// child leads to its public functions only.
    ///
    /// Errors: what is wrong with the address, as a sentence.
    pub fn resolve(&self, address: &Address) -> Result<FunctionPath, String> {
        match (&address.name, &address.reference, &address.function_handle) {
            (Some(name), None, None) => self.own(name),
            (None, Some(reference), None) => self.reference(reference),
            (None, None, Some(handle)) => self.handle(handle),
            _ => Err("Exactly one of `name`, `reference` and `functionHandle` must name the function.".into()),
        }
    }

    /// The handle of the function that the caller means; a handle stays as it is.
    ///
    /// Errors: there is no such function.
    pub fn create_handle(&self, address: &Address) -> Result<String, String> {
        let path = self.resolve(address)?;
        if self.deployment.function(&path).is_none() {
            return Err(missing_text(self.deployment, &path));
        }
        if let Some(handle) = &address.function_handle {
            return Ok(handle.clone());
        }
        let namespace = self.deployment.namespace(&path.component).unwrap_or(Namespace::ROOT);
        Ok(self.handles.issue(namespace, &path))
    }

    fn own(&self, name: &str) -> Result<FunctionPath, String> {
        FunctionPath::parse_in(name, self.component).map_err(|error| error.to_string())
    }

    fn reference(&self, reference: &str) -> Result<FunctionPath, String> {
        let Some((kind, rest)) = reference.strip_prefix("_reference/").and_then(|rest| rest.split_once('/')) else {
            return Err(format!("Couldn't resolve {reference}: it is not a reference to a function."));
        };
        match kind {
            "function" => self.own(rest),
            "childComponent" => self.child_function(rest),
            "componentArgument" => {
                Err(format!("Couldn't resolve {reference}: the component has no argument {rest:?}."))
            }
            _ => Err(format!("Couldn't resolve {reference}: functions cannot use references of this kind.")),
        }
    }

    /// `rest` is the child's name, the path of the module and the function's name, joined by slashes.
    fn child_function(&self, rest: &str) -> Result<FunctionPath, String> {
        let shown = format!("components.{}", rest.replace('/', "."));
        let parts = rest.split_once('/').and_then(|(child, path)| Some((child, path.rsplit_once('/')?)));
        let Some((child, (module, export))) = parts else {
            return Err(format!("Couldn't resolve {shown}: name a component, a module and a function."));
        };
        let component = child_path(self.component, child);
        if self.deployment.component(&component).is_none() {
            let place =
                if self.component.is_empty() { "app".into() } else { format!("component \"{}\"", self.component) };
            return Err(format!("Couldn't resolve {shown}: the {place} has no component \"{child}\"."));
        }
        let path = FunctionPath::parse_in(&format!("{module}:{export}"), &component)
            .map_err(|error| format!("Couldn't resolve {shown}: {error}"))?;
        let function = self.deployment.function(&path);
        match function.and_then(|function| function.visibility) {
            Some(Visibility::Public) => Ok(path),
            // Whether there is an internal one is nobody's business outside.
            Some(Visibility::Internal) | None => Err(format!(
                "Couldn't resolve {shown}: the component \"{child}\" has no public function '{}'.",
                path.display_name()
            )),
        }
    }

    fn handle(&self, handle: &str) -> Result<FunctionPath, String> {
        let Some((namespace, name)) = self.handles.open(handle) else {
            return Err(format!("{handle} is not a valid function handle."));
        };
        let Some(component) = self.deployment.component_in(namespace) else {
            return Err(format!("The function handle {handle} belongs to a component that is not mounted any more."));
        };
        let path = FunctionPath::parse_in(&name, component).map_err(|error| error.to_string())?;
        match self.deployment.function(&path) {
            Some(_) => Ok(path),
            None => Err(format!("The function handle {handle} is stale: {}", missing_text(self.deployment, &path))),
        }
    }
}

/// Tells a missing export from a missing module.
pub(crate) fn missing_text(deployment: &Deployment, path: &FunctionPath) -> String {
    let has_module = deployment.component(&path.component).is_some_and(|c| c.functions.contains_key(&path.module));
    if deployment.unmounted.contains_key(&path.component) {
        return crate::system::unmounted(&path.component).detail;
    }
    if has_module {
        return format!("Couldn't find \"{}\" in module \"{}\".", path.export, path.module);
    }
    format!("Couldn't find JavaScript module '{}'. Did you forget to run `npx convex dev`?", path.module)
}
