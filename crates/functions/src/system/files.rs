//! Stored files, as the dashboard lists and deletes them.

use db::{Order, Query, RangeBound, RangeOp, Source};
use value::{DocumentId, Object, Value};

use super::data::{page, page_request};
use super::{SystemCtx, text};
use crate::FunctionError;
use crate::execution::CallFailure;
use crate::files::{self, FileRow, TABLE};

/// How many files there are.
pub(super) fn count(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(Value::Float64(ctx.tx.count(ctx.namespace, TABLE)? as f64))
}

/// A page of files with their links, the newest first unless asked otherwise.
pub(super) fn list(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    if ctx.tx.table_number(ctx.namespace, TABLE).is_none() {
        return Ok(page(Vec::new(), true, String::new()));
    }
    let order = match ctx.option("filters", "order").and_then(Value::as_str) {
        Some("asc") => Order::Ascending,
        _ => Order::Descending,
    };
    let bounds = [("minCreationTime", RangeOp::Gte), ("maxCreationTime", RangeOp::Lte)];
    let range = bounds.into_iter().filter_map(|(name, op)| {
        let value = Some(ctx.option("filters", name)?.clone());
        Some(RangeBound { field: "_creationTime".into(), op, value })
    });
    let range = range.collect();
    let source = Source::IndexRange { table: TABLE.into(), index: "by_creation_time".into(), range, order };
    let request = page_request(ctx)?;
    let found = ctx.tx.paginate(ctx.namespace, Query { source, operators: Vec::new() }, request)?;
    let rows = found.page.iter().map(|row| with_url(ctx, row.id, row.value.clone()));
    let rows = rows.collect::<Result<Vec<Value>, CallFailure>>()?;
    Ok(page(rows, found.is_done, found.continue_cursor))
}

/// One file with its link, or null.
pub(super) fn get(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let Some(id) = storage_id(ctx, ctx.text("storageId")?.to_owned()) else { return Ok(Value::Null) };
    match ctx.tx.get(ctx.namespace, id)? {
        Some(row) => with_url(ctx, id, row.value.clone()),
        None => Ok(Value::Null),
    }
}

pub(super) fn delete(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let id = ctx.text("storageId")?.to_owned();
    delete_one(ctx, id)
}

pub(super) fn delete_many(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let wrong = || FunctionError::new("ArgumentValidationError: `storageIds` must be an array of strings.");
    let Some(Value::Array(ids)) = ctx.args.get("storageIds") else { return Err(wrong().into()) };
    for id in ids {
        let id = id.as_str().ok_or_else(wrong)?.to_owned();
        delete_one(ctx, id)?;
    }
    Ok(Value::Null)
}

pub(super) fn generate_upload_url(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    Ok(text(files::upload_url(ctx.runtime, ctx.namespace)))
}

fn delete_one(ctx: &mut SystemCtx<'_>, id: String) -> Result<Value, CallFailure> {
    let file = match storage_id(ctx, id.clone()) {
        Some(id) => FileRow::get(ctx.tx, ctx.namespace, id)?,
        None => None,
    };
    let Some(file) = file else { return Err(files::id_not_found(&id).into()) };
    file.delete(ctx.tx, ctx.namespace)?;
    Ok(Value::Null)
}

/// The id, if it is one of the files' table.
fn storage_id(ctx: &mut SystemCtx<'_>, id: String) -> Option<DocumentId> {
    let id: DocumentId = id.parse().ok()?;
    (ctx.tx.table_name(ctx.namespace, id.table).as_deref() == Some(TABLE)).then_some(id)
}

fn with_url(ctx: &mut SystemCtx<'_>, id: DocumentId, mut row: Object) -> Result<Value, CallFailure> {
    let url = match FileRow::get(ctx.tx, ctx.namespace, id)? {
        Some(file) => {
            let uuid = file.uuid(ctx.tx, ctx.namespace)?;
            text(files::file_url(&ctx.runtime.options.cloud_url, ctx.namespace, uuid))
        }
        None => Value::Null,
    };
    row.insert("url", url);
    Ok(Value::Object(row))
}
