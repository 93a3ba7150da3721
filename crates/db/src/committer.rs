//! The committer.

use value::Timestamp;

use crate::{Error, Transaction, database::BeginAt};

/// How a commit describes itself.
#[derive(Clone, Debug, Default)]
pub struct CommitOptions {
    /// Who commits: a function path, shown to those it conflicts with.
    pub source: String,
}

/// Something the transaction read has changed since its snapshot: run it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document of table \"{table}\" changed while the transaction ran")]
pub struct Conflict {
    pub table: String,
    /// Who wrote it, when known.
    pub source_of_write: Option<String>,
}

/// Why a transaction did not commit.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error(transparent)]
    Conflict(#[from] Conflict),
    #[error(transparent)]
    Failed(#[from] Error),
}

/// A validated commit on its way to the disk.
#[must_use]
#[derive(Debug)]
pub struct Pending {
    pub ts: Timestamp,
}

impl Pending {
    /// Waits until the commit, and everything it saw, is durable.
    pub async fn durable(self) -> Result<Timestamp, Error> {
        todo!()
    }

    /// As `durable`, blocking this thread. Not for async code.
    pub fn wait(self) -> Result<Timestamp, Error> {
        todo!()
    }
}

/// While held, only transactions begun and committed through it pass; they cannot conflict.
pub struct SerialLane {}

impl SerialLane {
    pub fn begin(&self, _at: BeginAt) -> Result<Transaction, Error> {
        todo!()
    }

    pub fn commit(&self, _tx: Transaction, _options: CommitOptions) -> Result<Pending, CommitError> {
        todo!()
    }
}
