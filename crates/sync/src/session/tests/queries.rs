//! Query sets, results and transitions.

use functions::ErrorKind;

use super::*;

/// A world that watches query 0, whose first result is `1.0`.
fn watching() -> World {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(100, "1.0");
    world.take_sent();
    world
}

/// Add → QueryUpdated or QueryFailed with `logLines` and `journal` keys present.
/// `value` present even for null results.
#[test]
fn results_carry_every_key() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0), add(1), add(2)])));
    world.compute(100, |id| match id {
        0 => success("null"),
        1 => failure(uncaught("boom")),
        _ => Arc::new(QueryResult::constant(
            Ok(Arc::from("[1.0]")),
            Arc::from(["[LOG] 'hi'".to_owned()]),
            Some(Arc::from("j\"")),
            Timestamp(1),
        )),
    });
    let modifications = world.take_one()["modifications"].clone();
    assert_eq!(
        modifications[0],
        json!({"type": "QueryUpdated", "queryId": 0, "value": null, "logLines": [], "journal": null})
    );
    assert_eq!(modifications[1]["type"], "QueryFailed");
    assert_eq!(modifications[1]["logLines"], json!([]));
    assert_eq!(modifications[1]["journal"], json!(null));
    let message = modifications[1]["errorMessage"].as_str().expect("a text");
    assert!(message.starts_with("[Request ID: ") && message.ends_with("] Server Error\nUncaught Error: boom\n"));
    assert_eq!(
        modifications[2],
        json!({"type": "QueryUpdated", "queryId": 2, "value": [1.0], "logLines": ["[LOG] 'hi'"], "journal": "j\""})
    );
}

/// Unchanged re-run sends no modification, but versions still advance.
#[test]
fn unchanged_results_are_not_sent_again() {
    let mut world = watching();
    world.invalidate();
    world.compute_all(120, "1.0");
    let transition = world.take_one();
    assert_eq!(transition["modifications"], json!([]));
    assert_eq!(transition["endVersion"], version(1, 0, 120));
    world.invalidate();
    world.compute_all(130, "2.0");
    assert_eq!(world.take_one()["modifications"][0]["value"], json!(2.0));
}

/// An invalidation comes before its commit can be read. A snapshot taken too early would look unchanged, and the
/// change would never be sent, because each result reports once.
#[test]
fn a_snapshot_holds_the_commit_that_asked_for_it() {
    let mut world = watching();
    world.input(Input::Invalidated(Timestamp(140)));
    assert_eq!(world.computation.as_ref().expect("asked").at_least, Timestamp(140));
    // Another commit while this is being computed asks for one more.
    world.input(Input::Invalidated(Timestamp(150)));
    world.compute_all(140, "2.0");
    assert_eq!(world.computation.as_ref().expect("asked").at_least, Timestamp(150));
    // News of a commit that the snapshot holds already does not.
    world.input(Input::Invalidated(Timestamp(160)));
    world.compute_all(170, "3.0");
    world.input(Input::Invalidated(Timestamp(165)));
    assert!(world.computation.is_none());
}

#[test]
fn changed_log_lines_count_as_a_change() {
    let mut world = watching();
    world.invalidate();
    world.compute(120, |_| logged("1.0", &["[LOG] 'again'"]));
    assert_eq!(world.take_one()["modifications"][0]["logLines"], json!(["[LOG] 'again'"]));
}

#[test]
fn equal_errors_are_not_sent_again() {
    let mut world = watching();
    for (ts, error, sent) in [(110, "a", 1), (120, "a", 0), (130, "b", 1)] {
        world.invalidate();
        world.compute(ts, |_| failure(uncaught(error)));
        assert_eq!(world.take_one()["modifications"].as_array().expect("a list").len(), sent);
    }
}

/// Remove → QueryRemoved; Add and Remove in one message work.
#[test]
fn removed_queries_are_reported_once() {
    let mut world = watching();
    world.text(modify(1, 2, json!([remove(0), add(1), add(2), remove(2)])));
    world.compute_all(110, "1.0");
    assert_eq!(
        world.take_one()["modifications"],
        json!([
            {"type": "QueryRemoved", "queryId": 0},
            {"type": "QueryRemoved", "queryId": 2},
            {"type": "QueryUpdated", "queryId": 1, "value": 1.0, "logLines": [], "journal": null},
        ])
    );
    world.invalidate();
    world.compute_all(120, "1.0");
    assert_eq!(world.take_one()["modifications"], json!([]));
}

#[test]
fn a_query_removed_while_it_was_computed_is_not_updated() {
    let mut world = watching();
    world.invalidate();
    world.text(modify(1, 2, json!([remove(0)])));
    world.compute_all(110, "2.0");
    let transition = world.take_one();
    assert_eq!(transition["modifications"], json!([]));
    // The computation began before the removal, so it is still the older query set.
    assert_eq!(transition["endVersion"], version(1, 0, 110));
    world.compute_all(110, "2.0");
    let transition = world.take_one();
    assert_eq!(transition["modifications"], json!([{"type": "QueryRemoved", "queryId": 0}]));
    assert_eq!(transition["endVersion"], version(2, 0, 110));
}

#[test]
fn adding_a_live_query_or_removing_an_unknown_one_is_our_clients_bug() {
    let mut world = watching();
    world.text(modify(1, 2, json!([add(0)])));
    assert_eq!(world.ending(), (None, Some(1011), "InternalServerError".into()));
    let mut world = watching();
    world.text(modify(1, 2, json!([remove(7)])));
    assert_eq!(world.ending(), (None, Some(1011), "InternalServerError".into()));
}

/// All results in one Transition come from one snapshot.
#[test]
fn every_query_is_brought_to_the_new_snapshot() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0), add(1)])));
    let shared = success("1.0");
    world.compute(100, |_| Arc::clone(&shared));
    world.invalidate();
    let computation = world.computation.as_ref().expect("asked");
    assert_eq!(computation.queries.iter().map(|query| query.id).collect::<Vec<_>>(), [0, 1]);
    // What is still valid need not run again: the last result comes along.
    assert!(computation.queries.iter().all(|query| query.previous.as_ref().is_some_and(|p| Arc::ptr_eq(p, &shared))));
}

/// Re-added queries after reconnect always get a modification, even if unchanged.
#[test]
fn a_new_connection_is_told_everything() {
    let shared = success("1.0");
    for connection in 0..2 {
        let mut world = World::connected();
        world.text(modify(0, 1, json!([add(0)])));
        world.compute(100 + connection, |_| Arc::clone(&shared));
        assert_eq!(world.take_one()["modifications"][0]["value"], json!(1.0));
    }
}

/// `Add` with `journal` string, null and absent all work.
#[test]
fn journals_come_from_add_and_then_from_the_last_run() {
    let journal_of = |world: &World, at: usize| {
        world.computation.as_ref().expect("asked").queries[at].request.journal.as_deref().map(str::to_owned)
    };
    let mut with_string = add(0);
    with_string["journal"] = json!("from the client");
    let mut with_null = add(1);
    with_null["journal"] = json!(null);
    let mut world = World::connected();
    world.text(modify(0, 1, json!([with_string, with_null, add(2)])));
    assert_eq!(journal_of(&world, 0).as_deref(), Some("from the client"));
    assert_eq!((journal_of(&world, 1), journal_of(&world, 2)), (None, None));
    world.compute(100, |id| paginated("1.0", &format!("end {id}")));
    world.invalidate();
    assert_eq!(journal_of(&world, 0).as_deref(), Some("end 0"));
    assert_eq!(journal_of(&world, 2).as_deref(), Some("end 2"));
}

/// `errorData` present only for ConvexError, also when its data is null.
#[test]
fn error_data_marks_convex_errors() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0), add(1), add(2)])));
    world.compute(100, |id| {
        failure(match id {
            0 => uncaught("boom"),
            1 => convex_error("null"),
            _ => convex_error(r#"{"code":1.0}"#),
        })
    });
    let modifications = world.take_one()["modifications"].clone();
    assert_eq!(modifications[0].get("errorData"), None);
    assert_eq!(modifications[1].get("errorData"), Some(&json!(null)));
    assert_eq!(modifications[2]["errorData"], json!({"code": 1.0}));
}

/// Message starts with `[Request ID: …] Server Error`; redaction drops the rest and the log lines, keeps `errorData`.
#[test]
fn redaction_hides_texts_and_lines() {
    let mut world = World::with(SessionOptions { takes_chunks: true, redact: true });
    world.text(connect());
    world.text(modify(0, 1, json!([add(0), add(1)])));
    world.compute(100, |id| if id == 0 { logged("1.0", &["[LOG] x"]) } else { failure(convex_error("7.0")) });
    let modifications = world.take_one()["modifications"].clone();
    assert_eq!(modifications[0]["logLines"], json!([]));
    let message = modifications[1]["errorMessage"].as_str().expect("a text");
    assert!(message.starts_with("[Request ID: ") && message.ends_with("] Server Error"), "{message}");
    assert_eq!(modifications[1]["errorData"], json!(7.0));
    world.text(mutation(0));
    world.finish_mutation(110, Err(convex_error("8.0")));
    let response = &world.take_sent()[0];
    assert!(response["result"].as_str().expect("a text").ends_with("] Server Error"));
    assert_eq!((&response["errorData"], &response["logLines"]), (&json!(8.0), &json!([])));
}

/// Non-root `componentPath` works for admins only.
#[test]
fn components_are_for_admins() {
    let mut in_component = add(0);
    in_component["componentPath"] = json!("counter");
    let mut world = World::connected();
    world.text(modify(0, 1, json!([in_component.clone()])));
    assert_eq!(world.ending(), (None, Some(1011), "InternalServerError".into()));

    let mut world = World::connected();
    world.text(json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "k"}));
    world.input(Input::Authenticated(Ok(functions::Identity::Admin { read_only: false })));
    world.text(modify(0, 1, json!([in_component])));
    assert!(world.closing.is_none());

    let mut in_root = add(0);
    in_root["componentPath"] = json!("");
    let mut world = World::connected();
    world.text(modify(0, 1, json!([in_root])));
    assert!(world.closing.is_none());
}

#[test]
fn passing_trouble_is_retried_with_growing_waits() {
    let mut world = watching();
    world.text(modify(1, 2, json!([remove(0)])));
    for wait in [0.5, 1.0, 2.0] {
        world.computation.take().expect("asked");
        world.input(Input::Computed(Err(system_error(ErrorKind::Overloaded, "ExecuteFullError"))));
        assert!(world.computation.is_none() && world.closing.is_none());
        assert_eq!(world.session.deadline(), world.now.monotonic + Duration::from_secs_f64(wait));
        world.advance(wait - 0.01);
        assert!(world.computation.is_none());
        world.advance(0.01);
    }
    world.compute_all(150, "1.0");
    assert_eq!(world.take_one()["modifications"], json!([{"type": "QueryRemoved", "queryId": 0}]));
}

#[test]
fn lasting_trouble_with_queries_closes() {
    let mut world = watching();
    world.invalidate();
    world.input(Input::Computed(Err(system_error(ErrorKind::Internal, "InternalServerError"))));
    assert_eq!(world.ending(), (None, Some(1011), "InternalServerError".into()));
}
