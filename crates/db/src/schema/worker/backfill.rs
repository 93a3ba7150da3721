//! Filling a new index with the documents that were there before it.
//!
//! Since the index was created, everybody who writes a document writes its row too. So each document needs its row
//! once, from any snapshot since, unless it was written meanwhile: then the batch conflicts and is done again. How
//! far it came is kept in the index's record, in the same commit as the rows.

use std::sync::Arc;

use value::{InternalId, Value};

use super::{Step, transact};
use crate::{
    IndexState,
    catalog::{INDEXES, Table, records::IndexRecord},
    database::Shared,
    error::Error,
    keys::{DocKey, Interval, Space, index_key, key_after, row_internal},
    limits::WORKER_BATCH,
    snapshot::Row,
    transaction::Transaction,
};

const CURSOR: &str = "cursor";

/// Adds the rows of the next few documents.
pub fn step(shared: &Arc<Shared>, table: &Table, record: InternalId) -> Result<Step, Error> {
    transact(shared, |tx| fill(tx, table, record))
}

fn fill(tx: &mut Transaction, table: &Table, record: InternalId) -> Result<Step, Error> {
    let Some(document) = tx.record(INDEXES, record)? else {
        return Ok(Step::Done);
    };
    let mut index = IndexRecord::decode(&document).map_err(Error::Corrupt)?;
    if index.state != Some(IndexState::Backfilling) {
        return Ok(Step::Done);
    }
    let whole = Space::Documents(table.tablet).whole();
    let start = match document.value.get(CURSOR) {
        Some(Value::Bytes(last)) => key_after(last),
        _ => whole.start.clone(),
    };
    let unread = Interval { start, end: whole.end };
    let page = tx.shared().read_rows(&unread, storage::Order::Ascending, WORKER_BATCH, tx.view())?;
    add_rows(tx, table, &index, &page.rows)?;
    let mut fields = document.user_fields();
    let step = match page.covered_to {
        Some(last) => {
            fields.insert(CURSOR, Value::Bytes(last.to_vec()));
            Step::More
        }
        None => {
            fields.remove(CURSOR);
            // No schema enables the indexes of system tables.
            index.state = Some(if table.is_system() { IndexState::Enabled } else { IndexState::Backfilled });
            Step::Done
        }
    };
    index.encode().into_iter().for_each(|(name, value)| drop(fields.insert(name, value)));
    tx.put_record(INDEXES, record, Some(fields))?;
    Ok(step)
}

/// Buffers the index rows of some documents, and that they were read.
fn add_rows(tx: &mut Transaction, table: &Table, index: &IndexRecord, rows: &[Row]) -> Result<(), Error> {
    for row in rows {
        let internal = row_internal(&row.key).ok_or_else(|| Error::Corrupt("a document key is too short".into()))?;
        let key = DocKey::new(table.tablet, internal);
        tx.reads.points.insert(key);
        let document = tx.shared().read_scanned(table, key, row, tx.view())?;
        if let Some(document) = document {
            let row = index_key(index.id, &index.fields, &document.value, internal);
            tx.writes.raw_rows.push((row, Some(internal)));
        }
    }
    Ok(())
}
