//! Evaluates `convex.config.js`: the app's definition and those of the components it installs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use js::{ModuleSource, Phase};
use serde_json::{Value as Json, json};
use value::Validator;

use super::errors::bad_request;
use super::evaluate::{EnvAccess, Evaluator, reported_mistake};
use super::{ModuleInput, PushRequest, probes};
use crate::SystemError;
use crate::deployment::EnvDeclaration;

const MODULE: &str = "convex.config.js";

/// What a definition exports, as its JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionExport(pub Json);

impl DefinitionExport {
    /// The definition of an app that says nothing.
    fn empty_app() -> DefinitionExport {
        DefinitionExport(json!({
            "definitionType": { "type": "app" },
            "childComponents": [],
            "httpMounts": {},
            "exports": { "type": "branch", "branch": [] },
        }))
    }

    /// The variables the definition declares.
    ///
    /// Errors: 400 `InvalidEnvVarDeclaration` for a validator that is not string-like.
    pub(super) fn declared_env(&self) -> Result<Vec<EnvDeclaration>, SystemError> {
        let Some(entries) = self.0.get("envVars").and_then(Json::as_array) else { return Ok(Vec::new()) };
        let owner = match self.default_name() {
            None => "the app".to_owned(),
            Some(name) => format!("the component \"{name}\""),
        };
        entries.iter().map(|entry| declaration(entry, &owner)).collect()
    }

    /// The components it installs.
    pub(super) fn children(&self) -> &[Json] {
        self.0.get("childComponents").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The name that a component declares for itself.
    pub(super) fn default_name(&self) -> Option<&str> {
        self.0["definitionType"]["name"].as_str().or_else(|| self.0["name"].as_str())
    }
}

/// One definition to evaluate.
struct Pending<'a> {
    module: Option<&'a ModuleInput>,
    dependencies: &'a [String],
}

/// Evaluates every definition of a push, children first; returns them by definition path.
///
/// Errors: 400 `InvalidConvexConfig`, `CyclicImport`.
pub(super) fn evaluate_all(
    evaluator: &Evaluator,
    request: &PushRequest,
) -> Result<BTreeMap<String, DefinitionExport>, SystemError> {
    let mut pending: BTreeMap<&str, Pending<'_>> = BTreeMap::new();
    pending.insert("", Pending { module: request.app.definition.as_ref(), dependencies: &request.app.dependencies });
    for component in &request.components {
        let entry = Pending { module: Some(&component.definition), dependencies: &component.dependencies };
        pending.insert(&component.definition_path, entry);
    }
    let mut done = BTreeMap::new();
    evaluate_with_children(evaluator, "", &pending, &mut BTreeSet::new(), &mut done)?;
    Ok(done)
}

fn evaluate_with_children(
    evaluator: &Evaluator,
    path: &str,
    pending: &BTreeMap<&str, Pending<'_>>,
    entered: &mut BTreeSet<String>,
    done: &mut BTreeMap<String, DefinitionExport>,
) -> Result<(), SystemError> {
    if done.contains_key(path) {
        return Ok(());
    }
    if !entered.insert(path.to_owned()) {
        return Err(bad_request("CyclicImport", format!("The component definition {path:?} installs itself.")));
    }
    let Some(definition) = pending.get(path) else {
        return Err(bad_request("InvalidConvexConfig", format!("The push has no component definition {path:?}.")));
    };
    for dependency in definition.dependencies {
        evaluate_with_children(evaluator, dependency, pending, entered, done)?;
    }
    let export = match definition.module {
        None => DefinitionExport::empty_app(),
        Some(module) => evaluate(evaluator, path, module, definition.dependencies, done)?,
    };
    done.insert(path.to_owned(), export);
    Ok(())
}

fn evaluate(
    evaluator: &Evaluator,
    path: &str,
    module: &ModuleInput,
    dependencies: &[String],
    done: &BTreeMap<String, DefinitionExport>,
) -> Result<DefinitionExport, SystemError> {
    let place = if path.is_empty() { MODULE.to_owned() } else { format!("{path}/{MODULE}") };
    let heading = format!("Failed to evaluate {place}: ");
    let mut modules = vec![module.text.clone().into_module(MODULE)];
    modules.extend(dependencies.iter().map(|child| stand_in(child, &done[child])));
    let bundle = js::Bundle::compile(modules)
        .map_err(|error| super::analysis::compile_error(error, "InvalidConvexConfig", &heading))?;
    let report = evaluator
        .probe_seeing(EnvAccess::of(path), &Arc::new(bundle), MODULE, probes::DEFINITION, Phase::Definition)
        .map_err(|error| error.into_system_error("InvalidConvexConfig", &heading))?;
    if let Some(mistake) = reported_mistake(&report) {
        return Err(mistake);
    }
    let kind = report["definitionType"]["type"].as_str();
    let expected = if path.is_empty() { "app" } else { "childComponent" };
    if kind != Some(expected) {
        let message = format!("{heading}expected the definition of type {expected:?}, found {kind:?}.");
        return Err(bad_request("InvalidConvexConfig", message));
    }
    Ok(DefinitionExport(report))
}

/// The module that an import of a child's definition resolves to.
fn stand_in(child: &str, export: &DefinitionExport) -> ModuleSource {
    let name = URL_SAFE_NO_PAD.encode(child);
    let mut fields = json!({ "componentDefinitionPath": child });
    if let Some(name) = export.default_name() {
        fields["defaultName"] = name.into();
    }
    ModuleSource {
        // The specifier has no extension.
        path: format!("_componentDeps/{name}"),
        source: format!("export default {{ ...{fields}, export() {{ return {}; }} }};\n", export.0),
        source_map: None,
    }
}

fn declaration(entry: &Json, owner: &str) -> Result<EnvDeclaration, SystemError> {
    let name = entry[0].as_str().unwrap_or_default().to_owned();
    let validator = entry[1]["value"].as_str().and_then(|text| Validator::parse_json(text).ok());
    match validator {
        Some(validator) if is_string_like(&validator) => {
            Ok(EnvDeclaration { name, validator, optional: entry[1]["optional"].as_bool().unwrap_or(false) })
        }
        _ => Err(bad_request(
            "InvalidEnvVarDeclaration",
            format!(
                "Env var `{name}` on {owner} has a non-string validator. Component env vars must be declared with \
                 `v.string()`, `v.literal(\"...\")`, or a union of those."
            ),
        )),
    }
}

fn is_string_like(validator: &Validator) -> bool {
    match validator {
        Validator::String | Validator::Literal(value::Value::String(_)) => true,
        Validator::Union(members) => members.iter().all(is_string_like),
        _ => false,
    }
}
