use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::metrics::router;
use crate::router::tests::support::{App, send_to};

fn request(authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::get("/metrics");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn metrics_are_for_admins_unless_they_have_a_port_of_their_own() {
    let app = App::start().await;
    assert_eq!(app.send(request(None)).await.status.as_u16(), 403);
    let key = format!("Convex {}", app.key(true));
    assert_eq!(app.send(request(Some(&key))).await.status.as_u16(), 200);
    assert_eq!(send_to(router(app.state.clone()), request(None)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn calls_are_counted_by_function_and_outcome() {
    let app = App::start().await;
    app.query("app:hello", json!({})).await;
    app.query("app:hello", json!({})).await;
    app.query("app:fail", json!({})).await;
    app.query("app:nowhere", json!({})).await;
    app.post("/api/mutation", json!({ "path": "app:add", "args": {} })).await;
    let reply = send_to(router(app.state.clone()), request(None)).await;
    assert_eq!(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        r#"concave_function_calls_total{kind="Query",component="",function="app:hello",outcome="success"} 1"#,
        r#"concave_function_calls_total{kind="Query",component="",function="app:hello",outcome="cached"} 1"#,
        r#"concave_function_calls_total{kind="Query",component="",function="app:fail",outcome="error"} 1"#,
        r#"concave_function_calls_total{kind="Query",component="",function="_unresolved",outcome="error"} 1"#,
        r#"concave_function_seconds_count{kind="Mutation",component="",function="app:add"} 1"#,
        r#"concave_function_seconds_bucket{kind="Mutation",component="",function="app:add",le="+Inf"} 1"#,
        "concave_commit_seconds_count 1",
        "# TYPE concave_commits_total counter",
        "# TYPE concave_live_queries gauge",
        "concave_workers 1",
        "concave_sockets 0",
    ] {
        assert!(
            reply.text.lines().any(|found| found == line || found == format!("{line}.0")),
            "{line}\n{}",
            reply.text
        );
    }
    assert!(!reply.text.contains("app:nowhere"));
}
