//! The operations of `ctx.db` and `ctx.runQuery` themselves, sent by hand.

use serde_json::json;

use super::*;

/// What the operation `name` answers in a query.
fn ask(app: &App, kind: &str, name: &str, args: Json) -> Json {
    value_of(&app.query("app:ask", json!({ "steps": [[kind, name, args]] })).outcome)[0].clone()
}

/// The text with which it is refused.
fn refusal(app: &App, kind: &str, name: &str, args: Json) -> String {
    let answer = ask(app, kind, name, args);
    answer["refused"].as_str().unwrap_or_else(|| panic!("{name} answered {answer}")).to_owned()
}

/// A job's id: a document of a system table.
fn system_id(app: &App) -> Json {
    value_of(&app.mutate("app:later", json!({ "name": "app:add", "args": {}, "delayMs": 1e9 })).outcome)
}

// - [ ] `db.get` of system id through `db.get`, and user id through `db.system.get`, both refused
#[test]
fn user_and_system_tables_are_apart() {
    let app = App::start();
    let (user, system) = (app.add("notes", json!(1)), system_id(&app));
    let get = |id: Json, is_system: bool| json!({ "id": id, "isSystem": is_system, "version": "1.48.0" });
    assert_eq!(ask(&app, "async", "1.0/get", get(json!(user), false))["answer"]["body"], json!(1.0));
    assert_eq!(ask(&app, "async", "1.0/get", get(system.clone(), true))["answer"]["name"], json!("app.js:add"));
    let crossed = refusal(&app, "async", "1.0/get", get(system, false));
    assert_eq!(crossed, "System tables can only be accessed with db.system.");
    let crossed = refusal(&app, "async", "1.0/get", get(json!(user), true));
    assert_eq!(crossed, "User tables cannot be accessed with db.system.");
}

// - [ ] wrong-table `db.get("users", postId)` error text
#[test]
fn an_id_must_be_one_and_of_the_table_that_is_named() {
    let app = App::start();
    let id = app.add("notes", json!(1));
    let get = |id: &str| json!({ "id": id, "table": "users", "isSystem": false, "version": "1.48.0" });
    assert_eq!(
        refusal(&app, "async", "1.0/get", get(&id)),
        "Invalid argument `id` for `db.get`: expected to be an Id<\"users\">, got Id<\"notes\"> instead."
    );
    let garbage = refusal(&app, "async", "1.0/get", get("garbage"));
    assert!(garbage.starts_with("Invalid argument `id` for `db.get`: Unable to decode ID: "), "{garbage}");
    let missing = refusal(&app, "async", "1.0/get", json!({ "isSystem": false }));
    assert!(missing.starts_with("Invalid arguments for `db.get`: "), "{missing}");
}

// - [ ] `normalizeId`: valid, other table, garbage, nonexistent table → id, null, null, null
#[test]
fn ids_are_normalized_or_null() {
    let app = App::start();
    let id = app.add("notes", json!(1));
    let normalize = |table: &str, id: &str| {
        ask(&app, "sync", "1.0/db/normalizeId", json!({ "table": table, "idString": id }))["answer"]["id"].clone()
    };
    assert_eq!(normalize("notes", &id), json!(id));
    assert_eq!(normalize("others", &id), Json::Null);
    assert_eq!(normalize("notes", "garbage"), Json::Null);
    assert_eq!(normalize("notes", ""), Json::Null);
    assert_eq!(normalize("nowhere", &id), Json::Null);
}

// - [ ] insert into `_x` refused server side even with a hand-made syscall
#[test]
fn system_tables_are_not_written() {
    let app = App::start();
    let insert = |table: &str| error_of(&app.mutate("app:add", json!({ "table": table, "body": 1 })).outcome);
    for table in ["_mine", "_storage", "_scheduled_functions", "_audit_log"] {
        assert!(insert(table).contains("System tables (prefixed with `_`) are read-only."), "{table}");
    }
    let job = system_id(&app);
    let error = error_of(&app.mutate("app:set", json!({ "id": job, "body": 1 })).outcome);
    assert!(error.contains("System tables (prefixed with `_`) are read-only."), "{error}");
    // Nor are those read that hold secrets.
    let query =
        json!({ "source": { "type": "FullTableScan", "tableName": "_signing_keys", "order": null }, "operators": [] });
    let error = refusal(&app, "sync", "1.0/queryStream", json!({ "query": query, "version": "1.48.0" }));
    assert_eq!(error, "System table _signing_keys cannot be read by functions.");
}

// - [ ] query stream: `for await` + break (cleanup called)
// - [ ] `queryStreamNext` on unknown id → in-progress query not found
#[test]
fn streams_live_until_they_are_cleaned_up() {
    let app = App::start();
    app.add("notes", json!(1));
    let query = json!({ "source": { "type": "FullTableScan", "tableName": "notes", "order": null }, "operators": [] });
    let steps = json!([
        ["async", "1.0/queryStreamNext", { "queryId": 0 }],
        ["sync", "1.0/queryStream", { "query": query, "version": "1.48.0" }],
        ["sync", "1.0/queryStream", { "query": query, "version": "1.48.0" }],
        ["async", "1.0/queryStreamNext", { "queryId": 1 }],
        ["sync", "1.0/queryCleanup", { "queryId": 1 }],
        ["sync", "1.0/queryCleanup", { "queryId": 1 }],
        ["async", "1.0/queryStreamNext", { "queryId": 1 }],
        ["async", "1.0/queryStreamNext", { "queryId": 0 }],
        ["async", "1.0/queryStreamNext", { "queryId": 0 }],
    ]);
    let answers = value_of(&app.query("app:ask", json!({ "steps": steps })).outcome);
    let unknown = json!({ "refused": "in-progress query not found" });
    assert_eq!(answers[0], unknown);
    assert_eq!(answers[1], json!({ "answer": { "queryId": 0.0 } }));
    assert_eq!(answers[2], json!({ "answer": { "queryId": 1.0 } }));
    assert_eq!(answers[3]["answer"]["value"]["body"], json!(1.0));
    assert_eq!((&answers[4]["answer"], &answers[5]["answer"]), (&json!(true), &json!(false)));
    assert_eq!(answers[6], unknown);
    assert_eq!(answers[7]["answer"]["done"], json!(false));
    assert_eq!(answers[8], json!({ "answer": { "value": null, "done": true } }));
}

// - [ ] second paginate in a function errors
#[test]
fn a_function_paginates_once() {
    let app = App::start();
    let query = json!({ "source": { "type": "FullTableScan", "tableName": "notes", "order": null }, "operators": [] });
    let page =
        json!(["async", "1.0/queryPage", { "query": query, "cursor": null, "pageSize": 5, "version": "1.48.0" }]);
    let answers = value_of(&app.query("app:ask", json!({ "steps": [page, page] })).outcome);
    assert_eq!(answers[0]["answer"]["isDone"], json!(true));
    assert_eq!(
        answers[1]["refused"],
        json!(
            "This query or mutation function ran multiple paginated queries. \
             Convex only supports a single paginated query in each function."
        )
    );
}

// - [ ] `createFunctionHandle` round trip; handle passed back returns itself; stale handle errors
#[test]
fn a_handle_names_its_function_until_that_is_gone() {
    let app = App::start();
    let created = ask(&app, "async", "1.0/createFunctionHandle", json!({ "name": "app:list", "version": "1.48.0" }));
    let handle = created["answer"].as_str().unwrap();
    assert!(handle.starts_with("function://"), "{handle}");
    let again = json!({ "functionHandle": handle, "version": "1.48.0" });
    assert_eq!(ask(&app, "async", "1.0/createFunctionHandle", again)["answer"], json!(handle));
    app.add("notes", json!("found"));
    let run = |handle: &str| json!({ "udfType": "query", "functionHandle": handle, "args": { "table": "notes" } });
    assert_eq!(ask(&app, "async", "1.0/runUdf", run(handle))["answer"], json!(["found"]));
    // What follows the number sign is there to be read by people.
    let opaque = handle.split('#').next().unwrap();
    assert_eq!(ask(&app, "async", "1.0/runUdf", run(&format!("{opaque}#other")))["answer"], json!(["found"]));
    assert!(refusal(&app, "async", "1.0/runUdf", run("function://zz")).contains("is not a valid function handle"));
    let missing =
        refusal(&app, "async", "1.0/createFunctionHandle", json!({ "name": "app:nope", "version": "1.48.0" }));
    assert_eq!(missing, "Couldn't find \"nope\" in module \"app.js\".");

    // A later push takes the function away, and a further one brings it back.
    let mut without = deployment(2);
    let mut code = ComponentCode::clone(&without.components[""]);
    code.functions.get_mut("app.js").unwrap().retain(|function| function.name != "list");
    without.components.insert(String::new(), Arc::new(code));
    app.deploy(without);
    let stale = format!("The function handle {handle} is stale: Couldn't find \"list\" in module \"app.js\".");
    assert_eq!(refusal(&app, "async", "1.0/runUdf", run(handle)), stale);
    let again = json!({ "functionHandle": handle, "version": "1.48.0" });
    assert_eq!(refusal(&app, "async", "1.0/createFunctionHandle", again), stale);
    let call = json!({ "functionHandle": handle, "args": {}, "version": "1.48.0", "requestId": "" });
    let in_action = app.act("app:operation", json!({ "name": "1.0/actions/query", "args": call }));
    assert!(error_of(&in_action.outcome).contains(&stale), "{in_action:?}");
    app.deploy(deployment(3));
    assert_eq!(ask(&app, "async", "1.0/runUdf", run(handle))["answer"], json!(["found"]));
}

// - [ ] Date.now equal in nested calls; log lines nested with paths
#[test]
fn nested_calls_share_the_clock_and_the_log() {
    let app = App::start();
    let result = app.query("app:clocks", json!({}));
    let clocks = value_of(&result.outcome);
    assert_eq!(clocks[0], clocks[1]);
    assert_ne!(clocks[2], clocks[3], "each frame has a seed of its own");
    assert_eq!(&*result.log_lines, ["[LOG] 'outer'", "[LOG] 'inner'", "[LOG] 'outer again'"]);
    let entries = app.runtime.logs().after(0.0);
    let entry = entries.iter().filter_map(|entry| entry.completion()).find(|e| e.identifier == "app:clocks").unwrap();
    let paths: Vec<Option<&str>> = entry.log_lines.iter().map(|line| line.udf_path.as_deref()).collect();
    assert_eq!(paths, [None, Some("app:innerClock"), None]);
}

#[test]
fn nested_calls_share_the_clock_however_late_they_are() {
    let app = App::start();
    let clocks = value_of(&app.mutate("app:clocksApart", json!({})).outcome);
    assert_eq!((&clocks[0], &clocks[0]), (&clocks[1], &clocks[2]));
}

// Math.random differs between executions
#[test]
fn chance_does_not_repeat_with_the_same_arguments() {
    let app = App::start();
    let dice = || value_of(&app.mutate("app:dice", json!({})).outcome);
    assert_ne!(dice(), dice());
}

#[test]
fn nested_lines_count_as_the_callers() {
    let app = App::start();
    let lines = app.query("app:printsWithChild", json!({})).log_lines.clone();
    assert_eq!(lines.len(), 256);
    assert_eq!(lines[200], "[LOG] 0");
    assert_eq!(lines[255], "[ERROR] Log overflow (maximum 256). Remaining log lines omitted.");
}

#[test]
fn the_clock_that_a_failing_child_read_counts_for_its_caller() {
    let (platform, clock) = Platform::simulated(6);
    let app = App::on_platform(platform);
    let run = || app.query("app:catchesClock", json!({}));
    let first = run();
    assert!(value_of(&first.outcome).as_str().unwrap().contains("1767225600000"), "{first:?}");
    clock.advance(std::time::Duration::from_secs(17));
    assert!(!Arc::ptr_eq(&first, &run()));
}

// - [ ] cache hit on same args: 17 s age when time observed
#[test]
fn a_result_that_read_the_clock_is_kept_for_seventeen_seconds() {
    let (platform, clock) = Platform::simulated(5);
    let app = App::on_platform(platform);
    let run = || app.query("app:clock", json!({}));
    let first = run();
    clock.advance(std::time::Duration::from_millis(16_999));
    assert!(Arc::ptr_eq(&first, &run()));
    clock.advance(std::time::Duration::from_millis(1));
    let second = run();
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(value_of(&second.outcome).as_f64().unwrap() - value_of(&first.outcome).as_f64().unwrap(), 17_000.0);
    let other = app.query("app:snapshotTs", json!({}));
    clock.advance(std::time::Duration::from_secs(17));
    assert!(!Arc::ptr_eq(&other, &app.query("app:snapshotTs", json!({}))), "the snapshot's time is a time too");
    let timeless = app.query("app:hello", json!({}));
    clock.advance(std::time::Duration::from_secs(60));
    assert!(Arc::ptr_eq(&timeless, &app.query("app:hello", json!({}))));
}
