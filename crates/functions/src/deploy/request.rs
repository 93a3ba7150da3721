//! What a push brings.

use crate::deployment::ModuleEnvironment;

use super::SourceText;

/// The body of a push.
#[derive(Clone, Debug)]
pub struct PushRequest {
    pub dry_run: bool,
    /// The functions folder, such as `convex/`.
    pub functions_folder: String,
    pub app: AppDefinition,
    pub components: Vec<ComponentDefinition>,
    /// Packages that modules for Node.js import from `node_modules`.
    pub node_dependencies: Vec<node::Dependency>,
    pub node_version: Option<String>,
}

/// The root component.
#[derive(Clone, Debug)]
pub struct AppDefinition {
    /// `convex.config.js`; none means an app without children.
    pub definition: Option<ModuleInput>,
    /// Definition paths that the root definition imports.
    pub dependencies: Vec<String>,
    pub schema: Option<ModuleInput>,
    pub changed: Vec<ModuleInput>,
    pub unchanged: Vec<UnchangedModule>,
    pub udf_server_version: String,
}

/// A child component's definition and code.
#[derive(Clone, Debug)]
pub struct ComponentDefinition {
    pub definition_path: String,
    pub definition: ModuleInput,
    pub dependencies: Vec<String>,
    pub schema: Option<ModuleInput>,
    pub functions: Vec<ModuleInput>,
    pub udf_server_version: String,
}

/// A module with its source.
#[derive(Clone, Debug)]
pub struct ModuleInput {
    pub path: String,
    pub text: SourceText,
    pub environment: ModuleEnvironment,
}

/// A module that the deployment is expected to have already.
#[derive(Clone, Debug)]
pub struct UnchangedModule {
    pub path: String,
    pub environment: ModuleEnvironment,
    pub hash: String,
}
