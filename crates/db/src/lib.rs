//! Tables, indexes, optimistic transactions, the committer, subscriptions.
//!
//! A [`Transaction`] reads one snapshot of the [`Database`], buffers its writes and records what it read.
//! [`Database::commit`] checks that nothing it read has changed since, gives it a timestamp and hands it to one
//! thread that makes whole batches durable with a single sync. What a commit wrote is looked up in an interval
//! index of subscriptions, so that exactly the readers it concerns are told.

mod database;
mod transaction;

pub mod query;
pub mod schema;

mod catalog;
mod committer;
mod read_set;
mod recent;
mod retention;
mod subscriptions;

mod derived;

mod cache;
mod overlay;
mod snapshot;

mod document;
mod error;
mod keys;
mod limits;

#[cfg(test)]
mod testing;

pub use catalog::TableView;
pub use committer::{CommitError, CommitOptions, Conflict, Pending, SerialLane};
pub use database::{BeginAt, Database, IndexInfo, IndexState, Namespace, OpenError, Options, Stats, TableInfo};
pub use document::Document;
pub use error::Error;
pub use limits::{Limits, Usage};
pub use query::{
    Expr, Operator, Order, PageRequest, PageResult, PageStatus, Query, QueryStream, RangeBound, RangeOp, SearchFilter,
    Source, VectorSearch,
};
pub use read_set::ReadSet;
pub use schema::{
    Definition, DerivedDefinition, DerivedKind, FieldPath, IndexDefinition, IndexDescription, IndexDiff, IndexKind,
    Schema, SchemaError, SchemaId, SchemaState, SubmittedSchema, TableSchema,
};
pub use subscriptions::{Invalidate, Invalidated, SubscriptionId};
pub use transaction::{Savepoint, Transaction};
