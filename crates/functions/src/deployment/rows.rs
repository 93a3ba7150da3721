//! The deployment in the system tables.
//!
//! `_deployment` has one row with the counters and settings, `_modules` one row per module with its analysis, and
//! `_module_chunks` the sources, cut so that each row stays below the size limit of a document.
//! A change of the stored JSON needs a new reader here: rows written by older versions stay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use db::{Database, Namespace, Transaction};
use node::Dependency;
use serde::{Deserialize, Serialize};
use value::{DocumentId, Object, Validator, Value};

use super::{
    AnalyzedFunction, AuthProvider, ComponentCode, CronSchedule, CronSpec, Deployment, EnvBinding, EnvDeclaration,
    HttpRoute, ModuleEnvironment, Mount, StoredModule, instances,
};
use crate::deploy::sources;
use crate::deploy::tables::{self, MODULES, SETTINGS};
use crate::node_actions::NodeCode;
use crate::{FunctionKind, FunctionPath, Visibility};

/// Why the stored deployment could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("read the system tables")]
    Database(#[from] db::Error),
    #[error("the stored row of {what} cannot be read: {why}")]
    Malformed { what: String, why: String },
    #[error("compile the stored modules: {0}")]
    Compile(String),
}

impl LoadError {
    pub(crate) fn malformed(what: impl Into<String>, why: impl ToString) -> LoadError {
        LoadError::Malformed { what: what.into(), why: why.to_string() }
    }
}

/// The settings of the one `_deployment` row.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredSettings {
    udf_server_version: Option<String>,
    node_version: Option<String>,
    functions_folder: String,
    /// Absent in rows of older versions.
    #[serde(default)]
    import_ms: f64,
    auth_providers: Vec<serde_json::Value>,
    declared_env: Vec<StoredDeclaration>,
    /// The component instances. Absent in rows of older versions, which had the app alone.
    #[serde(default)]
    components: Vec<StoredComponent>,
    /// Name and version; absent in rows of older versions.
    #[serde(default)]
    node_dependencies: Vec<(String, String)>,
}

/// One component instance; its modules are stored with its definition.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredComponent {
    path: String,
    definition: String,
    namespace: u32,
    server_version: Option<String>,
    http_prefix: Option<String>,
    /// Prefix and child.
    http_mounts: Vec<(String, String)>,
    env: Vec<(String, StoredBinding)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StoredBinding {
    Value(String),
    Parent(String),
}

#[derive(Serialize, Deserialize)]
struct StoredDeclaration {
    name: String,
    validator: serde_json::Value,
    optional: bool,
}

/// What analysis found in one module, as stored.
#[derive(Default, Serialize, Deserialize)]
struct StoredAnalysis {
    functions: Vec<StoredFunction>,
    #[serde(default)]
    routes: Vec<(String, String)>,
    #[serde(default)]
    crons: Vec<StoredCron>,
}

#[derive(Serialize, Deserialize)]
struct StoredFunction {
    name: String,
    kind: String,
    visibility: Option<String>,
    args: Option<serde_json::Value>,
    returns: Option<serde_json::Value>,
    line: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct StoredCron {
    identifier: String,
    path: String,
    args: String,
    schedule: serde_json::Value,
}

/// The counters of the `_deployment` row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub version: u64,
    pub generation: u64,
}

/// One module with its analysis, as stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredModuleRow {
    /// Path of the component definition; older versions had the app's only, under another name.
    #[serde(alias = "component")]
    definition: String,
    pub path: String,
    environment: String,
    hash: String,
    chunks: Vec<String>,
    analysis: StoredAnalysis,
}

/// A deployment without its counters and environment: what a pending push keeps until it finishes.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredCode {
    settings: StoredSettings,
    modules: Vec<StoredModuleRow>,
}

/// Reads and compiles everything.
pub(super) fn load(database: &Database) -> Result<Deployment, LoadError> {
    let mut tx = tables::begin_unlimited(database, db::BeginAt::Durable)?;
    let env = Arc::new(crate::environment::read_all(&mut tx)?);
    let Some(row) = tables::first(&mut tx, SETTINGS)? else {
        return Ok(Deployment { env, ..Deployment::empty() });
    };
    let counters = read_counters(&row.value)?;
    let settings = serde_json::from_str(text(&row.value, "settings", SETTINGS)?)
        .map_err(|error| LoadError::malformed(SETTINGS, error))?;
    let modules = module_rows(&mut tx)?.into_iter().map(|(_, row)| row).collect();
    let mut deployment = StoredCode { settings, modules }.compile(&mut tx, counters.generation)?;
    deployment.version = counters.version;
    deployment.env_generation = counters.version;
    deployment.env = env;
    deployment.unmounted = unmounted(&mut tx)?;
    Ok(deployment)
}

/// The instances that are unmounted, as `tx` sees them.
pub(crate) fn unmounted(tx: &mut Transaction) -> Result<BTreeMap<String, Namespace>, LoadError> {
    let instances = instances::read(tx)?.into_values();
    let unmounted = instances.filter(|instance| instance.state == instances::InstanceState::Unmounted);
    Ok(unmounted.map(|instance| (instance.path, instance.namespace)).collect())
}

/// The counters as `tx` sees them; zero before the first push.
pub(crate) fn counters(tx: &mut Transaction) -> Result<Counters, LoadError> {
    match tables::first(tx, SETTINGS)? {
        None => Ok(Counters::default()),
        Some(row) => read_counters(&row.value),
    }
}

/// All rows of `_modules` with their ids.
pub(crate) fn module_rows(tx: &mut Transaction) -> Result<Vec<(DocumentId, StoredModuleRow)>, LoadError> {
    tables::all(tx, MODULES)?.iter().map(|row| Ok((row.id, read_module(&row.value)?))).collect()
}

/// Writes the counters and settings of `deployment` into the one row.
pub(crate) fn write_settings(tx: &mut Transaction, deployment: &Deployment) -> Result<(), db::Error> {
    let row = tables::object([
        ("version", Value::Int64(deployment.version as i64)),
        ("generation", Value::Int64(deployment.generation as i64)),
        ("settings", Value::String(to_text(&StoredSettings::of(deployment)))),
    ]);
    match tables::first(tx, SETTINGS)? {
        Some(old) => tx.replace(Namespace::ROOT, old.id, row).map(drop),
        None => tx.insert(Namespace::ROOT, SETTINGS, row).map(drop),
    }
}

/// Puts the modules of `deployment` in the place of those stored; returns the chunks nothing refers to any more.
pub(crate) fn replace_modules(tx: &mut Transaction, deployment: &Deployment) -> Result<Vec<DocumentId>, LoadError> {
    let mut dropped = BTreeSet::new();
    for (id, row) in module_rows(tx)? {
        dropped.extend(row.chunk_ids()?);
        tx.delete(Namespace::ROOT, id)?;
    }
    for row in StoredCode::of(deployment).modules {
        for id in row.chunk_ids()? {
            dropped.remove(&id);
        }
        tx.insert(Namespace::ROOT, MODULES, row.to_object())?;
    }
    Ok(dropped.into_iter().collect())
}

impl StoredSettings {
    fn of(deployment: &Deployment) -> StoredSettings {
        StoredSettings {
            udf_server_version: deployment.udf_server_version.clone(),
            node_version: deployment.node_version.clone(),
            functions_folder: deployment.functions_folder.clone(),
            import_ms: deployment.import_ms,
            auth_providers: deployment.auth_providers.iter().map(AuthProvider::to_json).collect(),
            declared_env: deployment.declared_env.iter().map(store_declaration).collect(),
            components: deployment.components.iter().map(|(path, code)| store_component(path, code)).collect(),
            node_dependencies: deployment.node_dependencies.iter().map(store_dependency).collect(),
        }
    }

    fn apply(self, deployment: &mut Deployment) -> Result<(), LoadError> {
        deployment.udf_server_version = self.udf_server_version;
        deployment.node_version = self.node_version;
        deployment.functions_folder = self.functions_folder;
        deployment.import_ms = self.import_ms;
        let providers: Result<Vec<_>, _> = self.auth_providers.iter().map(AuthProvider::from_json).collect();
        deployment.auth_providers = providers.map_err(|why| LoadError::malformed(SETTINGS, why))?.into();
        let declared: Result<Vec<_>, _> = self.declared_env.into_iter().map(load_declaration).collect();
        deployment.declared_env = declared?.into();
        let dependencies = self.node_dependencies.into_iter();
        deployment.node_dependencies = dependencies.map(|(name, version)| Dependency { name, version }).collect();
        Ok(())
    }
}

impl StoredCode {
    /// The stored form of `deployment`.
    pub fn of(deployment: &Deployment) -> StoredCode {
        let mut modules = Vec::new();
        let mut definitions = BTreeSet::new();
        for code in deployment.components.values().filter(|code| definitions.insert(&code.definition_path)) {
            modules.extend(code.modules.iter().map(|(path, module)| StoredModuleRow {
                definition: code.definition_path.clone(),
                path: path.clone(),
                environment: module.environment.name().to_owned(),
                hash: module.hash.clone(),
                chunks: module.chunks.iter().map(DocumentId::to_string).collect(),
                analysis: store_analysis(path, code),
            }));
        }
        StoredCode { settings: StoredSettings::of(deployment), modules }
    }

    /// Reads the sources and compiles them, once per definition.
    pub fn compile(mut self, tx: &mut Transaction, generation: u64) -> Result<Deployment, LoadError> {
        let mut deployment = Deployment { generation, ..Deployment::empty() };
        let mut components = std::mem::take(&mut self.settings.components);
        if components.is_empty() && generation > 0 {
            components.push(StoredComponent::default());
        }
        self.settings.apply(&mut deployment)?;
        let mut by_definition: BTreeMap<String, Vec<StoredModuleRow>> = BTreeMap::new();
        for row in self.modules {
            by_definition.entry(row.definition.clone()).or_default().push(row);
        }
        let mut definitions: BTreeMap<String, ComponentCode> = BTreeMap::new();
        for component in components {
            let code = match definitions.get(&component.definition) {
                Some(code) => code.clone(),
                None => {
                    let rows = by_definition.remove(&component.definition).unwrap_or_default();
                    let code = load_component(tx, rows, deployment.import_ms)?;
                    definitions.insert(component.definition.clone(), code.clone());
                    code
                }
            };
            let (path, code) = component.mount(code);
            deployment.components.insert(path, Arc::new(code));
        }
        let node = deployment.root().and_then(|root| NodeCode::of(root, &deployment));
        deployment.node = node;
        Ok(deployment)
    }

    /// Every chunk the modules refer to.
    pub fn chunk_ids(&self) -> Result<Vec<DocumentId>, LoadError> {
        self.modules.iter().map(StoredModuleRow::chunk_ids).collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
    }
}

impl StoredComponent {
    /// The instance of a definition's code.
    fn mount(self, mut code: ComponentCode) -> (String, ComponentCode) {
        code.definition_path = self.definition;
        code.namespace = Namespace(self.namespace);
        let env = self.env.into_iter().map(|(name, binding)| {
            let binding = match binding {
                StoredBinding::Value(value) => EnvBinding::Value(value),
                StoredBinding::Parent(name) => EnvBinding::Parent(name),
            };
            (name, binding)
        });
        code.mount = Mount {
            env: env.collect(),
            server_version: self.server_version,
            http_prefix: self.http_prefix,
            http_mounts: self.http_mounts.into_iter().collect(),
        };
        (self.path, code)
    }
}

impl StoredModuleRow {
    pub fn chunk_ids(&self) -> Result<Vec<DocumentId>, LoadError> {
        let ids: Result<Vec<DocumentId>, _> = self.chunks.iter().map(|id| id.parse()).collect();
        ids.map_err(|_| LoadError::malformed(&self.path, "a chunk id is malformed"))
    }

    fn to_object(&self) -> Object {
        let text = |text: &String| Value::String(text.clone());
        tables::object([
            ("definition", text(&self.definition)),
            ("path", text(&self.path)),
            ("environment", text(&self.environment)),
            ("hash", text(&self.hash)),
            ("analysis", Value::String(to_text(&self.analysis))),
            ("chunks", Value::Array(self.chunks.iter().map(text).collect())),
        ])
    }
}

fn store_component(path: &str, code: &ComponentCode) -> StoredComponent {
    let Mount { env, server_version, http_prefix, http_mounts } = code.mount.clone();
    let env = env.into_iter().map(|(name, binding)| {
        let binding = match binding {
            EnvBinding::Value(value) => StoredBinding::Value(value),
            EnvBinding::Parent(name) => StoredBinding::Parent(name),
        };
        (name, binding)
    });
    StoredComponent {
        path: path.to_owned(),
        definition: code.definition_path.clone(),
        namespace: code.namespace.0,
        server_version,
        http_prefix,
        http_mounts: http_mounts.into_iter().collect(),
        env: env.collect(),
    }
}

fn to_text(json: &impl Serialize) -> String {
    serde_json::to_string(json).expect("plain structs of strings and JSON serialize")
}

fn read_counters(row: &Object) -> Result<Counters, LoadError> {
    let count = |name: &str| match row.get(name) {
        Some(Value::Int64(count)) => Ok(*count as u64),
        other => Err(LoadError::malformed(SETTINGS, format!("{name} is {other:?}"))),
    };
    Ok(Counters { version: count("version")?, generation: count("generation")? })
}

fn store_declaration(declaration: &EnvDeclaration) -> StoredDeclaration {
    StoredDeclaration {
        name: declaration.name.clone(),
        validator: declaration.validator.to_json(),
        optional: declaration.optional,
    }
}

fn store_dependency(dependency: &Dependency) -> (String, String) {
    (dependency.name.clone(), dependency.version.clone())
}

fn load_declaration(stored: StoredDeclaration) -> Result<EnvDeclaration, LoadError> {
    let validator = load_validator(&stored.name, &stored.validator)?;
    Ok(EnvDeclaration { name: stored.name, validator, optional: stored.optional })
}

fn load_validator(what: &str, json: &serde_json::Value) -> Result<Validator, LoadError> {
    Validator::from_json(json).map_err(|error| LoadError::malformed(what, error))
}

fn text<'a>(row: &'a Object, name: &str, what: &str) -> Result<&'a str, LoadError> {
    match row.get(name) {
        Some(Value::String(text)) => Ok(text),
        other => Err(LoadError::malformed(what, format!("{name} is {other:?}"))),
    }
}

fn read_module(row: &Object) -> Result<StoredModuleRow, LoadError> {
    let path = text(row, "path", MODULES)?.to_owned();
    let analysis =
        serde_json::from_str(text(row, "analysis", &path)?).map_err(|error| LoadError::malformed(&path, error))?;
    let chunks = match row.get("chunks") {
        Some(Value::Array(ids)) => ids.iter().filter_map(|id| Some(id.as_str()?.to_owned())).collect(),
        other => return Err(LoadError::malformed(&path, format!("chunks are {other:?}"))),
    };
    // Rows of older versions name it otherwise.
    let definition = if row.get("definition").is_some() { "definition" } else { "component" };
    Ok(StoredModuleRow {
        definition: text(row, definition, &path)?.to_owned(),
        environment: text(row, "environment", &path)?.to_owned(),
        hash: text(row, "hash", &path)?.to_owned(),
        chunks,
        analysis,
        path,
    })
}

fn load_component(
    tx: &mut Transaction,
    rows: Vec<StoredModuleRow>,
    import_ms: f64,
) -> Result<ComponentCode, LoadError> {
    let mut modules = Vec::with_capacity(rows.len());
    let mut sources = Vec::with_capacity(rows.len());
    for row in rows {
        let environment = ModuleEnvironment::parse(&row.environment)
            .ok_or_else(|| LoadError::malformed(&row.path, &row.environment))?;
        let module = StoredModule { environment, hash: row.hash.clone(), chunks: row.chunk_ids()? };
        if environment == ModuleEnvironment::Isolate {
            let stored = sources::read(tx, &module.chunks).map_err(|error| LoadError::malformed(&row.path, error))?;
            sources.push(stored.into_module(&row.path));
        }
        modules.push((row.path, module, row.analysis));
    }
    let mut code = ComponentCode::empty(compile(sources, import_ms)?);
    for (path, module, analysis) in modules {
        load_analysis(&path, analysis, &mut code)?;
        code.modules.insert(path, module);
    }
    Ok(code)
}

fn compile(sources: Vec<js::ModuleSource>, import_ms: f64) -> Result<Arc<js::Bundle>, LoadError> {
    let bundle = js::Bundle::compile(sources).map_err(|error| LoadError::Compile(error.to_string()))?;
    Ok(Arc::new(bundle.with_import_time(import_ms)))
}

fn load_analysis(path: &str, analysis: StoredAnalysis, code: &mut ComponentCode) -> Result<(), LoadError> {
    let functions: Result<Vec<_>, _> = analysis.functions.into_iter().map(load_function).collect();
    if !path.starts_with("_deps/") {
        code.functions.insert(path.to_owned(), functions?);
    }
    code.http_routes.extend(analysis.routes.into_iter().map(|(path, method)| HttpRoute { path, method }));
    for cron in analysis.crons {
        let schedule = CronSchedule::from_json(&cron.schedule)
            .ok_or_else(|| LoadError::malformed(path, format!("the schedule of {}", cron.identifier)))?;
        let target = FunctionPath::parse(&cron.path).map_err(|error| LoadError::malformed(path, error))?;
        code.crons.push(CronSpec { identifier: cron.identifier, path: target, args: cron.args, schedule });
    }
    Ok(())
}

fn load_function(stored: StoredFunction) -> Result<AnalyzedFunction, LoadError> {
    let kind = match stored.kind.as_str() {
        "Query" => FunctionKind::Query,
        "Mutation" => FunctionKind::Mutation,
        "Action" => FunctionKind::Action,
        other => return Err(LoadError::malformed(stored.name, format!("kind {other}"))),
    };
    let visibility = match stored.visibility.as_deref() {
        None => None,
        Some("public") => Some(Visibility::Public),
        Some("internal") => Some(Visibility::Internal),
        Some(other) => return Err(LoadError::malformed(stored.name, format!("visibility {other}"))),
    };
    let validator = |json: Option<serde_json::Value>| json.map(|json| load_validator(&stored.name, &json)).transpose();
    let (args, returns) = (validator(stored.args)?, validator(stored.returns)?);
    Ok(AnalyzedFunction { name: stored.name, kind, visibility, args, returns, line: stored.line })
}

fn store_analysis(path: &str, code: &ComponentCode) -> StoredAnalysis {
    let functions = code.functions.get(path).map(Vec::as_slice).unwrap_or_default();
    let mut stored = StoredAnalysis { functions: functions.iter().map(store_function).collect(), ..Default::default() };
    if path == "http.js" {
        stored.routes = code.http_routes.iter().map(|route| (route.path.clone(), route.method.clone())).collect();
    }
    if path == "crons.js" {
        stored.crons = code.crons.iter().map(store_cron).collect();
    }
    stored
}

fn store_function(function: &AnalyzedFunction) -> StoredFunction {
    StoredFunction {
        name: function.name.clone(),
        kind: function.kind.name().to_owned(),
        visibility: function.visibility.map(|visibility| visibility_name(visibility).to_owned()),
        args: function.args.as_ref().map(Validator::to_json),
        returns: function.returns.as_ref().map(Validator::to_json),
        line: function.line,
    }
}

fn store_cron(cron: &CronSpec) -> StoredCron {
    StoredCron {
        identifier: cron.identifier.clone(),
        path: cron.path.to_string(),
        args: cron.args.clone(),
        schedule: cron.schedule.to_json(),
    }
}

/// The name of a visibility in stored rows and in push messages.
pub(crate) fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Internal => "internal",
    }
}
