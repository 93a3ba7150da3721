//! Heaps of actions that wait for the next call of their module.
//!
//! To make a heap, the platform and the app's modules are evaluated, which takes longer than most actions do. So a
//! module that is called again soon has its heap sealed after the import, as images of queries are: when the action is
//! over the heap goes back to what it was then, and the next action of the module takes it. A module that is called
//! once in a while, and actions beyond the bounds below, get heaps that are made and freed, which hold less memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::bundle::BundleId;
use crate::engine::Engine;
use crate::limits::{ACTION_HEAPS_BYTES, ACTION_HEAPS_KEEP, ACTION_HEAPS_MAX};

/// Heaps for actions, shared by all threads. See the module.
#[derive(Default)]
pub struct HeapPool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The most recently used last.
    idle: Vec<Idle>,
    /// Sealed heaps that are in an action.
    busy: usize,
    /// When a heap was last made for a module that has none here.
    made: Vec<(HeapKey, Instant)>,
}

/// What heaps must have in common to stand for one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeapKey {
    pub(super) bundle: BundleId,
    pub(super) module: String,
    pub(super) env_generation: u64,
}

struct Idle {
    key: HeapKey,
    engine: Engine,
    since: Instant,
}

// SAFETY: an idle heap is entered by nobody, and whoever takes it out is the only one to have it; a heap may change
// threads between steps, as `ActionHeap` explains.
unsafe impl Send for Idle {}

/// What an action gets.
pub(super) enum Lease {
    /// A heap with the module in it.
    Kept(Box<Engine>, Seat),
    /// The right to seal a heap that is made now.
    Seal(Seat),
    /// Nothing: a heap has to be made, and freed afterwards.
    None,
}

/// The place of one sealed heap while it is in an action.
pub(super) struct Seat {
    pool: Arc<HeapPool>,
    key: HeapKey,
}

impl HeapPool {
    /// Number of idle heaps, and about their resident bytes.
    pub fn idle(&self) -> (usize, usize) {
        let state = self.state();
        (state.idle.len(), state.bytes())
    }

    /// Frees heaps that nobody used for a while.
    pub fn trim(&self) {
        let freed = self.state().expire(Instant::now());
        drop(freed);
    }

    pub(super) fn lease(self: &Arc<HeapPool>, key: &HeapKey) -> Lease {
        let now = Instant::now();
        let mut state = self.state();
        let freed = state.expire(now);
        let lease = if let Some(position) = state.idle.iter().rposition(|idle| idle.key == *key) {
            let Idle { engine, .. } = state.idle.remove(position);
            Lease::Kept(Box::new(engine), self.seat(&mut state, key))
        } else if state.was_made_lately(key, now) && state.busy + state.idle.len() < ACTION_HEAPS_MAX {
            Lease::Seal(self.seat(&mut state, key))
        } else {
            Lease::None
        };
        drop(state);
        drop(freed);
        lease
    }

    fn seat(self: &Arc<HeapPool>, state: &mut State, key: &HeapKey) -> Seat {
        state.busy += 1;
        Seat { pool: self.clone(), key: key.clone() }
    }

    /// Takes back a heap that is as it was when it was sealed.
    fn put(&self, key: HeapKey, engine: Engine) {
        let mut state = self.state();
        state.idle.push(Idle { key, engine, since: Instant::now() });
        let mut freed = Vec::new();
        while state.bytes() > ACTION_HEAPS_BYTES {
            freed.push(state.idle.remove(0));
        }
        drop(state);
        drop(freed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn bytes(&self) -> usize {
        self.idle.iter().map(|idle| idle.engine.resident_bytes()).sum()
    }

    /// Takes out what nobody used for a while, to be dropped without the lock.
    fn expire(&mut self, now: Instant) -> Vec<Idle> {
        self.made.retain(|(_, at)| now.duration_since(*at) < ACTION_HEAPS_KEEP);
        let fresh = self.idle.partition_point(|idle| now.duration_since(idle.since) >= ACTION_HEAPS_KEEP);
        self.idle.drain(..fresh).collect()
    }

    /// Whether a heap of this module was made lately; notes that one is made now.
    fn was_made_lately(&mut self, key: &HeapKey, now: Instant) -> bool {
        match self.made.iter_mut().find(|(made, _)| made == key) {
            Some((_, at)) => {
                *at = now;
                true
            }
            None => {
                self.made.push((key.clone(), now));
                false
            }
        }
    }
}

impl Seat {
    /// Gives the heap back. It must be sealed.
    pub(super) fn give_back(self, mut engine: Engine) {
        engine.rewind();
        self.pool.put(self.key.clone(), engine);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.pool.state().busy -= 1;
    }
}

#[cfg(test)]
mod tests;
