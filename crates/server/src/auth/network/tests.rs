use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use tokio::net::TcpListener;

use super::{Network, max_age};
use crate::auth::keys::{FetchError, KeySource};

#[test]
fn freshness_comes_from_the_header() {
    let seconds = |text| max_age(text).map(|age| age.as_secs());
    assert_eq!(seconds("public, max-age=60, must-revalidate"), Some(60));
    assert_eq!(seconds("Max-Age=\"5\""), Some(5));
    assert_eq!(seconds("max-age=60, no-store"), Some(0));
    assert_eq!(seconds("private"), None);
    assert_eq!(seconds("max-age=soon"), None);
}

async fn issuer() -> String {
    async fn document(headers: HeaderMap) -> ([(&'static str, &'static str); 2], String) {
        let accept = headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        ([("content-type", "application/json"), ("cache-control", "max-age=7")], accept)
    }
    let router = Router::new().route("/document", get(document)).route("/large", get(|| async { "x".repeat(2 << 20) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn documents_come_with_what_decides_over_them() {
    let network = Network::new().expect("a client");
    let issuer = issuer().await;
    let document = network.fetch(&format!("{issuer}/document")).await.expect("an answer");
    assert_eq!(document.status, 200);
    assert_eq!(document.content_type.as_deref(), Some("application/json"));
    assert_eq!(document.max_age, Some(Duration::from_secs(7)));
    assert_eq!(&document.body[..], b"application/json", "what was asked for");
    assert_eq!(network.fetch(&format!("{issuer}/missing")).await.expect("an answer").status, 404);
    assert!(matches!(network.fetch(&format!("{issuer}/large")).await, Err(FetchError::Body)));
    assert!(matches!(network.fetch("http://127.0.0.1:1/").await, Err(FetchError::Network(_))));
    assert!(matches!(network.fetch("not an address").await, Err(FetchError::Network(_))));
}
