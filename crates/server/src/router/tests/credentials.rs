//! Who may call what.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::support::App;

/// Bearer, Convex, acting-as and `?adminKey=` authenticate; bad tokens are refused, not ignored.
#[tokio::test]
async fn bad_credentials_are_refused_everywhere() {
    let app = App::start().await;
    let call = json!({"path": "app:echo", "args": {}});
    for path in ["/api/query", "/api/mutation", "/api/action"] {
        for (authorization, expected) in [
            ("Bearer nonsense", (401, "InvalidAuthHeader")),
            ("Convex animal|00", (401, "BadAdminKey")),
            ("Basic abcdef", (400, "InvalidAdminKey")),
            ("abc", (400, "InvalidHeaderFailure")),
        ] {
            let reply = app.post_as(path, Some(authorization), call.clone()).await;
            assert_eq!(reply.error(), (expected.0, expected.1.to_owned()), "{path} {authorization}");
        }
    }
}

#[tokio::test]
async fn an_admin_may_act_as_a_user() {
    let app = App::start().await;
    let attributes = STANDARD.encode(r#"{"issuer":"https://i","subject":"me"}"#);
    let authorization = format!("Convex {}:{attributes}", app.key(false));
    let call = |path: &str| json!({"path": path, "args": {}});
    let reply = app.post_as("/api/query", Some(&authorization), call("app:whoami")).await;
    assert_eq!(reply.json()["value"], "https://i|me");
    let reply = app.post_as("/api/query", Some(&authorization), call("app:hidden")).await;
    assert_eq!(reply.json()["value"], "hidden");
}

#[tokio::test]
async fn check_admin_key_judges_the_key() {
    let app = App::start().await;
    let check = |authorization: Option<String>| {
        let mut request = Request::get("/api/check_admin_key");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        app.send(request.body(Body::empty()).expect("a request"))
    };
    let full = check(Some(format!("Convex {}", app.key(false)))).await.json();
    assert_eq!(full, json!({"success": true, "allowedOps": [], "isReadOnly": false}));
    let limited = check(Some(format!("Convex {}", app.key(true)))).await.json();
    assert_eq!((&limited["isReadOnly"], &limited["allowedOps"][0]), (&json!(true), &json!("ViewEnvironmentVariables")));
    assert_eq!(check(None).await.error(), (403, "BadDeployKey".into()));
    assert_eq!(check(Some("Convex animal|00".into())).await.error(), (401, "BadAdminKey".into()));
    let other = format!("Convex other{}", &app.key(false)["animal".len()..]);
    assert_eq!(check(Some(other)).await.error(), (403, "BadDeployKey".into()));
    let from_query = app.get(&format!("/api/check_admin_key?adminKey={}", app.key(false).replace('|', "%7C"))).await;
    assert_eq!(from_query.json()["success"], json!(true));
}

#[tokio::test]
async fn a_read_only_key_runs_queries_only() {
    let app = App::start().await;
    let key = format!("Convex {}", app.key(true));
    let reply = app.post_as("/api/query", Some(&key), json!({"path": "app:hidden", "args": {}})).await;
    assert_eq!(reply.json()["value"], "hidden");
    let reply = app.post_as("/api/function", Some(&key), json!({"path": "app:hidden", "args": {}})).await;
    assert_eq!(reply.json()["value"], "hidden");
    for path in ["/api/mutation", "/api/function"] {
        let reply = app.post_as(path, Some(&key), json!({"path": "app:add", "args": {}})).await;
        assert_eq!(reply.status.as_u16(), 403);
        let message = reply.json()["message"].as_str().expect("a text").to_owned();
        assert!(message.starts_with("You do not have permission to perform this operation"), "{message}");
    }
}
