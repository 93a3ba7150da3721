//! What an action may ask of the server, whichever runtime it runs in.
//!
//! [`Operations`] belongs to one action and answers its operations by name, many at once. Calls of other functions
//! are executions of their own, with the identity of the action; whatever changes data is a transaction of its own.

mod audit;
mod calls;
mod files;
mod metadata;
mod scheduling;
mod vectors;

use std::sync::Arc;

use db::Namespace;
use serde::Deserialize;

use super::log::SharedLog;
use crate::address::Resolver;
use crate::scheduler::JobRun;
use crate::{Deployment, ErrorKind, FunctionPath, Identity, RequestId, RequestOrigin, Runtime, SystemError};

pub use files::FoundFile;

/// An operation's answer as JSON text, or what the action's code catches. A system error ends the action.
pub type Reply = Result<String, js::HostError>;

/// The context of one action. Cheap to clone.
#[derive(Clone)]
pub struct Operations(Arc<Context>);

/// Who asks.
pub(crate) struct Context {
    pub runtime: Runtime,
    /// The code that the action runs.
    pub deployment: Arc<Deployment>,
    /// The action itself; for HTTP actions the component they are in and nothing more.
    pub path: FunctionPath,
    pub namespace: Namespace,
    pub identity: Identity,
    /// Why the credential of an HTTP request was refused; told to those who ask for the identity.
    pub identity_error: Option<String>,
    pub request_id: RequestId,
    /// Where the request behind the action came from.
    pub origin: Option<Arc<RequestOrigin>>,
    /// The scheduled job that the action runs for.
    pub job: Option<JobRun>,
    /// Actions around this one.
    pub depth: usize,
    pub log: SharedLog,
}

impl Context {
    /// Refuses to change the data of a component that was unmounted while the action ran.
    fn check_mounted(&self) -> Result<(), Failure> {
        self.runtime.check_mounted(self.namespace).map_err(|error| refused(error.message))
    }

    /// Finds functions in `deployment` as the action means them.
    fn resolver<'a>(&'a self, deployment: &'a Deployment) -> Resolver<'a> {
        Resolver { deployment, handles: &self.runtime.inner.handles, component: &self.path.component }
    }
}

impl Operations {
    pub(crate) fn new(context: Context) -> Operations {
        Operations(Arc::new(context))
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0
    }

    /// Answers the operation `name`; `args` is JSON text as user code sent it.
    pub async fn run(&self, name: &str, args: &str) -> Reply {
        let answer = match name {
            "1.0/actions/query" => self.query(args).await,
            "1.0/actions/mutation" => self.mutation(args).await,
            "1.0/actions/action" => self.action(args).await,
            "1.0/actions/schedule" => self.schedule(args).await,
            "1.0/actions/cancel_job" => self.cancel_job(args).await,
            "1.0/createFunctionHandle" => self.create_function_handle(args),
            "1.0/getUserIdentity" => self.user_identity(),
            "1.0/getFunctionMetadata" => self.function_metadata(),
            "1.0/getDeploymentMetadata" => self.deployment_metadata(),
            "1.0/getRequestMetadata" => self.request_metadata(),
            "1.0/actions/vectorSearch" => self.vector_search(args).await,
            "1.0/auditLog" => self.audit_log(args).await,
            "1.0/createServiceToken" | "1.0/getServiceUrl" => Err(service_refused(args)),
            _ => return self.file_operation(name, args).await.map_err(host_error),
        };
        answer.map_err(host_error)
    }
}

/// Why an operation failed.
enum Failure {
    /// The action's code sees an exception.
    App(js::HostError),
    System(SystemError),
}

type Answer = Result<String, Failure>;

impl From<js::HostError> for Failure {
    fn from(error: js::HostError) -> Failure {
        Failure::App(error)
    }
}

impl From<SystemError> for Failure {
    fn from(error: SystemError) -> Failure {
        Failure::System(error)
    }
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::App(js::HostError::developer(message))
}

/// Overload is worth telling, because trying again may help; a failure of ours ends the action.
fn host_error(failure: Failure) -> js::HostError {
    match failure {
        Failure::App(error) => error,
        Failure::System(error) if error.kind == ErrorKind::Internal => js::HostError::system(error.message),
        Failure::System(error) => js::HostError::developer(error.message),
    }
}

fn service_refused(args: &str) -> Failure {
    #[derive(Deserialize)]
    struct ServiceArgs {
        service: Option<String>,
    }
    let service = serde_json::from_str::<ServiceArgs>(args).ok().and_then(|args| args.service);
    refused(format!(
        "The service '{}' belongs to the hosted platform; this server does not have it.",
        service.unwrap_or_default()
    ))
}
