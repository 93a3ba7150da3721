//! Definitions and instances in the answer to `start_push`, from which the command line generates code.

use std::collections::BTreeMap;

use functions::Visibility;
use functions::deploy::{AppAnalysis, StartedPush};
use functions::deployment::{ComponentCode, EnvBinding, HttpRoute, child_path};
use serde_json::{Map, Value, json};

/// What evaluation found in the definition at `path`.
pub fn evaluated(push: &StartedPush, path: &str) -> Value {
    let analysis = &push.analysis;
    let code = analysis.code_of(path);
    let mut definition = analysis.definitions[path].0.clone();
    definition["path"] = path.into();
    if !path.is_empty() {
        definition["exports"] = exports(code);
    }
    let version = analysis.components.get(path).map_or(&push.udf_server_version, |found| &found.udf_server_version);
    let (seed, unix_ms) = analysis.import_conditions;
    let modules = code.functions.keys();
    json!({
        "definition": definition,
        "schema": analysis.schema_of(path).map(|schema| schema.analysed_json()),
        "functions": modules.map(|path| (path.clone(), super::module(path, code))).collect::<Map<_, _>>(),
        "udfConfig": {
            "serverVersion": version,
            "importPhaseRngSeed": super::encoded(value::Value::Bytes(seed.to_vec())),
            "importPhaseUnixTimestamp": super::encoded(value::Value::Int64((unix_ms * 1e6) as i64)),
        },
    })
}

/// The instance at `path` with all below it.
pub fn checked(analysis: &AppAnalysis, path: &str) -> Value {
    let planned = &analysis.tree.0[path];
    let code = analysis.code_of(&planned.definition_path);
    let children = planned.children.iter().map(|name| (name.clone(), checked(analysis, &child_path(path, name))));
    let env = planned.mount.env.iter().map(|(name, binding)| {
        let binding = match binding {
            EnvBinding::Value(value) => json!({ "type": "value", "value": value }),
            EnvBinding::Parent(name) => json!({ "type": "envVar", "name": name }),
        };
        (name.clone(), binding)
    });
    let mut instance = json!({
        "definitionPath": planned.definition_path,
        "componentPath": path,
        "args": {},
        "env": env.collect::<Map<_, _>>(),
        "childComponents": children.collect::<Map<_, _>>(),
        "httpRoutes": {
            "httpModuleRoutes": code.has_router().then(|| code.http_routes.iter().map(route).collect::<Vec<_>>()),
            "mounts": planned.mount.http_mounts.keys().collect::<Vec<_>>(),
        },
        "exports": {},
    });
    if let Some(prefix) = &planned.mount.http_prefix {
        instance["httpPrefix"] = prefix.as_str().into();
    }
    instance
}

fn route(route: &HttpRoute) -> Value {
    json!({ "method": route.method, "path": route.path })
}

/// The public functions of a component: branches by the segments of the module's path and the function's name.
fn exports(code: &ComponentCode) -> Value {
    let mut root = Branch::default();
    for (module, functions) in &code.functions {
        let public = functions.iter().filter(|function| function.visibility == Some(Visibility::Public));
        let stem = module.strip_suffix(".js").unwrap_or(module);
        for function in public {
            let branch = stem.split('/').fold(&mut root, |branch, segment| branch.children.entry(segment).or_default());
            branch.leaves.insert(&function.name, format!("_reference/function/{module}:{}", function.name));
        }
    }
    root.into_json()
}

#[derive(Default)]
struct Branch<'c> {
    children: BTreeMap<&'c str, Branch<'c>>,
    leaves: BTreeMap<&'c str, String>,
}

impl Branch<'_> {
    fn into_json(self) -> Value {
        let branches = self.children.into_iter().map(|(name, branch)| json!([name, branch.into_json()]));
        let leaves = self.leaves.into_iter().map(|(name, leaf)| json!([name, { "type": "leaf", "leaf": leaf }]));
        json!({ "type": "branch", "branch": branches.chain(leaves).collect::<Vec<_>>() })
    }
}
