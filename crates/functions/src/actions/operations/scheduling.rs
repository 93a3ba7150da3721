//! `ctx.scheduler` in actions: each call commits by itself, and answers once it is durable.

use serde::Deserialize;
use serde_json::Value as Json;
use value::Value;

use super::{Answer, Failure, Operations, refused};
use crate::address::Address;
use crate::arguments::Arguments;
use crate::files::commit;
use crate::host::{arguments, developer_error};
use crate::runtime::database_error;
use crate::scheduler::{self, NewJob, ScheduleError};

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

impl Operations {
    pub(super) async fn schedule(&self, json: &str) -> Answer {
        let args: ScheduleArgs = arguments("scheduler", json)?;
        let context = self.context();
        context.check_mounted()?;
        let deployment = context.runtime.deployment();
        let path = context.resolver(&deployment).resolve(&args.address).map_err(refused)?;
        let target = scheduler::check_target(&deployment, &path).map_err(refused)?;
        let object = Value::from_json(&args.args).map_err(|error| refused(error.to_string()))?;
        let object = Arguments::new(&path, object).map_err(|error| refused(error.detail))?.object;
        if object.has_commit_ts() {
            return Err(refused("Arguments of scheduled functions cannot hold an unresolved commit timestamp."));
        }
        let (namespace, parent) = (context.namespace, context.job);
        let due_ms = args.ts * 1000.0;
        let id = self.committed(move |tx, now_ms| {
            let job = NewJob { path: path.clone(), target, args: object.clone(), due_ms };
            scheduler::schedule(tx, namespace, job, parent, now_ms)
        });
        Ok(format!("\"{}\"", id.await?))
    }

    pub(super) async fn cancel_job(&self, json: &str) -> Answer {
        let args: CancelArgs = arguments("scheduler.cancel", json)?;
        let namespace = self.context().namespace;
        self.committed(move |tx, now_ms| scheduler::cancel(tx, namespace, &args.id, now_ms)).await?;
        Ok("null".into())
    }

    /// Runs `work` in a transaction until it commits; `work` is told the time in milliseconds.
    async fn committed<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut db::Transaction, f64) -> Result<T, ScheduleError> + Send + 'static,
    ) -> Result<T, Failure> {
        let inner = self.context().runtime.inner.clone();
        let shared = inner.clone();
        // On a worker, as a mutation: that bounds how many run at once.
        let ran = inner.run_job(move |_| commit(&shared, "scheduler", |tx| work(tx, shared.platform.now_ms())));
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
