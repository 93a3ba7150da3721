//! The pool: warm processes, and which of them a call goes to.
//!
//! Calls mostly wait, so many share a process. A call goes to the least busy process of its package and
//! environment; another one is started when all of them have much to do or do not answer. Processes nobody has used
//! for a while end and give their memory back; idle ones of other packages make room first.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use platform::Platform;
use tokio::sync::{Mutex as AsyncMutex, Notify};

use crate::{
    ExternalPackages, ModuleSource, NodeError, Package,
    binary::{self, Search, Tools},
    call::Lease,
    dependencies::{Dependency, Installer},
    executor, limits,
    package::Packages,
    process::{Generation, Launch, Process, spawn},
};

/// How to run Node.js.
pub struct PoolOptions {
    /// The `node` to run, version 20 or later; found on `PATH` when not given.
    pub node_binary: Option<PathBuf>,
    /// Others, for packages that want their version; beside them `node22` and the like are looked for on `PATH`.
    pub other_node_binaries: Vec<PathBuf>,
    /// The `npm` that installs packages; found beside `node` or on `PATH` when not given.
    pub npm_binary: Option<PathBuf>,
    /// Processes of one package and environment. While old ones end, up to twice as many exist.
    pub processes_max: usize,
    /// Old-generation heap of each process, in MiB.
    pub memory_mb: u32,
    /// How long an unused process is kept.
    pub idle_ttl: Duration,
    /// How long a call that was told to end may take before its process is killed.
    pub timeout_grace: Duration,
    /// A folder for this pool alone: packages of earlier runs are removed from it.
    pub scratch_dir: PathBuf,
    pub platform: Platform,
}

impl PoolOptions {
    /// 512 MiB for each of up to 4 processes, kept for 30 seconds.
    pub fn new(scratch_dir: PathBuf) -> PoolOptions {
        PoolOptions {
            node_binary: None,
            other_node_binaries: Vec::new(),
            npm_binary: None,
            processes_max: 4,
            memory_mb: 512,
            idle_ttl: Duration::from_secs(30),
            timeout_grace: Duration::from_secs(5),
            scratch_dir,
            platform: Platform::real(),
        }
    }
}

/// A cheap handle; the processes end with the last one.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

/// How many processes there are, and how many calls run in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUsage {
    pub processes: usize,
    pub calls: usize,
}

pub(crate) struct Inner {
    pub(crate) options: PoolOptions,
    executor: PathBuf,
    packages: Packages,
    /// By the major version that somebody wants.
    tools: AsyncMutex<HashMap<Option<u32>, Arc<Tools>>>,
    installer: Installer,
    processes: Mutex<Vec<Arc<Process>>>,
    /// Told whenever a process ended.
    ended: Notify,
    call_next: AtomicU64,
}

/// Where a call can go.
enum Placement {
    Here(Arc<Process>),
    /// Every place is taken by other packages.
    Wait,
    Full(usize),
}

impl Pool {
    /// Prepares the scratch folder; no process is started before the first call.
    pub fn new(options: PoolOptions) -> Result<Pool, NodeError> {
        let executor = executor::write(&options.scratch_dir)?;
        let packages = Packages::open(options.scratch_dir.join("packages"))?;
        let installer = Installer::new(options.scratch_dir.join("external"))?;
        let inner = Inner {
            options,
            executor,
            packages,
            tools: AsyncMutex::default(),
            installer,
            processes: Mutex::default(),
            ended: Notify::new(),
            call_next: AtomicU64::new(1),
        };
        Ok(Pool { inner: Arc::new(inner) })
    }

    /// Returns the version, such as `v22.1.0`, of the Node.js that packages run in which want this major version. It
    /// is another one when that is not installed.
    ///
    /// Errors: `NotInstalled` when there is none, or none that is recent enough.
    pub async fn node_version(&self, major: Option<u32>) -> Result<String, NodeError> {
        Ok(self.inner.tools(major).await?.version.clone())
    }

    /// Writes the modules of a push to disk, or finds them there. `external` comes from
    /// [`Pool::install_dependencies`], `node_major` is the version of Node.js they want. The folder is removed once nobody holds the package and no process uses it.
    pub async fn materialize(
        &self,
        modules: Vec<ModuleSource>,
        external: Option<Arc<ExternalPackages>>,
        node_major: Option<u32>,
    ) -> Result<Arc<Package>, NodeError> {
        let inner = self.inner.clone();
        blocking(move || inner.packages.materialize(&modules, external, node_major)).await
    }

    /// Installs exactly these packages for the wanted version of Node.js, or finds them installed.
    ///
    /// Errors: `InvalidExternalModules` with the end of npm's output.
    pub async fn install_dependencies(
        &self,
        dependencies: &[Dependency],
        node_major: Option<u32>,
    ) -> Result<Arc<ExternalPackages>, NodeError> {
        let tools = self.inner.tools(node_major).await?;
        self.inner.installer.install(&tools, dependencies).await
    }

    /// Removes installed packages that belong to no [`Package`] any more.
    pub async fn drop_unused_dependencies(&self) -> Result<(), NodeError> {
        self.inner.installer.drop_unused().await
    }

    /// Counts processes and calls.
    pub fn usage(&self) -> PoolUsage {
        let processes = self.inner.processes.lock();
        let calls = processes.iter().filter_map(|process| process.load()).map(|load| load.calls).sum();
        PoolUsage { processes: processes.len(), calls }
    }

    /// Waits until a process ended, unless there are at most `count` already.
    pub async fn processes_at_most(&self, count: usize) {
        loop {
            let ended = self.inner.ended.notified();
            if self.usage().processes <= count {
                return;
            }
            ended.await;
        }
    }

    /// Ends every process; calls in them fail.
    pub async fn end(&self) {
        for process in self.inner.processes.lock().iter() {
            process.kill(crate::process::Ending::Retired);
        }
        self.processes_at_most(0).await;
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for process in self.processes.lock().drain(..) {
            process.kill(crate::process::Ending::Retired);
        }
    }
}

impl Inner {
    /// The programs for those who want this major version.
    pub(crate) async fn tools(&self, major: Option<u32>) -> Result<Arc<Tools>, NodeError> {
        let mut known = self.tools.lock().await;
        if let Some(tools) = known.get(&major) {
            return Ok(tools.clone());
        }
        let options = &self.options;
        let (node, npm) = (options.node_binary.as_deref(), options.npm_binary.as_deref());
        let tools = Arc::new(binary::find(Search { node, others: &options.other_node_binaries, npm, major }).await?);
        known.insert(major, tools.clone());
        Ok(tools)
    }

    /// Finds a place for one call.
    pub(crate) async fn lease(self: &Arc<Self>, generation: &Generation) -> Result<Lease, NodeError> {
        let node = self.tools(generation.package.node_major()).await?.node.clone();
        let call = self.call_next.fetch_add(1, Ordering::Relaxed);
        let give_up = self.options.platform.monotonic() + limits::WAIT_FOR_PROCESS_MAX;
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            match self.place(generation, &node)? {
                Placement::Here(process) => {
                    if let Some(events) = process.register(call) {
                        let package = generation.package.clone();
                        return Ok(Lease { process, call, events, package, done: false });
                    }
                }
                Placement::Full(running) => return Err(NodeError::Overloaded(running)),
                Placement::Wait => {
                    let left = give_up.saturating_sub(self.options.platform.monotonic());
                    if left.is_zero() {
                        return Err(NodeError::Overloaded(self.processes.lock().len()));
                    }
                    tokio::select! {
                        () = ended => {}
                        () = self.options.platform.sleep(left) => {}
                    }
                }
            }
        }
    }

    fn place(self: &Arc<Self>, generation: &Generation, node: &Path) -> Result<Placement, NodeError> {
        let mut processes = self.processes.lock();
        let own = processes.iter().filter(|process| process.serves(generation));
        let open = || own.clone().filter_map(|process| Some((process, process.load()?)));
        let best = open().min_by_key(|(_, load)| (load.stalled, load.calls));
        let max = self.options.processes_max.max(1);
        let wants_another = match &best {
            None => true,
            Some((_, load)) => {
                let busy = load.stalled || load.calls >= limits::CALLS_PER_PROCESS_SPREAD;
                busy && open().count() < max
            }
        };
        if !wants_another && let Some((process, load)) = best {
            return Ok(match load.calls < limits::CALLS_PER_PROCESS_MAX {
                true => Placement::Here(process.clone()),
                false => Placement::Full(open().map(|(_, load)| load.calls).sum()),
            });
        }
        let fallback =
            best.filter(|(_, load)| load.calls < limits::CALLS_PER_PROCESS_MAX).map(|(process, _)| process.clone());
        if processes.len() >= max {
            end_idle_other(&processes, generation);
        }
        // Processes on their way out still hold memory; a package without any process may overlap with them.
        let room = if fallback.is_some() { max } else { 2 * max };
        if processes.len() >= room {
            return Ok(fallback.map_or(Placement::Wait, Placement::Here));
        }
        let process = self.start(generation, node)?;
        processes.push(process.clone());
        Ok(Placement::Here(process))
    }

    fn start(self: &Arc<Self>, generation: &Generation, node: &Path) -> Result<Arc<Process>, NodeError> {
        let options = &self.options;
        let launch = Launch {
            node_binary: node,
            executor: &self.executor,
            memory_mb: options.memory_mb,
            idle_ttl: options.idle_ttl,
            platform: &options.platform,
        };
        let pool = Arc::downgrade(self);
        let process = spawn(&launch, generation.clone(), move |gone| {
            let Some(pool) = pool.upgrade() else { return };
            pool.processes.lock().retain(|process| !Arc::ptr_eq(process, gone));
            pool.ended.notify_waiters();
        })?;
        Ok(process)
    }
}

/// Ends the process of another package that has been idle for longest.
fn end_idle_other(processes: &[Arc<Process>], generation: &Generation) {
    let others = processes.iter().filter(|process| !process.serves(generation));
    let idle: BTreeMap<Duration, &Arc<Process>> = others
        .filter_map(|process| Some((process.load()?, process)))
        .filter(|(load, _)| load.calls == 0)
        .map(|(load, process)| (load.idle_since, process))
        .collect();
    if let Some(process) = idle.values().next() {
        process.retire_if_idle();
    }
}

/// Runs disk work where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
) -> Result<T, NodeError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(NodeError::Io(std::io::Error::other(error))),
    }
}
