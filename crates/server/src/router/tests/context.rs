//! What functions learn about a request, and what they give out about themselves: tokens and audit events.

use axum::body::Body;
use axum::http::Request;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value as Json, json};

use super::support::App;
use crate::origin::Peer;

#[tokio::test]
async fn signed_tokens_verify_with_the_published_keys() {
    let app = App::start().await;
    let options = json!({ "claims": { "sub": "u1", "aud": "somebody" }, "expiresInSeconds": 60 });
    let signed = app.post("/api/mutation", json!({ "path": "app:token", "args": options })).await.json();
    let token = signed["value"].as_str().expect("a token");
    let published = app.get("/.well-known/jwks.json").await;
    assert_eq!(published.headers["content-type"], "application/json");
    let keys: JwkSet = serde_json::from_str(&published.text).expect("a key set");
    let key = keys.find(&decode_header(token).expect("a header").kid.expect("a key id")).expect("the key is published");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["somebody"]);
    validation.set_issuer(&["http://127.0.0.1:3210"]);
    let key = DecodingKey::from_jwk(key).expect("a key");
    let claims = decode::<Json>(token, &key, &validation).expect("it verifies").claims;
    assert_eq!(claims["sub"], json!("u1"));
    let forged = format!("{}x", token);
    assert!(decode::<Json>(&forged, &key, &validation).is_err());
}

#[tokio::test]
async fn a_mutation_learns_address_and_browser_of_its_caller() {
    let app = App::start().await;
    let request = Request::post("/api/mutation")
        .header("content-type", "application/json")
        .header("user-agent", "a browser")
        .header("x-forwarded-for", "198.51.100.7")
        .header("convex-request-id", "r-1")
        .extension(Peer("127.0.0.1:9".parse().expect("an address")))
        .body(Body::from(json!({ "path": "app:requestMetadata", "args": {} }).to_string()))
        .expect("a request");
    let seen = app.send(request).await.json();
    assert_eq!(
        seen["value"],
        json!({
            "ip": "198.51.100.7",
            "userAgent": "a browser",
            "requestId": "r-1",
            "scheduledFunctionId": null,
            "authToken": null,
        })
    );
}

#[tokio::test]
async fn audit_events_are_in_the_log_stream_and_nowhere_else() {
    let app = App::start().await;
    let reply = app.post("/api/mutation", json!({ "path": "app:audited", "args": { "action": "seen" } })).await;
    assert_eq!(reply.json(), json!({ "status": "success", "value": null }));
    let request = Request::get("/api/stream_function_logs?cursor=0")
        .header("authorization", format!("Convex {}", app.key(true)))
        .header("convex-client", "npm-cli-1.48.0")
        .body(Body::empty())
        .expect("a request");
    let entries = app.send(request).await.json();
    let entry = &entries["entries"][0];
    assert_eq!(entry["identifier"], json!("app:audited"));
    let line = &entry["logLines"][0];
    assert_eq!(line["messages"], json!([r#"{"action":"seen"}"#]));
    assert_eq!((&line["level"], &line["systemMetadata"]), (&json!("INFO"), &json!({ "code": "audit" })));
}
