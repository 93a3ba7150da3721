//! Responses of HTTP actions whose bodies are made while they are sent: how they end, and what goes on without them.

use super::http::{Site, read};
use super::*;
use crate::actions::http::{HttpRequest, ResponseBody};

/// Takes the first piece of a response and leaves.
async fn glance(site: &Site, path: &str) {
    let ResponseBody::Stream(mut stream) = site.respond(site.request("GET", path)).await.body else {
        panic!("a stream")
    };
    stream.pieces.recv().await.unwrap().unwrap();
}

fn count(site: &Site, code: &str) -> usize {
    site.lines().iter().filter(|(_, own)| own.as_deref() == Some(code)).count()
}

const DISCONNECTED: &str = "info:httpActionClientDisconnect";
const UNAWAITED: &str = "UnawaitedOperations";

// What fed the body of a response, and nobody awaited, was dropped as soon as the client had gone: a text that is
// streamed and stored never became complete.
#[test]
fn what_fed_a_body_goes_on_without_its_client() {
    let site = Site::start();
    wait(async {
        glance(&site, "/feeds/until/unwanted").await;
        assert_eq!(site.completion("GET /feeds/until/unwanted").await.error, None);
    });
    assert_eq!(notes(&site.0), json!(["AbortError", "stored", "to the end"]));
    assert_eq!((count(&site, DISCONNECTED), count(&site, UNAWAITED)), (1, 0));
}

#[test]
fn a_stream_is_cancelled_at_once_when_its_client_goes() {
    let site = Site::start();
    wait(async {
        glance(&site, "/silent").await;
        assert_eq!(site.completion("GET /silent").await.error, None);
    });
    assert_eq!(notes(&site.0), json!(["cancelled AbortError"]));
}

#[test]
fn breaking_off_because_the_client_has_gone_is_no_failure() {
    let site = Site::start();
    wait(async {
        glance(&site, "/relays").await;
        assert_eq!(site.completion("GET /relays").await.error, None);
        glance(&site, "/feeds/and/fails").await;
        let error = site.completion("GET /feeds/and/fails").await.error.expect("nobody handles the refusal");
        assert!(error.starts_with("Uncaught AbortError: Nobody reads the rest of this response"), "{error}");
    });
}

// - [ ] exact, prefix, longest prefix, method mismatch, no router, HEAD, OPTIONS
#[test]
fn the_body_of_an_answer_to_head_is_wanted_by_nobody() {
    let site = Site::start();
    wait(async {
        let response = site.respond(site.request("HEAD", "/feeds/until/unwanted")).await;
        let ResponseBody::Stream(stream) = response.body else { panic!("a stream") };
        stream.complete();
        site.completion("HEAD /feeds/until/unwanted").await;
    });
    assert_eq!(notes(&site.0), json!(["AbortError", "stored", "to the end"]));
    assert_eq!(count(&site, DISCONNECTED), 0);
}

#[test]
fn a_body_that_is_complete_ends_its_action() {
    let site = Site::start();
    wait(async {
        for path in ["/feeds/to/the/end", "/leaves"] {
            let response = site.respond(site.request("GET", path)).await;
            assert_eq!(read(response.body).await, (b"all".to_vec(), true), "{path}");
            site.completion(&format!("GET {path}")).await;
            let unawaited = usize::from(path == "/leaves");
            assert_eq!(count(&site, UNAWAITED), unawaited, "{path}");
        }
    });
}

#[test]
fn a_promised_length_is_kept_or_the_log_says_why_not() {
    let site = Site::start();
    let promised = async |earlier: usize, length: &str| {
        let headers = vec![("x-a".to_owned(), length.to_owned())];
        let response = site.respond(HttpRequest { headers, ..site.request("GET", "/promises") }).await;
        let told = response.headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.clone());
        let (bytes, complete) = read(response.body).await;
        site.completion_after(earlier, "GET /promises").await;
        (told, String::from_utf8(bytes).unwrap(), complete)
    };
    wait(async {
        assert_eq!(promised(0, "5").await, (Some("5".into()), "abcde".into(), true));
        assert_eq!(promised(1, "05").await, (Some("5".into()), "abcde".into(), true));
        assert_eq!(promised(2, "+5").await, (None, "abcde".into(), true));
        assert_eq!(count(&site, "error:httpResponseLength"), 0);
        assert_eq!(promised(3, "4").await, (Some("4".into()), "abcd".into(), true));
        assert_eq!(promised(4, "9").await, (Some("9".into()), "abcde".into(), false));
    });
    let texts: Vec<String> = site.lines().into_iter().map(|(text, _)| text).collect();
    assert_eq!(
        texts,
        [
            "[ERROR] The response has a content-length of 4, but its body is longer: the rest was dropped.",
            "[ERROR] The response has a content-length of 9, but its body ended after 5 bytes: the connection was broken off.",
        ]
    );
}
