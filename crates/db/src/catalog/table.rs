//! Tables, indexes and schemas as the catalog lists them.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use value::{InternalId, TableNumber, Validator};

use super::{
    DATABASE, NamespaceCatalog,
    deps::Dep,
    records::{SchemaRecord, SchemaStatus, TableRecord},
};
use crate::{
    IndexState, Namespace,
    keys::{DocKey, IndexId, TabletId},
    schema::{FieldPath, IndexDefinition, Schema, SchemaId},
};

/// A table and what writing to it needs to know.
#[derive(Clone, Debug)]
pub struct Table {
    pub ns: Namespace,
    pub name: String,
    pub number: TableNumber,
    pub tablet: TabletId,
    /// The record in `_tables`; `None` for the tables that hold the catalog.
    pub record: Option<InternalId>,
    /// All but the ones by id and by creation time.
    pub indexes: Vec<Arc<Index>>,
    /// The fact "this table and its indexes are so".
    pub dep: DocKey,
    /// What documents must match now.
    pub enforced: Option<Arc<Validator>>,
    /// What they must match for the pending schema to stand.
    pub checked: Option<(SchemaId, Arc<Validator>)>,
}

/// An index over fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub record: InternalId,
    pub id: IndexId,
    pub name: String,
    pub fields: Vec<FieldPath>,
    pub staged: bool,
    pub state: IndexState,
}

/// A submitted schema with its validators shared.
#[derive(Debug)]
pub struct StoredSchema {
    pub id: SchemaId,
    pub ns: Namespace,
    pub schema: Arc<Schema>,
    pub status: SchemaStatus,
    validators: FxHashMap<String, Arc<Validator>>,
}

impl Table {
    pub(super) fn new(
        record: Option<InternalId>,
        fields: TableRecord,
        indexes: Vec<Arc<Index>>,
        ns: &NamespaceCatalog,
    ) -> Table {
        let enforced = ns.active.as_ref().and_then(|schema| schema.validator(&fields.name).cloned());
        let checked = ns.pending.as_ref().and_then(|schema| Some((schema.id, schema.validator(&fields.name)?.clone())));
        Table {
            dep: Dep::Name(fields.ns, &fields.name).key(),
            ns: fields.ns,
            name: fields.name,
            number: TableNumber(fields.number),
            tablet: fields.tablet,
            record,
            indexes,
            enforced,
            checked,
        }
    }

    pub fn is_system(&self) -> bool {
        self.name.starts_with('_')
    }

    /// Returns whether this is one of the tables that hold the catalog.
    pub fn holds_catalog(&self) -> bool {
        self.tablet <= DATABASE
    }

    /// The index every table has, numbered like its tablet.
    pub fn by_creation_time(&self) -> IndexId {
        IndexId(self.tablet.0)
    }

    /// Returns the index of that name that queries would use.
    pub fn index(&self, name: &str) -> Option<&Arc<Index>> {
        let named = || self.indexes.iter().filter(|index| index.name == name);
        // A new definition of an enabled index waits beside it until its schema is active.
        named().find(|index| index.state == IndexState::Enabled).or_else(|| named().next())
    }
}

impl Index {
    pub fn definition(&self) -> IndexDefinition {
        IndexDefinition { name: self.name.clone(), fields: self.fields.clone(), staged: self.staged }
    }
}

impl StoredSchema {
    pub(super) fn new(id: SchemaId, record: SchemaRecord) -> StoredSchema {
        let tables = record.schema.tables.iter();
        let validators =
            tables.filter_map(|(name, table)| Some((name.clone(), Arc::new(table.document_type.clone()?))));
        let validators = match record.schema.schema_validation {
            true => validators.collect(),
            false => FxHashMap::default(),
        };
        StoredSchema { id, ns: record.ns, schema: Arc::new(record.schema), status: record.status, validators }
    }

    /// Returns what documents of a table must match under this schema.
    pub fn validator(&self, table: &str) -> Option<&Arc<Validator>> {
        self.validators.get(table)
    }
}
