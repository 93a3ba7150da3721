//! Frames between the server and a process.
//!
//! ```text
//! ┌───────────────┬─────────────┬─────────────┬──────────┐
//! │ header length │ body length │ JSON header │ raw body │   lengths: u32, big endian
//! └───────────────┴─────────────┴─────────────┴──────────┘
//! ```
//! Arguments, results and blob bytes travel as bodies, so they are never quoted inside JSON.

use std::{collections::BTreeMap, io};

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{LogLevel, limits};

const LENGTHS: usize = 8;

/// What a process says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum FromNode {
    /// User code of the call is about to run.
    Started {
        call: u64,
    },
    Log {
        call: u64,
        level: LogLevel,
        messages: Vec<String>,
        is_truncated: bool,
        timestamp: f64,
    },
    /// Body: the arguments.
    Syscall {
        call: u64,
        op: u64,
        name: String,
    },
    Store {
        call: u64,
        op: u64,
        content_type: Option<String>,
        size: u64,
        sha256: Option<String>,
    },
    /// Body: bytes of an upload.
    Chunk {
        call: u64,
        op: u64,
        last: bool,
    },
    Get {
        call: u64,
        op: u64,
        storage_id: String,
    },
    /// Body: the result, when it succeeded.
    Done(Done),
    /// The process should get no new calls.
    Draining,
}

/// The end of a call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Done {
    pub(crate) call: u64,
    pub(crate) import_ms: f64,
    pub(crate) run_ms: f64,
    pub(crate) rss: u64,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub(crate) enum Outcome {
    Success,
    Error(Thrown),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Thrown {
    pub(crate) kind: ThrownKind,
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) data: Option<String>,
    pub(crate) frames: Vec<String>,
    /// The module that failed, in an analysis.
    pub(crate) module: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ThrownKind {
    Thrown,
    Event,
    Timeout,
}

impl FromNode {
    /// The call the frame is about.
    pub(crate) fn call(&self) -> Option<u64> {
        match self {
            FromNode::Started { call }
            | FromNode::Log { call, .. }
            | FromNode::Syscall { call, .. }
            | FromNode::Store { call, .. }
            | FromNode::Chunk { call, .. }
            | FromNode::Get { call, .. } => Some(*call),
            FromNode::Done(done) => Some(done.call),
            FromNode::Draining => None,
        }
    }
}

/// What a process is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum ToNode<'a> {
    Load { root: &'a str, env: &'a BTreeMap<String, String> },
    Execute { call: u64, module: &'a str, export: &'a str },
    Analyze { call: u64, modules: &'a [&'a str] },
    Timeout { call: u64 },
    Cancel { call: u64 },
    Reply { op: u64 },
    Refuse { op: u64, message: &'a str, data: Option<&'a str> },
    More { op: u64 },
    Missing { op: u64 },
    Part { op: u64, last: bool, content_type: Option<&'a str> },
}

pub(crate) fn load(root: &str, env: &BTreeMap<String, String>) -> Bytes {
    encode(&ToNode::Load { root, env }, b"")
}

pub(crate) fn execute(call: u64, module: &str, export: &str, args: &str) -> Bytes {
    encode(&ToNode::Execute { call, module, export }, args.as_bytes())
}

pub(crate) fn analyze(call: u64, modules: &[&str]) -> Bytes {
    encode(&ToNode::Analyze { call, modules }, b"")
}

pub(crate) fn timeout(call: u64) -> Bytes {
    encode(&ToNode::Timeout { call }, b"")
}

pub(crate) fn cancel(call: u64) -> Bytes {
    encode(&ToNode::Cancel { call }, b"")
}

pub(crate) fn reply(op: u64, result: &str) -> Bytes {
    encode(&ToNode::Reply { op }, result.as_bytes())
}

pub(crate) fn refuse(op: u64, message: &str, data: Option<&str>) -> Bytes {
    encode(&ToNode::Refuse { op, message, data }, b"")
}

pub(crate) fn more(op: u64) -> Bytes {
    encode(&ToNode::More { op }, b"")
}

pub(crate) fn missing(op: u64) -> Bytes {
    encode(&ToNode::Missing { op }, b"")
}

pub(crate) fn part(op: u64, bytes: &[u8], last: bool, content_type: Option<&str>) -> Bytes {
    encode(&ToNode::Part { op, last, content_type }, bytes)
}

fn encode(header: &ToNode<'_>, body: &[u8]) -> Bytes {
    let header = serde_json::to_vec(header).expect("a header has string keys and no foreign types");
    let mut bytes = BytesMut::with_capacity(LENGTHS + header.len() + body.len());
    bytes.put_u32(u32::try_from(header.len()).expect("headers are short"));
    bytes.put_u32(u32::try_from(body.len()).expect("bodies are bounded far below 4 GiB"));
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(body);
    bytes.freeze()
}

/// Reads one frame; `None` at the end of the stream.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<(FromNode, Bytes)>> {
    let mut lengths = [0; LENGTHS];
    match stream.read_exact(&mut lengths).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    };
    let length = |at: usize| {
        let bytes = lengths[at..at + 4].try_into().expect("four bytes");
        u32::from_be_bytes(bytes) as usize
    };
    let (header, body) = (length(0), length(4));
    if header + body > limits::FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is larger than any can be"));
    }
    let mut bytes = BytesMut::zeroed(header + body);
    stream.read_exact(&mut bytes).await?;
    let mut bytes = bytes.freeze();
    let head = bytes.split_to(header);
    Ok(Some((serde_json::from_slice(&head)?, bytes)))
}

#[cfg(test)]
mod tests;
