//! Transactions.

use std::sync::Arc;

use value::{DocumentId, Object, TableNames, TableNumber, TableRef, Timestamp, Value};

use crate::{
    Document, Error, IndexDiff, Limits, Namespace, PageRequest, PageResult, Query, QueryStream, ReadSet, SchemaId,
    Usage,
};

/// One snapshot, the writes on top of it, and what was read.
pub struct Transaction {}

/// A point inside a transaction that its writes can be undone to.
#[derive(Debug)]
pub struct Savepoint {}

/// The table names of one namespace as a transaction sees them, for validators.
pub struct TableView {}

impl TableNames for TableView {
    fn name_of(&self, _table: TableNumber) -> Option<TableRef> {
        todo!()
    }
}

impl Transaction {
    pub fn snapshot(&self) -> Timestamp {
        todo!()
    }
    pub fn get(&mut self, _ns: Namespace, _id: DocumentId) -> Result<Option<Arc<Document>>, Error> {
        todo!()
    }
    pub fn insert(&mut self, _ns: Namespace, _table: &str, _value: Object) -> Result<DocumentId, Error> {
        todo!()
    }
    pub fn patch(
        &mut self,
        _ns: Namespace,
        _id: DocumentId,
        _patch: Vec<(String, Option<Value>)>,
    ) -> Result<Arc<Document>, Error> {
        todo!()
    }
    pub fn replace(&mut self, _ns: Namespace, _id: DocumentId, _value: Object) -> Result<Arc<Document>, Error> {
        todo!()
    }
    pub fn delete(&mut self, _ns: Namespace, _id: DocumentId) -> Result<Arc<Document>, Error> {
        todo!()
    }
    pub fn table_name(&mut self, _ns: Namespace, _number: TableNumber) -> Option<String> {
        todo!()
    }
    pub fn table_number(&mut self, _ns: Namespace, _name: &str) -> Option<TableNumber> {
        todo!()
    }
    pub fn table_names(&self, _ns: Namespace) -> TableView {
        todo!()
    }
    pub fn query(&mut self, _ns: Namespace, _query: Query) -> Result<QueryStream, Error> {
        todo!()
    }
    pub fn next(&mut self, _stream: &mut QueryStream) -> Result<Option<Arc<Document>>, Error> {
        todo!()
    }
    pub fn paginate(&mut self, _ns: Namespace, _query: Query, _page: PageRequest) -> Result<PageResult, Error> {
        todo!()
    }
    pub fn count(&mut self, _ns: Namespace, _table: &str) -> Result<u64, Error> {
        todo!()
    }
    pub fn savepoint(&mut self) -> Savepoint {
        todo!()
    }
    pub fn rollback_to(&mut self, _savepoint: Savepoint) {
        todo!()
    }
    pub fn snapshot_child(&self) -> Transaction {
        todo!()
    }
    pub fn usage(&self) -> Usage {
        todo!()
    }
    pub fn limits_mut(&mut self) -> &mut Limits {
        todo!()
    }
    pub fn into_read_set(self) -> Arc<ReadSet> {
        todo!()
    }
    pub fn is_read_only(&self) -> bool {
        todo!()
    }
    pub fn activate_schema(&mut self, _ns: Namespace, _id: SchemaId) -> Result<IndexDiff, Error> {
        todo!()
    }
}
