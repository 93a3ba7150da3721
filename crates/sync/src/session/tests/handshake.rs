//! Connect, versions, malformed messages and the ways a connection ends.

use functions::ErrorKind;

use super::*;

/// Connect accepted with `lastCloseReason` null or absent, without `clientTs`, without `maxObservedTimestamp`.
#[test]
fn connect_needs_little() {
    for connect in [
        json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 3, "lastCloseReason": null}),
        json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 0}),
        json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 0, "unheardOf": {"a": 1}}),
    ] {
        let mut world = World::new();
        world.text(connect);
        assert!(world.closing.is_none() && world.sent.is_empty());
    }
}

/// First Transition starts at `0,0,AAAAAAAAAAA=`; each start equals the previous end.
#[test]
fn versions_join_without_gaps() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([])));
    world.compute_all(101, "1.0");
    let first = world.take_one();
    assert_eq!(first["startVersion"], json!({"querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA="}));
    assert_eq!(first["endVersion"], version(1, 0, 101));
    world.text(modify(1, 2, json!([add(0)])));
    world.compute_all(101, "1.0");
    let second = world.take_one();
    assert_eq!(second["startVersion"], first["endVersion"]);
    assert_eq!(second["endVersion"], version(2, 0, 101));
}

/// `ts` never decreases on a connection, across connections, or across a restart; always ≥ `maxObservedTimestamp`.
#[test]
fn the_timestamp_starts_at_what_the_client_has_seen() {
    let mut world = World::new();
    world.text(json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 1,
        "maxObservedTimestamp": Timestamp(90).to_wire()}));
    world.text(modify(0, 1, json!([])));
    assert_eq!(world.computation.as_ref().expect("asked").at_least, Timestamp(90));
    world.compute_all(95, "1.0");
    world.text(modify(1, 2, json!([])));
    assert_eq!(world.computation.as_ref().expect("asked").at_least, Timestamp(95));
}

#[test]
fn a_snapshot_from_the_past_is_never_sent() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([])));
    world.compute_all(95, "1.0");
    world.invalidate();
    let results = Vec::new();
    world.computation = None;
    world.input(Input::Computed(Ok(Snapshot { ts: Timestamp(94), results })));
    assert_eq!(world.closing.clone().expect("closed").code, Some(1011));
}

/// Connect with a future `maxObservedTimestamp` closes with 1011 and no FatalError.
#[test]
fn a_client_from_the_future_is_sent_away() {
    let mut world = World::new();
    world.text(json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 1,
        "maxObservedTimestamp": Timestamp(101).to_wire()}));
    assert_eq!(world.ending(), (None, Some(1011), "InternalServerError".into()));
}

/// Wrong ModifyQuerySet base → FatalError; wrong Authenticate base → close 1011.
#[test]
fn wrong_base_versions_end_the_connection() {
    for (base, new) in [(1, 2), (0, 0)] {
        let mut world = World::connected();
        world.text(modify(base, new, json!([])));
        let message = world.sent[0]["error"].as_str().expect("a text").to_owned();
        assert!(message.starts_with("BaseVersionMismatch"), "{message}");
        assert_eq!(world.ending(), (Some("FatalError".into()), None, String::new()));
    }
    let mut world = World::connected();
    world.text(json!({"type": "Authenticate", "baseVersion": 1, "tokenType": "None"}));
    assert_eq!(world.ending(), (None, Some(1011), "InternalServerError".into()));
}

/// Malformed JSON, bad UUID, bad `udfPath` → FatalError, then close without code.
#[test]
fn malformed_messages_are_fatal() {
    let bad_id = json!({"type": "Connect", "sessionId": "me", "connectionCount": 0});
    let bad_path = json!({"type": "Mutation", "requestId": 0, "udfPath": "no good:path", "args": [{}]});
    let bad_query = modify(0, 1, json!([{"type": "Add", "queryId": 0, "udfPath": "a/../b", "args": [{}]}]));
    let negative = json!({"type": "Action", "requestId": -1, "udfPath": "a:b", "args": [{}]});
    let no_args = json!({"type": "Action", "requestId": 1, "udfPath": "a:b", "args": {}});
    let unknown = json!({"type": "QuerySet"});
    let bad_ts = json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 0, "maxObservedTimestamp": "?"});
    let texts = [bad_id, bad_path, bad_query, negative, no_args, unknown, bad_ts].map(|json| json.to_string());
    for text in texts.into_iter().chain(["{".into(), String::new(), "[]".into()]) {
        let mut world = World::new();
        world.input(Input::Text(text.clone()));
        let message = world.sent[0]["error"].as_str().expect("a text").to_owned();
        assert!(message.starts_with("WSMessageInvalidJson"), "{text}: {message}");
        assert_eq!(world.ending(), (Some("FatalError".into()), None, String::new()));
    }
    let mut world = World::new();
    world.input(Input::Binary);
    assert_eq!(world.ending(), (Some("FatalError".into()), None, String::new()));
}

#[test]
fn connecting_twice_is_fatal() {
    let mut world = World::connected();
    world.text(connect());
    assert_eq!(world.ending().0.as_deref(), Some("FatalError"));
}

/// `serverTs` is a JSON integer in ns; skew and serverTs are numbers together or both absent.
#[test]
fn clocks_are_sent_together_or_not_at_all() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([])));
    world.now.unix_ns = 6_000_000_001;
    world.compute_all(100, "1.0");
    let transition = world.take_one();
    // The client's clock said 4988 ms when ours said 5000.
    assert_eq!(transition["clientClockSkew"], json!(-12));
    assert_eq!(transition["serverTs"], json!(6_000_000_001u64));

    let mut world = World::new();
    world.text(json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 0}));
    world.text(modify(0, 1, json!([])));
    world.compute_all(100, "1.0");
    let transition = world.take_one();
    assert_eq!((transition.get("clientClockSkew"), transition.get("serverTs")), (None, None));
}

#[test]
fn each_kind_of_failure_has_its_ending() {
    let fatal = Some("FatalError".to_owned());
    for (kind, expected) in [
        (ErrorKind::BadRequest, (fatal.clone(), None, "")),
        (ErrorKind::Conflict, (fatal.clone(), None, "")),
        (ErrorKind::Unauthenticated, (Some("AuthError".to_owned()), None, "")),
        (ErrorKind::Forbidden, (fatal, Some(1000), "Code")),
        (ErrorKind::NotFound, (None, Some(1000), "Code")),
        (ErrorKind::Timeout, (None, Some(1000), "Code")),
        (ErrorKind::RateLimited, (None, Some(1013), "Code")),
        (ErrorKind::Overloaded, (None, Some(1013), "Code")),
        (ErrorKind::OutOfRetention, (None, Some(1013), "Code")),
        (ErrorKind::Internal, (None, Some(1011), "InternalServerError")),
    ] {
        let mut world = World::connected();
        world.text(mutation(0));
        world.input(Input::MutationFinished(Err(system_error(kind, "Code"))));
        assert_eq!(world.ending(), (expected.0, expected.1, expected.2.to_owned()), "{kind:?}");
    }
}

#[test]
fn nothing_happens_after_the_close() {
    let mut world = World::new();
    world.input(Input::Binary);
    world.take_sent();
    world.text(connect());
    world.text(mutation(0));
    world.advance(60.0);
    assert!(world.sent.is_empty() && world.mutations.is_empty());
    assert!(!world.session.wants_frames());
}
