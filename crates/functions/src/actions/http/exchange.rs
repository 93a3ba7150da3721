//! The bodies of one request and its response, between the client and the action's heap.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use js::{HostError, Op, OpAnswer, OpResult};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::log::{RESPONSE_TOO_LARGE, SharedLog};
use super::{Broken, RequestBody};
use crate::limits::{HTTP_PIECES_QUEUED_MAX, HTTP_RESPONSE_BYTES_MAX};

/// Answers the `http/…` operations of one action.
pub(in crate::actions) struct Exchange {
    request: Option<Arc<tokio::sync::Mutex<RequestBody>>>,
    /// Cancelled when the client is gone.
    gone: CancellationToken,
    /// Cancelled when nobody wants the rest of the response's body, because the client is gone or for another reason.
    unwanted: CancellationToken,
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
    /// How long the head says that the body is.
    promised_bytes: Option<usize>,
    sent_bytes: usize,
    ended: bool,
}

impl Exchange {
    pub fn new(request: Option<RequestBody>, gone: CancellationToken, log: SharedLog) -> Arc<Exchange> {
        let request = request.map(|body| Arc::new(tokio::sync::Mutex::new(body)));
        let (pieces, outlet) = mpsc::channel(HTTP_PIECES_QUEUED_MAX);
        let response = Response { pieces: Some(pieces), outlet: Some(outlet), ..Response::default() };
        let unwanted = gone.child_token();
        Arc::new(Exchange { request, gone, unwanted, log, response: Mutex::new(response) })
    }

    pub fn has_request_body(&self) -> bool {
        self.request.is_some()
    }

    /// Starts an operation. What decides how the body goes on is noted at once, in the order it was asked for.
    pub fn start(&self, op: Op) -> BoxFuture<'static, OpResult> {
        match op.name.as_str() {
            "http/read" => self.read(),
            "http/disconnected" => cancelled(self.gone.clone()),
            "http/stream" => {
                self.promise(&op.args);
                cancelled(self.unwanted.clone())
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

    /// The length of a streamed body that its head may tell.
    pub fn promised_bytes(&self) -> Option<usize> {
        self.response.lock().promised_bytes
    }

    /// The body's pieces, to be taken once.
    pub fn take_pieces(&self) -> mpsc::Receiver<Result<Bytes, Broken>> {
        self.response.lock().outlet.take().unwrap_or_else(|| mpsc::channel(1).1)
    }

    /// Whether the app has ended the response, well or not.
    pub fn has_ended(&self) -> bool {
        self.response.lock().ended
    }

    /// Whether the rest of the response goes nowhere.
    pub fn is_unwanted(&self) -> bool {
        self.unwanted.is_cancelled()
    }

    /// Whether an operation under way may never be answered.
    pub fn may_wait_for_ever(&self, name: &str) -> bool {
        match name {
            "http/disconnected" => !self.gone.is_cancelled(),
            "http/stream" => !self.unwanted.is_cancelled(),
            _ => false,
        }
    }

    /// Takes no more of the body.
    pub fn stop(&self) {
        self.response.lock().pieces = None;
        self.unwanted.cancel();
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

    /// A streamed body begins, whose `content-length` is given as the app has set it. One that no body may have
    /// counts for nothing.
    fn promise(&self, content_length: &str) {
        let length = parse_length(content_length).filter(|length| *length <= HTTP_RESPONSE_BYTES_MAX);
        self.response.lock().promised_bytes = length;
    }

    /// The app has closed the body.
    fn end(&self) {
        let (sent, promised) = {
            let mut response = self.response.lock();
            let promised = response.promised_bytes.filter(|promised| *promised > response.sent_bytes);
            if promised.is_none() {
                response.ended = true;
                response.pieces = None;
            }
            (response.sent_bytes, promised)
        };
        if let Some(promised) = promised {
            self.report(format!(
                "The response has a content-length of {promised}, but its body ended after {sent} bytes: the connection was broken off."
            ));
            self.break_off();
        }
    }

    fn read(&self) -> BoxFuture<'static, OpResult> {
        let Some(request) = self.request.clone() else { return nothing() };
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

    /// Hands one piece to the client, and answers when there is room for the next. What nobody takes is dropped.
    fn write(&self, bytes: Bytes) -> BoxFuture<'static, OpResult> {
        let pieces = self.response.lock().pieces.clone();
        let Some(pieces) = pieces else { return nothing() };
        let (bytes, cut) = self.within_limit(bytes);
        if cut {
            self.stop();
        }
        let unwanted = self.unwanted.clone();
        async move {
            if !bytes.is_empty() && pieces.send(Ok(bytes)).await.is_err() {
                unwanted.cancel();
            }
            Ok(OpAnswer::nothing())
        }
        .boxed()
    }

    /// What of `bytes` may still be sent, and whether that is not all of it.
    fn within_limit(&self, mut bytes: Bytes) -> (Bytes, bool) {
        let mut response = self.response.lock();
        let promised = response.promised_bytes;
        let left = promised.unwrap_or(HTTP_RESPONSE_BYTES_MAX) - response.sent_bytes;
        let cut = bytes.len() > left;
        bytes.truncate(left);
        response.sent_bytes += bytes.len();
        drop(response);
        match promised {
            _ if !cut => {}
            Some(promised) => self.report(format!(
                "The response has a content-length of {promised}, but its body is longer: the rest was dropped."
            )),
            None => {
                let text = "HttpResponseTooLarge: HTTP actions support responses up to 20 MiB";
                self.log.lock().system("ERROR", RESPONSE_TOO_LARGE, text.into());
            }
        }
        (bytes, cut)
    }

    fn report(&self, text: String) {
        self.log.lock().system("ERROR", "error:httpResponseLength", text);
    }
}

/// The number in a `content-length`; several, joined, are none.
pub(super) fn parse_length(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn nothing() -> BoxFuture<'static, OpResult> {
    async { Ok(OpAnswer::nothing()) }.boxed()
}

fn cancelled(token: CancellationToken) -> BoxFuture<'static, OpResult> {
    async move {
        token.cancelled().await;
        Ok(OpAnswer::nothing())
    }
    .boxed()
}
