//! Many callers on few documents: nothing is lost and nobody is turned away.

use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use e2e::Server;
use serde_json::{Value, json};

const CALLERS: usize = 16;
const CALLS_EACH: usize = 20;

/// The wire form of an Int64.
fn integer(value: i64) -> Value {
    json!({ "$integer": STANDARD.encode(value.to_le_bytes()) })
}

/// Reads the wire form of an Int64.
fn decode(value: &Value) -> i64 {
    let bytes = STANDARD.decode(value["$integer"].as_str().unwrap()).unwrap();
    i64::from_le_bytes(bytes.try_into().unwrap())
}

fn in_parallel(callers: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for caller in 0..callers {
            let work = &work;
            scope.spawn(move || work(caller));
        }
    });
}

#[test]
fn increments_of_one_document_are_all_counted() {
    let server = Server::with_app();
    in_parallel(CALLERS, |_| {
        for _ in 0..CALLS_EACH {
            server.http.mutation("counters:bump", json!({ "name": "hot" }));
        }
    });
    let total = server.http.query("counters:read", json!({ "name": "hot" }));
    assert_eq!(total, json!((CALLERS * CALLS_EACH) as f64));
}

// "phantom insert into a read range conflicts": both callers see no counter and would insert one.
#[test]
fn racing_inserts_make_one_document() {
    let server = Server::with_app();
    for round in 0..10 {
        let name = format!("race-{round}");
        in_parallel(4, |_| {
            server.http.mutation("counters:bump", json!({ "name": name }));
        });
        // `unique()` in the query fails if two were made.
        assert_eq!(server.http.query("counters:read", json!({ "name": name })), json!(4.0));
    }
}

#[test]
fn transfers_never_change_the_sum_a_reader_sees() {
    let server = Server::with_app();
    let accounts: Vec<Value> = (0..4)
        .map(|i| server.http.mutation("accounts:open", json!({ "name": format!("a{i}"), "balance": integer(100) })))
        .collect();
    let sum = || {
        let balances = server.http.query("accounts:balances", json!({}));
        balances.as_array().unwrap().iter().map(decode).sum::<i64>()
    };
    thread::scope(|scope| {
        let reader = scope.spawn(|| (0..40).map(|_| sum()).collect::<Vec<_>>());
        in_parallel(8, |caller| {
            for call in 0..CALLS_EACH {
                let (from, to) = (&accounts[(caller + call) % 4], &accounts[(caller + call + 1) % 4]);
                // An account may be empty at that moment; the mutation then fails and changes nothing.
                let _ = server.http.call(
                    "mutation",
                    "accounts:transfer",
                    json!({ "from": from, "to": to, "amount": integer(7) }),
                );
            }
        });
        assert!(reader.join().unwrap().iter().all(|seen| *seen == 400));
    });
    assert_eq!(sum(), 400);
}
