//! The threads that run the JavaScript of actions.
//!
//! They are apart from the workers, so that actions and transactions share the processor but never wait for one
//! another. A step cannot be interrupted; when all threads are stuck in long ones, further threads are added, up to a
//! bound, and go again when there is nothing to do.
//!
//! Actions that have begun come before those that have not: what ends soon gives its heap to the next one, and a crowd
//! of callers does not make a crowd of heaps.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use platform::Platform;
use tokio::sync::oneshot;

use super::admission::shutting_down;
use crate::SystemError;
use crate::limits::{ACTION_STACK_BYTES, ACTION_THREADS_MAX};

/// No step has begun for this long while some wait: the threads are stuck.
const STALL: Duration = Duration::from_millis(100);
/// How long a thread waits for work before it tidies up; one that was added ends then.
const KEEP: Duration = Duration::from_secs(10);

/// With steps of both kinds waiting, every so many is the first one of an action, so that those begin whatever others do.
const FIRST_EVERY: u64 = 8;

type Job = Box<dyn FnOnce() + Send>;

/// Whether an action begins with a step, or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    First,
    Further,
}

pub(crate) struct StepPool {
    base: usize,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    ready: Condvar,
    /// What a thread does when it has had no step for [`KEEP`].
    tidy_up: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// First steps of actions, and further ones.
    first: VecDeque<Job>,
    further: VecDeque<Job>,
    /// Counts the steps that have begun.
    begun: u64,
    threads: usize,
    closed: bool,
}

impl State {
    fn is_idle(&self) -> bool {
        self.first.is_empty() && self.further.is_empty()
    }

    fn take(&mut self) -> Option<Job> {
        let first = self.begun.is_multiple_of(FIRST_EVERY);
        let job = match first {
            true => self.first.pop_front().or_else(|| self.further.pop_front()),
            false => self.further.pop_front().or_else(|| self.first.pop_front()),
        }?;
        self.begun += 1;
        Some(job)
    }
}

impl StepPool {
    /// Starts `threads` threads, which call `tidy_up` from time to time while there is nothing to do.
    pub fn start(threads: usize, tidy_up: impl Fn() + Send + Sync + 'static) -> std::io::Result<StepPool> {
        let shared = Shared { state: Mutex::default(), ready: Condvar::new(), tidy_up: Box::new(tidy_up) };
        let pool = StepPool { base: threads.max(1), shared: Arc::new(shared) };
        for _ in 0..pool.base {
            pool.spawn()?;
        }
        Ok(pool)
    }

    /// Runs `step` on one of the threads; one that is abandoned before it began does not run.
    ///
    /// Errors: `ShuttingDown`, and internal when the step panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        platform: &Platform,
        turn: Turn,
        step: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SystemError> {
        let (sender, mut receiver) = oneshot::channel();
        let job = move || {
            if !sender.is_closed() {
                drop(sender.send(step()));
            }
        };
        self.submit(turn, Box::new(job))?;
        loop {
            let begun = self.shared.state.lock().begun;
            tokio::select! {
                answer = &mut receiver => return answer.map_err(|_| self.unanswered()),
                () = platform.sleep(STALL) => self.relieve(begun),
            }
        }
    }

    /// Why a step went without an answer: a shutdown drops those that wait, nothing else does.
    fn unanswered(&self) -> SystemError {
        match self.shared.state.lock().closed {
            true => shutting_down(),
            false => SystemError::internal("a step of an action panicked"),
        }
    }

    fn submit(&self, turn: Turn, job: Job) -> Result<(), SystemError> {
        let mut state = self.shared.state.lock();
        if state.closed {
            return Err(shutting_down());
        }
        match turn {
            Turn::First => state.first.push_back(job),
            Turn::Further => state.further.push_back(job),
        }
        drop(state);
        self.shared.ready.notify_one();
        Ok(())
    }

    /// Adds a thread if nothing has begun since `begun` steps had.
    fn relieve(&self, begun: u64) {
        let stuck = {
            let state = self.shared.state.lock();
            let stuck = state.begun == begun && !state.is_idle();
            stuck && state.threads < ACTION_THREADS_MAX && !state.closed
        };
        if stuck && let Err(error) = self.spawn() {
            tracing::warn!(%error, "could not add a thread for actions");
        }
    }

    fn spawn(&self) -> std::io::Result<()> {
        let (shared, base) = (self.shared.clone(), self.base);
        let mut state = self.shared.state.lock();
        let builder = std::thread::Builder::new().name("actions".into()).stack_size(ACTION_STACK_BYTES);
        builder.spawn(move || serve(&shared, base))?;
        state.threads += 1;
        Ok(())
    }

    /// Runs no further steps. A thread in the middle of one ends after it; nobody waits for that, because it may
    /// take minutes.
    pub fn shutdown(&self) {
        let mut state = self.shared.state.lock();
        state.closed = true;
        state.first.clear();
        state.further.clear();
        drop(state);
        self.shared.ready.notify_all();
    }
}

fn serve(shared: &Shared, base: usize) {
    while let Some(job) = next(shared, base) {
        // A panic is our bug; it must cost one action, not the thread.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("a step of an action panicked");
        }
    }
}

/// The next step; none when the thread should end.
fn next(shared: &Shared, base: usize) -> Option<Job> {
    let mut state = shared.state.lock();
    loop {
        if let Some(job) = state.take() {
            return Some(job);
        }
        let waited_in_vain = !state.closed && shared.ready.wait_for(&mut state, KEEP).timed_out();
        if state.closed || (waited_in_vain && state.is_idle() && state.threads > base) {
            state.threads -= 1;
            return None;
        }
        if waited_in_vain && state.is_idle() {
            MutexGuard::unlocked(&mut state, &shared.tidy_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which one thread takes steps that wait.
    fn order(first: usize, further: usize) -> String {
        let (sender, taken) = std::sync::mpsc::channel();
        let job = |mark: char| -> Job {
            let sender = sender.clone();
            Box::new(move || sender.send(mark).expect("the test is there"))
        };
        let mut state = State::default();
        state.first.extend((0..first).map(|_| job('1')));
        state.further.extend((0..further).map(|_| job('+')));
        while let Some(job) = state.take() {
            job();
        }
        taken.try_iter().collect()
    }

    #[test]
    fn actions_that_have_begun_come_first_and_others_begin_too() {
        assert_eq!(order(3, 16), "1+++++++1+++++++1++");
        assert_eq!(order(3, 2), "1++11");
        assert_eq!(order(0, 3), "+++");
    }
}
