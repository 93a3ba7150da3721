//! The endpoints over a runtime in memory. That large files need little memory is measured on the real binary, in
//! `tests/e2e/files.rs`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use db::Database;
use functions::{CallRequest, Caller, FunctionPath, Identity, MutationRequest, QueryRequest, RequestId, Runtime};
use futures_util::{StreamExt, TryStreamExt, stream};
use platform::Platform;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use storage::blobs::BlobStore;
use tower::ServiceExt;

use crate::{Instance, ServerOptions, router};

const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
const ORIGIN: &str = "http://127.0.0.1:3210";

struct Server {
    runtime: Runtime,
    database: Database,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Server {
    fn start() -> Server {
        Server::with(Platform::real(), BlobStore::memory())
    }

    fn with(platform: Platform, blobs: BlobStore) -> Server {
        let engine = Arc::new(storage::MemoryEngine::new());
        let database = Database::open(engine, platform.clone(), db::Options::default()).unwrap();
        let options = functions::Options { workers: 1, blobs, ..functions::Options::default() };
        let runtime = Runtime::start(database.clone(), platform, options).unwrap();
        let options = ServerOptions {
            instance: Instance { name: "test".into(), secret: [7; 32] },
            client_origin: ORIGIN.into(),
            site_origin: "http://127.0.0.1:3211".into(),
            redact: false,
        };
        let state = crate::serve::build_state(options, runtime.clone());
        Server { runtime, database, router: router::client_router(state) }
    }

    async fn send(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.send(request).await.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn call(&self, path: &str, args: Json) -> CallRequest {
        CallRequest {
            path: FunctionPath::parse(&format!("_system/frontend/fileStorageV2:{path}")).unwrap(),
            args: args.to_string().into(),
            identity: Identity::Admin { read_only: false },
            caller: Caller::HttpApi,
            request_id: RequestId("0123456789abcdef".into()),
            origin: None,
        }
    }

    async fn mutate(&self, path: &str, args: Json) -> Json {
        let call = self.call(path, args);
        let result = self.runtime.mutation(MutationRequest { call, session: None }).await.unwrap();
        serde_json::from_str(&result.outcome.unwrap()).unwrap()
    }

    /// The path and query of a fresh upload URL.
    async fn upload_path(&self) -> String {
        let url = self.mutate("generateUploadUrl", json!({})).await;
        url.as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned()
    }

    async fn upload(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::post(self.upload_path().await);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(body.into()).unwrap()).await
    }

    /// Uploads a file and returns the path it is fetched from.
    async fn stored(&self, content_type: &str, body: impl Into<Body>) -> String {
        let headers = [("content-type", content_type)];
        let answer = self.upload(if content_type.is_empty() { &[] } else { &headers }, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        self.path_of(&answer.json()["storageId"]).await
    }

    async fn path_of(&self, id: &Json) -> String {
        let request = QueryRequest { call: self.call("getFile", json!({ "storageId": id })), journal: None };
        let result = self.runtime.query(&request, self.runtime.latest_ts()).await.unwrap();
        let file: Json = serde_json::from_str(result.outcome.as_ref().unwrap()).unwrap();
        file["url"].as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned()
    }

    async fn fetch(&self, method: Method, path: &str, range: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(range) = range {
            request = request.header("range", range);
        }
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn get(&self, path: &str, range: Option<&str>) -> Answer {
        self.fetch(Method::GET, path, range).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.runtime.shutdown();
        self.database.shutdown();
    }
}

impl Answer {
    fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.json()["code"].as_str()), (status, Some(code)), "{:?}", self.body);
    }
}

// Upload returns `storageId`; digest mismatch, expired and bad tokens give the listed codes.
#[tokio::test]
async fn an_upload_answers_with_the_id() {
    let server = Server::start();
    let digest = format!("sha-256={HELLO_SHA256}");
    let answer = server.upload(&[("content-type", "text/plain"), ("digest", &digest)], "hello").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let json = answer.json();
    assert_eq!(json.as_object().unwrap().len(), 1);
    let path = server.path_of(&json["storageId"]).await;
    assert_eq!(server.get(&path, None).await.body, "hello");
}

#[tokio::test]
async fn one_upload_url_takes_several_files() {
    let server = Server::start();
    let path = server.upload_path().await;
    let mut ids = Vec::new();
    for body in ["one", "two"] {
        let answer = server.ask(Request::post(&path).body(Body::from(body)).unwrap()).await;
        ids.push(answer.json()["storageId"].clone());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn bad_uploads_are_refused() {
    let server = Server::start();
    let wrong = format!("sha-256={HELLO_SHA256}");
    let refusal = server.upload(&[("digest", &wrong)], "Hello").await;
    let message = refusal.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.ends_with(&format!("but {HELLO_SHA256} was given with it. Nothing was stored: send the file again."))
    );
    refusal.refused(400, "Sha256Mismatch");
    let url_safe = format!("sha-256={}", HELLO_SHA256.replace('+', "-").replace('/', "_"));
    let unpadded = wrong.trim_end_matches('=');
    let hex = format!("sha-256={}", "2cf24dba".repeat(8));
    for bad in [
        url_safe.as_str(),
        unpadded,
        hex.as_str(),
        "sha-256=short",
        "sha-256",
        "md5=XUFAKrxLKna5cZ2REBfFkg==",
        "",
        "sha-256=\u{e9}",
    ] {
        server.upload(&[("digest", bad)], "hello").await.refused(400, "BadHeader");
    }
    let both = format!("md5=XUFAKrxLKna5cZ2REBfFkg==, SHA-256={HELLO_SHA256}");
    assert_eq!(server.upload(&[("digest", &both)], "hello").await.status, StatusCode::OK);
    let (md5, other) = ("md5=XUFAKrxLKna5cZ2REBfFkg==", format!("sha-256={}=", "A".repeat(43)));
    for lines in [[("digest", md5), ("digest", &wrong)], [("digest", &wrong), ("digest", md5)]] {
        assert_eq!(server.upload(&lines, "hello").await.status, StatusCode::OK);
    }
    server.upload(&[("digest", &wrong), ("digest", &other)], "hello").await.refused(400, "BadHeader");
    for path in ["/api/storage/upload", "/api/storage/upload?token=", "/api/storage/upload?token=AAAA"] {
        let request = Request::post(path).body(Body::from("hello")).unwrap();
        server.ask(request).await.refused(401, "StorageTokenInvalid");
    }
    let altered = server.upload_path().await.replace("token=AQ", "token=Ag");
    let request = Request::post(altered).body(Body::from("hello")).unwrap();
    server.ask(request).await.refused(401, "StorageTokenInvalid");
}

// upload URL expiry
#[tokio::test]
async fn an_upload_url_expires_after_an_hour() {
    let (platform, clock) = Platform::simulated(7);
    let server = Server::with(platform, BlobStore::memory());
    let path = server.upload_path().await;
    let post = || Request::post(&path).body(Body::from("hello")).unwrap();
    clock.advance(Duration::from_secs(3599));
    assert_eq!(server.ask(post()).await.status, StatusCode::OK);
    clock.advance(Duration::from_secs(1));
    server.ask(post()).await.refused(401, "StorageTokenExpired");
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_discarded() {
    let server = Server::start();
    let pieces = [Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("connection reset"))];
    let answer = server.upload(&[], Body::from_stream(stream::iter(pieces))).await;
    answer.refused(400, "UploadInterrupted");
}

// Download headers, single range 206, multi-range 416, unknown 404, non-UUID 400.
#[tokio::test]
async fn a_download_has_the_documented_headers() {
    let server = Server::start();
    let path = server.stored("text/plain; charset=utf-8", "hello").await;
    for method in [Method::GET, Method::HEAD] {
        let answer = server.fetch(method.clone(), &path, None).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("content-length"), Some("5"));
        assert_eq!(answer.header("digest"), Some(format!("sha-256={HELLO_SHA256}").as_str()));
        assert_eq!(answer.header("cache-control"), Some("private, max-age=2592000"));
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
        assert_eq!(answer.header("content-range"), None);
        assert_eq!(answer.body, if method == Method::GET { "hello" } else { "" });
    }
    let untyped = server.stored("", "hello").await;
    assert_eq!(server.get(&untyped, None).await.header("content-type"), None);
}

#[tokio::test]
async fn one_range_is_answered_with_its_bytes() {
    let server = Server::start();
    let path = server.stored("text/plain", "hello").await;
    for (range, span, body) in [
        ("bytes=1-3", "bytes 1-3/5", "ell"),
        ("bytes=3-", "bytes 3-4/5", "lo"),
        ("bytes=-2", "bytes 3-4/5", "lo"),
        ("bytes=-20", "bytes 0-4/5", "hello"),
        ("bytes=0-99", "bytes 0-4/5", "hello"),
    ] {
        let answer = server.get(&path, Some(range)).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.header("content-range"), Some(span));
        assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
        assert_eq!(answer.header("digest"), None);
        assert_eq!(answer.body, body);
    }
    let head = server.fetch(Method::HEAD, &path, Some("bytes=1-3")).await;
    assert_eq!((head.status, head.header("content-length")), (StatusCode::PARTIAL_CONTENT, Some("3")));
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn ranges_that_cannot_be_answered_get_nothing() {
    let server = Server::start();
    let path = server.stored("text/plain", "hello").await;
    for range in ["bytes=5-", "bytes=-0", "bytes=0-1,3-4"] {
        let answer = server.get(&path, Some(range)).await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
        assert!(answer.body.is_empty());
    }
}

#[tokio::test]
async fn an_empty_file_is_never_partial() {
    let server = Server::start();
    let path = server.stored("", Body::empty()).await;
    for range in [None, Some("bytes=0-"), Some("bytes=-1")] {
        let answer = server.get(&path, range).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!((answer.header("content-range"), answer.header("content-length")), (None, Some("0")));
    }
}

// getUrl range request, unknown file, deletion revokes; per-component URL
#[tokio::test]
async fn unknown_and_deleted_files_are_not_found() {
    let server = Server::start();
    let unknown = "/api/storage/7b3ab8a3-3c0c-4b83-9a55-6a11b5a7a111";
    server.get(unknown, None).await.refused(404, "FileNotFound");
    for bad in ["nonsense", "7b3ab8a33c0c4b839a556a11b5a7a111", "%7B7b3ab8a3-3c0c-4b83-9a55-6a11b5a7a111%7D"] {
        server.get(&format!("/api/storage/{bad}"), None).await.refused(400, "InvalidStoragePath");
    }
    let answer = server.upload(&[], "hello").await;
    let id = answer.json()["storageId"].clone();
    let path = server.path_of(&id).await;
    server.get(&format!("{path}?component=9"), None).await.refused(404, "FileNotFound");
    server.mutate("deleteFile", json!({ "storageId": id })).await;
    server.get(&path, None).await.refused(404, "FileNotFound");
}

// CORS: origin mirrored with credentials on success, error and preflight; 86400 max age.
#[tokio::test]
async fn browsers_may_upload_and_download() {
    let server = Server::start();
    let path = server.stored("text/plain", "hello").await;
    for (path, status) in [(path.as_str(), 200), ("/api/storage/nonsense", 400)] {
        let request = Request::get(path).header("origin", "https://app.example").body(Body::empty()).unwrap();
        let answer = server.ask(request).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
    }
    let request = Request::options("/api/storage/upload?token=x")
        .header("origin", "https://app.example")
        .header("access-control-request-headers", "digest")
        .body(Body::empty());
    let answer = server.ask(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-headers"), Some("digest"));
}

/// Pieces of 64 KiB, made only when asked for.
fn large_body(pieces: usize) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    stream::iter(0..pieces).map(|number| Ok(Bytes::from(vec![number as u8; 64 << 10])))
}

#[tokio::test]
async fn large_files_arrive_and_leave_in_pieces() {
    const PIECES: usize = 16 * 20 + 1;
    let directory = tempfile::tempdir().unwrap();
    let server = Server::with(Platform::real(), BlobStore::local(directory.path()).unwrap());
    let mut expected = Sha256::new();
    for number in 0..PIECES {
        expected.update(vec![number as u8; 64 << 10]);
    }
    let path = server.stored("", Body::from_stream(large_body(PIECES))).await;
    let response = server.send(Request::get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-length"], (PIECES << 16).to_string().as_str());
    let mut received = Sha256::new();
    let mut body = response.into_body().into_data_stream();
    while let Some(piece) = body.try_next().await.unwrap() {
        assert!(piece.len() <= 1 << 20);
        received.update(&piece);
    }
    assert_eq!(received.finalize(), expected.finalize());
}
