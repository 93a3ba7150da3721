//! The runtime: one handle through which everything above runs functions.

use std::sync::Arc;
use std::time::Duration;

use db::Database;
use platform::Platform;
use tokio::sync::watch;
use value::Timestamp;

use crate::logs::LogRing;
use crate::{
    ActionResult, AnyResult, CallRequest, Deployment, MutationRequest, MutationResult, QueryRequest, QueryResult, SystemError,
};

/// How a runtime is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Worker threads for queries and mutations, one JavaScript executor each. Default: the number of cores.
    pub workers: usize,
    /// The deployment's client URL: `CONVEX_CLOUD_URL`.
    pub cloud_url: String,
    /// The deployment's HTTP action URL: `CONVEX_SITE_URL`.
    pub site_url: String,
    pub instance_name: String,
    /// Bytes of heap images each worker may keep. Default 128 MiB.
    pub image_budget_bytes: usize,
    /// Bytes of cached query results. Default 64 MiB.
    pub query_cache_bytes: usize,
    /// How long a call may wait for a worker before it is refused. Default 30 s.
    pub queue_wait: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            workers: std::thread::available_parallelism().map_or(2, |n| n.get()),
            cloud_url: "http://127.0.0.1:3210".into(),
            site_url: "http://127.0.0.1:3211".into(),
            instance_name: "concave".into(),
            image_budget_bytes: 128 << 20,
            query_cache_bytes: 64 << 20,
            queue_wait: Duration::from_secs(30),
        }
    }
}

/// Why a runtime did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("load the deployed code")]
    Deployment(#[source] crate::deployment::LoadError),
    #[error("start a worker thread")]
    Worker(#[source] std::io::Error),
}

/// A cheap handle; clones share everything.
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    platform: Platform,
    options: Options,
    logs: LogRing,
}

impl Runtime {
    /// Loads the deployed code and starts the workers. Blocking; call before serving.
    pub fn start(database: Database, platform: Platform, options: Options) -> Result<Runtime, StartError> {
        todo!("{:?}", (database.durable_ts(), platform.now_ns(), options))
    }

    /// The newest durable timestamp: what a query at "latest" reads.
    pub fn latest_ts(&self) -> Timestamp {
        self.inner.database.durable_ts()
    }

    /// Follows [`Runtime::latest_ts`].
    pub fn watch_latest(&self) -> watch::Receiver<Timestamp> {
        self.inner.database.watch_durable()
    }

    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    pub fn platform(&self) -> &Platform {
        &self.inner.platform
    }

    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    pub fn logs(&self) -> &LogRing {
        &self.inner.logs
    }

    /// The code that new calls run.
    pub fn deployment(&self) -> Arc<Deployment> {
        todo!()
    }

    /// Switches new calls to `deployment` and invalidates every live result; running calls finish on the old code.
    pub async fn activate(&self, deployment: Arc<Deployment>) -> Result<(), SystemError> {
        todo!("{}", Arc::strong_count(&deployment))
    }

    /// Runs `work` on a worker thread, which has an executor for evaluating modules. Used by pushes.
    pub async fn on_worker<T: Send + 'static>(&self, _work: impl FnOnce(&js::Executor) -> T + Send + 'static) -> Result<T, SystemError> {
        todo!()
    }

    /// The result of a query as of `at` (use [`Runtime::latest_ts`] for the newest); shared with every caller of the same query.
    pub async fn query(&self, _request: &QueryRequest, _at: Timestamp) -> Result<Arc<QueryResult>, SystemError> {
        todo!()
    }

    /// Runs a mutation and answers once it is durable.
    pub async fn mutation(&self, _request: MutationRequest) -> Result<MutationResult, SystemError> {
        todo!()
    }

    /// Runs an action.
    pub async fn action(&self, _request: CallRequest) -> Result<ActionResult, SystemError> {
        todo!()
    }

    /// Runs a function whose kind the caller does not know. With `tester` set, the not-found text is the CLI's.
    pub async fn any(&self, _request: CallRequest) -> Result<AnyResult, SystemError> {
        todo!()
    }

    /// Stops the workers after their current calls.
    pub fn shutdown(&self) {
        todo!()
    }
}
