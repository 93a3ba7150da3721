//! Every limit of a session, with its unit.

use std::time::Duration;

/// Mutations waiting behind the one that runs.
pub const MUTATIONS_QUEUED_MAX: usize = 1000;

/// Actions of one connection running at once.
pub const ACTIONS_RUNNING_MAX: usize = 1000;

/// Queries one connection may watch.
pub const QUERIES_MAX: usize = 65_536;

/// Transitions that may wait to be written before new ones are computed.
pub const TRANSITIONS_WAITING_MAX: usize = 2;

/// A transition above this many bytes is sent in parts to clients that put them together.
pub const TRANSITION_BYTES_MAX: usize = 5_000_000;

/// A text message is due after this long without one: browsers cannot see ping frames.
pub const PING_INTERVAL: Duration = Duration::from_secs(15);

/// How long a computed transition waits for the mutation in flight, whose response has to precede its writes.
pub const TRANSITION_HOLD_MAX: Duration = Duration::from_millis(200);

/// First wait before queries are computed again after the service was overloaded; it doubles from there.
pub const RETRY_BACKOFF_MIN: Duration = Duration::from_millis(500);

pub const RETRY_BACKOFF_MAX: Duration = Duration::from_secs(600);

/// Longest close reason, in bytes; a close frame has no room for more.
pub const CLOSE_REASON_BYTES_MAX: usize = 123;
