//! How many actions exist at once, and how much memory they hold.
//!
//! Whoever calls an action waits in line for a place. An action that calls another one does not: it holds a place
//! itself while it waits, so that a full line could never move again.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::ActionOptions;
use crate::{ErrorKind, SystemError};

pub(crate) struct Admission {
    running_max: usize,
    queued_max: usize,
    resident_bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    nested: usize,
    resident_bytes: usize,
    waiting: VecDeque<oneshot::Sender<Permit>>,
    closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Running,
    Nested,
    Job,
}

/// How many actions there are, those of jobs excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub running: usize,
    /// Callers that wait for a place.
    pub waiting: usize,
}

/// A place for one action; given back when dropped.
pub(crate) struct Permit {
    admission: Arc<Admission>,
    place: Place,
    resident_bytes: usize,
}

impl Admission {
    pub fn new(options: &ActionOptions) -> Arc<Admission> {
        Arc::new(Admission {
            running_max: options.running_max.max(1),
            queued_max: options.queued_max,
            resident_bytes_max: options.resident_bytes_max,
            state: Mutex::default(),
        })
    }

    /// Waits in line for a place.
    ///
    /// Errors: `TooManyConcurrentRequests` when the line is full, `ShuttingDown`.
    pub async fn enter(self: &Arc<Self>) -> Result<Permit, SystemError> {
        let receiver = {
            let mut state = self.state.lock();
            if state.closed {
                return Err(shutting_down());
            }
            if state.waiting.is_empty() && self.has_room(&state) {
                state.running += 1;
                return Ok(self.permit(Place::Running));
            }
            // Callers that went away hold no place in the line.
            if state.waiting.len() >= self.queued_max {
                state.waiting.retain(|waiting| !waiting.is_closed());
            }
            if state.waiting.len() >= self.queued_max {
                return Err(self.full(self.running_max, self.queued_max));
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.push_back(sender);
            receiver
        };
        receiver.await.map_err(|_| shutting_down())
    }

    /// Takes a place for an action that another one called.
    ///
    /// Errors: `TooManyConcurrentRequests` when there is none, `ShuttingDown`.
    pub fn enter_nested(self: &Arc<Self>) -> Result<Permit, SystemError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(shutting_down());
        }
        if state.nested >= self.running_max {
            return Err(self.full(state.nested, 0));
        }
        state.nested += 1;
        Ok(self.permit(Place::Nested))
    }

    /// Takes a place for a job; whoever starts jobs bounds their number.
    ///
    /// Errors: `ShuttingDown`.
    pub fn enter_job(self: &Arc<Self>) -> Result<Permit, SystemError> {
        match self.state.lock().closed {
            true => Err(shutting_down()),
            false => Ok(self.permit(Place::Job)),
        }
    }

    /// How many actions run and wait right now.
    pub fn line(&self) -> Line {
        let state = self.state.lock();
        let waiting = state.waiting.iter().filter(|waiting| !waiting.is_closed()).count();
        Line { running: state.running + state.nested, waiting }
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.waiting.clear();
    }

    fn has_room(&self, state: &State) -> bool {
        // One action alone must be able to run, however much it holds.
        let has_memory = state.resident_bytes < self.resident_bytes_max || state.running == 0;
        state.running < self.running_max && has_memory
    }

    fn permit(self: &Arc<Self>, place: Place) -> Permit {
        Permit { admission: self.clone(), place, resident_bytes: 0 }
    }

    fn full(&self, running: usize, queued: usize) -> SystemError {
        let waiting = if queued == 0 { String::new() } else { format!(" and {queued} are waiting") };
        SystemError::new(
            ErrorKind::Overloaded,
            "TooManyConcurrentRequests",
            format!("Too many concurrent requests: {running} actions are running{waiting}. Try again later."),
        )
    }

    /// Admits from the head of the line while there is room.
    fn admit(self: &Arc<Self>) {
        loop {
            let waiting = {
                let mut state = self.state.lock();
                if !self.has_room(&state) {
                    return;
                }
                let Some(waiting) = state.waiting.pop_front() else { return };
                if waiting.is_closed() {
                    continue;
                }
                state.running += 1;
                waiting
            };
            // Outside the lock: the place of a caller that just went away comes back at once.
            drop(waiting.send(self.permit(Place::Running)));
        }
    }
}

impl Permit {
    /// Notes what the action's heap takes now.
    pub fn hold(&mut self, resident_bytes: usize) {
        let shrank = resident_bytes < self.resident_bytes;
        {
            let mut state = self.admission.state.lock();
            state.resident_bytes = state.resident_bytes - self.resident_bytes + resident_bytes;
        }
        self.resident_bytes = resident_bytes;
        if shrank {
            self.admission.admit();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut state = self.admission.state.lock();
            state.resident_bytes -= self.resident_bytes;
            match self.place {
                Place::Running => state.running -= 1,
                Place::Nested => state.nested -= 1,
                Place::Job => {}
            }
        }
        self.admission.admit();
    }
}

pub(super) fn shutting_down() -> SystemError {
    SystemError::new(ErrorKind::Overloaded, "ShuttingDown", "The server is shutting down.")
}
