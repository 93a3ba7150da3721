//! Analysis of function modules: which functions, routes, jobs and providers they hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use js::{Bundle, JsError, Phase};
use serde::Deserialize;
use serde_json::Value as Json;
use value::Validator;

use super::definition::{self, DefinitionExport};
use super::errors::bad_request;
use super::evaluate::{EnvAccess, EvaluationError, Evaluator, reported_mistake};
use super::modules::{PushedModules, ResolvedModule};
use super::schema::{self, EvaluatedSchema};
use super::tree::{Declared, MountTree};
use super::{PushRequest, auth_urls, node_modules, probes};
use crate::deployment::{
    AnalyzedFunction, AuthProvider, ComponentCode, CronSchedule, CronSpec, EnvDeclaration, HttpRoute,
    ModuleEnvironment, StoredModule,
};
use crate::{FunctionKind, FunctionPath, SystemError, Visibility};

/// Bytes of a cron job's arguments.
const CRON_ARGS_BYTES_MAX: usize = 1 << 20;

/// The module that holds the identity providers.
pub(crate) const AUTH_MODULE: &str = "auth.config.js";

/// Everything the evaluation of a push found.
pub struct AppAnalysis {
    pub definitions: BTreeMap<String, DefinitionExport>,
    /// The app's schema.
    pub schema: Option<EvaluatedSchema>,
    /// The app's code.
    pub code: ComponentCode,
    pub auth_providers: Vec<AuthProvider>,
    /// The variables that the app declares.
    pub declared_env: Vec<EnvDeclaration>,
    /// By definition path.
    pub components: BTreeMap<String, ComponentAnalysis>,
    /// Which definition is mounted where.
    pub tree: MountTree,
    /// Names the set of external packages for Node.js, when there are any.
    pub external_deps_id: Option<String>,
    /// What `Math.random` was seeded with and the time that was shown while modules were imported.
    pub import_conditions: ([u8; 32], f64),
}

/// What the evaluation of a component found.
pub struct ComponentAnalysis {
    pub schema: Option<EvaluatedSchema>,
    pub code: ComponentCode,
    pub udf_server_version: String,
}

impl AppAnalysis {
    /// The code of a definition.
    pub fn code_of(&self, definition: &str) -> &ComponentCode {
        self.components.get(definition).map_or(&self.code, |component| &component.code)
    }

    /// The schema of a definition.
    pub fn schema_of(&self, definition: &str) -> Option<&EvaluatedSchema> {
        match self.components.get(definition) {
            Some(component) => component.schema.as_ref(),
            None => self.schema.as_ref(),
        }
    }
}

/// Evaluates definitions, schemas, modules and providers, in that order.
pub(super) fn analyse(
    evaluator: &Evaluator,
    request: &PushRequest,
    modules: &PushedModules,
) -> Result<AppAnalysis, SystemError> {
    let definitions = definition::evaluate_all(evaluator, request)?;
    let mut declared = definitions
        .iter()
        .map(|(path, export)| Ok((path.clone(), export.declared_env()?)))
        .collect::<Result<Declared, SystemError>>()?;
    let tree = MountTree::build(&definitions, &declared)?;
    let schema = request.app.schema.as_ref().map(|module| schema::evaluate(evaluator, module)).transpose()?;
    let mut components = BTreeMap::new();
    for component in &request.components {
        // Imported, perhaps, and installed nowhere.
        if !definitions.contains_key(&component.definition_path) {
            continue;
        }
        let path = &component.definition_path;
        let schema = component.schema.as_ref().map(|module| schema::evaluate(evaluator, module)).transpose()?;
        let code = analyse_modules(evaluator, path, &modules[path], || Ok(BTreeMap::new()))?;
        let udf_server_version = component.udf_server_version.clone();
        components.insert(path.clone(), ComponentAnalysis { schema, code, udf_server_version });
    }
    let mut external_deps_id = None;
    let code = analyse_modules(evaluator, "", &modules[""], || {
        let node = node_modules::analyse(evaluator, request, &modules[""])?;
        external_deps_id = node.external_deps_id;
        Ok(node.functions)
    })?;
    let auth_providers = match modules[""].contains_key(AUTH_MODULE) {
        true => evaluate_auth(evaluator, &code.bundle)?,
        false => Vec::new(),
    };
    tree.check_routes(|definition| components.get(definition).map_or(&code, |component| &component.code))?;
    let import_conditions = evaluator.import_conditions();
    let declared_env = declared.remove("").unwrap_or_default();
    Ok(AppAnalysis {
        definitions,
        schema,
        code,
        auth_providers,
        declared_env,
        components,
        tree,
        external_deps_id,
        import_conditions,
    })
}

/// The failure to compile a module, under `code`.
pub(super) fn compile_error(error: JsError, code: &'static str, heading: &str) -> SystemError {
    EvaluationError { cause: error, log_lines: Vec::new() }.into_system_error(code, heading)
}

pub(super) const HEADING: &str = "The pushed modules could not be loaded:\n";

/// The module `path` of a definition, as failures name it.
fn place(definition: &str, path: &str) -> String {
    if definition.is_empty() { path.to_owned() } else { format!("{definition}/{path}") }
}

fn analyse_modules(
    evaluator: &Evaluator,
    definition: &str,
    modules: &BTreeMap<String, ResolvedModule>,
    node_functions: impl FnOnce() -> Result<BTreeMap<String, Vec<AnalyzedFunction>>, SystemError>,
) -> Result<ComponentCode, SystemError> {
    let isolate = || modules.iter().filter(|(_, module)| module.environment == ModuleEnvironment::Isolate);
    let sources = isolate().map(|(path, module)| module.text.clone().into_module(path)).collect();
    let bundle = Bundle::compile(sources).map_err(|error| compile_error(error, "InvalidModules", HEADING))?;
    let mut code = ComponentCode::empty(Arc::new(bundle));
    code.definition_path = definition.to_owned();
    code.modules = modules.iter().map(|(path, module)| (path.clone(), stored(module))).collect();
    let bundle = code.bundle.clone();
    let probe = |path: &str, source| probe(evaluator, &bundle, definition, path, source);
    let entries = isolate().map(|(path, _)| path);
    for path in entries.filter(|path| !path.starts_with("_deps/") && *path != AUTH_MODULE) {
        let place = place(definition, path);
        let reported = serde_json::from_value(probe(path, probes::FUNCTIONS)?).map_err(|why| invalid(&place, why))?;
        code.functions.insert(path.clone(), read_functions(&place, reported)?);
    }
    code.functions.extend(node_functions()?);
    if modules.contains_key("http.js") {
        code.http_routes = read_routes(&place(definition, "http.js"), probe("http.js", probes::ROUTES)?)?;
    }
    if modules.contains_key("crons.js") {
        code.crons = read_crons(&place(definition, "crons.js"), probe("crons.js", probes::CRONS)?, &code)?;
    }
    Ok(code)
}

fn stored(module: &ResolvedModule) -> StoredModule {
    StoredModule {
        environment: module.environment,
        hash: module.hash.clone(),
        chunks: module.chunks.clone().unwrap_or_default(),
    }
}

fn probe(
    evaluator: &Evaluator,
    bundle: &Arc<Bundle>,
    definition: &str,
    path: &str,
    probe: &str,
) -> Result<Json, SystemError> {
    let heading = format!("{HEADING}Failed to analyze {}: ", place(definition, path));
    let report = evaluator
        .probe_seeing(EnvAccess::of(definition), bundle, path, probe, Phase::Import)
        .map_err(|error| error.into_system_error("InvalidModules", &heading))?;
    match reported_mistake(&report) {
        Some(mistake) => Err(mistake),
        None => Ok(report),
    }
}

/// Refuses the module at `path` for what its functions declare.
fn invalid(path: &str, why: impl std::fmt::Display) -> SystemError {
    bad_request("InvalidModules", format!("{HEADING}Failed to analyze {path}: {why}"))
}

/// A function as its registration describes it.
#[derive(Deserialize)]
pub(super) struct ReportedFunction {
    pub name: String,
    pub kind: String,
    pub visibility: Option<String>,
    pub args: Option<Json>,
    pub returns: Option<Json>,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// Checks what the functions of the module at `path` declare.
pub(super) fn read_functions(
    path: &str,
    mut reported: Vec<ReportedFunction>,
) -> Result<Vec<AnalyzedFunction>, SystemError> {
    // Namespaces list exports by name; people expect them in the order of the file.
    reported.sort_by_key(|function| (function.line, function.column));
    reported.into_iter().map(|function| read_function(path, function)).collect()
}

fn read_function(path: &str, reported: ReportedFunction) -> Result<AnalyzedFunction, SystemError> {
    check_name(path, &reported.name)?;
    let kind = match reported.kind.as_str() {
        "Query" => FunctionKind::Query,
        "Mutation" => FunctionKind::Mutation,
        _ => FunctionKind::Action,
    };
    let visibility = reported.visibility.map(|name| match name.as_str() {
        "public" => Visibility::Public,
        _ => Visibility::Internal,
    });
    let args = match read_validator(path, "exportArgs", reported.args)? {
        None | Some(Validator::Any) => None,
        Some(validator @ Validator::Object(_)) => Some(validator),
        Some(_) => return Err(invalid(path, "Args validator must be an object or any")),
    };
    let returns = read_validator(path, "exportReturns", reported.returns)?;
    Ok(AnalyzedFunction { name: reported.name, kind, visibility, args, returns, line: reported.line })
}

fn check_name(path: &str, name: &str) -> Result<(), SystemError> {
    if value::is_identifier(name) {
        return Ok(());
    }
    let message =
        format!("{HEADING}{path}: {name:?} is not a valid function name. Use letters, digits and underscores.");
    Err(bad_request("InvalidFunctionName", message))
}

fn read_validator(path: &str, method: &str, text: Option<Json>) -> Result<Option<Validator>, SystemError> {
    let unreadable =
        |why: &dyn std::fmt::Display| invalid(path, format!("Unable to parse JSON from `{method}`: {why}"));
    let text = match text {
        None => return Ok(None),
        Some(Json::String(text)) => text,
        Some(other) => return Err(unreadable(&format!("expected a string, found {other}"))),
    };
    if text == "null" {
        return Ok(None);
    }
    Validator::parse_json(&text).map(Some).map_err(|error| unreadable(&error))
}

fn read_routes(module: &str, report: Json) -> Result<Vec<HttpRoute>, SystemError> {
    #[derive(Deserialize)]
    struct Reported {
        path: String,
        method: String,
    }
    let routes: Vec<Reported> = serde_json::from_value(report).map_err(|error| invalid(module, error))?;
    Ok(routes.into_iter().map(|route| HttpRoute { path: route.path, method: route.method }).collect())
}

fn read_crons(module: &str, report: Json, code: &ComponentCode) -> Result<Vec<CronSpec>, SystemError> {
    let Json::Object(jobs) = report else { return Err(invalid(module, "the exported jobs are not an object")) };
    jobs.into_iter().map(|(identifier, job)| read_cron(module, identifier, &job, code)).collect()
}

fn read_cron(module: &str, identifier: String, job: &Json, code: &ComponentCode) -> Result<CronSpec, SystemError> {
    let refused = |why: String| invalid(module, why);
    let name = job["name"].as_str().unwrap_or_default();
    let path = FunctionPath::parse(name).map_err(|error| refused(format!("The cron job '{identifier}': {error}")))?;
    match code.function(&path.module, &path.export) {
        None => {
            return Err(refused(format!(
                "The cron job '{identifier}' schedules a function that does not exist: {path}"
            )));
        }
        Some(function) if function.kind == FunctionKind::Query => {
            return Err(refused(format!(
                "The cron job '{identifier}' schedules a query function, only actions and mutations can be scheduled: {path}"
            )));
        }
        Some(_) => {}
    }
    let args = job["args"].to_string();
    if args.len() > CRON_ARGS_BYTES_MAX {
        return Err(refused(format!("The arguments of the cron job '{identifier}' are larger than 1 MiB.")));
    }
    let schedule = CronSchedule::from_developer_json(&job["schedule"])
        .map_err(|why| refused(format!("The schedule of the cron job '{identifier}' is invalid: {why}")))?;
    Ok(CronSpec { identifier, path, args, schedule })
}

/// The providers of `auth.config.js` with the variables the evaluator holds.
///
/// Errors: 400 `AuthConfigMissingEnvironmentVariable` naming the variable, `InvalidAuthConfig`.
pub(crate) fn evaluate_auth(evaluator: &Evaluator, bundle: &Arc<Bundle>) -> Result<Vec<AuthProvider>, SystemError> {
    const HEADING: &str = "Failed to evaluate auth.config.js: ";
    let report = evaluator
        .probe(bundle, AUTH_MODULE, probes::AUTH, Phase::AuthConfig)
        .map_err(|error| error.into_system_error("InvalidAuthConfig", HEADING))?;
    if let Some(mistake) = reported_mistake(&report) {
        return Err(mistake);
    }
    let refused = |why: String| bad_request("InvalidAuthConfig", format!("{HEADING}{why}"));
    let Some(providers) = report["providers"].as_array() else {
        return Err(refused("the default export must have a list of `providers`".into()));
    };
    let read = |provider| {
        let provider = AuthProvider::from_json(provider).map_err(refused)?;
        auth_urls::check(&provider).map_err(|(code, why)| bad_request(code, format!("{HEADING}{why}")))?;
        Ok(provider)
    };
    providers.iter().map(read).collect()
}
