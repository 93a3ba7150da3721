//! Function calls over HTTP.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::support::{App, Reply, Rival};

/// query/mutation/action accept `args` as object and as one-element array.
#[tokio::test]
async fn arguments_are_an_object_or_a_list_of_one() {
    let app = App::start().await;
    for args in [json!({"a": 1}), json!([{"a": 1}])] {
        assert_eq!(app.query("app:echo", args).await, json!({"status": "success", "value": {"a": 1.0}}));
    }
    for args in [json!({}), json!([{}])] {
        let reply = app.post("/api/mutation", json!({"path": "app:add", "args": args})).await.json();
        assert_eq!(reply["status"], "success");
    }
    let reply = app.post("/api/query", json!({"path": "app:echo", "args": "text"})).await;
    assert_eq!(reply.error(), (400, "BadJsonBody".into()));
}

/// Function errors are 200 with `status:"error"`; `logLines` omitted when empty.
#[tokio::test]
async fn failures_of_functions_are_results() {
    let app = App::start().await;
    assert_eq!(
        app.query("app:hello", json!({})).await,
        json!({"status": "success", "value": 1.0, "logLines": ["[LOG] 'hi'"]})
    );
    let reply = app.post("/api/query", json!({"path": "app:fail", "args": {}})).await;
    assert_eq!(reply.status.as_u16(), 200);
    let body = reply.json();
    assert_eq!((&body["status"], body.get("errorData"), body.get("logLines")), (&json!("error"), None, None));
    let message = body["errorMessage"].as_str().expect("a text");
    assert!(
        message.starts_with("[Request ID: ") && message.contains("Server Error\nUncaught Error: boom"),
        "{message}"
    );
}

/// Internal and missing functions are indistinguishable to non-admins.
#[tokio::test]
async fn internal_functions_are_not_found() {
    let app = App::start().await;
    let text = |body: serde_json::Value| body["errorMessage"].as_str().expect("a text").split_off_id();
    let hidden = text(app.query("app:hidden", json!({})).await).replace("hidden", "X");
    let missing = text(app.query("app:missing", json!({})).await).replace("missing", "X");
    assert_eq!(hidden, missing);
    let key = format!("Convex {}", app.key(false));
    let reply = app.post_as("/api/query", Some(&key), json!({"path": "app:hidden", "args": {}})).await;
    assert_eq!(reply.json()["value"], "hidden");
}

trait SplitOffId {
    fn split_off_id(&self) -> String;
}

impl SplitOffId for str {
    /// The message without its request id.
    fn split_off_id(&self) -> String {
        self.split_once("] ").expect("a request id").1.to_owned()
    }
}

/// `json`, `convex_encoded_json`, `export_json` and both legacy aliases work; unknown format → 400 `BadFormat`.
#[tokio::test]
async fn formats_decide_how_values_look() {
    let app = App::start().await;
    let args = json!({"i": {"$integer": "AQAAAAAAAAA="}, "f": 1});
    let call = |format: Option<&str>| json!({"path": "app:echo", "args": args, "format": format});
    for (format, text) in [
        (None, r#"{"f":1.0,"i":"1"}"#),
        (Some("json"), r#"{"f":1.0,"i":"1"}"#),
        (Some("convex_clean_json"), r#"{"f":1.0,"i":"1"}"#),
        (Some("convex_encoded_json"), r#"{"f":1.0,"i":{"$integer":"AQAAAAAAAAA="}}"#),
        (Some("convex_json"), r#"{"f":1.0,"i":{"$integer":"AQAAAAAAAAA="}}"#),
        (Some("export_json"), r#"{"f":1.0,"i":1}"#),
    ] {
        let reply = app.post("/api/query", call(format)).await;
        assert_eq!(reply.text, format!(r#"{{"status":"success","value":{text}}}"#), "{format:?}");
    }
    // Checked before anything runs: this function would fail otherwise.
    let reply = app.post("/api/query", json!({"path": "app:fail", "args": {}, "format": "xml"})).await;
    assert_eq!(reply.error(), (400, "BadFormat".into()));
    let data = |format: &str| json!({"path": "app:refuse", "args": {}, "format": format});
    assert_eq!(app.post("/api/query", data("json")).await.json()["errorData"], json!({"big": "1"}));
    let encoded = app.post("/api/query", data("convex_encoded_json")).await.json();
    assert_eq!(encoded["errorData"], json!({"big": {"$integer": "AQAAAAAAAAA="}}));
}

#[tokio::test]
async fn old_clients_get_the_encoded_form() {
    let app = App::start().await;
    let body = json!({"path": "app:echo", "args": {"i": {"$integer": "AQAAAAAAAAA="}}}).to_string();
    let request = |client: &str| {
        let request = Request::post("/api/query").header("content-type", "application/json");
        request.header("convex-client", client).body(Body::from(body.clone())).expect("a request")
    };
    let old = app.send(request("npm-1.4.0")).await.json();
    assert_eq!(old["value"]["i"], json!({"$integer": "AQAAAAAAAAA="}));
    let new = app.send(request("npm-1.48.0")).await.json();
    assert_eq!(new["value"]["i"], json!("1"));
    assert_eq!(app.send(request("npm-0.19.1")).await.error(), (400, "ClientVersionUnsupported".into()));
    assert_eq!(app.send(request("npm")).await.error(), (400, "InvalidClientVersion".into()));
}

/// Missing or wrong content type → 400 `BadJsonBody`.
#[tokio::test]
async fn bodies_must_be_json_and_say_so() {
    let app = App::start().await;
    let text = json!({"path": "app:echo", "args": {}}).to_string();
    let large = format!(r#"{{"path":"app:echo","args":{{"a":"{}"}}}}"#, "x".repeat(16 << 20));
    for (content_type, body) in [
        (None, text.as_str()),
        (Some("text/plain"), text.as_str()),
        (Some("application/json"), "{"),
        (Some("application/json"), "{}"),
        (Some("application/json"), large.as_str()),
    ] {
        let mut request = Request::post("/api/query");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let reply = app.send(request.body(Body::from(body.to_owned())).expect("a request")).await;
        let accepted = body.len() > 1000 && body.len() <= (16 << 20) + 2000;
        if accepted {
            assert_eq!(reply.status.as_u16(), 200);
        } else {
            assert_eq!(reply.error(), (400, "BadJsonBody".into()), "{content_type:?}");
        }
    }
    let too_large = format!(r#"{{"path":"app:echo","args":{{"a":"{}"}}}}"#, "x".repeat((16 << 20) + 2000));
    let request = Request::post("/api/query").header("content-type", "application/json");
    let reply = app.send(request.body(Body::from(too_large)).expect("a request")).await;
    assert_eq!(reply.error(), (400, "BadJsonBody".into()));
    let message = reply.json()["message"].as_str().expect("a text").to_owned();
    assert!(message.contains("The arguments of a function may have 16 MiB: store larger data as a file"), "{message}");
    let reply = app.post("/api/query", json!({"path": "no good", "args": {}})).await;
    assert_eq!(reply.error(), (400, "BadConvexFunctionIdentifier".into()));
}

#[tokio::test]
async fn queries_can_be_asked_in_the_address() {
    let app = App::start().await;
    let reply = app.get("/api/query?path=app:echo&args=%7B%22a%22:1%7D&format=convex_encoded_json").await;
    assert_eq!(reply.json()["value"], json!({"a": 1.0}));
    assert_eq!(app.get("/api/query?path=app:echo&args=%7B").await.error(), (400, "BadQueryArgs".into()));
    assert_eq!(app.get("/api/query").await.error(), (400, "BadQueryArgs".into()));
}

/// `/api/function` needs admin; `/api/run/a/b/fn` maps to `a/b:fn`; one segment → 400.
#[tokio::test]
async fn functions_of_any_kind() {
    let app = App::start().await;
    let call = json!({"path": "app:hidden", "args": {}});
    assert_eq!(app.post("/api/function", call.clone()).await.error(), (403, "BadDeployKey".into()));
    let key = format!("Convex {}", app.key(false));
    assert_eq!(app.post_as("/api/function", Some(&key), call).await.json()["value"], "hidden");
    let add = json!({"path": "app:add", "args": {}, "componentPath": ""});
    assert_eq!(app.post_as("/api/function", Some(&key), add).await.json()["status"], "success");

    let reply = app.post("/api/run/app/echo", json!({"args": {"i": {"$integer": "AQAAAAAAAAA="}}})).await;
    assert_eq!(reply.json()["value"], json!({"i": "1"}));
    assert_eq!(app.post("/api/run/app/add", json!({"args": {}})).await.json()["status"], "success");
    assert_eq!(app.post("/api/run/echo", json!({"args": {}})).await.error(), (400, "MissingIdentifier".into()));
    let missing = app.post("/api/run/lib/deep/app/echo", json!({"args": {}})).await.json();
    assert!(missing["errorMessage"].as_str().expect("a text").contains("lib/deep/app:echo"), "{missing}");
}

/// `query_batch` uses one timestamp; `query_ts` + `query_at_ts` read a frozen snapshot.
#[tokio::test]
async fn snapshots_can_be_shared_and_kept() {
    let app = App::start().await;
    let ts =
        app.send(Request::post("/api/query_ts").body(Body::empty()).expect("a request")).await.json()["ts"].clone();
    assert_eq!(app.query("app:count", json!({})).await["value"], json!(0.0));
    app.post("/api/mutation", json!({"path": "app:add", "args": {}})).await;
    assert_eq!(app.query("app:count", json!({})).await["value"], json!(1.0));
    let frozen = app.post("/api/query_at_ts", json!({"path": "app:count", "args": {}, "ts": ts})).await.json();
    assert_eq!(frozen["value"], json!(0.0));
    let queries =
        json!([{"path": "app:count", "args": {}}, {"path": "app:fail", "args": {}}, {"path": "app:hello", "args": {}}]);
    let results = app.post("/api/query_batch", json!({"queries": queries})).await.json()["results"].clone();
    assert_eq!(
        (&results[0]["value"], &results[1]["status"], &results[2]["value"]),
        (&json!(1.0), &json!("error"), &json!(1.0))
    );
    for ts in ["", "?", "//////////8="] {
        let reply = app.post("/api/query_at_ts", json!({"path": "app:count", "args": {}, "ts": ts})).await;
        assert_eq!(reply.error(), (400, "BadJsonBody".into()), "{ts}");
    }
}

/// Message starts with `[Request ID: …] Server Error`; redaction drops the rest and the log lines, keeps `errorData`.
#[tokio::test]
async fn redaction_hides_texts_and_lines() {
    let app = App::with(true).await;
    let body = json!({"path": "app:refuse", "args": {}}).to_string();
    let request = Request::post("/api/query").header("content-type", "application/json");
    let request = request.header("convex-request-id", "0011223344556677").body(Body::from(body)).expect("a request");
    assert_eq!(
        app.send(request).await.json(),
        json!({"status": "error", "errorMessage": "[Request ID: 0011223344556677] Server Error", "errorData": {"big": "1"}})
    );
    assert_eq!(app.query("app:hello", json!({})).await, json!({"status": "success", "value": 1.0}));
}

/// A mutation that lost every time is 503 `OptimisticConcurrencyControlFailure`.
#[tokio::test]
async fn a_mutation_that_always_loses_is_to_be_tried_again() {
    let app = App::impatient().await;
    let key = format!("Convex {}", app.key(false));
    let rival = Rival::start(&app);
    let text = "Documents read from or written to the \"notes\" table changed while this mutation was being run and on \
                every subsequent retry. The last of these changes was made by \"rival:add\". See \
                https://docs.convex.dev/error#1";
    for path in ["/api/mutation", "/api/function"] {
        let mut replies = Vec::new();
        // The rival may sleep through one of them, hardly through all.
        while replies.iter().all(|reply: &Reply| reply.status == 200) && replies.len() < 20 {
            replies.push(app.post_as(path, Some(&key), json!({"path": "app:slowly", "args": {}})).await);
        }
        let last = replies.pop().expect("an answer");
        assert_eq!(last.status, 503, "{}", last.text);
        assert_eq!(last.json(), json!({"code": "OptimisticConcurrencyControlFailure", "message": text}));
    }
    drop(rival);
    assert_eq!(app.post("/api/mutation", json!({"path": "app:slowly", "args": {}})).await.status, 200);
}
