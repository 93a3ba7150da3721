//! One connection.
//!
//! Every input runs through the same two steps: it is taken in, which may note that something is due; then `advance`
//! starts whatever is due and allowed. What must not happen twice at once is held as an `Option` in one place:
//! the authentication being checked, the mutation running, the snapshot being computed.
//!
//! Invariants:
//! - a `MutationResponse` is followed by a `Transition` at its timestamp or later;
//! - a `Transition` starts where the previous one ended, and its `ts` never decreases;
//! - after `Effect::Close` nothing else is emitted.

mod auth;
mod queries;
mod requests;
mod transitions;

use std::sync::Arc;
use std::time::Duration;

use functions::{Identity, RequestOrigin, SystemError};
use uuid::Uuid;

use crate::closing::{Ending, LastMessage};
use crate::effect::{Effect, Input, Moment};
use crate::limits::PING_INTERVAL;
use crate::session::auth::Auth;
use crate::session::queries::QuerySet;
use crate::session::requests::Requests;
use crate::session::transitions::Transitions;
use crate::wire::client_message::{ClientMessage, Connect};
use crate::wire::server_message::ServerMessage;

const MESSAGE_TOO_LARGE: &str = "The message is too large. The arguments of a function may have 16 MiB: store larger data as a file and pass its id.";

#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    /// The client puts `TransitionChunk` messages together.
    pub takes_chunks: bool,
    /// Hide error texts and log lines.
    pub redact: bool,
}

pub struct Session {
    options: SessionOptions,
    /// Where the connection comes from, for functions that ask.
    origin: Option<Arc<RequestOrigin>>,
    /// From `Connect`; without it mutations cannot be recognized when they come again.
    session_id: Option<Uuid>,
    /// From `Connect`, when the client told its clock.
    client_skew_ms: Option<i64>,
    identity: Identity,
    auth: Auth,
    queries: QuerySet,
    requests: Requests,
    transitions: Transitions,
    /// When the last text message was sent.
    last_sent: Duration,
    closed: bool,
}

impl Session {
    /// A connection that has just opened.
    pub fn new(options: SessionOptions, now: &Moment) -> Session {
        Session {
            options,
            origin: None,
            session_id: None,
            client_skew_ms: None,
            identity: Identity::Anonymous,
            auth: Auth::default(),
            queries: QuerySet::default(),
            requests: Requests::default(),
            transitions: Transitions::default(),
            last_sent: now.monotonic,
            closed: false,
        }
    }

    /// Says where the connection comes from.
    pub fn with_origin(mut self, origin: Arc<RequestOrigin>) -> Session {
        self.origin = Some(origin);
        self
    }

    /// Takes one input in and appends what has to be done about it. Does nothing after `Effect::Close`.
    pub fn handle(&mut self, now: &Moment, input: Input, effects: &mut Vec<Effect>) {
        if self.closed {
            return;
        }
        let taken = self.take(now, input, effects);
        if let Err(ending) = taken.and_then(|()| self.advance(now, effects)) {
            self.end(now, ending, effects);
        }
    }

    /// False while credentials are being checked: later messages must wait for the verdict.
    pub fn wants_frames(&self) -> bool {
        !self.auth.is_pending() && !self.closed
    }

    /// When to hand in the next `Tick`, on the monotonic clock.
    pub fn deadline(&self) -> Duration {
        let ping = self.last_sent + PING_INTERVAL;
        self.transitions.deadline().map_or(ping, |deadline| deadline.min(ping))
    }

    /// Every input there is.
    fn take(&mut self, now: &Moment, input: Input, effects: &mut Vec<Effect>) -> Result<(), Ending> {
        match input {
            Input::Text(text) if self.auth.is_pending() => {
                self.auth.hold(text);
                Ok(())
            }
            Input::Text(text) => self.on_text(now, &text, effects),
            Input::Binary => Err(Ending::malformed("binary frames are not part of the protocol")),
            // Not a loss of the connection, after which the client would send the same again.
            Input::TooLong => Err(Ending::fatal("WSMessageTooLarge", MESSAGE_TOO_LARGE)),
            Input::MutationFinished(outcome) => self.on_mutation_finished(now, outcome, effects),
            Input::ActionFinished { request, outcome } => self.on_action_finished(now, request, outcome, effects),
            Input::Authenticated(verdict) => self.on_authenticated(verdict),
            Input::Computed(snapshot) => self.on_computed(now, snapshot),
            Input::Invalidated(at) => {
                self.transitions.on_invalidated(at);
                Ok(())
            }
            Input::TransitionWritten => {
                self.transitions.on_written();
                Ok(())
            }
            Input::Tick => Ok(()),
        }
    }

    /// Starts what is due and allowed.
    fn advance(&mut self, now: &Moment, effects: &mut Vec<Effect>) -> Result<(), Ending> {
        while let Some(text) = self.auth.next_held() {
            self.on_text(now, &text, effects)?;
        }
        self.emit_transition(now, effects)?;
        self.start_mutation(effects);
        self.start_computation(now, effects)?;
        if now.monotonic >= self.last_sent + PING_INTERVAL {
            self.send(now, ServerMessage::Ping, effects);
        }
        Ok(())
    }

    fn on_text(&mut self, now: &Moment, text: &str, effects: &mut Vec<Effect>) -> Result<(), Ending> {
        match ClientMessage::parse(text).map_err(|why| Ending::malformed(&why))? {
            ClientMessage::Connect(connect) => self.on_connect(now, connect),
            ClientMessage::Authenticate(message) => self.on_authenticate(message, effects),
            ClientMessage::ModifyQuerySet(message) => self.on_modify_query_set(message),
            ClientMessage::Mutation(request) => self.on_mutation(now, request),
            ClientMessage::Action(request) => self.on_action(now, request, effects),
            ClientMessage::Event => Ok(()),
        }
    }

    fn on_connect(&mut self, now: &Moment, connect: Connect) -> Result<(), Ending> {
        if self.session_id.is_some() {
            return Err(Ending::malformed("Connect was sent twice"));
        }
        // A client that has seen more than we hold would see the past: let it come back until we have caught up.
        if connect.max_observed.is_some_and(|observed| observed > now.latest) {
            return Err(Ending::internal());
        }
        self.session_id = Some(connect.session_id);
        self.client_skew_ms = connect.client_ms.map(|client_ms| client_ms.saturating_sub(unix_ms(now)));
        self.transitions.at_least(connect.max_observed);
        Ok(())
    }

    fn send(&mut self, now: &Moment, message: ServerMessage<'_>, effects: &mut Vec<Effect>) {
        self.last_sent = now.monotonic;
        effects.push(Effect::Send { text: message.to_json(), ends_transition: false });
    }

    fn end(&mut self, now: &Moment, ending: Ending, effects: &mut Vec<Effect>) {
        let base_version = self.transitions.sent().identity;
        match &ending.last {
            None => {}
            Some(LastMessage::Fatal(error)) => self.send(now, ServerMessage::FatalError { error }, effects),
            Some(LastMessage::Auth { error, update_attempted }) => {
                let update_attempted = *update_attempted;
                self.send(now, ServerMessage::AuthError { error, base_version, update_attempted }, effects);
            }
        }
        effects.push(Effect::Close(ending.closing));
        self.closed = true;
    }

    /// Errors: the ending for an expired user token.
    fn check_expiry(&self, now: &Moment) -> Result<(), Ending> {
        let Identity::User(user) = &self.identity else { return Ok(()) };
        let now_seconds = now.unix_ns / 1_000_000_000;
        if user.expires_at.is_some_and(|expiry| now_seconds >= expiry) {
            return Err(Ending::unauthenticated("TokenExpired: the token has expired".into(), false));
        }
        Ok(())
    }
}

fn unix_ms(now: &Moment) -> i64 {
    i64::try_from(now.unix_ns / 1_000_000).unwrap_or(i64::MAX)
}

fn ending_of(error: SystemError) -> Ending {
    Ending::of(&error)
}

#[cfg(test)]
mod tests;
