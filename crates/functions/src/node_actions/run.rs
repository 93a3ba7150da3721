//! One run of one action in Node.js.

use std::time::Duration;

use node::{ExecuteOutcome, ExecuteRequest, NodeError, Pool};

use super::host::ActionHost;
use super::system_error;
use crate::actions::log::SharedLog;
use crate::actions::operations::Operations;
use crate::actions::{Outcome, Permit, check_call, check_returned};
use crate::arguments::Arguments;
use crate::execution::CallFailure;
use crate::runtime::Inner;
use crate::{FunctionError, SystemError};

/// Lines wait this long for others before those who follow the log see them.
const LINES_GATHER: Duration = Duration::from_millis(50);

/// Texts up to this size are decoded and checked where they arrive, larger ones where that may take its time. Bytes.
const CHECKED_AT_ONCE_MAX: usize = 64 << 10;

/// Runs the action that `operations` belongs to.
///
/// User code begins at most once; dropping the future ends the action.
pub(crate) async fn run(
    operations: Operations,
    arguments: Arguments,
    log: SharedLog,
    permit: Permit,
) -> Result<Outcome, SystemError> {
    let context = operations.clone();
    let size = arguments.text.len();
    let checked = apart(size, move || (check_call(context.context(), &arguments), arguments)).await?;
    let args = match checked {
        (Ok(Ok(())), arguments) => arguments.text,
        (Ok(Err(error)), _) => return Ok(Err(error)),
        (Err(error), _) => return Err(error),
    };
    let runtime = operations.context().runtime.clone();
    let working = operations.clone();
    let ran = runtime.inner.node.run(|pool| async move {
        let outcome = execute(&working, &pool, String::from(&*args), &log).await;
        drop(permit);
        match outcome {
            Ok(outcome) => {
                let mut log = log.lock();
                log.user_time = outcome.run_time;
                log.usage.memory_bytes = outcome.process_bytes;
                Ok(outcome.result.map_err(failure))
            }
            Err(CallFailure::Function(error)) => Ok(Err(error)),
            Err(CallFailure::System(error)) => Err(error),
        }
    });
    match ran.await? {
        Ok(json) => apart(json.len(), move || check_returned(operations.context(), &json)).await?,
        Err(error) => Ok(Err(error)),
    }
}

fn failure(error: node::ActionError) -> FunctionError {
    FunctionError { detail: error.text(), data: error.data, code: None }
}

/// Runs `work` on texts of `bytes`: large ones must not hold up the threads that move messages.
async fn apart<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> Result<T, SystemError> {
    match bytes <= CHECKED_AT_ONCE_MAX {
        true => Ok(work()),
        false => tokio::task::spawn_blocking(work).await.map_err(SystemError::internal),
    }
}

async fn execute(
    operations: &Operations,
    pool: &Pool,
    args: String,
    log: &SharedLog,
) -> Result<ExecuteOutcome, CallFailure> {
    let context = operations.context();
    let inner = &context.runtime.inner;
    let (module, export) = (context.path.module.clone(), context.path.export.clone());
    let Some(code) = &context.deployment.node else { return Err(refusal(NodeError::ModuleNotFound(module))) };
    let request = ExecuteRequest {
        package: code.package(pool, &inner.database).await?,
        module,
        export,
        args,
        environment: inner.node.environment(&context.deployment.env, &inner.options),
        timeout: inner.node.timeout(),
    };
    let host = ActionHost::new(operations.clone(), log.clone());
    let mut running = std::pin::pin!(pool.execute(request, &host));
    loop {
        tokio::select! {
            outcome = &mut running => return outcome.map_err(refusal),
            failure = host.failure() => return Err(failure.into()),
            () = lines_gathered(&host, inner) => log.lock().stream(),
        }
    }
}

async fn lines_gathered(host: &ActionHost, inner: &Inner) {
    host.spoke.notified().await;
    inner.platform.sleep(LINES_GATHER).await;
}

/// A call that never began: the author's to see, unless the server is to blame.
fn refusal(error: NodeError) -> CallFailure {
    match error {
        NodeError::ArgumentsTooLarge(_) | NodeError::ModuleNotFound(_) | NodeError::NotInstalled(_) => {
            let mut refused = FunctionError::new(error.to_string());
            refused.code = Some(error.code());
            refused.into()
        }
        other => system_error(other).into(),
    }
}
