//! Messages on their way to a client that may be slow to take them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Error;
use axum::extract::ws::{Message, WebSocket};
use futures_util::Sink;
use futures_util::stream::SplitSink;

use crate::limits::{SOCKET_OUTGOING_BYTES_MAX, SOCKET_OUTGOING_MESSAGES_MAX, SOCKET_WRITE_DURATION_MAX};

pub struct Outgoing {
    sink: SplitSink<WebSocket, Message>,
    queued: VecDeque<Queued>,
    /// Handed to the sink, not flushed yet.
    unflushed: Unflushed,
    /// Bytes of the queued messages.
    queued_bytes: usize,
    /// Since when something has been waiting without any progress.
    stuck_since: Option<Duration>,
    /// A message was handed to the sink, which takes the next only when the one before has left.
    progressed: bool,
}

struct Queued {
    message: Message,
    ends_transition: bool,
}

#[derive(Default)]
struct Unflushed {
    any: bool,
    transitions: usize,
}

impl Outgoing {
    pub fn new(sink: SplitSink<WebSocket, Message>) -> Outgoing {
        Outgoing {
            sink,
            queued: VecDeque::new(),
            unflushed: Unflushed::default(),
            queued_bytes: 0,
            stuck_since: None,
            progressed: false,
        }
    }

    pub fn push(&mut self, message: Message, ends_transition: bool, now: Duration) {
        self.queued_bytes += size(&message);
        self.queued.push_back(Queued { message, ends_transition });
        self.stuck_since.get_or_insert(now);
    }

    pub fn is_empty(&self) -> bool {
        self.queued.is_empty() && !self.unflushed.any
    }

    /// True while so much is waiting that the client should not be able to ask for more.
    pub fn is_full(&self) -> bool {
        self.queued.len() >= SOCKET_OUTGOING_MESSAGES_MAX || self.queued_bytes >= SOCKET_OUTGOING_BYTES_MAX
    }

    /// True when the client has stopped taking anything.
    pub fn is_hopeless(&mut self, now: Duration) -> bool {
        if std::mem::take(&mut self.progressed) {
            self.note_progress(now);
        }
        self.deadline().is_some_and(|deadline| now >= deadline)
    }

    /// When a client that has stopped taking messages is given up.
    pub fn deadline(&self) -> Option<Duration> {
        self.stuck_since.map(|since| since + SOCKET_WRITE_DURATION_MAX)
    }

    /// Notes that the client took something.
    pub fn note_progress(&mut self, now: Duration) {
        self.stuck_since = if self.is_empty() { None } else { Some(now) };
    }

    /// Writes until everything is with the operating system; returns how many transitions left. May be dropped
    /// at any point without losing a message.
    pub async fn write(&mut self) -> Result<usize, Error> {
        poll_fn(|context| self.poll_write(context)).await
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        while !self.queued.is_empty() {
            ready!(Pin::new(&mut self.sink).poll_ready(context))?;
            let Some(queued) = self.queued.pop_front() else { break };
            self.queued_bytes -= size(&queued.message);
            self.progressed = true;
            self.unflushed.any = true;
            self.unflushed.transitions += usize::from(queued.ends_transition);
            Pin::new(&mut self.sink).start_send(queued.message)?;
        }
        ready!(Pin::new(&mut self.sink).poll_flush(context))?;
        let written = std::mem::take(&mut self.unflushed);
        // A burst should not leave its memory with an idle connection.
        self.queued.shrink_to(0);
        Poll::Ready(Ok(written.transitions))
    }
}

fn size(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}
