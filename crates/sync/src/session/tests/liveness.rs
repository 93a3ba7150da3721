//! Pings, slow readers and large transitions.

use super::*;
use crate::limits::TRANSITION_BYTES_MAX;

/// Ping message after 15 s of silence; ping frames for non-browser clients; silent socket before Connect tolerated.
#[test]
fn silence_is_broken_by_pings() {
    let mut world = World::new();
    assert_eq!(world.session.deadline(), Duration::from_secs(15));
    world.advance(14.9);
    assert!(world.sent.is_empty());
    world.advance(0.1);
    assert_eq!(world.take_one(), json!({"type": "Ping"}));
    assert_eq!(world.session.deadline(), Duration::from_secs(30));
    // Any other message counts as well.
    world.advance(10.0);
    world.text(connect());
    world.text(modify(0, 1, json!([])));
    world.compute_all(100, "1.0");
    world.take_sent();
    world.advance(14.0);
    assert!(world.sent.is_empty());
    world.advance(1.0);
    assert_eq!(world.sent_types(), ["Ping"]);
    assert!(world.closing.is_none());
}

#[test]
fn a_slow_reader_gets_fewer_and_newer_transitions() {
    let mut world = World::connected();
    world.writes_at_once = false;
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(100, "1.0");
    world.invalidate();
    world.compute_all(101, "2.0");
    world.invalidate();
    assert!(world.computation.is_none(), "two transitions wait to be written");
    world.invalidate();
    world.input(Input::TransitionWritten);
    world.compute_all(109, "9.0");
    let values: Vec<Json> =
        world.take_sent().iter().map(|message| message["modifications"][0]["value"].clone()).collect();
    assert_eq!(values, [1.0, 2.0, 9.0]);
}

/// Large transitions are chunked only for npm ≥ 1.28.0, in order, only Pings in between.
#[test]
fn large_transitions_are_split_for_clients_that_can_join_them() {
    // Four-byte characters, so that a part may not end wherever it likes.
    let value = format!("\"{}\"", "𝄞".repeat(TRANSITION_BYTES_MAX / 4 * 2));
    for takes_chunks in [true, false] {
        let mut world = World::with(SessionOptions { takes_chunks, redact: false });
        world.text(connect());
        world.text(modify(0, 1, json!([add(0)])));
        world.compute_all(100, &value);
        let sent = world.take_sent();
        if !takes_chunks {
            assert_eq!((sent.len(), &sent[0]["type"]), (1, &json!("Transition")));
            continue;
        }
        assert_eq!(sent.len(), 3);
        let mut text = String::new();
        for (number, part) in sent.iter().enumerate() {
            assert_eq!((&part["type"], &part["totalParts"]), (&json!("TransitionChunk"), &json!(3)));
            assert_eq!((&part["partNumber"], &part["transitionId"]), (&json!(number), &sent[0]["transitionId"]));
            let chunk = part["chunk"].as_str().expect("a text");
            assert!(chunk.len() <= TRANSITION_BYTES_MAX);
            text.push_str(chunk);
        }
        let whole: Json = serde_json::from_str(&text).expect("the parts join to JSON");
        assert_eq!((&whole["type"], &whole["endVersion"]), (&json!("Transition"), &version(1, 0, 100)));
    }
}

#[test]
fn a_split_transition_is_written_when_its_last_part_is() {
    let value = format!("\"{}\"", "x".repeat(TRANSITION_BYTES_MAX));
    let mut session = Session::new(SessionOptions { takes_chunks: true, redact: false }, &World::new().now);
    let now = World::new().now;
    let mut effects = Vec::new();
    session.handle(&now, Input::Text(modify(0, 1, json!([add(0)])).to_string()), &mut effects);
    effects.clear();
    let snapshot = Snapshot { ts: Timestamp(100), results: vec![(0, success(&value))] };
    session.handle(&now, Input::Computed(Ok(snapshot)), &mut effects);
    let ends: Vec<bool> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { ends_transition, .. } => Some(*ends_transition),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [false, true]);
}
