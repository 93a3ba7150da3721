//! The push endpoints through the router, as the command line speaks to them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use db::Database;
use functions::Runtime;
use platform::Platform;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use crate::auth::AdminKeys;
use crate::options::{Instance, ServerOptions};
use crate::router::client_router;
use crate::serve::build_state;

const SECRET: [u8; 32] = [7; 32];

struct Server {
    router: Router,
    runtime: Runtime,
    database: Database,
}

impl Server {
    fn start() -> Server {
        let platform = Platform::real();
        let engine = Arc::new(storage::MemoryEngine::new());
        let database = Database::open(engine, platform.clone(), db::Options::default()).expect("opens");
        let options = functions::Options { workers: 1, ..functions::Options::default() };
        let runtime = Runtime::start(database.clone(), platform, options).expect("starts");
        let options = ServerOptions {
            instance: Instance { name: "animal".into(), secret: SECRET },
            client_origin: "http://127.0.0.1:3210".into(),
            site_origin: "http://127.0.0.1:3211".into(),
            redact: false,
        };
        let router = client_router(build_state(options, runtime.clone()));
        Server { router, runtime, database }
    }

    async fn send(&self, request: Request<Body>) -> (u16, Json) {
        let response = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let json = if bytes.is_empty() { Json::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        (status, json)
    }

    /// Posts with the key in the body alone.
    async fn post(&self, path: &str, mut body: Json) -> (u16, Json) {
        body["adminKey"] = key(false).into();
        self.post_as(path, None, body).await
    }

    async fn post_as(&self, path: &str, key: Option<&str>, body: Json) -> (u16, Json) {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("authorization", format!("Convex {key}"));
        }
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn get(&self, path: &str) -> (u16, Json) {
        let request = Request::get(path)
            .header("authorization", format!("Convex {}", key(false)))
            .header("convex-client", "npm-cli-1.48.0");
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// A whole push, which must succeed; returns what `start_push` and `finish_push` answered.
    async fn push(&self, body: Json) -> (Json, Json) {
        let (status, started) = self.post("/api/deploy2/start_push", body).await;
        assert_eq!(status, 200, "{started}");
        let wait = json!({ "schemaChange": started["schemaChange"], "timeoutMs": 10000, "dryRun": false });
        assert_eq!(self.post("/api/deploy2/wait_for_schema", wait).await, (200, json!({ "type": "complete" })));
        let finish = json!({ "startPush": started, "dryRun": false, "message": null });
        let (status, finished) = self.post("/api/deploy2/finish_push", finish).await;
        assert_eq!(status, 200, "{finished}");
        (started, finished)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.runtime.shutdown();
        self.database.shutdown();
    }
}

fn key(read_only: bool) -> String {
    AdminKeys::new("animal", &SECRET).mint(1_700_000_000, [1; 12], read_only)
}

const APP: &str = r#"
    const define = (kind, invoke) => (f) => Object.assign(() => {}, { [kind]: true, isPublic: true,
        exportArgs: () => '{"type":"object","value":{}}', exportReturns: () => "null",
        [invoke]: async (args) => JSON.stringify(await f(...JSON.parse(args))) });
    export const hello = define("isQuery", "invokeQuery")(async () => { console.log("hi"); return "hello"; });
    export const fail = define("isQuery", "invokeQuery")(async () => { throw new Error("boom"); });
"#;

/// The body of `start_push`, with a key that no version knows.
fn push_body() -> Json {
    let schema = json!({ "schemaValidation": true, "tables": [{ "tableName": "notes",
        "indexes": [{ "indexDescriptor": "by_n", "fields": ["n"] }],
        "searchIndexes": [{ "indexDescriptor": "text", "searchField": "body", "filterFields": ["n"] }],
        "vectorIndexes": [{ "indexDescriptor": "near", "vectorField": "v", "dimensions": 3, "filterFields": [] }],
        "documentType": { "type": "any" } }] });
    let schema = format!("export default {{ export: () => {} }};", Json::String(schema.to_string()));
    let module = |path: &str, source: &str| json!({ "path": path, "source": source, "sourceMap": "{}", "environment": "isolate" });
    json!({
        "dryRun": false, "functions": "convex/", "somethingNew": 1,
        "appDefinition": {
            "definition": null, "dependencies": [], "schema": module("schema.js", &schema),
            "changedModules": [module("app.js", APP)], "unchangedModuleHashes": [], "udfServerVersion": "1.48.0",
        },
        "componentDefinitions": [], "nodeDependencies": [], "forCodegen": false,
    })
}

// `start_push` response passes the CLI validation (all required keys) with and without schema, components, auth.
#[tokio::test]
async fn a_push_goes_through_its_steps() {
    let server = Server::start();
    let (started, finished) = server.push(push_body()).await;
    for required in [
        "environmentVariables",
        "externalDepsId",
        "componentDefinitionPackages",
        "appAuth",
        "analysis",
        "app",
        "schemaChange",
    ] {
        assert!(started.get(required).is_some(), "{required}");
    }
    let analysis = &started["analysis"][""];
    assert_eq!(analysis["definition"]["path"], "");
    assert_eq!(analysis["schema"]["tables"][0]["indexes"][0]["fields"], json!(["n", "_creationTime"]));
    let function = &analysis["functions"]["app.js"]["functions"][1];
    assert_eq!(function["udfType"], "Query");
    assert_eq!(function["visibility"], json!({ "kind": "public" }));
    assert_eq!(function["args"], r#"{"type":"object","value":{}}"#);
    assert_eq!(function["returns"], Json::Null);
    let added = json!([
        { "name": "notes.by_n", "type": "database", "fields": ["n", "_creationTime"], "staged": false },
        { "name": "notes.near", "type": "vector", "vectorField": "v", "dimensions": 3, "filterFields": [], "staged": false },
        { "name": "notes.text", "type": "search", "searchField": "body", "filterFields": ["n"], "staged": false },
    ]);
    assert_eq!(started["schemaChange"]["indexDiffs"][""]["added_indexes"], added);
    let diff = &finished["componentDiffs"][""];
    assert_eq!(diff["diffType"], json!({ "type": "modify" }));
    assert_eq!(diff["moduleDiff"], json!({ "added": ["app.js"], "removed": [] }));
    assert_eq!(diff["indexDiff"]["added_indexes"], added);
    let call = json!({ "path": "app:hello", "args": {}, "format": "json" });
    assert_eq!(server.post_as("/api/query", None, call).await.1["value"], "hello");
}

// Fresh deployment: `get_config_hashes` → empty list. Second push without changes sends only hashes and succeeds.
#[tokio::test]
async fn hashes_tell_what_need_not_be_sent() {
    let server = Server::start();
    let (_, fresh) = server.post("/api/get_config_hashes", json!({ "version": "1.48.0" })).await;
    assert_eq!(fresh, json!({ "config": { "functions": "convex/" }, "moduleHashes": [], "udfServerVersion": null }));
    server.push(push_body()).await;
    let (_, pushed) = server.post("/api/get_config_hashes", json!({ "version": "1.48.0" })).await;
    let module = &pushed["moduleHashes"][0];
    assert_eq!((&module["path"], &module["environment"]), (&json!("app.js"), &json!("isolate")));
    let mut again = push_body();
    again["appDefinition"]["changedModules"] = json!([]);
    let unchanged = json!([{ "path": "app.js", "environment": "isolate", "sha256": module["hash"] }]);
    again["appDefinition"]["unchangedModuleHashes"] = unchanged;
    let (_, finished) = server.push(again.clone()).await;
    assert_eq!(finished["componentDiffs"][""]["moduleDiff"], json!({ "added": [], "removed": [] }));
    again["appDefinition"]["unchangedModuleHashes"][0]["sha256"] = "00".into();
    let (status, error) = server.post("/api/deploy2/start_push", again).await;
    assert_eq!((status, &error["code"]), (409, &json!("ExistingModuleHashConflict")));
}

// `Authorization: Convex <key>` accepted on every admin route, also body `adminKey` on push routes.
#[tokio::test]
async fn pushes_need_a_key_that_may_write() {
    let server = Server::start();
    let code = |answer: (u16, Json)| (answer.0, answer.1["code"].as_str().unwrap_or_default().to_owned());
    let path = "/api/deploy2/start_push";
    assert_eq!(server.post_as(path, Some(&key(false)), push_body()).await.0, 200);
    assert_eq!(server.post_as(path, None, push_body()).await.0, 403);
    let with = |key: String| {
        let mut body = push_body();
        body["adminKey"] = key.into();
        body
    };
    assert_eq!(code(server.post_as(path, None, with("animal|00".into())).await), (401, "BadAdminKey".into()));
    let foreign = AdminKeys::new("plant", &SECRET).mint(1_700_000_000, [1; 12], false);
    assert_eq!(code(server.post_as(path, None, with(foreign)).await).0, 403);
    let (status, refused) = server.post_as(path, None, with(key(true))).await;
    assert_eq!(status, 403);
    assert!(refused["message"].as_str().unwrap().starts_with("You do not have permission to perform this operation"));
    assert_eq!(server.post_as("/api/get_config_hashes", None, json!({ "adminKey": key(true) })).await.0, 200);
    // A body key counts even beside a bad header.
    assert_eq!(server.post_as(path, Some("animal|00"), with(key(false))).await.0, 200);
}

// Brotli request bodies accepted on the four push routes.
#[tokio::test]
async fn compressed_bodies_are_accepted() {
    let server = Server::start();
    // `{"version":"1.48.0"}` stored uncompressed in a brotli stream: window bits, one raw metablock, an empty last one.
    let text = br#"{"version":"1.48.0"}"#;
    let mut body = brotli_stored(text);
    let request = |body: Vec<u8>| {
        Request::post("/api/get_config_hashes")
            .header("content-type", "application/json")
            .header("content-encoding", "br")
            .header("authorization", format!("Convex {}", key(false)))
            .body(Body::from(body))
            .expect("a request")
    };
    assert_eq!(server.send(request(body.clone())).await.0, 200);
    body.truncate(4);
    assert_eq!(server.send(request(body)).await.0, 400);
}

/// The smallest brotli stream that holds `text` as it is.
///
/// Source: RFC 7932 9.1 and 9.2: WBITS 16 is the bit 0; ISLAST 0, MNIBBLES 4 nibbles (00), MLEN-1 in 16 bits,
/// ISUNCOMPRESSED 1, padding to a byte; then ISLAST 1, ISLASTEMPTY 1.
fn brotli_stored(text: &[u8]) -> Vec<u8> {
    let length = (text.len() - 1) as u32;
    let header: u32 = (length << 4) | (1 << 20);
    let mut stream = header.to_le_bytes()[..3].to_vec();
    stream.extend_from_slice(text);
    stream.push(0b11);
    stream
}

#[tokio::test]
async fn mistakes_of_the_app_are_400_with_their_code() {
    let server = Server::start();
    let mut body = push_body();
    body["appDefinition"]["changedModules"][0]["source"] = "throw new Error('boom');".into();
    let (status, error) = server.post("/api/deploy2/start_push", body).await;
    assert_eq!((status, &error["code"]), (400, &json!("InvalidModules")));
    assert!(error["message"].as_str().unwrap().contains("Failed to analyze app.js: Uncaught Error: boom"));
    let finish =
        json!({ "startPush": { "environmentVariables": {}, "componentDefinitionPackages": {} }, "dryRun": false });
    assert_eq!(server.post("/api/deploy2/finish_push", finish).await.0, 400);
}

// `evaluate_schema` answered and `deploy` continues; `evaluate_push` commits nothing and returns `schemaChange`.
#[tokio::test]
async fn evaluations_have_their_shapes() {
    let server = Server::start();
    let (status, answer) = server.post("/api/deploy2/evaluate_schema", push_body()).await;
    assert_eq!(status, 200);
    let root = &answer["componentSchemaEvaluations"][""];
    assert_eq!(root["tables"], json!([{ "name": "notes", "outcome": "notValidated", "numDocs": 0, "sizeBytes": 0 }]));
    assert_eq!((&root["indexes"][0]["change"], &root["indexes"][0]["numDocs"]), (&json!("added"), &json!(0)));
    assert_eq!(answer["newComponentDefinitions"], json!([]));
    let (status, answer) = server.post("/api/deploy2/evaluate_push", push_body()).await;
    assert_eq!((status, &answer["schemaChange"]["schemaIds"]), (200, &json!({ "": null })));
}

// `env list/get/set/remove`, multi-set from file, validation errors, limits.
#[tokio::test]
async fn variables_are_set_and_removed() {
    let server = Server::start();
    let update = async |changes: Json| {
        let body = json!({ "changes": changes });
        server.post_as("/api/update_environment_variables", Some(&key(false)), body).await
    };
    assert_eq!(update(json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }])).await, (200, Json::Null));
    assert_eq!(update(json!([{ "name": "B", "value": null }])).await.0, 200);
    let listed = server.get("/api/list_environment_variables").await;
    assert_eq!(listed, (200, json!({ "environmentVariables": { "A": "1" } })));
    let (status, error) = update(json!([{ "name": "1", "value": "x" }])).await;
    assert_eq!((status, &error["code"]), (400, &json!("EnvironmentVariableNameInvalid")));
    let body = json!({ "changes": [] });
    let read_only = server.post_as("/api/update_environment_variables", Some(&key(true)), body).await;
    assert_eq!(read_only.0, StatusCode::FORBIDDEN.as_u16());
}

// `logs --history`, live tail, errors.
#[tokio::test]
async fn logs_are_streamed_from_a_cursor() {
    let server = Server::start();
    server.push(push_body()).await;
    let waiting = server.get("/api/stream_function_logs?cursor=0");
    let calling = async {
        for path in ["app:hello", "app:fail"] {
            server.post_as("/api/query", None, json!({ "path": path, "args": {} })).await;
        }
    };
    let ((status, first), ()) = tokio::join!(waiting, calling);
    assert_eq!(status, 200);
    let entry = &first["entries"][0];
    assert_eq!((&entry["kind"], &entry["identifier"]), (&json!("Completion"), &json!("app:hello")));
    assert_eq!(entry["logLines"][0]["messages"], json!(["'hi'"]));
    let (_, all) = server.get("/api/stream_function_logs?cursor=0").await;
    assert_eq!(all["entries"].as_array().unwrap().len(), 2);
    assert!(all["entries"][1]["error"].as_str().unwrap().contains("boom"));
    let newer = format!("/api/stream_function_logs?cursor={}", first["newCursor"]);
    if first["entries"].as_array().unwrap().len() == 1 {
        assert_eq!(server.get(&newer).await.1["entries"].as_array().unwrap().len(), 1);
    }
    let (_, texts) = server.get("/api/stream_udf_execution?cursor=0").await;
    assert_eq!(texts["entries"][0]["logLines"], json!(["[LOG] 'hi'"]));
}

#[tokio::test]
async fn small_facts_are_answered() {
    let server = Server::start();
    server.push(push_body()).await;
    let (_, urls) = server.get("/api/v1/get_canonical_urls").await;
    assert_eq!(urls, json!({ "convexCloudUrl": "http://127.0.0.1:3210", "convexSiteUrl": "http://127.0.0.1:3211" }));
    assert_eq!(server.get("/api/shapes2").await.1, json!({ "notes": { "type": "Never" } }));
    let indexes = server.get("/api/get_indexes").await.1["indexes"].clone();
    assert_eq!((&indexes[0]["name"], &indexes[0]["backfill"]["state"]), (&json!("by_n"), &json!("done")));
    let kinds: Vec<_> = indexes.as_array().unwrap().iter().map(|index| &index["fields"]).collect();
    let near = json!({ "dimensions": 3, "vectorField": "v", "filterFields": [] });
    let text = json!({ "searchField": "body", "filterFields": ["n"] });
    assert_eq!(kinds, [&json!(["n", "_creationTime"]), &near, &text]);
    assert_eq!(server.get("/api/v1/list_usage_limits").await.1, json!({ "usageLimits": [] }));
    assert_eq!(server.post("/api/deploy2/report_push_completed", json!({ "spans": [] })).await, (200, Json::Null));
    let query = json!({ "args": {}, "format": "convex_encoded_json", "bundle": { "path": "testQuery.js", "source":
        "import { query } from \"convex:/_system/repl/wrappers.js\"; export default query({ handler: async () => 7n });" } });
    assert_eq!(server.post("/api/run_test_function", query).await.1["value"], json!({ "$integer": "BwAAAAAAAAA=" }));
}

// deploy-api 14.2
#[tokio::test]
async fn deleting_a_component_is_for_admins_who_may_write_and_for_what_is_unmounted() {
    let server = Server::start();
    server.push(push_body()).await;
    let delete = |key: Option<String>, id: Json| {
        let body = json!({ "componentId": id });
        let server = &server;
        async move { server.post_as("/api/delete_component", key.as_deref(), body).await }
    };
    assert_eq!(delete(None, json!("1")).await.0, 403);
    assert_eq!(delete(Some(key(true)), json!("1")).await.1["code"], "Unauthorized");
    let (status, answer) = delete(Some(key(false)), Json::Null).await;
    assert_eq!((status, &answer["code"]), (400, &json!("ComponentMustBeUnmounted")));
    let (status, answer) = delete(Some(key(false)), json!("1")).await;
    assert_eq!((status, &answer["code"]), (404, &json!("ComponentNotFound")));
}
