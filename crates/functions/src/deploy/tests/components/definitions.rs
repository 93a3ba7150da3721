//! The tree of definitions: what is installed where, and what is refused.

use super::*;
use crate::environment::{Change, update};

fn refused(project: &Project) -> SystemError {
    let backend = Backend::start();
    let Err(error) = backend.start_push(project) else { panic!("the push must be refused") };
    assert_eq!(backend.deployment().version, 0);
    error
}

fn with_app(more: Json) -> Project {
    Project::new(APP).definition(&definition(None, more))
}

fn with_counter(project: Project, more: Json) -> Project {
    project.component_with("counter", &definition(Some("counter"), more), &[("public.js", COUNTER)], None)
}

// "app/component definition export: httpPrefix, env bindings, nested children, cyclic error, non-string env validator"
// `start_push` … child definitions resolved through `./_componentDeps/<base64url>` modules, nested children, renamed mounts
#[test]
fn the_tree_follows_what_definitions_install() {
    let backend = Backend::start();
    let app = r#"import counter from "./_componentDeps/Y291bnRlcg";
        if (counter.componentDefinitionPath !== "counter" || counter.defaultName !== "counts") throw new Error("wrong stand-in");
        export default { export() { return { definitionType: { type: "app" }, httpPrefix: "/api/", httpMounts: {},
            childComponents: [{ name: counter.defaultName, path: counter.componentDefinitionPath, args: [], env: null },
                              { name: "again", path: counter.componentDefinitionPath, args: [], env: null }],
            exports: { type: "branch", branch: [] } }; } };"#;
    let project = Project::new(APP).definition(app).component_with(
        "counter",
        &definition(Some("counts"), json!({})),
        &[("public.js", COUNTER)],
        None,
    );
    let started = backend.start_push(&project).map_err(|error| error.to_string()).unwrap();
    assert_eq!(started.schema_change.allocated.keys().collect::<Vec<_>>(), ["again", "counts"]);
    assert_eq!(started.analysis.tree.0[""].mount.http_prefix.as_deref(), Some("/api/"));
    assert_eq!(backend.progress(&started), SchemaProgress::Complete);
    let diff = backend.finish(&started).unwrap();
    assert_eq!(diff.components["counts"].change, InstanceChange::Create);
    assert_eq!(diff.components["counts"].modules_added, ["public.js"]);
    let deployment = backend.deployment();
    let paths: Vec<&String> = deployment.components.keys().collect();
    assert_eq!(paths, ["", "again", "counts"]);
    assert_ne!(deployment.components["again"].namespace, deployment.components["counts"].namespace);
    assert_eq!(backend.push(&project).components["counts"].change, InstanceChange::Modify);
}

#[test]
fn a_deployment_with_components_survives_a_restart() {
    let engine = Arc::new(MemoryEngine::new());
    let before = {
        let backend = Backend::on(engine.clone());
        backend.push(&nested());
        backend.mutate("app:m", json!({ "ref": "childComponent/first/public/add", "args": { "n": 1 } }));
        backend.value("app:handle", json!({ "name": "app:hidden" }))
    };
    let backend = Backend::on(engine);
    assert_eq!(backend.value("app:q", json!({ "ref": "childComponent/first/public/all" })), json!([1.0]));
    assert_eq!(backend.value("app:handle", json!({ "name": "app:hidden" })), before);
    assert_eq!(backend.deployment().components.len(), 5);
}

#[test]
fn impossible_trees_are_refused() {
    let counter = || child("counter", "counter");
    let twice = with_counter(with_app(json!({ "childComponents": [counter(), counter()] })), json!({}));
    let missing = with_app(json!({ "childComponents": [counter()] }));
    let name = with_counter(with_app(json!({ "childComponents": [child("a-b", "counter")] })), json!({}));
    for (project, part) in [
        (twice, "two components with the name \"counter\""),
        (missing, "no component definition \"counter\""),
        (name, "the name \"a-b\""),
        (
            with_app(json!({ "httpPrefix": "api/" })),
            "has the httpPrefix \"api/\". A prefix begins and ends with a slash",
        ),
        (with_app(json!({ "httpPrefix": 1 })), "has the httpPrefix 1."),
    ] {
        let error = refused(&project);
        assert_eq!(error.code, "InvalidConvexConfig");
        assert!(error.message.contains(part), "{error}");
    }
    let cycle =
        with_counter(with_app(json!({ "childComponents": [counter()] })), json!({ "childComponents": [counter()] }));
    assert_eq!(refused(&cycle.importing(&["counter"])).code, "CyclicImport");
    // Every level twice as many: bounded before it fills the memory.
    let level = |n: usize| (format!("l{n}"), format!("l{}", n + 1));
    let two = |path: &str| json!({ "childComponents": [child("a", path), child("b", path)] });
    let mut project = with_app(two("l0"));
    for n in 0..20 {
        let (path, next) = level(n);
        let more = if n == 19 { json!({}) } else { two(&next) };
        project = project.component(&path, &definition(Some("level"), more));
    }
    assert!(refused(&project).message.contains("more than 1000 component instances"));
}

// Node module inside a component → 400 `NodeActionsNotSupported`
#[test]
fn components_have_no_node_modules() {
    let mut project = with_counter(with_app(json!({ "childComponents": [child("counter", "counter")] })), json!({}));
    project.components[0].functions.push(input("n.js", "\"use node\";", Some(ModuleEnvironment::Node)));
    let error = refused(&project);
    assert_eq!(error.code, "NodeActionsNotSupported");
    assert!(error.message.contains("counter/n.js"), "{error}");
}

#[test]
fn mistakes_inside_components_name_their_place() {
    let project = with_app(json!({ "childComponents": [child("counter", "lib/counter")] }));
    let broken = project.component_with(
        "lib/counter",
        &definition(Some("counter"), json!({})),
        &[("bad.js", "throw new Error('boom');")],
        None,
    );
    let error = refused(&broken);
    assert_eq!(error.code, "InvalidModules");
    assert!(error.message.contains("Failed to analyze lib/counter/bad.js: Uncaught Error: boom"), "{error}");
}

fn schema(field: &str, kind: &str, indexes: Json) -> Json {
    let fields = json!({ field: { "fieldType": { "type": kind }, "optional": false } });
    json!({ "schemaValidation": true, "tables": [{ "tableName": "numbers", "indexes": indexes, "searchIndexes": [],
        "vectorIndexes": [], "documentType": { "type": "object", "value": fields } }] })
}

fn with_schema(schema: Json) -> Project {
    let app = json!({ "childComponents": [child("first", "counter"), child("second", "counter")] });
    with_app(app).component_with(
        "counter",
        &definition(Some("counter"), json!({})),
        &[("public.js", COUNTER)],
        Some(schema),
    )
}

#[test]
fn each_instance_has_its_schema_checked_and_indexes_filled() {
    let backend = Backend::start();
    backend.push(&with_schema(schema("n", "any", json!([]))));
    backend.mutate("app:m", json!({ "ref": "childComponent/second/public/add", "args": { "n": "text" } }));
    // The app's own table of that name has no schema.
    backend.mutate("app:add", json!({ "n": "text" }));

    let started = backend.start_push(&with_schema(schema("n", "number", json!([])))).ok().unwrap();
    let SchemaProgress::Failed { component, table, .. } = backend.progress(&started) else {
        panic!("the schema must not pass")
    };
    assert_eq!((component.as_str(), table.as_deref()), ("second", Some("numbers")));

    let index = json!([{ "indexDescriptor": "by_n", "fields": ["n"] }]);
    let prediction =
        wait(evaluate_schema(&backend.runtime, with_schema(schema("n", "any", index.clone())).request())).unwrap();
    let documents = |path: &str| prediction.components[path].indexes[0].documents;
    assert_eq!((documents("first"), documents("second")), (0, 1));
    assert!(prediction.new_definitions.is_empty());
    let diff = backend.push(&with_schema(schema("n", "any", index)));
    assert_eq!(diff.components["first"].indexes.added[0].name, "numbers.by_n");
    assert_eq!(diff.components["second"].indexes.added[0].name, "numbers.by_n");
    assert!(diff.components[""].indexes.added.is_empty());
    let wrong = json!({ "ref": "childComponent/first/public/fail", "args": {} });
    assert!(backend.mutation_fails("app:m", wrong).contains("does not match the schema"));
}

// "unmounted component refuses writes, remount restores data"
// Removed component is unmounted with data kept; re-adding reports remount.
#[test]
fn a_removed_component_keeps_its_data_and_refuses_writes() {
    let backend = Backend::start();
    backend.push(&nested());
    backend.mutate("app:m", json!({ "ref": "childComponent/first/public/add", "args": { "n": 1 } }));
    let listed = || {
        let mut rows = backend.value("_system/frontend/components:list", json!({}));
        rows.as_array_mut().unwrap().sort_by_key(|row| row["path"].to_string());
        rows.as_array().unwrap().iter().map(|row| format!("{} {}", row["path"], row["state"])).collect::<Vec<_>>()
    };
    assert_eq!(listed()[0], r#""first" "active""#);
    let diff = backend.push(&Project::new(APP));
    assert_eq!(diff.components["outer/inner"].change, InstanceChange::Unmount);
    assert_eq!(listed()[0], r#""first" "unmounted""#);
    let error = backend.fails("app:q", json!({ "ref": "childComponent/first/public/all" }));
    assert!(error.contains("the app has no component \"first\""), "{error}");
    assert_eq!(backend.value_in("first", "_system/cli/tableSize", json!({ "tableName": "numbers" })), json!(1.0));
    for function in ["_system/frontend/fileStorageV2:generateUploadUrl", "public:add"] {
        let error = backend.mutate_in("first", function, json!({})).unwrap_err();
        assert_eq!(error.code, Some("UnmountedComponent"), "{function}");
    }
    let again = backend.push(&nested());
    assert_eq!(again.components["first"].change, InstanceChange::Remount);
    assert_eq!(again.components["second"].change, InstanceChange::Remount);
    assert_eq!(backend.value("app:q", json!({ "ref": "childComponent/first/public/all" })), json!([1.0]));
    assert_eq!(listed()[0], r#""first" "active""#);
}

fn declare(name: &str, optional: bool) -> Json {
    json!([name, { "type": "value", "value": r#"{"type":"string"}"#, "optional": optional }])
}

fn set(backend: &Backend, name: &str, value: Option<&str>) {
    let change = Change { name: name.into(), value: value.map(str::to_owned) };
    wait(update(&backend.runtime, vec![change])).unwrap();
}

// "component env bindings literal and by reference; undeclared names undefined; built-ins present"
#[test]
fn components_see_the_variables_they_were_given() {
    let backend = Backend::start();
    set(&backend, "SECRET", Some("one"));
    set(&backend, "TOKEN", Some("token"));
    let bound =
        json!([["LITERAL", { "type": "value", "value": "text" }], ["MIDDLE", { "type": "envVar", "name": "SECRET" }]]);
    let inner = json!([["INNER", { "type": "envVar", "name": "MIDDLE" }]]);
    let app = json!({ "envVars": [declare("SECRET", true)],
        "childComponents": [{ "name": "outer", "path": "outer", "args": [], "env": bound }] });
    let outer = json!({ "envVars": [declare("LITERAL", false), declare("MIDDLE", false), declare("FREE", true)],
        "childComponents": [{ "name": "inner", "path": "counter", "args": [], "env": inner }] });
    let project = with_counter(with_app(app), json!({ "envVars": [declare("INNER", false)] }))
        .component_with("outer", &definition(Some("outer"), outer), &[("public.js", COUNTER)], None)
        .importing(&["counter"]);
    backend.push(&project);
    let see = |component: &str, name: &str| backend.value_in(component, "public:env", json!({ "name": name }));
    assert_eq!(see("outer", "LITERAL"), "text");
    assert_eq!(see("outer", "MIDDLE"), "one");
    assert_eq!(see("outer/inner", "INNER"), "one");
    for name in ["TOKEN", "SECRET", "FREE"] {
        assert_eq!(see("outer", name), Json::Null, "{name}");
    }
    assert_eq!(see("outer/inner", "MIDDLE"), Json::Null);
    assert_eq!(see("outer/inner", "CONVEX_CLOUD_URL"), backend.runtime.options().cloud_url);
    assert_eq!(see("outer/inner", "CONVEX_SITE_URL"), backend.runtime.options().site_url);
    assert_eq!(backend.value("app:env", json!({ "name": "TOKEN" })), "token");
    set(&backend, "SECRET", Some("two"));
    assert_eq!(see("outer/inner", "INNER"), "two");
    set(&backend, "SECRET", None);
    assert_eq!(see("outer", "MIDDLE"), Json::Null);
}

#[test]
fn variables_read_while_importing_differ_between_instances() {
    let backend = Backend::start();
    let bound = |name: &str, value: &str| json!({ "name": name, "path": "counter", "args": [], "env": [["COLOUR", { "type": "value", "value": value }]] });
    let app = with_app(json!({ "childComponents": [bound("first", "red"), bound("second", "blue")] }));
    let declared = json!({ "envVars": [declare("COLOUR", false)] });
    let code = "const colour = process.env.COLOUR; export const colourOf = query(async () => colour);";
    backend.push(&app.component_with("counter", &definition(Some("counter"), declared), &[("public.js", code)], None));
    for (component, colour) in [("first", "red"), ("second", "blue"), ("first", "red")] {
        let args = json!({ "ref": format!("childComponent/{component}/public/colourOf") });
        assert_eq!(backend.value("app:q", args), colour);
    }
}

#[test]
fn wrong_variables_are_refused() {
    let install =
        |env: Json| json!({ "childComponents": [{ "name": "counter", "path": "counter", "args": [], "env": env }] });
    let literal = |name: &str, value: &str| json!([[name, { "type": "value", "value": value }]]);
    let colour = json!(["COLOUR", { "type": "value", "value": r#"{"type":"literal","value":"red"}"# }]);
    for (env, declared, part) in [
        (json!([]), json!([declare("NEEDED", false)]), "it requires the environment variable `NEEDED`"),
        (literal("OTHER", "x"), json!([]), "it declares no environment variable `OTHER`"),
        (literal("COLOUR", "green"), json!([colour]), "the value of `COLOUR` does not match its declared validator"),
    ] {
        let error = refused(&with_counter(with_app(install(env)), json!({ "envVars": declared })));
        assert_eq!(error.code, "InvalidConvexConfig");
        assert!(error.message.contains(part), "{error}");
    }
    let number = json!([["N", { "type": "value", "value": r#"{"type":"number"}"# }]]);
    let error = refused(&with_counter(with_app(install(json!([]))), json!({ "envVars": number })));
    assert_eq!(error.code, "InvalidEnvVarDeclaration");
    assert!(error.message.contains("Env var `N` on the component \"counter\" has a non-string validator."), "{error}");
}

const ROUTES: &str = r#"export default httpRouter([["/own", "GET", () => {}], ["/files/*", "GET", () => {}]]);"#;

// "mount routing and httpPrefix, tie, overlap refused"
#[test]
fn http_mounts_must_not_overlap_and_need_routes() {
    let app = |mounts: Json| {
        let children = [child("first", "counter"), child("second", "counter")];
        json!({ "childComponents": children, "httpMounts": mounts })
    };
    let reference = |name: &str| format!("_reference/childComponent/{name}");
    let routed = |project: Project| {
        project.component_with("counter", &definition(Some("counter"), json!({})), &[("http.js", ROUTES)], None)
    };
    for (mounts, part) in [
        (json!({ "/files/": reference("first") }), "the overlapping route /files/*"),
        (json!({ "/files/deep/": reference("first") }), "the overlapping route /files/*"),
        (json!({ "/c/": reference("first"), "/c/d/": reference("second") }), "is mounted at the overlapping"),
        (json!({ "/c": reference("first") }), "begins and ends with a slash"),
        (json!({ "/c/": reference("third") }), "leads to an installed component"),
    ] {
        let error = refused(&routed(with_app(app(mounts)).module("http.js", ROUTES)));
        assert_eq!(error.code, "InvalidConvexConfig");
        assert!(error.message.contains(part), "{error}");
    }
    let error = refused(&with_counter(with_app(app(json!({ "/c/": reference("first") }))), json!({})));
    assert!(error.message.contains("that component has no HTTP routes"), "{error}");

    let backend = Backend::start();
    let mounts = json!({ "/c/": reference("first"), "/d/": reference("second") });
    backend.push(&routed(with_app(app(mounts)).module("http.js", ROUTES)));
    let deployment = backend.deployment();
    assert_eq!(deployment.route_http("GET", "/c/own").unwrap().component, "first");
    assert_eq!(deployment.site_url("second", backend.runtime.options()), "http://127.0.0.1:3211/d");
    assert_eq!(backend.value("_system/frontend/components:list", json!({}))[0]["httpPrefix"], "/c/");
}
