//! Requests no well-behaved client would make: each is refused on its own, and the next one is served.

use e2e::{Http, Server};
use serde_json::{Value, json};

fn post(server: &Server, path: &str, body: &str) -> (u16, Value) {
    let answer = server.http.post(path, body).unwrap();
    (answer.status, answer.json())
}

fn still_serves(server: &Server) {
    assert_eq!(server.http.query("lib/shapes:area", json!({ "w": 2, "h": 3 })), json!(6.0));
}

#[test]
fn bodies_that_are_no_call_are_refused() {
    let server = Server::with_app();
    for body in ["", "{", "[]", "null", "7", "{\"args\":{}}", "{\"path\":7,\"args\":{}}", "{\"path\":\"a:b\"", "\u{0}"]
    {
        let (status, json) = post(&server, "/api/query", body);
        assert_eq!((status, json["code"].as_str()), (400, Some("BadJsonBody")), "{body:?}");
    }
    still_serves(&server);
}

#[test]
fn paths_that_cannot_be_are_refused() {
    let server = Server::with_app();
    for path in ["", ":", "a/../b:c", "notes:1st", "notes:has space", "no.such.extension.exe:f", "/abs:f"] {
        let body = json!({ "path": path, "args": {} }).to_string();
        let answer = server.http.post("/api/query", &body).unwrap();
        assert!(answer.status == 400 || answer.json()["status"] == "error", "{path:?}: {answer:?}");
    }
    still_serves(&server);
}

#[test]
fn arguments_that_are_no_object_are_refused() {
    let server = Server::with_app();
    for args in [json!("text"), json!(7), json!([[]]), json!([{}, {}])] {
        let body = json!({ "path": "checks:echo", "args": args }).to_string();
        let answer = server.http.post("/api/query", &body).unwrap();
        assert!(answer.status == 400 || answer.json()["status"] == "error", "{args}: {answer:?}");
    }
    still_serves(&server);
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let server = Server::with_app();
    let body = json!({ "path": "checks:echo", "args": { "value": "x".repeat(20 << 20) } }).to_string();
    // The server may answer before it has read everything, and close.
    if let Ok(answer) = server.http.post("/api/query", &body) {
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    // That connection may be half closed, so the next request takes a new one.
    let area = Http::new(&server.url()).query("lib/shapes:area", json!({ "w": 2, "h": 3 }));
    assert_eq!(area, json!(6.0));
}

#[test]
fn values_nested_beyond_reason_are_refused() {
    let server = Server::with_app();
    for depth in [65, 100_000] {
        let body =
            format!("{{\"path\":\"checks:echo\",\"args\":{{\"value\":{}{}}}}}", "[".repeat(depth), "]".repeat(depth));
        let answer = server.http.post("/api/query", &body).unwrap();
        assert!(answer.status == 400 || answer.json()["status"] == "error", "{depth}: {}", answer.status);
    }
    still_serves(&server);
}

// "Limits of 1.3 give the listed codes; 16-deep document passes, 17-deep fails."
#[test]
fn documents_keep_to_their_limits() {
    let server = Server::with_app();
    let store = |value: Value| server.http.call("mutation", "checks:store", json!({ "key": "k", "value": value }));
    let nested = |depth: usize| (0..depth).fold(json!(1.0), |inner, _| json!([inner]));
    // The document itself is the first level.
    store(nested(15)).unwrap();
    let wide: serde_json::Map<String, Value> = (0..1025).map(|i| (format!("f{i}"), json!(1.0))).collect();
    let refused = [
        ("Document is too nested (nested 17 levels deep > maximum nesting 16)", nested(16)),
        ("Object has too many fields (1025 > maximum number 1024).", Value::Object(wide)),
        ("Array length is too long (8193 > maximum length 8192).", json!(vec![1.0; 8193])),
        ("Value is too large (1.00 MiB > maximum size 1 MiB)", json!("x".repeat(1 << 20))),
    ];
    for (text, value) in refused {
        let error = store(value).expect_err(text);
        assert!(error.contains(text), "{text}: {error}");
    }
    still_serves(&server);
}

#[test]
fn ids_that_are_none_are_refused() {
    let server = Server::with_app();
    let id = server.http.mutation("notes:add", json!({ "list": "l", "text": "t" }));
    let id = id.as_str().unwrap();
    let mut variants = vec![String::new(), id[1..].to_owned(), id.to_uppercase(), format!("{id}0"), "z".repeat(40)];
    let last = if id.ends_with('0') { '1' } else { '0' };
    variants.push(format!("{}{last}", &id[..id.len() - 1]));
    for variant in variants {
        assert!(server.http.call("query", "notes:get", json!({ "id": variant })).is_err(), "{variant}");
        assert_eq!(server.http.query("checks:normalize", json!({ "id": variant })), Value::Null, "{variant}");
    }
}

#[test]
fn push_routes_refuse_strangers_and_nonsense() {
    let server = Server::with_app();
    for route in ["start_push", "evaluate_push", "wait_for_schema", "finish_push"] {
        let path = format!("/api/deploy2/{route}");
        for body in ["{}", "{", "{\"adminKey\":\"nobody|00\"}"] {
            let answer = server.http.post(&path, body).unwrap();
            assert!((400..500).contains(&answer.status), "{route} {body}: {}", answer.status);
            // The official CLI retries a 404 for half a minute.
            assert_ne!(answer.status, 404, "{route}");
        }
        let body = json!({ "adminKey": server.key, "functions": 7 }).to_string();
        let answer = server.http.post(&path, &body).unwrap();
        assert!((400..500).contains(&answer.status), "{route}: {answer:?}");
    }
    still_serves(&server);
}
