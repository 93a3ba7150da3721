//! What a push would do to stored documents and indexes, foretold from its schema alone.

use std::collections::BTreeMap;

use db::schema::IndexDescription;
use db::{BeginAt, IndexDiff, Namespace, Schema, TableSchema, Transaction};
use value::Validator;

use super::errors::database_error;
use super::start::preview;
use super::tree::{Declared, MountTree};
use super::{Evaluator, PushRequest, definition, schema, tables};
use crate::{Runtime, SystemError};

/// The foretold effects of a push's schemas.
#[derive(Clone, Debug, Default)]
pub struct PushPrediction {
    /// By component path.
    pub components: BTreeMap<String, SchemaPrediction>,
    /// Paths of definitions that the deployment does not have.
    pub new_definitions: Vec<String>,
}

/// The foretold effects of a schema.
#[derive(Clone, Debug, Default)]
pub struct SchemaPrediction {
    pub definition_path: String,
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

/// Evaluates definitions and schemas, and compares each instance with what there is.
pub(super) fn predict(
    runtime: &Runtime,
    evaluator: &Evaluator,
    request: &PushRequest,
) -> Result<PushPrediction, SystemError> {
    let definitions = definition::evaluate_all(evaluator, request)?;
    let declared = definitions.iter().map(|(path, export)| Ok((path.clone(), export.declared_env()?)));
    let tree = MountTree::build(&definitions, &declared.collect::<Result<Declared, SystemError>>()?)?;
    let evaluate = |module: &Option<super::ModuleInput>| {
        let evaluated = module.as_ref().map(|module| schema::evaluate(evaluator, module)).transpose()?;
        Ok(evaluated.map(|evaluated| evaluated.schema).unwrap_or_default())
    };
    let mut schemas = BTreeMap::from([("", evaluate(&request.app.schema)?)]);
    for component in &request.components {
        schemas.insert(&component.definition_path, evaluate(&component.schema)?);
    }
    let current = runtime.deployment();
    let mut prediction = PushPrediction::default();
    for (path, planned) in tree.0 {
        let definition = planned.definition_path;
        let schema = &schemas[definition.as_str()];
        let component = predict_component(runtime, current.namespace(&path), schema, definition)?;
        prediction.components.insert(path, component);
    }
    let known = |definition: &str| current.components.values().any(|code| code.definition_path == definition);
    let new = definitions.into_keys().filter(|definition| !definition.is_empty() && !known(definition));
    prediction.new_definitions = new.collect();
    Ok(prediction)
}

/// Compares `schema` with the active one and with the documents there are; an instance without a namespace is new.
fn predict_component(
    runtime: &Runtime,
    namespace: Option<Namespace>,
    schema: &Schema,
    definition_path: String,
) -> Result<SchemaPrediction, SystemError> {
    let database = runtime.database();
    let mut tx = tables::begin_unlimited(database, BeginAt::Durable).map_err(database_error)?;
    let active = namespace.and_then(|namespace| database.active_schema(namespace));
    let mut prediction = SchemaPrediction {
        definition_path,
        schema_validation: schema.schema_validation,
        ..SchemaPrediction::default()
    };
    for (name, table) in &schema.tables {
        let documents = count(&mut tx, namespace, name)?;
        let enforced = active.as_ref().filter(|active| active.schema_validation);
        let outcome = outcome(schema, table, enforced.and_then(|active| active.tables.get(name)), documents);
        prediction.tables.push(TablePrediction {
            name: name.clone(),
            outcome,
            documents,
            bytes: bytes(&mut tx, namespace, name, documents)?,
        });
    }
    let IndexDiff { added, removed, enabled, disabled } = preview(runtime, namespace, schema.clone());
    let changes = [
        (added, IndexChange::Added),
        (enabled, IndexChange::Enabled),
        (disabled, IndexChange::Disabled),
        (removed, IndexChange::Dropped),
    ];
    for (indexes, change) in changes {
        for index in indexes {
            let table = index.name.split('.').next().unwrap_or_default();
            let documents = count(&mut tx, namespace, table)?;
            prediction.indexes.push(IndexPrediction { index, change, documents });
        }
    }
    Ok(prediction)
}

fn count(tx: &mut Transaction, namespace: Option<Namespace>, table: &str) -> Result<u64, SystemError> {
    namespace.map_or(Ok(0), |namespace| tx.count(namespace, table).map_err(database_error))
}

/// Documents whose mean size stands for all of a table's.
const SAMPLE_DOCUMENTS_MAX: usize = 256;

fn bytes(tx: &mut Transaction, namespace: Option<Namespace>, table: &str, documents: u64) -> Result<u64, SystemError> {
    let Some(namespace) = namespace else { return Ok(0) };
    let source = db::Source::FullScan { table: table.to_owned(), order: db::Order::Ascending };
    let sample = db::Query { source, operators: vec![db::Operator::Limit(SAMPLE_DOCUMENTS_MAX)] };
    let mut stream = tx.query(namespace, sample).map_err(database_error)?;
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
