//! The published Rust client: calls, subscriptions, and a server that restarts under them.

use std::collections::BTreeMap;
use std::time::Duration;

use convex::{ConvexClient, FunctionResult, Value};
use e2e::Server;
use futures_util::StreamExt;
use tokio::time::timeout;

const WAIT_MAX: Duration = Duration::from_secs(60);
const TEST_MAX: Duration = Duration::from_secs(180);
const SHUTDOWN_MAX: Duration = Duration::from_secs(10);

fn args<const N: usize>(fields: [(&str, Value); N]) -> BTreeMap<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn note(list: &str, text: &str) -> BTreeMap<String, Value> {
    args([("list", list.into()), ("text", text.into())])
}

fn texts(result: FunctionResult) -> Vec<String> {
    let FunctionResult::Value(Value::Array(items)) = result else { panic!("no texts: {result:?}") };
    let text = |item| match item {
        Value::String(text) => text,
        other => panic!("no text: {other:?}"),
    };
    items.into_iter().map(text).collect()
}

/// Runs `test` to its end, and then what the client left running, while the server is still there.
///
/// The client never stops if it is dropped at the moment its connection fails: its socket task then spins on a closed
/// channel, cannot be aborted, and a runtime would wait for it forever.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { timeout(TEST_MAX, test).await.expect("the test ends in time") });
    runtime.shutdown_timeout(SHUTDOWN_MAX);
}

#[test]
fn calls_return_values_and_errors() {
    let server = Server::with_app();
    run(async {
        let mut client = ConvexClient::new(&server.url()).await.unwrap();
        let area = client.query("lib/shapes:area", args([("w", 6.0.into()), ("h", 7.0.into())])).await.unwrap();
        assert_eq!(area, FunctionResult::Value(Value::Float64(42.0)));

        let id = client.mutation("notes:add", note("rust", "hello")).await.unwrap();
        assert!(matches!(id, FunctionResult::Value(Value::String(_))), "{id:?}");

        let failed = client.query("failures:boom", BTreeMap::new()).await.unwrap();
        assert!(
            matches!(&failed, FunctionResult::ErrorMessage(text) if text.contains("Uncaught Error: boom")),
            "{failed:?}"
        );

        let thrown = client.mutation("failures:withData", args([("data", Value::Int64(7))])).await.unwrap();
        let is_seven = matches!(&thrown, FunctionResult::ConvexError(error) if error.data == Value::Int64(7));
        assert!(is_seven, "{thrown:?}");
    });
}

#[test]
fn values_of_every_type_come_back() {
    let server = Server::with_app();
    run(async {
        let mut client = ConvexClient::new(&server.url()).await.unwrap();
        let value = Value::Object(args([
            ("int", Value::Int64(i64::MIN)),
            ("nan", Value::Float64(f64::NEG_INFINITY)),
            ("bytes", Value::Bytes(vec![0, 255])),
            ("list", Value::Array(vec![Value::Null, Value::Boolean(true), "😀".into()])),
        ]));
        let echoed = client.query("checks:echo", args([("value", value.clone())])).await.unwrap();
        assert_eq!(echoed, FunctionResult::Value(value));
    });
}

#[test]
fn a_subscription_delivers_every_state_and_survives_a_restart() {
    let mut server = Server::with_app();
    run(async {
        let mut client = ConvexClient::new(&server.url()).await.unwrap();
        let mut updates = client.subscribe("notes:texts", args([("list", "live".into())])).await.unwrap();
        let mut seen = async || timeout(WAIT_MAX, updates.next()).await.expect("an update in time").map(texts).unwrap();
        assert!(seen().await.is_empty());
        client.mutation("notes:add", note("live", "one")).await.unwrap();
        assert_eq!(seen().await, ["one"]);

        tokio::task::block_in_place(|| server.restart());
        tokio::task::block_in_place(|| {
            server.http.mutation("notes:add", serde_json::json!({ "list": "live", "text": "two", "rank": 9 }))
        });
        while seen().await != ["one", "two"] {}
    });
}
