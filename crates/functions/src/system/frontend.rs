//! What the dashboard, and the command line through the same paths, read about the deployment.

use db::Namespace;
use value::Value;

use super::{SystemCtx, from_json, object, text};
use crate::deploy::tables::{self, AUDIT_LOG};
use crate::deployment::rows::visibility_name;
use crate::deployment::{ComponentCode, split_path};
use crate::execution::CallFailure;

/// Events listed at once.
const AUDIT_LISTED_MAX: usize = 1000;

/// The newest events of the audit log, the newest first; at most `limit` of them.
pub(super) fn audit_log(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let limit = match ctx.args.get("limit") {
        Some(Value::Float64(limit)) if *limit >= 1.0 => (*limit as usize).min(AUDIT_LISTED_MAX),
        _ => AUDIT_LISTED_MAX,
    };
    let rows = tables::newest(ctx.tx, crate::audit::TABLE, limit)?;
    Ok(Value::Array(rows.iter().map(|row| Value::Object(row.value.clone())).collect()))
}

/// Component instances besides the app itself, unmounted ones included.
pub(super) fn components(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let row = |path: &str, namespace: Namespace, state: &str, http_prefix: Option<String>| {
        let name = split_path(path).map_or(path, |(_, name)| name);
        object([
            ("id", text(namespace.0.to_string())),
            ("name", text(name)),
            ("path", text(path)),
            ("args", object([])),
            ("state", text(state)),
            ("httpPrefix", http_prefix.map_or(Value::Null, text)),
        ])
    };
    let deployment = ctx.deployment;
    let mounted = deployment.components.iter().filter(|(path, _)| !path.is_empty()).map(|(path, code)| {
        let prefix = deployment.http_path(path).map(|prefix| format!("{prefix}/"));
        row(path, code.namespace, "active", prefix)
    });
    let unmounted = deployment.unmounted.iter().map(|(path, namespace)| row(path, *namespace, "unmounted", None));
    Ok(Value::Array(mounted.chain(unmounted).collect()))
}

/// The active schema as JSON text.
pub(super) fn schemas(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(match crate::deploy::schema_text(ctx.tx.active_schema(ctx.namespace)) {
        Some(schema) => object([("active", text(schema))]),
        None => object([]),
    })
}

/// The version of the package that bundled the code.
pub(super) fn version(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(ctx.deployment.udf_server_version.as_ref().map_or(Value::Null, |version| text(version.as_str())))
}

/// Table names by number.
pub(super) fn table_mapping(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let tables = ctx.tx.list_tables(ctx.namespace);
    let user = tables.into_iter().filter(|table| !table.name.starts_with('_'));
    Ok(Value::Object(user.map(|table| (table.number.0.to_string(), text(table.name))).collect()))
}

/// The identity providers.
pub(super) fn auth_providers(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let providers: Result<Vec<Value>, CallFailure> =
        ctx.deployment.auth_providers.iter().map(|provider| from_json(&provider.to_json())).collect();
    providers.map(Value::Array)
}

/// `[[path, {functions}]]` for every module of the component; HTTP routes are functions of `http.js`.
pub(super) fn modules(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let code = ctx.deployment.component(ctx.component);
    Ok(code.map_or_else(|| Value::Array(Vec::new()), |code| listed_modules(code)))
}

/// The same for all components, each with its id; the app's is null.
pub(super) fn modules_of_all(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let components = ctx.deployment.components.iter().map(|(path, code)| {
        let id = if path.is_empty() { Value::Null } else { text(code.namespace.0.to_string()) };
        Value::Array(vec![id, listed_modules(code)])
    });
    Ok(Value::Array(components.collect()))
}

fn listed_modules(code: &ComponentCode) -> Value {
    let modules = code.functions.iter().map(|(path, functions)| {
        let mut listed: Vec<Value> = functions
            .iter()
            .map(|function| {
                let visibility =
                    function.visibility.map_or(Value::Null, |v| object([("kind", text(visibility_name(v)))]));
                object([
                    ("name", text(function.name.as_str())),
                    ("lineno", function.line.map_or(Value::Null, |line| Value::Float64(f64::from(line)))),
                    ("udfType", text(function.kind.name())),
                    ("visibility", visibility),
                ])
            })
            .collect();
        if path == "http.js" {
            listed.extend(code.http_routes.iter().map(|route| {
                object([
                    ("name", text(format!("{} {}", route.method, route.path))),
                    ("lineno", Value::Null),
                    ("udfType", text("HttpAction")),
                    ("visibility", object([("kind", text("public"))])),
                ])
            }));
        }
        let analysis = object([("functions", Value::Array(listed)), ("sourcePackageId", text(""))]);
        Value::Array(vec![text(path.as_str()), analysis])
    });
    Value::Array(modules.collect())
}

/// The newest push in the audit log, or null.
pub(super) fn last_push_event(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let row = tables::last(ctx.tx, AUDIT_LOG)?;
    Ok(row.map_or(Value::Null, |row| Value::Object(row.value.clone())))
}

/// This version cannot be paused.
pub(super) fn deployment_state(_ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(object([("state", text("running"))]))
}
