//! The realtime protocol as a state machine: one message in, messages out.
//!
//! A [`Session`] is one connection. It knows no sockets, no clock and no tasks: whoever drives it hands in an
//! [`Input`] with the current [`Moment`] and carries out the [`Effect`]s it answers with.

mod closing;
mod effect;
mod limits;
mod session;
mod wire;

pub use closing::Closing;
pub use effect::{AuthRequest, Computation, Effect, Input, Moment, PendingQuery, QueryId, Snapshot};
pub use session::{Session, SessionOptions};
pub use wire::client_message::acting_user;
