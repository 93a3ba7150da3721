//! What goes into a session and what comes out of it.

use std::sync::Arc;
use std::time::Duration;

use functions::{
    ActionResult, CallRequest, Identity, MutationRequest, MutationResult, QueryRequest, QueryResult, SystemError,
    UserIdentity,
};
use value::Timestamp;

use crate::closing::Closing;

/// The client's number for a query; never reused within a client.
pub type QueryId = u32;

/// What a session may know of the world outside at the moment of an input.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// For timers: never goes backwards.
    pub monotonic: Duration,
    /// Nanoseconds since the Unix epoch, for `serverTs`, clock skew and token expiry.
    pub unix_ns: u64,
    /// The newest timestamp that queries can read.
    pub latest: Timestamp,
}

#[derive(Debug)]
pub enum Input {
    /// A text frame.
    Text(String),
    /// A binary frame, which is a protocol error.
    Binary,
    /// A text frame that is longer than messages may be.
    TooLong,
    /// The mutation of the last `RunMutation` is done.
    MutationFinished(Result<MutationResult, SystemError>),
    /// The action of a `RunAction` with this request id is done.
    ActionFinished { request: u32, outcome: Result<ActionResult, SystemError> },
    /// The verdict on the last `Authenticate`.
    Authenticated(Result<Identity, SystemError>),
    /// The answer to the last `Compute`.
    Computed(Result<Snapshot, SystemError>),
    /// A result is no longer what a fresh run would give from this commit on, which may not be readable yet.
    Invalidated(Timestamp),
    /// One transition has left for the client.
    TransitionWritten,
    /// `Session::deadline` has passed.
    Tick,
}

#[derive(Debug)]
pub enum Effect {
    /// Send a text frame. `ends_transition` asks for a `TransitionWritten` once it is written.
    Send { text: String, ends_transition: bool },
    /// Run this mutation and report with `MutationFinished`. At most one is out at a time.
    RunMutation(Box<MutationRequest>),
    /// Run this action, even beyond the end of the connection, and report with `ActionFinished`.
    RunAction { request: u32, call: Box<CallRequest> },
    /// Check these credentials and report with `Authenticated`. Until then the session wants no more frames.
    Authenticate(AuthRequest),
    /// Compute these queries at one timestamp and report with `Computed`. At most one is out at a time.
    Compute(Computation),
    /// The last effect: close the connection.
    Close(Closing),
}

/// Credentials sent over the connection.
#[derive(Clone, Debug)]
pub enum AuthRequest {
    /// A JSON Web Token.
    User(String),
    Admin {
        key: String,
        acting_as: Option<Arc<UserIdentity>>,
    },
}

/// Queries to bring to one timestamp.
#[derive(Debug)]
pub struct Computation {
    /// The snapshot may not be older.
    pub at_least: Timestamp,
    pub queries: Vec<PendingQuery>,
}

#[derive(Debug)]
pub struct PendingQuery {
    pub id: QueryId,
    pub request: Arc<QueryRequest>,
    /// The result of the newest snapshot; good for the new one if it is still valid there.
    pub previous: Option<Arc<QueryResult>>,
}

/// Results of every query asked for, all at `ts`.
#[derive(Debug)]
pub struct Snapshot {
    pub ts: Timestamp,
    pub results: Vec<(QueryId, Arc<QueryResult>)>,
}
