//! One request: the body on its way out, and the body on its way in.

use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, stream};
use reqwest::{Body, Response};
use tokio::sync::mpsc;

use crate::limits;

/// What is kept of a request between operations.
pub(super) struct Exchange {
    /// Where pieces of a streamed body go, until it is complete.
    pub(super) upload: Option<Upload>,
    pub(super) download: Download,
}

/// The response's body.
pub(super) enum Download {
    /// The head is not there yet, or a piece is being read.
    Awaited,
    Body(Box<Response>),
    Over,
}

impl Download {
    pub(super) fn take(&mut self) -> Download {
        std::mem::replace(self, Download::Awaited)
    }
}

/// The near end of a body that is sent while it is made.
#[derive(Clone)]
pub(super) struct Upload(mpsc::Sender<Part>);

/// The end is told, so that a body that merely stops never looks complete.
enum Part {
    Piece(Bytes),
    End,
}

impl Upload {
    pub(super) fn new() -> (Upload, Body) {
        let (sender, receiver) = mpsc::channel(1);
        let pieces = stream::unfold(Some(receiver), |receiver| async move {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(Part::Piece(piece)) => Some((Ok(piece), Some(receiver))),
                Some(Part::End) => None,
                None => Some((Err(io::Error::other("the body was given up")), None)),
            }
        });
        (Upload(sender), Body::wrap_stream(pieces))
    }

    /// Waits for room and sends a piece; false when nobody takes it any more.
    pub(super) async fn write(&self, piece: Bytes) -> bool {
        self.0.send(Part::Piece(piece)).await.is_ok()
    }

    /// Says that the body is complete.
    pub(super) async fn finish(self) {
        drop(self.0.send(Part::End).await);
    }
}

/// The next piece of a body: what has arrived, up to a bound, so that many small pieces cost one operation.
pub(super) async fn next_piece(response: &mut Response) -> Result<Option<Bytes>, reqwest::Error> {
    let Some(first) = response.chunk().await? else { return Ok(None) };
    if first.len() >= limits::FETCH_PIECE_BYTES {
        return Ok(Some(first));
    }
    let mut piece = BytesMut::from(first);
    while piece.len() < limits::FETCH_PIECE_BYTES {
        match response.chunk().now_or_never() {
            Some(Ok(Some(more))) => piece.extend_from_slice(&more),
            // The end and errors are seen again by the next read.
            _ => break,
        }
    }
    Ok(Some(piece.freeze()))
}
