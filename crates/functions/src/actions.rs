//! Actions: functions that wait for the world.
//!
//! An action is one asynchronous task around a heap of its own. A *step* runs its JavaScript on one of a few threads
//! until nothing is left to do; the operations it started meanwhile are futures of the task, and what they come to
//! makes the next step. An action that waits holds memory and nothing else.
//!
//! - [`operations`] — what an action may ask of the server, in whichever runtime it runs.
//! - `admission` — how many actions exist at once, and how much memory they hold.
//! - `steps` — the threads, apart from the workers of queries and mutations.
//! - `drive` — the task: starts operations, gathers answers, steps.
//! - `platform` — what the default runtime's web platform asks for: timers, files; `crate::fetch` does the rest.
//! - [`http`] — HTTP actions: a request in, a response out, both streaming.
//!
//! **Invariant:** user code of one action begins at most once; nothing here tries again.

mod admission;
mod call;
mod drive;
mod host;
pub mod http;
pub(crate) mod log;
pub mod operations;
mod platform;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::fetch::FetchClient;
use crate::limits::{
    ACTION_HEAP_BYTES_MAX, ACTION_WALL_TIME, ACTIONS_QUEUED_MAX, ACTIONS_RESIDENT_BYTES_MAX, ACTIONS_RUNNING_MAX,
    JOB_ACTIONS_RUNNING_MAX,
};
use admission::Admission;
use steps::StepPool;

pub(crate) use admission::Permit;
pub(crate) use call::{Origin, Outcome, call, check_call, check_returned};

/// Bounds of actions.
#[derive(Clone, Debug)]
pub struct ActionOptions {
    /// Threads that run the JavaScript of actions; more are added only while all of these are stuck in long steps.
    pub threads: usize,
    /// Actions under way at once that clients asked for, and as many again that actions asked for.
    pub running_max: usize,
    /// Actions that may wait until others are done.
    pub queued_max: usize,
    /// Scheduled and cron actions under way at once.
    pub jobs_running_max: usize,
    /// Heap bytes of all actions together beyond which no further one begins.
    pub resident_bytes_max: usize,
    /// How long one action may take, waiting included.
    pub wall_time: Duration,
    /// How long one action may spend in JavaScript.
    pub user_time: Duration,
    /// Heap bytes of one action.
    pub heap_bytes: usize,
}

impl Default for ActionOptions {
    fn default() -> ActionOptions {
        ActionOptions {
            threads: std::thread::available_parallelism().map_or(2, |n| n.get()),
            running_max: ACTIONS_RUNNING_MAX,
            queued_max: ACTIONS_QUEUED_MAX,
            jobs_running_max: JOB_ACTIONS_RUNNING_MAX,
            resident_bytes_max: ACTIONS_RESIDENT_BYTES_MAX,
            wall_time: ACTION_WALL_TIME,
            user_time: js::limits::ACTION_USER_TIME,
            heap_bytes: ACTION_HEAP_BYTES_MAX,
        }
    }
}

/// What all actions of a runtime share.
pub(crate) struct Actions {
    pub admission: Arc<Admission>,
    pub steps: StepPool,
    pub heaps: Arc<js::HeapPool>,
    pub fetch: FetchClient,
    /// Ends all actions when the runtime shuts down.
    pub stop: CancellationToken,
}

impl Actions {
    pub fn start(options: &ActionOptions) -> std::io::Result<Actions> {
        let heaps = Arc::<js::HeapPool>::default();
        let idle_heaps = heaps.clone();
        Ok(Actions {
            admission: Admission::new(options),
            steps: StepPool::start(options.threads, move || idle_heaps.trim())?,
            heaps,
            fetch: FetchClient::default(),
            stop: CancellationToken::new(),
        })
    }

    /// Ends running actions and lets no further ones begin.
    pub fn shutdown(&self) {
        self.stop.cancel();
        self.admission.close();
        self.steps.shutdown();
    }
}

#[cfg(test)]
pub(crate) mod tests;
