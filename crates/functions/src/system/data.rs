//! Documents of the user's tables.

use db::{Order, PageRequest, Query, Source};
use value::{DocumentId, Value};

use super::{SystemCtx, object, text};
use crate::FunctionError;
use crate::execution::CallFailure;

/// Rows and bytes one page may read.
const PAGE_ROWS_MAX: usize = 10_000;
const PAGE_BYTES_MAX: usize = 5_000_000;

/// System tables that people may look into.
const OPEN_SYSTEM_TABLES: [&str; 2] = ["_storage", "_scheduled_functions"];

/// A page of a table by creation time; an unknown table is an empty one.
pub(super) fn table_data(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let table = ctx.text("table")?.to_owned();
    let order = match ctx.args.get("order").and_then(Value::as_str) {
        Some("desc") => Order::Descending,
        _ => Order::Ascending,
    };
    if !is_open(&table) || ctx.tx.table_number(ctx.namespace, &table).is_none() {
        return Ok(page(Vec::new(), true, String::new()));
    }
    let request = page_request(ctx)?;
    let query = Query { source: Source::FullScan { table, order }, operators: Vec::new() };
    let result = ctx.tx.paginate(ctx.namespace, query, request)?;
    let rows = result.page.iter().map(|row| Value::Object(row.value.clone())).collect();
    Ok(page(rows, result.is_done, result.continue_cursor))
}

pub(super) fn page(rows: Vec<Value>, is_done: bool, cursor: String) -> Value {
    object([("page", Value::Array(rows)), ("isDone", Value::Boolean(is_done)), ("continueCursor", text(cursor))])
}

pub(super) fn page_request(ctx: &SystemCtx<'_>) -> Result<PageRequest, FunctionError> {
    let wrong =
        |what: &str| FunctionError::new(format!("ArgumentValidationError: `paginationOpts.{what}` is invalid."));
    let page_size = match ctx.option("paginationOpts", "numItems") {
        Some(Value::Float64(count)) if *count >= 1.0 => *count as usize,
        Some(Value::Int64(count)) if *count >= 1 => *count as usize,
        _ => return Err(wrong("numItems")),
    };
    let cursor = match ctx.option("paginationOpts", "cursor") {
        None => None,
        Some(Value::String(cursor)) => Some(cursor.clone()),
        Some(_) => return Err(wrong("cursor")),
    };
    Ok(PageRequest {
        cursor,
        end_cursor: None,
        page_size: page_size.min(PAGE_ROWS_MAX),
        maximum_rows_read: Some(PAGE_ROWS_MAX),
        maximum_bytes_read: Some(PAGE_BYTES_MAX),
    })
}

fn is_open(table: &str) -> bool {
    !table.starts_with('_') || OPEN_SYSTEM_TABLES.contains(&table)
}

/// The number of documents in a table.
pub(super) fn table_size(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let table = ctx.text("tableName")?.to_owned();
    Ok(Value::Float64(count(ctx, &table)? as f64))
}

/// The number of documents in all of the user's tables.
pub(super) fn size_of_all_tables(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let mut sum = 0;
    for table in ctx.tx.list_tables(ctx.namespace) {
        if !table.name.starts_with('_') {
            sum += count(ctx, &table.name)?;
        }
    }
    Ok(Value::Float64(sum as f64))
}

/// A number that differs each time the table changes: `npx convex dev` waits for a second one.
pub(super) fn watch_table(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let table = ctx.text("tableName")?.to_owned();
    // Counting reads the whole table as far as invalidation is concerned.
    count(ctx, &table)?;
    let mut random = [0; 6];
    ctx.runtime.platform.fill_random(&mut random);
    let number = random.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    Ok(Value::Float64(number as f64))
}

/// The document with an id, or null.
pub(super) fn get_by_id(ctx: &mut SystemCtx<'_>) -> Result<Value, CallFailure> {
    let Ok(id) = ctx.text("id")?.parse::<DocumentId>() else { return Ok(Value::Null) };
    match ctx.tx.table_name(ctx.namespace, id.table) {
        Some(table) if is_open(&table) => {}
        _ => return Ok(Value::Null),
    }
    let row = ctx.tx.get(ctx.namespace, id)?;
    Ok(row.map_or(Value::Null, |row| Value::Object(row.value.clone())))
}

fn count(ctx: &mut SystemCtx<'_>, table: &str) -> Result<u64, CallFailure> {
    Ok(ctx.tx.count(ctx.namespace, table)?)
}
