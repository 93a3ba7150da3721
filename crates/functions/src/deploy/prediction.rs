//! What a push would do to stored documents and indexes, foretold from its schema alone.

use db::schema::IndexDescription;
use db::{BeginAt, IndexDiff, Namespace, Schema, TableSchema, Transaction};
use value::Validator;

use super::errors::database_error;
use super::tables;
use crate::{Runtime, SystemError};

/// The foretold effects of a schema.
#[derive(Clone, Debug, Default)]
pub struct SchemaPrediction {
    pub schema_validation: bool,
    pub tables: Vec<TablePrediction>,
    pub indexes: Vec<IndexPrediction>,
}

/// What checking one table takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePrediction {
    pub name: String,
    pub outcome: TableOutcome,
    pub documents: u64,
    /// Bytes of the documents, estimated from the first ones.
    pub bytes: u64,
}

/// How the documents of a table get to match its new type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableOutcome {
    NotValidated,
    /// The enforced type already implies the new one.
    SupersetOfEnforced,
    /// There is nothing to check.
    SupersetOfShape,
    /// Every document is read.
    MustWalk,
}

/// What happens to one index.
#[derive(Clone, Debug)]
pub struct IndexPrediction {
    pub index: IndexDescription,
    pub change: IndexChange,
    pub documents: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexChange {
    Added,
    Enabled,
    Disabled,
    Dropped,
}

/// Compares `schema` with the active one and with the documents there are.
pub(super) fn predict(runtime: &Runtime, schema: Option<Schema>) -> Result<SchemaPrediction, SystemError> {
    let database = runtime.database();
    let mut tx = tables::begin_unlimited(database, BeginAt::Durable).map_err(database_error)?;
    let active = database.active_schema(Namespace::ROOT);
    let mut prediction = SchemaPrediction { indexes: Vec::new(), ..SchemaPrediction::default() };
    if let Some(schema) = &schema {
        prediction.schema_validation = schema.schema_validation;
        for (name, table) in &schema.tables {
            let documents = count(&mut tx, name)?;
            let enforced = active.as_deref().filter(|active| active.schema_validation);
            let enforced = enforced.and_then(|active| active.tables.get(name));
            let outcome = outcome(schema, table, enforced, documents);
            prediction.tables.push(TablePrediction {
                name: name.clone(),
                outcome,
                documents,
                bytes: bytes(&mut tx, name, documents)?,
            });
        }
    }
    let IndexDiff { added, removed, enabled, disabled } = database.preview_schema(Namespace::ROOT, &schema);
    let changes = [
        (added, IndexChange::Added),
        (enabled, IndexChange::Enabled),
        (disabled, IndexChange::Disabled),
        (removed, IndexChange::Dropped),
    ];
    for (indexes, change) in changes {
        for index in indexes {
            let table = index.name.split('.').next().unwrap_or_default();
            let documents = count(&mut tx, table)?;
            prediction.indexes.push(IndexPrediction { index, change, documents });
        }
    }
    Ok(prediction)
}

fn count(tx: &mut Transaction, table: &str) -> Result<u64, SystemError> {
    tx.count(Namespace::ROOT, table).map_err(database_error)
}

/// Documents whose mean size stands for all of a table's.
const SAMPLE_DOCUMENTS_MAX: usize = 256;

fn bytes(tx: &mut Transaction, table: &str, documents: u64) -> Result<u64, SystemError> {
    let source = db::Source::FullScan { table: table.to_owned(), order: db::Order::Ascending };
    let sample = db::Query { source, operators: vec![db::Operator::Limit(SAMPLE_DOCUMENTS_MAX)] };
    let mut stream = tx.query(Namespace::ROOT, sample).map_err(database_error)?;
    let (mut count, mut sum) = (0, 0);
    while let Some(document) = tx.next(&mut stream).map_err(database_error)? {
        count += 1;
        sum += document.size as u64;
    }
    Ok((sum * documents).checked_div(count).unwrap_or(0))
}

fn outcome(schema: &Schema, table: &TableSchema, enforced: Option<&TableSchema>, documents: u64) -> TableOutcome {
    let Some(wanted) = table.document_type.as_ref().filter(|wanted| **wanted != Validator::Any) else {
        return TableOutcome::NotValidated;
    };
    if !schema.schema_validation {
        return TableOutcome::NotValidated;
    }
    let implied = enforced.and_then(|table| table.document_type.as_ref()).is_some_and(|old| wanted.is_superset_of(old));
    match documents {
        _ if implied => TableOutcome::SupersetOfEnforced,
        0 => TableOutcome::SupersetOfShape,
        _ => TableOutcome::MustWalk,
    }
}
