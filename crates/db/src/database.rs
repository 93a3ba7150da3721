//! The database handle.

use std::{sync::Arc, time::Duration};

use platform::Platform;
use storage::{Engine, ReadError};
use tokio::sync::watch;
use value::{TableNumber, Timestamp};

use crate::{
    CommitError, CommitOptions, Error, IndexDiff, Invalidate, Invalidated, Pending, ReadSet, Schema, SchemaId,
    SchemaState, SerialLane, SubmittedSchema, SubscriptionId, Transaction, schema::IndexDefinition,
};

/// A component instance: its tables and table numbers are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Namespace(pub u32);

impl Namespace {
    pub const ROOT: Namespace = Namespace(0);
}

/// Knobs of a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// How far back snapshots stay readable. At least a minute.
    pub retention: Duration,
    /// Memory for decoded documents, in bytes.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { retention: Duration::from_secs(600), cache_bytes: 64 << 20 }
    }
}

/// The snapshot a transaction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginAt {
    /// The newest durable state: queries.
    Durable,
    /// The newest validated state, durable or not: mutations.
    Validated,
    /// The state as of a durable timestamp inside the retention window.
    At(Timestamp),
}

/// Why a database did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("reading the store failed")]
    Read(#[from] ReadError),
    #[error("writing the store failed")]
    Append(#[from] storage::AppendError),
    #[error("the catalog is damaged: {0}")]
    Catalog(String),
}

/// A table as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    pub name: String,
    pub number: TableNumber,
}

/// How far an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexState {
    Backfilling,
    /// Complete, not yet enabled by an active schema.
    Backfilled,
    Enabled,
}

/// An index as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexInfo {
    pub definition: IndexDefinition,
    pub state: IndexState,
}

/// A handle to one database; cloning shares it.
#[derive(Clone)]
pub struct Database {}

impl Database {
    pub fn open(_engine: Arc<dyn Engine>, _platform: Platform, _options: Options) -> Result<Database, OpenError> {
        todo!()
    }
    pub fn shutdown(&self) {
        todo!()
    }
    pub fn begin(&self, _at: BeginAt) -> Result<Transaction, Error> {
        todo!()
    }
    pub fn durable_ts(&self) -> Timestamp {
        todo!()
    }
    pub fn watch_durable(&self) -> watch::Receiver<Timestamp> {
        todo!()
    }
    pub fn commit(&self, _tx: Transaction, _options: CommitOptions) -> Result<Pending, CommitError> {
        todo!()
    }
    pub fn serial_lane(&self) -> SerialLane {
        todo!()
    }
    pub fn subscribe(
        &self,
        _read_set: Arc<ReadSet>,
        _since: Timestamp,
        _subscriber: Arc<dyn Invalidate>,
    ) -> Result<SubscriptionId, Invalidated> {
        todo!()
    }
    pub fn unsubscribe(&self, _id: SubscriptionId) {
        todo!()
    }
    pub fn submit_schema(&self, _ns: Namespace, _schema: Option<Schema>) -> Result<SubmittedSchema, Error> {
        todo!()
    }
    pub fn preview_schema(&self, _ns: Namespace, _schema: &Option<Schema>) -> IndexDiff {
        todo!()
    }
    pub fn schema_state(&self, _ns: Namespace, _id: SchemaId) -> SchemaState {
        todo!()
    }
    /// Changes whenever the state of some schema may have changed.
    pub fn wait_schema_change(&self) -> watch::Receiver<u64> {
        todo!()
    }
    pub fn active_schema(&self, _ns: Namespace) -> Option<Arc<Schema>> {
        todo!()
    }
    pub fn list_tables(&self, _ns: Namespace) -> Vec<TableInfo> {
        todo!()
    }
    pub fn indexes(&self, _ns: Namespace, _table: &str) -> Vec<IndexInfo> {
        todo!()
    }
    /// Creates a system table and its indexes where missing, filling indexes before it returns.
    pub fn ensure_table(&self, _ns: Namespace, _table: &str, _indexes: &[IndexDefinition]) -> Result<(), Error> {
        todo!()
    }
}
