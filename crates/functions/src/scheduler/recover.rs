//! What a start does about actions that a crash or a shutdown has interrupted: they began, nobody saw them end, and
//! they must not begin again.

use std::collections::BTreeSet;

use db::{Namespace, Operator, Order, Query, RangeBound, RangeOp, Source};
use value::{Timestamp, Value};

use super::launch::TRANSIENT;
use super::{BY_STATE, TABLE, finish, state};
use crate::deploy::tables::lift_limits;
use crate::files::commit;
use crate::runtime::Inner;

/// Jobs failed in one transaction.
const BATCH: usize = 256;

/// Fails every job that is in progress. Only before jobs are started.
pub(super) fn fail_interrupted(inner: &Inner) {
    let deployment = inner.deployment_at(Timestamp::MAX);
    let mounted = deployment.components.values().map(|code| code.namespace);
    // An action can be interrupted after its component was unmounted, too.
    let mut namespaces: BTreeSet<Namespace> = mounted.chain(deployment.unmounted.values().copied()).collect();
    namespaces.insert(Namespace::ROOT);
    namespaces.into_iter().for_each(|namespace| fail_in(inner, namespace));
}

fn fail_in(inner: &Inner, namespace: Namespace) {
    loop {
        match fail_some(inner, namespace) {
            Ok(0) => return,
            Ok(count) => tracing::info!(count, "scheduled actions were interrupted and count as failed"),
            Err(error) => {
                tracing::error!(%error, "interrupted actions could not be marked as failed");
                return;
            }
        }
    }
}

fn fail_some(inner: &Inner, namespace: Namespace) -> Result<usize, db::Error> {
    let now_ms = inner.platform.now_ms();
    let (count, pending) = commit(inner, "scheduler", |tx| {
        lift_limits(tx);
        let range = vec![RangeBound {
            field: "state.kind".into(),
            op: RangeOp::Eq,
            value: Some(Value::String("inProgress".into())),
        }];
        let source = Source::IndexRange { table: TABLE.into(), index: BY_STATE.into(), range, order: Order::Ascending };
        let mut rows = tx.query(namespace, Query { source, operators: vec![Operator::Limit(BATCH)] })?;
        let mut interrupted = Vec::new();
        while let Some(row) = tx.next(&mut rows)? {
            interrupted.push(row.id);
        }
        for id in &interrupted {
            finish(tx, namespace, *id, state("failed", Some(TRANSIENT)), now_ms)?;
        }
        Ok::<_, db::Error>(interrupted.len())
    })?;
    pending.wait()?;
    Ok(count)
}
