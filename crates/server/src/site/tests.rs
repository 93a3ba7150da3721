//! Addresses, identities and failures; handlers run in the tests from outside.

use axum::http::Request;

use super::*;
use crate::router::tests::support::App;

fn address_of(uri: &str, headers: &[(&str, &str)]) -> String {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let address = address::of(&parts, "http://origin.example");
    assert!(address.url.contains(&address.path), "{address:?}");
    address.url
}

// - [ ] HTTP actions on the site origin and under `/http`; URL shown to user code has no `/http`; 404s are text/plain.
#[test]
fn addresses_are_those_the_client_used() {
    let host = ("host", "app.example:3211");
    assert_eq!(address_of("/a/b?c=d%20e", &[host]), "http://app.example:3211/a/b?c=d%20e");
    assert_eq!(address_of("/http/a?x", &[host]), "http://app.example:3211/a?x");
    assert_eq!(address_of("/http", &[host]), "http://app.example:3211/");
    assert_eq!(address_of("/a", &[]), "http://origin.example/a");
    assert_eq!(address_of("/httpx", &[host]), "http://app.example:3211/httpx");
    let scheme =
        |headers: &[(&str, &str)]| address_of("/", &[&[host], headers].concat()).split(':').next().map(str::to_owned);
    assert_eq!(scheme(&[("x-forwarded-proto", "https")]).as_deref(), Some("https"));
    assert_eq!(scheme(&[("forwarded", "for=1.2.3.4;proto=https, for=5.6.7.8")]).as_deref(), Some("https"));
    assert_eq!(scheme(&[("forwarded", "for=1.2.3.4, proto=https")]).as_deref(), Some("http"));
    assert_eq!(scheme(&[("x-forwarded-proto", "gopher")]).as_deref(), Some("http"));
}

// - [ ] HTTP action with a bad bearer token still runs; only `getUserIdentity()` throws.
#[tokio::test(flavor = "multi_thread")]
async fn bad_credentials_are_kept_aside() {
    let app = App::start().await;
    let identify = async |value: &str| {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
        super::identify(&app.state, &headers).await
    };
    let (identity, error) = identify("Bearer nonsense").await;
    assert!(matches!(identity, Identity::Anonymous) && error.is_some());
    assert!(matches!(identify("Basic dXNlcjpwdw==").await, (Identity::Anonymous, None)));
    assert!(matches!(identify(&format!("Convex {}", app.key(false))).await, (Identity::Admin { .. }, None)));
    assert!(matches!(super::identify(&app.state, &HeaderMap::new()).await, (Identity::Anonymous, None)));
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_are_not_routed_are_refused() {
    let app = App::start().await;
    let request = Request::builder().method("PROPFIND").uri("/http/a").header("host", "a").body(Body::empty()).unwrap();
    assert_eq!(app.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

// - [ ] error before head → JSON 500 body in dev and production; after head → broken stream
#[tokio::test(flavor = "multi_thread")]
async fn failures_say_less_when_redacted() {
    let error = functions::FunctionError {
        detail: "Uncaught Error: boom\n    at f (a.ts:1:1)\n".into(),
        data: Some(r#"{"n":1.0}"#.into()),
        code: None,
    };
    for redact in [false, true] {
        let app = App::with(redact).await;
        let response = failure::response(&error, &app.state);
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let bytes = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let code = body["code"].as_str().unwrap();
        assert_eq!(code.ends_with("] Server Error"), redact, "{code}");
        assert_eq!(code.ends_with("] Server Error: Uncaught Error: boom"), !redact, "{code}");
        assert_eq!(body["trace"].as_str().is_some_and(|trace| trace.ends_with("(a.ts:1:1)")), !redact);
        assert_eq!(body["data"], serde_json::json!({ "n": 1.0 }));
    }
}

#[tokio::test]
async fn a_body_that_falls_silent_ends_with_an_error() {
    let (platform, clock) = Platform::simulated(1);
    let arriving = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"one")) }).chain(stream::pending());
    let mut body = request_body(platform, Body::from_stream(arriving).into_data_stream());
    assert_eq!(body.next().await.unwrap().unwrap(), "one");
    let next = body.next();
    tokio::pin!(next);
    assert!(futures_util::poll!(&mut next).is_pending());
    clock.advance(REQUEST_SILENCE_MAX);
    let text = next.await.unwrap().unwrap_err();
    assert_eq!(text, "The request ended before all of its body arrived: nothing arrived for 120 seconds");
    assert!(body.next().await.is_none());
}
