//! Checking the documents that are there against a pending schema.
//!
//! Every document is checked as of some snapshot since the schema was submitted; what is written later is checked by
//! its writer.

use std::sync::Arc;

use value::{DocumentId, Validator, Value};

use super::{Step, transact};
use crate::{
    BeginAt,
    catalog::{SCHEMAS, StoredSchema, Table, TableView, records::SchemaStatus},
    database::Shared,
    error::Error,
    keys::{DocKey, Interval, Space, key_after, row_internal},
    limits::WORKER_BATCH,
    schema::SchemaId,
    transaction::Transaction,
};

/// Checks all tables; stops early when the schema is not pending any more.
pub fn run(shared: &Arc<Shared>, schema: &StoredSchema) -> Result<(), Error> {
    let catalog = shared.catalogs.newest();
    for name in schema.schema.tables.keys() {
        let (Some(table), Some(validator)) = (catalog.table(schema.ns, name), schema.validator(name)) else {
            continue;
        };
        // What the enforced type lets through, a wider one does too.
        if table.enforced.as_ref().is_some_and(|enforced| validator.is_superset_of(enforced)) {
            continue;
        }
        let mut unread = Space::Documents(table.tablet).whole();
        while !unread.is_empty() {
            if check_batch(shared, schema.id, table, validator, &mut unread)? == Step::Done {
                return Ok(());
            }
        }
    }
    conclude(shared, schema.id, SchemaStatus::Validated)
}

/// Checks the next few documents. `Done` means that the whole check is over.
fn check_batch(
    shared: &Arc<Shared>,
    id: SchemaId,
    table: &Table,
    validator: &Validator,
    unread: &mut Interval,
) -> Result<Step, Error> {
    let tx = Transaction::begin(shared.clone(), BeginAt::Validated)?;
    let pending = tx.catalog().schema(id).is_some_and(|schema| schema.status == SchemaStatus::Pending);
    if !pending || shared.worker.is_stopping() {
        return Ok(Step::Done);
    }
    let view = TableView::new(tx.catalog().clone(), table.ns);
    let page = shared.read_rows(unread, storage::Order::Ascending, WORKER_BATCH, tx.view())?;
    for row in &page.rows {
        let internal = row_internal(&row.key).ok_or_else(|| Error::Corrupt("a document key is too short".into()))?;
        let Some(document) = shared.read_scanned(table, DocKey::new(table.tablet, internal), row, tx.view())? else {
            continue;
        };
        if let Err(detail) = validator.check(&Value::Object(document.user_fields()), &view) {
            let error = mismatch(document.id, &table.name, &detail);
            conclude(shared, id, SchemaStatus::Failed { error, table: Some(table.name.clone()) })?;
            return Ok(Step::Done);
        }
    }
    shared.worker.add_validated(id, page.rows.len() as u64);
    unread.start = page.covered_to.map_or(unread.end.clone(), |last| key_after(&last));
    Ok(Step::More)
}

fn mismatch(id: DocumentId, table: &str, detail: &str) -> String {
    format!("Document with ID \"{id}\" in table \"{table}\" does not match the schema: {detail}")
}

/// Records the outcome, unless somebody else did.
fn conclude(shared: &Arc<Shared>, id: SchemaId, status: SchemaStatus) -> Result<(), Error> {
    transact(shared, |tx| {
        tx.record(SCHEMAS, id.0.internal)?;
        let pending = tx.catalog().schema(id).is_some_and(|schema| schema.status == SchemaStatus::Pending);
        if pending { tx.set_schema_status(id, status.clone()) } else { Ok(()) }
    })
}
