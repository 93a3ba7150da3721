//! Actions in the real Node.js, through the runtime.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use storage::MemoryEngine;

use super::NodeOptions;
use crate::deploy::tests::{Backend, Project};
use crate::deployment::ModuleEnvironment;
use crate::system::tests::as_admin;
use crate::tests::wait;
use crate::{ActionResult, CallRequest, Identity, Options, SystemError};

/// What modules for Node.js import.
const LIBRARY: &str = include_str!("../deploy/tests/library.js");

struct App {
    backend: Backend,
    _folder: tempfile::TempDir,
}

impl App {
    /// An app whose `app.js` has a counter and whose `node.js` is `source`.
    fn start(source: &str) -> App {
        App::with(source, |_| {})
    }

    fn with(source: &str, change: impl FnOnce(&mut NodeOptions)) -> App {
        App::wanting(None, source, change)
    }

    /// The same for an app that asks for a version of Node.js.
    fn wanting(version: Option<&str>, source: &str, change: impl FnOnce(&mut NodeOptions)) -> App {
        let folder = tempfile::tempdir().unwrap();
        let mut node = NodeOptions::new(folder.path().join("node"));
        change(&mut node);
        let options = Options { workers: 1, node: Some(node), ..Options::default() };
        let backend = Backend::with(Arc::new(MemoryEngine::new()), options);
        let imports = r#""use node";
            import { action } from "./_deps/node/lib.js";
            const call = async (requestId, kind, name, args) => JSON.parse(await Convex.asyncSyscall(
                `1.0/actions/${kind}`, JSON.stringify({ name, args, version: "1.48.0", requestId })));
            "#;
        let mut project = Project::new(
            "export const add = mutation(async (args) => await db.insert('rows', args));
             export const get = query(async ({ id }) => await db.get(id));",
        );
        project.node_version = version.map(str::to_owned);
        // The wrappers of the tests hand over arguments alone; these want the id of the call as well.
        let wrapper = "\nexport const asking = (handler, args, returns) => { const f = action(handler, args, returns);
            f.invokeAction = async (id, text) => JSON.stringify((await handler(id, ...JSON.parse(text))) ?? null);
            return f; };";
        let library = format!("{LIBRARY}{wrapper}");
        let source = format!("{}{source}", imports.replace("{ action }", "{ asking as action }"));
        backend.push(&project.node_module("_deps/node/lib.js", &library).node_module("node.js", &source));
        App { backend, _folder: folder }
    }

    fn request(&self, name: &str, args: Json) -> CallRequest {
        as_admin(&format!("node:{name}"), args, Identity::Admin { read_only: false })
    }

    fn call(&self, name: &str, args: Json) -> ActionResult {
        self.try_call(name, args).unwrap()
    }

    fn try_call(&self, name: &str, args: Json) -> Result<ActionResult, SystemError> {
        wait(self.backend.runtime.action(self.request(name, args)))
    }

    fn value(&self, name: &str, args: Json) -> Json {
        serde_json::from_str(&self.call(name, args).outcome.unwrap()).unwrap()
    }

    fn error(&self, name: &str, args: Json) -> crate::FunctionError {
        self.call(name, args).outcome.unwrap_err()
    }
}

// happy path, args/returns
#[test]
fn arguments_and_results_are_checked() {
    let args = r#"'{"type":"object","value":{"n":{"fieldType":{"type":"number"},"optional":false}}}'"#;
    let app = App::start(&format!(
        "let began = 0;
         export const double = action(async (_id, {{ n }}) => {{ began += 1; return n * 2; }}, {args}, '{{\"type\":\"number\"}}');
         export const text = action(async () => 'text', undefined, '{{\"type\":\"number\"}}');
         export const count = action(async () => began);"
    ));
    assert_eq!(app.value("double", json!({ "n": 21 })), json!(42.0));
    let error = app.error("double", json!({ "n": "x" }));
    assert!(error.detail.starts_with("ArgumentValidationError: Value does not match validator."), "{error:?}");
    assert_eq!(app.value("count", json!({})), json!(1.0), "a failed check runs no user code");
    assert_eq!(app.error("text", json!({})).code, Some("ReturnsValidationError"));
}

// ctx.runQuery/runMutation/runAction … from Node
#[test]
fn the_rest_of_the_app_is_a_call_away() {
    let app = App::start(
        "export const store = action(async (id, { n }) => {
            const row = await call(id, 'mutation', 'app:add', { n });
            return (await call(id, 'query', 'app:get', { id: row })).n;
         });
         export const twice = action(async (id, args) => [await call(id, 'action', 'node:store', args), await call(id, 'action', 'node:store', args)]);
         export const wrong = action(async (id) => {
            try { await call(id, 'query', 'app:add', {}); } catch (error) { return error.message; }
         });",
    );
    assert_eq!(app.value("twice", json!({ "n": 7 })), json!([7.0, 7.0]));
    let text = app.value("wrong", json!({}));
    assert_eq!(text, json!("Trying to execute app.js:add as Query, but it is defined as Mutation."));
}

// env vars
#[test]
fn a_changed_variable_makes_the_modules_new() {
    let app = App::start(
        "const at = process.env.NAME ?? null; export const name = action(async () => [at, process.env.NAME ?? null]);",
    );
    assert_eq!(app.value("name", json!({})), json!([null, null]));
    let change = crate::environment::Change { name: "NAME".into(), value: Some("x".into()) };
    wait(crate::environment::update(&app.backend.runtime, vec![change])).unwrap();
    assert_eq!(app.value("name", json!({})), json!(["x", "x"]));
}

// `node.nodeVersion` of convex.json
#[test]
fn an_app_runs_in_the_version_it_asks_for() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("another");
    // The real one, under another name.
    let script =
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo v24.99.0; else exec node --title=another \"$@\"; fi\n";
    std::fs::write(&binary, script).unwrap();
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    let title = |version: Option<&str>| {
        let source = "export const title = action(async () => process.title);";
        let app = App::wanting(version, source, |options| options.other_binaries = vec![binary.clone()]);
        app.value("title", json!({})) == json!("another")
    };
    assert!(title(Some("24")));
    assert!(!title(None), "nobody else runs in it");
    // A version that is nowhere is no reason to refuse the app.
    let installed = std::process::Command::new("node").arg("--version").output().unwrap();
    let missing = if installed.stdout.starts_with(b"v22.") { "20" } else { "22" };
    assert!(!title(Some(missing)));
}

// logs, error with data and mapped frames
#[test]
fn lines_and_errors_reach_caller_and_log() {
    let app = App::start(
        "export const speak = action(async () => { console.warn('careful', 1); console.log('x'.repeat(40000)); });
         export const fail = action(async () => {
            throw Object.assign(new Error('no'), { [Symbol.for('ConvexError')]: true, data: '{\"code\":1}' });
         });",
    );
    let spoken = app.call("speak", json!({}));
    assert_eq!(spoken.log_lines[0], "[WARN] 'careful' 1");
    assert!(spoken.log_lines[1].ends_with(" (truncated due to length)"));
    let entries = app.backend.runtime.logs().after(0.0);
    let lines: usize = entries.iter().filter(|e| e.identifier() == "node:speak").map(|e| e.log_lines().len()).sum();
    assert_eq!(lines, 2);
    let speak = entries.iter().filter_map(|e| e.completion()).find(|entry| entry.identifier == "node:speak").unwrap();
    assert_eq!(speak.environment, ModuleEnvironment::Node);
    let failed = app.error("fail", json!({}));
    assert_eq!(failed.data.as_deref(), Some("{\"code\":1}"));
    assert!(failed.detail.starts_with("Uncaught Error: no\n    at "), "{failed:?}");
    assert!(failed.detail.contains("convex:/user/node.js:"), "{failed:?}");
}

// "A: `Audit logging is not yet supported in actions` (default runtime; the Node executor does forward it)"
#[test]
fn audit_events_are_written_at_once_and_stay() {
    let app = App::start(
        "const audit = (body) => Convex.asyncSyscall('1.0/auditLog', JSON.stringify({ body, version: '1.48.0' }));
         export const audited = action(async (id, { count, fail }) => {
            for (let n = 0; n < count; n++) await audit({ n, by: { $var: 'requestId' } });
            if (fail) throw new Error('after the events');
         });
         export const large = action(async () => await audit('x'.repeat(65536)));",
    );
    let rows = || {
        let listed = app.backend.value("_system/frontend/auditLog:list", json!({}));
        let body = |row: &Json| serde_json::from_str::<Json>(row["body"].as_str().unwrap()).unwrap();
        listed.as_array().unwrap().iter().map(|row| (body(row), row["udfPath"].clone())).collect::<Vec<_>>()
    };
    let request = app.request("audited", json!({ "count": 2, "fail": true }));
    let id = request.request_id.0.to_string();
    let result = wait(app.backend.runtime.action(request)).unwrap();
    assert!(result.outcome.unwrap_err().detail.contains("after the events"));
    assert!(result.log_lines.is_empty(), "clients do not see events");
    let event = |n: u32| json!({ "n": n, "by": id });
    assert_eq!(rows(), [(event(1), json!("node:audited")), (event(0), json!("node:audited"))]);
    let entries = app.backend.runtime.logs().after(0.0);
    let streamed = entries.iter().filter(|entry| entry.identifier() == "node:audited").flat_map(|entry| entry.audit());
    assert_eq!(streamed.map(|event| event.body.clone()).collect::<Vec<_>>(), [event(0), event(1)]);

    let error = app.error("audited", json!({ "count": 101, "fail": false })).detail;
    assert!(error.contains("Too many audit log events in a single function execution (limit: 100)"), "{error}");
    assert!(app.error("large", json!({})).detail.contains("The body of an audit log event is too large"));
}

// timeout, … 5 MiB args
#[test]
fn an_action_is_ended_when_its_time_is_up() {
    let app = App::with("export const hang = action(async () => await new Promise(() => {}));", |options| {
        options.timeout = Duration::from_millis(200);
    });
    assert_eq!(
        app.error("hang", json!({})).detail,
        "Action `node.js:hang` execution timed out (maximum duration 0.2s)"
    );
    let error = app.error("hang", json!({ "text": "x".repeat(6 << 20) }));
    assert_eq!(error.code, Some("ArgsTooLarge"));
}

#[test]
fn an_abandoned_call_ends_its_action_and_gives_its_place_back() {
    let app = App::start(
        "export const wait = action(async (id) => { await call(id, 'mutation', 'app:add', { began: true }); await new Promise(() => {}); });
         export const one = action(async () => 1);",
    );
    let runtime = &app.backend.runtime;
    wait(async {
        let mut commits = runtime.watch_latest();
        commits.mark_unchanged();
        let call = runtime.action(app.request("wait", json!({})));
        tokio::select! {
            _ = call => panic!("the action never ends by itself"),
            changed = commits.changed() => changed.unwrap(),
        }
    });
    assert_eq!(app.value("one", json!({})), json!(1.0));
    runtime.inner.node.stop();
    assert_eq!(runtime.node_usage(), node::PoolUsage { processes: 0, calls: 0 });
}

#[test]
fn nothing_is_started_for_apps_without_such_modules() {
    let folder = tempfile::tempdir().unwrap();
    let node = Some(NodeOptions::new(folder.path().join("node")));
    let options = Options { workers: 1, node, ..Options::default() };
    let backend = Backend::with(Arc::new(MemoryEngine::new()), options);
    backend.push(&Project::new("export const one = query(async () => 1);"));
    assert_eq!(backend.value("app:one", json!({})), json!(1.0));
    assert!(!folder.path().join("node").exists());
}
