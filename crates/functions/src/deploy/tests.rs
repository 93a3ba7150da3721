//! Pushes of small projects, written straight against the shape that bundles of the official library have.

mod analysis;
mod components;
mod finish;
mod node;
mod refusals;
mod search;
mod test_queries;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use storage::MemoryEngine;

use super::*;
use crate::deployment::ModuleEnvironment;
use crate::system::tests::as_admin;
use crate::tests::wait;
use crate::{Deployment, Identity, Options, QueryRequest, QueryResult, Runtime, SystemError};

/// The wrappers that user modules import.
const LIBRARY: &str = include_str!("tests/library.js");

/// What every module of a test begins with.
const IMPORTS: &str = "import { query, mutation, action, internalMutation, internalQuery, httpAction, call, db, cronJobs, httpRouter } from \"./_deps/lib.js\";\n";

/// A runtime nobody has pushed to.
pub(crate) struct Backend {
    pub runtime: Runtime,
    pub database: db::Database,
}

impl Backend {
    pub fn start() -> Backend {
        Backend::on(Arc::new(MemoryEngine::new()))
    }

    pub fn on(engine: Arc<dyn storage::Engine>) -> Backend {
        Backend::with(engine, Options { workers: 1, ..Options::default() })
    }

    pub fn with(engine: Arc<dyn storage::Engine>, options: Options) -> Backend {
        let platform = platform::Platform::real();
        let database = db::Database::open(engine, platform.clone(), db::Options::default()).unwrap();
        let runtime = Runtime::start(database.clone(), platform, options).unwrap();
        Backend { runtime, database }
    }

    pub fn start_push(&self, project: &Project) -> Result<StartedPush, SystemError> {
        wait(start_push(&self.runtime, project.request()))
    }

    pub fn finish(&self, started: &StartedPush) -> Result<PushDiff, SystemError> {
        wait(finish_push(&self.runtime, finish_request(started)))
    }

    pub fn progress(&self, started: &StartedPush) -> SchemaProgress {
        wait(wait_for_schema(&self.runtime, &started.schema_change.schema_ids, Duration::from_secs(20), false))
    }

    /// A whole push, which must succeed.
    pub fn push(&self, project: &Project) -> PushDiff {
        let started = self.start_push(project).map_err(|error| error.to_string()).unwrap();
        assert_eq!(self.progress(&started), SchemaProgress::Complete);
        self.finish(&started).unwrap()
    }

    pub fn deployment(&self) -> Arc<Deployment> {
        self.runtime.deployment()
    }

    pub fn query(&self, path: &str, args: Json, identity: Identity) -> Arc<QueryResult> {
        let request = QueryRequest { call: as_admin(path, args, identity), journal: None };
        wait(self.runtime.query(&request, self.runtime.latest_ts())).unwrap()
    }

    pub fn value(&self, path: &str, args: Json) -> Json {
        let result = self.query(path, args, Identity::Admin { read_only: false });
        serde_json::from_str(result.outcome.as_ref().unwrap()).unwrap()
    }

    pub fn mutate(&self, path: &str, args: Json) -> Json {
        let call = as_admin(path, args, Identity::Admin { read_only: false });
        let result = wait(self.runtime.mutation(crate::MutationRequest { call, session: None })).unwrap();
        serde_json::from_str(result.outcome.as_ref().unwrap()).unwrap()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.runtime.shutdown();
        self.database.shutdown();
    }
}

pub(crate) fn finish_request(started: &StartedPush) -> FinishRequest {
    FinishRequest {
        token: started.token.clone(),
        environment: (*started.environment).clone(),
        dry_run: false,
        message: Some("a test".into()),
    }
}

/// A project to push.
#[derive(Clone, Default)]
pub(crate) struct Project {
    modules: BTreeMap<String, (String, Option<ModuleEnvironment>)>,
    schema: Option<String>,
    definition: Option<String>,
    unchanged: Vec<UnchangedModule>,
    components: Vec<ComponentDefinition>,
    pub node_dependencies: Vec<NodeDependency>,
    pub node_version: Option<String>,
}

impl Project {
    /// A project with one module, `app.js`.
    pub fn new(source: &str) -> Project {
        Project::default().module("_deps/lib.js", LIBRARY).module("app.js", source)
    }

    pub fn module(mut self, path: &str, source: &str) -> Project {
        let imports = if path.starts_with("_deps/") || path == "auth.config.js" { "" } else { IMPORTS };
        self.modules.insert(path.into(), (format!("{imports}{source}"), None));
        self
    }

    pub fn node_module(mut self, path: &str, source: &str) -> Project {
        self.modules.insert(path.into(), (source.into(), Some(ModuleEnvironment::Node)));
        self
    }

    /// A schema whose export is this JSON.
    pub fn schema(mut self, json: Json) -> Project {
        self.schema = Some(schema_module(&json));
        self
    }

    pub fn schema_source(mut self, source: &str) -> Project {
        self.schema = Some(source.into());
        self
    }

    pub fn definition(mut self, source: &str) -> Project {
        self.definition = Some(source.into());
        self
    }

    pub fn component(self, path: &str, definition: &str) -> Project {
        self.component_with(path, definition, &[], None)
    }

    /// A component with modules and the JSON of a schema.
    pub fn component_with(
        mut self,
        path: &str,
        definition: &str,
        modules: &[(&str, &str)],
        schema: Option<Json>,
    ) -> Project {
        let library = input("_deps/lib.js", LIBRARY, None);
        let modules = modules.iter().map(|(path, source)| input(path, &format!("{IMPORTS}{source}"), None));
        self.components.push(ComponentDefinition {
            definition_path: path.into(),
            definition: input("convex.config.js", definition, None),
            dependencies: Vec::new(),
            schema: schema.map(|json| input("schema.js", &schema_module(&json), None)),
            functions: modules.chain([library]).collect(),
            udf_server_version: "1.48.0".into(),
        });
        self
    }

    /// The last component with the definitions it imports.
    pub fn importing(mut self, dependencies: &[&str]) -> Project {
        let component = self.components.last_mut().expect("there is a component");
        component.dependencies = dependencies.iter().map(|path| (*path).to_owned()).collect();
        self
    }

    /// Moves a module to the list of unchanged ones.
    pub fn unchanged(mut self, path: &str) -> Project {
        let (source, environment) = self.modules.remove(path).expect("the project has the module");
        let hash = SourceText { source, source_map: None }.hash();
        self.unchanged.push(UnchangedModule {
            path: path.into(),
            environment: environment.unwrap_or(ModuleEnvironment::Isolate),
            hash,
        });
        self
    }

    pub fn request(&self) -> PushRequest {
        let modules = self.modules.iter();
        PushRequest {
            dry_run: false,
            functions_folder: "convex/".into(),
            app: AppDefinition {
                definition: self.definition.as_ref().map(|source| input("convex.config.js", source, None)),
                dependencies: self.components.iter().map(|component| component.definition_path.clone()).collect(),
                schema: self.schema.as_ref().map(|source| input("schema.js", source, None)),
                changed: modules.map(|(path, (source, environment))| input(path, source, *environment)).collect(),
                unchanged: self.unchanged.clone(),
                udf_server_version: "1.48.0".into(),
            },
            components: self.components.clone(),
            node_dependencies: self.node_dependencies.clone(),
            node_version: self.node_version.clone(),
        }
    }
}

fn schema_module(json: &Json) -> String {
    let text = serde_json::to_string(&json.to_string()).unwrap();
    format!("export default {{ export() {{ return {text}; }} }};")
}

fn input(path: &str, source: &str, environment: Option<ModuleEnvironment>) -> ModuleInput {
    ModuleInput {
        path: path.into(),
        text: SourceText { source: source.into(), source_map: None },
        environment: environment.unwrap_or(ModuleEnvironment::Isolate),
    }
}
