//! One call of one action, from its request to its result.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use db::BeginAt;
use js::{ActionCall, Step};

use super::Permit;
use super::admission::shutting_down;
use super::drive::{Action, Drive};
use super::log::{ActionLog, Ending, Execution, SharedLog};
use super::operations::{Context, Operations};
use crate::arguments::Arguments;
use crate::deployment::ModuleEnvironment;
use crate::execution::CallFailure;
use crate::limits::ACTION_DEPTH_MAX;
use crate::run::{check_arguments, check_kind, check_result, decode_result, failure_of, resolve};
use crate::runtime::database_error;
use crate::scheduler::JobRun;
use crate::{
    ActionResult, CallRequest, Deployment, FunctionError, FunctionKind, FunctionPath, Identity, Runtime, SystemError,
};

/// Who wants an action to run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// A client, which may have to wait for a place.
    Client,
    /// Another action, below `depth` others, perhaps for a job.
    Nested { depth: usize, job: Option<JobRun> },
    /// A scheduled or cron job, whose number the dispatcher bounds.
    Job(Option<JobRun>),
}

pub(crate) type Outcome = Result<Arc<str>, FunctionError>;

/// Runs an action to its end. Dropping the future ends the action.
///
/// Errors: trouble of the service; failures of the app are results.
pub(crate) async fn call(runtime: &Runtime, call: CallRequest, origin: Origin) -> Result<ActionResult, SystemError> {
    let deployment = runtime.deployment();
    let arguments = match prepare(&deployment, &call, origin) {
        Ok(arguments) => arguments,
        Err(error) => {
            let log = start_log(runtime, &deployment, &call);
            return Ok(finish(&log, Err(error)));
        }
    };
    let permit = match origin {
        Origin::Client => runtime.inner.actions.admission.enter().await?,
        Origin::Nested { .. } => runtime.inner.actions.admission.enter_nested()?,
        Origin::Job(_) => runtime.inner.actions.admission.enter_job()?,
    };
    let log = start_log(runtime, &deployment, &call);
    log.lock().args_bytes = arguments.bytes;
    let operations = operations(runtime, &deployment, &call, origin, &log);
    let run = Run { deployment, call, arguments, operations, log: log.clone() };
    let outcome = match within_limits(runtime, Box::pin(run.run(permit))).await {
        Ok(outcome) => outcome,
        Err(Limit::Time(limit)) => Err(timed_out(limit)),
        Err(Limit::Service(error)) => {
            log.lock().finish(Ending { error: Some(error.message.clone()), ..Ending::default() });
            return Err(error);
        }
    };
    Ok(finish(&log, outcome))
}

/// Finds the function and decodes the arguments.
fn prepare(deployment: &Deployment, call: &CallRequest, origin: Origin) -> Result<Arguments, FunctionError> {
    if matches!(call.identity, Identity::Admin { read_only: true }) {
        return Err(FunctionError::new("This admin key is read-only: it may run queries only."));
    }
    if let Origin::Nested { depth, .. } = origin
        && depth >= ACTION_DEPTH_MAX
    {
        return Err(FunctionError::new(
            "Actions call one another too deeply. Do you have an infinite loop in your app?",
        ));
    }
    let function = resolve(deployment, call, false)?;
    check_kind(&call.path, function, FunctionKind::Action)?;
    Arguments::parse(&call.path, &call.args)
}

fn operations(
    runtime: &Runtime,
    deployment: &Arc<Deployment>,
    call: &CallRequest,
    origin: Origin,
    log: &SharedLog,
) -> Operations {
    let (depth, job) = match origin {
        Origin::Client => (0, None),
        Origin::Nested { depth, job } => (depth, job),
        Origin::Job(job) => (0, job),
    };
    Operations::new(Context {
        runtime: runtime.clone(),
        deployment: deployment.clone(),
        path: call.path.clone(),
        namespace: deployment.namespace(&call.path.component).unwrap_or(db::Namespace::ROOT),
        identity: call.identity.clone(),
        identity_error: None,
        request_id: call.request_id.clone(),
        origin: call.origin.clone(),
        job,
        depth,
        log: log.clone(),
    })
}

fn environment(deployment: &Deployment, path: &FunctionPath) -> ModuleEnvironment {
    let module = deployment.component(&path.component).and_then(|code| code.modules.get(&path.module));
    module.map_or(ModuleEnvironment::Isolate, |module| module.environment)
}

fn start_log(runtime: &Runtime, deployment: &Deployment, call: &CallRequest) -> SharedLog {
    let execution = Execution {
        kind: FunctionKind::Action,
        environment: environment(deployment, &call.path),
        path: call.path.clone(),
        identifier: call.path.display_name(),
        caller: call.caller,
        request_id: call.request_id.clone(),
        identity_type: call.identity.log_name(),
    };
    ActionLog::start(runtime.clone(), execution)
}

fn finish(log: &SharedLog, outcome: Outcome) -> ActionResult {
    let ending = Ending {
        error: outcome.as_ref().err().map(|error| error.detail.clone()),
        return_bytes: outcome.as_ref().ok().map(|value| value.len() as u64),
        http_status: None,
    };
    let log_lines = log.lock().finish(ending);
    ActionResult { outcome, log_lines }
}

/// Why an action was ended from outside.
pub(super) enum Limit {
    Time(Duration),
    Service(SystemError),
}

/// Waits for `work`, but not longer than actions may take, nor than the runtime lives.
///
/// A shutdown also takes away what `work` stands on; whichever is noticed first, the answer is that of a shutdown.
pub(super) async fn within_limits<T>(
    runtime: &Runtime,
    work: impl Future<Output = Result<T, SystemError>>,
) -> Result<T, Limit> {
    let wall_time = runtime.options().actions.wall_time;
    let stop = &runtime.inner.actions.stop;
    tokio::select! {
        biased;
        done = work => done.map_err(|error| Limit::Service(if stop.is_cancelled() { shutting_down() } else { error })),
        () = stop.cancelled() => Err(Limit::Service(shutting_down())),
        () = runtime.platform().sleep(wall_time) => Err(Limit::Time(wall_time)),
    }
}

pub(super) fn timed_out(limit: Duration) -> FunctionError {
    let seconds = limit.as_secs_f64();
    FunctionError::new(format!("Function execution timed out (maximum duration: {seconds}s)"))
}

/// One action that may begin.
struct Run {
    deployment: Arc<Deployment>,
    call: CallRequest,
    arguments: Arguments,
    operations: Operations,
    log: SharedLog,
}

impl Run {
    async fn run(self, permit: Permit) -> Result<Outcome, SystemError> {
        match environment(&self.deployment, &self.call.path) {
            ModuleEnvironment::Isolate => self.run_in_heap(permit).await,
            ModuleEnvironment::Node => {
                let Run { arguments, operations, log, .. } = self;
                crate::node_actions::run(operations, arguments, log, permit).await
            }
        }
    }

    async fn run_in_heap(self, permit: Permit) -> Result<Outcome, SystemError> {
        let Run { deployment, call, arguments, operations, log } = self;
        let Some(component) = deployment.component(&call.path.component) else {
            return Ok(Err(crate::run::not_found(&call.path, false)));
        };
        let mut drive = Drive::new(operations, permit, log, component, None);
        let path = call.path.clone();
        let mut settled = drive.step(move |action| begin(action, &path, &arguments)).await??;
        loop {
            if let Some(outcome) = settled {
                drive.nudge();
                return Ok(outcome);
            }
            let Some(answers) = drive.answers().await else {
                return Err(SystemError::internal("an action waits for nothing"));
            };
            let path = call.path.clone();
            settled = drive
                .step(move |action| {
                    let step = action.resume(answers);
                    settle(action, &path, step)
                })
                .await??;
        }
    }
}

/// The outcome, once there is one.
type Settled = Result<Option<Outcome>, SystemError>;

/// Checks the arguments and runs the first step.
fn begin(action: &mut Action, path: &FunctionPath, arguments: &Arguments) -> Settled {
    if let Err(error) = check_call(action.host.operations.context(), arguments)? {
        return Ok(Some(Err(error)));
    }
    let call = ActionCall::Function { module: &path.module, export: &path.export, args_json: &arguments.text };
    let step = action.start(&call);
    settle(action, path, step)
}

fn settle(action: &Action, path: &FunctionPath, step: Step) -> Settled {
    match step {
        Step::Waiting => Ok(None),
        Step::Done(completion) => {
            action.warn_of_dangling();
            check_returned(action.host.operations.context(), &completion.result_json).map(Some)
        }
        Step::Failed(error) => match failure_of(path, error) {
            CallFailure::Function(error) => Ok(Some(Err(error))),
            CallFailure::System(error) => Err(error),
        },
        Step::NoRoute => Err(SystemError::internal("a function was looked for among the routes")),
    }
}

/// Checks the arguments of the action that `context` belongs to.
pub(crate) fn check_call(context: &Context, arguments: &Arguments) -> Result<Result<(), FunctionError>, SystemError> {
    let Some(function) = context.deployment.function(&context.path) else {
        return Ok(Err(crate::run::not_found(&context.path, false)));
    };
    let mut tx = context.runtime.database().begin(BeginAt::Durable).map_err(database_error)?;
    Ok(check_arguments(&mut tx, context.namespace, function, &arguments.object))
}

/// Decodes and checks what the action returned.
pub(crate) fn check_returned(context: &Context, json: &str) -> Result<Outcome, SystemError> {
    let path = &context.path;
    let value = match decode_result(path, json) {
        Ok((value, _)) if value.has_commit_ts() => {
            return Ok(Err(FunctionError::new(format!(
                "Function {path} return value invalid: actions cannot return an unresolved commit timestamp"
            ))));
        }
        Ok((value, _)) => value,
        Err(error) => return Ok(Err(error)),
    };
    let Some(function) = context.deployment.function(path) else { return Ok(Ok(value.to_json().into())) };
    let mut tx = context.runtime.database().begin(BeginAt::Durable).map_err(database_error)?;
    Ok(match check_result(&mut tx, context.namespace, function, &value) {
        Ok(()) => Ok(value.to_json().into()),
        Err(error) => Err(error),
    })
}
