//! What other tasks have to tell a connection. Invalidations coalesce, so the box stays small however busy the data.

use functions::{ActionResult, MutationResult, SystemError, Watch};
use parking_lot::Mutex;
use tokio::sync::Notify;
use value::Timestamp;

#[derive(Default)]
pub struct Mailbox {
    post: Mutex<Post>,
    arrived: Notify,
}

/// Everything that has gathered.
#[derive(Default)]
pub struct Post {
    /// The newest commit that made a result stale.
    pub invalidated: Option<Timestamp>,
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

    /// Waits for post and takes all of it.
    pub async fn collect(&self) -> Post {
        loop {
            let post = std::mem::take(&mut *self.post.lock());
            if post.invalidated.is_some() || !post.finished.is_empty() {
                return post;
            }
            self.arrived.notified().await;
        }
    }
}

impl Watch for Mailbox {
    fn stale(&self, at: Timestamp) {
        let mut post = self.post.lock();
        post.invalidated = post.invalidated.max(Some(at));
        drop(post);
        self.arrived.notify_one();
    }
}
