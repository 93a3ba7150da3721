//! HTTP actions without a socket.

use bytes::Bytes;
use db::BeginAt;
use futures_util::StreamExt;

use super::*;
use crate::actions::http::{HttpOutcome, HttpRequest, HttpResponse, RequestBody, ResponseBody};
use crate::tests::deployment_with;

/// An app with HTTP actions.
pub(crate) struct Site(pub(crate) App);

impl Site {
    /// The handlers of `http.js` beside this file.
    pub(super) fn start() -> Site {
        Site::of(include_str!("http.js"))
    }

    /// An `http.js` with this source.
    pub(crate) fn of(source: &str) -> Site {
        let app = App::start();
        let tx = app.database.begin(BeginAt::Validated).unwrap();
        wait(app.runtime.activate(tx, Arc::new(deployment_with(2, &[("http.js", source)])))).unwrap();
        Site(app)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> HttpRequest {
        HttpRequest {
            method: method.into(),
            url: format!("http://site.test{path}?q=1"),
            path: path.into(),
            headers: vec![("x-a".into(), "1".into())],
            body: None,
            identity: Identity::Anonymous,
            identity_error: None,
            request_id: RequestId("0123456789abcdef".into()),
            origin: RequestOrigin::default(),
        }
    }

    pub(super) async fn respond(&self, request: HttpRequest) -> HttpResponse {
        match self.0.runtime.http_action(request).await.unwrap() {
            HttpOutcome::Response(response) => response,
            HttpOutcome::Failed(error) => panic!("failed: {}", error.detail),
            HttpOutcome::NoRouter | HttpOutcome::NoRoute => panic!("nobody answers"),
        }
    }

    /// How the first such request ended, once it has.
    pub(super) async fn completion(&self, identifier: &str) -> crate::logs::Completion {
        self.completion_after(0, identifier).await
    }

    /// The same for the one after `earlier` others.
    pub(super) async fn completion_after(&self, earlier: usize, identifier: &str) -> crate::logs::Completion {
        let mut news = self.0.runtime.logs().watch();
        loop {
            news.borrow_and_update();
            let entries = self.0.runtime.logs().after(0.0);
            let own = |entry: &&Arc<LogEntry>| entry.identifier() == identifier && entry.completion().is_some();
            if let Some(entry) = entries.iter().filter(own).nth(earlier) {
                return entry.completion().unwrap().clone();
            }
            tokio::time::timeout(Duration::from_secs(20), news.changed()).await.expect("it completes").unwrap();
        }
    }

    /// All lines of the log with their codes.
    pub(super) fn lines(&self) -> Vec<(String, Option<String>)> {
        let entries = self.0.runtime.logs().after(0.0);
        let lines = entries.iter().flat_map(|entry| entry.log_lines());
        lines.map(|line| (line.to_text(), line.system_code.clone())).collect()
    }
}

fn body_of(pieces: &[&'static [u8]]) -> Option<RequestBody> {
    let pieces: Vec<Result<Bytes, String>> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect();
    Some(futures_util::stream::iter(pieces).boxed())
}

/// All bytes, and whether the body ended well.
pub(crate) async fn read(body: ResponseBody) -> (Vec<u8>, bool) {
    match body {
        ResponseBody::Whole(bytes) => (bytes.to_vec(), true),
        ResponseBody::Stream(mut stream) => {
            let mut all = Vec::new();
            while let Some(piece) = stream.pieces.recv().await {
                match piece {
                    Ok(piece) => all.extend_from_slice(&piece),
                    Err(_) => return (all, false),
                }
            }
            stream.complete();
            (all, true)
        }
    }
}

// - [ ] url, headers, binary and streaming bodies in both directions; set-cookie duplicates
#[test]
fn requests_and_responses_pass_through() {
    let site = Site::start();
    wait(async {
        let request = HttpRequest { body: body_of(&[&[0, 255], &[7]]), ..site.request("POST", "/echo") };
        let response = site.respond(request).await;
        assert_eq!(response.status, 201);
        let header = |name: &str| -> Vec<&str> {
            response.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
        };
        assert_eq!(header("set-cookie"), ["a=1", "b=2"]);
        assert_eq!((header("x-url"), header("x-method")), (vec!["http://site.test/echo?q=1"], vec!["POST"]));
        assert_eq!(read(response.body).await, (vec![0, 255, 7], true));
        let bare = site.respond(site.request("GET", "/echo")).await;
        assert_eq!(read(bare.body).await, (b"null".to_vec(), true));
        let nothing = site.respond(site.request("GET", "/nothing")).await;
        assert_eq!((nothing.status, read(nothing.body).await), (204, (Vec::new(), true)));
        let entry = site.completion("POST /echo").await;
        assert_eq!(
            (entry.kind, entry.http_status, entry.caller),
            (FunctionKind::HttpAction, Some(201), Caller::HttpEndpoint)
        );
    });
}

#[test]
fn a_body_is_answered_while_it_arrives() {
    let site = Site::start();
    wait(async {
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, String>>(1);
        let arriving = futures_util::stream::unfold(receiver, |mut receiver| async move {
            let piece = receiver.recv().await?;
            Some((piece, receiver))
        });
        let request = HttpRequest { body: Some(arriving.boxed()), ..site.request("POST", "/stream") };
        let response = site.respond(request).await;
        let ResponseBody::Stream(mut stream) = response.body else { panic!("a stream") };
        for piece in ["a", "b"] {
            sender.send(Ok(Bytes::from(piece))).await.unwrap();
            assert_eq!(stream.pieces.recv().await.unwrap().unwrap(), format!("[{piece}]"));
        }
        drop(sender);
        assert!(stream.pieces.recv().await.is_none());
    });
}

// - [ ] exact, prefix, longest prefix, method mismatch, no router, HEAD, OPTIONS
#[test]
fn without_router_or_route_nothing_runs() {
    let site = Site::start();
    let app = App::start();
    wait(async {
        let outcome = site.0.runtime.http_action(site.request("DELETE", "/echo")).await.unwrap();
        assert!(matches!(outcome, HttpOutcome::NoRoute));
        let outcome = app.runtime.http_action(site.request("GET", "/echo")).await.unwrap();
        assert!(matches!(outcome, HttpOutcome::NoRouter));
    });
}

// - [ ] error before head → JSON 500 body in dev and production; after head → broken stream
#[test]
fn failures_before_and_after_the_head() {
    let site = Site::start();
    wait(async {
        let outcome = site.0.runtime.http_action(site.request("GET", "/throws")).await.unwrap();
        let HttpOutcome::Failed(error) = outcome else { panic!("must fail") };
        assert!(error.detail.starts_with("Uncaught Error: before the head"), "{}", error.detail);
        assert_eq!(site.completion("GET /throws").await.http_status, Some(500));
        let response = site.respond(site.request("GET", "/breaks")).await;
        assert_eq!(read(response.body).await, (b"first".to_vec(), false));
        assert!(site.completion("GET /breaks").await.error.unwrap().contains("after the head"));
        assert!(site.lines().iter().any(|(_, code)| code.as_deref() == Some("error:httpAction")));
    });
}

// - [ ] > 20 MiB response cut and logged
#[test]
fn large_responses_are_cut_and_logged() {
    let site = Site::start();
    wait(async {
        for path in ["/large", "/large/whole"] {
            let response = site.respond(site.request("GET", path)).await;
            assert_eq!(read(response.body).await.0.len(), 20 << 20, "{path}");
            site.completion(&format!("GET {path}")).await;
        }
    });
    let text = "[ERROR] HttpResponseTooLarge: HTTP actions support responses up to 20 MiB";
    assert_eq!(site.lines().iter().filter(|(line, _)| line == text).count(), 2);
    assert!(!site.lines().iter().any(|(_, code)| code.as_deref() == Some("warning:HttpResponseTooLarge")));
}

#[test]
fn a_response_near_the_limit_is_whole_and_warned_of() {
    let site = Site::start();
    wait(async {
        let response = site.respond(site.request("GET", "/large/nearly")).await;
        assert_eq!(read(response.body).await.0.len(), 17 << 20);
        site.completion("GET /large/nearly").await;
    });
    let text = "[WARN] Large response of an HTTP action (actual: 17825792 bytes, limit: 20971520 bytes).";
    let code = "warning:HttpResponseTooLarge";
    assert!(site.lines().iter().any(|(line, told)| line == text && told.as_deref() == Some(code)));
}

// - [ ] client disconnect aborts request.signal
#[test]
fn a_client_that_goes_away_aborts_the_signal_and_the_handler_goes_on() {
    let site = Site::start();
    wait(async {
        let waiting = site.0.runtime.http_action(site.request("GET", "/until/abort"));
        let gave_up = tokio::time::timeout(Duration::from_millis(50), waiting).await;
        assert!(gave_up.is_err());
        site.completion("GET /until/abort").await;
        // While the body is being sent, too; the action ends because nobody takes it.
        let response = site.respond(site.request("GET", "/endless")).await;
        drop(response);
        site.completion("GET /endless").await;
    });
    assert_eq!(notes(&site.0), json!(["aborted true"]));
    let told =
        site.lines().iter().filter(|(_, code)| code.as_deref() == Some("info:httpActionClientDisconnect")).count();
    assert_eq!(told, 2);
}

// - [ ] getUserIdentity: null, OIDC attributes, custom claims flattened, invalid token throws only in H
#[test]
fn a_refused_token_matters_only_to_those_who_ask() {
    let site = Site::start();
    wait(async {
        let refused = |path: &str| HttpRequest {
            identity_error: Some("the token has expired".into()),
            ..site.request("GET", path)
        };
        assert_eq!(site.respond(refused("/notes")).await.status, 200);
        let HttpOutcome::Failed(error) = site.0.runtime.http_action(refused("/whoami")).await.unwrap() else {
            panic!("must fail")
        };
        assert!(error.detail.contains("the token has expired"), "{}", error.detail);
        let known = HttpRequest { identity: alice(), ..site.request("GET", "/whoami") };
        let (body, _) = read(site.respond(known).await.body).await;
        assert_eq!(serde_json::from_slice::<Json>(&body).unwrap()["subject"], json!("alice"));
        let nobody = site.respond(site.request("GET", "/whoami")).await;
        assert_eq!(read(nobody.body).await.0, b"null");
    });
    assert_eq!(notes(&site.0), json!(["from http"]));
}
