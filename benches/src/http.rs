//! A keep-alive HTTP/1.1 client that does no more than a load generator needs.
//!
//! Hand-rolled because the generator shares the machine with what it measures: a request is one write, a reply is
//! found by its `Content-Length`.

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Largest reply head, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// Bytes asked of the socket at once.
const READ_BYTES: usize = 16 << 10;

/// A reply, its body as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

/// One connection to the loopback interface.
pub struct Connection {
    stream: TcpStream,
    output: Vec<u8>,
    input: Vec<u8>,
}

impl Connection {
    pub async fn open(port: u16) -> Result<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.context("connect")?;
        stream.set_nodelay(true).context("set TCP_NODELAY")?;
        Ok(Connection { stream, output: Vec::new(), input: Vec::new() })
    }

    /// Posts JSON and waits for the reply.
    pub async fn post(&mut self, path: &str, body: &str) -> Result<Reply> {
        self.output.clear();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.output.extend_from_slice(head.as_bytes());
        self.output.extend_from_slice(body.as_bytes());
        self.stream.write_all(&self.output).await.context("send request")?;
        self.reply().await
    }

    async fn reply(&mut self) -> Result<Reply> {
        loop {
            if let Some(head) = Head::parse(&self.input)? {
                let end = head.bytes + head.body_bytes;
                if self.input.len() >= end {
                    let body = String::from_utf8_lossy(&self.input[head.bytes..end]).into_owned();
                    self.input.drain(..end);
                    return Ok(Reply { status: head.status, body });
                }
            } else if self.input.len() > HEAD_BYTES_MAX {
                bail!("reply head is longer than {HEAD_BYTES_MAX} bytes");
            }
            self.input.reserve(READ_BYTES);
            if self.stream.read_buf(&mut self.input).await.context("read reply")? == 0 {
                bail!("the server closed the connection");
            }
        }
    }
}

/// Calls a function once and returns its `value`; a failed call is an error.
pub async fn call(
    connection: &mut Connection,
    endpoint: &str,
    path: &str,
    args: serde_json::Value,
) -> Result<serde_json::Value> {
    let body = serde_json::json!({ "path": path, "args": args, "format": "json" }).to_string();
    let reply = connection.post(endpoint, &body).await?;
    let mut parsed: serde_json::Value =
        serde_json::from_str(&reply.body).with_context(|| format!("{path} answered {reply:?}"))?;
    if reply.status != 200 || parsed["status"] != "success" {
        bail!("{path} answered {} {}", reply.status, reply.body);
    }
    Ok(parsed["value"].take())
}

struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

impl Head {
    /// `None` while the head is incomplete.
    fn parse(input: &[u8]) -> Result<Option<Head>> {
        let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&input[..end]).context("reply head is not text")?;
        let mut lines = text.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let length = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
        });
        let Some(status) = status else { bail!("reply starts with {status_line:?}") };
        let Some(Ok(body_bytes)) = length else { bail!("reply has no Content-Length: {text:?}") };
        Ok(Some(Head { status, bytes: end + 4, body_bytes }))
    }
}

#[cfg(test)]
mod tests;
