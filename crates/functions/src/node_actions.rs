//! Functions of modules that say `"use node"`: actions in child processes of Node.js.
//!
//! [`NodeActions`] owns the pool of processes and the async runtime that drives them, so that worker and push threads
//! can use it as well as async callers. Both are made on first use: a deployment without such modules has neither.
//! What an app's modules become on disk is [`NodeCode`].

mod code;
mod host;
mod run;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use node::{Environment, NodeError, Pool, PoolOptions, PoolUsage};
use parking_lot::Mutex;
use platform::Platform;
use tokio::runtime::Builder;
use tokio_util::task::AbortOnDropHandle;

pub use code::NodeCode;
pub(crate) use code::{install, major};
pub(crate) use run::run;

use crate::{Deployment, ErrorKind, Options, SystemError};

/// How Node.js is run.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// A folder of the server's own: modules and external packages of the app are written there.
    pub folder: PathBuf,
    /// The program; found on `PATH` when not given.
    pub binary: Option<PathBuf>,
    /// Others, for apps that ask for their version; beside them `node22` and the like are looked for on `PATH`.
    pub other_binaries: Vec<PathBuf>,
    /// Processes at once.
    pub processes_max: usize,
    /// Heap of each process, in MiB.
    pub memory_mb: u32,
    /// How long a process is kept that nobody uses.
    pub idle_ttl: Duration,
    /// How long one action may take.
    pub timeout: Duration,
}

/// Ten minutes, as documented.
const TIMEOUT: Duration = Duration::from_secs(600);

impl NodeOptions {
    /// What the pool's own defaults are.
    pub fn new(folder: PathBuf) -> NodeOptions {
        let defaults = PoolOptions::new(folder);
        NodeOptions {
            folder: defaults.scratch_dir,
            binary: None,
            other_binaries: Vec::new(),
            processes_max: defaults.processes_max,
            memory_mb: defaults.memory_mb,
            idle_ttl: defaults.idle_ttl,
            timeout: TIMEOUT,
        }
    }
}

/// A deployment's own variables.
type Variables = Arc<BTreeMap<String, String>>;

/// The one way to Node.js.
pub(crate) struct NodeActions {
    options: Option<NodeOptions>,
    platform: Platform,
    started: Mutex<Option<Arc<Started>>>,
    /// Of the newest deployment that asked.
    environment: Mutex<Option<(Variables, Arc<Environment>)>>,
}

struct Started {
    pool: Pool,
    /// None only while being dropped.
    runtime: Option<tokio::runtime::Runtime>,
}

impl NodeActions {
    pub fn new(options: Option<NodeOptions>, platform: &Platform) -> NodeActions {
        NodeActions { options, platform: platform.clone(), started: Mutex::default(), environment: Mutex::default() }
    }

    /// Runs what `work` makes of the pool; dropping the future ends it.
    pub async fn run<T, F>(&self, work: impl FnOnce(Pool) -> F) -> Result<T, SystemError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, SystemError>> + Send + 'static,
    {
        let started = self.started()?;
        let task = started.handle().spawn(work(started.pool.clone()));
        AbortOnDropHandle::new(task).await.map_err(SystemError::internal)?
    }

    /// The same for threads that may block.
    pub fn wait<T, F>(&self, work: impl FnOnce(Pool) -> F) -> Result<T, SystemError>
    where
        F: Future<Output = Result<T, SystemError>>,
    {
        let started = self.started()?;
        started.handle().block_on(work(started.pool.clone()))
    }

    /// Starts `future` and forgets about it.
    pub fn spawn<F>(&self, work: impl FnOnce(Pool) -> F) -> Result<(), SystemError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let started = self.started()?;
        started.handle().spawn(work(started.pool.clone()));
        Ok(())
    }

    /// The variables that the code of `deployment` sees.
    pub fn environment(&self, deployment_env: &Variables, options: &Options) -> Arc<Environment> {
        let mut kept = self.environment.lock();
        if let Some((env, environment)) = &*kept
            && Arc::ptr_eq(env, deployment_env)
        {
            return environment.clone();
        }
        let mut variables = (**deployment_env).clone();
        variables.insert("CONVEX_CLOUD_URL".into(), options.cloud_url.clone());
        variables.insert("CONVEX_SITE_URL".into(), options.site_url.clone());
        let environment = Arc::new(Environment::new(variables));
        *kept = Some((deployment_env.clone(), environment.clone()));
        environment
    }

    /// How long one action may take.
    pub fn timeout(&self) -> Duration {
        self.options.as_ref().map_or(TIMEOUT, |options| options.timeout)
    }

    /// Processes and calls under way.
    pub fn usage(&self) -> PoolUsage {
        let started = self.started.lock();
        started.as_ref().map_or(PoolUsage { processes: 0, calls: 0 }, |started| started.pool.usage())
    }

    /// True when an earlier run may have left files behind.
    pub fn has_files(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.folder.exists())
    }

    /// Ends every process. Blocking.
    pub fn stop(&self) {
        let started = self.started.lock().clone();
        if let Some(started) = started {
            started.handle().block_on(started.pool.end());
        }
    }

    fn started(&self) -> Result<Arc<Started>, SystemError> {
        let Some(options) = &self.options else {
            let why = "Deployment is not configured to deploy \"use node\" actions: this server was given no folder \
                       for them.";
            return Err(SystemError::new(ErrorKind::BadRequest, "DeploymentNotConfiguredForNodeActions", why));
        };
        let mut started = self.started.lock();
        if let Some(started) = &*started {
            return Ok(started.clone());
        }
        let pool = Pool::new(PoolOptions {
            node_binary: options.binary.clone(),
            other_node_binaries: options.other_binaries.clone(),
            npm_binary: None,
            processes_max: options.processes_max,
            memory_mb: options.memory_mb,
            idle_ttl: options.idle_ttl,
            platform: self.platform.clone(),
            ..PoolOptions::new(options.folder.clone())
        })
        .map_err(system_error)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("node").enable_all().build();
        let runtime = Some(runtime.map_err(SystemError::internal)?);
        Ok(started.insert(Arc::new(Started { pool, runtime })).clone())
    }
}

impl Started {
    fn handle(&self) -> &tokio::runtime::Handle {
        self.runtime.as_ref().expect("set until dropped").handle()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // The last owner may be an async task, where waiting for the threads to end is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What the author of the code, or the operator, gets to see of a failure outside of user code.
pub(crate) fn system_error(error: NodeError) -> SystemError {
    let (code, text) = (error.code(), error.to_string());
    let kind = match error {
        NodeError::Overloaded(_) => ErrorKind::Overloaded,
        NodeError::Io(cause) => return SystemError::internal(format!("{text}: {cause}")),
        NodeError::Protocol(_) => return SystemError::internal(text),
        _ => ErrorKind::BadRequest,
    };
    SystemError::new(kind, code, text)
}

impl crate::Runtime {
    /// Processes of Node.js and the calls under way in them.
    pub fn node_usage(&self) -> PoolUsage {
        self.inner.node.usage()
    }

    /// Puts the Node.js modules of the active code on disk, so that the first call need not, and removes what earlier
    /// code left there. Answers at once.
    pub(crate) fn warm_node(&self) {
        let deployment: Arc<Deployment> = self.deployment();
        if deployment.node.is_none() && !self.inner.node.has_files() {
            return;
        }
        let database = self.database().clone();
        let spawned = self.inner.node.spawn(|pool| async move {
            if let Some(code) = &deployment.node
                && let Err(error) = code.package(&pool, &database).await
            {
                tracing::error!(%error, "the modules for Node.js could not be prepared; calls will try again");
                return;
            }
            if let Err(error) = pool.drop_unused_dependencies().await {
                tracing::warn!(%error, "external packages that are not used any more could not be removed");
            }
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "actions in Node.js cannot run");
        }
    }
}

#[cfg(test)]
mod tests;
