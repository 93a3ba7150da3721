//! The rules for tables, indexes and document types, each with its code.

use std::collections::BTreeSet;

use value::{Validator, is_identifier};

use super::{FieldPath, Schema, SchemaError, TableSchema};
use crate::limits::{
    FILTER_FIELDS_MAX, INDEX_FIELDS_MAX, INDEXES_MAX, SEARCH_INDEXES_MAX, TABLES_MAX, VECTOR_INDEXES_MAX,
};

const DIMENSIONS: std::ops::RangeInclusive<u32> = 2..=4096;

impl Schema {
    /// Checks all rules of names, indexes and document types.
    pub fn check(&self) -> Result<(), SchemaError> {
        if self.tables.len() > TABLES_MAX {
            return Err(SchemaError::new("TooManyTables", format!("Number of tables cannot exceed {TABLES_MAX}.")));
        }
        for (name, table) in &self.tables {
            check_table_name(name)?;
            TableRules { name, table }.check()?;
        }
        Ok(())
    }
}

/// Checks the name of a table users create.
pub fn check_table_name(name: &str) -> Result<(), SchemaError> {
    if !is_identifier(name) {
        let message = format!(
            "Invalid table name: \"{name}\". Identifiers must start with a letter and can only contain letters, digits, and underscores."
        );
        return Err(SchemaError::new("InvalidTableName", message));
    }
    if name.starts_with('_') {
        return Err(SchemaError::new("TableNameReserved", format!("{name} is a reserved table name.")));
    }
    Ok(())
}

struct TableRules<'a> {
    name: &'a str,
    table: &'a TableSchema,
}

impl TableRules<'_> {
    fn check(&self) -> Result<(), SchemaError> {
        self.check_document_type()?;
        self.check_counts()?;
        self.check_index_names()?;
        self.check_indexes()?;
        self.check_search_indexes()?;
        self.check_vector_indexes()
    }

    fn check_document_type(&self) -> Result<(), SchemaError> {
        let Some(validator) = &self.table.document_type else {
            return Ok(());
        };
        let objects = match validator {
            Validator::Any => return Ok(()),
            Validator::Union(members) => members.iter().collect(),
            other => vec![other],
        };
        for object in objects {
            let Validator::Object(fields) = object else {
                let message = format!(
                    "In table \"{}\" the document type must be an object, a union of objects, or any, not {validator}.",
                    self.name
                );
                return Err(SchemaError::new("InvalidSchema", message));
            };
            if let Some(field) = fields.keys().find(|field| field.starts_with('_')) {
                let message = format!(
                    "In table \"{}\" the field \"{field}\" is reserved: names of top-level fields may not start with an underscore.",
                    self.name
                );
                return Err(SchemaError::new("InvalidSchema", message));
            }
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), SchemaError> {
        let (search, vector) = (self.table.search_indexes.len(), self.table.vector_indexes.len());
        let all = self.table.indexes.len() + search + vector;
        let limits = [
            (all, INDEXES_MAX, "indexes"),
            (search, SEARCH_INDEXES_MAX, "search indexes"),
            (vector, VECTOR_INDEXES_MAX, "vector indexes"),
        ];
        match limits.iter().find(|(count, max, _)| count > max) {
            None => Ok(()),
            Some((_, max, kind)) => {
                let message = format!("Table \"{}\" cannot have more than {max} {kind}.", self.name);
                Err(SchemaError::new("TooManyIndexes", message))
            }
        }
    }

    fn check_index_names(&self) -> Result<(), SchemaError> {
        let database = self.table.indexes.iter().map(|index| &index.name);
        let search = self.table.search_indexes.iter().map(|index| &index.name);
        let vector = self.table.vector_indexes.iter().map(|index| &index.name);
        let mut seen = BTreeSet::new();
        for name in database.chain(search).chain(vector) {
            self.check_index_name(name)?;
            if !seen.insert(name) {
                let message = format!("Table \"{}\" has two or more definitions of index \"{name}\".", self.name);
                return Err(SchemaError::new("IndexNamesNotUnique", message));
            }
        }
        Ok(())
    }

    fn check_index_name(&self, name: &str) -> Result<(), SchemaError> {
        if !is_identifier(name) {
            let message = format!(
                "Invalid index name: \"{name}\". Identifiers must be 64 characters or less, start with a letter, and only contain letters, digits, underscores."
            );
            return Err(SchemaError::new("InvalidIndexName", message));
        }
        if name.starts_with('_') || name == "by_id" || name == "by_creation_time" {
            let message = format!(
                "In table \"{}\" cannot name an index \"{name}\" because the name is reserved. Indexes may not start with an underscore or be named \"by_id\" or \"by_creation_time\".",
                self.name
            );
            return Err(SchemaError::new("IndexNameReserved", message));
        }
        Ok(())
    }

    fn check_indexes(&self) -> Result<(), SchemaError> {
        for (position, index) in self.table.indexes.iter().enumerate() {
            if index.fields.is_empty() {
                let message =
                    format!("In table \"{}\" index \"{}\" must have at least one field.", self.name, index.name);
                return Err(SchemaError::new("EmptyIndex", message));
            }
            if index.fields.len() > INDEX_FIELDS_MAX {
                let message = format!("Indexes may have up to {} fields.", INDEX_FIELDS_MAX + 1);
                return Err(SchemaError::new("IndexTooManyFields", message));
            }
            self.check_fields(&index.name, &index.fields)?;
            let earlier = &self.table.indexes[..position];
            if let Some(same) = earlier.iter().find(|other| other.fields == index.fields) {
                let message = format!(
                    "In table \"{}\" index \"{}\" and index \"{}\" have the same fields. Indexes must be unique within a table.",
                    self.name, same.name, index.name
                );
                return Err(SchemaError::new("IndexNotUnique", message));
            }
        }
        Ok(())
    }

    fn check_search_indexes(&self) -> Result<(), SchemaError> {
        let mut seen = BTreeSet::new();
        for index in &self.table.search_indexes {
            self.check_filter_fields("Search", &index.name, &index.filter_fields)?;
            self.check_field(&index.name, &index.search_field)?;
            if !seen.insert(&index.search_field) {
                let message = format!(
                    "In table \"{}\" two search indexes search the field {}. Search fields must be unique within a table.",
                    self.name, index.search_field
                );
                return Err(SchemaError::new("SearchIndexFieldNotUnique", message));
            }
        }
        Ok(())
    }

    fn check_vector_indexes(&self) -> Result<(), SchemaError> {
        let mut seen = BTreeSet::new();
        for index in &self.table.vector_indexes {
            if !DIMENSIONS.contains(&index.dimensions) {
                let message = format!("Dimensions {} must be between 2 and 4096.", index.dimensions);
                return Err(SchemaError::new("InvalidVectorDimensions", message));
            }
            self.check_filter_fields("Vector", &index.name, &index.filter_fields)?;
            self.check_field(&index.name, &index.vector_field)?;
            if !self.admits(&index.vector_field, |leaf| leaf.is_none_or(admits_vector)) {
                let message = format!(
                    "In table \"{}\" the vector index \"{}\" is invalid because its field {} cannot hold an array of float64.",
                    self.name, index.name, index.vector_field
                );
                return Err(SchemaError::new("InvalidVectorField", message));
            }
            if !seen.insert(&index.vector_field) {
                let message = format!(
                    "In table \"{}\" two vector indexes are over the field {}. Vector fields must be unique within a table.",
                    self.name, index.vector_field
                );
                return Err(SchemaError::new("VectorIndexFieldNotUnique", message));
            }
        }
        Ok(())
    }

    fn check_filter_fields(&self, kind: &str, index: &str, fields: &[FieldPath]) -> Result<(), SchemaError> {
        if fields.len() > FILTER_FIELDS_MAX {
            let message = format!("{kind} indexes may have up to {FILTER_FIELDS_MAX} filter fields.");
            return Err(SchemaError::new("IndexTooManyFilterFields", message));
        }
        self.check_fields(index, fields)
    }

    fn check_fields(&self, index: &str, fields: &[FieldPath]) -> Result<(), SchemaError> {
        for (position, field) in fields.iter().enumerate() {
            self.check_field(index, field)?;
            if fields[..position].contains(field) {
                let message = format!("Duplicate field {field}. Index fields must be unique within an index.");
                return Err(SchemaError::new("FieldsNotUniqueWithinIndex", message));
            }
        }
        Ok(())
    }

    fn check_field(&self, index: &str, field: &FieldPath) -> Result<(), SchemaError> {
        match field.to_string().as_str() {
            "_id" => {
                let message = "`_id` is not a valid index field. To load documents by ID, use `db.get(id)`.";
                return Err(SchemaError::new("IndexFieldsContainId", message));
            }
            "_creationTime" => {
                let message = "`_creationTime` is automatically added to the end of each index. It should not be added explicitly in the index definition. To index by creation time alone, use the built-in \"by_creation_time\" index.";
                return Err(SchemaError::new("IndexFieldsContainCreationTime", message));
            }
            _ => {}
        }
        if field.segments().iter().any(|segment| segment.starts_with('_')) {
            let message = "Reserved fields (starting with `_`) are not allowed in indexes.";
            return Err(SchemaError::new("IndexFieldNameReserved", message));
        }
        if field.segments().iter().any(|segment| segment.is_empty() || value::check_field_name(segment).is_err()) {
            let message =
                format!("In table \"{}\" the index \"{index}\" has the invalid field path \"{field}\".", self.name);
            return Err(SchemaError::new("InvalidIndexField", message));
        }
        if !self.admits(field, |_| true) {
            let message = format!(
                "In table \"{}\" the index \"{index}\" is invalid because it references the field {field} that does not exist.",
                self.name
            );
            return Err(SchemaError::new("InvalidIndexField", message));
        }
        Ok(())
    }

    /// Returns whether some document of the table has a value at this path for which `leaf` holds; it is given
    /// `None` where anything goes.
    fn admits(&self, field: &FieldPath, leaf: impl Fn(Option<&Validator>) -> bool + Copy) -> bool {
        match &self.table.document_type {
            None => leaf(None),
            Some(validator) => admits_path(validator, field.segments(), leaf),
        }
    }
}

fn admits_path(validator: &Validator, path: &[String], leaf: impl Fn(Option<&Validator>) -> bool + Copy) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return admits_leaf(validator, leaf);
    };
    match validator {
        Validator::Any => leaf(None),
        Validator::Object(fields) => fields.get(first).is_some_and(|field| admits_path(&field.validator, rest, leaf)),
        Validator::Record { values, .. } => admits_path(values, rest, leaf),
        Validator::Union(members) => members.iter().any(|member| admits_path(member, path, leaf)),
        _ => false,
    }
}

fn admits_leaf(validator: &Validator, leaf: impl Fn(Option<&Validator>) -> bool + Copy) -> bool {
    match validator {
        Validator::Any => leaf(None),
        Validator::Union(members) => members.iter().any(|member| admits_leaf(member, leaf)),
        other => leaf(Some(other)),
    }
}

fn admits_vector(validator: &Validator) -> bool {
    match validator {
        Validator::Array(elements) => admits_leaf(elements, |leaf| leaf.is_none_or(|v| *v == Validator::Number)),
        _ => false,
    }
}
