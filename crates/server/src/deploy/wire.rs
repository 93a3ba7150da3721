//! The bodies of push requests, and their conversion to what `functions::deploy` takes. Unknown keys are ignored.

use std::collections::BTreeMap;

use functions::deploy::{
    AppDefinition, ComponentDefinition, FinishRequest, ModuleInput, NodeDependency, PushRequest, SchemaId, SourceText,
    UnchangedModule,
};
use functions::deployment::ModuleEnvironment;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::ApiError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HashesBody {
    pub admin_key: Option<String>,
}

/// The body of `start_push`, `evaluate_push` and `evaluate_schema`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushBody {
    pub admin_key: Option<String>,
    #[serde(default)]
    dry_run: bool,
    functions: String,
    app_definition: AppDefinitionBody,
    #[serde(default)]
    component_definitions: Vec<ComponentDefinitionBody>,
    #[serde(default)]
    node_dependencies: Vec<DependencyBody>,
    node_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppDefinitionBody {
    definition: Option<ModuleBody>,
    #[serde(default)]
    dependencies: Vec<String>,
    schema: Option<ModuleBody>,
    /// Older clients call it `functions`.
    #[serde(alias = "functions")]
    changed_modules: Vec<ModuleBody>,
    #[serde(default)]
    unchanged_module_hashes: Vec<UnchangedBody>,
    udf_server_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ComponentDefinitionBody {
    definition_path: String,
    definition: ModuleBody,
    #[serde(default)]
    dependencies: Vec<String>,
    schema: Option<ModuleBody>,
    #[serde(default)]
    functions: Vec<ModuleBody>,
    udf_server_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModuleBody {
    path: String,
    source: String,
    source_map: Option<String>,
    environment: Option<String>,
}

/// An external package at its exact version.
#[derive(Deserialize)]
struct DependencyBody {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct UnchangedBody {
    path: String,
    environment: String,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitBody {
    pub admin_key: Option<String>,
    pub schema_change: SchemaChangeBody,
    pub timeout_ms: Option<u64>,
    #[serde(default)]
    pub dry_run: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaChangeBody {
    #[serde(default)]
    schema_ids: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinishBody {
    pub admin_key: Option<String>,
    start_push: StartedBody,
    #[serde(default)]
    dry_run: bool,
    message: Option<String>,
}

/// What matters of the `start_push` response that comes back.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartedBody {
    environment_variables: BTreeMap<String, String>,
    component_definition_packages: BTreeMap<String, Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportBody {
    pub admin_key: Option<String>,
}

impl PushBody {
    /// Errors: 400 for a module environment that does not exist.
    pub fn into_request(self) -> Result<PushRequest, ApiError> {
        let components: Result<Vec<_>, _> = self.component_definitions.into_iter().map(component).collect();
        Ok(PushRequest {
            dry_run: self.dry_run,
            functions_folder: self.functions,
            app: app(self.app_definition)?,
            components: components?,
            node_dependencies: self.node_dependencies.into_iter().map(dependency).collect(),
            node_version: self.node_version,
        })
    }
}

impl SchemaChangeBody {
    /// The submitted schemas by component path.
    ///
    /// Errors: 400 for what is no schema id.
    pub fn ids(self) -> Result<BTreeMap<String, SchemaId>, ApiError> {
        let submitted = self.schema_ids.into_iter().filter_map(|(path, id)| Some((path, id?)));
        let parsed = submitted.map(|(path, id)| match id.parse() {
            Ok(parsed) => Ok((path, SchemaId(parsed))),
            Err(_) => Err(ApiError::bad_request("InvalidConfig", format!("{id:?} is not a schema id."))),
        });
        parsed.collect()
    }
}

impl FinishBody {
    /// Errors: 400 when the started push is not one of ours.
    pub fn into_request(self) -> Result<FinishRequest, ApiError> {
        let token = self.start_push.component_definition_packages.get("").and_then(Json::as_str);
        let token = token.ok_or_else(|| {
            ApiError::bad_request("InvalidConfig", "`startPush.componentDefinitionPackages` names no started push.")
        })?;
        Ok(FinishRequest {
            token: token.to_owned(),
            environment: self.start_push.environment_variables,
            dry_run: self.dry_run,
            message: self.message,
        })
    }
}

fn app(body: AppDefinitionBody) -> Result<AppDefinition, ApiError> {
    let unchanged: Result<Vec<_>, ApiError> = body
        .unchanged_module_hashes
        .into_iter()
        .map(|module| {
            let environment = environment(&module.environment)?;
            Ok(UnchangedModule { path: module.path, environment, hash: module.sha256 })
        })
        .collect();
    Ok(AppDefinition {
        definition: body.definition.map(module).transpose()?,
        dependencies: body.dependencies,
        schema: body.schema.map(module).transpose()?,
        changed: modules(body.changed_modules)?,
        unchanged: unchanged?,
        udf_server_version: body.udf_server_version,
    })
}

fn dependency(body: DependencyBody) -> NodeDependency {
    NodeDependency { name: body.name, version: body.version }
}

fn component(body: ComponentDefinitionBody) -> Result<ComponentDefinition, ApiError> {
    Ok(ComponentDefinition {
        definition_path: body.definition_path,
        definition: module(body.definition)?,
        dependencies: body.dependencies,
        schema: body.schema.map(module).transpose()?,
        functions: modules(body.functions)?,
        udf_server_version: body.udf_server_version,
    })
}

fn modules(bodies: Vec<ModuleBody>) -> Result<Vec<ModuleInput>, ApiError> {
    bodies.into_iter().map(module).collect()
}

fn module(body: ModuleBody) -> Result<ModuleInput, ApiError> {
    let environment = match &body.environment {
        None => ModuleEnvironment::Isolate,
        Some(name) => environment(name)?,
    };
    let text = SourceText { source: body.source, source_map: body.source_map };
    Ok(ModuleInput { path: body.path, text, environment })
}

fn environment(name: &str) -> Result<ModuleEnvironment, ApiError> {
    ModuleEnvironment::parse(name)
        .ok_or_else(|| ApiError::bad_request("InvalidModules", format!("There is no module environment {name:?}.")))
}
