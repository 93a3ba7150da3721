//! What functions ask of `ctx.scheduler`, mutations and actions alike.

use serde::Deserialize;
use serde_json::Value as Json;
use value::Value;

use super::{NewJob, check_target};
use crate::address::Address;
use crate::arguments::Arguments;
use crate::{Deployment, FunctionPath};

/// The arguments of `runAfter` and `runAt` as they arrive.
#[derive(Deserialize)]
pub(crate) struct ScheduleArgs {
    /// Seconds since the Unix epoch.
    ts: f64,
    args: Json,
    #[serde(flatten)]
    pub address: Address,
}

/// The arguments of `cancel` as they arrive.
#[derive(Deserialize)]
pub(crate) struct CancelArgs {
    pub id: String,
    /// The version of the package that asks, where it says so.
    pub version: Option<String>,
}

impl ScheduleArgs {
    /// The job that is asked for; `path` is what the address means to the caller.
    ///
    /// Errors: what is wrong with function or arguments, as a sentence.
    pub fn into_job(self, deployment: &Deployment, path: FunctionPath) -> Result<NewJob, String> {
        let target = check_target(deployment, &path)?;
        let object = Value::from_json(&self.args).map_err(|error| error.to_string())?;
        let args = Arguments::new(&path, object).map_err(|error| error.detail)?.object;
        if args.has_commit_ts() {
            return Err("Arguments of scheduled functions cannot hold an unresolved commit timestamp.".into());
        }
        Ok(NewJob { path, target, args, due_ms: self.ts * 1000.0 })
    }
}
