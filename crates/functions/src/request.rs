//! What a caller hands to the runtime.

use std::sync::Arc;

use crate::{FunctionPath, Identity};

/// Sixteen hex digits (or what the client chose) that name a request in errors and logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub Arc<str>);

/// Where a call came from, as the logs report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    SyncWorker,
    HttpApi,
    /// The CLI's `run` and the dashboard's function runner.
    Tester,
    HttpEndpoint,
    Cron,
    Scheduler,
    Action,
}

impl Caller {
    /// Whether a function of the app calls, on its own account or somebody's: it may call internal functions.
    pub fn is_function(self) -> bool {
        match self {
            Caller::Action | Caller::Scheduler | Caller::Cron => true,
            Caller::SyncWorker | Caller::HttpApi | Caller::Tester | Caller::HttpEndpoint => false,
        }
    }

    /// The name in log entries.
    pub fn name(self) -> &'static str {
        match self {
            Caller::SyncWorker => "SyncWorker",
            Caller::HttpApi => "HttpApi",
            Caller::Tester => "Tester",
            Caller::HttpEndpoint => "HttpEndpoint",
            Caller::Cron => "Cron",
            Caller::Scheduler => "Scheduler",
            Caller::Action => "Action",
        }
    }
}

/// Where the request behind a call came from, as far as functions may ask. Calls within calls keep their caller's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// Address of the client, when a request of a client is behind the call.
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// The scheduled job that the call belongs to.
    pub scheduled_function_id: Option<String>,
}

/// One call of one function.
#[derive(Clone, Debug)]
pub struct CallRequest {
    pub path: FunctionPath,
    /// JSON text in the encoded form: either the one argument object or an array of arguments.
    pub args: Arc<str>,
    pub identity: Identity,
    pub caller: Caller,
    pub request_id: RequestId,
    /// None when nothing is known, as for cron jobs.
    pub origin: Option<Arc<RequestOrigin>>,
}

/// A query, with the journal of its previous run when there is one.
#[derive(Clone, Debug)]
pub struct QueryRequest {
    pub call: CallRequest,
    pub journal: Option<Arc<str>>,
}

/// A mutation.
#[derive(Clone, Debug)]
pub struct MutationRequest {
    pub call: CallRequest,
    /// Session and request number of a WebSocket client: a repeated pair that has committed is answered from its record.
    pub session: Option<(uuid::Uuid, u32)>,
}
