//! What the dashboard, and the command line through the same paths, read about the deployment.

use value::Value;

use super::{SystemCtx, from_json, object, text};
use crate::deploy::tables::{self, AUDIT_LOG};
use crate::deployment::rows::visibility_name;
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

/// Component instances besides the app itself.
pub(super) fn components(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let mounted = ctx.deployment.components.iter().filter(|(path, _)| !path.is_empty());
    let rows = mounted.map(|(path, code)| {
        let name = path.rsplit('/').next().unwrap_or(path);
        object([
            ("id", text(code.namespace.0.to_string())),
            ("name", text(name)),
            ("path", text(path.as_str())),
            ("args", object([])),
            ("state", text("active")),
            ("httpPrefix", Value::Null),
        ])
    });
    Ok(Value::Array(rows.collect()))
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

/// `[[path, {functions}]]` for every module; HTTP routes are functions of `http.js`.
pub(super) fn modules(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let Some(code) = ctx.deployment.component(ctx.component) else { return Ok(Value::Array(Vec::new())) };
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
    Ok(Value::Array(modules.collect()))
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
