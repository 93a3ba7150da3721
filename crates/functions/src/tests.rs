//! The runtime over the in-memory engine, with a small app.

mod calls;
mod contention;
mod context;
mod crons;
mod jobs;
mod limits;
mod live;
mod operations;
mod sessions;

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{BeginAt, Database, Namespace};
use platform::Platform;
use serde_json::{Value as Json, json};

use crate::deployment::{AnalyzedFunction, ComponentCode, ModuleEnvironment, Mount, StoredModule};
use crate::*;

/// A runtime with `tests/app.js` deployed as `app.js`.
pub(crate) struct App {
    pub runtime: Runtime,
    pub database: Database,
}

impl App {
    pub fn start() -> App {
        App::on(Arc::new(storage::MemoryEngine::new()))
    }

    pub fn on(engine: Arc<dyn storage::Engine>) -> App {
        App::with(engine, Options { workers: 2, ..Options::default() })
    }

    pub fn with(engine: Arc<dyn storage::Engine>, options: Options) -> App {
        App::build(engine, options, Platform::real())
    }

    /// On a clock of the test's own.
    pub fn on_platform(platform: Platform) -> App {
        let options = Options { workers: 2, ..Options::default() };
        App::build(Arc::new(storage::MemoryEngine::new()), options, platform)
    }

    pub fn build(engine: Arc<dyn storage::Engine>, options: Options, platform: Platform) -> App {
        let database = Database::open(engine, platform.clone(), db::Options::default()).unwrap();
        let runtime = Runtime::start(database.clone(), platform, options).unwrap();
        let app = App { runtime, database };
        app.deploy(deployment(1));
        app
    }

    /// Replaces the code.
    pub fn deploy(&self, deployment: Deployment) {
        let tx = self.database.begin(BeginAt::Validated).unwrap();
        wait(self.runtime.activate(tx, Arc::new(deployment))).unwrap();
    }

    pub fn call(&self, path: &str, args: Json, identity: Identity) -> CallRequest {
        let _ = self;
        CallRequest {
            path: FunctionPath::parse(path).unwrap(),
            args: args.to_string().into(),
            identity,
            caller: Caller::HttpApi,
            request_id: RequestId("0123456789abcdef".into()),
            origin: None,
        }
    }

    pub fn query(&self, path: &str, args: Json) -> Arc<QueryResult> {
        self.query_as(path, args, Identity::Anonymous)
    }

    pub fn query_as(&self, path: &str, args: Json, identity: Identity) -> Arc<QueryResult> {
        let request = QueryRequest { call: self.call(path, args, identity), journal: None };
        wait(self.runtime.query(&request, self.runtime.latest_ts())).unwrap()
    }

    pub fn mutate(&self, path: &str, args: Json) -> MutationResult {
        let call = self.call(path, args, Identity::Anonymous);
        wait(self.runtime.mutation(MutationRequest { call, session: None })).unwrap()
    }

    pub fn act(&self, path: &str, args: Json) -> ActionResult {
        self.act_as(path, args, Identity::Anonymous)
    }

    pub fn act_as(&self, path: &str, args: Json, identity: Identity) -> ActionResult {
        wait(self.runtime.action(self.call(path, args, identity))).unwrap()
    }

    /// Inserts `{body}` into `table` and returns its id.
    pub fn add(&self, table: &str, body: Json) -> String {
        let id = value_of(&self.mutate("app:add", json!({ "table": table, "body": body })).outcome);
        id.as_str().unwrap().to_owned()
    }
}

impl App {
    /// Waits until the query's value satisfies `done`, by following commits as a subscriber would.
    pub fn until(&self, path: &str, args: Json, done: impl Fn(&Json) -> bool) -> Json {
        wait(async {
            let request = QueryRequest { call: self.call(path, args, Identity::Anonymous), journal: None };
            let mut commits = self.runtime.watch_latest();
            loop {
                let at = *commits.borrow_and_update();
                let value = value_of(&self.runtime.query(&request, at).await.unwrap().outcome);
                if done(&value) {
                    return value;
                }
                let next = tokio::time::timeout(std::time::Duration::from_secs(20), commits.changed()).await;
                next.unwrap_or_else(|_| panic!("nothing was committed for 20 s; {path} is {value}")).unwrap();
            }
        })
    }
}

impl App {
    /// The rows of a table, system tables included, oldest first.
    pub fn rows(&self, table: &str) -> Vec<Json> {
        let mut tx = self.database.begin(BeginAt::Durable).unwrap();
        let mut stream = tx.query(Namespace::ROOT, db::Query::full_scan(table)).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = tx.next(&mut stream).unwrap() {
            rows.push(serde_json::from_str(&value::Value::Object(row.value.clone()).to_json()).unwrap());
        }
        rows
    }

    /// Waits until the rows of a table satisfy `done`.
    pub fn until_rows(&self, table: &str, done: impl Fn(&[Json]) -> bool) -> Vec<Json> {
        wait(async {
            let mut commits = self.runtime.watch_latest();
            loop {
                commits.borrow_and_update();
                let rows = self.rows(table);
                if done(&rows) {
                    return rows;
                }
                let next = tokio::time::timeout(std::time::Duration::from_secs(20), commits.changed()).await;
                next.unwrap_or_else(|_| panic!("nothing was committed for 20 s; {table} holds {rows:?}")).unwrap();
            }
        })
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.runtime.shutdown();
        self.database.shutdown();
    }
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn value_of(outcome: &Result<Arc<str>, FunctionError>) -> Json {
    serde_json::from_str(outcome.as_ref().unwrap()).unwrap()
}

pub(crate) fn error_of(outcome: &Result<Arc<str>, FunctionError>) -> String {
    outcome.as_ref().unwrap_err().detail.clone()
}

/// `tests/app.js`, analysed by reading its `export const` lines.
pub(crate) fn deployment(version: u64) -> Deployment {
    deployment_with(version, &[])
}

/// The same with more modules, of which nothing is known but path and source.
pub(crate) fn deployment_with(version: u64, modules: &[(&str, &str)]) -> Deployment {
    let source = include_str!("tests/app.js");
    let functions = source.lines().filter_map(analyze).collect();
    let app = [("app.js", source)];
    let compiled = app.iter().chain(modules).map(|(path, source)| js::ModuleSource {
        path: (*path).into(),
        source: (*source).into(),
        source_map: None,
    });
    let stored = modules.iter().map(|(path, _)| {
        let module = StoredModule { environment: ModuleEnvironment::Isolate, hash: String::new(), chunks: Vec::new() };
        ((*path).to_owned(), module)
    });
    let code = ComponentCode {
        definition_path: String::new(),
        namespace: Namespace::ROOT,
        mount: Mount::default(),
        bundle: Arc::new(js::Bundle::compile(compiled.collect()).unwrap()),
        functions: BTreeMap::from([("app.js".to_owned(), functions)]),
        http_routes: Vec::new(),
        crons: Vec::new(),
        modules: stored.collect(),
    };
    Deployment { version, components: BTreeMap::from([(String::new(), Arc::new(code))]), ..Deployment::empty() }
}

fn analyze(line: &str) -> Option<AnalyzedFunction> {
    let (name, rest) = line.strip_prefix("export const ")?.split_once(" = ")?;
    let (kind, visibility) = match rest.split('(').next()? {
        "query" => (FunctionKind::Query, Visibility::Public),
        "mutation" => (FunctionKind::Mutation, Visibility::Public),
        "action" => (FunctionKind::Action, Visibility::Public),
        "internalAction" => (FunctionKind::Action, Visibility::Internal),
        "internalMutation" => (FunctionKind::Mutation, Visibility::Internal),
        other => panic!("unknown wrapper {other}"),
    };
    Some(AnalyzedFunction {
        name: name.into(),
        kind,
        visibility: Some(visibility),
        args: None,
        returns: None,
        line: None,
    })
}
