//! `ctx.scheduler` in actions: each call commits by itself, and answers once it is durable.

use super::{Answer, Failure, Operations, refused};
use crate::files::commit;
use crate::host::{arguments, developer_error};
use crate::runtime::database_error;
use crate::scheduler::{self, CancelArgs, ScheduleArgs, ScheduleError};

impl Operations {
    pub(super) async fn schedule(&self, json: &str) -> Answer {
        let args: ScheduleArgs = arguments("scheduler", json)?;
        let context = self.context();
        context.check_mounted()?;
        let deployment = context.runtime.deployment();
        let path = context.resolver(&deployment).resolve(&args.address).map_err(refused)?;
        let job = args.into_job(&deployment, path).map_err(refused)?;
        let (namespace, parent) = (context.namespace, context.job);
        let runtime = context.runtime.inner.clone();
        let id = self.committed("scheduler", move |tx, now_ms| {
            runtime.outstanding.admit(&runtime)?;
            scheduler::schedule(tx, namespace, job.clone(), parent, now_ms)
        });
        Ok(format!("\"{}\"", id.await?))
    }

    pub(super) async fn cancel_job(&self, json: &str) -> Answer {
        let args: CancelArgs = arguments("scheduler.cancel", json)?;
        let namespace = self.context().namespace;
        self.committed("scheduler", move |tx, now_ms| scheduler::cancel(tx, namespace, &args.id, now_ms)).await?;
        Ok("null".into())
    }

    /// Runs `work` in a transaction until it commits; `work` is told the time in milliseconds, `source` is what
    /// conflicts with it are told.
    pub(super) async fn committed<T: Send + 'static>(
        &self,
        source: &'static str,
        mut work: impl FnMut(&mut db::Transaction, f64) -> Result<T, ScheduleError> + Send + 'static,
    ) -> Result<T, Failure> {
        let inner = self.context().runtime.inner.clone();
        let shared = inner.clone();
        // On a worker, as a mutation: that bounds how many run at once.
        let ran = inner.run_job(move |_| commit(&shared, source, |tx| work(tx, shared.platform.now_ms())));
        match ran.await? {
            Ok((value, pending)) => {
                pending.durable().await.map_err(database_error)?;
                Ok(value)
            }
            Err(ScheduleError::Invalid(message)) => Err(refused(message)),
            Err(ScheduleError::Database(error)) => match developer_error(error) {
                Ok(error) => Err(refused(error.message)),
                Err(error) => Err(error.into()),
            },
        }
    }
}
