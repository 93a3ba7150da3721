//! The life of a submitted schema: pending, checked by the worker, activated by a push.
//!
//! A namespace has at most one active and one pending schema. Submitting creates the indexes that are missing, to be
//! filled in the background; a later submission takes the place of the pending one and drops what only that needed.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Definition, IndexDefinition, IndexDiff, Schema, SchemaId};
use crate::{
    BeginAt, CommitError, CommitOptions, Database, IndexState, Namespace,
    catalog::{
        NamespaceCatalog, SCHEMAS, StoredSchema, Table,
        deps::Dep,
        records::{SchemaRecord, SchemaStatus},
    },
    error::Error,
    limits::Limits,
    transaction::Transaction,
};
use value::{DocumentId, TableNumber};

/// A schema that is being checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedSchema {
    pub id: SchemaId,
    pub diff: IndexDiff,
}

/// How far a submitted schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    Pending {
        documents_validated: u64,
        indexes_complete: usize,
        indexes_total: usize,
        validated: bool,
    },
    /// Checked and built; waits to be activated.
    Ready,
    Active,
    Failed {
        error: String,
        table: Option<String>,
    },
    /// A later submission took its place, or it is unknown.
    Overwritten,
}

impl Database {
    /// Stores a schema as pending and starts checking documents and filling indexes. Blocks until that is durable.
    ///
    /// Submitting what is active or pending already gives the id of that.
    pub fn submit_schema(&self, ns: Namespace, schema: Option<Schema>) -> Result<SubmittedSchema, Error> {
        let schema = schema.unwrap_or_default();
        self.run_blocking("submit schema", |tx| tx.submit_schema(ns, &schema))
    }

    /// Returns what submitting a schema would change; nothing is stored.
    pub fn preview_schema(&self, ns: Namespace, schema: &Option<Schema>) -> IndexDiff {
        let new = schema.clone().unwrap_or_default();
        let active = self.active_schema(ns).unwrap_or_default();
        IndexDiff::between(&active, &new)
    }

    /// Returns how far a schema is.
    pub fn schema_state(&self, _ns: Namespace, id: SchemaId) -> SchemaState {
        // Not newer than what a transaction that begins now reads.
        let catalogs = &self.shared().catalogs;
        let catalog = catalogs.at(self.shared().validated()).unwrap_or_else(|| catalogs.newest());
        let Some(stored) = catalog.schema(id) else {
            return SchemaState::Overwritten;
        };
        match &stored.status {
            SchemaStatus::Active => SchemaState::Active,
            SchemaStatus::Overwritten => SchemaState::Overwritten,
            SchemaStatus::Failed { error, table } => SchemaState::Failed { error: error.clone(), table: table.clone() },
            status @ (SchemaStatus::Pending | SchemaStatus::Validated) => {
                let empty = Arc::default();
                let namespace = catalog.namespace(stored.ns).unwrap_or(&empty);
                let (indexes_complete, indexes_total) = index_progress(namespace, &stored.schema);
                let validated = *status == SchemaStatus::Validated;
                if validated && indexes_complete == indexes_total {
                    return SchemaState::Ready;
                }
                let documents_validated = self.shared().worker.documents_validated(id);
                SchemaState::Pending { documents_validated, indexes_complete, indexes_total, validated }
            }
        }
    }

    /// Changes whenever the state of some schema may have changed.
    pub fn wait_schema_change(&self) -> watch::Receiver<u64> {
        self.shared().worker.watch()
    }

    /// Creates a table and its indexes where missing, filling indexes before it returns. For system tables.
    pub fn ensure_table(&self, ns: Namespace, table: &str, indexes: &[IndexDefinition]) -> Result<(), Error> {
        self.run_blocking("ensure table", |tx| tx.ensure_table(ns, table, indexes))?;
        self.fill_indexes(ns, table)
    }

    /// Runs a transaction of the database's own until it does not conflict, and waits for the disk.
    pub(crate) fn run_blocking<T>(
        &self,
        source: &str,
        mut work: impl FnMut(&mut Transaction) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            let mut tx = self.begin(BeginAt::Validated)?;
            *tx.limits_mut() = Limits::UNLIMITED;
            let result = work(&mut tx)?;
            match self.commit(tx, CommitOptions { source: source.to_owned(), on_validated: None }) {
                Ok(pending) => return pending.wait().map(|_| result),
                Err(CommitError::Conflict(_)) => continue,
                Err(CommitError::Failed(error)) => return Err(error),
            }
        }
    }
}

/// Returns how many of a schema's queryable indexes are complete, and how many there are.
fn index_progress(namespace: &NamespaceCatalog, schema: &Schema) -> (usize, usize) {
    let (mut complete, mut total) = (0, 0);
    for (name, table) in &schema.tables {
        let existing = namespace.by_name.get(name);
        for wanted in table.definitions().iter().filter(|index| !index.is_staged()) {
            total += 1;
            let built = existing.and_then(|table| find_index(table, wanted));
            complete += usize::from(built.is_some_and(|state| state != IndexState::Backfilling));
        }
    }
    (complete, total)
}

fn find_index(table: &Table, wanted: &Definition) -> Option<IndexState> {
    let mut indexes = table.listed().into_iter();
    indexes.find(|index| index.definition.is_same_index(wanted)).map(|index| index.state)
}

impl Transaction {
    /// Makes a checked schema active: enables its indexes, drops those it does not have.
    ///
    /// Errors: `RaceDetected` when another submission took its place; `SchemaNotReady` while it is being checked.
    pub fn activate_schema(&mut self, ns: Namespace, id: SchemaId) -> Result<IndexDiff, Error> {
        let (active, _) = self.schemas(ns);
        let Some(schema) = self.catalog().schema(id).cloned().filter(|schema| schema.ns == ns) else {
            return Err(Error::developer("RaceDetected", "Schema was overwritten by another push."));
        };
        match &schema.status {
            SchemaStatus::Active => return Ok(IndexDiff::default()),
            SchemaStatus::Validated => {}
            SchemaStatus::Pending => return Err(not_ready()),
            SchemaStatus::Failed { error, .. } => {
                return Err(Error::developer("SchemaValidationFailed", error.clone()));
            }
            SchemaStatus::Overwritten => {
                return Err(Error::developer("RaceDetected", "Schema was overwritten by another push."));
            }
        }
        let old = active.as_ref().map(|active| active.schema.clone()).unwrap_or_default();
        if let Some(active) = active {
            self.put_record(SCHEMAS, active.id.0.internal, None)?;
        }
        self.create_schema_tables(ns, &schema.schema)?;
        self.settle_indexes(ns, &schema.schema)?;
        self.set_schema_status(id, SchemaStatus::Active)?;
        Ok(IndexDiff::between(&old, &schema.schema))
    }

    fn submit_schema(&mut self, ns: Namespace, schema: &Schema) -> Result<SubmittedSchema, Error> {
        let (active, pending) = self.schemas(ns);
        let old = active.as_ref().map(|active| active.schema.clone()).unwrap_or_default();
        let diff = IndexDiff::between(&old, schema);
        if let Some(pending) = &pending {
            if *pending.schema == *schema {
                return Ok(SubmittedSchema { id: pending.id, diff });
            }
            self.set_schema_status(pending.id, SchemaStatus::Overwritten)?;
        }
        self.drop_indexes_unless(ns, &[&old, schema])?;
        let is_same = |active: &Arc<StoredSchema>| *active.schema == *schema && self.has_indexes(ns, schema);
        if let Some(active) = active.filter(is_same) {
            return Ok(SubmittedSchema { id: active.id, diff });
        }
        self.forget_past_schemas(ns)?;
        let record = SchemaRecord { ns, schema: schema.clone(), status: SchemaStatus::Pending };
        let internal = self.random_id();
        self.put_record(SCHEMAS, internal, Some(record.encode()))?;
        for (name, table) in &schema.tables {
            let definitions = table.definitions();
            if !definitions.is_empty() {
                self.add_missing_indexes(ns, name, &definitions)?;
            }
        }
        let id = SchemaId(DocumentId { table: TableNumber(SCHEMAS.0), internal });
        Ok(SubmittedSchema { id, diff })
    }

    /// Returns whether all indexes of a schema exist. Versions that knew no search indexes did not make them.
    fn has_indexes(&self, ns: Namespace, schema: &Schema) -> bool {
        schema.tables.iter().all(|(name, table)| {
            let existing = self.catalog().table(ns, name);
            let exists = |wanted| existing.is_some_and(|existing| find_index(existing, wanted).is_some());
            table.definitions().iter().all(exists)
        })
    }

    fn ensure_table(&mut self, ns: Namespace, name: &str, indexes: &[IndexDefinition]) -> Result<(), Error> {
        let indexes: Vec<_> = indexes.iter().cloned().map(Definition::Rows).collect();
        if let Some(table) = self.table(ns, name) {
            for index in table.listed() {
                if !indexes.iter().any(|wanted| wanted.is_same_index(&index.definition)) {
                    self.drop_index(index.record)?;
                }
            }
        }
        self.add_missing_indexes(ns, name, &indexes)
    }

    fn add_missing_indexes(&mut self, ns: Namespace, name: &str, indexes: &[Definition]) -> Result<(), Error> {
        let is_new = self.table(ns, name).is_none();
        let table = self.table_or_create(ns, name)?;
        // A table without documents has nothing to fill in.
        let state = match (is_new, table.is_system()) {
            (false, _) => IndexState::Backfilling,
            (true, false) => IndexState::Backfilled,
            (true, true) => IndexState::Enabled,
        };
        for index in indexes {
            if find_index(&table, index).is_none() {
                self.add_index(&table, index, state)?;
            }
        }
        Ok(())
    }

    /// Returns the active and the pending schema, recording the fact.
    pub(crate) fn schemas(&mut self, ns: Namespace) -> (Option<Arc<StoredSchema>>, Option<Arc<StoredSchema>>) {
        self.reads.points.insert(Dep::Schema(ns).key());
        let namespace = self.catalog().namespace(ns);
        namespace.map(|ns| (ns.active.clone(), ns.pending.clone())).unwrap_or_default()
    }

    /// Returns the tables users made, recording each.
    fn user_tables(&mut self, ns: Namespace) -> Vec<Arc<Table>> {
        let Some(namespace) = self.catalog().namespace(ns).cloned() else {
            return Vec::new();
        };
        let tables: Vec<_> = namespace.by_name.values().filter(|table| !table.is_system()).cloned().collect();
        self.reads.points.extend(tables.iter().map(|table| table.dep));
        tables
    }

    /// Drops the indexes that none of the schemas has.
    fn drop_indexes_unless(&mut self, ns: Namespace, schemas: &[&Schema]) -> Result<(), Error> {
        for table in self.user_tables(ns) {
            for index in table.listed() {
                let wanted =
                    schemas.iter().any(|schema| wanted_index(schema, &table.name, &index.definition).is_some());
                if !wanted {
                    self.drop_index(index.record)?;
                }
            }
        }
        Ok(())
    }

    /// Enables what the schema wants queryable, unlists what it wants staged, drops the rest.
    fn settle_indexes(&mut self, ns: Namespace, schema: &Schema) -> Result<(), Error> {
        for table in self.user_tables(ns) {
            for index in table.listed() {
                let Some(wanted) = wanted_index(schema, &table.name, &index.definition) else {
                    self.drop_index(index.record)?;
                    continue;
                };
                let staged = wanted.is_staged();
                let state = match (staged, index.state) {
                    (false, IndexState::Backfilling) => return Err(not_ready()),
                    (false, _) => IndexState::Enabled,
                    (true, IndexState::Backfilling) => IndexState::Backfilling,
                    (true, _) => IndexState::Backfilled,
                };
                if (index.definition.is_staged(), index.state) != (staged, state) {
                    self.change_index(index.record, |record| {
                        record.staged = staged;
                        record.state = Some(state);
                    })?;
                }
            }
        }
        Ok(())
    }

    fn create_schema_tables(&mut self, ns: Namespace, schema: &Schema) -> Result<(), Error> {
        schema.tables.keys().try_for_each(|name| self.table_or_create(ns, name).map(|_| ()))
    }

    /// Removes the records of schemas that failed or were overwritten before the last one.
    fn forget_past_schemas(&mut self, ns: Namespace) -> Result<(), Error> {
        let catalog = self.catalog().clone();
        let past = |schema: &&Arc<StoredSchema>| {
            schema.ns == ns && schema.status.role() == crate::catalog::records::SchemaRole::Past
        };
        let mut past: Vec<_> = catalog.schemas().filter(past).map(|schema| schema.id).collect();
        past.sort();
        // A few stay, for those who still ask what became of them.
        for id in past.iter().skip(PAST_SCHEMAS_KEPT) {
            self.put_record(SCHEMAS, id.0.internal, None)?;
        }
        Ok(())
    }
}

/// Records of failed and overwritten schemas kept per namespace. Count.
const PAST_SCHEMAS_KEPT: usize = 8;

fn wanted_index(schema: &Schema, table: &str, definition: &Definition) -> Option<Definition> {
    let mut indexes = schema.tables.get(table)?.definitions().into_iter();
    indexes.find(|wanted| wanted.is_same_index(definition))
}

fn not_ready() -> Error {
    Error::developer("SchemaNotReady", "Schema is still being checked, or its indexes are still being built.")
}
