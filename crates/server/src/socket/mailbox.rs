//! What other tasks have to tell a connection. Invalidations coalesce, so the box stays small however busy the data.

use functions::{ActionResult, MutationResult, SystemError, Watch};
use parking_lot::Mutex;
use tokio::sync::Notify;
use value::Timestamp;

#[derive(Default)]
pub struct Mailbox {
    post: Mutex<Post>,
    arrived: Notify,
    stale_at: Mutex<Timestamp>,
}

/// Everything that has gathered.
#[derive(Default)]
pub struct Post {
    pub invalidated: bool,
    /// One running mutation and the running actions at most.
    pub finished: Vec<Finished>,
}

pub enum Finished {
    Mutation(Result<MutationResult, SystemError>),
    Action { request: u32, outcome: Result<ActionResult, SystemError> },
}

impl Mailbox {
    pub fn put(&self, finished: Finished) {
        self.post.lock().finished.push(finished);
        self.arrived.notify_one();
    }

    /// The newest commit that made a result of this connection stale. It may not be durable yet, so whatever is
    /// computed next must wait until it is, or it would find the stale result still good and nobody would tell again.
    pub fn stale_at(&self) -> Timestamp {
        *self.stale_at.lock()
    }

    /// Waits for post and takes all of it.
    pub async fn collect(&self) -> Post {
        loop {
            let post = std::mem::take(&mut *self.post.lock());
            if post.invalidated || !post.finished.is_empty() {
                return post;
            }
            self.arrived.notified().await;
        }
    }
}

impl Watch for Mailbox {
    fn stale(&self, at: Timestamp) {
        {
            let mut stale_at = self.stale_at.lock();
            *stale_at = at.max(*stale_at);
        }
        self.post.lock().invalidated = true;
        self.arrived.notify_one();
    }
}
