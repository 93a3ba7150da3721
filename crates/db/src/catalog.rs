//! The catalog: which tables, indexes and schemas exist, as of one commit.
//!
//! It is stored as documents of the system tables `_tables`, `_indexes`, `_schemas` and `_database`, written by
//! ordinary transactions, and held in memory as one immutable value per commit that changed it. What a transaction
//! reads of it is recorded as facts (see [`deps`]), so a change of the catalog conflicts like any other.

pub mod deps;
pub mod records;
mod table;

use std::{collections::BTreeSet, sync::Arc};

use rustc_hash::FxHashMap;
use value::{InternalId, TableNames, TableNumber, TableRef};

use crate::{
    Namespace,
    database::TableInfo,
    document::Document,
    keys::{DocKey, IndexId, TabletId},
    schema::{Schema, SchemaId},
};
use deps::Dep;
use records::{AllocatorRecord, IndexRecord, SchemaRecord, TableRecord};
use table::TableIndexes;
pub use table::{DerivedIndex, StoredSchema, Table};

/// The tablets that exist before any record does, in the order of their table numbers.
pub const TABLES: TabletId = TabletId(1);
pub const INDEXES: TabletId = TabletId(2);
pub const SCHEMAS: TabletId = TabletId(3);
pub const DATABASE: TabletId = TabletId(4);
const FIRST_FREE: u32 = 16;

/// Table numbers of users start here; system tables have numbers below.
pub const FIRST_USER_NUMBER: u32 = 10_001;
pub const FIRST_SYSTEM_NUMBER: u32 = 64;

/// Names and numbers that never change. The first four hold the catalog itself.
const FIXED_TABLES: [(&str, u32); 6] = [
    ("_tables", 1),
    ("_indexes", 2),
    ("_schemas", 3),
    ("_database", 4),
    ("_storage", 10),
    ("_scheduled_functions", 11),
];

/// The record of the next free numbers, and the one of the secret that seals cursors.
pub const ALLOCATOR: DocKey = DocKey { tablet: DATABASE, internal: InternalId(*b"\0\0\0\0\0\0\0allocator") };
pub const SECRET: DocKey = DocKey { tablet: DATABASE, internal: InternalId(*b"\0\0\0\0\0\0\0\0\0\0secret") };

/// A change of one catalog record; `None` removes it.
pub type Change = (DocKey, Option<Arc<Document>>);

/// Everything known about tables as of one commit.
#[derive(Clone, Debug)]
pub struct Catalog {
    allocator: AllocatorRecord,
    tables: FxHashMap<InternalId, Arc<TableRecord>>,
    indexes: FxHashMap<InternalId, Arc<IndexRecord>>,
    schemas: FxHashMap<InternalId, Arc<StoredSchema>>,
    namespaces: FxHashMap<Namespace, Arc<NamespaceCatalog>>,
    tablets: FxHashMap<TabletId, Arc<Table>>,
}

/// Records of dropped tables or indexes.
type Dropped<R> = Vec<(InternalId, R)>;

/// The tables of one namespace.
#[derive(Clone, Debug, Default)]
pub struct NamespaceCatalog {
    pub by_name: FxHashMap<String, Arc<Table>>,
    by_number: FxHashMap<u32, Arc<Table>>,
    pub active: Option<Arc<StoredSchema>>,
    /// The one schema being checked or waiting to be activated.
    pub pending: Option<Arc<StoredSchema>>,
}

impl Default for Catalog {
    fn default() -> Catalog {
        Catalog::empty()
    }
}

impl Catalog {
    /// The catalog of a database without records.
    pub fn empty() -> Catalog {
        let mut catalog = Catalog {
            allocator: AllocatorRecord { next: FIRST_FREE, ..AllocatorRecord::default() },
            tables: FxHashMap::default(),
            indexes: FxHashMap::default(),
            schemas: FxHashMap::default(),
            namespaces: FxHashMap::default(),
            tablets: FxHashMap::default(),
        };
        catalog.rebuild(Namespace::ROOT);
        catalog
    }

    /// Returns the catalog after `changes`, or `None` if they change nothing that matters here.
    pub fn apply(&self, changes: &[Change]) -> Result<Option<Catalog>, String> {
        if changes.is_empty() {
            return Ok(None);
        }
        let mut next = self.clone();
        let mut affected = BTreeSet::new();
        let mut allocated = false;
        for (key, document) in changes {
            let document = document.as_deref();
            match key.tablet {
                TABLES => next.change_table(key.internal, document, &mut affected)?,
                INDEXES => next.change_index(key.internal, document, &mut affected)?,
                SCHEMAS => next.change_schema(key.internal, document, &mut affected)?,
                _ if *key == ALLOCATOR => {
                    next.allocator = document.map(AllocatorRecord::decode).transpose()?.unwrap_or_default();
                    allocated = true;
                }
                _ => {}
            }
        }
        for ns in &affected {
            next.rebuild(*ns);
        }
        Ok((allocated || !affected.is_empty()).then_some(next))
    }

    /// Returns the facts that differ between this catalog and the one after `changes`.
    pub fn changed_deps(&self, changes: &[Change]) -> Vec<DocKey> {
        let mut deps = BTreeSet::new();
        for (key, document) in changes {
            let document = document.as_deref();
            match key.tablet {
                TABLES => {
                    let (old, new) =
                        (self.tables.get(&key.internal), document.and_then(|d| TableRecord::decode(d).ok()));
                    for record in old.map(|r| &**r).into_iter().chain(new.as_ref()) {
                        deps.insert(Dep::Name(record.ns, &record.name).key());
                        deps.insert(Dep::Number(record.ns, record.number).key());
                        deps.insert(Dep::Tables(record.ns).key());
                    }
                }
                INDEXES => {
                    let (old, new) =
                        (self.indexes.get(&key.internal), document.and_then(|d| IndexRecord::decode(d).ok()));
                    if old.map(|record| &**record) == new.as_ref() {
                        continue;
                    }
                    let tablet = old.map(|record| record.tablet).or(new.map(|record| record.tablet));
                    deps.extend(tablet.and_then(|tablet| self.tablets.get(&tablet)).map(|table| table.dep));
                }
                SCHEMAS => {
                    let new = document.and_then(|d| SchemaRecord::decode(d).ok()).map(|record| record.ns);
                    let ns = new.or_else(|| self.schemas.get(&key.internal).map(|schema| schema.ns));
                    deps.extend(ns.map(|ns| Dep::Schema(ns).key()));
                }
                _ if *key == ALLOCATOR => {
                    deps.insert(Dep::Allocator.key());
                }
                _ => {}
            }
        }
        deps.into_iter().collect()
    }

    /// Returns the tables of a namespace by name.
    pub fn list_tables(&self, ns: Namespace) -> Vec<TableInfo> {
        let Some(namespace) = self.namespaces.get(&ns) else {
            return Vec::new();
        };
        let tables = namespace.by_name.values();
        let mut tables: Vec<_> =
            tables.map(|table| TableInfo { name: table.name.clone(), number: table.number }).collect();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        tables
    }

    pub fn active_schema(&self, ns: Namespace) -> Option<Arc<Schema>> {
        let active = self.namespaces.get(&ns)?.active.as_ref()?;
        Some(active.schema.clone())
    }

    pub fn table(&self, ns: Namespace, name: &str) -> Option<&Arc<Table>> {
        let ns = if is_catalog_table(name) { Namespace::ROOT } else { ns };
        self.namespaces.get(&ns)?.by_name.get(name)
    }

    pub fn table_numbered(&self, ns: Namespace, number: TableNumber) -> Option<&Arc<Table>> {
        let ns = if number.0 <= DATABASE.0 { Namespace::ROOT } else { ns };
        self.namespaces.get(&ns)?.by_number.get(&number.0)
    }

    pub fn tablet(&self, tablet: TabletId) -> Option<&Arc<Table>> {
        self.tablets.get(&tablet)
    }

    pub fn namespace(&self, ns: Namespace) -> Option<&Arc<NamespaceCatalog>> {
        self.namespaces.get(&ns)
    }

    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> + '_ {
        self.namespaces.keys().copied()
    }

    pub fn schema(&self, id: SchemaId) -> Option<&Arc<StoredSchema>> {
        self.schemas.get(&id.0.internal)
    }

    pub fn schemas(&self) -> impl Iterator<Item = &Arc<StoredSchema>> {
        self.schemas.values()
    }

    /// Returns the table an index belongs to.
    pub fn table_of_index(&self, index: IndexId) -> Option<&Arc<Table>> {
        self.tablets.get(&TabletId(index.0)).or_else(|| {
            let mut tables = self.tablets.values();
            tables.find(|table| {
                table.indexes.iter().any(|own| own.id == index) || table.derived.iter().any(|own| own.id == index)
            })
        })
    }

    /// Returns all search and vector indexes, each with its table.
    pub fn derived(&self) -> impl Iterator<Item = (&Arc<Table>, &Arc<DerivedIndex>)> {
        self.tablets.values().flat_map(|table| table.derived.iter().map(move |index| (table, index)))
    }

    /// Returns the indexes of dropped tables and dropped indexes, and dropped tables, whose rows still wait to be removed.
    pub fn dropped(&self) -> (Dropped<TableRecord>, Dropped<IndexRecord>) {
        let tables = self.tables.iter().filter(|(_, record)| record.dropped);
        let indexes = self.indexes.iter().filter(|(_, record)| record.is_dropped());
        (
            tables.map(|(id, record)| (*id, (**record).clone())).collect(),
            indexes.map(|(id, record)| (*id, (**record).clone())).collect(),
        )
    }

    pub fn allocator(&self) -> &AllocatorRecord {
        &self.allocator
    }

    /// Returns the number a new table of that name gets.
    pub fn next_table_number(&self, ns: Namespace, name: &str) -> u32 {
        if let Some((_, number)) = FIXED_TABLES.iter().find(|(fixed, _)| *fixed == name) {
            return *number;
        }
        let (system, user) =
            self.allocator.numbers.get(&ns).copied().unwrap_or((FIRST_SYSTEM_NUMBER, FIRST_USER_NUMBER));
        if name.starts_with('_') { system } else { user }
    }

    fn change_table(
        &mut self,
        id: InternalId,
        document: Option<&Document>,
        affected: &mut BTreeSet<Namespace>,
    ) -> Result<(), String> {
        let old = match document {
            Some(document) => {
                let record = Arc::new(TableRecord::decode(document)?);
                affected.insert(record.ns);
                self.tables.insert(id, record)
            }
            None => self.tables.remove(&id),
        };
        affected.extend(old.map(|record| record.ns));
        Ok(())
    }

    fn change_index(
        &mut self,
        id: InternalId,
        document: Option<&Document>,
        affected: &mut BTreeSet<Namespace>,
    ) -> Result<(), String> {
        let record = document.map(IndexRecord::decode).transpose()?.map(Arc::new);
        let old = match &record {
            Some(record) => self.indexes.insert(id, record.clone()),
            None => self.indexes.remove(&id),
        };
        if old == record {
            return Ok(());
        }
        let Some(tablet) = record.or(old).map(|record| record.tablet) else {
            return Ok(());
        };
        let owner = self.tables.values().find(|table| table.tablet == tablet);
        affected.extend(owner.map(|table| table.ns));
        Ok(())
    }

    fn change_schema(
        &mut self,
        id: InternalId,
        document: Option<&Document>,
        affected: &mut BTreeSet<Namespace>,
    ) -> Result<(), String> {
        let old = match document {
            Some(document) => {
                let schema = Arc::new(StoredSchema::new(SchemaId(document.id), SchemaRecord::decode(document)?));
                affected.insert(schema.ns);
                self.schemas.insert(id, schema)
            }
            None => self.schemas.remove(&id),
        };
        affected.extend(old.map(|schema| schema.ns));
        Ok(())
    }

    /// Builds the derived maps of one namespace from the records.
    fn rebuild(&mut self, ns: Namespace) {
        let mut indexes: FxHashMap<TabletId, TableIndexes> = FxHashMap::default();
        for (id, record) in self.indexes.iter().filter(|(_, record)| !record.is_dropped()) {
            indexes.entry(record.tablet).or_default().add(*id, record);
        }
        let status = |status| {
            let mut schemas = self.schemas.values().filter(|schema| schema.ns == ns);
            schemas.find(|schema| schema.status.role() == status).cloned()
        };
        let mut built = NamespaceCatalog {
            active: status(records::SchemaRole::Active),
            pending: status(records::SchemaRole::Pending),
            ..NamespaceCatalog::default()
        };
        let fixed = (ns == Namespace::ROOT).then(fixed_records).into_iter().flatten();
        let stored = self.tables.iter().filter(|(_, record)| record.ns == ns && !record.dropped);
        let records = fixed.chain(stored.map(|(id, record)| (Some(*id), (**record).clone())));
        for (id, record) in records {
            let own = indexes.remove(&record.tablet).unwrap_or_default();
            built.add(Table::new(id, record, own, &built));
        }
        self.tablets.retain(|_, table| table.ns != ns);
        self.tablets.extend(built.by_name.values().map(|table| (table.tablet, table.clone())));
        self.namespaces.insert(ns, Arc::new(built));
    }
}

impl NamespaceCatalog {
    fn add(&mut self, table: Table) {
        let table = Arc::new(table);
        self.by_number.insert(table.number.0, table.clone());
        self.by_name.insert(table.name.clone(), table);
    }
}

fn is_catalog_table(name: &str) -> bool {
    name.starts_with('_') && FIXED_TABLES[..DATABASE.0 as usize].iter().any(|(fixed, _)| *fixed == name)
}

fn fixed_records() -> impl Iterator<Item = (Option<InternalId>, TableRecord)> {
    FIXED_TABLES[..DATABASE.0 as usize].iter().map(|(name, number)| {
        let record = TableRecord {
            ns: Namespace::ROOT,
            name: (*name).to_owned(),
            number: *number,
            tablet: TabletId(*number),
            dropped: false,
        };
        (None, record)
    })
}

/// The table names of one namespace as a transaction sees them, for validators.
pub struct TableView {
    catalog: Arc<Catalog>,
    ns: Namespace,
}

impl TableView {
    pub(crate) fn new(catalog: Arc<Catalog>, ns: Namespace) -> TableView {
        TableView { catalog, ns }
    }
}

impl TableNames for TableView {
    fn name_of(&self, table: TableNumber) -> Option<TableRef> {
        if let Some((name, _)) = FIXED_TABLES.iter().find(|(_, number)| *number == table.0) {
            return Some(TableRef::System((*name).to_owned()));
        }
        let name = self.catalog.table_numbered(self.ns, table)?.name.clone();
        Some(if name.starts_with('_') { TableRef::System(name) } else { TableRef::User(name) })
    }
}
