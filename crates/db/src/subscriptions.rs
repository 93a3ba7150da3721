//! Subscriptions: who is told when something in a read set changes.

use value::Timestamp;

/// Names a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub(crate) u64);

/// The read set has already changed, at `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the read set has changed already")]
pub struct Invalidated {
    pub at: Timestamp,
}

/// Told once when a subscribed read set changes.
pub trait Invalidate: Send + Sync {
    /// Called before the durable timestamp passes `at`; must not block.
    fn invalidated(&self, at: Timestamp);
}
