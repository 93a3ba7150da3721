//! What the server offers to an action while it runs.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use tokio::sync::mpsc;

use crate::{HostError, frame, process::Outbox};

/// Answers the operations of one action. Many may be under way at once; all are dropped when the action ends.
#[async_trait]
pub trait NodeHost: Send + Sync {
    /// Performs `name` (`1.0/actions/query`, …) and returns its result's JSON text. `args` is JSON text as user
    /// code sent it; its `requestId` is the pool's own and was checked already.
    async fn syscall(&self, name: &str, args: &str) -> Result<String, HostError>;

    /// Stores a file and returns its id.
    async fn store_blob(&self, upload: BlobUpload) -> Result<String, HostError>;

    /// Finds a file; `None` when there is none.
    async fn get_blob(&self, storage_id: &str) -> Result<Option<BlobDownload>, HostError>;

    /// Takes a console line, in the order they were written. Must not block.
    fn log_line(&self, line: LogLine);
}

/// One line of `console`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    pub level: LogLevel,
    /// One text for each argument, formatted by Node's inspector, file names as in the author's sources.
    pub messages: Vec<String>,
    pub is_truncated: bool,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    Debug,
    Error,
    Warn,
    Info,
    Log,
}

impl LogLevel {
    /// The name in log lines.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Debug => "DEBUG",
            LogLevel::Error => "ERROR",
            LogLevel::Warn => "WARN",
            LogLevel::Info => "INFO",
            LogLevel::Log => "LOG",
        }
    }
}

/// A file an action stores.
pub struct BlobUpload {
    pub content_type: Option<String>,
    /// Bytes to come.
    pub size: u64,
    /// The digest the action claims, base64; the host checks it.
    pub sha256: Option<String>,
    pub body: BlobBody,
}

/// The bytes of an upload, in chunks; the action's process sends on only as they are taken.
pub struct BlobBody {
    pub(crate) op: u64,
    pub(crate) chunks: mpsc::Receiver<Chunk>,
    pub(crate) outbox: Outbox,
    pub(crate) complete: bool,
}

pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    pub(crate) last: bool,
}

impl BlobBody {
    /// Returns the next chunk, `None` after the last.
    ///
    /// Errors: `UnexpectedEof` when the action ended before its blob did.
    pub async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.complete {
            return None;
        }
        let Some(chunk) = self.chunks.recv().await else {
            self.complete = true;
            return Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the action ended before its blob did")));
        };
        self.complete = chunk.last;
        if !chunk.last {
            self.outbox.send(frame::more(self.op)).await;
        }
        Some(Ok(chunk.bytes))
    }

    /// The same chunks as a stream.
    pub fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        futures_util::stream::unfold(self, |mut body| async move { body.next().await.map(|chunk| (chunk, body)) })
    }
}

/// A file on its way to an action.
pub struct BlobDownload {
    pub content_type: Option<String>,
    pub body: BoxStream<'static, io::Result<Bytes>>,
}

impl BlobDownload {
    /// A file that is in memory already.
    pub fn from_bytes(content_type: Option<String>, bytes: Bytes) -> BlobDownload {
        BlobDownload { content_type, body: futures_util::stream::once(async move { Ok(bytes) }).boxed() }
    }
}
