//! The system tables of a deployment, and small helpers for reading and writing their rows.

use std::sync::Arc;

use db::{BeginAt, Database, Document, Namespace, Order, Query, QueryStream, Source, Transaction};
use value::{Object, Value};

/// One row: counters and settings.
pub(crate) const SETTINGS: &str = "_deployment";
/// One row per module of the active code.
pub(crate) const MODULES: &str = "_modules";
/// Pieces of module sources, of the active code and of pending pushes.
pub(crate) const CHUNKS: &str = "_module_chunks";
/// Pushes that have started and not finished.
pub(crate) const PUSHES: &str = "_pushes";
/// What administrators did to the deployment.
pub(crate) const AUDIT_LOG: &str = "_deployment_audit_log";

/// Begins a transaction without the limits of user functions: a push reads and writes every module.
pub(crate) fn begin_unlimited(database: &Database, at: BeginAt) -> Result<Transaction, db::Error> {
    let mut tx = database.begin(at)?;
    lift_limits(&mut tx);
    Ok(tx)
}

/// Frees a transaction of the server's own from the limits of user functions.
pub(crate) fn lift_limits(tx: &mut Transaction) {
    *tx.limits_mut() = db::Limits {
        bytes_read: usize::MAX,
        documents_read: usize::MAX,
        reads: usize::MAX,
        bytes_written: usize::MAX,
        documents_written: usize::MAX,
    };
}

/// All rows of `table` in the order they were inserted; none if the table does not exist.
pub(crate) fn all(tx: &mut Transaction, table: &str) -> Result<Vec<Arc<Document>>, db::Error> {
    let mut stream = scan(tx, table, Order::Ascending)?;
    let mut rows = Vec::new();
    while let Some(row) = tx.next(&mut stream)? {
        rows.push(row);
    }
    Ok(rows)
}

/// The oldest row of `table`.
pub(crate) fn first(tx: &mut Transaction, table: &str) -> Result<Option<Arc<Document>>, db::Error> {
    let mut stream = scan(tx, table, Order::Ascending)?;
    tx.next(&mut stream)
}

/// The `count` oldest rows of `table`.
pub(crate) fn oldest(tx: &mut Transaction, table: &str, count: usize) -> Result<Vec<Arc<Document>>, db::Error> {
    take(tx, table, Order::Ascending, count)
}

/// The `count` newest rows of `table`, the newest first.
pub(crate) fn newest(tx: &mut Transaction, table: &str, count: usize) -> Result<Vec<Arc<Document>>, db::Error> {
    take(tx, table, Order::Descending, count)
}

/// The newest row of `table`.
pub(crate) fn last(tx: &mut Transaction, table: &str) -> Result<Option<Arc<Document>>, db::Error> {
    let mut stream = scan(tx, table, Order::Descending)?;
    tx.next(&mut stream)
}

fn take(tx: &mut Transaction, table: &str, order: Order, count: usize) -> Result<Vec<Arc<Document>>, db::Error> {
    let mut stream = scan(tx, table, order)?;
    let mut rows = Vec::new();
    while rows.len() < count
        && let Some(row) = tx.next(&mut stream)?
    {
        rows.push(row);
    }
    Ok(rows)
}

fn scan(tx: &mut Transaction, table: &str, order: Order) -> Result<QueryStream, db::Error> {
    let source = Source::FullScan { table: table.to_owned(), order };
    tx.query(Namespace::ROOT, Query { source, operators: Vec::new() })
}

/// Builds an object from its fields.
pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
