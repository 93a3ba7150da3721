//! Pushes that have started: what `finish_push` needs of them, kept in the database so that any node can finish.

use std::collections::BTreeMap;

use db::{Namespace, SchemaId, Transaction};
use serde::{Deserialize, Serialize};
use value::{DocumentId, Value};

use super::errors::load_error;
use super::sources;
use super::tables::{self, PUSHES};
use crate::SystemError;
use crate::deployment::rows::{self, StoredCode};
use crate::deployment::{Deployment, LoadError};

/// Unfinished pushes that are kept; starting another one drops the oldest.
const PENDING_MAX: usize = 8;

/// A started push.
#[derive(Serialize, Deserialize)]
pub(super) struct PendingPush {
    /// The generation of the code it was built on.
    pub base_generation: u64,
    /// By component path.
    pub schemas: BTreeMap<String, PendingSchema>,
    pub code: StoredCode,
}

/// A submitted schema.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PendingSchema {
    /// Text of its id.
    id: String,
    /// JSON text, for the diff; none when the component declares no schema.
    pub text: Option<String>,
}

impl PendingPush {
    pub fn new(base_generation: u64, schemas: BTreeMap<String, PendingSchema>, candidate: &Deployment) -> PendingPush {
        PendingPush { base_generation, schemas, code: StoredCode::of(candidate) }
    }
}

impl PendingSchema {
    pub fn new(id: SchemaId, text: Option<String>) -> PendingSchema {
        PendingSchema { id: id.0.to_string(), text }
    }

    pub fn id(&self) -> Option<SchemaId> {
        self.id.parse().ok().map(SchemaId)
    }
}

/// Stores `push`; its token goes to the caller and comes back when the push finishes.
pub(super) fn store(tx: &mut Transaction, push: &PendingPush) -> Result<String, SystemError> {
    let bytes = serde_json::to_vec(push).map_err(SystemError::internal)?;
    let chunks = sources::write_bytes(tx, &bytes).map_err(super::database_error)?;
    let row =
        tables::object([("manifest", Value::Array(chunks.iter().map(|id| Value::String(id.to_string())).collect()))]);
    let id = tx.insert(Namespace::ROOT, PUSHES, row).map_err(super::database_error)?;
    Ok(id.to_string())
}

/// The push behind `token`; none if it has finished or was dropped.
pub(super) fn load(tx: &mut Transaction, token: &str) -> Result<Option<PendingPush>, SystemError> {
    let Ok(id) = token.parse::<DocumentId>() else { return Ok(None) };
    if tx.table_name(Namespace::ROOT, id.table).as_deref() != Some(PUSHES) {
        return Ok(None);
    }
    match tx.get(Namespace::ROOT, id).map_err(super::database_error)? {
        None => Ok(None),
        Some(row) => read(tx, &row).map(|(push, _)| Some(push)).map_err(load_error),
    }
}

/// Drops pending pushes with the chunks only they refer to: all but the newest `keep`.
pub(super) fn drop_old(tx: &mut Transaction, keep: usize) -> Result<(), LoadError> {
    let rows = tables::all(tx, PUSHES)?;
    let dropped = rows.len().saturating_sub(keep);
    if dropped == 0 {
        return Ok(());
    }
    let mut referenced = std::collections::BTreeSet::new();
    for (_, row) in rows::module_rows(tx)? {
        referenced.extend(row.chunk_ids()?);
    }
    for row in &rows[dropped..] {
        referenced.extend(read(tx, row)?.0.code.chunk_ids()?);
    }
    for row in &rows[..dropped] {
        let (push, manifest) = read(tx, row)?;
        let mut chunks = push.code.chunk_ids()?;
        chunks.retain(|id| !referenced.contains(id));
        sources::delete(tx, &chunks)?;
        sources::delete(tx, &manifest)?;
        tx.delete(Namespace::ROOT, row.id)?;
    }
    Ok(())
}

/// Drops what no longer fits beside one more push.
pub(super) fn make_room(tx: &mut Transaction) -> Result<(), SystemError> {
    drop_old(tx, PENDING_MAX - 1).map_err(load_error)
}

fn read(tx: &mut Transaction, row: &db::Document) -> Result<(PendingPush, Vec<DocumentId>), LoadError> {
    let damaged = |why: &dyn std::fmt::Display| LoadError::Malformed { what: PUSHES.to_owned(), why: why.to_string() };
    let Some(Value::Array(ids)) = row.value.get("manifest") else { return Err(damaged(&"the manifest is missing")) };
    let manifest: Option<Vec<DocumentId>> = ids.iter().map(|id| id.as_str()?.parse().ok()).collect();
    let manifest = manifest.ok_or_else(|| damaged(&"a chunk id is malformed"))?;
    let bytes = sources::read_bytes(tx, &manifest).map_err(|error| damaged(&error))?;
    let push = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
    Ok((push, manifest))
}
