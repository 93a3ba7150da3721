//! Processes: how they end, whom that concerns, and that their memory comes back.

use std::{cell::Cell, time::Duration};

use node::{FailureKind, NodeError};

use crate::fixture::{Fixture, TIMEOUT, module};

fn app() -> Vec<node::ModuleSource> {
    vec![module("app.js", include_str!("app.js"))]
}

#[tokio::test]
async fn an_action_that_takes_too_long_is_ended() {
    let app = Fixture::new().await;
    let call = async { app.fail("hang", "{}").await };
    let time = async {
        app.host.reached.notified().await;
        app.clock.advance(TIMEOUT);
    };
    let (error, ()) = tokio::join!(call, time);
    assert_eq!(error.kind, FailureKind::TimedOut);
    assert_eq!(error.text(), "Action `app.js:hang` execution timed out (maximum duration 600s)");
    app.pool.processes_at_most(0).await;
}

#[tokio::test]
async fn an_action_that_never_yields_is_killed_and_calls_it_held_up_run_elsewhere() {
    let app = Fixture::new().await;
    let killed = Cell::new(false);
    let spinning = async {
        let error = app.fail("spin", "{}").await;
        killed.set(true);
        error
    };
    let held_up = async {
        app.host.line_written.notified().await;
        let mut request = app.request("echo", r#"{"late":true}"#);
        request.timeout = TIMEOUT * 100;
        app.pool.execute(request, &app.host).await.unwrap().result.unwrap()
    };
    let time = async {
        while app.pool.usage().calls < 2 {
            tokio::task::yield_now().await;
        }
        while !killed.get() {
            // In real time, which the end of the process takes, while the other call's minutes pass.
            tokio::time::sleep(Duration::from_millis(1)).await;
            app.clock.advance(Duration::from_secs(1));
        }
    };
    let (error, late, ()) = tokio::join!(spinning, held_up, time);
    let text = "Function execution unexpectedly timed out. Check your function for infinite loops or other long-running operations.";
    assert_eq!(error.text(), text);
    assert_eq!(late, r#"{"late":true}"#);
}

#[tokio::test]
async fn exit_rejections_and_exceptions_fail_their_call_and_replace_the_process() {
    let app = Fixture::new().await;
    let cases = [
        ("exit", "exit", "process.exit(3) was called"),
        ("rejects", "unhandledRejection", "nobody listens"),
        ("throwsLater", "uncaughtException", "from a timer"),
    ];
    for (export, event, message) in cases {
        let before = app.call("processId", "{}").await;
        let error = app.fail(export, "{}").await;
        assert_eq!((error.kind, error.name.as_str(), error.message.as_str()), (FailureKind::Event, event, message));
        assert!(error.text().starts_with(&format!("Uncaught {event}: {message}")));
        assert_ne!(app.call("processId", "{}").await, before);
    }
}

#[tokio::test]
async fn a_call_beside_one_that_exits_may_finish() {
    let app = Fixture::new().await;
    let beside = async { app.call("gate", "{}").await };
    let exiting = async {
        app.host.waiting.acquire().await.unwrap().forget();
        app.fail("exit", "{}").await;
        app.host.open.add_permits(1);
    };
    let (result, ()) = tokio::join!(beside, exiting);
    assert_eq!(result, "null");
}

#[tokio::test]
async fn a_crash_fails_only_the_calls_of_its_process() {
    let app = Fixture::new().await;
    let other = app.pool.materialize(
        vec![module("app.js", &format!("{}\n", include_str!("app.js"))), crate::fixture::library()],
        None,
        None,
    );
    let mut elsewhere = app.request("gate", "{}");
    elsewhere.package = other.await.unwrap();
    let elsewhere = async { app.pool.execute(elsewhere, &app.host).await.unwrap().result };
    let beside = async { app.fail("gate", "{}").await };
    let dying = async {
        app.host.waiting.acquire_many(2).await.unwrap().forget();
        let error = app.fail("dies", "{}").await;
        app.host.open.add_permits(1);
        error
    };
    let (elsewhere, beside, dying) = tokio::join!(elsewhere, beside, dying);
    for error in [beside, dying] {
        assert_eq!(error.kind, FailureKind::Crashed);
        assert_eq!(error.text(), "The Node.js process that ran this action ended unexpectedly (signal 9)");
    }
    assert_eq!(elsewhere.unwrap(), "null");
    assert_eq!(app.call("echo", "{}").await, "{}");
}

#[tokio::test]
async fn running_out_of_memory_is_said_plainly() {
    let app = Fixture::with(app(), None, |options| options.memory_mb = 32).await;
    let error = app.fail("hog", "{}").await;
    assert_eq!(error.kind, FailureKind::OutOfMemory);
    assert_eq!(error.text(), "JavaScript execution ran out of memory (maximum memory usage: 32 MB)");
    assert_eq!(app.call("echo", "{}").await, "{}");
}

#[tokio::test]
async fn unused_processes_give_their_memory_back() {
    let app = Fixture::new().await;
    app.call("echo", "{}").await;
    assert_eq!(app.pool.usage().processes, 1);
    let retired = app.pool.processes_at_most(0);
    tokio::pin!(retired);
    loop {
        tokio::select! {
            () = &mut retired => break,
            () = tokio::task::yield_now() => app.clock.advance(Duration::from_secs(1)),
        }
    }
    assert_eq!(app.call("counter", "{}").await, "1");
}

#[tokio::test]
async fn a_call_nobody_waits_for_ends_with_its_process() {
    let app = Fixture::new().await;
    tokio::select! {
        _ = app.execute("gate", "{}") => panic!("the gate is closed"),
        permit = app.host.waiting.acquire() => permit.unwrap().forget(),
    }
    app.pool.processes_at_most(0).await;
    assert_eq!(app.call("echo", "{}").await, "{}");
}

#[tokio::test]
async fn processes_of_other_packages_make_room() {
    let app = Fixture::with(app(), None, |options| options.processes_max = 1).await;
    for version in 0..4 {
        let source = format!("{}\n// {version}\n", include_str!("app.js"));
        let modules = vec![module("app.js", &source), crate::fixture::library()];
        let mut request = app.request("counter", "{}");
        request.package = app.pool.materialize(modules, None, None).await.unwrap();
        assert_eq!(app.pool.execute(request, &app.host).await.unwrap().result.unwrap(), "1");
        assert!(app.pool.usage().processes <= 2);
    }
}

#[tokio::test]
async fn a_machine_without_node_is_told_so() {
    let app = Fixture::with(app(), None, |options| options.node_binary = Some("/nonexistent/node".into())).await;
    let error = app.execute("echo", "{}").await.unwrap_err();
    assert!(matches!(error, NodeError::NotInstalled(_)));
    assert_eq!(error.code(), "DeploymentNotConfiguredForNodeActions");
    let text = "Deployment is not configured to deploy \"use node\" actions. Node.js v20, 22, or 24 is not installed. ";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(app.folder.path().exists());
}
