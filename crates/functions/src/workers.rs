//! The worker threads: one JavaScript executor each, one shared queue of calls.
//!
//! A transaction begins when its call reaches a worker, not when the request arrives; the number of workers therefore
//! bounds how many transactions can conflict at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

use crate::limits::QUEUED_CALLS_MAX;
use crate::{ErrorKind, SystemError};

/// What a job finds on its thread.
pub(crate) struct Worker {
    pub executor: js::Executor,
}

type Job = Box<dyn FnOnce(&Worker) + Send>;

/// A fixed set of threads that run jobs in the order they came.
pub(crate) struct WorkerPool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    ready: Condvar,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl WorkerPool {
    /// Starts `count` threads.
    pub fn start(count: usize, executor: js::ExecutorOptions) -> std::io::Result<WorkerPool> {
        let queue = Arc::new(Queue::default());
        let mut threads = Vec::with_capacity(count);
        for number in 0..count.max(1) {
            let queue = queue.clone();
            let thread = std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .stack_size(js::WORKER_STACK_BYTES)
                .spawn(move || serve(&queue, &Worker { executor: js::Executor::new(executor) }))?;
            threads.push(thread);
        }
        Ok(WorkerPool { queue, threads: Mutex::new(threads) })
    }

    /// Queues a job.
    ///
    /// Errors: `TooManyConcurrentRequests` when the queue is full, `ShuttingDown` after [`WorkerPool::shutdown`].
    pub fn submit(&self, job: impl FnOnce(&Worker) + Send + 'static) -> Result<(), SystemError> {
        let mut state = self.queue.state.lock();
        if state.closed {
            return Err(SystemError::new(ErrorKind::Overloaded, "ShuttingDown", "The server is shutting down."));
        }
        if state.jobs.len() >= QUEUED_CALLS_MAX {
            return Err(SystemError::new(
                ErrorKind::Overloaded,
                "TooManyConcurrentRequests",
                format!("Too many concurrent requests: {QUEUED_CALLS_MAX} are waiting for a worker. Try again later."),
            ));
        }
        state.jobs.push_back(Box::new(job));
        drop(state);
        self.queue.ready.notify_one();
        Ok(())
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

fn serve(queue: &Queue, worker: &Worker) {
    loop {
        let job = {
            let mut state = queue.state.lock();
            loop {
                if let Some(job) = state.jobs.pop_front() {
                    break job;
                }
                if state.closed {
                    return;
                }
                queue.ready.wait(&mut state);
            }
        };
        // A panic is our bug; it must cost one call, not the thread that serves all others.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(worker))).is_err() {
            tracing::error!("a call panicked");
        }
    }
}
