//! The Node.js modules of a deployment, and what they become on disk.

use std::sync::Arc;

use db::{BeginAt, Database};
use node::{Dependency, ExternalPackages, ModuleSource, Package, Pool};
use tokio::sync::OnceCell;
use value::DocumentId;

use super::system_error;
use crate::SystemError;
use crate::deploy::{database_error, sources, tables};
use crate::deployment::{ComponentCode, Deployment, ModuleEnvironment};

/// Where the modules are stored, and the package they make once somebody needs it.
pub struct NodeCode {
    /// Path and the rows of the source.
    modules: Vec<(String, Vec<DocumentId>)>,
    dependencies: Vec<Dependency>,
    /// The version of Node.js that the app asks for.
    node_major: Option<u32>,
    package: OnceCell<Arc<Package>>,
}

impl NodeCode {
    /// The Node.js modules of `code`, which is the root of `deployment`; none when it has none.
    pub(crate) fn of(code: &ComponentCode, deployment: &Deployment) -> Option<Arc<NodeCode>> {
        let node = code.modules.iter().filter(|(_, module)| module.environment == ModuleEnvironment::Node);
        let modules: Vec<_> = node.map(|(path, module)| (path.clone(), module.chunks.clone())).collect();
        let (dependencies, package) = (deployment.node_dependencies.to_vec(), OnceCell::new());
        let node_major = major(deployment.node_version.as_deref());
        (!modules.is_empty()).then(|| Arc::new(NodeCode { modules, dependencies, node_major, package }))
    }

    /// The package on disk, written on the first call.
    pub(crate) async fn package(&self, pool: &Pool, database: &Database) -> Result<Arc<Package>, SystemError> {
        self.package.get_or_try_init(|| self.materialize(pool, database)).await.cloned()
    }

    async fn materialize(&self, pool: &Pool, database: &Database) -> Result<Arc<Package>, SystemError> {
        let (modules, database) = (self.modules.clone(), database.clone());
        let read = tokio::task::spawn_blocking(move || read(&modules, &database));
        let sources = read.await.map_err(SystemError::internal)??;
        let external = install(pool, &self.dependencies, self.node_major).await?;
        pool.materialize(sources, external, self.node_major).await.map_err(system_error)
    }
}

/// The number in `nodeVersion` of a push.
pub(crate) fn major(node_version: Option<&str>) -> Option<u32> {
    node_version?.parse().ok()
}

/// The external packages `dependencies` asks for; none when it asks for none.
pub(crate) async fn install(
    pool: &Pool,
    dependencies: &[Dependency],
    node_major: Option<u32>,
) -> Result<Option<Arc<ExternalPackages>>, SystemError> {
    if dependencies.is_empty() {
        return Ok(None);
    }
    pool.install_dependencies(dependencies, node_major).await.map(Some).map_err(system_error)
}

fn read(modules: &[(String, Vec<DocumentId>)], database: &Database) -> Result<Vec<ModuleSource>, SystemError> {
    let mut tx = tables::begin_unlimited(database, BeginAt::Durable).map_err(database_error)?;
    modules
        .iter()
        .map(|(path, chunks)| {
            let text = sources::read(&mut tx, chunks)
                .map_err(|error| SystemError::internal(format!("read the module {path}: {error}")))?;
            Ok(text.into_node_module(path))
        })
        .collect()
}
