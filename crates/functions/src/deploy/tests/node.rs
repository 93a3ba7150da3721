//! Pushes of apps that have `"use node"` modules, analysed by the real Node.js.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;
use crate::node_actions::NodeOptions;
use crate::{FunctionKind, Visibility};

/// A backend with a folder for Node.js.
struct NodeBackend {
    backend: Backend,
    folder: tempfile::TempDir,
}

impl NodeBackend {
    fn start() -> NodeBackend {
        NodeBackend::with(Arc::new(MemoryEngine::new()), tempfile::tempdir().unwrap(), None)
    }

    fn with(engine: Arc<dyn storage::Engine>, folder: tempfile::TempDir, binary: Option<PathBuf>) -> NodeBackend {
        let node = Some(NodeOptions { binary, ..NodeOptions::new(folder.path().join("node")) });
        let backend = Backend::with(engine, Options { workers: 1, node, ..Options::default() });
        NodeBackend { backend, folder }
    }

    fn refused(&self, project: &Project) -> SystemError {
        self.backend.start_push(project).err().expect("the push is refused")
    }

    fn packages(&self) -> usize {
        fs::read_dir(self.folder.path().join("node/packages")).map_or(0, Iterator::count)
    }
}

const IMPORTS: &str = "\"use node\";\nimport { action, query, internalAction } from \"./_deps/node/lib.js\";\n";

/// An app with functions in both runtimes.
fn project(source: &str) -> Project {
    Project::new("export const list = query(async () => 1);")
        .node_module(
            "_deps/node/lib.js",
            &format!("{LIBRARY}\nexport const internalAction = define('isAction', 'invokeAction', 'isInternal');"),
        )
        .node_module("files.js", &format!("{IMPORTS}{source}"))
}

// `"use node"` modules analysed in the node executor.
#[test]
fn both_runtimes_live_in_one_app() {
    let engine: Arc<dyn storage::Engine> = Arc::new(MemoryEngine::new());
    let node = NodeBackend::with(engine.clone(), tempfile::tempdir().unwrap(), None);
    let source = r#"import fs from "node:fs";
        export const zip = action(async () => fs.readFileSync("x"), '{"type":"object","value":{}}', '{"type":"null"}');
        export const clean = internalAction(async () => Buffer.from("a"));"#;
    let shared = project(source).node_module(
        "lib/more.js",
        "import { action } from \"../_deps/node/lib.js\";\nexport const one = action(async () => 1);",
    );
    node.backend.push(&shared);
    let check = |backend: &Backend| {
        let deployment = backend.deployment();
        let root = deployment.root().unwrap();
        let files: Vec<_> =
            root.functions["files.js"].iter().map(|f| (f.name.as_str(), f.kind, f.visibility)).collect();
        let expected = [
            ("zip", FunctionKind::Action, Some(Visibility::Public)),
            ("clean", FunctionKind::Action, Some(Visibility::Internal)),
        ];
        assert_eq!(files, expected);
        let zip = root.function("files.js", "zip").unwrap();
        assert_eq!(zip.args.as_ref().unwrap().to_string(), "v.object({})");
        assert_eq!(zip.returns.as_ref().unwrap().to_string(), "v.null()");
        assert_eq!(root.functions["lib/more.js"].len(), 1);
        assert!(!root.functions.contains_key("_deps/node/lib.js"), "shared chunks hold no functions");
        assert_eq!(root.modules["files.js"].environment, ModuleEnvironment::Node);
        assert_eq!(root.modules["app.js"].environment, ModuleEnvironment::Isolate);
        assert_eq!(backend.value("app:list", json!({})), json!(1.0));
        assert!(deployment.node.is_some());
    };
    check(&node.backend);
    let NodeBackend { backend, folder } = node;
    drop(backend);
    check(&NodeBackend::with(engine, folder, None).backend);
}

// Second push without changes sends only `unchangedModuleHashes` and succeeds.
#[test]
fn unchanged_modules_are_taken_from_the_store() {
    let node = NodeBackend::start();
    let app = project("export const go = action(async () => 1);");
    node.backend.push(&app);
    node.backend.push(&app.clone().unchanged("files.js").unchanged("_deps/node/lib.js"));
    assert!(node.backend.deployment().root().unwrap().function("files.js", "go").is_some());
    assert_eq!(node.packages(), 1, "the same modules are the same package");
}

#[test]
fn a_package_goes_with_the_last_deployment_that_may_run_it() {
    let node = NodeBackend::start();
    node.backend.push(&project("export const go = action(async () => 1);"));
    assert_eq!(node.packages(), 1);
    node.backend.push(&Project::new(""));
    node.backend.runtime.inner.node.stop();
    // Queries that began before the push may still run the code before it.
    node.backend.push(&Project::new("export const more = query(async () => 1);"));
    assert_eq!(node.packages(), 0);
}

// External package install; analysis rejects queries in node files.
#[test]
fn only_actions_can_be_in_node() {
    let node = NodeBackend::start();
    let error = node.refused(&project("export const all = query(async () => 1);"));
    assert_eq!(error.code, "InvalidModules");
    let text = "`all` defined in `files.js` is a Query function. Only actions can be defined in Node.js. \
                See https://docs.convex.dev/functions/actions for more details.";
    assert!(error.message.ends_with(text), "{error}");
    for path in ["http.js", "crons.js", "auth.config.js"] {
        let error = node.refused(&Project::new("").node_module(path, "\"use node\";"));
        assert_eq!(error.code, "InvalidModules");
        assert!(error.message.contains(path), "{error}");
    }
}

// Import-time exception → 400 `InvalidModules` with JS message.
#[test]
fn a_module_that_cannot_be_imported_is_reported_with_its_log_lines() {
    let node = NodeBackend::start();
    let error =
        node.refused(&project("console.warn('loading', process.env.CONVEX_CLOUD_URL);\nthrow new RangeError('no');"));
    assert_eq!(error.code, "InvalidModules");
    assert!(
        error.message.contains("Failed to analyze files.js: Uncaught RangeError: no\n    at convex:/user/files.js:4:7"),
        "{error}"
    );
    assert!(error.message.ends_with("\n[WARN] 'loading' 'http://127.0.0.1:3210'"), "{error}");
    let error = node.refused(&project("export const go = action(async () => 1, '{\"type\":\"string\"}');"));
    assert!(error.message.ends_with("Args validator must be an object or any"), "{error}");
}

#[test]
fn without_node_everything_else_is_served() {
    let nowhere = Some(PathBuf::from("/nowhere/node"));
    let node = NodeBackend::with(Arc::new(MemoryEngine::new()), tempfile::tempdir().unwrap(), nowhere);
    let app = project("export const go = action(async () => 1);");
    let error = node.refused(&app);
    assert_eq!(error.code, "DeploymentNotConfiguredForNodeActions");
    let text = "Deployment is not configured to deploy \"use node\" actions. Node.js v20, 22, or 24 is not installed.";
    assert!(error.message.starts_with(text), "{error}");
    node.backend.push(&Project::new("export const list = query(async () => 1);"));
    assert_eq!(node.backend.value("app:list", json!({})), json!(1.0));
    let without_folder = Backend::start();
    let error = without_folder.start_push(&app).err().unwrap();
    assert_eq!(error.code, "DeploymentNotConfiguredForNodeActions");
}

/// The real `node` with a script in npm's place, which installs a package that says its version.
fn tools_with_npm(folder: &Path) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let node = std::env::split_paths(&path).map(|folder| folder.join("node")).find(|file| file.is_file()).unwrap();
    let binary = folder.join("node");
    std::os::unix::fs::symlink(node, &binary).unwrap();
    let script = format!(
        "#!/bin/sh\necho asked >> {asked}\nmkdir -p node_modules/tiny\n\
         printf '{{\"name\":\"tiny\",\"type\":\"module\",\"exports\":\"./main.js\"}}' > node_modules/tiny/package.json\n\
         printf 'export const name = \"tiny\";' > node_modules/tiny/main.js\n",
        asked = folder.join("asked").display()
    );
    fs::write(folder.join("npm"), script).unwrap();
    fs::set_permissions(folder.join("npm"), fs::Permissions::from_mode(0o755)).unwrap();
    binary
}

// `"use node"` modules analysed … with external packages installed at the exact versions; `externalDepsId` non-null.
#[test]
fn external_packages_are_installed_once_for_each_set() {
    let tools = tempfile::tempdir().unwrap();
    let binary = Some(tools_with_npm(tools.path()));
    let engine: Arc<dyn storage::Engine> = Arc::new(MemoryEngine::new());
    let node = NodeBackend::with(engine.clone(), tempfile::tempdir().unwrap(), binary.clone());
    let mut app = project("import { name } from \"tiny\";\nexport const go = action(async () => name);");
    app.node_dependencies = vec![NodeDependency { name: "tiny".into(), version: "1.2.3".into() }];
    let started = node.backend.start_push(&app).map_err(|error| error.to_string()).unwrap();
    assert!(started.analysis.external_deps_id.is_some());
    assert_eq!(node.backend.progress(&started), SchemaProgress::Complete);
    node.backend.finish(&started).unwrap();
    node.backend.push(&app);
    let asked = || fs::read_to_string(tools.path().join("asked")).unwrap().lines().count();
    assert_eq!(asked(), 1);
    let NodeBackend { backend, folder } = node;
    drop(backend);
    let node = NodeBackend::with(engine, folder, binary);
    assert_eq!(node.backend.deployment().node_dependencies[..], app.node_dependencies);
    node.backend.push(&app);
    assert_eq!(asked(), 1, "a restarted server finds the packages");
    app.node_dependencies[0].version = "latest".into();
    assert_eq!(node.refused(&app).code, "InvalidExternalModules");
}
