//! Pushes that are refused, and in which words.

use serde_json::json;

use super::*;

fn refused(project: &Project) -> SystemError {
    let backend = Backend::start();
    let Err(error) = backend.start_push(project) else { panic!("the push must be refused") };
    assert_eq!(backend.deployment().version, 0);
    error
}

// Import-time exception → 400 `InvalidModules` with JS message; schema error → `InvalidSchema`.
#[test]
fn a_module_that_throws_is_reported_with_its_logs() {
    let error = refused(&Project::new("").module("bad.js", "console.log('before', 1);\nthrow new TypeError('boom');"));
    assert_eq!((error.code, error.kind), ("InvalidModules", crate::ErrorKind::BadRequest));
    assert!(error.message.contains("Failed to analyze bad.js: Uncaught TypeError: boom"), "{error}");
    assert!(error.message.contains("[LOG] 'before' 1"), "{error}");
}

#[test]
fn a_module_that_does_not_parse_is_reported() {
    let error = refused(&Project::new("").module("bad.js", "export const = 1;"));
    assert_eq!(error.code, "InvalidModules");
    assert!(error.message.contains("SyntaxError"), "{error}");
    let error = refused(&Project::new("import './gone.js';"));
    assert_eq!(error.code, "InvalidModules");
    assert!(error.message.contains("gone.js"), "{error}");
}

#[test]
fn declarations_that_make_no_sense_are_reported() {
    let error = refused(&Project::new(r#"export const f = query(async () => 1, '{"type":"string"}');"#));
    assert!(error.message.contains("Failed to analyze app.js: Args validator must be an object or any"), "{error}");
    let record = r#"{"type":"object","value":{"r":{"fieldType":{"type":"record","keys":{"type":"number"},"values":{"fieldType":{"type":"any"},"optional":false}},"optional":false}}}"#;
    let error = refused(&Project::new(&format!("export const f = query(async () => 1, '{record}');")));
    assert!(error.message.contains("Failed to analyze app.js: ") && error.message.contains("record"), "{error}");
    let error = refused(&Project::new(r#"export const f = query(async () => 1, '{');"#));
    assert!(error.message.contains("Unable to parse JSON from `exportArgs`"), "{error}");
    let error = refused(&Project::new("const f = query(async () => 1); export { f as 'a b' };"));
    assert_eq!(error.code, "InvalidFunctionName");
}

#[test]
fn routers_and_cron_jobs_need_their_default_exports() {
    let error = refused(&Project::new("").module("http.js", "export const x = 1;"));
    assert!(error.message.contains("`convex/http.js` must have a default export of a Router."), "{error}");
    let error = refused(&Project::new("").module("http.js", "export default { isRouter: false };"));
    assert!(error.message.contains("The default export of `convex/http.js` is not a Router."), "{error}");
    let error = refused(&Project::new("").module("crons.js", "export const x = 1;"));
    assert!(error.message.contains("`convex/crons.js` must have a default export of a Crons object."), "{error}");
    let error = refused(&Project::new("").module("crons.js", "export default 1;"));
    assert!(error.message.contains("The default export of `convex/crons.js` is not a Crons object."), "{error}");
}

#[test]
fn routes_are_checked() {
    let told = |source: &str| refused(&Project::new("").module("http.js", source)).message;
    let one = |route: &str| told(&format!("export default httpRouter([{route}]);"));
    let not_a_router = "The default export of `convex/http.js` is not a Router.";
    assert!(told("export default { isRouter: true };").contains(not_a_router));
    for (route, text) in [
        (
            r#"["/a", "GET", query({ handler: () => 1 })]"#,
            "GET /a of `convex/http.js` has a query for its handler. Give it an HTTP action",
        ),
        (r#"["/a", "GET"]"#, "GET /a of `convex/http.js` has undefined for its handler."),
        (r#"["a", "GET", () => {}]"#, "GET a of `convex/http.js` has a path that does not begin with a slash."),
        (r#"[1, "GET", () => {}]"#, "GET 1 of `convex/http.js` must have a text for its path and its method."),
        (r#"["/a", "GET", () => {}], ["/a", "GET", () => {}]"#, "GET /a of `convex/http.js` is there twice."),
    ] {
        let message = one(route);
        assert!(message.contains(text), "{route}: {message}");
    }
}

#[test]
fn schema_mistakes_have_their_codes() {
    let table = |name: &str, indexes: Json| {
        json!({ "tables": [{ "tableName": name, "indexes": indexes, "searchIndexes": [], "vectorIndexes": [],
            "documentType": { "type": "any" } }], "schemaValidation": true })
    };
    let code = |schema: Json| refused(&Project::new("").schema(schema)).code;
    assert_eq!(code(table("_bad", json!([]))), "TableNameReserved");
    assert_eq!(code(table("t", json!([{ "indexDescriptor": "i", "fields": [] }]))), "EmptyIndex");
    let source = |source: &str| refused(&Project::new("").schema_source(source));
    assert_eq!(source("export const x = 1;").code, "MissingSchemaExportError");
    assert_eq!(source("export default 12;").code, "InvalidSchemaExport");
    let thrown = source("throw new Error('no');");
    assert_eq!(thrown.code, "InvalidSchema");
    assert!(thrown.message.starts_with("Hit an error while evaluating your schema:\n"), "{thrown}");
    assert!(thrown.message.contains("Uncaught Error: no"), "{thrown}");
}

// Bad node version → `NodeVersionNotSupported`.
#[test]
fn unknown_versions_of_node_are_refused() {
    let mut project = Project::new("");
    project.node_version = Some("18".into());
    assert_eq!(refused(&project).code, "NodeVersionNotSupported");
}

#[test]
fn a_definition_that_throws_is_reported() {
    let error = refused(&Project::new("").definition("throw new Error('config');"));
    assert_eq!(error.code, "InvalidConvexConfig");
    assert!(error.message.contains("Uncaught Error: config"), "{error}");
}

#[test]
fn module_paths_are_checked() {
    for path in ["a-b.js", "_system/x.js", "a//b.js"] {
        let error = refused(&Project::default().node_module(path, ""));
        assert_eq!(error.code, "BadConvexModuleIdentifier", "{path}");
    }
}

#[test]
fn arguments_of_cron_jobs_have_a_size() {
    let crons = |bytes: usize| {
        let args = json!([{ "x": "y".repeat(bytes) }]);
        let schedule = json!({ "type": "interval", "minutes": 5 });
        let jobs = json!({ "big": { "name": "app:tick", "args": args, "schedule": schedule } });
        Project::new("export const tick = internalMutation(async () => 1);")
            .module("crons.js", &format!("export default cronJobs({jobs});"))
    };
    Backend::start().push(&crons((1 << 20) - 20));
    let error = refused(&crons(1 << 20));
    assert!(error.message.contains("The arguments of the cron job 'big' are larger than 1 MiB."), "{error}");
}
