//! The code a deployment runs: one immutable snapshot, swapped whole when a push finishes.
//!
//! A [`Deployment`] holds the compiled modules of every component, what their analysis found, the identity
//! providers and the environment variables. Calls keep the snapshot they began with, so a push or a changed
//! variable never disturbs a running call; caches are keyed by [`Deployment::version`].
//! `deployment/rows.rs` is its form in the system tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::Namespace;
use value::Validator;

use crate::node_actions::NodeCode;
use crate::{FunctionKind, FunctionPath, Visibility};

mod components;
pub mod crons;
mod http;
pub(crate) mod instances;
pub(crate) mod rows;

pub use components::{EnvBinding, Mount, child_path, split_path};
pub use crons::{CronSchedule, CronSpec};
pub use http::HttpTarget;
pub use rows::LoadError;

/// Everything that decides what a call does, data aside.
#[derive(Clone)]
pub struct Deployment {
    /// Grows by one with every push and every change of the environment; 0 before the first.
    pub version: u64,
    /// Grows by one with every push only.
    pub generation: u64,
    /// By component path; the app itself is `""`. Empty before the first push.
    pub components: BTreeMap<String, Arc<ComponentCode>>,
    /// Component instances that the app had before: their data is kept, and nothing of them runs.
    pub unmounted: BTreeMap<String, Namespace>,
    pub auth_providers: Arc<[AuthProvider]>,
    /// The deployment's own variables, without the built-in ones.
    pub env: Arc<BTreeMap<String, String>>,
    /// The version at which the variables last changed: code that read them while being imported is imported anew.
    pub env_generation: u64,
    /// What modules see as the time while they are imported, in milliseconds since the Unix epoch: when they were
    /// pushed, so that every import and every restart gives the same.
    pub import_ms: f64,
    /// Variables that the app definition declares.
    pub declared_env: Arc<[EnvDeclaration]>,
    /// Version of the npm package that bundled the code.
    pub udf_server_version: Option<String>,
    /// Node.js version the app asked for.
    pub node_version: Option<String>,
    /// Packages that modules for Node.js import from `node_modules`.
    pub node_dependencies: Arc<[node::Dependency]>,
    /// The modules for Node.js, when there are any.
    pub node: Option<Arc<NodeCode>>,
    /// The app's functions folder, such as `convex/`.
    pub functions_folder: String,
    pub(crate) gate: Arc<crate::deploy::Gate>,
}

/// The code of one component instance.
#[derive(Clone)]
pub struct ComponentCode {
    /// Which definition this is an instance of; `""` for the app.
    pub definition_path: String,
    pub namespace: Namespace,
    pub mount: Mount,
    /// The modules of the default runtime, compiled.
    pub bundle: Arc<js::Bundle>,
    /// By module path; modules under `_deps/` have no entry.
    pub functions: BTreeMap<String, Vec<AnalyzedFunction>>,
    pub http_routes: Vec<HttpRoute>,
    pub crons: Vec<CronSpec>,
    /// Every stored module by path, `_deps/` included.
    pub modules: BTreeMap<String, StoredModule>,
}

/// One exported function.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyzedFunction {
    pub name: String,
    pub kind: FunctionKind,
    /// None for functions registered without a visibility: admins only.
    pub visibility: Option<Visibility>,
    /// None when undeclared.
    pub args: Option<Validator>,
    /// None when undeclared.
    pub returns: Option<Validator>,
    /// One-based line in the author's file, when known.
    pub line: Option<u32>,
}

/// One route of `http.js`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRoute {
    /// Ends in `*` for a prefix route.
    pub path: String,
    pub method: String,
}

/// Where a module runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModuleEnvironment {
    Isolate,
    Node,
}

impl ModuleEnvironment {
    /// The name in push messages.
    pub fn name(self) -> &'static str {
        match self {
            ModuleEnvironment::Isolate => "isolate",
            ModuleEnvironment::Node => "node",
        }
    }

    /// The inverse of [`ModuleEnvironment::name`].
    pub fn parse(text: &str) -> Option<ModuleEnvironment> {
        match text {
            "isolate" => Some(ModuleEnvironment::Isolate),
            "node" => Some(ModuleEnvironment::Node),
            _ => None,
        }
    }
}

/// What is known of a module without its source.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredModule {
    pub environment: ModuleEnvironment,
    /// Lower-case hex SHA-256 of source and source map.
    pub hash: String,
    /// The rows that hold source and map, in order.
    pub(crate) chunks: Vec<value::DocumentId>,
}

/// An identity provider of `auth.config.js`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthProvider {
    /// OpenID Connect, keys found by discovery.
    Oidc {
        domain: String,
        application_id: String,
    },
    CustomJwt {
        issuer: String,
        jwks: String,
        algorithm: String,
        application_id: Option<String>,
    },
}

/// A variable that `convex.config.js` declares.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvDeclaration {
    pub name: String,
    pub validator: Validator,
    pub optional: bool,
}

impl Deployment {
    /// A deployment that nobody has pushed to.
    pub fn empty() -> Deployment {
        Deployment {
            version: 0,
            generation: 0,
            components: BTreeMap::new(),
            unmounted: BTreeMap::new(),
            auth_providers: Arc::from([]),
            env: Arc::default(),
            env_generation: 0,
            import_ms: 0.0,
            declared_env: Arc::from([]),
            udf_server_version: None,
            node_version: None,
            node_dependencies: Arc::from([]),
            node: None,
            functions_folder: "convex/".into(),
            gate: Arc::default(),
        }
    }

    /// Reads the active code from the system tables and compiles it. Blocking.
    ///
    /// Errors: storage failures, and stored rows that cannot be read.
    pub fn load(database: &db::Database) -> Result<Arc<Deployment>, LoadError> {
        rows::load(database).map(Arc::new)
    }

    /// The component at `path`, if it is mounted.
    pub fn component(&self, path: &str) -> Option<&Arc<ComponentCode>> {
        self.components.get(path)
    }

    /// The app itself; none before the first push.
    pub fn root(&self) -> Option<&Arc<ComponentCode>> {
        self.component("")
    }

    /// The function at `path`, whatever its visibility.
    pub fn function(&self, path: &FunctionPath) -> Option<&AnalyzedFunction> {
        self.component(&path.component)?.function(&path.module, &path.export)
    }

    /// The namespace that a component's tables live in, also while it is unmounted; the root's exists before the
    /// first push.
    pub fn namespace(&self, component: &str) -> Option<Namespace> {
        match self.component(component) {
            Some(code) => Some(code.namespace),
            None if component.is_empty() => Some(Namespace::ROOT),
            None => self.unmounted.get(component).copied(),
        }
    }
}

impl ComponentCode {
    /// A root component with nothing but its modules compiled.
    pub(crate) fn empty(bundle: Arc<js::Bundle>) -> ComponentCode {
        ComponentCode {
            definition_path: String::new(),
            namespace: Namespace::ROOT,
            mount: Mount::default(),
            bundle,
            functions: BTreeMap::new(),
            http_routes: Vec::new(),
            crons: Vec::new(),
            modules: BTreeMap::new(),
        }
    }

    /// The export `name` of `module`, if it is a function.
    pub fn function(&self, module: &str, name: &str) -> Option<&AnalyzedFunction> {
        self.functions.get(module)?.iter().find(|function| function.name == name)
    }
}

impl AuthProvider {
    /// The form `auth.config.js` has, which pushes report and clients of the dashboard read.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            AuthProvider::Oidc { domain, application_id } => {
                serde_json::json!({ "applicationID": application_id, "domain": domain })
            }
            AuthProvider::CustomJwt { issuer, jwks, algorithm, application_id } => serde_json::json!({
                "type": "customJwt",
                "applicationID": application_id,
                "issuer": issuer,
                "jwks": jwks,
                "algorithm": algorithm,
            }),
        }
    }

    /// The inverse of [`AuthProvider::to_json`].
    ///
    /// Errors: what is wrong with `json`, as a sentence.
    pub fn from_json(json: &serde_json::Value) -> Result<AuthProvider, String> {
        let text = |name: &str| -> Result<Option<String>, String> {
            match json.get(name) {
                None | Some(serde_json::Value::Null) => Ok(None),
                Some(serde_json::Value::String(text)) => Ok(Some(text.clone())),
                Some(other) => Err(format!("`{name}` must be a string, not {other}")),
            }
        };
        let required = |name: &str| text(name)?.ok_or_else(|| format!("`{name}` is missing in {json}"));
        match text("type")?.as_deref() {
            None | Some("oidc") => {
                Ok(AuthProvider::Oidc { domain: required("domain")?, application_id: required("applicationID")? })
            }
            Some("customJwt") => Ok(AuthProvider::CustomJwt {
                issuer: required("issuer")?,
                jwks: required("jwks")?,
                algorithm: algorithm(required("algorithm")?)?,
                application_id: text("applicationID")?,
            }),
            Some(other) => Err(format!("unknown provider type {other:?}")),
        }
    }
}

fn algorithm(name: String) -> Result<String, String> {
    match name.as_str() {
        "RS256" | "ES256" => Ok(name),
        _ => Err(format!("`algorithm` must be RS256 or ES256, not {name:?}")),
    }
}
