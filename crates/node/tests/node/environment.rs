//! What a process sees of its surroundings, and what it keeps between calls.

use std::collections::BTreeMap;

use crate::fixture::{Fixture, environment};

#[tokio::test]
async fn the_environment_is_the_apps_and_a_few_harmless_variables() {
    let mut app = Fixture::new().await;
    app.environment = environment(&[("GREETING", "hello"), ("CONVEX_CLOUD_URL", "http://cloud")]);
    let seen: BTreeMap<String, String> = serde_json::from_str(&app.call("environment", "{}").await).unwrap();
    assert_eq!(seen["GREETING"], "hello");
    assert_eq!(seen["CONVEX_CLOUD_URL"], "http://cloud");
    let allowed = ["PATH", "PWD", "LANG", "NODE_PATH", "TZ", "UTC", "GREETING", "CONVEX_CLOUD_URL"];
    assert!(seen.keys().all(|name| allowed.contains(&name.as_str())), "{:?}", seen.keys());
}

#[tokio::test]
async fn a_warm_process_keeps_its_modules() {
    let app = Fixture::new().await;
    assert_eq!(app.call("counter", "{}").await, "1");
    let second = app.execute("counter", "{}").await.unwrap();
    assert_eq!(second.result.unwrap(), "2");
    assert!(second.process_bytes > 0);
    assert_eq!(app.pool.usage().processes, 1);
}

#[tokio::test]
async fn modules_are_evaluated_again_when_the_environment_changes() {
    let mut app = Fixture::new().await;
    app.environment = environment(&[("GREETING", "one")]);
    assert_eq!(app.call("greetings", "{}").await, r#"["one","one"]"#);
    assert_eq!(app.call("counter", "{}").await, "1");
    app.environment = environment(&[("GREETING", "two")]);
    assert_eq!(app.call("greetings", "{}").await, r#"["two","two"]"#);
    assert_eq!(app.call("counter", "{}").await, "1");
    // An equal set is the same set.
    app.environment = environment(&[("GREETING", "two")]);
    assert_eq!(app.call("counter", "{}").await, "2");
}

#[tokio::test]
async fn real_node_globals_and_require_exist() {
    let app = Fixture::new().await;
    let seen = app.call("machine", "{}").await;
    assert_eq!(seen, r#"{"buffer":"6869","package":{"type":"module"},"path":true,"filename":"string"}"#);
}
