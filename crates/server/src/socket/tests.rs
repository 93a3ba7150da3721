//! Real sockets against a real listener: what the session's own tests cannot see.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, client_async};
use value::Timestamp;

use crate::limits::{SOCKET_SILENCE_MAX, SOCKET_WRITE_DURATION_MAX};
use crate::router::tests::support::{App, Rival, server_options};
use crate::serve::{Listeners, RunningServer, serve};

const LOCAL: &str = "127.0.0.1:0";

/// A store in memory whose disk can be made to refuse writes.
#[derive(Default)]
struct Disk {
    inner: storage::MemoryEngine,
    refuses: AtomicBool,
}

impl storage::Engine for Disk {
    fn append(&self, expected: Timestamp, commits: &[storage::Commit]) -> Result<(), storage::AppendError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(storage::AppendError::Refused { reason: "the disk is full".into(), source: None });
        }
        self.inner.append(expected, commits)
    }
    fn latest(&self) -> Timestamp {
        self.inner.latest()
    }
    fn oldest_readable(&self) -> Timestamp {
        self.inner.oldest_readable()
    }
    fn get(&self, key: &[u8], at: Timestamp) -> Result<Option<storage::Version>, storage::ReadError> {
        self.inner.get(key, at)
    }
    fn scan(&self, scan: &storage::Scan, at: Timestamp) -> Result<storage::Page, storage::ReadError> {
        self.inner.scan(scan, at)
    }
    fn tail(&self, after: Timestamp, limit: usize) -> Result<Vec<storage::Commit>, storage::ReadError> {
        self.inner.tail(after, limit)
    }
    fn trim(&self, before: Timestamp, budget: usize) -> Result<storage::TrimReport, storage::AppendError> {
        self.inner.trim(before, budget)
    }
}

struct Client {
    socket: WebSocketStream<TcpStream>,
    version: Json,
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Closed(Option<u16>),
    Dropped,
}

async fn start(app: &App) -> (RunningServer, SocketAddr) {
    let local = LOCAL.parse().expect("an address");
    let listeners = Listeners::bind(local, local).await.expect("free ports");
    let address = listeners.client_address;
    (serve(listeners, server_options(false), app.runtime.clone()), address)
}

impl Client {
    async fn open(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).await.expect("connects");
        let (socket, _) = client_async(format!("ws://{address}/api/1.48.0/sync"), stream).await.expect("upgrades");
        let mut client = Client { socket, version: Json::Null };
        let connect = json!({"type": "Connect", "sessionId": "01234567-89ab-cdef-0123-456789abcdef",
            "connectionCount": 0, "lastCloseReason": "InitialConnect", "clientTs": 0});
        client.send(connect).await;
        client
    }

    async fn send(&mut self, message: Json) {
        self.socket.send(Message::text(message.to_string())).await.expect("sends");
    }

    async fn watch(&mut self, path: &str) {
        let add = json!({"type": "Add", "queryId": 0, "udfPath": path, "args": [{}]});
        self.send(json!({"type": "ModifyQuerySet", "baseVersion": 0, "newVersion": 1, "modifications": [add]})).await;
    }

    /// The next text message, checked for gaps in the versions.
    async fn next(&mut self) -> Json {
        loop {
            let message = self.socket.next().await.expect("still open").expect("no protocol error");
            let Message::Text(text) = message else { continue };
            let message: Json = serde_json::from_str(&text).expect("JSON");
            if message["type"] == "Transition" {
                assert!(self.version.is_null() || self.version == message["startVersion"], "a gap in the versions");
                self.version = message["endVersion"].clone();
            }
            return message;
        }
    }

    /// The value of the next transition that has one.
    async fn next_value(&mut self) -> Json {
        loop {
            let message = self.next().await;
            if let Some(value) = message["modifications"][0].get("value") {
                return value.clone();
            }
        }
    }

    /// Reads to the end and returns the last text message too.
    async fn end(mut self) -> (Option<Json>, Ended) {
        let mut last = None;
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => last = serde_json::from_str(&text).ok(),
                Some(Ok(Message::Close(frame))) => {
                    return (last, Ended::Closed(frame.map(|frame| u16::from(frame.code))));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (last, Ended::Dropped),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_client_writes_the_others_see() {
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let (mut writer, mut reader) = (Client::open(address).await, Client::open(address).await);
    writer.watch("app:count").await;
    reader.watch("app:count").await;
    assert_eq!((writer.next_value().await, reader.next_value().await), (json!(0.0), json!(0.0)));
    for number in 0..20 {
        writer.send(json!({"type": "Mutation", "requestId": number, "udfPath": "app:add", "args": [{}]})).await;
        let response = writer.next().await;
        assert_eq!((&response["type"], &response["requestId"]), (&json!("MutationResponse"), &json!(number)));
        let expected = json!(f64::from(number + 1));
        assert_eq!(writer.next_value().await, expected);
        assert_eq!(reader.next_value().await, expected);
    }
    drop((writer, reader));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued_mutations_are_answered_in_order() {
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    client.watch("app:count").await;
    for number in 0..100 {
        client.send(json!({"type": "Mutation", "requestId": number, "udfPath": "app:add", "args": [{}]})).await;
    }
    let (mut answered, mut count) = (0, json!(null));
    while count != json!(100.0) {
        let message = client.next().await;
        if message["type"] == "MutationResponse" {
            assert_eq!((&message["requestId"], &message["success"]), (&json!(answered), &json!(true)));
            answered += 1;
        } else if let Some(value) = message["modifications"][0].get("value") {
            count = value.clone();
            assert!(count.as_f64().expect("a number") <= f64::from(answered), "writes before their response");
        }
    }
    drop(client);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn protocol_errors_get_a_last_message_and_a_close_without_code() {
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    client.socket.send(Message::binary(vec![1, 2, 3])).await.expect("sends");
    let (last, ended) = client.end().await;
    assert_eq!(last.expect("a last message")["type"], "FatalError");
    assert_eq!(ended, Ended::Closed(None));

    let mut client = Client::open(address).await;
    client.send(json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "animal|00"})).await;
    let (last, ended) = client.end().await;
    let last = last.expect("a last message");
    assert_eq!((&last["type"], &last["authUpdateAttempted"]), (&json!("AuthError"), &json!(true)));
    assert_eq!(ended, Ended::Closed(None));
    server.shutdown().await;
}

// The npm client sends unanswered mutations again after a lost connection; FatalError ends that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_beyond_the_limit_is_answered() {
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    let body = "x".repeat(crate::limits::SOCKET_MESSAGE_BYTES_MAX);
    client.send(json!({"type": "Mutation", "requestId": 0, "udfPath": "app:add", "args": [{ "body": body }]})).await;
    let (last, ended) = client.end().await;
    let last = last.expect("a last message");
    assert_eq!(last["type"], "FatalError");
    let text = "WSMessageTooLarge: The message is too large. The arguments of a function may have 16 MiB";
    assert!(last["error"].as_str().expect("a text").starts_with(text), "{last}");
    assert_eq!(ended, Ended::Closed(None));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_see_internal_functions() {
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    let key = app.key(false);
    client.send(json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": key})).await;
    client.watch("app:hidden").await;
    assert_eq!(client.next_value().await, json!("hidden"));
    drop(client);
    server.shutdown().await;
}

/// Connect with a future `maxObservedTimestamp` closes with 1011 and no FatalError.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_from_the_future_is_sent_away() {
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let stream = TcpStream::connect(address).await.expect("connects");
    let (socket, _) = client_async(format!("ws://{address}/api/sync"), stream).await.expect("upgrades");
    let mut client = Client { socket, version: Json::Null };
    client
        .send(json!({"type": "Connect", "sessionId": "01234567-89ab-cdef-0123-456789abcdef", "connectionCount": 1,
            "maxObservedTimestamp": value::Timestamp(u64::MAX / 2).to_wire()}))
        .await;
    assert_eq!(client.end().await, (None, Ended::Closed(Some(1011))));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_sends_clients_elsewhere() {
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    client.watch("app:count").await;
    client.next_value().await;
    let (ended, ()) = tokio::join!(client.end(), server.shutdown());
    assert_eq!(ended.1, Ended::Closed(Some(u16::from(CloseCode::Away))));
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

// After a refused write a session with a stale result waited for ever, and its client noticed nothing.
// The timestamp it waited for was validated but could never become durable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_write_closes_the_sockets_that_wait_for_it() {
    let disk = Arc::new(Disk::default());
    let app = App::on(disk.clone(), platform::Platform::real(), false).await;
    let (state, mailbox) = (app.state.clone(), Arc::default());
    disk.refuses.store(true, Ordering::SeqCst);
    let mut tx = app.runtime.database().begin(db::BeginAt::Validated).expect("begins");
    tx.insert(db::Namespace::ROOT, "notes", value::Object::new()).expect("inserts");
    let pending = app.runtime.database().commit(tx, db::CommitOptions::default()).expect("validates");
    let computation = sync::Computation { at_least: pending.ts, queries: Vec::new() };
    let error = super::compute::compute(state.runtime.clone(), computation, mailbox).await.expect_err("never durable");
    assert_eq!(error.kind, functions::ErrorKind::Internal, "which closes with 1011");

    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    client.send(json!({"type": "Mutation", "requestId": 0, "udfPath": "app:add", "args": [{}]})).await;
    assert_eq!(client.end().await, (None, Ended::Closed(Some(1013))));
    server.shutdown().await;
}

/// A mutation that lost every time closes with 1013, so that the client sends it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_that_always_loses_closes_the_socket() {
    let app = App::impatient().await;
    let (server, address) = start(&app).await;
    let rival = Rival::start(&app);
    let mut client = Client::open(address).await;
    // The rival may sleep through some of them, hardly through all.
    for number in 0..20 {
        client.send(json!({"type": "Mutation", "requestId": number, "udfPath": "app:slowly", "args": [{}]})).await;
    }
    let frame = loop {
        match client.socket.next().await.expect("a close frame").expect("no protocol error") {
            Message::Close(frame) => break frame.expect("a code"),
            _ => continue,
        }
    };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1013, "OptimisticConcurrencyControlFailure"));
    drop(rival);
    let mut again = Client::open(address).await;
    again.send(json!({"type": "Mutation", "requestId": 20, "udfPath": "app:slowly", "args": [{}]})).await;
    let response = again.next().await;
    assert_eq!((&response["type"], &response["success"]), (&json!("MutationResponse"), &json!(true)));
    drop(again);
    server.shutdown().await;
}

/// Connections without any frame for 120 s are dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_answers_no_ping_is_dropped() {
    let (app, clock) = App::simulated().await;
    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    client.watch("app:count").await;
    client.next_value().await;
    // The client library answers pings only while it is read from, which it is not from here on.
    let alive = SOCKET_SILENCE_MAX - Duration::from_secs(1);
    clock.advance(alive);
    app.post("/api/mutation", json!({"path": "app:add", "args": {}})).await;
    // Reading answers the ping, which counts as a sign of life.
    assert_eq!(client.next_value().await, json!(1.0));
    let ended = tokio::spawn(client.end());
    while !ended.is_finished() {
        // Pings that arrive are answered, so time has to go further than any answer can follow.
        clock.advance(SOCKET_SILENCE_MAX);
        tokio::task::yield_now().await;
    }
    assert_eq!(ended.await.expect("no panic").1, Ended::Dropped);
    server.shutdown().await;
}

/// A client that takes nothing for a minute is closed, whatever waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops_reading_is_dropped() {
    let (app, clock) = App::simulated().await;
    let (server, address) = start(&app).await;
    let mut client = Client::open(address).await;
    // Far more than the buffers of both ends hold.
    let text = "x".repeat(8 << 20);
    let add = |id: u32| {
        let args = json!([{ "text": text, "id": id }]);
        json!({"type": "ModifyQuerySet", "baseVersion": id, "newVersion": id + 1,
            "modifications": [{"type": "Add", "queryId": id, "udfPath": "app:echo", "args": args}]})
    };
    for id in 0..3 {
        client.send(add(id)).await;
    }
    let mut rounds = 0;
    while server.open_tasks() > 0 {
        clock.advance(SOCKET_WRITE_DURATION_MAX / 4);
        tokio::task::yield_now().await;
        rounds += 1;
        assert!(rounds < 10_000_000, "the socket is never given up");
    }
    assert!(app.state.platform.monotonic() >= SOCKET_WRITE_DURATION_MAX);
    drop(client);
    server.shutdown().await;
}

/// Requests in flight are answered during a shutdown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_in_flight_are_answered_during_shutdown() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = App::start().await;
    let (server, address) = start(&app).await;
    let mut stream = TcpStream::connect(address).await.expect("connects");
    let body = json!({"path": "app:add", "args": {}}).to_string();
    let (first, rest) = body.split_at(5);
    let head = format!(
        "POST /api/mutation HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sends");
    // The server asks for the body once it has begun with the request.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.expect("an answer");
    assert!(asked.starts_with(b"HTTP/1.1 100"), "{:?}", String::from_utf8_lossy(&asked));
    stream.write_all(first.as_bytes()).await.expect("sends");
    let shutdown = tokio::spawn(server.shutdown());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(rest.as_bytes()).await.expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"status\":\"success\""), "{answer}");
    shutdown.await.expect("no panic");
}
