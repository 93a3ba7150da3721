//! The runtime: one handle through which everything above runs functions.

use std::sync::Arc;

use db::{BeginAt, CommitOptions, Database, Namespace};
use parking_lot::RwLock;
use platform::Platform;
use storage::blobs::BlobStore;
use tokio::sync::{oneshot, watch};
use value::{DocumentId, Object, Timestamp, Value};

use crate::actions::{ActionOptions, Actions, Origin};
use crate::cache::QueryCache;
use crate::deployment::instances;
use crate::files::{FileIo, Sweeper};
use crate::handles::HandleKey;
use crate::limits::{JOBS_OUTSTANDING_MAX, MUTATION_ATTEMPTS_MAX};
use crate::logs::LogRing;
use crate::metrics::Metrics;
use crate::node_actions::{NodeActions, NodeOptions};
use crate::scheduler::Outstanding;
use crate::scheduler::dispatch::Dispatcher;
use crate::signing::TokenSigner;
use crate::workers::{Lane, Worker, WorkerPool, WorkerStats};
use crate::{
    ActionResult, AnyResult, CallRequest, Deployment, ErrorKind, FunctionKind, MutationRequest, QueryRequest,
    SystemError,
};

/// The one row that every query reads, so that a new deployment makes all live results stale at its commit.
const GENERATION_TABLE: &str = "_code_generation";

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
    /// Hide from actions why the functions they call fail, as clients see no more either. Default: no.
    pub redact: bool,
    /// Bytes of heap images each worker may keep. Default 128 MiB.
    pub image_budget_bytes: usize,
    /// Bytes of cached query results. Default 64 MiB.
    pub query_cache_bytes: usize,
    pub actions: ActionOptions,
    /// Runs of one mutation that lose to other commits before its caller is told to try again; those after the first
    /// few are in the serial lane, which is why nobody is told so as a rule. At least 1, default 8.
    pub mutation_attempts_max: usize,
    /// Scheduled functions that may wait or run; scheduling more fails. Default 1 000 000.
    pub jobs_outstanding_max: usize,
    /// Where stored files are. Default: in memory, until the runtime is gone.
    pub blobs: BlobStore,
    /// How `"use node"` actions are run. Default: pushes that have some are refused.
    pub node: Option<NodeOptions>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            workers: std::thread::available_parallelism().map_or(2, |n| n.get()),
            cloud_url: "http://127.0.0.1:3210".into(),
            site_url: "http://127.0.0.1:3211".into(),
            instance_name: "concave".into(),
            redact: false,
            image_budget_bytes: 128 << 20,
            query_cache_bytes: 64 << 20,
            actions: ActionOptions::default(),
            mutation_attempts_max: MUTATION_ATTEMPTS_MAX,
            jobs_outstanding_max: JOBS_OUTSTANDING_MAX,
            blobs: BlobStore::memory(),
            node: None,
        }
    }
}

/// Why a runtime did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("load the deployed code")]
    Deployment(#[source] crate::deployment::LoadError),
    #[error("prepare the system tables")]
    Database(#[source] db::Error),
    #[error("start a worker thread")]
    Worker(#[source] std::io::Error),
}

/// Why a deployment was not activated.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// Something the transaction read has changed; the push must start over.
    #[error("the deployment changed while this push was running")]
    Conflict,
    #[error(transparent)]
    System(#[from] SystemError),
}

/// A cheap handle; clones share everything.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) inner: Arc<Inner>,
    /// None in handles that the runtime itself works with: these must not keep the threads that use them.
    background: Option<Arc<Background>>,
}

struct Background {
    dispatcher: Dispatcher,
    sweeper: Sweeper,
}

pub(crate) struct Inner {
    pub database: Database,
    pub platform: Platform,
    pub options: Options,
    pub logs: LogRing,
    pub cache: QueryCache,
    pub files: FileIo,
    pub actions: Actions,
    pub signer: TokenSigner,
    pub handles: HandleKey,
    pub node: NodeActions,
    pub generation_row: DocumentId,
    pub outstanding: Outstanding,
    pool: WorkerPool,
    /// The active code and the one before it, each with the commit from which on it counts.
    code: RwLock<Code>,
}

struct Code {
    current: (Timestamp, Arc<Deployment>),
    previous: Option<Arc<Deployment>>,
}

impl Runtime {
    /// Loads the deployed code and starts the workers. Blocking; call before serving.
    pub fn start(database: Database, platform: Platform, options: Options) -> Result<Runtime, StartError> {
        let deployment = Deployment::load(&database).map_err(StartError::Deployment)?;
        let namespaces = deployment.components.values().map(|code| code.namespace);
        for namespace in namespaces.chain([Namespace::ROOT]) {
            instances::ensure_tables(&database, namespace).map_err(StartError::Database)?;
        }
        let files = FileIo::start(&database, &platform, options.blobs.clone())?;
        let signer = TokenSigner::load(&database, &platform).map_err(StartError::Database)?;
        let generation_row = generation_row(&database).map_err(StartError::Database)?;
        let executor = js::ExecutorOptions { image_budget_bytes: options.image_budget_bytes, ..Default::default() };
        let pool = WorkerPool::start(options.workers, executor).map_err(StartError::Worker)?;
        let actions = Actions::start(&options.actions).map_err(StartError::Worker)?;
        let inner = Inner {
            cache: QueryCache::new(options.query_cache_bytes),
            outstanding: Outstanding::new(options.jobs_outstanding_max),
            handles: HandleKey(files.tokens.derive("function handles")),
            files,
            actions,
            signer,
            node: NodeActions::new(options.node.clone(), &platform),
            logs: LogRing::default(),
            code: RwLock::new(Code { current: (Timestamp::ZERO, deployment), previous: None }),
            database,
            platform,
            options,
            generation_row,
            pool,
        };
        let inner = Arc::new(inner);
        let dispatcher = Dispatcher::start(inner.clone()).map_err(StartError::Worker)?;
        let sweeper = Sweeper::start(&inner);
        let background = Some(Arc::new(Background { dispatcher, sweeper }));
        let runtime = Runtime { inner, background };
        runtime.warm_node();
        Ok(runtime)
    }

    /// The newest durable timestamp: what a query at "latest" reads.
    pub fn latest_ts(&self) -> Timestamp {
        self.inner.database.durable_ts()
    }

    /// Follows [`Runtime::latest_ts`].
    pub fn watch_latest(&self) -> watch::Receiver<Timestamp> {
        self.inner.database.watch_durable()
    }

    /// Waits until queries can read at `at`; returns the newest timestamp they can read.
    ///
    /// Errors: internal, when that will never be.
    pub async fn wait_latest(&self, at: Timestamp) -> Result<Timestamp, SystemError> {
        self.inner.database.wait_durable(at).await.map_err(SystemError::internal)
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

    /// Counts and latencies of calls.
    pub fn metrics(&self) -> &Metrics {
        self.inner.logs.metrics()
    }

    /// Scheduled jobs and cron jobs that run or wait for a worker. Count.
    pub(crate) fn running_jobs(&self) -> usize {
        self.background.as_ref().map_or(0, |background| background.dispatcher.running())
    }

    /// The JSON Web Key Set with which anybody can verify the tokens that functions sign.
    pub fn token_key_set(&self) -> serde_json::Value {
        self.inner.signer.key_set()
    }

    /// The code that new calls run.
    pub fn deployment(&self) -> Arc<Deployment> {
        self.inner.code.read().current.1.clone()
    }

    /// Commits `tx`, which holds the rows of a push or a change of the environment, and switches to `deployment`
    /// at exactly that commit: calls that see the commit's data run the new code, running calls finish on the old,
    /// and every live result is stale from then on. Answers once durable.
    pub async fn activate(
        &self,
        mut tx: db::Transaction,
        deployment: Arc<Deployment>,
    ) -> Result<Timestamp, ActivateError> {
        // The commit timestamp makes it a write whatever the version was.
        let row = vec![("since".to_owned(), Some(Value::CommitTs))];
        tx.patch(Namespace::ROOT, self.inner.generation_row, row).map_err(database_error)?;
        let inner = self.inner.clone();
        let options = CommitOptions {
            source: "deploy".into(),
            on_validated: Some(Box::new(move |ts| {
                let mut code = inner.code.write();
                let previous = std::mem::replace(&mut code.current, (ts, deployment));
                code.previous = Some(previous.1);
            })),
        };
        let pending = match self.inner.database.commit(tx, options) {
            Ok(pending) => pending,
            Err(db::CommitError::Conflict(_)) => return Err(ActivateError::Conflict),
            Err(db::CommitError::Failed(error)) => return Err(database_error(error).into()),
        };
        let ts = pending.ts;
        pending.durable().await.map_err(database_error)?;
        Ok(ts)
    }

    /// Runs `work` on a worker thread, which has an executor for evaluating modules. Used by pushes.
    pub async fn on_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce(&js::Executor) -> T + Send + 'static,
    ) -> Result<T, SystemError> {
        self.inner.run_job(move |worker| work(&worker.executor)).await
    }

    /// Runs a function whose kind the caller does not know, as the CLI's `run` does.
    pub async fn any(&self, call: CallRequest) -> Result<AnyResult, SystemError> {
        let deployment = self.deployment();
        let kind = match crate::system::kind(&call.path) {
            Some(kind) if call.identity.is_admin() => kind,
            _ => match crate::run::resolve(&deployment, &call, true) {
                Ok(function) => function.kind,
                Err(error) => return Ok(AnyResult { outcome: Err(error), log_lines: Arc::from([]) }),
            },
        };
        match kind {
            FunctionKind::Query => {
                let result = self.query(&QueryRequest { call, journal: None }, self.latest_ts()).await?;
                Ok(AnyResult { outcome: result.outcome.clone(), log_lines: result.log_lines.clone() })
            }
            FunctionKind::Mutation => {
                let result = self.mutation(MutationRequest { call, session: None }).await?;
                Ok(AnyResult { outcome: result.outcome, log_lines: result.log_lines })
            }
            FunctionKind::Action | FunctionKind::HttpAction => {
                let result = self.action(call).await?;
                Ok(AnyResult { outcome: result.outcome, log_lines: result.log_lines })
            }
        }
    }

    /// Runs an action to its end; dropping the future ends the action. Client errors and failures of the app are
    /// results.
    ///
    /// Errors: `TooManyConcurrentRequests` when too many wait already; trouble of the service.
    pub async fn action(&self, call: CallRequest) -> Result<ActionResult, SystemError> {
        crate::actions::call(self, call, Origin::Client).await
    }

    /// Ends running actions, finishes the queued calls and stops the workers. Blocking.
    pub fn shutdown(&self) {
        if let Some(background) = &self.background {
            background.sweeper.stop();
            background.dispatcher.stop();
        }
        self.inner.actions.shutdown();
        self.inner.pool.shutdown();
        self.inner.node.stop();
    }
}

impl Inner {
    /// A handle for the runtime's own use.
    pub fn handle(self: &Arc<Self>) -> Runtime {
        Runtime { inner: self.clone(), background: None }
    }

    /// The code that a transaction reading at `snapshot` runs.
    pub fn deployment_at(&self, snapshot: Timestamp) -> Arc<Deployment> {
        let code = self.code.read();
        match &code.previous {
            Some(previous) if snapshot < code.current.0 => previous.clone(),
            _ => code.current.1.clone(),
        }
    }

    pub fn workers(&self) -> WorkerStats {
        self.pool.stats()
    }

    /// Queues `job` for a worker.
    pub fn submit(&self, lane: Lane, job: impl FnOnce(&Worker) + Send + 'static) -> Result<(), SystemError> {
        self.pool.submit(lane, job)
    }

    /// Runs `job` on a worker and waits for what it returns.
    pub async fn run_job<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Worker) -> T + Send + 'static,
    ) -> Result<T, SystemError> {
        let (sender, receiver) = oneshot::channel();
        self.submit(Lane::Call, move |worker| drop(sender.send(job(worker))))?;
        receiver.await.map_err(|_| SystemError::internal("a call ended without an answer"))
    }
}

/// Finds the generation row, making it on a new database.
fn generation_row(database: &Database) -> Result<DocumentId, db::Error> {
    let mut tx = database.begin(BeginAt::Validated)?;
    let scan = db::Query::full_scan(GENERATION_TABLE);
    let mut stream = tx.query(Namespace::ROOT, scan)?;
    if let Some(row) = tx.next(&mut stream)? {
        return Ok(row.id);
    }
    let row: Object = [("since".to_owned(), Value::Int64(0))].into_iter().collect();
    let id = tx.insert(Namespace::ROOT, GENERATION_TABLE, row)?;
    match database.commit(tx, CommitOptions { source: "start".into(), on_validated: None }) {
        Ok(pending) => pending.wait()?,
        Err(db::CommitError::Failed(error)) => return Err(error),
        Err(db::CommitError::Conflict(_)) => return generation_row(database),
    };
    Ok(id)
}

/// Failures of the database that are not the app's.
pub(crate) fn database_error(error: db::Error) -> SystemError {
    match error {
        db::Error::OutOfRetention => SystemError::new(
            ErrorKind::OutOfRetention,
            "OutOfRetention",
            "The timestamp asked for is older than the history this server keeps.",
        ),
        db::Error::Refused(reason) => SystemError::new(
            ErrorKind::Overloaded,
            "StorageRefusesWrites",
            format!("The server cannot store data until it is restarted: {reason}"),
        ),
        db::Error::Unavailable { code, message } => SystemError::new(ErrorKind::Overloaded, code, message),
        other => SystemError::internal(other),
    }
}
