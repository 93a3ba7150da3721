//! Forgetting: versions older than the retention window, catalogs and recent writes nobody needs.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use value::Timestamp;

use crate::{database::Shared, limits::TRIM_BUDGET};

/// How often there is something to forget.
const EVERY: Duration = Duration::from_secs(5);

/// Commits of the recent past looked at in one go. Count.
const PRUNE_BUDGET: usize = 100_000;

/// Rounds without a transaction after which caches are given back: the first, and the last that looks for more. The
/// store lets go of its own buffers over several rounds.
const QUIET_ROUNDS_FIRST: u32 = 4;
const QUIET_ROUNDS_LAST: u32 = 8;

/// A pause that can be cut short for good.
#[derive(Default)]
pub struct Pause {
    ended: Mutex<bool>,
    wake: Condvar,
}

impl Pause {
    pub fn end(&self) {
        *self.ended.lock() = true;
        self.wake.notify_all();
    }

    /// Waits; returns whether to go on.
    fn wait(&self, duration: Duration) -> bool {
        let mut ended = self.ended.lock();
        if !*ended {
            self.wake.wait_for(&mut ended, duration);
        }
        !*ended
    }
}

/// Runs until the database is shut down.
pub fn retention_loop(shared: Arc<Shared>) {
    let (mut begun, mut quiet) = (0, 0);
    while shared.pause.wait(EVERY) {
        let now = shared.begun.load(Ordering::Relaxed);
        quiet = if now == begun { quiet + 1 } else { 0 };
        begun = now;
        if (QUIET_ROUNDS_FIRST..=QUIET_ROUNDS_LAST).contains(&quiet) {
            shared.cache.clear(shared.durable());
            shared.platform.release_memory();
        }
        if let Err(error) = shared.forget() {
            tracing::error!(%error, "trimming old versions stopped");
            return;
        }
        shared.derived.tick();
    }
}

impl Shared {
    /// Forgets what is older than the retention window.
    pub fn forget(&self) -> Result<(), storage::AppendError> {
        let retention = self.options.retention.as_nanos() as u64;
        let before = Timestamp(self.platform.now_ns().saturating_sub(retention));
        while !self.engine.trim(before, TRIM_BUDGET)?.done {
            if !self.pause.wait(Duration::ZERO) {
                return Ok(());
            }
        }
        self.catalogs.prune(self.engine.oldest_readable());
        self.committer.prune(self, self.durable(), PRUNE_BUDGET);
        Ok(())
    }
}
