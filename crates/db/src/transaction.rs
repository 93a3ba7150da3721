//! Transactions: one snapshot, the writes on top of it, and what was read.
//!
//! Reads see the transaction's own writes. Everything read is recorded, down to the facts of the catalog it relied
//! on; the committer checks that record, so a transaction that commits behaves as if it ran alone.

mod documents;
mod tables;
pub mod writes;

use std::sync::Arc;

use value::{InternalId, TableNumber, Timestamp};

use crate::{
    BeginAt, Namespace,
    cache::Seen,
    catalog::{Catalog, Table, TableView, deps::Dep},
    database::{Shared, TableInfo},
    derived::SearchRead,
    document::Document,
    error::Error,
    keys::{DocKey, Interval},
    limits::{Limits, Usage},
    read_set::{ReadSet, Reads},
    schema::Schema,
    snapshot::Snapshot,
};
pub use writes::Savepoint;
use writes::Writes;

/// One snapshot, the writes on top of it, and what was read.
pub struct Transaction {
    shared: Arc<Shared>,
    snapshot: Snapshot,
    can_commit: bool,
    begin_catalog: Arc<Catalog>,
    /// The catalog with this transaction's own changes.
    catalog: Arc<Catalog>,
    pub(crate) reads: Reads,
    pub(crate) writes: Writes,
    /// Documents read and missed, catalog facts excluded. Count.
    points: usize,
    /// Without the reads that `points` and the read set count.
    usage: Usage,
    limits: Limits,
    /// Milliseconds; zero before the first insert.
    last_creation_time: f64,
}

const HELP: &str = "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";

impl Transaction {
    pub(crate) fn begin(shared: Arc<Shared>, at: BeginAt) -> Result<Transaction, Error> {
        let snapshot = shared.snapshot(at)?;
        let catalog = match shared.catalogs.at(snapshot.at) {
            Some(catalog) => catalog,
            None => Arc::new(load_old_catalog(&shared, snapshot.at)?),
        };
        Ok(Transaction::new(shared, snapshot, catalog, at == BeginAt::Validated))
    }

    fn new(shared: Arc<Shared>, snapshot: Snapshot, catalog: Arc<Catalog>, can_commit: bool) -> Transaction {
        shared.hold(snapshot.at);
        Transaction {
            shared,
            snapshot,
            can_commit,
            begin_catalog: catalog.clone(),
            catalog,
            reads: Reads::default(),
            writes: Writes::default(),
            points: 0,
            usage: Usage::default(),
            limits: Limits::default(),
            last_creation_time: 0.0,
        }
    }

    /// Returns the timestamp whose state it reads.
    pub fn snapshot(&self) -> Timestamp {
        self.snapshot.at
    }

    /// Returns a read-only transaction on the state this one began with, without its writes.
    pub fn snapshot_child(&self) -> Transaction {
        Transaction::new(self.shared.clone(), self.snapshot, self.begin_catalog.clone(), false)
    }

    pub fn usage(&self) -> Usage {
        Usage {
            reads: self.usage.reads + self.points + self.reads.intervals.len() + self.reads.searches.len(),
            ..self.usage
        }
    }

    /// Counts what another transaction used as used by this one too. Nothing is checked here: the next read or write is.
    pub fn add_usage(&mut self, more: &Usage) {
        self.usage = self.usage.plus(more);
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn limits_mut(&mut self) -> &mut Limits {
        &mut self.limits
    }

    /// Returns whether it wrote nothing.
    pub fn is_read_only(&self) -> bool {
        self.writes.is_empty()
    }

    /// Returns whether it may be committed: it began on the validated state, or it wrote nothing.
    pub(crate) fn can_commit(&self) -> bool {
        self.can_commit || self.is_read_only()
    }

    /// Ends the transaction without committing and returns what it read.
    pub fn into_read_set(mut self) -> Arc<ReadSet> {
        Arc::new(std::mem::take(&mut self.reads).finish())
    }

    /// Returns the table names of a namespace, for validators. Nothing is recorded as read.
    pub fn table_names(&self, ns: Namespace) -> TableView {
        TableView::new(self.catalog.clone(), ns)
    }

    /// Returns the name of a table; that it is so is recorded as read.
    pub fn table_name(&mut self, ns: Namespace, number: TableNumber) -> Option<String> {
        self.reads.points.insert(Dep::Number(ns, number.0).key());
        let table = self.catalog.table_numbered(ns, number)?;
        Some(table.name.clone())
    }

    /// Returns the number of a table; that it is so is recorded as read.
    pub fn table_number(&mut self, ns: Namespace, name: &str) -> Option<TableNumber> {
        Some(self.table(ns, name)?.number)
    }

    /// Returns the tables of a namespace by name, system tables included; that there are no others is recorded as
    /// read.
    pub fn list_tables(&mut self, ns: Namespace) -> Vec<TableInfo> {
        self.reads.points.insert(Dep::Tables(ns).key());
        self.catalog.list_tables(ns)
    }

    /// Returns the schema in force; that it is so is recorded as read.
    pub fn active_schema(&mut self, ns: Namespace) -> Option<Arc<Schema>> {
        self.reads.points.insert(Dep::Schema(ns).key());
        self.catalog.active_schema(ns)
    }

    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn view(&self) -> Snapshot {
        self.snapshot
    }

    /// Returns a table by name, recording the fact.
    pub(crate) fn table(&mut self, ns: Namespace, name: &str) -> Option<Arc<Table>> {
        let table = self.catalog.table(ns, name).cloned();
        let dep = table.as_ref().map_or_else(|| Dep::Name(ns, name).key(), |table| table.dep);
        self.reads.points.insert(dep);
        table
    }

    /// Returns what a document is now, own writes included. Records nothing.
    pub(crate) fn peek(&self, table: &Table, internal: InternalId) -> Result<Option<Arc<Document>>, Error> {
        let key = DocKey::new(table.tablet, internal);
        match self.writes.get(&key) {
            Some(entry) => Ok(entry.after.clone()),
            None => Ok(self.peek_base(table, key)?.document),
        }
    }

    /// Returns what a document is in the snapshot, without own writes. Records nothing.
    pub(crate) fn peek_base(&self, table: &Table, key: DocKey) -> Result<Seen, Error> {
        self.shared.read_document(table, key, self.snapshot)
    }

    pub(crate) fn record_point(&mut self, key: DocKey) -> Result<(), Error> {
        if self.reads.points.insert(key) {
            self.points += 1;
        }
        self.check_reads()
    }

    pub(crate) fn record_interval(&mut self, interval: Interval) -> Result<(), Error> {
        self.reads.intervals.add(interval);
        self.check_reads()
    }

    pub(crate) fn record_search(&mut self, search: SearchRead) -> Result<(), Error> {
        if !self.reads.searches.contains(&search) {
            self.reads.searches.push(search);
        }
        self.check_reads()
    }

    /// Counts a document that was read, or scanned and filtered out.
    pub(crate) fn count_read(&mut self, document: &Document) -> Result<(), Error> {
        self.usage.documents_read += 1;
        self.usage.bytes_read += document.size;
        if self.usage.documents_read > self.limits.documents_read {
            let limit = self.limits.documents_read;
            let message = format!("Too many documents read in a single function execution (limit: {limit}). {HELP}");
            return Err(Error::developer("TooManyDocumentsRead", message));
        }
        if self.usage.bytes_read > self.limits.bytes_read {
            let limit = self.limits.bytes_read;
            let message = format!("Too many bytes read in a single function execution (limit: {limit} bytes). {HELP}");
            return Err(Error::developer("TooManyBytesRead", message));
        }
        Ok(())
    }

    fn check_reads(&self) -> Result<(), Error> {
        let limit = self.limits.reads;
        if self.usage().reads <= limit {
            return Ok(());
        }
        let message = format!("Too many reads in a single function execution (limit: {limit}). {HELP}");
        Err(Error::developer("TooManyReads", message))
    }

    fn count_write(&mut self, size: usize) -> Result<(), Error> {
        self.usage.documents_written += 1;
        self.usage.bytes_written += size;
        if self.usage.documents_written > self.limits.documents_written {
            let limit = self.limits.documents_written;
            let message = format!("Too many writes in a single function execution (limit: {limit})");
            return Err(Error::developer("TooManyWrites", message));
        }
        if self.usage.bytes_written > self.limits.bytes_written {
            let limit = self.limits.bytes_written;
            let message = format!("Too many bytes written in a single function execution (limit: {limit} bytes)");
            return Err(Error::developer("TooManyBytesWritten", message));
        }
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.shared.release(self.snapshot.at);
    }
}

fn load_old_catalog(shared: &Shared, at: Timestamp) -> Result<Catalog, Error> {
    match crate::database::load_catalog(&*shared.engine, at) {
        Ok(catalog) => Ok(catalog),
        Err(crate::OpenError::Read(error)) => Err(crate::snapshot::read_error(error)),
        Err(error) => Err(Error::Corrupt(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
