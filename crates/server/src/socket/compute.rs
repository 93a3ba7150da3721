//! Brings a session's queries to one timestamp.

use std::sync::{Arc, Weak};

use functions::{QueryResult, Runtime, SystemError, Watch};
use futures_util::future::try_join_all;
use sync::{Computation, PendingQuery, QueryId, Snapshot};

use crate::socket::mailbox::Mailbox;

/// Runs what is no longer valid, keeps the rest, and has `mailbox` told of the first change after that.
///
/// Errors: the first failure that is not a result.
pub async fn compute(
    runtime: Runtime,
    computation: Computation,
    mailbox: Arc<Mailbox>,
) -> Result<Snapshot, SystemError> {
    let ts = runtime.wait_latest(computation.at_least).await?;
    let results = computation.queries.into_iter().map(|query| bring_to(&runtime, query, ts, &mailbox));
    Ok(Snapshot { ts, results: try_join_all(results).await? })
}

async fn bring_to(
    runtime: &Runtime,
    query: PendingQuery,
    ts: value::Timestamp,
    mailbox: &Arc<Mailbox>,
) -> Result<(QueryId, Arc<QueryResult>), SystemError> {
    if let Some(previous) = query.previous
        && previous.valid_at(ts)
    {
        return Ok((query.id, previous));
    }
    let result = runtime.query(&query.request, ts).await?;
    let watcher: Weak<Mailbox> = Arc::downgrade(mailbox);
    result.watch(watcher as Weak<dyn Watch>);
    Ok((query.id, result))
}
