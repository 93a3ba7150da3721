//! A clock that a test moves by hand, and randomness from a seed.
//!
//! Sleepers wake in the order of their deadlines, then of their arrival, so that a run repeats exactly.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// 2026-01-01T00:00:00Z: any fixed, plausible start serves.
const START_NS: u64 = 1_767_225_600_000_000_000;

/// Moves the time of a simulated platform.
#[derive(Clone, Debug)]
pub struct SimulatedClock {
    world: Arc<World>,
}

impl SimulatedClock {
    pub(crate) fn new(world: Arc<World>) -> SimulatedClock {
        SimulatedClock { world }
    }

    /// Moves the time forward and wakes every sleeper whose time has come.
    pub fn advance(&self, duration: Duration) {
        for sleeper in self.world.advance(duration) {
            // A sleeper may have been dropped meanwhile; nobody waits for that one.
            let _ = sleeper.send(());
        }
    }

    /// Moves the time to the next sleeper's deadline and wakes it; `false` when nobody sleeps.
    pub fn advance_to_next_sleeper(&self) -> bool {
        let Some(left) = self.world.until_next_sleeper() else {
            return false;
        };
        self.advance(left);
        true
    }
}

#[derive(Debug)]
pub(crate) struct World {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    elapsed: Duration,
    random: u64,
    /// Keyed by deadline and arrival.
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    arrivals: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let state = State { elapsed: Duration::ZERO, random: seed, sleepers: BTreeMap::new(), arrivals: 0 };
        World { state: Mutex::new(state) }
    }

    pub(crate) fn now_ns(&self) -> u64 {
        let elapsed = u64::try_from(self.monotonic().as_nanos()).unwrap_or(u64::MAX);
        START_NS.saturating_add(elapsed)
    }

    pub(crate) fn monotonic(&self) -> Duration {
        self.state.lock().elapsed
    }

    pub(crate) fn fill_random(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock();
        for chunk in bytes.chunks_mut(8) {
            let word = split_mix(&mut state.random).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        if duration.is_zero() {
            return;
        }
        let awake = self.enter_sleep(duration);
        // The sender lives in the world until its deadline; an error means the world is gone, and time with it.
        if awake.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn enter_sleep(&self, duration: Duration) -> oneshot::Receiver<()> {
        let (wake, awake) = oneshot::channel();
        let mut state = self.state.lock();
        state.sleepers.retain(|_, sleeper| !sleeper.is_closed());
        let deadline = state.elapsed.saturating_add(duration);
        let arrival = state.arrivals;
        state.arrivals += 1;
        state.sleepers.insert((deadline, arrival), wake);
        awake
    }

    fn advance(&self, duration: Duration) -> Vec<oneshot::Sender<()>> {
        let mut state = self.state.lock();
        state.elapsed = state.elapsed.saturating_add(duration);
        let now = state.elapsed;
        let later = state.sleepers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut state.sleepers, later);
        due.into_values().collect()
    }

    fn until_next_sleeper(&self) -> Option<Duration> {
        let mut state = self.state.lock();
        state.sleepers.retain(|_, sleeper| !sleeper.is_closed());
        let (deadline, _) = state.sleepers.keys().next()?;
        Some(deadline.saturating_sub(state.elapsed))
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014): enough to repeat a run, not for secrets.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
