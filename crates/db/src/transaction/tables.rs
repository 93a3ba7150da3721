//! Creating and dropping tables and their indexes.

use std::sync::Arc;

use value::{DocumentId, InternalId, Object, TableNumber, is_identifier};

use super::Transaction;
use crate::{
    IndexState, Namespace,
    catalog::{
        ALLOCATOR, DATABASE, FIRST_SYSTEM_NUMBER, FIRST_USER_NUMBER, INDEXES, SCHEMAS, TABLES, Table,
        deps::Dep,
        records::{IndexRecord, SchemaRecord, SchemaStatus, TableRecord},
    },
    document::Document,
    error::Error,
    keys::{DocKey, IndexId, TabletId},
    limits::TABLES_MAX,
    schema::{Definition, SchemaId},
};

impl Transaction {
    /// Creates an empty table and returns its number; a table that exists is left as it is.
    pub fn create_table(&mut self, ns: Namespace, name: &str) -> Result<TableNumber, Error> {
        Ok(self.table_or_create(ns, name)?.number)
    }

    /// As `create_table`, with a number that imports want to keep. Returns whether the table has that number.
    pub fn create_table_numbered(&mut self, ns: Namespace, name: &str, number: TableNumber) -> Result<bool, Error> {
        if let Some(table) = self.table(ns, name) {
            return Ok(table.number == number);
        }
        self.reads.points.insert(Dep::Number(ns, number.0).key());
        if self.catalog.table_numbered(ns, number).is_some() || number.0 < FIRST_USER_NUMBER {
            return Ok(false);
        }
        self.add_table(ns, name, Some(number.0))?;
        Ok(true)
    }

    /// Drops a table with all its documents; returns whether it existed.
    ///
    /// Errors: a developer error when the active schema has the table or refers to it.
    pub fn drop_table(&mut self, ns: Namespace, name: &str) -> Result<bool, Error> {
        let Some(table) = self.table(ns, name) else {
            return Ok(false);
        };
        self.check_not_in_schema(ns, name)?;
        self.drop_with_indexes(&table)?;
        Ok(true)
    }

    /// Drops every table of a namespace with all documents, and its schemas; returns how many tables there were.
    ///
    /// Errors: a developer error for the namespace that holds the catalog itself.
    pub fn drop_namespace(&mut self, ns: Namespace) -> Result<usize, Error> {
        let (active, pending) = self.schemas(ns);
        for schema in active.into_iter().chain(pending) {
            self.put_record(SCHEMAS, schema.id.0.internal, None)?;
        }
        let tables = self.list_tables(ns);
        for info in &tables {
            let table = self.table(ns, &info.name).expect("a table that was just listed");
            self.drop_with_indexes(&table)?;
        }
        Ok(tables.len())
    }

    fn drop_with_indexes(&mut self, table: &Table) -> Result<(), Error> {
        let (ns, name) = (table.ns, table.name.clone());
        let Some(record) = table.record else {
            return Err(Error::developer("TableNameReserved", format!("{name} is a reserved table name.")));
        };
        let dropped = TableRecord { ns, name, number: table.number.0, tablet: table.tablet, dropped: true };
        self.put_record(TABLES, record, Some(dropped.encode()))?;
        for index in table.listed() {
            self.drop_index(index.record)?;
        }
        Ok(())
    }

    pub(crate) fn table_or_create(&mut self, ns: Namespace, name: &str) -> Result<Arc<Table>, Error> {
        if let Some(table) = self.table(ns, name) {
            return Ok(table);
        }
        self.add_table(ns, name, None)
    }

    fn add_table(&mut self, ns: Namespace, name: &str, number: Option<u32>) -> Result<Arc<Table>, Error> {
        if !is_identifier(name) {
            let message = format!(
                "Invalid table name: \"{name}\". Identifiers must start with a letter and can only contain letters, digits, and underscores."
            );
            return Err(Error::developer("InvalidTableName", message));
        }
        if self.catalog.namespace(ns).is_some_and(|ns| ns.by_name.len() >= TABLES_MAX) {
            return Err(Error::developer("TooManyTables", format!("Number of tables cannot exceed {TABLES_MAX}.")));
        }
        let number = number.unwrap_or_else(|| self.catalog.next_table_number(ns, name));
        let tablet = TabletId(self.allocate(ns, Some(number))?);
        let record = TableRecord { ns, name: name.to_owned(), number, tablet, dropped: false };
        self.reads.points.insert(Dep::Number(ns, number).key());
        let id = self.random_id();
        self.put_record(TABLES, id, Some(record.encode()))?;
        let table = self.catalog.table(ns, name).cloned();
        Ok(table.expect("the record just written makes the table"))
    }

    /// Takes the next number for a tablet or index, and notes that a table number is in use.
    fn allocate(&mut self, ns: Namespace, table_number: Option<u32>) -> Result<u32, Error> {
        self.reads.points.insert(Dep::Allocator.key());
        let mut allocator = self.catalog.allocator().clone();
        let taken = allocator.next;
        allocator.next += 1;
        if let Some(number) = table_number {
            let free = (FIRST_SYSTEM_NUMBER, FIRST_USER_NUMBER);
            let (system, user) = allocator.numbers.entry(ns).or_insert(free);
            let counter = if number < FIRST_USER_NUMBER { system } else { user };
            *counter = (*counter).max(number + 1);
        }
        self.put_record(DATABASE, ALLOCATOR.internal, Some(allocator.encode()))?;
        Ok(taken)
    }

    pub(crate) fn add_index(
        &mut self,
        table: &Table,
        definition: &Definition,
        state: IndexState,
    ) -> Result<IndexId, Error> {
        let id = IndexId(self.allocate(table.ns, None)?);
        let record = IndexRecord::new(table.tablet, id, definition, state);
        let internal = self.random_id();
        self.put_record(INDEXES, internal, Some(record.encode()))?;
        self.reads.points.insert(table.dep);
        Ok(id)
    }

    /// Rewrites the record of an index; nothing happens when it is gone.
    pub(crate) fn change_index(
        &mut self,
        record: InternalId,
        change: impl FnOnce(&mut IndexRecord),
    ) -> Result<(), Error> {
        let Some(document) = self.record(INDEXES, record)? else {
            return Ok(());
        };
        let mut index = IndexRecord::decode(&document).map_err(Error::Corrupt)?;
        change(&mut index);
        // The record also says how far it is filled.
        let mut fields = document.user_fields();
        index.encode().into_iter().for_each(|(name, value)| drop(fields.insert(name, value)));
        self.put_record(INDEXES, record, Some(fields))
    }

    pub(crate) fn drop_index(&mut self, record: InternalId) -> Result<(), Error> {
        self.change_index(record, |index| index.state = None)
    }

    /// Rewrites the status of a schema; nothing happens when it is gone.
    pub(crate) fn set_schema_status(&mut self, id: SchemaId, status: SchemaStatus) -> Result<(), Error> {
        let Some(document) = self.record(SCHEMAS, id.0.internal)? else {
            return Ok(());
        };
        let mut schema = SchemaRecord::decode(&document).map_err(Error::Corrupt)?;
        schema.status = status;
        self.put_record(SCHEMAS, id.0.internal, Some(schema.encode()))
    }

    /// Gives a pending schema up because of what this transaction writes.
    pub(crate) fn fail_schema(&mut self, id: SchemaId, error: String, table: &str) -> Result<(), Error> {
        self.set_schema_status(id, SchemaStatus::Failed { error, table: Some(table.to_owned()) })
    }

    /// Reads a record of the catalog, recording it as read.
    pub(crate) fn record(&mut self, tablet: TabletId, internal: InternalId) -> Result<Option<Arc<Document>>, Error> {
        let table = self.catalog_table(tablet);
        self.reads.points.insert(DocKey::new(tablet, internal));
        self.peek(&table, internal)
    }

    /// Writes or removes a record of the catalog.
    pub(crate) fn put_record(
        &mut self,
        tablet: TabletId,
        internal: InternalId,
        fields: Option<Object>,
    ) -> Result<(), Error> {
        let table = self.catalog_table(tablet);
        let id = DocumentId { table: table.number, internal };
        let created = self.peek(&table, internal)?.map(|document| document.creation_time);
        let created = created.unwrap_or_else(|| self.shared.platform.now_ms());
        let document = fields.map(|fields| Arc::new(Document::new(id, created, fields)));
        self.put(&table, internal, document)
    }

    pub(crate) fn random_id(&self) -> InternalId {
        let mut id = [0; 16];
        self.shared.platform.fill_random(&mut id);
        InternalId(id)
    }

    fn catalog_table(&self, tablet: TabletId) -> Arc<Table> {
        self.catalog.tablet(tablet).expect("the tables of the catalog always exist").clone()
    }

    fn check_not_in_schema(&mut self, ns: Namespace, name: &str) -> Result<(), Error> {
        self.reads.points.insert(Dep::Schema(ns).key());
        let Some(active) = self.catalog.namespace(ns).and_then(|ns| ns.active.clone()) else {
            return Ok(());
        };
        if active.schema.tables.contains_key(name) {
            let message = format!("Failed to delete table \"{name}\" because it appears in the schema");
            return Err(Error::developer("TableInSchema", message));
        }
        if let Some(other) = active.schema.referrer_of(name) {
            let message = format!(
                "Failed to delete table \"{name}\" because `v.id(\"{name}\")` appears in the schema of table \"{other}\""
            );
            return Err(Error::developer("TableInSchema", message));
        }
        Ok(())
    }
}
