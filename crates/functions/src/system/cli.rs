//! What `npx convex` reads: addresses, functions, variables, tables.

use serde_json::json;
use value::{Validator, Value};

use super::{SystemCtx, from_json, object, text};
use crate::deploy::tables as system_tables;
use crate::deployment::AnalyzedFunction;
use crate::deployment::rows::visibility_name;
use crate::environment;
use crate::execution::CallFailure;

/// The address of the API.
pub(super) fn cloud_url(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(text(&*ctx.runtime.options.cloud_url))
}

/// The address of HTTP actions.
pub(super) fn site_url(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(text(&*ctx.runtime.options.site_url))
}

/// Every function and route, for `function-spec` and for the hint after a misspelt name.
///
/// Source: deploy-api 7.2.
pub(super) fn api_spec(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let Some(code) = ctx.deployment.component(ctx.component) else { return Ok(Value::Array(Vec::new())) };
    let mut spec = Vec::new();
    for (module, functions) in &code.functions {
        for function in functions {
            spec.push(function_spec(module, function)?);
        }
    }
    for route in &code.http_routes {
        spec.push(object([
            ("functionType", text("HttpAction")),
            ("method", text(&*route.method)),
            ("path", text(&*route.path)),
        ]));
    }
    Ok(Value::Array(spec))
}

fn function_spec(module: &str, function: &AnalyzedFunction) -> Result<Value, CallFailure> {
    let visibility = match function.visibility {
        Some(visibility) => object([("kind", text(visibility_name(visibility)))]),
        None => Value::Null,
    };
    Ok(object([
        ("identifier", text(format!("{module}:{}", function.name))),
        ("functionType", text(function.kind.name())),
        ("visibility", visibility),
        ("args", validator(function.args.as_ref())?),
        ("returns", validator(function.returns.as_ref())?),
    ]))
}

/// The JSON of a validator; `any` when undeclared.
fn validator(validator: Option<&Validator>) -> Result<Value, CallFailure> {
    from_json(&validator.map_or_else(|| json!({ "type": "any" }), Validator::to_json))
}

/// Every variable with its row's system fields.
pub(super) fn environment_variables(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let mut rows = system_tables::all(ctx.tx, environment::TABLE)?;
    rows.sort_by(|a, b| a.value.get("name").cmp(&b.value.get("name")));
    Ok(Value::Array(rows.iter().map(|row| Value::Object(row.value.clone())).collect()))
}

/// One variable, or null.
pub(super) fn environment_variable(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let name = ctx.text("name")?.to_owned();
    let rows = system_tables::all(ctx.tx, environment::TABLE)?;
    let row = rows.iter().find(|row| row.value.get("name").and_then(Value::as_str) == Some(&name));
    Ok(row.map_or(Value::Null, |row| Value::Object(row.value.clone())))
}

/// The names of the user's tables, in one page.
pub(super) fn tables(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let tables = ctx.tx.list_tables(ctx.namespace);
    let rows = tables.into_iter().filter(|table| !table.name.starts_with('_'));
    let page = rows.map(|table| object([("name", text(table.name))])).collect();
    Ok(object([("page", Value::Array(page)), ("isDone", Value::Boolean(true)), ("continueCursor", text("end"))]))
}

/// The import with a given id: this version runs none.
pub(super) fn no_import(_ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(Value::Null)
}

/// The running and recent imports: none in this version.
pub(super) fn no_imports(_ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(Value::Array(Vec::new()))
}

/// The newest export: none in this version.
pub(super) fn no_export(_ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(Value::Null)
}
