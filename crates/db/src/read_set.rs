//! What a transaction read: single documents and intervals of index keys.

/// The reads of a finished transaction.
#[derive(Debug, Default)]
pub struct ReadSet {}
