//! What components have of their own beside tables: jobs, crons, files, actions.

use super::*;

fn pushed() -> Backend {
    let backend = Backend::start();
    backend.push(&nested());
    backend
}

fn handle(backend: &Backend, path: &str) -> Json {
    backend.value("app:handle", json!({ "reference": format!("_reference/{path}") }))
}

// "component tables, storage, scheduler, ids isolated"
#[test]
fn a_job_belongs_to_the_component_that_scheduled_it() {
    let backend = pushed();
    let later = json!({ "name": "public:add", "args": { "n": 7 } });
    backend.mutate("app:m", json!({ "ref": "childComponent/first/public/later", "args": later }));
    assert_eq!(backend.until("first", "public:all", json!({}), |all| *all != json!([])), json!([7.0]));
    let done = |jobs: &Json| jobs[0]["state"] == "success";
    let jobs = backend.until("first", "public:jobs", json!({}), done);
    assert_eq!(jobs[0]["name"], "public.js:add");
    assert_eq!(backend.value_in("second", "public:jobs", json!({})), json!([]));
    assert_eq!(backend.value("app:jobs", json!({})), json!([]));
}

// "function handle called from a sibling component and from the scheduler"
#[test]
fn jobs_reach_other_components_by_reference_and_by_handle() {
    let backend = pushed();
    let reference = "_reference/childComponent/first/public/add";
    backend.mutate("app:later", json!({ "reference": reference, "args": { "n": 1 } }));
    assert_eq!(backend.until("first", "public:all", json!({}), |all| *all != json!([])), json!([1.0]));
    backend.until("", "app:jobs", json!({}), |jobs| *jobs == json!(["success"]));
    assert_eq!(backend.value_in("first", "public:jobs", json!({})), json!([]));

    let hidden = backend.value("app:handle", json!({ "name": "app:hidden" }));
    let later = json!({ "functionHandle": hidden, "args": { "n": 2 } });
    backend.mutate("app:m", json!({ "ref": "childComponent/second/public/later", "args": later }));
    assert_eq!(backend.until("", "app:all", json!({}), |all| *all != json!([])), json!([2.0]));
    let jobs = backend.until("second", "public:jobs", json!({}), |jobs| jobs[0]["state"] == "success");
    // Nothing in the document tells where the function is.
    let fields = json!(["_creationTime", "_id", "args", "completedTime", "name", "scheduledTime", "state"]);
    assert_eq!((&jobs[0]["name"], &jobs[0]["fields"]), (&json!("app.js:hidden"), &fields));
}

#[test]
fn only_its_own_component_cancels_a_job() {
    let backend = pushed();
    let later = json!({ "name": "public:add", "args": { "n": 7 }, "delay": 3600 });
    let id = backend.mutate("app:m", json!({ "ref": "childComponent/first/public/later", "args": later }));
    let cancel = |component: &str| backend.mutate_in(component, "public:cancel", json!({ "id": id }));
    assert!(cancel("second").unwrap_err().detail.contains("Invalid scheduled function ID"));
    cancel("first").unwrap();
    assert_eq!(backend.value_in("first", "public:jobs", json!({}))[0]["state"], "canceled");
}

#[test]
fn jobs_of_an_unmounted_component_wait_for_its_return() {
    let backend = pushed();
    let target = handle(&backend, "childComponent/second/public/add");
    let later = json!({ "name": "public:add", "args": { "n": 7 }, "delay": 1 });
    backend.mutate("app:m", json!({ "ref": "childComponent/first/public/later", "args": later }));
    backend.push(&Project::new(APP));
    // A handle of something unmounted cannot be scheduled.
    let stale = backend.mutation_fails("app:later", json!({ "functionHandle": target, "args": {} }));
    assert!(stale.contains("not mounted any more"), "{stale}");
    backend.push(&nested());
    assert_eq!(backend.until("first", "public:all", json!({}), |all| *all != json!([])), json!([7.0]));
}

#[test]
fn each_instance_runs_the_crons_of_its_definition() {
    let crons = r#"export default cronJobs({ tick: { name: "public:add", args: [{ n: 5 }], schedule: { type: "interval", hours: 1 } } });"#;
    let app = json!({ "childComponents": [child("first", "counter"), child("second", "counter")] });
    let project = Project::new(APP).definition(&definition(None, app)).component_with(
        "counter",
        &definition(Some("counter"), json!({})),
        &[("public.js", COUNTER), ("crons.js", crons)],
        None,
    );
    let backend = Backend::start();
    let diff = backend.push(&project);
    assert_eq!(diff.components["second"].crons.added, ["tick"]);
    for component in ["first", "second"] {
        assert_eq!(backend.until(component, "public:all", json!({}), |all| *all != json!([])), json!([5.0]));
    }
    assert_eq!(backend.value("app:all", json!({})), json!([]));
    let diff = backend.push(&Project::new(APP));
    assert_eq!(diff.components["first"].crons.deleted, ["tick"]);
    let bad = crons.replace("public:add", "public:gone");
    let project = Project::new(APP)
        .definition(&definition(None, json!({ "childComponents": [child("first", "counter")] })))
        .component_with("counter", &definition(Some("counter"), json!({})), &[("crons.js", &bad)], None);
    let Err(error) = backend.start_push(&project) else { panic!("the push must be refused") };
    assert!(
        error.message.contains("counter/crons.js: The cron job 'tick' schedules a function that does not exist"),
        "{error}"
    );
}

// "getUrl range request, unknown file, deletion revokes; per-component URL"
#[test]
fn files_belong_to_a_component() {
    let backend = pushed();
    let stored = backend.mutate("app:m", json!({ "ref": "childComponent/first/public/store" }));
    let url = stored["url"].as_str().unwrap();
    let namespace = backend.deployment().components["first"].namespace;
    let (path, component) = url.split_once("?component=").unwrap();
    assert_eq!(component, namespace.0.to_string());
    let uuid = uuid::Uuid::parse_str(path.rsplit('/').next().unwrap()).unwrap();
    assert_eq!(wait(backend.runtime.stored_file(Some(component), uuid)).unwrap().unwrap().size, 6);
    assert!(wait(backend.runtime.stored_file(None, uuid)).unwrap().is_none());
    let get = json!({ "storageId": stored["storageId"] });
    assert_eq!(backend.value_in("second", "public:url", get.clone()), Json::Null);
    assert_eq!(backend.value_in("first", "public:url", get), url);

    let upload = backend.mutate_in("first", "public:uploadUrl", json!({})).unwrap();
    let token = upload.as_str().unwrap().split_once("token=").unwrap().1.to_owned();
    backend.runtime.check_upload_token(&token).unwrap();
    backend.push(&Project::new(APP));
    assert_eq!(backend.runtime.check_upload_token(&token).unwrap_err().code, "UnmountedComponent");
}

#[test]
fn actions_run_inside_components_and_reach_them() {
    let backend = Backend::start();
    let env = json!([["COLOUR", { "type": "value", "value": "red" }]]);
    let app = json!({ "childComponents": [{ "name": "first", "path": "counter", "args": [], "env": env }] });
    let declared = json!({ "envVars": [["COLOUR", { "type": "value", "value": r#"{"type":"string"}"# }]] });
    let project = Project::new(APP).definition(&definition(None, app)).component_with(
        "counter",
        &definition(Some("counter"), declared),
        &[("public.js", COUNTER)],
        None,
    );
    backend.push(&project);
    let change = crate::environment::Change { name: "SECRET".into(), value: Some("hidden".into()) };
    wait(crate::environment::update(&backend.runtime, vec![change])).unwrap();
    let act = |kind: &str, function: &str, args: Json| {
        let reference = format!("childComponent/first/public/{function}");
        backend.act("app:act", json!({ "kind": kind, "ref": reference, "args": args }))
    };
    let answer = act("action", "actTwice", json!({ "n": 1 })).unwrap();
    assert_eq!(answer["user"], Json::Null);
    assert_eq!((&answer["colour"], &answer["secret"]), (&json!("red"), &Json::Null));
    assert!(answer["all"].as_array().unwrap().contains(&json!(1.0)), "{answer}");
    backend.until("first", "public:all", json!({}), |all| *all == json!([1.0, 2.0]));
    assert_eq!(act("query", "all", json!({})).unwrap(), json!([1.0, 2.0]));
    act("mutation", "add", json!({ "n": 3 })).unwrap();
    assert_eq!(act("query", "all", json!({})).unwrap(), json!([1.0, 2.0, 3.0]));
    let error = act("query", "secret", json!({})).unwrap_err();
    assert!(error.detail.contains("Couldn't resolve components.first.public.secret"), "{}", error.detail);
}
