//! `ctx.scheduler` in mutations.

use serde::Deserialize;
use serde_json::Value as Json;
use value::Value;

use super::{CallHost, arguments, developer};
use crate::address::Address;
use crate::arguments::Arguments;
use crate::scheduler::{self, NewJob, ScheduleError};
use crate::{Caller, FunctionKind};

type Reply = Result<String, js::HostError>;

#[derive(Deserialize)]
struct ScheduleArgs {
    /// Seconds since the Unix epoch.
    ts: f64,
    args: Json,
    #[serde(flatten)]
    address: Address,
}

#[derive(Deserialize)]
struct CancelArgs {
    id: String,
}

impl CallHost<'_, '_> {
    pub(super) fn schedule(&mut self, json: &str) -> Reply {
        self.check_may_schedule()?;
        let args: ScheduleArgs = arguments("scheduler", json)?;
        let path = self.resolve_address(&args.address)?;
        let target = scheduler::check_target(&self.execution.deployment, &path).map_err(developer)?;
        let object = Value::from_json(&args.args).map_err(|error| developer(error.to_string()))?;
        let object = Arguments::new(&path, object).map_err(|error| developer(error.detail))?.object;
        if object.has_commit_ts() {
            return Err(developer("Arguments of scheduled functions cannot hold an unresolved commit timestamp."));
        }
        let (bytes, limits) = (object.size(), self.execution.effect_limits);
        self.execution.effects.schedule(bytes, &limits).map_err(developer)?;
        self.execution.peaks.job_args_bytes = self.execution.peaks.job_args_bytes.max(bytes);
        let now_ms = self.execution.now_ms;
        let job = NewJob { path, target, args: object, due_ms: args.ts * 1000.0 };
        let scheduled = scheduler::schedule(self.tx, self.frame.namespace, job, self.execution.job, now_ms);
        let id = scheduled.map_err(|error| self.schedule_failed(error))?;
        Ok(format!("\"{id}\""))
    }

    pub(super) fn cancel_job(&mut self, json: &str) -> Reply {
        self.check_may_schedule()?;
        let args: CancelArgs = arguments("scheduler.cancel", json)?;
        let now_ms = self.execution.runtime.platform.now_ms();
        if self.runs_as(&args.id) {
            let text = "A mutation cannot cancel itself: the job goes on.";
            self.execution.logs.system("WARN", "warning:SelfCancel", text.into(), now_ms);
            return Ok("null".into());
        }
        let cancelled = scheduler::cancel(self.tx, self.frame.namespace, &args.id, now_ms);
        cancelled.map_err(|error| self.schedule_failed(error))?;
        Ok("null".into())
    }

    /// Whether `id` names the job that this very mutation is.
    fn runs_as(&self, id: &str) -> bool {
        let own = self.execution.job.filter(|_| self.execution.call.caller == Caller::Scheduler);
        own.is_some_and(|job| job.namespace == self.frame.namespace && id.parse() == Ok(job.id))
    }

    fn check_may_schedule(&self) -> Result<(), js::HostError> {
        match self.frame.kind {
            FunctionKind::Mutation => Ok(()),
            FunctionKind::Query | FunctionKind::Action | FunctionKind::HttpAction => {
                Err(developer("Can't schedule functions in a query: only mutations and actions may."))
            }
        }
    }

    fn schedule_failed(&mut self, error: ScheduleError) -> js::HostError {
        match error {
            ScheduleError::Invalid(message) => developer(message),
            ScheduleError::Database(error) => self.failed(error),
        }
    }
}
