//! What components share with each other and the app: nothing but calls.

use super::*;

fn pushed() -> Backend {
    let backend = Backend::start();
    backend.push(&nested());
    backend
}

const ADD: &str = "childComponent/first/public/add";
const ALL: &str = "childComponent/first/public/all";

// "component tables, storage, scheduler, ids isolated; public-only access; internal refused"
#[test]
fn every_instance_has_its_own_tables() {
    let backend = pushed();
    backend.mutate("app:m", json!({ "ref": ADD, "args": { "n": 1 } }));
    backend.mutate("app:m", json!({ "ref": "childComponent/second/public/add", "args": { "n": 2 } }));
    backend.mutate("app:add", json!({ "n": 3 }));
    assert_eq!(backend.value("app:q", json!({ "ref": ALL })), json!([1.0]));
    assert_eq!(backend.value("app:q", json!({ "ref": "childComponent/second/public/all" })), json!([2.0]));
    assert_eq!(backend.value("app:all", json!({})), json!([3.0]));
    assert_eq!(backend.value("_system/cli/tableSize", json!({ "tableName": "numbers" })), json!(1.0));
    assert_eq!(backend.value_in("first", "_system/cli/tableSize", json!({ "tableName": "numbers" })), json!(1.0));
    assert_eq!(backend.value_in("outer/inner", "_system/cli/tables", json!({}))["page"], json!([]));
}

#[test]
fn an_id_means_nothing_in_another_component() {
    let backend = pushed();
    let id = backend.mutate("app:m", json!({ "ref": ADD, "args": { "n": 1 } }));
    let get = |component: &str| {
        backend.value("app:q", json!({ "ref": format!("childComponent/{component}/public/get"), "args": { "id": id } }))
    };
    assert_eq!(get("first")["n"], json!(1.0));
    backend.mutate("app:m", json!({ "ref": "childComponent/second/public/add", "args": { "n": 2 } }));
    assert_eq!(get("second"), Json::Null);
}

#[test]
fn only_public_functions_of_direct_children_are_reachable() {
    let backend = pushed();
    for (reference, part) in [
        ("childComponent/first/public/secret", "Couldn't resolve components.first.public.secret"),
        ("childComponent/first/public/gone", "Couldn't resolve components.first.public.gone"),
        ("childComponent/first/nowhere/all", "Couldn't resolve components.first.nowhere.all"),
        ("childComponent/outer/inner/public/all", "Couldn't resolve components.outer.inner.public.all"),
        ("childComponent/third/public/all", "the app has no component \"third\""),
        ("childComponent/first", "Couldn't resolve components.first"),
        ("componentArgument/x", "Couldn't resolve _reference/componentArgument/x"),
        ("currentSystemUdfInComponent/1", "Couldn't resolve _reference/currentSystemUdfInComponent/1"),
    ] {
        let error = backend.fails("app:q", json!({ "ref": reference }));
        assert!(error.contains(part), "{reference}: {error}");
    }
    let down = json!({ "ref": "childComponent/outer/public/down", "args": { "reference": "_reference/childComponent/inner/public/all" } });
    assert_eq!(backend.value("app:q", down), json!([]));
    assert_eq!(backend.value("app:q", json!({ "ref": "function/app.js:all" })), json!([]));
    // A child names its parent's functions in no way.
    let up =
        json!({ "ref": "childComponent/first/public/down", "args": { "reference": "_reference/function/app:all" } });
    assert!(backend.fails("app:q", up).contains("Couldn't find JavaScript module 'app.js'"));
}

#[test]
fn clients_cannot_call_components() {
    let backend = pushed();
    let mut call = as_admin("public:all", json!({}), Identity::Anonymous);
    call.path.component = "first".into();
    let request = QueryRequest { call, journal: None };
    let result = wait(backend.runtime.query(&request, backend.runtime.latest_ts())).unwrap();
    let error = &result.outcome.as_ref().unwrap_err().detail;
    assert_eq!(error, "Could not find public function for 'public:all' in 'first'.");
    assert_eq!(backend.value_in("first", "public:secret", json!({})), json!(42.0));
}

// "runMutation error caught: only child's writes rolled back; reads kept"
#[test]
fn a_failing_child_loses_its_own_writes_only() {
    let backend = pushed();
    let args = json!({ "before": 1, "ref": "childComponent/first/public/fail", "args": { "n": 2 } });
    let message = backend.mutate("app:caught", args);
    assert!(message.as_str().unwrap().contains("no 2"), "{message}");
    assert_eq!(backend.value("app:all", json!({})), json!([1.0]));
    assert_eq!(backend.value("app:q", json!({ "ref": ALL })), json!([]));
    // Uncaught, it takes everything with it.
    backend.mutation_fails("app:m", json!({ "ref": "childComponent/first/public/fail", "args": { "n": 2 } }));
    assert_eq!(backend.value("app:q", json!({ "ref": ALL })), json!([]));
}

// "transactionLimits stop the child; parent continues"
#[test]
fn limits_bind_a_child_in_another_component() {
    let backend = pushed();
    backend.mutate("app:add", json!({ "n": 1 }));
    for n in 0..3 {
        backend.mutate("app:m", json!({ "ref": ADD, "args": { "n": n } }));
    }
    let error = backend.mutate("app:limited", json!({ "ref": ALL, "limits": { "documentsRead": 2 } }));
    assert!(error.as_str().unwrap().contains("Too many documents read"), "{error}");
    assert_eq!(backend.mutate("app:limited", json!({ "ref": ALL, "limits": { "documentsRead": 3 } })), json!(1.0));
}

// "nesting 9 deep fails"
#[test]
fn calls_nest_to_a_depth_across_components() {
    let backend = pushed();
    let handle = |path: &str| backend.value("app:handle", json!({ "reference": format!("_reference/{path}") }));
    let (first, second) = (handle("childComponent/first/public/read"), handle("childComponent/second/public/read"));
    let nested = |depth: usize| {
        let mut args = json!({ "handle": handle("childComponent/first/public/all"), "args": {} });
        for level in 0..depth {
            args = json!({ "handle": if level % 2 == 0 { &first } else { &second }, "args": args });
        }
        args
    };
    assert_eq!(backend.value("app:readHandle", nested(6)), json!([]));
    let error = backend.fails("app:readHandle", nested(7));
    assert!(error.contains("Cross component call depth limit exceeded. Do you have an infinite loop in your app?"));
}

#[test]
fn components_see_no_user_and_know_their_path() {
    let backend = pushed();
    let user = crate::UserIdentity {
        token_identifier: "i|s".into(),
        issuer: "i".into(),
        subject: "s".into(),
        attributes: Default::default(),
        expires_at: None,
        token: None,
    };
    let ask = |path: &str, args: Json| {
        let result = backend.query(path, args, Identity::User(Arc::new(user.clone())));
        serde_json::from_str::<Json>(result.outcome.as_ref().unwrap()).unwrap()
    };
    assert_eq!(ask("app:whoami", json!({}))["subject"], "s");
    let of = |name: &str| json!({ "ref": "childComponent/first/public/ask", "args": { "name": name } });
    assert_eq!(ask("app:q", of("1.0/getUserIdentity")), Json::Null);
    assert_eq!(ask("app:q", of("1.0/getFunctionMetadata")), json!({ "name": "public:ask", "componentPath": "first" }));
}

/// Published components page through their own tables: workpool in every round, workflow, aggregate and others too.
#[test]
fn components_paginate_their_own_tables() {
    let backend = pushed();
    backend.mutate("app:m", json!({ "ref": ADD, "args": { "n": 7 } }));
    let page = backend.value("app:q", json!({ "ref": "childComponent/first/public/page" }));
    assert_eq!((&page["page"][0]["n"], &page["isDone"]), (&json!(7.0), &json!(true)));
}

// `createFunctionHandle` round trip; handle passed back returns itself; stale handle errors
// "function handle called from a sibling component and from the scheduler"
#[test]
fn handles_work_from_anywhere_and_outlive_deploys() {
    let backend = pushed();
    let own = backend.value("app:handle", json!({ "name": "app:hidden" }));
    let add = backend.value("app:handle", json!({ "reference": format!("_reference/{ADD}") }));
    assert_eq!(backend.value("app:handle", json!({ "functionHandle": own })), own);
    assert_eq!(backend.value("app:handle", json!({ "name": "app:hidden" })), own);
    // From a child to its parent's internal function, and from one sibling to the other.
    let via = |component: &str, handle: &Json, n: u32| {
        let args = json!({ "handle": handle, "args": { "n": n } });
        backend.mutate("app:m", json!({ "ref": format!("childComponent/{component}/public/via"), "args": args }))
    };
    via("first", &own, 1);
    via("second", &add, 2);
    assert_eq!(backend.value("app:all", json!({})), json!([1.0]));
    assert_eq!(backend.value("app:q", json!({ "ref": ALL })), json!([2.0]));
    // A child's own handle, of an internal function, used by the app.
    let secret = backend
        .value("app:q", json!({ "ref": "childComponent/first/public/handle", "args": { "name": "public:secret" } }));
    assert_eq!(backend.value("app:readHandle", json!({ "handle": secret })), json!(42.0));

    backend.push(&nested());
    assert_eq!(backend.value("app:handle", json!({ "name": "app:hidden" })), own);
    via("first", &own, 3);
    let missing = backend.fails("app:handle", json!({ "name": "app:gone" }));
    assert!(missing.contains("Couldn't find \"gone\" in module \"app.js\""), "{missing}");
    let forged = backend.mutation_fails("app:viaHandle", json!({ "handle": "function://AQAAAAA" }));
    assert!(forged.contains("is not a valid function handle"), "{forged}");

    backend.push(&Project::new(&APP.replace("hidden", "other")));
    let stale = backend.mutation_fails("app:viaHandle", json!({ "handle": own, "args": { "n": 4 } }));
    assert!(stale.contains("is stale: Couldn't find \"hidden\" in module \"app.js\""), "{stale}");
    let unmounted = backend.mutation_fails("app:viaHandle", json!({ "handle": add, "args": { "n": 4 } }));
    assert!(unmounted.contains("belongs to a component that is not mounted any more"), "{unmounted}");
}
