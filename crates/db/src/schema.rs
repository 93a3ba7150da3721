//! Schemas: tables, their indexes and document types.

mod diff;
mod json;
mod names;
pub mod submit;
pub mod worker;

use std::{collections::BTreeMap, fmt};

use value::{DocumentId, Object, Validator, Value};

use crate::keys::find_path;
pub use diff::{IndexDescription, IndexDiff, IndexKind};
pub use submit::{SchemaState, SubmittedSchema};

/// The tables of one namespace as its author declared them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub tables: BTreeMap<String, TableSchema>,
    /// Whether documents are checked on write.
    pub schema_validation: bool,
}

/// One declared table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableSchema {
    pub indexes: Vec<IndexDefinition>,
    pub search_indexes: Vec<SearchIndexDefinition>,
    pub vector_indexes: Vec<VectorIndexDefinition>,
    /// `None` accepts everything.
    pub document_type: Option<Validator>,
}

/// A path to a field, `a.b` in text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    pub fn parse(text: &str) -> FieldPath {
        FieldPath(text.split('.').map(str::to_owned).collect())
    }

    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// Returns what a document holds at this path.
    pub fn find<'a>(&self, document: &'a Object) -> Option<&'a Value> {
        find_path(&self.0, document)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// An index over fields, without the creation time every index ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDefinition {
    pub name: String,
    pub fields: Vec<FieldPath>,
    /// Built, not queryable.
    pub staged: bool,
}

impl IndexDefinition {
    pub fn new(name: &str, fields: &[&str]) -> IndexDefinition {
        let fields = fields.iter().map(|field| FieldPath::parse(field)).collect();
        IndexDefinition { name: name.to_owned(), fields, staged: false }
    }

    /// Returns whether both have the same name and rows.
    pub fn is_same_index(&self, other: &IndexDefinition) -> bool {
        self.name == other.name && self.fields == other.fields
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchIndexDefinition {
    pub name: String,
    pub search_field: FieldPath,
    pub filter_fields: Vec<FieldPath>,
    pub staged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorIndexDefinition {
    pub name: String,
    pub vector_field: FieldPath,
    pub dimensions: u32,
    pub filter_fields: Vec<FieldPath>,
    pub staged: bool,
}

/// A search or vector index as both are kept: in memory, derived from the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedDefinition {
    pub name: String,
    pub kind: DerivedKind,
    pub filter_fields: Vec<FieldPath>,
    pub staged: bool,
}

/// What a derived index finds documents by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DerivedKind {
    Text { field: FieldPath },
    Vector { field: FieldPath, dimensions: u32 },
}

/// An index of either way of keeping it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    Rows(IndexDefinition),
    Derived(DerivedDefinition),
}

impl Definition {
    pub fn name(&self) -> &str {
        match self {
            Definition::Rows(index) => &index.name,
            Definition::Derived(index) => &index.name,
        }
    }

    pub fn is_staged(&self) -> bool {
        match self {
            Definition::Rows(index) => index.staged,
            Definition::Derived(index) => index.staged,
        }
    }

    /// Returns whether both are the same index, staged or not.
    pub fn is_same_index(&self, other: &Definition) -> bool {
        match (self, other) {
            (Definition::Rows(own), Definition::Rows(other)) => own.is_same_index(other),
            (Definition::Derived(own), Definition::Derived(other)) => {
                *own == DerivedDefinition { staged: own.staged, ..other.clone() }
            }
            (Definition::Rows(_), Definition::Derived(_)) | (Definition::Derived(_), Definition::Rows(_)) => false,
        }
    }
}

impl TableSchema {
    /// Returns the declared indexes of all kinds.
    pub fn definitions(&self) -> Vec<Definition> {
        let texts = self.search_indexes.iter().map(|index| DerivedDefinition {
            name: index.name.clone(),
            kind: DerivedKind::Text { field: index.search_field.clone() },
            filter_fields: index.filter_fields.clone(),
            staged: index.staged,
        });
        let vectors = self.vector_indexes.iter().map(|index| DerivedDefinition {
            name: index.name.clone(),
            kind: DerivedKind::Vector { field: index.vector_field.clone(), dimensions: index.dimensions },
            filter_fields: index.filter_fields.clone(),
            staged: index.staged,
        });
        let rows = self.indexes.iter().cloned().map(Definition::Rows);
        rows.chain(texts.chain(vectors).map(Definition::Derived)).collect()
    }
}

/// Names a submitted schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub DocumentId);

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for SchemaId {
    type Err = value::IdError;

    fn from_str(text: &str) -> Result<SchemaId, value::IdError> {
        text.parse().map(SchemaId)
    }
}

/// What is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    pub code: &'static str,
    pub message: String,
}

impl SchemaError {
    fn new(code: &'static str, message: impl Into<String>) -> SchemaError {
        SchemaError { code, message: message.into() }
    }
}

impl Schema {
    /// Returns a table whose document type holds ids of `table`.
    pub(crate) fn referrer_of(&self, table: &str) -> Option<&str> {
        let refers = |schema: &TableSchema| schema.document_type.as_ref().is_some_and(|v| refers_to(v, table));
        let (name, _) = self.tables.iter().find(|(_, schema)| refers(schema))?;
        Some(name)
    }
}

fn refers_to(validator: &Validator, table: &str) -> bool {
    match validator {
        Validator::Id(name) => name == table,
        Validator::Array(elements) => refers_to(elements, table),
        Validator::Record { keys, values, .. } => refers_to(keys, table) || refers_to(values, table),
        Validator::Object(fields) => fields.values().any(|field| refers_to(&field.validator, table)),
        Validator::Union(members) => members.iter().any(|member| refers_to(member, table)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
