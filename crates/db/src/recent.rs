//! What was written lately, to validate read sets against.
//!
//! Each document written and each index key it had or has is kept with the newest timestamp that touched it.
//! The log of commits beside it tells what to forget, answers the rare questions the maps cannot, and names writers.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use value::Timestamp;

use crate::{
    derived::{Change, SearchRead},
    keys::{DocKey, Interval, Space},
    limits::RECENT_KEYS_MAX,
    read_set::{ReadSet, Reads},
};

/// What one commit touched.
#[derive(Debug)]
pub struct Touched {
    pub ts: Timestamp,
    pub documents: Vec<DocKey>,
    /// Old and new index keys of the documents, changed or not.
    pub keys: Vec<Bytes>,
    /// What changes in search and vector indexes.
    pub derived: Vec<Change>,
    pub source: Arc<str>,
}

/// A read that is no longer true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale {
    pub at: Timestamp,
    pub space: Space,
}

#[derive(Default)]
pub struct RecentWrites {
    documents: FxHashMap<DocKey, Timestamp>,
    keys: BTreeMap<Bytes, Timestamp>,
    log: VecDeque<Arc<Touched>>,
    keys_total: usize,
    /// Writes up to here may be forgotten.
    floor: Timestamp,
}

impl RecentWrites {
    pub fn new(floor: Timestamp) -> RecentWrites {
        RecentWrites { floor, ..RecentWrites::default() }
    }

    /// Snapshots older than this cannot be validated any more.
    pub fn floor(&self) -> Timestamp {
        self.floor
    }

    pub fn push(&mut self, touched: Arc<Touched>) {
        for document in &touched.documents {
            self.documents.insert(*document, touched.ts);
        }
        for key in &touched.keys {
            self.keys.insert(key.clone(), touched.ts);
        }
        self.keys_total += touched.weight();
        self.log.push_back(touched);
    }

    /// Forgets commits up to `horizon`, and older ones than that while there are too many; at most `budget` of them.
    pub fn prune(&mut self, horizon: Timestamp, budget: usize) {
        for _ in 0..budget {
            let Some(oldest) = self.log.front() else {
                return;
            };
            if oldest.ts > horizon && self.keys_total <= RECENT_KEYS_MAX {
                return;
            }
            let oldest = self.log.pop_front().expect("there is a front");
            self.floor = oldest.ts;
            self.keys_total -= oldest.weight();
            for document in &oldest.documents {
                if self.documents.get(document) == Some(&oldest.ts) {
                    self.documents.remove(document);
                }
            }
            for key in &oldest.keys {
                if self.keys.get(key) == Some(&oldest.ts) {
                    self.keys.remove(key);
                }
            }
        }
    }

    /// Finds a read that was changed after `snapshot`.
    pub fn find_stale(&self, reads: &Reads, snapshot: Timestamp) -> Option<Stale> {
        let stale = self.find(reads.points.iter(), reads.intervals.iter(), snapshot);
        stale.or_else(|| self.stale_search(&reads.searches, snapshot))
    }

    /// As `find_stale`, for reads in any form.
    pub fn find<'a>(
        &self,
        mut points: impl Iterator<Item = &'a DocKey>,
        mut intervals: impl Iterator<Item = Interval>,
        snapshot: Timestamp,
    ) -> Option<Stale> {
        let newest = self.log.back()?.ts;
        if newest <= snapshot {
            return None;
        }
        let stale_point = points.find_map(|point| {
            let at = *self.documents.get(point).filter(|ts| **ts > snapshot)?;
            Some(Stale { at, space: Space::Documents(point.tablet) })
        });
        stale_point.or_else(|| intervals.find_map(|interval| self.stale_interval(&interval, snapshot)))
    }

    fn stale_interval(&self, interval: &Interval, snapshot: Timestamp) -> Option<Stale> {
        let space = Space::of(&interval.start)?;
        if let Space::Documents(_) = space {
            return self.stale_documents(interval, snapshot).map(|at| Stale { at, space });
        }
        let mut keys = self.keys.range::<Bytes, _>(&interval.start..&interval.end);
        let (_, at) = keys.find(|(_, ts)| **ts > snapshot)?;
        Some(Stale { at: *at, space })
    }

    /// Scans by id are rare: they walk the log instead of burdening every write with another ordered map.
    fn stale_documents(&self, interval: &Interval, snapshot: Timestamp) -> Option<Timestamp> {
        let newer = self.log.iter().rev().take_while(|touched| touched.ts > snapshot);
        let mut hits = newer.filter(|touched| touched.touches_documents(interval));
        hits.next().map(|touched| touched.ts)
    }

    /// Few transactions search: they walk the log of what came after their snapshot.
    fn stale_search(&self, searches: &[SearchRead], snapshot: Timestamp) -> Option<Stale> {
        if searches.is_empty() {
            return None;
        }
        let newer = self.log.iter().rev().take_while(|touched| touched.ts > snapshot);
        let mut hits = newer.filter_map(|touched| Some((touched.ts, touched.changed_search(searches)?)));
        hits.next().map(|(at, search)| Stale { at, space: Space::Index(search.index) })
    }

    /// Finds the first commit in `(after, until]` that changed something in a read set.
    pub fn first_stale(&self, reads: &ReadSet, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let stale = self.find(reads.points.iter(), reads.intervals.iter().cloned(), after);
        stale.or_else(|| self.stale_search(&reads.searches, after))?;
        let start = self.log.partition_point(|touched| touched.ts <= after);
        let commits = self.log.iter().skip(start).take_while(|touched| touched.ts <= until);
        let mut hits = commits.filter(|touched| touched.touches(reads));
        hits.next().map(|touched| touched.ts)
    }

    /// Returns who committed at `ts`.
    pub fn source(&self, ts: Timestamp) -> Option<Arc<str>> {
        let index = self.log.binary_search_by(|touched| touched.ts.cmp(&ts)).ok()?;
        Some(self.log[index].source.clone())
    }
}

impl Touched {
    /// Keys it holds, and what it holds besides counted as so many keys.
    fn weight(&self) -> usize {
        self.documents.len() + self.keys.len() + self.derived.iter().map(Change::weight).sum::<usize>()
    }

    fn touches_documents(&self, interval: &Interval) -> bool {
        self.documents.iter().any(|document| interval.contains(&document.storage_key()))
    }

    /// Returns one of the searches that may have other results now.
    fn changed_search<'a>(&self, searches: &'a [SearchRead]) -> Option<&'a SearchRead> {
        searches.iter().find(|search| self.derived.iter().any(|change| search.is_changed_by(change)))
    }

    fn touches(&self, ReadSet { points, intervals, searches }: &ReadSet) -> bool {
        self.documents.iter().any(|document| points.contains(document))
            || self.keys.iter().any(|key| intervals.iter().any(|interval| interval.contains(key)))
            || intervals.iter().any(|interval| self.touches_documents(interval))
            || self.changed_search(searches).is_some()
    }
}

#[cfg(test)]
mod tests;
