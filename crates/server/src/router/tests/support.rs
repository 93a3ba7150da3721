//! A server without sockets over the in-memory engine, with a small app deployed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use db::{BeginAt, Database, Namespace};
use functions::deployment::{AnalyzedFunction, ComponentCode, HttpRoute, Mount};
use functions::{Deployment, FunctionKind, Runtime, Visibility};
use platform::{Platform, SimulatedClock};
use serde_json::{Value as Json, json};
use tower::ServiceExt;
use value::DocumentId;

use crate::auth::AdminKeys;
use crate::options::{Instance, ServerOptions};
use crate::router::{client_router, site_router};
use crate::serve::build_state;
use crate::state::AppState;

const SECRET: [u8; 32] = [9; 32];

pub struct App {
    pub client: Router,
    pub site: Router,
    pub runtime: Runtime,
    pub state: AppState,
    database: Database,
}

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// Status and error code.
    pub fn error(&self) -> (u16, String) {
        let body = self.json();
        assert!(body["message"].is_string(), "every error has a message: {body}");
        (self.status.as_u16(), body["code"].as_str().expect("a code").to_owned())
    }
}

impl App {
    pub async fn start() -> App {
        App::with(false).await
    }

    pub async fn with(redact: bool) -> App {
        App::on(Arc::new(storage::MemoryEngine::new()), Platform::real(), redact).await
    }

    /// With a clock that the test moves.
    pub async fn simulated() -> (App, SimulatedClock) {
        let (platform, clock) = Platform::simulated(7);
        (App::on(Arc::new(storage::MemoryEngine::new()), platform, false).await, clock)
    }

    pub async fn on(engine: Arc<dyn storage::Engine>, platform: Platform, redact: bool) -> App {
        App::build(engine, platform, functions::Options::default(), redact).await
    }

    /// Whose mutations give up after the first conflict.
    pub async fn impatient() -> App {
        let options = functions::Options { mutation_attempts_max: 1, ..functions::Options::default() };
        App::build(Arc::new(storage::MemoryEngine::new()), Platform::real(), options, false).await
    }

    async fn build(
        engine: Arc<dyn storage::Engine>,
        platform: Platform,
        options: functions::Options,
        redact: bool,
    ) -> App {
        let database = Database::open(engine, platform.clone(), db::Options::default()).expect("opens");
        let options = functions::Options { workers: 1, ..options };
        let runtime = Runtime::start(database.clone(), platform, options).expect("starts");
        let tx = database.begin(BeginAt::Validated).expect("begins");
        runtime.activate(tx, Arc::new(deployment(1, false))).await.expect("activates");
        let state = build_state(server_options(redact), runtime.clone());
        App { client: client_router(state.clone()), site: site_router(state.clone()), runtime, state, database }
    }

    /// With the HTTP actions of `http.js`, too.
    pub async fn with_http_actions(self) -> App {
        let tx = self.database.begin(BeginAt::Validated).expect("begins");
        self.runtime.activate(tx, Arc::new(deployment(2, true))).await.expect("activates");
        self
    }

    pub fn key(&self, read_only: bool) -> String {
        AdminKeys::new("animal", &SECRET).mint(1_700_000_000, [1; 12], read_only)
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        send_to(self.client.clone(), request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, body: Json) -> Reply {
        self.post_as(path, None, body).await
    }

    pub async fn post_as(&self, path: &str, authorization: Option<&str>, body: Json) -> Reply {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// The JSON answer to a query.
    pub async fn query(&self, path: &str, args: Json) -> Json {
        self.post("/api/query", json!({"path": path, "args": args})).await.json()
    }
}

/// Somebody who adds a row to `notes` and takes it away, again and again, until this is dropped.
pub struct Rival {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Rival {
    pub fn start(app: &App) -> Rival {
        let (database, stop) = (app.database.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let write = move |row: Option<DocumentId>| {
            let mut tx = database.begin(BeginAt::Validated).expect("begins");
            let row = match row {
                None => Some(tx.insert(Namespace::ROOT, "notes", value::Object::new()).expect("inserts")),
                Some(id) => tx.delete(Namespace::ROOT, id).map(|_| None).expect("deletes"),
            };
            let options = db::CommitOptions { source: "rival:add".into(), on_validated: None };
            database.commit(tx, options).expect("conflicts with nobody").wait().expect("is durable");
            row
        };
        // The table is there before anybody reads it.
        let mut row = write(None);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) || row.is_some() {
                row = write(row);
            }
        });
        Rival { stop, thread: Some(thread) }
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("does not panic");
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.runtime.shutdown();
        self.database.shutdown();
    }
}

pub fn server_options(redact: bool) -> ServerOptions {
    ServerOptions {
        instance: Instance { name: "animal".into(), secret: SECRET },
        client_origin: "http://127.0.0.1:3210".into(),
        site_origin: "http://127.0.0.1:3211".into(),
        redact,
    }
}

pub async fn send_to(router: Router, request: Request<Body>) -> Reply {
    let response = router.oneshot(request).await.expect("routers do not fail");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body");
    let text = String::from_utf8(bytes.to_vec()).expect("a text");
    Reply { status: parts.status, headers: parts.headers, text }
}

fn deployment(version: u64, http_actions: bool) -> Deployment {
    let source = include_str!("app.js");
    let module =
        |path: &str, source: &str| js::ModuleSource { path: path.into(), source: source.into(), source_map: None };
    let http = http_actions.then(|| module("http.js", include_str!("http.js")));
    let modules = [module("app.js", source)].into_iter().chain(http).collect();
    let everything = http_actions.then(|| HttpRoute { method: "GET".into(), path: "/*".into() });
    let functions = source.lines().filter_map(analyze).collect();
    let code = ComponentCode {
        definition_path: String::new(),
        namespace: Namespace::ROOT,
        mount: Mount::default(),
        bundle: Arc::new(js::Bundle::compile(modules).expect("compiles")),
        functions: BTreeMap::from([("app.js".to_owned(), functions)]),
        http_routes: everything.into_iter().collect(),
        crons: Vec::new(),
        modules: BTreeMap::new(),
    };
    let mut deployment = Deployment::empty();
    deployment.version = version;
    deployment.components.insert(String::new(), Arc::new(code));
    deployment
}

fn analyze(line: &str) -> Option<AnalyzedFunction> {
    let (name, rest) = line.strip_prefix("export const ")?.split_once(" = ")?;
    let (kind, visibility) = match rest.split('(').next()? {
        "query" => (FunctionKind::Query, Visibility::Public),
        "internalQuery" => (FunctionKind::Query, Visibility::Internal),
        "action" => (FunctionKind::Action, Visibility::Public),
        _ => (FunctionKind::Mutation, Visibility::Public),
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
