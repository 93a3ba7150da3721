//! Starts one due job: a mutation on a worker, an action as a task.
//!
//! A mutation changes its job's row in the transaction of its own writes. An action's row says `inProgress`, durably,
//! before the action begins, so that it runs at most once whatever happens.

use std::sync::Arc;
use std::time::Duration;

use value::DocumentId;

use super::backlog::Slot;
use super::dispatch::{After, Signal};
use crate::actions::{self, Origin};
use crate::files::commit;
use crate::limits::{CRON_RETRY_WAIT_MAX, JOB_RETRY_WAIT_MAX};
use crate::mutations::{self, Bookkeeping, RunLog};
use crate::runtime::{Inner, database_error};
use crate::workers::Lane;
use crate::{ActionResult, CallRequest, FunctionKind, RequestId, SystemError};

/// Wait after a first failure of the service before a job is looked at again.
const RETRY_WAIT: Duration = Duration::from_millis(500);
/// What a job says whose action was not seen to end.
pub(super) const TRANSIENT: &str = "Transient error while executing action";

/// A job that is about to start.
pub(super) struct Launch {
    pub row: DocumentId,
    pub call: CallRequest,
    pub bookkeeping: Bookkeeping,
    pub slot: Slot,
}

/// Which slot a call takes: that of an action, or that of anything else.
pub(super) fn slot_of(inner: &Inner, call: &CallRequest) -> Slot {
    let kind = inner.deployment_at(value::Timestamp::MAX).function(&call.path).map(|function| function.kind);
    if kind == Some(FunctionKind::Action) { Slot::Action } else { Slot::Worker }
}

/// Errors: too many calls are waiting already; nothing would wake the dispatcher for this job again.
pub(super) fn launch(inner: &Arc<Inner>, signal: &Arc<Signal>, launch: Launch) -> Result<(), SystemError> {
    let Launch { row, mut call, bookkeeping, slot } = launch;
    let mut id = [0; 8];
    inner.platform.fill_random(&mut id);
    call.request_id = RequestId(hex::encode(id).into());
    let (after, wait_max) = match &bookkeeping {
        Bookkeeping::Cron(_) => (After::ComesAgain, CRON_RETRY_WAIT_MAX),
        Bookkeeping::Job(_) | Bookkeeping::None | Bookkeeping::Session(_) | Bookkeeping::Under(_) => {
            (After::Finished, JOB_RETRY_WAIT_MAX)
        }
    };
    // Also when the job panics or is dropped: otherwise its row would count as running until the next start.
    let done = Done { signal: signal.clone(), row, after };
    let shared = inner.clone();
    match slot {
        Slot::Worker => inner.submit(Lane::Background, move |worker| {
            if let Err(error) = mutations::run_job(&shared, worker, &call, bookkeeping) {
                try_again(&shared, done, wait_max, &error);
            }
        }),
        Slot::Never => Ok(()),
        Slot::Action => {
            inner.files.handle().spawn(async move {
                if let Err(error) = run_action(&shared, call, bookkeeping).await {
                    try_again(&shared, done, wait_max, &error);
                }
            });
            Ok(())
        }
    }
}

/// Lets the dispatcher see a job again, but not at once, and later each time.
fn try_again(inner: &Arc<Inner>, mut done: Done, wait_max: Duration, error: &SystemError) {
    done.after = After::Failed;
    let wait = retry_wait(done.signal.failed(done.row), wait_max);
    tracing::warn!(row = %done.row, ?wait, %error, "a job will be tried again");
    let platform = inner.platform.clone();
    inner.files.handle().spawn(async move {
        platform.sleep(wait).await;
        drop(done);
    });
}

/// The wait after a job's nth failure in a row, the first of which is 1.
fn retry_wait(failures: u32, wait_max: Duration) -> Duration {
    RETRY_WAIT.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(wait_max)
}

/// Takes a job off the running ones, whichever way it ended.
struct Done {
    signal: Arc<Signal>,
    row: DocumentId,
    after: After,
}

impl Drop for Done {
    fn drop(&mut self) {
        self.signal.done(self.row, self.after);
    }
}

/// Claims the job, runs the action, notes how it ended.
///
/// Errors: the job could not be claimed and is still pending.
async fn run_action(inner: &Arc<Inner>, call: CallRequest, bookkeeping: Bookkeeping) -> Result<(), SystemError> {
    let started = inner.platform.monotonic();
    if !claim(inner, &bookkeeping).await? {
        return Ok(());
    }
    let job = match &bookkeeping {
        Bookkeeping::Job(job) => Some(*job),
        Bookkeeping::None | Bookkeeping::Session(_) | Bookkeeping::Cron(_) | Bookkeeping::Under(_) => None,
    };
    let path = call.path.clone();
    let result = actions::call(&inner.handle(), call, Origin::Job(job)).await;
    if inner.actions.stop.is_cancelled() {
        // The next start finds the row in progress and says so.
        return Ok(());
    }
    let result = result.unwrap_or_else(|error| {
        tracing::warn!(%path, %error, "a scheduled action could not run to its end");
        ActionResult { outcome: Err(crate::FunctionError::new(TRANSIENT)), log_lines: Arc::from([]) }
    });
    let seconds = inner.platform.monotonic().saturating_sub(started).as_secs_f64();
    // Without its end the row would stay in progress for ever.
    while let Err(error) = settle(inner, &bookkeeping, &result, seconds).await {
        tracing::warn!(%path, %error, "the end of a scheduled action could not be stored yet");
        if inner.actions.stop.is_cancelled() {
            break;
        }
        inner.platform.sleep(RETRY_WAIT).await;
    }
    Ok(())
}

/// Notes, durably, that the action is about to run; false if it need not.
async fn claim(inner: &Arc<Inner>, bookkeeping: &Bookkeeping) -> Result<bool, SystemError> {
    let bookkeeping = bookkeeping.clone();
    committed(inner, move |inner, tx| Ok(bookkeeping.begin(tx, inner.platform.now_ns())?.is_none())).await
}

async fn settle(
    inner: &Arc<Inner>,
    bookkeeping: &Bookkeeping,
    result: &ActionResult,
    seconds: f64,
) -> Result<(), SystemError> {
    let (bookkeeping, result) = (bookkeeping.clone(), result.clone());
    committed(inner, move |inner, tx| {
        let value = result.outcome.as_ref().map(|json| value::Value::parse_json(json).unwrap_or(value::Value::Null));
        let outcome = match &value {
            Ok(value) => Ok(value),
            Err(error) => Err(*error),
        };
        let log = RunLog { lines: &result.log_lines, seconds };
        bookkeeping.end(tx, outcome, &log, inner.platform.now_ms()).map(drop)
    })
    .await
}

/// Runs `work` in a transaction on a worker, between the calls of users, and waits until it is durable.
async fn committed<T: Send + 'static>(
    inner: &Arc<Inner>,
    mut work: impl FnMut(&Inner, &mut db::Transaction) -> Result<T, db::Error> + Send + 'static,
) -> Result<T, SystemError> {
    let shared = inner.clone();
    let ran = inner.run_job(move |_| commit(&shared, "scheduler", |tx| work(&shared, tx))).await?;
    let (value, pending) = ran.map_err(database_error)?;
    pending.durable().await.map_err(database_error)?;
    Ok(value)
}

#[cfg(test)]
mod tests;
