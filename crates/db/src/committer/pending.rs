//! The handle a committer gives out: resolves when the commit is durable.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::sync::oneshot;
use value::Timestamp;

use crate::error::Error;

/// A validated commit on its way to the disk.
#[must_use = "a commit may only be acknowledged once it is durable"]
#[derive(Debug)]
pub struct Pending {
    /// The commit timestamp; for a transaction that wrote nothing, its snapshot.
    pub ts: Timestamp,
    /// `None` when everything is durable already.
    waiting: Option<oneshot::Receiver<Result<(), String>>>,
}

impl Pending {
    pub(super) fn waiting(ts: Timestamp, waiting: oneshot::Receiver<Result<(), String>>) -> Pending {
        Pending { ts, waiting: Some(waiting) }
    }

    pub(super) fn durable_already(ts: Timestamp) -> Pending {
        Pending { ts, waiting: None }
    }

    /// Waits until the commit, and everything it saw, is durable.
    pub async fn durable(self) -> Result<Timestamp, Error> {
        match self.waiting {
            None => Ok(self.ts),
            Some(waiting) => settle(self.ts, waiting.await),
        }
    }

    /// As `durable`, blocking this thread.
    pub fn wait(self) -> Result<Timestamp, Error> {
        match self.waiting {
            None => Ok(self.ts),
            Some(waiting) => settle(self.ts, block_on(waiting)),
        }
    }
}

/// Parks this thread until the future is ready. Unlike tokio's own this may be used on any thread.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn settle(ts: Timestamp, result: Result<Result<(), String>, oneshot::error::RecvError>) -> Result<Timestamp, Error> {
    match result {
        Ok(Ok(())) => Ok(ts),
        Ok(Err(reason)) => Err(Error::Refused(reason)),
        Err(_) => Err(Error::Refused("the database was shut down".into())),
    }
}
