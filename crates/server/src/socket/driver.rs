//! The one task of a connection: it feeds a `sync::Session` and carries out what the session asks for.
//!
//! Everything a connection waits for is one `select!`, and everything that can happen is one `Event`.
//! Mutations and actions run in tasks of their own, so that they outlive the socket; the queries being computed and
//! the credentials being checked are futures of this task and end with it.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Error;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use functions::{ErrorKind, Identity, RequestOrigin, SystemError};
use futures_util::stream::SplitStream;
use futures_util::{FutureExt, StreamExt};
use sync::{AuthRequest, Closing, Effect, Input, Moment, Session, SessionOptions, Snapshot};

use crate::auth::AdminCredential;
use crate::limits::{
    SOCKET_MESSAGE_BYTES_MAX, SOCKET_MUTATION_DURATION_MAX, SOCKET_PING_FRAME_INTERVAL, SOCKET_SILENCE_MAX,
};
use crate::socket::compute::compute;
use crate::socket::mailbox::{Finished, Mailbox, Post};
use crate::socket::outgoing::Outgoing;
use crate::state::AppState;

/// How long the end of a connection may take.
const CLOSE_DURATION_MAX: Duration = Duration::from_secs(5);

/// The close code that makes clients come back quietly.
const GOING_AWAY: u16 = 1001;

type Pending<T> = Option<Pin<Box<dyn Future<Output = T> + Send>>>;

/// Runs a connection to its end.
pub async fn run(state: AppState, options: SessionOptions, origin: RequestOrigin, socket: WebSocket) {
    let (sink, frames) = socket.split();
    let now = moment(&state);
    let driver = Driver {
        session: Session::new(options, &now).with_origin(Arc::new(origin)),
        mailbox: Arc::new(Mailbox::default()),
        outgoing: Outgoing::new(sink),
        frames,
        computing: None,
        authenticating: None,
        last_heard: now.monotonic,
        next_ping: now.monotonic + SOCKET_PING_FRAME_INTERVAL,
        state,
    };
    let _open = OpenSocket::new(driver.state.clone());
    driver.run().await;
}

/// Counts a connection for as long as it lives.
struct OpenSocket(AppState);

impl OpenSocket {
    fn new(state: AppState) -> OpenSocket {
        state.sockets.fetch_add(1, Ordering::Relaxed);
        OpenSocket(state)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Driver {
    state: AppState,
    session: Session,
    mailbox: Arc<Mailbox>,
    outgoing: Outgoing,
    frames: SplitStream<WebSocket>,
    computing: Pending<Result<Snapshot, SystemError>>,
    authenticating: Pending<Result<Identity, SystemError>>,
    /// When anything last arrived from the client.
    last_heard: Duration,
    /// When the next ping frame is due.
    next_ping: Duration,
}

enum Event {
    Frame(Option<Result<Message, Error>>),
    Post(Post),
    Computed(Result<Snapshot, SystemError>),
    Authenticated(Result<Identity, SystemError>),
    Written(Result<usize, Error>),
    Timer,
    Stopping,
}

/// How a connection ends.
enum End {
    /// Say goodbye properly.
    Close(Closing),
    /// The other side is gone or does not listen.
    Drop,
}

impl Driver {
    async fn run(mut self) {
        let end = loop {
            let event = self.next_event().await;
            if let Err(end) = self.on_event(event) {
                break end;
            }
        };
        if let End::Close(closing) = end {
            // A client that does not answer is left alone; there is nothing more to do for it.
            let _ = tokio::time::timeout(CLOSE_DURATION_MAX, self.close(closing)).await;
        }
    }

    async fn next_event(&mut self) -> Event {
        let now = self.state.platform.monotonic();
        let wait = self.deadline().saturating_sub(now);
        let wants_frames = self.session.wants_frames() && !self.outgoing.is_full();
        tokio::select! {
            frame = self.frames.next(), if wants_frames => Event::Frame(frame),
            post = self.mailbox.collect() => Event::Post(post),
            snapshot = pending(&mut self.computing) => Event::Computed(snapshot),
            verdict = pending(&mut self.authenticating) => Event::Authenticated(verdict),
            written = self.outgoing.write(), if !self.outgoing.is_empty() => Event::Written(written),
            () = self.state.platform.sleep(wait) => Event::Timer,
            () = self.state.stopping.cancelled() => Event::Stopping,
        }
    }

    /// Everything that can happen to a connection.
    fn on_event(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Frame(None | Some(Err(_))) => Err(End::Drop),
            Event::Frame(Some(Ok(message))) => self.on_message(message),
            Event::Post(post) => self.on_post(post),
            Event::Computed(snapshot) => {
                self.computing = None;
                self.feed(Input::Computed(snapshot))
            }
            Event::Authenticated(verdict) => {
                self.authenticating = None;
                self.feed(Input::Authenticated(verdict))
            }
            Event::Written(Err(_)) => Err(End::Drop),
            Event::Written(Ok(transitions)) => {
                self.outgoing.note_progress(self.state.platform.monotonic());
                (0..transitions).try_for_each(|_| self.feed(Input::TransitionWritten))
            }
            Event::Timer => self.on_timer(),
            Event::Stopping => {
                Err(End::Close(Closing { code: Some(GOING_AWAY), reason: "the server is restarting".into() }))
            }
        }
    }

    fn on_message(&mut self, message: Message) -> Result<(), End> {
        self.last_heard = self.state.platform.monotonic();
        match message {
            Message::Text(text) if text.len() > SOCKET_MESSAGE_BYTES_MAX => self.feed(Input::TooLong),
            Message::Text(text) => self.feed(Input::Text(text.as_str().to_owned())),
            Message::Binary(_) => self.feed(Input::Binary),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(End::Drop),
        }
    }

    fn on_post(&mut self, post: Post) -> Result<(), End> {
        for finished in post.finished {
            self.feed(match finished {
                Finished::Mutation(outcome) => Input::MutationFinished(outcome),
                Finished::Action { request, outcome } => Input::ActionFinished { request, outcome },
            })?;
        }
        post.invalidated.map_or(Ok(()), |at| self.feed(Input::Invalidated(at)))
    }

    fn on_timer(&mut self) -> Result<(), End> {
        let now = self.state.platform.monotonic();
        // Silence that we caused ourselves, by not reading, ends with the write that is stuck.
        if now >= self.last_heard + SOCKET_SILENCE_MAX || self.outgoing.is_hopeless(now) {
            return Err(End::Drop);
        }
        if now >= self.next_ping {
            self.next_ping = now + SOCKET_PING_FRAME_INTERVAL;
            self.outgoing.push(Message::Ping(Bytes::new()), false, now);
        }
        if now >= self.session.deadline() { self.feed(Input::Tick) } else { Ok(()) }
    }

    fn deadline(&self) -> Duration {
        let own = self.next_ping.min(self.last_heard + SOCKET_SILENCE_MAX).min(self.session.deadline());
        self.outgoing.deadline().map_or(own, |deadline| own.min(deadline))
    }

    /// Hands one input to the session and carries out its effects.
    fn feed(&mut self, input: Input) -> Result<(), End> {
        let now = moment(&self.state);
        let mut effects = Vec::new();
        self.session.handle(&now, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { text, ends_transition } => {
                    self.outgoing.push(Message::Text(text.into()), ends_transition, now.monotonic);
                }
                Effect::RunMutation(request) => self.run_mutation(*request),
                Effect::RunAction { request, call } => self.run_action(request, *call),
                Effect::Authenticate(request) => {
                    self.authenticating = Some(Box::pin(authenticate(self.state.clone(), request)));
                }
                Effect::Compute(computation) => {
                    let mailbox = Arc::clone(&self.mailbox);
                    self.computing = Some(Box::pin(compute(self.state.runtime.clone(), computation, mailbox)));
                }
                Effect::Close(closing) => return Err(End::Close(closing)),
            }
        }
        Ok(())
    }

    fn run_mutation(&self, request: functions::MutationRequest) {
        let mailbox = Arc::clone(&self.mailbox);
        let runtime = self.state.runtime.clone();
        self.state.tasks.spawn(async move {
            let running = tokio::time::timeout(SOCKET_MUTATION_DURATION_MAX, runtime.mutation(request));
            let outcome = without_panic(running).await.and_then(|result| result.unwrap_or_else(|_| Err(too_slow())));
            mailbox.put(Finished::Mutation(outcome));
        });
    }

    fn run_action(&self, request: u32, call: functions::CallRequest) {
        let mailbox = Arc::clone(&self.mailbox);
        let runtime = self.state.runtime.clone();
        self.state.tasks.spawn(async move {
            let outcome = without_panic(runtime.action(call)).await.and_then(|result| result);
            mailbox.put(Finished::Action { request, outcome });
        });
    }

    /// Writes what is queued and the close frame, then waits for the client to hang up: hanging up first could
    /// throw away what it has not read yet.
    async fn close(mut self, closing: Closing) {
        let frame = closing.code.map(|code| CloseFrame { code, reason: closing.reason.into() });
        self.outgoing.push(Message::Close(frame), false, self.state.platform.monotonic());
        if self.outgoing.write().await.is_ok() {
            while let Some(Ok(_)) = self.frames.next().await {}
        }
    }
}

/// The future in `slot`, or one that never ends.
async fn pending<T>(slot: &mut Pending<T>) -> T {
    match slot {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

fn moment(state: &AppState) -> Moment {
    let platform = &state.platform;
    Moment { monotonic: platform.monotonic(), unix_ns: platform.now_ns(), latest: state.runtime.latest_ts() }
}

async fn authenticate(state: AppState, request: AuthRequest) -> Result<Identity, SystemError> {
    let verdict = match request {
        AuthRequest::User(token) => state.auth.verify_user(&token, &state).await,
        AuthRequest::Admin { key, acting_as } => AdminCredential::parse(&key).and_then(|mut credential| {
            credential.acting_as = acting_as.or(credential.acting_as);
            state.auth.verify_admin(&credential)
        }),
    };
    verdict.map_err(SystemError::from)
}

/// One call's panic is that call's failure.
async fn without_panic<T>(future: impl Future<Output = T>) -> Result<T, SystemError> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|_| SystemError::internal("a call panicked"))
}

fn too_slow() -> SystemError {
    SystemError::new(ErrorKind::Overloaded, "SystemTimeoutError", "The mutation took too long.")
}
