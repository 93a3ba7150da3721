//! The newest versions of documents, decoded.
//!
//! Each entry is a chain of consecutive versions that ends with the newest validated one: committers add every
//! version they validate before anybody can read it. So a version found at or before a snapshot is the one the
//! snapshot sees. Versions that are not durable yet exist only here and are never evicted.
//!
//! Filling from the store is the delicate part: what a reader found at its snapshot may have been replaced since.
//! A replacement is either still in the chain, which the reader sees, or was evicted, and then the shard remembers
//! that it evicted something newer than the reader's snapshot. Either way the reader does not fill.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::RwLock;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use value::Timestamp;

use crate::{
    document::Document,
    keys::DocKey,
    limits::{CACHE_OLD_VERSIONS, CACHE_SHARDS, CACHE_VERSION_OVERHEAD},
};

/// A version of a document: its content, or that there is none, from `since` on.
#[derive(Clone, Debug)]
pub struct Seen {
    pub since: Timestamp,
    pub document: Option<Arc<Document>>,
}

/// Entries the clock hand visits per insertion. Count.
const EVICTION_STEPS_MAX: usize = 64;

pub struct DocumentCache {
    shards: Box<[RwLock<Shard>]>,
    shard_bytes_max: usize,
}

#[derive(Default)]
struct Shard {
    entries: FxHashMap<DocKey, Entry>,
    /// Every key of `entries` once, in the order the clock hand visits them.
    ring: VecDeque<DocKey>,
    bytes: usize,
    /// The newest version that was evicted, or was never seen because it came before the database was opened.
    evicted: Timestamp,
}

struct Entry {
    /// Ascending, without gaps, ending with the newest.
    versions: SmallVec<[Seen; 1]>,
    /// Set by readers, cleared by the clock hand.
    touched: AtomicBool,
}

impl DocumentCache {
    pub fn new(bytes_max: usize, opened_at: Timestamp) -> DocumentCache {
        let shard = || RwLock::new(Shard { evicted: opened_at, ..Shard::default() });
        DocumentCache {
            shards: (0..CACHE_SHARDS).map(|_| shard()).collect(),
            shard_bytes_max: bytes_max / CACHE_SHARDS,
        }
    }

    /// Returns what `key` holds at `at`, if that is known here.
    pub fn get(&self, key: &DocKey, at: Timestamp) -> Option<Seen> {
        let shard = self.shard(key).read();
        let entry = shard.entries.get(key)?;
        let found = entry.versions.iter().rev().find(|seen| seen.since <= at)?;
        entry.touched.store(true, Ordering::Relaxed);
        Some(found.clone())
    }

    /// Remembers what the store holds at `at`, unless something newer is known.
    pub fn fill(&self, key: DocKey, seen: &Seen, at: Timestamp, durable: Timestamp) {
        let mut shard = self.shard(&key).write();
        if shard.evicted > at || shard.entries.contains_key(&key) {
            return;
        }
        shard.insert(key, SmallVec::from_elem(seen.clone(), 1));
        shard.evict(self.shard_bytes_max, durable);
    }

    /// Adds a version that was just validated. `before` is what it replaces.
    pub fn push(&self, key: DocKey, before: Option<Seen>, seen: Seen, durable: Timestamp) {
        let mut shard = self.shard(&key).write();
        let shard = &mut *shard;
        match shard.entries.get_mut(&key) {
            Some(entry) => {
                shard.bytes += cost(&seen);
                entry.versions.push(seen);
                shard.bytes -= entry.forget_old(durable);
            }
            None => {
                let versions = before.into_iter().chain([seen]).collect();
                shard.insert(key, versions);
            }
        }
        shard.evict(self.shard_bytes_max, durable);
    }

    /// Forgets everything that the store can give back.
    pub fn clear(&self, durable: Timestamp) {
        for shard in &self.shards {
            shard.write().clear(durable);
        }
    }

    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().bytes).sum()
    }

    fn shard(&self, key: &DocKey) -> &RwLock<Shard> {
        // The middle of an id is random for documents; catalog facts are never cached.
        let index = usize::from(key.internal.0[7]) ^ (key.tablet.0 as usize);
        &self.shards[index & (CACHE_SHARDS - 1)]
    }
}

impl Shard {
    fn insert(&mut self, key: DocKey, versions: SmallVec<[Seen; 1]>) {
        self.bytes += versions.iter().map(cost).sum::<usize>();
        self.entries.insert(key, Entry { versions, touched: AtomicBool::new(false) });
        self.ring.push_back(key);
    }

    /// Drops entries nobody touched lately until the shard fits; entries that are not durable stay.
    fn evict(&mut self, bytes_max: usize, durable: Timestamp) {
        // Each call adds little, so a few steps keep up; more would only circle over what is not durable yet.
        let mut steps = EVICTION_STEPS_MAX.min(2 * self.ring.len());
        while self.bytes > bytes_max && steps > 0 {
            steps -= 1;
            let Some(key) = self.ring.pop_front() else {
                return;
            };
            let Some(entry) = self.entries.get(&key) else {
                continue;
            };
            let newest = entry.newest();
            if newest > durable || entry.touched.swap(false, Ordering::Relaxed) {
                self.ring.push_back(key);
                continue;
            }
            self.bytes -= entry.versions.iter().map(cost).sum::<usize>();
            self.evicted = self.evicted.max(newest);
            self.entries.remove(&key);
        }
    }
}

impl Shard {
    fn clear(&mut self, durable: Timestamp) {
        let Shard { entries, ring, bytes, evicted } = self;
        entries.retain(|_, entry| {
            let newest = entry.newest();
            let keep = newest > durable;
            if !keep {
                *bytes -= entry.versions.iter().map(cost).sum::<usize>();
                *evicted = (*evicted).max(newest);
            }
            keep
        });
        ring.retain(|key| entries.contains_key(key));
        entries.shrink_to_fit();
        ring.shrink_to_fit();
    }
}

impl Entry {
    fn newest(&self) -> Timestamp {
        self.versions.last().map_or(Timestamp::ZERO, |seen| seen.since)
    }

    /// Drops versions only readers of long ago could want; returns their bytes.
    fn forget_old(&mut self, durable: Timestamp) -> usize {
        let visible = self.versions.iter().rposition(|seen| seen.since <= durable).unwrap_or(0);
        let dropped = visible.saturating_sub(CACHE_OLD_VERSIONS);
        self.versions.drain(..dropped).map(|seen| cost(&seen)).sum()
    }
}

fn cost(seen: &Seen) -> usize {
    // A decoded object takes about twice what its size function counts.
    CACHE_VERSION_OVERHEAD + seen.document.as_ref().map_or(0, |document| 2 * document.size)
}

#[cfg(test)]
mod tests;
