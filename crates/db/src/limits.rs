//! Everything in this crate that can grow, with its limit and unit.

use std::time::Duration;

/// What one transaction may still do; usage above a field is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of documents read.
    pub bytes_read: usize,
    /// Documents read, filtered ones included.
    pub documents_read: usize,
    /// Index ranges and single documents read.
    pub reads: usize,
    /// Bytes of documents written.
    pub bytes_written: usize,
    /// Documents written.
    pub documents_written: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes_read: 16 << 20,
            documents_read: 32_000,
            reads: 4_096,
            bytes_written: 16 << 20,
            documents_written: 16_000,
        }
    }
}

/// What one transaction has done so far, in the units of [`Limits`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub bytes_read: usize,
    pub documents_read: usize,
    /// Merged index intervals and single documents read.
    pub reads: usize,
    pub bytes_written: usize,
    pub documents_written: usize,
}

impl Usage {
    /// Returns the sum of both.
    pub fn plus(&self, other: &Usage) -> Usage {
        Usage {
            bytes_read: self.bytes_read + other.bytes_read,
            documents_read: self.documents_read + other.documents_read,
            reads: self.reads + other.reads,
            bytes_written: self.bytes_written + other.bytes_written,
            documents_written: self.documents_written + other.documents_written,
        }
    }

    /// Returns what was used since `earlier`.
    pub fn since(&self, earlier: &Usage) -> Usage {
        Usage {
            bytes_read: self.bytes_read - earlier.bytes_read,
            documents_read: self.documents_read - earlier.documents_read,
            reads: self.reads - earlier.reads,
            bytes_written: self.bytes_written - earlier.bytes_written,
            documents_written: self.documents_written - earlier.documents_written,
        }
    }
}

impl Limits {
    /// For the database's own work.
    pub const UNLIMITED: Limits = Limits {
        bytes_read: usize::MAX,
        documents_read: usize::MAX,
        reads: usize::MAX,
        bytes_written: usize::MAX,
        documents_written: usize::MAX,
    };
}

/// Longest encoded index key before it is cut, in bytes.
///
/// Leaves room for a creation time and an id under the longest key the store takes.
pub const INDEX_KEY_BYTES_MAX: usize = storage::KEY_BYTES_MAX / 2;

/// Commits whose written keys are remembered for validation. Count of keys.
pub const RECENT_KEYS_MAX: usize = 1 << 20;

/// How long written keys are remembered at least, for readers that subscribe after they finish. Nanoseconds.
pub const RECENT_GRACE_NS: u64 = 2_000_000_000;

/// Commits that may wait for the disk before committers have to wait. Count and bytes.
pub const QUEUE_COMMITS_MAX: usize = 16_384;
pub const QUEUE_BYTES_MAX: usize = 64 << 20;

/// Shards of the document cache. A power of two.
pub const CACHE_SHARDS: usize = 64;

/// Versions of one cached document kept behind the newest durable one, for readers that began earlier. Count.
pub const CACHE_OLD_VERSIONS: usize = 2;

/// Bytes a cached version costs besides its document's size.
pub const CACHE_VERSION_OVERHEAD: usize = 256;

/// Rows a scan asks the store for at once: the first time, and at most. Count.
pub const SCAN_ROWS_FIRST: usize = 16;
pub const SCAN_ROWS_MAX: usize = 512;

/// Operators of one query. Count.
pub const QUERY_OPERATORS_MAX: usize = 256;

/// Documents on one page. Count.
pub const PAGE_SIZE_MAX: usize = 32_000;

/// Shortest retention window. Seconds.
pub const RETENTION_SECONDS_MIN: u64 = 60;

/// Writes looked at by one step of trimming. Count.
pub const TRIM_BUDGET: usize = 4_096;

/// Documents or rows a background worker handles in one commit. Count.
pub const WORKER_BATCH: usize = 256;

/// Most tables of one namespace. Count.
pub const TABLES_MAX: usize = 10_000;

/// Most indexes of one table, of all kinds together, and of search and vector indexes each. Count.
pub const INDEXES_MAX: usize = 64;
pub const SEARCH_INDEXES_MAX: usize = 4;
pub const VECTOR_INDEXES_MAX: usize = 4;

/// Most fields of an index, without the creation time it ends with. Count.
pub const INDEX_FIELDS_MAX: usize = 15;

/// Commits that wait to be applied to a search index before a thread does so unasked. Count.
pub const DERIVED_QUEUE_COMMITS: usize = 256;

/// How long a search waits for its index to be built.
pub const DERIVED_WAIT: Duration = Duration::from_secs(10);

/// Longest encoded value of a filter field that is kept as it is. Bytes.
pub const FILTER_VALUE_BYTES_MAX: usize = 64;

/// Most conditions besides the text in a search. Count.
pub const SEARCH_FILTERS_MAX: usize = 8;

/// Most results of a search that one query or page goes over. Count.
pub const SEARCH_RESULTS_MAX: usize = 1024;

/// Results of a vector search that does not say how many, and at most. Count.
pub const VECTOR_RESULTS_DEFAULT: usize = 10;
pub const VECTOR_RESULTS_MAX: usize = 256;

/// Most values a vector search can filter by. Count.
pub const VECTOR_FILTERS_MAX: usize = 64;

/// Most filter fields of a search or vector index. Count.
pub const FILTER_FIELDS_MAX: usize = 16;
