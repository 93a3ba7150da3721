//! The errors of engines, split by what a caller could do differently.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use value::Timestamp;

/// Why commits were not appended, or a trim not done.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended; nothing was written. Validate again and retry.
    #[error("the log's newest timestamp is {}, not {}", latest.0, expected.0)]
    HeadMoved { expected: Timestamp, latest: Timestamp },
    /// A write or sync failed, now or earlier. Only reopening the engine helps.
    #[error("the store refuses further commits until it is reopened: {reason}")]
    Refused { reason: String, source: Option<Arc<io::Error>> },
    /// A key is longer than `KEY_BYTES_MAX`; nothing was written.
    #[error("a key of {bytes} bytes is longer than the {max} bytes that can be stored")]
    KeyTooLong { bytes: usize, max: usize },
    /// The disk failed before anything was written.
    #[error("{action} failed")]
    Io { action: &'static str, source: io::Error },
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The history needed for this read has been trimmed.
    #[error("timestamp {} is older than the oldest readable timestamp {}", at.0, oldest.0)]
    SnapshotExpired { at: Timestamp, oldest: Timestamp },
    /// A stored record does not match its checksum.
    #[error("the {keyspace} record of key {} is corrupt", key.escape_ascii())]
    Corrupt { keyspace: &'static str, key: Bytes },
    /// The disk failed.
    #[error("{action} failed")]
    Io { action: &'static str, source: io::Error },
}

/// Why an engine did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another engine of this one, holds the directory.
    #[error("another server is using the data directory {}", directory.display())]
    Locked { directory: PathBuf },
    /// The directory was written by a newer release.
    #[error(
        "the data directory {} has storage format {found}, and this release reads up to {supported}",
        directory.display()
    )]
    FormatVersion { directory: PathBuf, found: u32, supported: u32 },
    /// The files do not make sense.
    #[error("the data directory {} is damaged: {reason}", directory.display())]
    Corrupt { directory: PathBuf, reason: String },
    /// The disk failed.
    #[error("{action} in {} failed", directory.display())]
    Io { directory: PathBuf, action: &'static str, source: io::Error },
}
