//! Clients of the realtime protocol, kept as small as thousands of them on one thread need.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::Semaphore, task::JoinSet, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// Buffers of one socket, in bytes.
const BUFFER_BYTES: usize = 4 << 10;

/// How long a message that must come may take.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Sockets that connect and subscribe at the same time. Count.
const OPENING_MAX: usize = 32;

/// One session.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    query_set: u32,
    queries: u32,
    requests: u32,
}

impl Socket {
    /// Connects and introduces itself.
    pub async fn open(port: u16) -> Result<Socket> {
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.context("connect")?;
        tcp.set_nodelay(true).context("set TCP_NODELAY")?;
        let config = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(0);
        let url = format!("ws://127.0.0.1:{port}/api/1.48.0/sync");
        let (stream, _) = client_async_with_config(url, tcp, Some(config)).await.context("upgrade to a WebSocket")?;
        let mut socket = Socket { stream, query_set: 0, queries: 0, requests: 0 };
        let session = uuid::Uuid::new_v4().to_string();
        socket.send(&json!({ "type": "Connect", "sessionId": session, "connectionCount": 0, "lastCloseReason": "InitialConnect" })).await?;
        Ok(socket)
    }

    /// Subscribes to one query per `args`, and waits until each has its first result.
    pub async fn subscribe(&mut self, path: &str, args: impl IntoIterator<Item = Value>) -> Result<()> {
        let first = self.queries;
        let adds: Vec<Value> = args
            .into_iter()
            .map(|args| {
                self.queries += 1;
                json!({ "type": "Add", "queryId": self.queries - 1, "udfPath": path, "args": [args] })
            })
            .collect();
        let base = self.query_set;
        self.query_set += 1;
        self.send(
            &json!({ "type": "ModifyQuerySet", "baseVersion": base, "newVersion": base + 1, "modifications": adds }),
        )
        .await?;
        let mut missing = (self.queries - first) as usize;
        while missing > 0 {
            let message = self.message().await?;
            ensure!(!message.contains("\"QueryFailed\""), "a subscription failed: {message}");
            missing = missing.saturating_sub(message.matches("\"QueryUpdated\"").count());
        }
        Ok(())
    }

    /// Asks for a mutation without waiting for its response.
    pub async fn send_mutation(&mut self, path: &str, args: Value) -> Result<()> {
        let request = self.requests;
        self.requests += 1;
        self.send(&json!({ "type": "Mutation", "requestId": request, "udfPath": path, "args": [args] })).await
    }

    /// Reads on until the response of the newest mutation, which must be a success.
    pub async fn mutation_response(&mut self) -> Result<()> {
        loop {
            let message = self.message().await?;
            if message.contains("\"MutationResponse\"") {
                ensure!(message.contains("\"success\":true"), "a mutation failed: {message}");
                return Ok(());
            }
        }
    }

    /// Reads on until a message holds `text`.
    pub async fn message_with(&mut self, text: &str) -> Result<()> {
        while !self.message_someday().await?.contains(text) {}
        Ok(())
    }

    /// The next text message; errors once it takes too long, the server gives up, or the socket closes.
    pub async fn message(&mut self) -> Result<String> {
        timeout(MESSAGE_TIMEOUT, self.message_someday()).await.context("no message came in time")?
    }

    /// As `message`, waiting for as long as it takes.
    pub async fn message_someday(&mut self) -> Result<String> {
        loop {
            match self.stream.next().await.context("the socket closed")?.context("read a message")? {
                Message::Text(text) if text.contains("\"FatalError\"") => bail!("the server gave up: {text}"),
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(frame) => bail!("the server closed the socket: {frame:?}"),
                _ => {}
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<()> {
        self.stream.send(Message::text(message.to_string())).await.context("send a message")
    }
}

/// Sockets that read whatever comes, until dropped.
pub struct Crowd(JoinSet<()>);

impl Crowd {
    /// Opens `sockets` sockets; `queries(n)` lists what the `n`th subscribes to as arguments of `path`.
    pub async fn open(
        port: u16,
        sockets: usize,
        path: &'static str,
        queries: impl Fn(usize) -> Vec<Value>,
        on_message: impl Fn(&str) + Clone + Send + 'static,
    ) -> Result<Crowd> {
        let opening = std::sync::Arc::new(Semaphore::new(OPENING_MAX));
        let mut opened: JoinSet<Result<Socket>> = JoinSet::new();
        for number in 0..sockets {
            let (queries, opening) = (queries(number), opening.clone());
            opened.spawn(async move {
                let _permit = opening.acquire().await.context("nobody closes the semaphore")?;
                let mut socket = Socket::open(port).await?;
                if !queries.is_empty() {
                    socket.subscribe(path, queries).await?;
                }
                Ok(socket)
            });
        }
        let mut readers = JoinSet::new();
        while let Some(socket) = opened.join_next().await {
            let (mut socket, on_message) = (socket.context("a socket panicked")??, on_message.clone());
            readers.spawn(async move {
                while let Ok(message) = socket.message_someday().await {
                    on_message(&message);
                }
            });
        }
        Ok(Crowd(readers))
    }

    /// Fails when a socket has closed.
    pub fn check(&mut self) -> Result<()> {
        ensure!(self.0.try_join_next().is_none(), "the server closed an idle socket");
        Ok(())
    }
}
