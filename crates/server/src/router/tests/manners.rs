//! What holds for every answer, and the endpoints that tools probe.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use serde_json::json;

use super::super::limited;
use super::support::{App, Reply, send_to};
use crate::limits::REQUEST_DURATION_MAX;

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.get(name).map(|value| value.to_str().expect("a text"))
}

/// CORS: origin mirrored with credentials on success, error and preflight; 86400 max age.
#[tokio::test]
async fn every_answer_may_be_read_from_anywhere() {
    let app = App::start().await;
    for (method, path) in [
        ("GET", "/api/query?path=app:hello"),
        ("GET", "/api/query"),
        ("PUT", "/api/query"),
        ("GET", "/api/nowhere"),
        ("GET", "/api/check_admin_key"),
        ("GET", "/instance_name"),
        ("GET", "/api/1.2/sync"),
    ] {
        let request = Request::builder().method(method).uri(path).header("origin", "https://app.example");
        let reply = app.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(header(&reply, "access-control-allow-origin"), Some("https://app.example"), "{method} {path}");
        assert_eq!(header(&reply, "access-control-allow-credentials"), Some("true"));
        let vary = "origin, access-control-request-method, access-control-request-headers";
        assert_eq!(header(&reply, "vary"), Some(vary));
    }
    let request = Request::options("/api/mutation")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,convex-client");
    let reply = app.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
    assert_eq!(header(&reply, "access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(header(&reply, "access-control-allow-headers"), Some("authorization,convex-client"));
    assert_eq!(header(&reply, "access-control-allow-methods"), Some("GET,POST,OPTIONS,PATCH,DELETE,PUT"));
    assert_eq!(header(&reply, "access-control-max-age"), Some("86400"));
}

#[tokio::test]
async fn unknown_routes_and_methods_have_empty_bodies() {
    let app = App::start().await;
    let unknown = app.get("/api/nowhere").await;
    assert_eq!((unknown.status.as_u16(), unknown.text.as_str()), (404, ""));
    let wrong = app.get("/api/mutation").await;
    assert_eq!((wrong.status.as_u16(), wrong.text.as_str()), (405, ""));
}

/// `/version`, `/instance_name`, `/instance_version`, `/`, `/echo`, `/api/check_admin_key` answer as listed.
#[tokio::test]
async fn tools_can_ask_who_is_there() {
    let app = App::start().await;
    assert!(app.get("/").await.text.contains("running"));
    assert_eq!(app.get("/instance_name").await.text, "animal");
    for path in ["/version", "/instance_version"] {
        assert_eq!(app.get(path).await.text, env!("CARGO_PKG_VERSION"));
    }
    let large = "é".repeat(3 << 20);
    let echoed = app.send(Request::post("/echo").body(Body::from(large.clone())).expect("a request")).await;
    assert!(echoed.text == large, "the body comes back as it was");
    let event = app.post("/api/debug_event", json!({"event": "LongWebsocketDisconnect"})).await;
    assert!(event.status.is_success());
}

/// HTTP actions on the site origin and under `/http`; URL shown to user code has no `/http`; 404s are text/plain.
#[tokio::test]
async fn without_http_actions_both_places_say_so() {
    let app = App::start().await;
    let request = |path: &str| Request::get(path).header("origin", "https://a").body(Body::empty()).expect("a request");
    for reply in [
        send_to(app.site.clone(), request("/some/path")).await,
        send_to(app.client.clone(), request("/http/some/path")).await,
    ] {
        assert_eq!(reply.status.as_u16(), 404);
        assert!(header(&reply, "content-type").expect("a type").starts_with("text/plain"));
        assert_eq!(header(&reply, "access-control-allow-origin"), None, "HTTP actions answer for themselves");
    }
}

/// `/api/{semver}/sync` and `/api/sync` both upgrade; bad semver → 400; old npm → 400 with deprecation headers.
#[tokio::test]
async fn the_handshake_checks_the_client() {
    let app = App::start().await;
    assert_eq!(app.get("/api/latest/sync").await.error(), (400, "InvalidClientVersion".into()));
    let old = app.get("/api/0.19.1/sync").await;
    assert_eq!(old.error(), (400, "ClientVersionUnsupported".into()));
    assert_eq!(header(&old, "x-convex-deprecation-state"), Some("Unsupported"));
    assert!(header(&old, "x-convex-deprecation-message").is_some());
    let plain = app.get("/api/1.48.0/sync").await;
    assert_eq!(plain.error(), (400, "BadHeader".into()));
    assert_eq!(header(&plain, "x-convex-deprecation-state"), None);
}

// Calls of a client that is too old were refused without the headers that make it print why.
// Only the handshake of sockets added them.
#[tokio::test]
async fn calls_of_old_clients_are_answered_with_the_reason() {
    let app = App::start().await;
    let call = |client: &'static str| {
        let request = Request::post("/api/query").header("content-type", "application/json");
        let body = json!({"path": "app:hello", "args": {}}).to_string();
        app.send(request.header("convex-client", client).body(Body::from(body)).expect("a request"))
    };
    let refused = call("npm-0.19.1").await;
    assert_eq!(refused.error(), (400, "ClientVersionUnsupported".into()));
    assert_eq!(header(&refused, "x-convex-deprecation-state"), Some("Unsupported"));
    assert!(header(&refused, "x-convex-deprecation-message").is_some_and(|text| text.contains("npm")));
    let warned = call("python-0.2.0").await;
    assert_eq!(warned.json()["status"], "success");
    assert_eq!(header(&warned, "x-convex-deprecation-state"), Some("UpgradeRequired"));
    assert_eq!(header(&call("npm-1.48.0").await, "x-convex-deprecation-state"), None);
}

/// A request that takes longer than 300 s is answered with 408.
#[tokio::test]
async fn endless_requests_are_given_up() {
    let (app, clock) = App::simulated().await;
    let stuck = Router::new().route("/stuck", get(std::future::pending::<()>));
    let router = limited(stuck, &app.state).with_state(app.state.clone());
    let request = Request::get("/stuck").body(Body::empty()).expect("a request");
    let mut reply = std::pin::pin!(send_to(router, request));
    assert!(futures_util::poll!(reply.as_mut()).is_pending());
    clock.advance(REQUEST_DURATION_MAX - Duration::from_millis(1));
    assert!(futures_util::poll!(reply.as_mut()).is_pending());
    clock.advance(Duration::from_millis(1));
    assert_eq!(reply.await.status.as_u16(), 408);
}
