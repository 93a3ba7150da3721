//! Mutations and actions.

use functions::Identity;

use super::*;

/// MutationResponse precedes the Transition with its writes; a Transition with `ts >=` it always follows.
#[test]
fn a_response_comes_before_the_transition_that_covers_it() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(100, "1.0");
    world.take_sent();
    world.text(mutation(0));
    world.finish_mutation(120, Ok("\"id\""));
    assert_eq!(
        world.take_one(),
        json!({"type": "MutationResponse", "requestId": 0, "success": true, "result": "id",
            "ts": Timestamp(120).to_wire(), "logLines": ["[LOG] 'hi'"]})
    );
    assert_eq!(world.computation.as_ref().expect("asked").at_least, Timestamp(120));
    world.compute_all(120, "2.0");
    assert_eq!(world.take_one()["endVersion"]["ts"], json!(Timestamp(120).to_wire()));
    assert!(world.computation.is_none());
}

#[test]
fn a_snapshot_that_may_hold_the_writes_waits_for_the_response() {
    let mut world = World::connected();
    world.text(mutation(0));
    world.text(modify(0, 1, json!([add(0)])));
    // The writes are durable and readable, but the response is still on its way.
    world.compute_all(120, "2.0");
    assert!(world.sent.is_empty());
    world.finish_mutation(120, Ok("null"));
    assert_eq!(world.sent_types(), ["MutationResponse", "Transition"]);
    assert!(world.computation.is_none(), "the held transition covers the response");
}

#[test]
fn a_held_snapshot_older_than_the_response_is_followed_by_a_newer_one() {
    let mut world = World::connected();
    world.text(mutation(0));
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(110, "1.0");
    world.finish_mutation(120, Ok("null"));
    assert_eq!(world.sent_types(), ["MutationResponse", "Transition"]);
    assert_eq!(world.computation.as_ref().expect("asked").at_least, Timestamp(120));
}

#[test]
fn a_slow_mutation_holds_transitions_for_a_moment_only() {
    let mut world = World::connected();
    world.text(mutation(0));
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(110, "1.0");
    assert!(world.sent.is_empty());
    assert_eq!(world.session.deadline(), Duration::from_millis(200));
    world.advance(0.2);
    assert_eq!(world.sent_types(), ["Transition"]);
}

/// A Transition follows failed mutations and completed actions too.
#[test]
fn every_response_is_followed_by_a_transition() {
    let mut world = World::connected();
    world.text(mutation(0));
    world.finish_mutation(100, Err(convex_error(r#"{"a":1.0}"#)));
    let response = world.take_one();
    assert_eq!(response["success"], json!(false));
    assert_eq!(response["errorData"], json!({"a": 1.0}));
    assert!(response["result"].as_str().expect("a text").contains("] Server Error\nUncaught ConvexError"));
    world.compute_all(100, "1.0");
    assert_eq!(world.sent_types(), ["Transition"]);

    world.text(action(1));
    world.finish_action(1, Ok("5.0"));
    assert_eq!(
        world.take_one(),
        json!({"type": "ActionResponse", "requestId": 1, "success": true, "result": 5.0, "logLines": []})
    );
    world.compute_all(100, "1.0");
    let transition = world.take_one();
    assert_eq!((&transition["type"], &transition["modifications"]), (&json!("Transition"), &json!([])));
    world.text(action(2));
    world.finish_action(2, Err(uncaught("boom")));
    assert_eq!(world.take_one()["success"], json!(false));
    world.compute_all(100, "1.0");
    assert_eq!(world.sent_types(), ["Transition"]);
}

/// Mutations of one connection run in order, one at a time; actions run concurrently.
#[test]
fn mutations_queue_and_actions_do_not() {
    let mut world = World::connected();
    for id in 0..3 {
        world.text(mutation(id));
        world.text(action(10 + id));
    }
    assert_eq!(world.actions.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [10, 11, 12]);
    for id in 0..3 {
        let running = world.mutations.pop_front().expect("one is running");
        assert_eq!(running.session.map(|(_, number)| number), Some(id));
        assert!(world.mutations.is_empty(), "and only one");
        world.finish_mutation(200 + u64::from(id), Ok("null"));
    }
    world.finish_action(12, Ok("null"));
    world.finish_action(10, Ok("null"));
    let answered: Vec<Json> =
        world.take_sent().iter().filter(|m| m.get("requestId").is_some()).map(|m| m["requestId"].clone()).collect();
    assert_eq!(answered, [0, 1, 2, 12, 10]);
}

/// Resent (sessionId, requestId) of a committed mutation returns the stored result and ts without running again.
/// Same requestId under another sessionId is independent.
#[test]
fn mutations_carry_what_recognizes_them() {
    let other_session = "99999999-89ab-cdef-0123-456789abcdef";
    let request_of = |session: &str| {
        let mut world = World::new();
        let mut connect = connect();
        connect["sessionId"] = json!(session);
        world.text(connect);
        world.text(mutation(7));
        world.mutations.pop_front().expect("running")
    };
    let (first, again, other) = (request_of(SESSION_ID), request_of(SESSION_ID), request_of(other_session));
    assert_eq!(first.session, again.session);
    assert_eq!(first.call.request_id, again.call.request_id);
    assert_ne!(first.session, other.session);
    // The first 16 hex digits of SHA-256("01234567-89ab-cdef-0123-456789abcdef|7").
    assert_eq!(&*first.call.request_id.0, "6519dd3239ceca93");
    assert_eq!(&*first.call.args, r#"[{"body":"hi"}]"#);
}

#[test]
fn without_connect_mutations_cannot_be_recognized() {
    let mut world = World::new();
    world.text(mutation(0));
    assert_eq!(world.mutations[0].session, None);
}

/// No response is ever sent for a request the connection did not make.
#[test]
fn only_requests_are_answered() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(100, "1.0");
    world.invalidate();
    world.compute_all(110, "2.0");
    world.advance(16.0);
    assert!(world.take_sent().iter().all(|message| message.get("requestId").is_none()));
}

/// Events of any type are ignored.
#[test]
fn events_are_ignored() {
    let mut world = World::connected();
    world.text(json!({"type": "Event", "eventType": "ClientConnect", "event": [{"name": "x", "startTime": 1.5}]}));
    world.text(json!({"type": "Event", "eventType": "Unheard", "event": null}));
    assert!(world.sent.is_empty() && world.closing.is_none() && world.computation.is_none());
}

/// Overload closes with 1013 and a reason starting with a known code.
#[test]
fn too_many_requests_close_the_connection() {
    let mut world = World::connected();
    for id in 0..1001 {
        world.text(mutation(id));
    }
    assert!(world.closing.is_none(), "one runs and a thousand wait");
    world.text(mutation(1001));
    assert_eq!(world.ending(), (None, Some(1013), "TooManyConcurrentMutations".into()));

    let mut world = World::connected();
    for id in 0..1000 {
        world.text(action(id));
    }
    assert!(world.closing.is_none());
    world.text(action(1000));
    assert_eq!(world.ending(), (None, Some(1013), "TooManyInflightActionsForSingleClient".into()));
}

#[test]
fn a_queued_mutation_runs_as_whoever_sent_it() {
    let mut world = World::connected();
    world.text(mutation(0));
    world.text(mutation(1));
    world.text(json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "k"}));
    world.input(Input::Authenticated(Ok(Identity::Admin { read_only: false })));
    world.text(mutation(2));
    for anonymous in [true, true, false] {
        let running = world.mutations.pop_front().expect("running");
        assert_eq!(matches!(running.call.identity, Identity::Anonymous), anonymous);
        world.finish_mutation(200, Ok("null"));
    }
}

#[test]
fn a_read_only_key_cannot_run_mutations() {
    for request in [mutation(0), action(0)] {
        let mut world = World::connected();
        world.text(json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "k"}));
        world.input(Input::Authenticated(Ok(Identity::Admin { read_only: true })));
        world.text(request);
        let (last, code, _) = world.ending();
        assert_eq!((last.as_deref(), code), (Some("FatalError"), Some(1000)));
    }
}
