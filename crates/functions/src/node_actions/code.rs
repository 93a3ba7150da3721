//! The Node.js modules of a deployment, and what they become on disk.

use std::sync::Arc;

use db::{BeginAt, Database};
use node::{Dependency, ExternalPackages, ModuleSource, Package, Pool};
use tokio::sync::OnceCell;
use value::DocumentId;

use super::system_error;
use crate::SystemError;
use crate::deploy::{database_error, sources, tables};
use crate::deployment::{ComponentCode, ModuleEnvironment};

/// Where the modules are stored, and the package they make once somebody needs it.
pub struct NodeCode {
    /// Path and the rows of the source.
    modules: Vec<(String, Vec<DocumentId>)>,
    dependencies: Vec<Dependency>,
    package: OnceCell<Arc<Package>>,
}

impl NodeCode {
    /// The Node.js modules of `code`; none when it has none.
    pub(crate) fn of(code: &ComponentCode, dependencies: &[Dependency]) -> Option<Arc<NodeCode>> {
        let node = code.modules.iter().filter(|(_, module)| module.environment == ModuleEnvironment::Node);
        let modules: Vec<_> = node.map(|(path, module)| (path.clone(), module.chunks.clone())).collect();
        let dependencies = dependencies.to_vec();
        (!modules.is_empty()).then(|| Arc::new(NodeCode { modules, dependencies, package: OnceCell::new() }))
    }

    /// The package on disk, written on the first call.
    pub(crate) async fn package(&self, pool: &Pool, database: &Database) -> Result<Arc<Package>, SystemError> {
        self.package.get_or_try_init(|| self.materialize(pool, database)).await.cloned()
    }

    async fn materialize(&self, pool: &Pool, database: &Database) -> Result<Arc<Package>, SystemError> {
        let (modules, database) = (self.modules.clone(), database.clone());
        let read = tokio::task::spawn_blocking(move || read(&modules, &database));
        let sources = read.await.map_err(SystemError::internal)??;
        let external = install(pool, &self.dependencies).await?;
        pool.materialize(sources, external).await.map_err(system_error)
    }
}

/// The external packages `dependencies` asks for; none when it asks for none.
pub(crate) async fn install(
    pool: &Pool,
    dependencies: &[Dependency],
) -> Result<Option<Arc<ExternalPackages>>, SystemError> {
    if dependencies.is_empty() {
        return Ok(None);
    }
    pool.install_dependencies(dependencies).await.map(Some).map_err(system_error)
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
