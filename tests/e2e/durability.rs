//! What was acknowledged is there after the process was killed, as often as it may be.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use e2e::{Exit, Server, until};
use serde_json::{Value, json};

fn texts(server: &Server, list: &str) -> Vec<String> {
    let texts = server.http.query("notes:texts", json!({ "list": list }));
    serde_json::from_value(texts).unwrap()
}

#[test]
fn data_functions_and_schema_survive_kills() {
    let mut server = Server::with_app();
    for round in 0..3 {
        server.http.mutation("notes:add", json!({ "list": "kept", "text": format!("{round}"), "rank": round }));
        server.restart();
        assert_eq!(texts(&server, "kept").len(), round + 1);
    }
    let broken = server.http.call("mutation", "failures:wrongDocument", json!({ "document": { "list": "l" } }));
    assert!(broken.unwrap_err().contains("notes"), "the schema is still enforced");
}

#[test]
fn every_acknowledged_write_is_there_after_a_kill_under_load() {
    let mut server = Server::with_app();
    for round in 0..3 {
        let list = format!("load-{round}");
        let acknowledged = Mutex::new(BTreeSet::new());
        let http = server.http.clone();
        thread::scope(|scope| {
            for caller in 0..4 {
                let (http, list, acknowledged) = (&http, &list, &acknowledged);
                scope.spawn(move || {
                    for i in 0.. {
                        let text = format!("{caller}-{i}");
                        if http.call("mutation", "notes:add", json!({ "list": list, "text": text })).is_err() {
                            return;
                        }
                        acknowledged.lock().unwrap().insert(text);
                    }
                });
            }
            until("writes are flowing", Duration::from_secs(30), || {
                (acknowledged.lock().unwrap().len() > 100).then_some(())
            });
            server.kill();
        });
        server.start();
        let found: BTreeSet<String> = texts(&server, &list).into_iter().collect();
        let acknowledged = acknowledged.into_inner().unwrap();
        assert!(found.is_superset(&acknowledged), "lost: {:?}", acknowledged.difference(&found).collect::<Vec<_>>());
    }
}

#[test]
fn writes_after_a_restart_come_later_than_all_before() {
    let mut server = Server::with_app();
    let created = |server: &Server| {
        let id = server.http.mutation("notes:add", json!({ "list": "time", "text": "t" }));
        server.http.query("notes:get", json!({ "id": id }))["_creationTime"].as_f64().unwrap()
    };
    let ts = |server: &Server| server.http.post("/api/query_ts", "").unwrap().json()["ts"].clone();
    let (time, before) = (created(&server), ts(&server));
    server.restart();
    assert!(created(&server) > time);
    assert_ne!(ts(&server), before);
}

#[test]
fn a_corrupted_store_is_never_served_as_if_it_were_whole() {
    let mut server = Server::with_app();
    let written: Vec<String> = (0..50).map(|i| format!("{i:02}-{}", "known text ".repeat(40))).collect();
    for (rank, text) in written.iter().enumerate() {
        server.http.mutation("notes:add", json!({ "list": "precious", "text": text, "rank": rank }));
    }
    assert_eq!(server.stop(), Exit::Code(0));
    let damaged = damage_text(&server.data_directory());
    assert!(damaged > 0, "the text is found somewhere in the store");

    server.start_without_waiting();
    if !server.answers_or_ends() {
        let said = server.output().to_lowercase();
        assert!(said.contains("corrupt") || said.contains("checksum"), "{said}");
        return;
    }
    for (rank, text) in written.iter().enumerate() {
        let found = server.http.call(
            "query",
            "notes:ranked",
            json!({ "list": "precious", "above": rank as f64 - 0.5, "upTo": rank }),
        );
        let Ok(found) = found else { continue };
        // Whatever is served is what was written.
        assert!(found == json!([rank as f64]) || found == Value::Array(Vec::new()), "{found}");
        assert!(texts_or_error(&server).is_none_or(|seen| seen.iter().all(|t| written.contains(t))), "{text}");
    }
}

fn texts_or_error(server: &Server) -> Option<Vec<String>> {
    let texts = server.http.call("query", "notes:texts", json!({ "list": "precious" })).ok()?;
    Some(serde_json::from_value(texts).unwrap())
}

/// Changes one byte of every piece of the known text, in every file. Returns how many.
fn damage_text(directory: &std::path::Path) -> usize {
    let mut damaged = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damaged += damage_text(&path);
            continue;
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let needle = b"known text ";
        let places: Vec<usize> =
            (0..bytes.len().saturating_sub(needle.len())).filter(|&at| bytes[at..].starts_with(needle)).collect();
        for at in &places {
            bytes[*at] = b'K';
        }
        damaged += places.len();
        if !places.is_empty() {
            std::fs::write(&path, bytes).unwrap();
        }
    }
    damaged
}
