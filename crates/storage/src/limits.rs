//! Everything in this crate that can grow, with its limit and unit.

/// Longest key that can be stored, in bytes.
///
/// fjall keys end at 65 535 bytes. A history key is the key with each zero byte doubled, plus ten
/// bytes, so half of that always fits.
pub const KEY_BYTES_MAX: usize = 32 * 1024 - 8;

/// Most writes remembered in memory, to answer reads a little behind the newest commit. Count.
pub(crate) const RECENT_WRITES_MAX: usize = 4096;

/// Most key bytes held by the remembered writes.
pub(crate) const RECENT_KEY_BYTES_MAX: usize = 1024 * 1024;

/// History entries of one key stepped over before seeking past them. Count.
pub(crate) const HISTORY_STEPS_MAX: usize = 8;

/// Block cache of the embedded engine unless told otherwise, in bytes.
pub(crate) const CACHE_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;

/// Memtable sizes that start a flush, in bytes. Small ones keep memory and journal replay short.
pub(crate) const CURRENT_MEMTABLE_BYTES_MAX: u64 = 16 * 1024 * 1024;
pub(crate) const HISTORY_MEMTABLE_BYTES_MAX: u64 = 16 * 1024 * 1024;
pub(crate) const LOG_MEMTABLE_BYTES_MAX: u64 = 8 * 1024 * 1024;
pub(crate) const META_MEMTABLE_BYTES_MAX: u64 = 64 * 1024;

/// Sealed journals beyond this many bytes are given up by flushing whoever still needs them.
pub(crate) const JOURNAL_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Write buffers smaller than this are left in memory by `settle`, in bytes.
pub(crate) const SETTLE_BYTES_MIN: u64 = 1024 * 1024;
