//! What analysis finds in pushed modules.

use serde_json::json;

use super::*;
use crate::deployment::{CronSchedule, HttpRoute};
use crate::{FunctionKind, Visibility};

// Analysis: names, types, visibility, args/returns JSON text.
#[test]
fn functions_are_found_with_their_declarations() {
    let backend = Backend::start();
    backend.push(&Project::new(
        r#"
        export const list = query(async () => 1, '{"type":"object","value":{"n":{"fieldType":{"type":"number"},"optional":true}}}', '{"type":"null"}');
        export const send = mutation(async () => 1);
        export const go = action(async () => 1);
        export const tick = internalMutation(async () => 1);
        export default internalQuery(async () => 1);
        export const both = Object.assign(() => {}, { isQuery: true, isMutation: true, invokeQuery() {}, invokeMutation() {} });
        export const odd = Object.assign(() => {}, { isQuery: true, isPublic: true, isInternal: true, invokeQuery() {} });
        export const legacy = { isQuery: true, invokeQuery() {} };
        export const route = httpAction(async () => 1);
        export const plain = () => 1;
        export const number = 12;
        export const nothing = null;
        "#,
    ));
    let deployment = backend.deployment();
    let code = deployment.root().unwrap();
    let mut names: Vec<_> = code.functions["app.js"].iter().map(|function| function.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["default", "go", "legacy", "list", "send", "tick"]);
    let list = code.function("app.js", "list").unwrap();
    assert_eq!((list.kind, list.visibility), (FunctionKind::Query, Some(Visibility::Public)));
    assert_eq!(list.args.as_ref().unwrap().to_string(), "v.object({n: v.optional(v.float64())})");
    assert_eq!(list.returns.as_ref().unwrap().to_string(), "v.null()");
    let send = code.function("app.js", "send").unwrap();
    assert_eq!((&send.args, &send.returns), (&None, &None));
    assert_eq!(code.function("app.js", "legacy").unwrap().visibility, None);
    assert_eq!(code.function("app.js", "go").unwrap().kind, FunctionKind::Action);
    assert!(!code.functions.contains_key("_deps/lib.js"), "shared chunks hold no functions");
}

// Functions were listed by name, and without a place.
// The probe looked for `lineNumber` of the bundled file only, and what it reported was dropped.
#[test]
fn functions_are_listed_in_the_order_of_the_file() {
    let backend = Backend::start();
    backend.push(&Project::new(
        "export const zebra = query(async () => 1);\n\
         export const apple = mutation(async () => 1); export const mango = query(async () => 1);\n\n\
         export const berry = query(async () => 1);",
    ));
    let deployment = backend.deployment();
    let functions = &deployment.root().unwrap().functions["app.js"];
    let places: Vec<_> = functions.iter().map(|function| (function.name.as_str(), function.line)).collect();
    // The first line of the file imports the wrappers.
    assert_eq!(places, [("zebra", Some(2)), ("apple", Some(3)), ("mango", Some(3)), ("berry", Some(5))]);
}

// `Date.now()` gave 0 while modules were imported, in calls.
// Nothing told the bundle when it was pushed, so images were made at the default time.
#[test]
fn modules_are_imported_at_the_time_of_their_push() {
    let engine: Arc<dyn storage::Engine> = Arc::new(MemoryEngine::new());
    let project = Project::new("const at = Date.now(); export const get = query(async () => at);");
    let backend = Backend::on(engine.clone());
    let before = backend.runtime.platform().now_ms().floor();
    backend.push(&project);
    let after = backend.runtime.platform().now_ms();
    let time = backend.value("app:get", json!({}));
    assert!((before..=after).contains(&time.as_f64().unwrap()), "{time} is not in {before}..{after}");
    drop(backend);
    assert_eq!(Backend::on(engine).value("app:get", json!({})), time, "a restart imports at the same time");
}

// Analysis: http routes incl. prefix routes.
#[test]
fn routes_are_found() {
    let backend = Backend::start();
    let http = r#"export const ping = httpAction(async () => 1);
        export default httpRouter([["/ping", "GET", ping], ["/files/*", "POST", ping]]);"#;
    backend.push(&Project::new("").module("http.js", http));
    let deployment = backend.deployment();
    let route = |path: &str, method: &str| HttpRoute { path: path.into(), method: method.into() };
    assert_eq!(deployment.root().unwrap().http_routes, [route("/ping", "GET"), route("/files/*", "POST")]);
}

#[test]
fn cron_jobs_are_found_and_their_targets_checked() {
    let backend = Backend::start();
    let crons = |target: &str| {
        let jobs = json!({ "i": { "name": target, "args": [{}], "schedule": { "type": "interval", "minutes": 5 } } });
        let source = format!("export default cronJobs({jobs});");
        Project::new("export const tick = internalMutation(async () => 1); export const list = query(async () => 1);")
            .module("crons.js", &source)
    };
    let diff = backend.push(&crons("app:tick"));
    assert_eq!(diff.components[""].crons.added, ["i"]);
    let deployment = backend.deployment();
    let job = &deployment.root().unwrap().crons[0];
    assert_eq!((job.identifier.as_str(), job.path.to_string().as_str()), ("i", "app.js:tick"));
    assert_eq!(job.schedule, CronSchedule::Interval { seconds: 300 });

    let missing = backend.start_push(&crons("app:gone")).err().unwrap();
    assert_eq!(missing.code, "InvalidModules");
    assert!(
        missing.message.contains("The cron job 'i' schedules a function that does not exist: app.js:gone"),
        "{missing}"
    );
    let query = backend.start_push(&crons("app:list")).err().unwrap();
    assert!(
        query.message.contains("schedules a query function, only actions and mutations can be scheduled"),
        "{query}"
    );
    let diff = backend.push(&Project::new(""));
    assert_eq!(diff.components[""].crons.deleted, ["i"]);
}

#[test]
fn a_definition_may_declare_variables() {
    let backend = Backend::start();
    let definition = r#"export default { export() { return {
        definitionType: { type: "app" }, childComponents: [], httpMounts: {}, exports: { type: "branch", branch: [] },
        envVars: [["NEEDED", { type: "value", value: '{"type":"string"}' }]] }; } };"#;
    let project = Project::new("").definition(definition);
    let started = backend.start_push(&project).ok().unwrap();
    let error = backend.finish(&started).unwrap_err();
    assert_eq!(error.code, "MissingEnvironmentVariables");
    assert!(error.message.contains("are not set: NEEDED."), "{error}");
    set(&backend, "NEEDED", Some("x")).unwrap();
    backend.push(&project);
    // Required declared variables cannot be removed.
    assert_eq!(set(&backend, "NEEDED", None).unwrap_err().code, "RequiredEnvironmentVariable");
}

pub(super) fn set(backend: &Backend, name: &str, value: Option<&str>) -> Result<(), SystemError> {
    let change = crate::environment::Change { name: name.into(), value: value.map(str::to_owned) };
    wait(crate::environment::update(&backend.runtime, vec![change]))
}

// Missing env var in `auth.config.ts` → `AuthConfigMissingEnvironmentVariable` naming it; setting it wakes `dev`.
#[test]
fn providers_may_depend_on_variables() {
    let backend = Backend::start();
    let auth = r#"export default { providers: [{ domain: process.env.AUTH_DOMAIN, applicationID: "convex" }] };"#;
    let project = Project::new("").module("auth.config.js", auth);
    let error = backend.start_push(&project).err().unwrap();
    assert_eq!(error.code, "AuthConfigMissingEnvironmentVariable");
    assert!(error.message.contains("Environment variable AUTH_DOMAIN "), "{error}");
    set(&backend, "AUTH_DOMAIN", Some("https://one.example")).unwrap();
    let diff = backend.push(&project);
    assert_eq!(diff.auth_added.len(), 1);
    let domain = |backend: &Backend| backend.deployment().auth_providers[0].to_json()["domain"].clone();
    assert_eq!(domain(&backend), "https://one.example");
    set(&backend, "AUTH_DOMAIN", Some("https://two.example")).unwrap();
    assert_eq!(domain(&backend), "https://two.example");
    assert_eq!(set(&backend, "AUTH_DOMAIN", None).unwrap_err().code, "AuthConfigMissingEnvironmentVariable");
    assert_eq!(set(&backend, "AUTH_DOMAIN", Some("\"quoted\"")).unwrap_err().code, "InvalidProviderDomainUrl");
    assert_eq!(domain(&backend), "https://two.example");
}

#[test]
fn providers_are_checked() {
    let backend = Backend::start();
    let refused = |source: &str| {
        let error = backend.start_push(&Project::new("").module("auth.config.js", source)).err().unwrap();
        (error.code, error.message)
    };
    let one = |provider: &str| refused(&format!("export default {{ providers: [{provider}] }};"));
    for ((code, message), text) in [
        (refused("export const x = 1;"), "auth.config.js is missing default export."),
        (refused("export default {};"), "must have a list of `providers`"),
        (one(r#"{ domain: "https://a.example" }"#), "`applicationID` is missing in"),
        (one(r#"{ domain: 1, applicationID: "convex" }"#), "`domain` must be a string, not 1"),
        (one(r#"{ type: "saml" }"#), "unknown provider type \"saml\""),
        (
            one(
                r#"{ type: "customJwt", issuer: "https://a.example", jwks: "https://a.example/keys", algorithm: "HS256" }"#,
            ),
            "`algorithm` must be RS256 or ES256, not \"HS256\"",
        ),
        (
            one(r#"{ type: "customJwt", issuer: "https://a.example", jwks: "keys.json", algorithm: "RS256" }"#),
            "`jwks` is \"keys.json\"",
        ),
    ] {
        assert_eq!(code, "InvalidAuthConfig", "{message}");
        assert!(message.contains(text), "{text}: {message}");
    }
    let (code, message) = one(r#"{ domain: "ftp://a.example", applicationID: "convex" }"#);
    assert_eq!(code, "InvalidProviderDomainUrl");
    assert!(message.contains("`domain` is \"ftp://a.example\", which is no address of an issuer."), "{message}");
}
