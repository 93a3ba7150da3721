//! A small HTTP/1.1 server whose answers and silences the tests need.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;

/// Ends with the runtime it was started in.
pub(super) struct Server {
    pub(super) base: String,
    /// The same server as another origin.
    pub(super) elsewhere: String,
    seen: Arc<Seen>,
}

struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
    /// What happened so far; `/wait/…` answers once its word is among it.
    words: watch::Sender<Vec<String>>,
}

impl Seen {
    fn say(&self, word: impl Into<String>) {
        self.words.send_modify(|words| words.push(word.into()));
    }

    async fn heard(&self, word: &str) {
        let mut words = self.words.subscribe();
        drop(words.wait_for(|words| words.iter().any(|said| said == word)).await);
    }
}

impl Server {
    pub(super) async fn start() -> Server {
        let seen = Arc::new(Seen {
            connections: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            words: watch::Sender::new(Vec::new()),
        });
        let mut bases = Vec::new();
        for _ in 0..2 {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            bases.push(format!("http://{}", listener.local_addr().expect("is bound")));
            let seen = seen.clone();
            tokio::spawn(async move {
                while let Ok((socket, _)) = listener.accept().await {
                    seen.connections.fetch_add(1, Ordering::Relaxed);
                    let (read, write) = socket.into_split();
                    tokio::spawn(serve(Connection { read: BufReader::new(read), write, seen: seen.clone() }));
                }
            });
        }
        let elsewhere = bases.pop().expect("two addresses");
        Server { base: bases.pop().expect("two addresses"), elsewhere, seen }
    }

    /// Waits until the server has said a word.
    pub(super) async fn heard(&self, word: &str) {
        self.seen.heard(word).await;
    }
}

struct Connection {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    seen: Arc<Seen>,
}

struct Request {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
}

async fn serve(mut connection: Connection) {
    while let Ok(Some(request)) = connection.head().await {
        connection.seen.requests.fetch_add(1, Ordering::Relaxed);
        if connection.answer(request).await.is_err() {
            return;
        }
    }
}

impl Connection {
    async fn head(&mut self) -> io::Result<Option<Request>> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.read.read_until(b'\n', &mut line).await? == 0 {
                return Ok(None);
            }
            let line: String = line.iter().map(|byte| char::from(*byte)).collect();
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let mut words = lines[0].split(' ').map(str::to_owned);
        let (method, target) = (words.next().expect("a method"), words.next().expect("a target"));
        let mut headers = BTreeMap::new();
        for line in &lines[1..] {
            let (name, value) = line.split_once(':').expect("a header");
            headers
                .entry(name.to_lowercase())
                .and_modify(|all: &mut String| *all = format!("{all},{}", value.trim()))
                .or_insert_with(|| value.trim().to_owned());
        }
        Ok(Some(Request { method, target, headers }))
    }

    async fn answer(&mut self, request: Request) -> io::Result<()> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let (first, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        match first {
            "echo" => self.echo(&request).await,
            "mirror" => {
                let body = self.body(&request).await?;
                let kind = request.headers.get("content-type").map_or("", String::as_str);
                self.reply(200, &[("content-type", kind)], &body).await
            }
            "upload" => match self.body(&request).await {
                Ok(body) => self.reply(200, &[], &body).await,
                Err(error) => {
                    self.seen.say("broken");
                    Err(error)
                }
            },
            "enough" => self.enough().await,
            "redirect" => {
                let left: u32 = rest.parse().expect("a number");
                let to = if left > 1 { format!("/redirect/{}", left - 1) } else { "/echo".to_owned() };
                self.reply(302, &[("location", &to)], b"moved").await
            }
            "to" => self.redirect(&request, query).await,
            "status" => self.reply(rest.parse().expect("a status"), &[], b"").await,
            "reason" => {
                let reason = rest.replace("%20", " ");
                self.send(format!("HTTP/1.1 200 {reason}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await
            }
            "text" if request.method == "HEAD" => self.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n").await,
            "text" => self.reply(200, &[], b"plain text").await,
            "gzip" => self.reply(200, &[("content-encoding", "gzip")], GZIP).await,
            "br" => self.reply(200, &[("content-encoding", "br")], BROTLI).await,
            "deflate" => self.reply(200, &[("content-encoding", "deflate")], DEFLATE).await,
            "cookies" => self.reply(200, &[("set-cookie", "a=1"), ("set-cookie", "b=2")], b"").await,
            "bytes" => {
                let count: usize = rest.parse().expect("a number");
                let bytes: Vec<u8> = (0..count).map(|at| (at % 251) as u8).collect();
                self.reply(200, &[], &bytes).await
            }
            "cut" => {
                self.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await?;
                Err(io::Error::other("hang up"))
            }
            "endless" => self.endless().await,
            "hang" => self.hang().await,
            "wait" => {
                self.seen.heard(rest).await;
                self.reply(200, &[], rest.as_bytes()).await
            }
            "count" => {
                let count = self.seen.requests.load(Ordering::Relaxed).to_string();
                self.reply(200, &[], count.as_bytes()).await
            }
            "connections" => {
                let count = self.seen.connections.load(Ordering::Relaxed).to_string();
                self.reply(200, &[], count.as_bytes()).await
            }
            _ => self.reply(404, &[], b"").await,
        }
    }

    async fn echo(&mut self, request: &Request) -> io::Result<()> {
        let body = self.body(request).await?;
        let Request { method, target, headers } = request;
        let body = String::from_utf8_lossy(&body).into_owned();
        let text = serde_json::json!({ "method": method, "url": target, "headers": headers, "body": body }).to_string();
        let text = if method == "HEAD" { String::new() } else { text };
        self.reply(200, &[("content-type", "application/json"), ("x-method", method)], text.as_bytes()).await
    }

    /// `?status=…&url=…`, to `/echo` by default.
    async fn redirect(&mut self, request: &Request, query: &str) -> io::Result<()> {
        self.body(request).await?;
        let url = reqwest::Url::parse(&format!("http://x/?{query}")).expect("a query");
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let status = query["status"].parse().expect("a status");
        let to = query.get("url").map_or("/echo", String::as_str);
        self.reply(status, &[("location", to)], b"").await
    }

    /// Says that a request is here, and when its client is gone.
    async fn hang(&mut self) -> io::Result<()> {
        self.seen.say("arrived");
        let _ = self.read.read(&mut [0; 1]).await;
        self.seen.say("gone");
        Err(io::Error::other("gone"))
    }

    async fn endless(&mut self) -> io::Result<()> {
        self.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
        let chunk = [b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat();
        while self.send(&chunk).await.is_ok() {}
        self.seen.say("gone");
        Err(io::Error::other("gone"))
    }

    /// Reads a part of the body, answers and hangs up.
    async fn enough(&mut self) -> io::Result<()> {
        let mut part = vec![0; 200_000];
        self.read.read_exact(&mut part).await?;
        self.reply(413, &[("connection", "close")], b"enough").await?;
        // The client must see the answer before the connection breaks.
        self.write.shutdown().await?;
        let mut rest = vec![0; 1 << 16];
        while self.read.read(&mut rest).await? > 0 {}
        Err(io::Error::other("enough"))
    }

    async fn body(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        if request.headers.get("transfer-encoding").is_some_and(|how| how == "chunked") {
            return self.chunks().await;
        }
        let length = request.headers.get("content-length").map_or(0, |length| length.parse().expect("a number"));
        let mut body = vec![0; length];
        self.read.read_exact(&mut body).await?;
        Ok(body)
    }

    async fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            if self.read.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
            let mut chunk = vec![0; length + 2];
            self.read.read_exact(&mut chunk).await?;
            if length == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..length]);
            self.seen.say(String::from_utf8_lossy(&chunk[..length]));
        }
    }

    async fn reply(&mut self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {status} Whatever\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if status != 204 && status != 304 {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        self.send(&[head.as_bytes(), b"\r\n", body].concat()).await
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write.write_all(bytes).await
    }
}

// `squeezed text`, compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x51\x28\x49\xad\x28\x01\x00\xb4\x9a\x9f\xb5\x0d\x00\x00\x00";
const DEFLATE: &[u8] = b"\x78\x9c\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x51\x28\x49\xad\x28\x01\x00\x25\xa4\x05\x4c";
const BROTLI: &[u8] = b"\x0b\x06\x80\x73\x71\x75\x65\x65\x7a\x65\x64\x20\x74\x65\x78\x74\x03";
