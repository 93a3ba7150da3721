//! Schemas: tables, their indexes and document types.

use std::{collections::BTreeMap, fmt};

use value::{DocumentId, Validator};

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
    pub document_type: Option<Validator>,
}

/// A path to a field, `a.b` in text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(pub(crate) Vec<String>);

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

/// Names a submitted schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub DocumentId);

/// What is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    pub code: &'static str,
    pub message: String,
}

/// An index in a diff; its name is `table.index`.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexDescription {
    pub name: String,
    pub staged: bool,
    pub kind: IndexKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum IndexKind {
    /// Fields with the trailing `_creationTime`.
    Database { fields: Vec<String> },
    Search { search_field: String, filter_fields: Vec<String> },
    Vector { vector_field: String, dimensions: u32, filter_fields: Vec<String> },
}

/// How indexes change when a schema becomes active.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexDiff {
    pub added: Vec<IndexDescription>,
    pub removed: Vec<IndexDescription>,
    /// Staged before, queryable now.
    pub enabled: Vec<IndexDescription>,
    /// Queryable before, staged now.
    pub disabled: Vec<IndexDescription>,
}

/// A schema that is being checked.
#[derive(Clone, Debug, PartialEq)]
pub struct SubmittedSchema {
    pub id: SchemaId,
    pub diff: IndexDiff,
}

/// How far a submitted schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    Pending { documents_validated: u64, indexes_complete: usize, indexes_total: usize, validated: bool },
    /// Checked and built; waits to be activated.
    Ready,
    Active,
    Failed { error: String, table: Option<String> },
    /// A later submission took its place, or it is unknown.
    Overwritten,
}

impl Schema {
    /// Reads and checks the JSON text a schema module exports.
    pub fn parse_json(_text: &str) -> Result<Schema, SchemaError> {
        todo!()
    }

    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }
}
