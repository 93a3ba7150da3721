//! The three timestamps every operation looks at first, readable without a lock.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use value::Timestamp;

use crate::error::ReadError;

/// Invariant: `oldest <= latest <= appending`.
pub(super) struct Head {
    oldest: AtomicU64,
    latest: AtomicU64,
    /// Newest timestamp whose writes may already be in the trees, acknowledged or not.
    appending: AtomicU64,
}

impl Head {
    pub(super) fn new(oldest: Timestamp, latest: Timestamp) -> Head {
        Head { oldest: AtomicU64::new(oldest.0), latest: AtomicU64::new(latest.0), appending: AtomicU64::new(latest.0) }
    }

    pub(super) fn oldest(&self) -> Timestamp {
        Timestamp(self.oldest.load(SeqCst))
    }

    pub(super) fn latest(&self) -> Timestamp {
        Timestamp(self.latest.load(SeqCst))
    }

    /// Whether nothing newer than `at` can have been seen by a read that happened before this call.
    pub(super) fn is_newest(&self, at: Timestamp) -> bool {
        at.0 >= self.appending.load(SeqCst)
    }

    pub(super) fn begin_append(&self, ts: Timestamp) {
        self.appending.store(ts.0, SeqCst);
    }

    pub(super) fn finish_append(&self, ts: Timestamp) {
        self.latest.store(ts.0, SeqCst);
    }

    pub(super) fn raise_oldest(&self, ts: Timestamp) {
        self.oldest.fetch_max(ts.0, SeqCst);
    }

    pub(super) fn check_readable(&self, at: Timestamp) -> Result<(), ReadError> {
        let oldest = self.oldest();
        if at < oldest {
            return Err(ReadError::SnapshotExpired { at, oldest });
        }
        Ok(())
    }
}
