//! How the indexes of one schema differ from those of another.

use std::collections::BTreeMap;

use super::{FieldPath, Schema};
use crate::document::CREATION_TIME;

/// An index in a diff; its name is `table.index`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDescription {
    pub name: String,
    pub staged: bool,
    pub kind: IndexKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// Fields with the creation time they end with.
    Database {
        fields: Vec<String>,
    },
    Search {
        search_field: String,
        filter_fields: Vec<String>,
    },
    Vector {
        vector_field: String,
        dimensions: u32,
        filter_fields: Vec<String>,
    },
}

/// How indexes change when a schema becomes active.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexDiff {
    pub added: Vec<IndexDescription>,
    pub removed: Vec<IndexDescription>,
    /// Staged before, queryable now.
    pub enabled: Vec<IndexDescription>,
    /// Queryable before, staged now.
    pub disabled: Vec<IndexDescription>,
}

impl IndexDiff {
    /// Returns what changes from `old` to `new`, each list by name.
    pub fn between(old: &Schema, new: &Schema) -> IndexDiff {
        let (old, new) = (old.index_descriptions(), new.index_descriptions());
        let mut diff = IndexDiff::default();
        for (name, index) in &new {
            match old.get(name).filter(|before| before.kind == index.kind) {
                None => diff.added.push(index.clone()),
                Some(before) if before.staged && !index.staged => diff.enabled.push(index.clone()),
                Some(before) if !before.staged && index.staged => diff.disabled.push(index.clone()),
                Some(_) => {}
            }
        }
        let gone = old.into_iter().filter(|(name, index)| new.get(name).is_none_or(|after| after.kind != index.kind));
        diff.removed.extend(gone.map(|(_, index)| index));
        diff
    }
}

impl Schema {
    fn index_descriptions(&self) -> BTreeMap<String, IndexDescription> {
        let mut all = BTreeMap::new();
        let strings = |paths: &[FieldPath]| paths.iter().map(FieldPath::to_string).collect::<Vec<_>>();
        for (table, schema) in &self.tables {
            let mut add = |name: &str, staged, kind| {
                let name = format!("{table}.{name}");
                all.insert(name.clone(), IndexDescription { name, staged, kind });
            };
            for index in &schema.indexes {
                let mut fields = strings(&index.fields);
                fields.push(CREATION_TIME.to_owned());
                add(&index.name, index.staged, IndexKind::Database { fields });
            }
            for index in &schema.search_indexes {
                let search_field = index.search_field.to_string();
                let filter_fields = strings(&index.filter_fields);
                add(&index.name, index.staged, IndexKind::Search { search_field, filter_fields });
            }
            for index in &schema.vector_indexes {
                let vector_field = index.vector_field.to_string();
                let (dimensions, filter_fields) = (index.dimensions, strings(&index.filter_fields));
                add(&index.name, index.staged, IndexKind::Vector { vector_field, dimensions, filter_fields });
            }
        }
        all
    }
}
