//! `ctx.scheduler` in mutations.

use super::client_version::ClientVersion;
use super::{CallHost, arguments, developer};
use crate::scheduler::{self, CancelArgs, ScheduleArgs, ScheduleError};
use crate::{Caller, FunctionKind};

type Reply = Result<String, js::HostError>;

impl CallHost<'_, '_> {
    pub(super) fn schedule(&mut self, json: &str) -> Reply {
        self.check_may_schedule()?;
        let args: ScheduleArgs = arguments("scheduler", json)?;
        let path = self.resolve_address(&args.address)?;
        let job = args.into_job(&self.execution.deployment, path).map_err(developer)?;
        let (bytes, limits) = (job.args.size(), self.execution.effect_limits);
        self.execution.effects.schedule(bytes, &limits).map_err(developer)?;
        self.execution.peaks.job_args_bytes = self.execution.peaks.job_args_bytes.max(bytes);
        let runtime = &self.execution.runtime;
        runtime.outstanding.admit(runtime).map_err(|error| self.schedule_failed(error))?;
        let now_ms = self.execution.now_ms;
        let scheduled = scheduler::schedule(self.tx, self.frame.namespace, job, self.execution.job, now_ms);
        let id = scheduled.map_err(|error| self.schedule_failed(error))?;
        Ok(format!("\"{id}\""))
    }

    pub(super) fn cancel_job(&mut self, json: &str) -> Reply {
        self.check_may_schedule()?;
        let args: CancelArgs = arguments("scheduler.cancel", json)?;
        let now_ms = self.execution.runtime.platform.now_ms();
        if self.runs_as(&args.id) {
            if self.may_not_cancel_itself(args.version.as_deref()) {
                return Err(developer("A mutation cannot cancel itself"));
            }
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

    /// Whether an attempt to do so is an error and not only warned of. The library does not always say its version
    /// here; then it is the one that the app was pushed with.
    fn may_not_cancel_itself(&self, version: Option<&str>) -> bool {
        let version = version.or(self.execution.deployment.udf_server_version.as_deref());
        ClientVersion::parse(version).is_ok_and(ClientVersion::refuses_self_cancel)
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
