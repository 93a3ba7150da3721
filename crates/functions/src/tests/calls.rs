//! Single calls: results, errors, nesting, limits.

use serde_json::json;

use super::*;

#[test]
fn a_mutation_is_seen_by_the_next_query() {
    let app = App::start();
    let id = app.add("notes", json!("first"));
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome), json!(["first"]));
    let row = value_of(&app.query("app:read", json!({ "id": id })).outcome);
    assert_eq!(row["body"], json!("first"));
    assert_eq!(row["_id"], json!(id));
}

// - [ ] Whole-number floats are emitted with a decimal point (`1.0`), at any depth, on HTTP and WS.
#[test]
fn whole_numbers_leave_as_floats() {
    let app = App::start();
    let id = app.add("notes", json!({ "n": 1, "list": [2, 2.5] }));
    let text = app.query("app:read", json!({ "id": id })).outcome.clone().unwrap();
    assert!(text.contains(r#""body":{"list":[2.0,2.5],"n":1.0}"#), "{text}");
}

// - [ ] throw after writes leaves nothing, including scheduled jobs
#[test]
fn a_throwing_mutation_leaves_nothing() {
    let app = App::start();
    let failed = app.mutate("app:addThenThrow", json!({ "table": "notes" }));
    assert!(error_of(&failed.outcome).starts_with("Uncaught Error: after the write"), "{failed:?}");
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome), json!([]));
}

// - [ ] runMutation error caught: only child's writes rolled back; reads kept
// - [ ] nested runQuery sees parent's uncommitted writes; snapshotQuery does not
#[test]
fn a_caught_child_loses_its_own_writes_only() {
    let app = App::start();
    let answer = value_of(&app.mutate("app:addAndCatch", json!({ "table": "notes" })).outcome);
    assert_eq!(answer["seen"], json!(["kept"]));
    assert_eq!(answer["before"], json!([]));
    assert!(answer["message"].as_str().unwrap().contains("after the write"));
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome), json!(["kept"]));
}

// - [ ] nesting 9 deep fails
#[test]
fn nesting_has_a_bound() {
    let app = App::start();
    assert_eq!(value_of(&app.query("app:deep", json!({ "left": 7 })).outcome), json!(7.0));
    let error = error_of(&app.query("app:deep", json!({ "left": 8 })).outcome);
    assert!(error.contains("Cross component call depth limit exceeded"), "{error}");
}

// - [ ] write syscalls from a query refused
#[test]
fn queries_cannot_write() {
    let app = App::start();
    let error = error_of(&app.query("app:sneaky", json!({})).outcome);
    assert!(error.contains("only mutations may write"), "{error}");
    let error = error_of(&app.query("app:writesFromQuery", json!({})).outcome);
    assert!(error.contains("Cannot call a mutation function from a query function"), "{error}");
}

// - [ ] unknown function, wrong type, internal-from-client error texts
// - [ ] Internal and missing functions are indistinguishable to non-admins.
#[test]
fn missing_internal_and_wrong_kind_have_their_texts() {
    let app = App::start();
    let args = json!({ "table": "notes", "body": "x" });
    assert_eq!(error_of(&app.mutate("app:nope", json!({})).outcome), "Could not find public function for 'app:nope'.");
    assert_eq!(
        error_of(&app.mutate("app:addInternal", args).outcome),
        "Could not find public function for 'app:addInternal'."
    );
    let wrong = error_of(&app.query("app:add", json!({})).outcome);
    assert_eq!(wrong, "Trying to execute app.js:add as Query, but it is defined as Mutation.");
}

#[test]
fn admins_reach_internal_functions_and_read_only_ones_only_queries() {
    let app = App::start();
    let call = |read_only| {
        let args = json!({ "table": "notes", "body": "x" });
        let call = app.call("app:addInternal", args, Identity::Admin { read_only });
        wait(app.runtime.mutation(MutationRequest { call, session: None })).unwrap()
    };
    assert!(call(false).outcome.is_ok());
    assert!(error_of(&call(true).outcome).contains("read-only"));
}

// - [ ] args array with 0, 2 elements or non-object rejected before running user code
#[test]
fn argument_lists_are_checked_first() {
    let app = App::start();
    assert!(app.query("app:hello", json!([{}])).outcome.is_ok());
    let none = error_of(&app.query("app:hello", json!([])).outcome);
    assert!(
        none.starts_with(
            "Expected to receive a single object as the function's argument. Instead received 0 arguments"
        ),
        "{none}"
    );
    let two = error_of(&app.query("app:hello", json!([{}, 1])).outcome);
    assert!(two.ends_with("Instead received 2 arguments: {}, 1.0"), "{two}");
    let scalar = error_of(&app.query("app:hello", json!([5])).outcome);
    assert!(scalar.ends_with("Instead received 5.0"), "{scalar}");
}

// - [ ] syscall with bad JSON → `Received invalid json`
// - [ ] unknown async operation text contains `Unknown async operation`
#[test]
fn operations_check_what_they_are_given() {
    let app = App::start();
    let error = error_of(&app.query("app:unknownOperation", json!({})).outcome);
    assert!(error.contains("Unknown async operation 1.0/nonsense"), "{error}");
    let error = error_of(&app.query("app:badJson", json!({})).outcome);
    assert!(error.contains("Received invalid json"), "{error}");
}

// - [ ] 1 s CPU timeout on infinite loop; uncatchable; next function unaffected
#[test]
fn an_endless_loop_costs_its_own_call_only() {
    let app = App::start();
    let error = error_of(&app.mutate("app:spin", json!({})).outcome);
    assert!(error.contains("Function execution timed out (maximum duration: 1s)"), "{error}");
    assert_eq!(value_of(&app.query("app:hello", json!({})).outcome), json!("hello"));
}

// - [ ] globals do not leak between two executions
#[test]
fn module_state_does_not_outlive_a_call() {
    let app = App::start();
    for _ in 0..3 {
        assert_eq!(value_of(&app.mutate("app:leak", json!({})).outcome), json!(1.0));
    }
}

// - [ ] `getFunctionMetadata`, `getDeploymentMetadata`, `getTransactionMetrics`, `getRequestMetadata` shapes
#[test]
fn metadata_has_its_shapes() {
    let app = App::start();
    let all = value_of(&app.query("app:metadata", json!({})).outcome);
    assert_eq!(all["fn"], json!({ "name": "app:metadata", "componentPath": "" }));
    assert_eq!(all["deployment"], json!({ "name": "concave", "region": null, "class": "s16" }));
    assert_eq!(all["metrics"]["documentsRead"]["remaining"], json!(32000.0));
}

#[test]
fn console_lines_come_back_and_are_logged() {
    let app = App::start();
    let result = app.query("app:hello", json!({}));
    assert_eq!(&*result.log_lines, ["[LOG] 'hi' 1"]);
    let entries = app.runtime.logs().after(0.0);
    let entry = entries.iter().find(|entry| entry.identifier() == "app:hello").unwrap();
    assert_eq!(entry.log_lines()[0].messages, ["'hi'", "1"]);
}
