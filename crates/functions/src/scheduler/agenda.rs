//! Where due work is found, and the call that a row of it asks for.

use std::sync::Arc;

use db::{Namespace, Operator, Order, Query, RangeBound, RangeOp, Source, Transaction};
use value::Value;

use super::{BY_STATE, JobRun, TABLE};
use crate::crons::{self, run::CronRun};
use crate::mutations::Bookkeeping;
use crate::{CallRequest, Caller, Deployment, FunctionPath, Identity, RequestId, RequestOrigin};

/// A component whose jobs run.
#[derive(Clone, Copy)]
pub(super) struct Place<'d> {
    deployment: &'d Deployment,
    component: &'d str,
    pub namespace: Namespace,
}

/// The app and its components; nothing of unmounted ones runs.
pub(super) fn places(deployment: &Deployment) -> impl Iterator<Item = Place<'_>> {
    let app = Place { deployment, component: "", namespace: Namespace::ROOT };
    let components = deployment.components.iter().filter(|(path, _)| !path.is_empty());
    let components =
        components.map(move |(path, code)| Place { deployment, component: path, namespace: code.namespace });
    std::iter::once(app).chain(components)
}

/// The call that a row asks for; none if the row cannot be read.
type Prepared = Result<Option<(CallRequest, Bookkeeping)>, db::Error>;

/// A table of work that comes due.
pub(super) struct Agenda {
    pub table: &'static str,
    index: &'static str,
    state_field: &'static str,
    time_field: &'static str,
    prepare: fn(&mut Transaction, Place<'_>, &db::Document) -> Prepared,
}

pub(super) const AGENDAS: [&Agenda; 2] = [&SCHEDULED, &CRONS];

const SCHEDULED: Agenda = Agenda {
    table: TABLE,
    index: BY_STATE,
    state_field: "state.kind",
    time_field: "scheduledTime",
    prepare: prepare_job,
};
const CRONS: Agenda = Agenda {
    table: crons::NEXT_RUNS,
    index: crons::BY_NEXT,
    state_field: "state.type",
    time_field: "nextTs",
    prepare: prepare_cron,
};

const PENDING: &str = "pending";

impl Agenda {
    /// The rows that wait for their time, the earliest first.
    pub fn pending(&self) -> Query {
        let pending = Value::String(PENDING.into());
        let range = vec![RangeBound { field: self.state_field.into(), op: RangeOp::Eq, value: Some(pending) }];
        let (table, index) = (self.table.into(), self.index.into());
        let source = Source::IndexRange { table, index, range, order: Order::Ascending };
        Query { source, operators: Vec::<Operator>::new() }
    }

    /// Whether a row still waits.
    pub fn is_pending(&self, row: &db::Document) -> bool {
        let state = self.state_field.split('.').try_fold(None, |outer: Option<&Value>, field| match outer {
            None => row.value.get(field).map(Some),
            Some(Value::Object(object)) => object.get(field).map(Some),
            Some(_) => None,
        });
        state.flatten().and_then(Value::as_str) == Some(PENDING)
    }

    /// When a row is due, in nanoseconds since the Unix epoch.
    pub fn due_ns(&self, row: &db::Document) -> u64 {
        match row.value.get(self.time_field) {
            Some(Value::Float64(ms)) => (ms * 1e6).max(0.0) as u64,
            Some(Value::Int64(ns)) => *ns as u64,
            _ => 0,
        }
    }

    pub fn prepare(&self, tx: &mut Transaction, place: Place<'_>, row: &db::Document) -> Prepared {
        (self.prepare)(tx, place, row)
    }
}

fn prepare_job(tx: &mut Transaction, place: Place<'_>, job: &db::Document) -> Prepared {
    let component = match super::target(tx, place.namespace, job.id)? {
        None => Some(place.component),
        Some(namespace) => place.deployment.component_with_id(&namespace.0.to_string()),
    };
    let name = job.value.get("name").and_then(Value::as_str);
    let path = name.zip(component).and_then(|(name, component)| FunctionPath::parse_in(name, component).ok());
    let args = job.value.get("args").map_or_else(|| "[{}]".into(), Value::to_json);
    let run = JobRun { namespace: place.namespace, id: job.id };
    let origin = RequestOrigin { scheduled_function_id: Some(job.id.encode()), ..RequestOrigin::default() };
    Ok(path.map(|path| {
        let call = CallRequest { origin: Some(Arc::new(origin)), ..system_call(path, args, Caller::Scheduler) };
        (call, Bookkeeping::Job(run))
    }))
}

fn prepare_cron(tx: &mut Transaction, place: Place<'_>, row: &db::Document) -> Prepared {
    let run = CronRun::load(tx, place.namespace, row)?;
    Ok(run.map(|run| {
        let path = FunctionPath { component: place.component.to_owned(), ..run.spec.path.clone() };
        let call = system_call(path, run.spec.args.clone(), Caller::Cron);
        (call, Bookkeeping::Cron(run))
    }))
}

/// Jobs run without a user.
fn system_call(path: FunctionPath, args: String, caller: Caller) -> CallRequest {
    let request_id = RequestId("".into());
    CallRequest { path, args: args.into(), identity: Identity::System, caller, request_id, origin: None }
}
