//! The worker threads: one JavaScript executor each, one shared queue of calls.
//!
//! Calls that somebody waits for go before scheduled jobs. A transaction begins when its call reaches a worker, not
//! when the request arrives; the number of workers therefore bounds how many transactions can conflict at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

use crate::limits::QUEUED_CALLS_MAX;
use crate::{ErrorKind, SystemError};

/// What a job finds on its thread.
pub(crate) struct Worker {
    pub executor: js::Executor,
}

type Job = Box<dyn FnOnce(&Worker) + Send>;

/// Where a job stands in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Somebody waits for it.
    Call,
    /// It runs between calls: after each eighth one at the latest, so that it is not starved either.
    Background,
}

/// Calls that go before a background job that waits. Count.
const CALLS_BEFORE_BACKGROUND: u32 = 7;

/// A fixed set of threads that run the jobs of each lane in the order they came.
pub(crate) struct WorkerPool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the workers are up to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WorkerStats {
    pub threads: usize,
    pub busy: usize,
    pub queued: usize,
    /// Idle heap images of all workers, and their resident bytes.
    pub images: usize,
    pub image_bytes: usize,
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    ready: Condvar,
    workers: Vec<Shown>,
}

/// What one worker shows of itself; only its own thread looks into its executor.
#[derive(Default)]
struct Shown {
    busy: AtomicBool,
    images: AtomicUsize,
    image_bytes: AtomicUsize,
}

impl Shown {
    fn refresh(&self, executor: &js::Executor) {
        let (images, bytes) = executor.idle_images();
        self.images.store(images, Ordering::Relaxed);
        self.image_bytes.store(bytes, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct QueueState {
    calls: VecDeque<Job>,
    background: VecDeque<Job>,
    /// Calls that went before a background job since the last one ran.
    passed: u32,
    closed: bool,
}

impl QueueState {
    fn len(&self) -> usize {
        self.calls.len() + self.background.len()
    }

    fn push(&mut self, lane: Lane, job: Job) {
        match lane {
            Lane::Call => self.calls.push_back(job),
            Lane::Background => self.background.push_back(job),
        }
    }

    fn pop(&mut self) -> Option<Job> {
        let background_waits = !self.background.is_empty();
        if background_waits && self.passed >= CALLS_BEFORE_BACKGROUND || self.calls.is_empty() {
            self.passed = 0;
            return self.background.pop_front();
        }
        self.passed += u32::from(background_waits);
        self.calls.pop_front()
    }
}

impl WorkerPool {
    /// Starts `count` threads.
    pub fn start(count: usize, executor: js::ExecutorOptions) -> std::io::Result<WorkerPool> {
        let count = count.max(1);
        let workers = (0..count).map(|_| Shown::default()).collect();
        let queue = Arc::new(Queue { workers, ..Queue::default() });
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let queue = queue.clone();
            let thread =
                std::thread::Builder::new().name(format!("worker-{number}")).stack_size(js::WORKER_STACK_BYTES).spawn(
                    move || serve(&queue, &queue.workers[number], &Worker { executor: js::Executor::new(executor) }),
                )?;
            threads.push(thread);
        }
        Ok(WorkerPool { queue, threads: Mutex::new(threads) })
    }

    /// Queues a job.
    ///
    /// Errors: `TooManyConcurrentRequests` when the queue is full, `ShuttingDown` after [`WorkerPool::shutdown`].
    pub fn submit(&self, lane: Lane, job: impl FnOnce(&Worker) + Send + 'static) -> Result<(), SystemError> {
        let mut state = self.queue.state.lock();
        if state.closed {
            return Err(SystemError::new(ErrorKind::Overloaded, "ShuttingDown", "The server is shutting down."));
        }
        if state.len() >= QUEUED_CALLS_MAX {
            return Err(SystemError::new(
                ErrorKind::Overloaded,
                "TooManyConcurrentRequests",
                format!("Too many concurrent requests: {QUEUED_CALLS_MAX} are waiting for a worker. Try again later."),
            ));
        }
        state.push(lane, Box::new(job));
        drop(state);
        self.queue.ready.notify_one();
        Ok(())
    }

    pub fn stats(&self) -> WorkerStats {
        let queued = self.queue.state.lock().len();
        let start = WorkerStats { threads: self.queue.workers.len(), queued, ..WorkerStats::default() };
        self.queue.workers.iter().fold(start, |sum, worker| WorkerStats {
            busy: sum.busy + usize::from(worker.busy.load(Ordering::Relaxed)),
            images: sum.images + worker.images.load(Ordering::Relaxed),
            image_bytes: sum.image_bytes + worker.image_bytes.load(Ordering::Relaxed),
            ..sum
        })
    }

    /// Finishes the queued jobs and joins the threads.
    pub fn shutdown(&self) {
        self.queue.state.lock().closed = true;
        self.queue.ready.notify_all();
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a worker thread panicked");
            }
        }
    }
}

/// Calls after which a busy worker shows its images anew; an idle one does so before it waits.
const CALLS_BETWEEN_REFRESHES: u32 = 256;

fn serve(queue: &Queue, shown: &Shown, worker: &Worker) {
    let mut calls = 0u32;
    loop {
        let job = {
            let mut state = queue.state.lock();
            loop {
                if let Some(job) = state.pop() {
                    break job;
                }
                if state.closed {
                    return;
                }
                shown.refresh(&worker.executor);
                queue.ready.wait(&mut state);
            }
        };
        calls = calls.wrapping_add(1);
        if calls.is_multiple_of(CALLS_BETWEEN_REFRESHES) {
            shown.refresh(&worker.executor);
        }
        shown.busy.store(true, Ordering::Relaxed);
        // A panic is our bug; it must cost one call, not the thread that serves all others.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(worker))).is_err() {
            tracing::error!("a call panicked");
        }
        shown.busy.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
