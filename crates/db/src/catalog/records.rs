//! The documents the catalog is stored as.

use std::collections::BTreeMap;

use value::{Object, Value};

use crate::{
    IndexState, Namespace,
    document::Document,
    keys::{IndexId, TabletId},
    schema::{Definition, DerivedDefinition, DerivedKind, FieldPath, IndexDefinition, Schema},
};

/// A document of `_tables`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRecord {
    pub ns: Namespace,
    pub name: String,
    pub number: u32,
    pub tablet: TabletId,
    /// Deleted; the record stays until its documents are removed from the store.
    pub dropped: bool,
}

/// A document of `_indexes`. How far it is filled is in the document only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRecord {
    pub tablet: TabletId,
    pub id: IndexId,
    pub name: String,
    /// What it is sorted by; for a derived index what it filters by.
    pub fields: Vec<FieldPath>,
    /// What a search or vector index finds documents by.
    pub derived: Option<DerivedKind>,
    pub staged: bool,
    /// `None` when dropped; the record stays until its rows are removed from the store.
    pub state: Option<IndexState>,
}

/// A document of `_schemas`.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaRecord {
    pub ns: Namespace,
    pub schema: Schema,
    pub status: SchemaStatus,
}

/// How far a submitted schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaStatus {
    Pending,
    Validated,
    Active,
    Failed { error: String, table: Option<String> },
    Overwritten,
}

/// What a schema is to its namespace; at most one each is active and pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaRole {
    Active,
    Pending,
    Past,
}

/// The next free numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllocatorRecord {
    /// For tablets and indexes.
    pub next: u32,
    /// For tables: system and user tables of each namespace.
    pub numbers: BTreeMap<Namespace, (u32, u32)>,
}

impl SchemaStatus {
    pub fn role(&self) -> SchemaRole {
        match self {
            SchemaStatus::Pending | SchemaStatus::Validated => SchemaRole::Pending,
            SchemaStatus::Active => SchemaRole::Active,
            SchemaStatus::Failed { .. } | SchemaStatus::Overwritten => SchemaRole::Past,
        }
    }
}

impl TableRecord {
    pub fn encode(&self) -> Object {
        object([
            ("namespace", int(self.ns.0)),
            ("name", text(&self.name)),
            ("number", int(self.number)),
            ("tablet", int(self.tablet.0)),
            ("dropped", Value::Boolean(self.dropped)),
        ])
    }

    pub fn decode(document: &Document) -> Result<TableRecord, String> {
        let fields = Fields(&document.value);
        Ok(TableRecord {
            ns: Namespace(fields.int("namespace")?),
            name: fields.text("name")?.to_owned(),
            number: fields.int("number")?,
            tablet: TabletId(fields.int("tablet")?),
            dropped: fields.0.get("dropped") == Some(&Value::Boolean(true)),
        })
    }
}

impl IndexRecord {
    pub fn encode(&self) -> Object {
        let state = match self.state {
            None => "dropped",
            Some(IndexState::Backfilling) => "backfilling",
            Some(IndexState::Backfilled) => "backfilled",
            Some(IndexState::Enabled) => "enabled",
        };
        let fields = self.fields.iter().map(|path| text(&path.to_string()));
        let mut record = object([
            ("tablet", int(self.tablet.0)),
            ("index", int(self.id.0)),
            ("name", text(&self.name)),
            ("fields", Value::Array(fields.collect())),
            ("staged", Value::Boolean(self.staged)),
            ("state", text(state)),
        ]);
        match &self.derived {
            None => {}
            Some(DerivedKind::Text { field }) => {
                record.insert("search".to_owned(), text(&field.to_string()));
            }
            Some(DerivedKind::Vector { field, dimensions }) => {
                record.insert("vector".to_owned(), text(&field.to_string()));
                record.insert("dimensions".to_owned(), int(*dimensions));
            }
        }
        record
    }

    pub fn decode(document: &Document) -> Result<IndexRecord, String> {
        let fields = Fields(&document.value);
        let Some(Value::Array(paths)) = fields.0.get("fields") else {
            return Err("an index record has no fields".into());
        };
        let path = |value: &Value| FieldPath::parse(value.as_str().unwrap_or_default());
        let found_by = |name: &str| fields.0.get(name).map(path);
        let derived = match (found_by("search"), found_by("vector")) {
            (Some(field), _) => Some(DerivedKind::Text { field }),
            (None, Some(field)) => Some(DerivedKind::Vector { field, dimensions: fields.int("dimensions")? }),
            (None, None) => None,
        };
        Ok(IndexRecord {
            tablet: TabletId(fields.int("tablet")?),
            id: IndexId(fields.int("index")?),
            name: fields.text("name")?.to_owned(),
            fields: paths.iter().map(path).collect(),
            derived,
            staged: fields.0.get("staged") == Some(&Value::Boolean(true)),
            state: match fields.text("state")? {
                "dropped" => None,
                "backfilling" => Some(IndexState::Backfilling),
                "backfilled" => Some(IndexState::Backfilled),
                "enabled" => Some(IndexState::Enabled),
                other => return Err(format!("an index record has the unknown state {other}")),
            },
        })
    }

    pub fn is_dropped(&self) -> bool {
        self.state.is_none()
    }

    pub fn definition(&self) -> Definition {
        let (name, staged) = (self.name.clone(), self.staged);
        match &self.derived {
            None => Definition::Rows(IndexDefinition { name, fields: self.fields.clone(), staged }),
            Some(kind) => {
                let filter_fields = self.fields.clone();
                Definition::Derived(DerivedDefinition { name, kind: kind.clone(), filter_fields, staged })
            }
        }
    }

    /// Makes the record of an index.
    pub fn new(tablet: TabletId, id: IndexId, definition: &Definition, state: IndexState) -> IndexRecord {
        let (fields, derived) = match definition {
            Definition::Rows(index) => (index.fields.clone(), None),
            Definition::Derived(index) => (index.filter_fields.clone(), Some(index.kind.clone())),
        };
        let (name, staged) = (definition.name().to_owned(), definition.is_staged());
        IndexRecord { tablet, id, name, fields, derived, staged, state: Some(state) }
    }
}

impl SchemaRecord {
    pub fn encode(&self) -> Object {
        let (state, error, table) = match &self.status {
            SchemaStatus::Pending => ("pending", None, None),
            SchemaStatus::Validated => ("validated", None, None),
            SchemaStatus::Active => ("active", None, None),
            SchemaStatus::Failed { error, table } => ("failed", Some(error), table.as_ref()),
            SchemaStatus::Overwritten => ("overwritten", None, None),
        };
        let optional = |value: Option<&String>| value.map_or(Value::Null, |value| text(value));
        object([
            ("namespace", int(self.ns.0)),
            ("schema", text(&self.schema.to_json().to_string())),
            ("state", text(state)),
            ("error", optional(error)),
            ("table", optional(table)),
        ])
    }

    pub fn decode(document: &Document) -> Result<SchemaRecord, String> {
        let fields = Fields(&document.value);
        let optional = |name: &str| fields.0.get(name).and_then(Value::as_str).map(str::to_owned);
        let schema = Schema::parse_json(fields.text("schema")?).map_err(|error| error.message)?;
        Ok(SchemaRecord {
            ns: Namespace(fields.int("namespace")?),
            schema,
            status: match fields.text("state")? {
                "pending" => SchemaStatus::Pending,
                "validated" => SchemaStatus::Validated,
                "active" => SchemaStatus::Active,
                "failed" => {
                    SchemaStatus::Failed { error: optional("error").unwrap_or_default(), table: optional("table") }
                }
                "overwritten" => SchemaStatus::Overwritten,
                other => return Err(format!("a schema record has the unknown state {other}")),
            },
        })
    }
}

impl AllocatorRecord {
    pub fn encode(&self) -> Object {
        let numbers =
            self.numbers.iter().map(|(ns, (system, user))| Value::Array(vec![int(ns.0), int(*system), int(*user)]));
        object([("next", int(self.next)), ("numbers", Value::Array(numbers.collect()))])
    }

    pub fn decode(document: &Document) -> Result<AllocatorRecord, String> {
        let fields = Fields(&document.value);
        let Some(Value::Array(rows)) = fields.0.get("numbers") else {
            return Err("the allocator record has no numbers".into());
        };
        let mut numbers = BTreeMap::new();
        for row in rows {
            let Value::Array(row) = row else {
                return Err("an allocator row is damaged".into());
            };
            let [ns, system, user] = row.as_slice() else {
                return Err("an allocator row is damaged".into());
            };
            numbers.insert(Namespace(as_int(ns)?), (as_int(system)?, as_int(user)?));
        }
        Ok(AllocatorRecord { next: fields.int("next")?, numbers })
    }
}

struct Fields<'a>(&'a Object);

impl<'a> Fields<'a> {
    fn int(&self, name: &str) -> Result<u32, String> {
        as_int(self.0.get(name).ok_or_else(|| format!("a record has no {name}"))?)
    }

    fn text(&self, name: &str) -> Result<&'a str, String> {
        self.0.get(name).and_then(Value::as_str).ok_or_else(|| format!("a record has no {name}"))
    }
}

fn as_int(value: &Value) -> Result<u32, String> {
    match value {
        Value::Int64(number) => u32::try_from(*number).map_err(|_| format!("{number} is no number of a record")),
        _ => Err("a number was expected in a record".into()),
    }
}

fn int(number: u32) -> Value {
    Value::Int64(i64::from(number))
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
