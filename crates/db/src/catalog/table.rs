//! Tables, indexes and schemas as the catalog lists them.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use value::{InternalId, TableNumber, Validator};

use super::{
    DATABASE, NamespaceCatalog,
    deps::Dep,
    records::{IndexRecord, SchemaRecord, SchemaStatus, TableRecord},
};
use crate::{
    IndexState, Namespace,
    keys::{DocKey, IndexId, TabletId},
    schema::{Definition, DerivedDefinition, FieldPath, IndexDefinition, Schema, SchemaId},
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
    /// The indexes with rows, but the ones by id and by creation time.
    pub indexes: Vec<Arc<Index>>,
    /// The search and vector indexes.
    pub derived: Vec<Arc<DerivedIndex>>,
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

/// A search or vector index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedIndex {
    pub record: InternalId,
    pub id: IndexId,
    pub definition: DerivedDefinition,
    pub state: IndexState,
}

/// The indexes of a table as its records list them.
#[derive(Default)]
pub struct TableIndexes {
    indexes: Vec<Arc<Index>>,
    derived: Vec<Arc<DerivedIndex>>,
}

/// An index of any kind.
pub struct Listed {
    pub record: InternalId,
    pub definition: Definition,
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
        indexes: TableIndexes,
        ns: &NamespaceCatalog,
    ) -> Table {
        let enforced = ns.active.as_ref().and_then(|schema| schema.validator(&fields.name).cloned());
        let checked = ns.pending.as_ref().and_then(|schema| Some((schema.id, schema.validator(&fields.name)?.clone())));
        let TableIndexes { indexes, derived } = indexes.sorted();
        Table {
            dep: Dep::Name(fields.ns, &fields.name).key(),
            ns: fields.ns,
            name: fields.name,
            number: TableNumber(fields.number),
            tablet: fields.tablet,
            record,
            indexes,
            derived,
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

impl Table {
    /// Returns the indexes of all kinds.
    pub fn listed(&self) -> Vec<Listed> {
        let rows = self.indexes.iter().map(|index| Listed {
            record: index.record,
            definition: Definition::Rows(index.definition()),
            state: index.state,
        });
        let derived = self.derived.iter().map(|index| Listed {
            record: index.record,
            definition: Definition::Derived(index.definition.clone()),
            state: index.state,
        });
        rows.chain(derived).collect()
    }

    /// Returns the search or vector index of that name that queries would use.
    pub fn derived(&self, name: &str) -> Option<&Arc<DerivedIndex>> {
        let named = || self.derived.iter().filter(|index| index.definition.name == name);
        named().find(|index| index.state == IndexState::Enabled).or_else(|| named().next())
    }
}

impl TableIndexes {
    /// Adds the index of a record, unless it is dropped.
    pub fn add(&mut self, record: InternalId, index: &IndexRecord) {
        let (id, Some(state)) = (index.id, index.state) else {
            return;
        };
        match index.definition() {
            Definition::Rows(IndexDefinition { name, fields, staged }) => {
                self.indexes.push(Arc::new(Index { record, id, name, fields, staged, state }));
            }
            Definition::Derived(definition) => {
                self.derived.push(Arc::new(DerivedIndex { record, id, definition, state }));
            }
        }
    }

    fn sorted(mut self) -> TableIndexes {
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        self.derived.sort_by(|a, b| a.definition.name.cmp(&b.definition.name).then(a.id.cmp(&b.id)));
        self
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
