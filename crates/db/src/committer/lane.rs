//! The serial lane: its holder's transactions are the only ones that commit, so nothing can invalidate them.
//!
//! Works like a fair read-write lock around validation. Holders take turns by ticket; the commits that were waiting
//! when a holder left pass before the next holder enters.

use std::sync::Arc;

use parking_lot::MutexGuard;

use super::{CommitError, CommitOptions, Committer, Lane, Pending, State};
use crate::{BeginAt, database::Shared, error::Error, transaction::Transaction};

#[derive(Default)]
pub struct LaneState {
    held: bool,
    next_ticket: u64,
    serving: u64,
    /// Ordinary commits waiting for the holder to leave.
    waiting: usize,
    /// How many of them go before the next holder.
    passing: usize,
}

/// While held, only transactions begun and committed through it pass; they cannot conflict.
pub struct SerialLane {
    shared: Arc<Shared>,
}

impl SerialLane {
    pub(crate) fn enter(shared: Arc<Shared>) -> SerialLane {
        let committer = &shared.committer;
        let mut state = committer.state.lock();
        let ticket = state.lane.next_ticket;
        state.lane.next_ticket += 1;
        while state.lane.held || state.lane.serving != ticket || state.lane.passing > 0 {
            committer.lane_changed.wait(&mut state);
        }
        state.lane.held = true;
        drop(state);
        SerialLane { shared }
    }

    /// As `Database::begin`.
    pub fn begin(&self, at: BeginAt) -> Result<Transaction, Error> {
        Transaction::begin(self.shared.clone(), at)
    }

    /// As `Database::commit`, past everybody who waits.
    pub fn commit(&self, tx: Transaction, options: CommitOptions) -> Result<Pending, CommitError> {
        Committer::commit(&self.shared, tx, options, Lane::Serial)
    }
}

impl Drop for SerialLane {
    fn drop(&mut self) {
        let committer = &self.shared.committer;
        let mut state = committer.state.lock();
        state.lane.held = false;
        state.lane.serving += 1;
        state.lane.passing = state.lane.waiting;
        drop(state);
        committer.lane_changed.notify_all();
    }
}

impl Committer {
    /// Blocks an ordinary commit while the lane is held.
    pub(super) fn wait_for_lane(&self, state: &mut MutexGuard<'_, State>, lane: Lane) {
        if lane == Lane::Serial || !state.lane.held {
            return;
        }
        state.lane.waiting += 1;
        while state.lane.held {
            self.lane_changed.wait(state);
        }
        state.lane.waiting -= 1;
        state.lane.passing = state.lane.passing.saturating_sub(1);
        if state.lane.passing == 0 {
            self.lane_changed.notify_all();
        }
    }
}
