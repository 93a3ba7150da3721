//! Limits: time, memory, operations, places.

use futures_util::future::join_all;

use super::*;

// - [ ] 1 s CPU timeout on infinite loop; uncatchable; next function unaffected
#[test]
fn user_time_and_wall_time_end_an_action() {
    let app = bounded(|actions| {
        actions.threads = 1;
        actions.user_time = Duration::from_millis(200);
    });
    let error = error_of(&app.act("app:spins", json!({})).outcome);
    assert_eq!(error, "Function execution timed out (maximum duration: 0.2s)");
    assert_eq!(value_of(&app.act("app:waits", json!({ "ms": 1 })).outcome), json!("woke"));
    let app = bounded(|actions| actions.wall_time = Duration::from_millis(50));
    let error = error_of(&app.act("app:waits", json!({ "ms": 600_000 })).outcome);
    assert_eq!(error, "Function execution timed out (maximum duration: 0.05s)");
    let failed = app.runtime.logs().after(0.0).into_iter().find_map(|entry| entry.completion()?.error.clone());
    assert_eq!(failed.as_deref(), Some("Function execution timed out (maximum duration: 0.05s)"));
}

// - [ ] 64 MiB memory error
#[test]
fn memory_is_bounded() {
    let app = bounded(|actions| actions.heap_bytes = 16 << 20);
    let error = error_of(&app.act("app:hoards", json!({})).outcome);
    assert_eq!(error, "JavaScript execution ran out of memory (maximum memory usage: 16 MB)");
}

#[test]
fn a_stuck_step_does_not_hold_up_other_actions() {
    let app = bounded(|actions| {
        actions.threads = 1;
        actions.user_time = Duration::from_secs(60);
    });
    wait(async {
        let spinning = app.runtime.action(app.call("app:spins", json!({}), Identity::Anonymous));
        let waiting = app.runtime.action(app.call("app:waits", json!({ "ms": 1 }), Identity::Anonymous));
        tokio::select! {
            _ = spinning => panic!("an endless loop ended"),
            result = waiting => assert_eq!(value_of(&result.unwrap().outcome), json!("woke")),
        }
    });
}

// - [ ] cap 1000 in flight per function; 64 at once, the rest queued
#[test]
fn operations_queue_and_the_thousand_and_first_is_refused() {
    let app = App::start();
    assert_eq!(value_of(&app.act("app:manyOperations", json!({ "count": 1000 })).outcome), json!([1000.0, null]));
    let result = value_of(&app.act("app:manyOperations", json!({ "count": 1001 })).outcome);
    let text =
        "Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information.";
    assert_eq!(result, json!([1000.0, text]));
}

#[test]
fn actions_beyond_the_bound_wait_and_a_full_line_is_refused() {
    let app = bounded(|actions| (actions.running_max, actions.queued_max) = (1, 2));
    wait(async {
        let call = |ms: u32| app.runtime.action(app.call("app:waits", json!({ "ms": ms }), Identity::Anonymous));
        let results = join_all((0..4).map(|_| call(20))).await;
        let (ran, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((ran.len(), refused.len()), (3, 1));
        let error = refused.into_iter().next().unwrap().unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Overloaded, "TooManyConcurrentRequests"));
    });
}

#[test]
fn a_caller_that_goes_away_leaves_its_place() {
    let app = bounded(|actions| (actions.running_max, actions.queued_max) = (1, 1));
    wait(async {
        let call = |ms: u32| app.runtime.action(app.call("app:waits", json!({ "ms": ms }), Identity::Anonymous));
        let (mut first, mut second) = (Box::pin(call(600_000)), Box::pin(call(600_000)));
        tokio::select! {
            biased;
            _ = &mut first => panic!("ended early"),
            _ = &mut second => panic!("ended early"),
            () = std::future::ready(()) => {}
        }
        drop((first, second));
        assert_eq!(value_of(&call(1).await.unwrap().outcome), json!("woke"));
    });
}

#[test]
fn nested_actions_do_not_wait_for_places_that_their_callers_hold() {
    let app = bounded(|actions| (actions.running_max, actions.queued_max) = (4, 1));
    assert_eq!(value_of(&app.act("app:nests", json!({ "left": 3 })).outcome), json!(3.0));
    let deep = error_of(&App::start().act("app:nests", json!({ "left": 20 })).outcome);
    assert!(deep.contains("Actions call one another too deeply"), "{deep}");
}

#[test]
fn a_thousand_actions_wait_on_a_few_threads() {
    let app = bounded(|actions| actions.threads = 2);
    wait(async {
        let call = || app.runtime.action(app.call("app:waits", json!({ "ms": 300 }), Identity::Anonymous));
        for result in join_all((0..1000).map(|_| call())).await {
            assert_eq!(value_of(&result.unwrap().outcome), json!("woke"));
        }
    });
}

#[test]
fn shutting_down_ends_waiting_actions() {
    let app = App::start();
    wait(async {
        let mut waiting =
            Box::pin(app.runtime.action(app.call("app:waits", json!({ "ms": 600_000 }), Identity::Anonymous)));
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("ended early"),
            () = std::future::ready(()) => {}
        }
        app.runtime.shutdown();
        assert_eq!(waiting.await.unwrap_err().code, "ShuttingDown");
    });
}
