//! What a start does about actions that a crash or a shutdown has interrupted: they began, nobody saw them end, and
//! they must not begin again.

use std::collections::BTreeSet;

use db::{Document, Namespace, Operator, Order, Query, RangeBound, RangeOp, Source, Transaction};
use value::{Timestamp, Value};

use super::launch::TRANSIENT;
use super::{BY_STATE, TABLE, finish, state};
use crate::crons::{self, run::CronRun};
use crate::deploy::tables::lift_limits;
use crate::files::commit;
use crate::mutations::RunLog;
use crate::runtime::Inner;

/// Jobs failed in one transaction.
const BATCH: usize = 256;

/// Fails every job and every cron run that is in progress. Only before jobs are started.
pub(super) fn fail_interrupted(inner: &Inner) {
    let deployment = inner.deployment_at(Timestamp::MAX);
    let mounted = deployment.components.values().map(|code| code.namespace);
    // An action can be interrupted after its component was unmounted, too.
    let mut namespaces: BTreeSet<Namespace> = mounted.chain(deployment.unmounted.values().copied()).collect();
    namespaces.insert(Namespace::ROOT);
    namespaces.into_iter().for_each(|namespace| fail_in(inner, namespace));
}

fn fail_in(inner: &Inner, namespace: Namespace) {
    for agenda in [&JOBS, &CRONS] {
        loop {
            match fail_some(inner, namespace, agenda) {
                Ok(0) => break,
                Ok(count) => tracing::info!(count, "scheduled actions were interrupted and count as failed"),
                Err(error) => {
                    tracing::error!(%error, "interrupted actions could not be marked as failed");
                    break;
                }
            }
        }
    }
}

/// Where actions in progress are found, and how one of them becomes a failed one.
struct Agenda {
    table: &'static str,
    index: &'static str,
    state_field: &'static str,
    fail: fn(&mut Transaction, Namespace, &Document, f64) -> Result<(), db::Error>,
}

const JOBS: Agenda = Agenda { table: TABLE, index: BY_STATE, state_field: "state.kind", fail: fail_job };
const CRONS: Agenda =
    Agenda { table: crons::NEXT_RUNS, index: crons::BY_NEXT, state_field: "state.type", fail: fail_cron };

fn fail_some(inner: &Inner, namespace: Namespace, agenda: &Agenda) -> Result<usize, db::Error> {
    let now_ms = inner.platform.now_ms();
    let (count, pending) = commit(inner, "scheduler", |tx| {
        lift_limits(tx);
        let range = vec![RangeBound {
            field: agenda.state_field.into(),
            op: RangeOp::Eq,
            value: Some(Value::String(crons::IN_PROGRESS.into())),
        }];
        let (table, index) = (agenda.table.into(), agenda.index.into());
        let source = Source::IndexRange { table, index, range, order: Order::Ascending };
        let mut rows = tx.query(namespace, Query { source, operators: vec![Operator::Limit(BATCH)] })?;
        let mut interrupted = Vec::new();
        while let Some(row) = tx.next(&mut rows)? {
            interrupted.push(row);
        }
        for row in &interrupted {
            (agenda.fail)(tx, namespace, row, now_ms)?;
        }
        Ok::<_, db::Error>(interrupted.len())
    })?;
    pending.wait()?;
    Ok(count)
}

fn fail_job(tx: &mut Transaction, namespace: Namespace, row: &Document, now_ms: f64) -> Result<(), db::Error> {
    finish(tx, namespace, row.id, state("failed", Some(TRANSIENT)), now_ms)
}

/// The run is over with a row in the log of its job; the next one comes at its time.
fn fail_cron(tx: &mut Transaction, namespace: Namespace, row: &Document, _: f64) -> Result<(), db::Error> {
    match CronRun::interrupted(tx, namespace, row)? {
        Some(run) => run.end(tx, Err(TRANSIENT), &RunLog { lines: &[], seconds: 0.0 }),
        None => tx.delete(namespace, row.id).map(drop),
    }
}
