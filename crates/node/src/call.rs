//! One call in a process, from its first frame to its end.
//!
//! The caller's task drives everything: it takes the process' events, performs operations through the host and
//! sends their answers. Dropping it drops the operations and abandons the call.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use platform::Platform;
use tokio::sync::mpsc;

use crate::{
    BlobBody, BlobDownload, BlobUpload, HostError, LogLine, NodeHost, Package,
    frame::{self, Done, FromNode},
    host::Chunk,
    limits,
    process::{Ending, Event, Outbox, Process},
    stack,
};

/// A call's place in a process; leaves it when dropped.
pub(crate) struct Lease {
    pub(crate) process: Arc<Process>,
    pub(crate) call: u64,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) package: Arc<Package>,
    pub(crate) done: bool,
}

/// How a call ended.
pub(crate) enum Ended {
    /// It answered; the body is its result.
    Done(Done, Bytes),
    /// The process died; `began` tells whether user code may have run.
    Died { began: bool, ending: Ending },
    /// It did not answer in time, not even to being told so.
    Unresponsive,
}

/// When a call is told to end, and how long it may take to do so.
pub(crate) struct Deadline {
    pub(crate) timeout: Duration,
    pub(crate) grace: Duration,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.done {
            // Nobody waits for it any more, but its code may still run: the process ends with its other calls.
            self.process.outbox().try_send(frame::cancel(self.call));
            self.process.drain();
        }
        self.process.unregister(self.call);
    }
}

impl Lease {
    /// Sends `first` and serves the call until it ends.
    pub(crate) async fn drive(
        &mut self,
        first: Bytes,
        deadline: &Deadline,
        host: &dyn NodeHost,
        platform: &Platform,
    ) -> Ended {
        let process = self.process.clone();
        let outbox = process.outbox();
        let mut operations = Operations { host, outbox, running: FuturesUnordered::new(), uploads: HashMap::new() };
        operations.running.push(Box::pin(outbox.send(first)));
        let mut alarm: Pin<Box<dyn Future<Output = ()> + Send + '_>> = Box::pin(platform.sleep(deadline.timeout));
        let (mut began, mut told) = (false, false);
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some((FromNode::Started { .. }, _)) => began = true,
                    Some((FromNode::Done(done), body)) => {
                        self.done = true;
                        return Ended::Done(done, body);
                    }
                    Some((frame, body)) => operations.start(frame, body, &self.package),
                    None => {
                        self.done = true;
                        return Ended::Died { began, ending: process.ending() };
                    }
                },
                Some(()) = operations.running.next(), if !operations.running.is_empty() => {}
                () = &mut alarm => {
                    if told {
                        process.kill(Ending::Unresponsive);
                        self.done = true;
                        return Ended::Unresponsive;
                    }
                    told = true;
                    // Its code goes on running whatever it is told.
                    process.drain();
                    outbox.try_send(frame::timeout(self.call));
                    alarm = Box::pin(platform.sleep(deadline.grace));
                }
            }
        }
    }
}

/// The operations a call has under way.
struct Operations<'a> {
    host: &'a dyn NodeHost,
    outbox: &'a Outbox,
    running: FuturesUnordered<BoxFuture<'a, ()>>,
    uploads: HashMap<u64, mpsc::Sender<Chunk>>,
}

impl<'a> Operations<'a> {
    fn start(&mut self, frame: FromNode, body: Bytes, package: &Package) {
        let (host, outbox) = (self.host, self.outbox);
        match frame {
            FromNode::Log { level, messages, is_truncated, timestamp, .. } => {
                let messages = messages.into_iter().map(|message| stack::map_message(package, message)).collect();
                host.log_line(LogLine { level, messages, is_truncated, timestamp_ms: timestamp });
            }
            FromNode::Syscall { op, name, .. } => self.running.push(Box::pin(async move {
                let result = host.syscall(&name, &String::from_utf8_lossy(&body)).await;
                answer(outbox, op, result).await;
            })),
            FromNode::Get { op, storage_id, .. } => self.running.push(Box::pin(async move {
                match host.get_blob(&storage_id).await {
                    Ok(Some(download)) => send_blob(outbox, op, download).await,
                    Ok(None) => outbox.send(frame::missing(op)).await,
                    Err(error) => refuse(outbox, op, &error).await,
                }
            })),
            FromNode::Store { op, content_type, size, sha256, .. } => {
                let (sender, chunks) = mpsc::channel(limits::UPLOAD_CHUNKS_MAX);
                self.uploads.insert(op, sender);
                let body = BlobBody { op, chunks, outbox: outbox.clone(), complete: false };
                let upload = BlobUpload { content_type, size, sha256, body };
                self.running.push(Box::pin(async move {
                    let id = host.store_blob(upload).await;
                    answer(outbox, op, id.map(|id| serde_json::Value::from(id).to_string())).await;
                }));
            }
            FromNode::Chunk { op, last, .. } => self.pass_on(op, Chunk { bytes: body, last }),
            FromNode::Started { .. } | FromNode::Done(_) | FromNode::Draining => {}
        }
    }

    /// The executor sends no more than the host's channel holds; a closed one means that the host refused the file.
    fn pass_on(&mut self, op: u64, chunk: Chunk) {
        let last = chunk.last;
        let refused = self.uploads.get(&op).is_none_or(|upload| upload.try_send(chunk).is_err());
        if last || refused {
            self.uploads.remove(&op);
        }
    }
}

async fn answer(outbox: &Outbox, op: u64, result: Result<String, HostError>) {
    match result {
        Ok(text) => outbox.send(frame::reply(op, &text)).await,
        Err(error) => refuse(outbox, op, &error).await,
    }
}

async fn refuse(outbox: &Outbox, op: u64, error: &HostError) {
    outbox.send(frame::refuse(op, &error.message, error.data.as_deref())).await;
}

async fn send_blob(outbox: &Outbox, op: u64, download: BlobDownload) {
    let BlobDownload { content_type, mut body } = download;
    while let Some(bytes) = body.next().await {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                return refuse(outbox, op, &HostError::new(format!("The file could not be read: {error}"))).await;
            }
        };
        for part in bytes.chunks(limits::CHUNK_BYTES_MAX) {
            outbox.send(frame::part(op, part, false, None)).await;
        }
    }
    outbox.send(frame::part(op, &[], true, content_type.as_deref())).await;
}
