//! The sync thread: one append for everything that is queued, then everything that may follow it.

use std::{
    mem,
    sync::{Arc, atomic::Ordering},
    thread,
};

use storage::Commit;
use value::Timestamp;

use super::{AfterSync, Committer, Queued};
use crate::{database::Shared, limits::RECENT_GRACE_NS, recent::Touched};

/// Commits forgotten in one go after each batch, beyond twice its own. Count.
const PRUNE_EXTRA: usize = 64;

/// Runs until the committer is stopped and its queue is empty.
pub fn sync_loop(shared: Arc<Shared>) {
    let _guard = RefuseOnPanic(&shared);
    let mut head = shared.durable();
    while let Some(batch) = shared.committer.take_batch() {
        let (commits, batch): (Vec<Commit>, Vec<AfterSync>) =
            batch.into_iter().map(|queued| (queued.commit, queued.then)).unzip();
        let Some(last) = commits.last().map(|commit| commit.ts) else {
            continue;
        };
        match shared.engine.append(head, &commits) {
            Ok(()) => {
                head = last;
                shared.committer.counts.commits.fetch_add(commits.len() as u64, Ordering::Relaxed);
                shared.committer.counts.batches.fetch_add(1, Ordering::Relaxed);
                publish(&shared, batch, last);
            }
            Err(error) => {
                let reason = format!("writing to disk failed: {error}");
                tracing::error!(%error, "commits are refused from now on");
                return shared.committer.refuse(&shared, &reason, batch);
            }
        }
    }
    shared.committer.refuse(&shared, "the database is shut down", Vec::new());
}

/// Without its thread the queue would take commits that nobody ever answers.
struct RefuseOnPanic<'a>(&'a Shared);

impl Drop for RefuseOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!("the sync thread panicked; commits are refused from now on");
            self.0.committer.refuse(self.0, "writing to disk ended unexpectedly", Vec::new());
        }
    }
}

/// Shows a durable batch to the world, in the order others rely on.
fn publish(shared: &Shared, batch: Vec<AfterSync>, last: Timestamp) {
    let touched: Vec<Arc<Touched>> = batch.iter().map(|queued| queued.touched.clone()).collect();
    shared.subscriptions.notify(&touched);
    shared.publish_durable(last);
    let mut rows = Vec::with_capacity(batch.len());
    let mut catalog_changed = false;
    let count = batch.len();
    for queued in batch {
        // Whoever gave up waiting does not need to know.
        let _ = queued.done.send(Ok(()));
        rows.push(queued.rows);
        catalog_changed |= queued.catalog_changed;
    }
    shared.committer.complete_readers(last);
    shared.overlay.remove(last, rows.iter().flatten());
    shared.committer.prune(shared, last, 2 * count + PRUNE_EXTRA);
    if catalog_changed {
        shared.worker.catalog_changed();
        shared.derived.tick();
    }
}

impl Committer {
    /// Waits for commits and takes all of them; `None` once stopped and empty.
    fn take_batch(&self) -> Option<Vec<Queued>> {
        let mut queue = self.queue.lock();
        while queue.commits.is_empty() {
            if queue.stopping {
                return None;
            }
            self.queue_filled.wait(&mut queue);
        }
        queue.bytes = 0;
        let batch = mem::take(&mut queue.commits);
        self.queue_drained.notify_all();
        Some(batch)
    }

    fn complete_readers(&self, durable: Timestamp) {
        let mut queue = self.queue.lock();
        if queue.readers.is_empty() {
            return;
        }
        let (done, waiting): (Vec<_>, Vec<_>) =
            mem::take(&mut queue.readers).into_iter().partition(|(ts, _)| *ts <= durable);
        queue.readers = waiting;
        drop(queue);
        for (_, done) in done {
            let _ = done.send(Ok(()));
        }
    }

    /// Forgets writes no running transaction can conflict with.
    pub fn prune(&self, shared: &Shared, durable: Timestamp, budget: usize) {
        let grace = Timestamp(durable.0.saturating_sub(RECENT_GRACE_NS));
        let horizon = shared.oldest_active().unwrap_or(grace).min(grace);
        self.state.lock().recent.prune(horizon, budget);
    }

    /// Fails everything that waits, and everything that comes.
    fn refuse(&self, shared: &Shared, reason: &str, batch: Vec<AfterSync>) {
        self.state.lock().refused = Some(reason.to_owned());
        let mut queue = self.queue.lock();
        queue.refused = Some(reason.to_owned());
        let commits = mem::take(&mut queue.commits);
        let readers = mem::take(&mut queue.readers);
        drop(queue);
        shared.refusing.send_replace(true);
        self.queue_drained.notify_all();
        let waiting = batch.into_iter().chain(commits.into_iter().map(|queued| queued.then)).map(|then| then.done);
        for done in waiting.chain(readers.into_iter().map(|(_, done)| done)) {
            let _ = done.send(Err(reason.to_owned()));
        }
    }
}
