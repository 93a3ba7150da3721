//! Results, errors, logs.

use super::*;

#[test]
fn an_action_runs_mutations_and_queries_and_reads_its_own_writes() {
    let app = App::start();
    let result = app.act("app:copyNote", json!({ "body": "x" }));
    let value = value_of(&result.outcome);
    assert_eq!(value["row"]["body"], json!("x"));
    assert_eq!(value["row"]["_id"], value["id"]);
    assert_eq!(&*result.log_lines, ["[LOG] 'copying' 'x'", "[WARN] 'copied'"]);
}

// - [ ] `logs --history`, live tail, action progress lines once only, errors, `--success`, `--jsonl`
#[test]
fn lines_are_logged_while_the_action_runs_and_once_only() {
    let app = App::start();
    app.act("app:copyNote", json!({ "body": "x" }));
    let entries = app.runtime.logs().after(0.0);
    let own: Vec<_> = entries.iter().filter(|entry| entry.identifier() == "app:copyNote").collect();
    let lines: Vec<_> = own.iter().flat_map(|entry| entry.log_lines()).map(|line| line.to_text()).collect();
    assert_eq!(lines, ["[LOG] 'copying' 'x'", "[WARN] 'copied'"]);
    assert!(matches!(**own[0], LogEntry::Progress(_)));
    let last = own.last().unwrap().completion().expect("the last entry completes");
    assert_eq!((last.kind, last.error.as_deref(), last.log_lines.len()), (FunctionKind::Action, None, 0));
    let inner =
        entries.iter().filter_map(|entry| entry.completion()).find(|entry| entry.identifier == "app:addInternal");
    let inner = inner.expect("the mutation is an execution of its own");
    assert_eq!((inner.caller, &*inner.request_id.0), (Caller::Action, "0123456789abcdef"));
}

// - [ ] unknown function, wrong type, internal-from-client error texts
#[test]
fn kinds_and_visibility_are_checked() {
    let app = App::start();
    let error = |path: &str| error_of(&app.act(path, json!({})).outcome);
    assert_eq!(error("app:nope"), "Could not find public function for 'app:nope'.");
    assert_eq!(error("app:hidden"), "Could not find public function for 'app:hidden'.");
    assert_eq!(error("app:add"), "Trying to execute app.js:add as Action, but it is defined as Mutation.");
    assert_eq!(value_of(&app.act("app:callHidden", json!({})).outcome), json!("hidden"));
    let admin = app.act_as("app:hidden", json!({}), Identity::Admin { read_only: false });
    assert_eq!(value_of(&admin.outcome), json!("hidden"));
    let reader = app.act_as("app:hidden", json!({}), Identity::Admin { read_only: true });
    assert!(error_of(&reader.outcome).contains("read-only"));
    let wrong =
        |kind: &str, name: &str| error_of(&app.act("app:callOf", json!({ "kind": kind, "name": name })).outcome);
    assert!(
        wrong("query", "app:add").contains("Trying to execute app.js:add as Query, but it is defined as Mutation.")
    );
    assert!(wrong("action", "app:nope").contains("Couldn't find \"nope\" in module \"app.js\"."));
    assert!(wrong("mutation", "gone:f").contains("Couldn't find JavaScript module 'gone.js'."));
}

// - [ ] args array with 0, 2 elements or non-object rejected before running user code
#[test]
fn arguments_must_be_one_object() {
    let app = App::start();
    let error = error_of(&app.act("app:waits", json!([{}, 1])).outcome);
    assert!(error.starts_with("Expected to receive a single object as the function's argument. Instead received 2"));
    assert!(error_of(&app.act("app:waits", json!([3])).outcome).contains("Expected to receive an object"));
    let nested = json!({ "kind": "query", "name": "app:clock", "args": 3 });
    assert!(error_of(&app.act("app:callOf", nested).outcome).contains("Expected to receive an object"));
}

// - [ ] `ConvexError` with object, string, bigint data reaches client with data
#[test]
fn a_callees_error_arrives_with_its_data_and_may_be_caught() {
    let app = App::start();
    let caught = value_of(&app.act("app:catches", json!({ "name": "app:throwsData", "args": {} })).outcome);
    assert!(caught["message"].as_str().unwrap().contains("with data"), "{caught}");
    assert_eq!(caught["data"], json!({ "code": 7.0 }));
    let caught =
        value_of(&app.act("app:catches", json!({ "name": "app:addThenThrow", "args": { "table": "notes" } })).outcome);
    assert!(caught["message"].as_str().unwrap().starts_with("Uncaught Error: after the write"), "{caught}");
    assert_eq!(notes(&app), json!([]));
}

#[test]
fn what_an_action_committed_stays_when_it_fails() {
    let app = App::start();
    let error = error_of(&app.act("app:throwInAction", json!({ "table": "notes" })).outcome);
    assert!(error.starts_with("Uncaught Error: after the mutation"), "{error}");
    assert_eq!(notes(&app), json!(["stays"]));
}

// - [ ] Date frozen in Q/M, real in A; import-time frozen per deploy
#[test]
fn the_clock_of_an_action_moves() {
    let app = App::start();
    assert!(value_of(&app.act("app:twoClocks", json!({})).outcome).as_f64().unwrap() >= 4.0);
}

// - [ ] globals do not leak between two executions
#[test]
fn every_action_has_a_fresh_heap() {
    let app = App::start();
    for _ in 0..3 {
        assert_eq!(value_of(&app.act("app:actionLeak", json!({})).outcome), json!(1.0));
    }
}

// - [ ] dangling operations warning in actions
#[test]
fn forgotten_operations_are_named() {
    let app = App::start();
    let result = app.act("app:forgets", json!({}));
    assert_eq!(value_of(&result.outcome), json!("done"));
    let text = "[WARN] 2 unawaited operations: [mutation, storageGetUrl]. Async operations should be awaited or they \
                might not run. See https://docs.convex.dev/functions/actions#dangling-promises for more information.";
    assert_eq!(&*result.log_lines, [text]);
    let entries = app.runtime.logs().after(0.0);
    let codes = entries.iter().flat_map(|entry| entry.log_lines()).filter_map(|line| line.system_code.as_deref());
    assert_eq!(codes.collect::<Vec<_>>(), ["UnawaitedOperations"]);
}

#[test]
fn actions_fetch_and_are_told_of_what_they_do_not_await() {
    let app = App::start();
    let result = app.act("app:fetches", json!({}));
    assert_eq!(value_of(&result.outcome), json!("TypeError"), "nothing listens there");
    let text = "[WARN] 1 unawaited operation: [fetch]. Async operations should be awaited or they might not run. See \
                https://docs.convex.dev/functions/actions#dangling-promises for more information.";
    assert_eq!(&*result.log_lines, [text]);
}

// client-protocol 4.4, function-runtime 6.3: "Nested action calls receive the inner error's message unwrapped
// (`Server Error` when redacted)", "ConvexError data is kept"
#[test]
fn a_redacting_server_hides_why_a_callee_failed() {
    let options = Options { workers: 2, redact: true, ..Options::default() };
    let app = App::with(Arc::new(storage::MemoryEngine::new()), options);
    let caught = |name: &str, args: Json| {
        let args = json!({ "name": name, "args": args });
        value_of(&app.act("app:catches", args).outcome)
    };
    assert_eq!(
        caught("app:addThenThrow", json!({ "table": "notes" })),
        json!({ "message": "Server Error", "data": null })
    );
    let with_data = caught("app:throwsData", json!({}));
    assert_eq!(with_data, json!({ "message": "Server Error", "data": { "code": 7.0 } }));
    let uncaught = json!({ "kind": "action", "name": "app:throwInAction", "args": { "table": "notes" } });
    let error = error_of(&app.act("app:callOf", uncaught).outcome);
    assert!(error.contains("Server Error") && !error.contains("after the mutation"), "{error}");
    // Who operates the server reads it in the callee's own entry.
    let entries = app.runtime.logs().after(0.0);
    let told = entries.iter().filter_map(|entry| entry.completion()?.error.as_deref());
    assert!(told.clone().any(|error| error.contains("after the mutation")), "{:?}", told.collect::<Vec<_>>());
}

#[test]
fn actions_are_warned_of_large_arguments() {
    let app = App::start();
    let large = app.act("app:waits", json!({ "ms": 0, "pad": "y".repeat(14 << 20) }));
    assert!(large.outcome.is_ok());
    let phrase = "[WARN] Large size of the function arguments (actual: 1468";
    assert!(large.log_lines.iter().any(|line| line.starts_with(phrase)), "{:?}", large.log_lines);
    assert!(app.act("app:waits", json!({ "ms": 0 })).log_lines.is_empty());
}

fn usage(app: &App, function: &str) -> UsageStats {
    let entries = app.runtime.logs().after(0.0);
    let mut completions = entries.iter().filter_map(|entry| entry.completion());
    completions.rfind(|entry| entry.identifier == function).expect("the action has ended").usage
}

#[test]
fn the_entry_of_an_action_tells_what_its_callees_read_and_wrote() {
    let app = App::start();
    app.act("app:copyNote", json!({ "body": "x" }));
    let (own, added, read) = (usage(&app, "app:copyNote"), usage(&app, "app:addInternal"), usage(&app, "app:read"));
    assert_eq!((own.write_documents, own.read_documents), (1, 1));
    assert_eq!((own.write_bytes, own.read_bytes), (added.write_bytes, added.read_bytes + read.read_bytes));
    assert!(own.write_bytes > 0 && own.read_bytes > 0 && own.memory_bytes > 0, "{own:?}");
    // Metrics count documents where they were read and written, and nowhere else.
    let series = app.runtime.metrics().calls();
    let of = |function: &str| series.iter().find(|reading| &*reading.labels.function == function).unwrap();
    assert_eq!((of("app:copyNote").write_documents, of("app:addInternal").write_documents), (0, 1));
}

#[test]
fn files_and_requests_of_an_action_are_counted() {
    let app = App::start();
    app.act("app:storesBlob", json!({ "text": "hello" }));
    let files = usage(&app, "app:storesBlob");
    assert_eq!((files.file_write_bytes, files.file_read_bytes), (5, 5));
    assert_eq!(files.egress_bytes, 0);
    app.act("app:sends", json!({ "text": "12345678" }));
    assert_eq!(usage(&app, "app:sends").egress_bytes, 8);
}
