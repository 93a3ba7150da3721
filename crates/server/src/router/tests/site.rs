//! HTTP actions through the whole router: what they learn of a request, how long they may take, how long answers are.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::poll;
use platform::SimulatedClock;
use serde_json::{Value as Json, json};

use super::support::{App, Reply, send_to};
use crate::limits::REQUEST_DURATION_MAX;
use crate::origin::Peer;

async fn request(app: &App, method: &str, path: &str) -> Reply {
    let request = Request::builder().method(method).uri(path).header("host", "app.example");
    send_to(app.site.clone(), request.body(Body::empty()).expect("a request")).await
}

/// Lets time pass until `future` is done.
async fn in_time<T>(clock: &SimulatedClock, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = poll!(future.as_mut()) {
            return value;
        }
        clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
}

// - [ ] `getRequestMetadata`: ip and user agent in HTTP actions, by the rules of all other calls
#[tokio::test]
async fn an_http_action_learns_address_and_browser_of_its_caller() {
    let app = App::start().await.with_http_actions().await;
    let metadata = async |router: axum::Router, path: &str, peer: &str| -> Json {
        let request = Request::get(path)
            .header("host", "app.example")
            .header("user-agent", "a browser")
            .header("x-forwarded-for", "203.0.113.9, 198.51.100.7")
            .header("convex-request-id", "r-1")
            .extension(Peer(peer.parse().expect("an address")));
        send_to(router, request.body(Body::empty()).expect("a request")).await.json()
    };
    let expected = |ip: &str| json!({ "ip": ip, "userAgent": "a browser", "requestId": "r-1", "scheduledFunctionId": null, "authToken": null });
    assert_eq!(metadata(app.site.clone(), "/metadata", "127.0.0.1:9").await, expected("198.51.100.7"));
    assert_eq!(metadata(app.client.clone(), "/http/metadata", "127.0.0.1:9").await, expected("198.51.100.7"));
    assert_eq!(metadata(app.site.clone(), "/metadata", "192.0.2.1:9").await, expected("192.0.2.1"));
}

#[tokio::test]
async fn lengths_are_told_when_they_are_right() {
    let app = App::start().await.with_http_actions().await;
    let length = |reply: &Reply| reply.headers.get("content-length").map(|it| it.to_str().expect("a text").to_owned());
    let five = "/streamed?text=abcde";
    let told = request(&app, "GET", &format!("{five}&length=5")).await;
    assert_eq!((length(&told), told.text.as_str()), (Some("5".into()), "abcde"));
    for nonsense in ["", "&length=", "&length=-5", "&length=5,%205", "&length=five", "&length=20971521"] {
        let untold = request(&app, "GET", &format!("{five}{nonsense}")).await;
        assert_eq!((length(&untold), untold.text.as_str()), (None, "abcde"), "{nonsense}");
    }
    let longer = request(&app, "GET", &format!("{five}&length=3")).await;
    assert_eq!((length(&longer), longer.text.as_str()), (Some("3".into()), "abc"));
    assert_eq!(length(&request(&app, "GET", "/whole").await), Some("5".into()));
    assert_eq!(length(&request(&app, "GET", "/empty").await), Some("0".into()));
}

#[tokio::test]
async fn an_answer_to_head_tells_the_length_that_the_body_would_have() {
    let app = App::start().await.with_http_actions().await;
    for (path, expected) in [
        ("/streamed?text=abcde&length=5", Some("5")),
        ("/streamed?text=abcde", None),
        ("/whole", Some("5")),
        ("/empty", Some("99")),
    ] {
        let reply = request(&app, "HEAD", path).await;
        let told = reply.headers.get("content-length").map(|it| it.to_str().expect("a text"));
        assert_eq!((told, reply.text.as_str()), (expected, ""), "{path}");
    }
}

// The time limit of the API cut off HTTP actions too: an empty 408 after 300 s, although actions have 30 minutes.
#[tokio::test]
async fn an_http_action_has_the_time_of_an_action() {
    let (app, clock) = App::simulated().await;
    let app = app.with_http_actions().await;
    for router in [&app.site, &app.client] {
        let path = if std::ptr::eq(router, &app.site) { "/asleep" } else { "/http/asleep" };
        let request = Request::get(path).header("host", "a").body(Body::empty()).expect("a request");
        let reply = in_time(&clock, send_to(router.clone(), request)).await;
        assert_eq!(reply.status.as_u16(), 500, "{path}");
        let trace = reply.json()["trace"].as_str().expect("a trace").to_owned();
        assert_eq!(trace, "Function execution timed out (maximum duration: 1800s)");
    }
}

#[tokio::test]
async fn a_call_of_an_action_is_answered_in_time_and_the_action_goes_on() {
    let (app, clock) = App::simulated().await;
    let call = app.post("/api/action", json!({ "path": "app:addLate", "args": { "ms": 400_000 } }));
    let mut call = pin!(call);
    let mut news = app.runtime.logs().watch();
    let asleep = async {
        while !app.runtime.logs().after(0.0).iter().any(|entry| !entry.log_lines().is_empty()) {
            news.changed().await.expect("the log goes on");
        }
    };
    tokio::select! {
        reply = &mut call => panic!("answered at once: {}", reply.status),
        () = asleep => {}
    }
    clock.advance(REQUEST_DURATION_MAX - Duration::from_millis(1));
    assert!(poll!(call.as_mut()).is_pending());
    clock.advance(Duration::from_millis(1));
    let reply = call.await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (408, ""));
    assert_eq!(app.query("app:count", json!({})).await["value"], json!(0.0));
    clock.advance(Duration::from_secs(100));
    let mut commits = app.runtime.watch_latest();
    while app.query("app:count", json!({})).await["value"] != json!(1.0) {
        commits.changed().await.expect("commits go on");
    }
}
