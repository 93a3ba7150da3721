//! Real sockets against a real listener: what the session's own tests cannot see.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::router::tests::support::{App, server_options};
use crate::serve::{Listeners, RunningServer, serve};

const LOCAL: &str = "127.0.0.1:0";

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
