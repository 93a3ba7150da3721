//! What an action asks of the server, and what it must not.

use crate::fixture::Fixture;

#[tokio::test]
async fn operations_travel_to_the_host_and_answers_come_back() {
    let app = Fixture::new().await;
    assert_eq!(app.call("echo", r#"{"n":1,"ü":"é"}"#).await, r#"{"n":1,"ü":"é"}"#);
    let parsed = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let answer = app.call("ask", r#"{"name":"messages:list","args":{"to":"a"}}"#).await;
    assert_eq!(parsed(answer), serde_json::json!({ "args": { "to": "a" }, "asked": "messages:list" }));
    let answer = app.call("metadata", "{}").await;
    assert_eq!(parsed(answer), serde_json::json!({ "args": null, "asked": "1.0/getFunctionMetadata" }));
    let names: Vec<String> = app.host.syscalls.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, ["1.0/actions/query", "1.0/getFunctionMetadata"]);
}

// rejection with `.data` arrives in JS as ConvexError; without as Error with the same message
#[tokio::test]
async fn failed_operations_reject_with_message_and_data() {
    let app = Fixture::new().await;
    assert_eq!(app.call("caught", "{}").await, r#"{"data":{"why":"because"},"isConvexError":true,"message":"no"}"#);
    let error = app.fail("ask", r#"{"name":"unknown","args":{}}"#).await;
    assert_eq!((error.name.as_str(), error.message.as_str()), ("Error", "Unknown async operation unknown"));
}

// syscall with bad JSON → `Received invalid json`
#[tokio::test]
async fn hand_made_operations_are_refused() {
    let app = Fixture::new().await;
    assert!(app.fail("badJson", "{}").await.message.starts_with("Received invalid json: "));
    let invalid = "Invalid syscall. The Convex syscalls are for internal Convex use and should not be called directly.";
    assert_eq!(app.fail("direct", "{}").await.message, invalid);
    for export in ["database", "databaseSync"] {
        let message = app.fail(export, "{}").await.message;
        let text = "The Convex database object is being used outside of a Convex query or mutation. ";
        assert!(message.starts_with(text), "{message}");
    }
    assert!(app.host.syscalls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn state_left_over_from_an_earlier_call_is_detected() {
    let app = Fixture::new().await;
    app.call("leak", "{}").await;
    let error = app.fail("useLeaked", "{}").await;
    let text = "Leftover state detected. This typically happens if there are dangling promises from a previous request. \
                Did you forget to await your promises?";
    assert_eq!(error.message, text);
}

// dangling operations warning in actions
#[tokio::test]
async fn operations_nobody_awaited_are_warned_of() {
    let app = Fixture::new().await;
    assert_eq!(app.call("dangle", "{}").await, "null");
    let texts = app.host.texts();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with(
        "[WARN] You have an outstanding mutation call. Operations should be awaited or they might not run. "
    ));
    assert!(texts[1].starts_with("[WARN] You have an outstanding storeBlob call. "));
    // What was left behind does no harm to the next call.
    assert_eq!(app.call("echo", "{}").await, "{}");
}

#[tokio::test]
async fn an_action_has_at_most_a_thousand_operations_under_way() {
    let app = Fixture::new().await;
    let many = async { app.call("many", r#"{"operations":1001}"#).await };
    let gate = async {
        app.host.waiting.acquire_many(1000).await.unwrap().forget();
        app.host.open.add_permits(1000);
    };
    let (errors, ()) = tokio::join!(many, gate);
    let text =
        "Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information.";
    assert_eq!(errors, serde_json::json!([text]).to_string());
}

#[tokio::test]
async fn a_thousand_actions_wait_in_a_few_processes() {
    let app = Fixture::new().await;
    let calls = futures_util::future::join_all((0..1000).map(|_| app.call("gate", "{}")));
    let gate = async {
        app.host.waiting.acquire_many(1000).await.unwrap().forget();
        let usage = app.pool.usage();
        assert_eq!(usage.calls, 1000);
        assert!(usage.processes <= 4, "{usage:?}");
        app.host.open.add_permits(1000);
    };
    let (results, ()) = tokio::join!(calls, gate);
    assert!(results.iter().all(|result| result == "null"));
}

#[tokio::test]
async fn calls_beside_each_other_keep_their_own_context() {
    let app = Fixture::new().await;
    let hosts: Vec<crate::fixture::Host> = (0..8).map(|_| Default::default()).collect();
    let calls = hosts.iter().enumerate().map(|(i, host)| {
        let request = app.request("interleave", &format!(r#"{{"name":"f{i}"}}"#));
        let pool = &app.pool;
        async move { pool.execute(request, host).await.unwrap().result.unwrap() }
    });
    let results = futures_util::future::join_all(calls).await;
    assert_eq!(app.pool.usage().processes, 1);
    for (i, (host, result)) in hosts.iter().zip(results).enumerate() {
        assert_eq!(result.matches(&format!(r#""asked":"f{i}""#)).count(), 5, "{result}");
        assert_eq!(host.texts(), vec![format!("[LOG] 'f{i}'"); 5]);
    }
}

#[tokio::test]
async fn arguments_above_five_mebibytes_are_refused() {
    let app = Fixture::new().await;
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(node::limits::ARGUMENTS_BYTES_MAX));
    let error = app.execute("echo", &large).await.unwrap_err();
    assert_eq!(error.code(), "ArgsTooLarge");
    assert!(error.to_string().starts_with("Node actions arguments size is too large. The maximum size is 5 MiB. "));
    let fits = format!(r#"{{"a":"{}"}}"#, "x".repeat(node::limits::ARGUMENTS_BYTES_MAX - 100));
    assert_eq!(app.call("echo", &fits).await.len(), fits.len());
}
