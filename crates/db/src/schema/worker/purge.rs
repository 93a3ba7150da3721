//! Removing the rows of dropped indexes and the documents of dropped tables, then their records.

use std::sync::Arc;

use value::InternalId;

use super::{Step, transact};
use crate::{
    catalog::{Catalog, INDEXES, TABLES},
    database::Shared,
    error::Error,
    keys::{IndexId, Space, TabletId},
    limits::WORKER_BATCH,
};

pub fn run(shared: &Arc<Shared>, catalog: &Catalog) -> Result<(), Error> {
    let (tables, indexes) = catalog.dropped();
    for (record, index) in indexes {
        empty(shared, INDEXES, record, &[Space::Index(index.id)])?;
    }
    for (record, table) in tables {
        // The index by creation time has the number of the tablet.
        let spaces = [Space::Index(IndexId(table.tablet.0)), Space::Documents(table.tablet)];
        empty(shared, TABLES, record, &spaces)?;
    }
    Ok(())
}

/// Removes all rows of some spaces, and in the end the record that says they are to go.
fn empty(shared: &Arc<Shared>, tablet: TabletId, record: InternalId, spaces: &[Space]) -> Result<(), Error> {
    for space in spaces {
        loop {
            let step = transact(shared, |tx| {
                let page = shared.read_rows(&space.whole(), storage::Order::Ascending, WORKER_BATCH, tx.view())?;
                tx.writes.raw_rows.extend(page.rows.into_iter().map(|row| (row.key, None)));
                Ok(if page.covered_to.is_some() { Step::More } else { Step::Done })
            })?;
            if step == Step::Done {
                break;
            }
            if shared.worker.is_stopping() {
                return Ok(());
            }
        }
    }
    transact(shared, |tx| tx.put_record(tablet, record, None))
}
