//! The bodies of one request and its response, between the client and the action's heap.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use js::{HostError, Op, OpAnswer, OpResult};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::log::SharedLog;
use super::{Broken, RequestBody};
use crate::limits::{HTTP_PIECES_QUEUED_MAX, HTTP_RESPONSE_BYTES_MAX};

/// Answers the `http/…` operations of one action.
pub(in crate::actions) struct Exchange {
    request: Option<Arc<tokio::sync::Mutex<RequestBody>>>,
    /// Cancelled when the client is gone.
    gone: CancellationToken,
    log: SharedLog,
    response: Mutex<Response>,
}

#[derive(Default)]
struct Response {
    whole: Bytes,
    /// Where pieces go; none before the head was sent and after the body's end.
    pieces: Option<mpsc::Sender<Result<Bytes, Broken>>>,
    /// The other end, until the head takes it along.
    outlet: Option<mpsc::Receiver<Result<Bytes, Broken>>>,
    sent_bytes: usize,
    ended: bool,
    cut: bool,
}

impl Exchange {
    pub fn new(request: Option<RequestBody>, gone: CancellationToken, log: SharedLog) -> Arc<Exchange> {
        let request = request.map(|body| Arc::new(tokio::sync::Mutex::new(body)));
        let (pieces, outlet) = mpsc::channel(HTTP_PIECES_QUEUED_MAX);
        let response = Response { pieces: Some(pieces), outlet: Some(outlet), ..Response::default() };
        Arc::new(Exchange { request, gone, log, response: Mutex::new(response) })
    }

    pub fn has_request_body(&self) -> bool {
        self.request.is_some()
    }

    /// Starts an operation. What decides how the body goes on is noted at once, in the order it was asked for.
    pub fn start(&self, op: Op) -> BoxFuture<'static, OpResult> {
        let nothing = || async { Ok(OpAnswer::nothing()) }.boxed();
        match op.name.as_str() {
            "http/read" => self.read(),
            "http/disconnected" => {
                let gone = self.gone.clone();
                async move {
                    gone.cancelled().await;
                    Ok(OpAnswer::nothing())
                }
                .boxed()
            }
            "http/body" => {
                let (bytes, _) = self.within_limit(Bytes::from(op.bytes.unwrap_or_default()));
                self.response.lock().whole = bytes;
                nothing()
            }
            "http/write" => self.write(Bytes::from(op.bytes.unwrap_or_default())),
            "http/end" => {
                self.end();
                nothing()
            }
            "http/broken" => {
                self.break_off();
                nothing()
            }
            other => {
                let error = HostError::developer(format!("Unknown operation {other}"));
                async move { Err(error) }.boxed()
            }
        }
    }

    /// The body that was there as a whole; nothing more will be sent.
    pub fn take_whole(&self) -> Bytes {
        let mut response = self.response.lock();
        response.ended = true;
        response.pieces = None;
        std::mem::take(&mut response.whole)
    }

    /// The body's pieces, to be taken once.
    pub fn take_pieces(&self) -> mpsc::Receiver<Result<Bytes, Broken>> {
        self.response.lock().outlet.take().unwrap_or_else(|| mpsc::channel(1).1)
    }

    /// Whether the response is complete, broken off or cut.
    pub fn has_ended(&self) -> bool {
        self.response.lock().ended
    }

    pub fn client_is_gone(&self) -> bool {
        self.gone.is_cancelled()
    }

    pub fn sent_bytes(&self) -> u64 {
        self.response.lock().sent_bytes as u64
    }

    /// Ends the body so that the client sees that something is missing.
    pub fn break_off(&self) {
        let pieces = {
            let mut response = self.response.lock();
            response.ended = true;
            response.pieces.take()
        };
        if let Some(pieces) = pieces {
            // With a full queue the client learns of it when the connection ends without a last chunk.
            tokio::spawn(async move { drop(pieces.send(Err(Broken)).await) });
        }
    }

    fn end(&self) {
        let mut response = self.response.lock();
        response.ended = true;
        response.pieces = None;
    }

    fn read(&self) -> BoxFuture<'static, OpResult> {
        let Some(request) = self.request.clone() else { return async { Ok(OpAnswer::nothing()) }.boxed() };
        async move {
            let mut body = request.lock().await;
            loop {
                match body.next().await {
                    None => return Ok(OpAnswer::nothing()),
                    Some(Ok(piece)) if piece.is_empty() => {}
                    Some(Ok(piece)) => return Ok(OpAnswer::bytes(piece)),
                    Some(Err(text)) => return Err(HostError::developer(text)),
                }
            }
        }
        .boxed()
    }

    /// Hands one piece to the client, and answers when there is room for the next.
    fn write(&self, bytes: Bytes) -> BoxFuture<'static, OpResult> {
        let (bytes, cut) = self.within_limit(bytes);
        let pieces = self.response.lock().pieces.clone();
        if cut {
            self.end();
        }
        async move {
            let taken = match pieces {
                Some(pieces) if !bytes.is_empty() => pieces.send(Ok(bytes)).await.is_ok(),
                Some(_) => true,
                None => false,
            };
            Ok(OpAnswer::text(if taken && !cut { "more" } else { "stop" }))
        }
        .boxed()
    }

    /// What of `bytes` may still be sent, and whether that is not all of it.
    fn within_limit(&self, mut bytes: Bytes) -> (Bytes, bool) {
        let mut response = self.response.lock();
        let left = HTTP_RESPONSE_BYTES_MAX - response.sent_bytes;
        let cut = bytes.len() > left;
        bytes.truncate(left);
        response.sent_bytes += bytes.len();
        let first = cut && !response.cut;
        response.cut |= cut;
        drop(response);
        if first {
            let text = "HttpResponseTooLarge: HTTP actions support responses up to 20 MiB";
            self.log.lock().system("ERROR", "error:httpResponseTooLarge", text.into());
        }
        (bytes, cut)
    }
}
