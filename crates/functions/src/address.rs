//! How operations name a function: by path, by reference, by handle.

use serde::Deserialize;

use crate::{Deployment, FunctionPath};

const HANDLE_PREFIX: &str = "function://";

/// The ways to name a function in an operation's arguments.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address {
    pub name: Option<String>,
    pub reference: Option<String>,
    pub function_handle: Option<String>,
}

impl Address {
    /// The function that a caller inside `component` means.
    ///
    /// Errors: what is wrong with the address, as a sentence.
    pub fn resolve(&self, component: &str) -> Result<FunctionPath, String> {
        let parse =
            |text: &str, component: &str| FunctionPath::parse_in(text, component).map_err(|error| error.to_string());
        match (&self.name, &self.reference, &self.function_handle) {
            (Some(name), None, None) => parse(name, component),
            (None, Some(reference), None) => match reference.strip_prefix("_reference/function/") {
                Some(path) => parse(path, component),
                None => Err(format!("Couldn't resolve {reference}: this app has no such component.")),
            },
            (None, None, Some(handle)) => {
                let (component, path) =
                    decode_handle(handle).ok_or_else(|| format!("{handle} is not a valid function handle."))?;
                parse(&path, &component)
            }
            _ => Err("Exactly one of `name`, `reference` and `functionHandle` must name the function.".into()),
        }
    }
}

/// The handle of the function at `path`.
///
/// Errors: there is no such function.
pub(crate) fn handle_of(deployment: &Deployment, path: &FunctionPath) -> Result<String, String> {
    if deployment.function(path).is_none() {
        return Err(missing_text(deployment, path));
    }
    let opaque = hex::encode(format!("{}|{path}", path.component));
    Ok(format!("{HANDLE_PREFIX}{opaque}#{}", path.display_name()))
}

/// Tells a missing export from a missing module.
pub(crate) fn missing_text(deployment: &Deployment, path: &FunctionPath) -> String {
    let has_module = deployment.component(&path.component).is_some_and(|c| c.functions.contains_key(&path.module));
    if has_module {
        return format!("Couldn't find \"{}\" in module \"{}\".", path.export, path.module);
    }
    format!("Couldn't find JavaScript module '{}'. Did you forget to run `npx convex dev`?", path.module)
}

/// The component and function path inside a handle.
fn decode_handle(handle: &str) -> Option<(String, String)> {
    let opaque = handle.strip_prefix(HANDLE_PREFIX)?;
    let opaque = opaque.split('#').next().unwrap_or(opaque);
    let text = String::from_utf8(hex::decode(opaque).ok()?).ok()?;
    let (component, path) = text.split_once('|')?;
    Some((component.to_owned(), path.to_owned()))
}
