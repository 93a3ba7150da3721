//! What a transaction read: single documents, intervals of keys, and searches.
//!
//! Facts of the catalog (a table exists, has these indexes) are read as single documents of made-up tablets,
//! so that validation and subscriptions need one mechanism only.

use std::collections::BTreeMap;

use bytes::Bytes;
use rustc_hash::FxHashSet;

use crate::{
    derived::SearchRead,
    keys::{DocKey, Interval, SPACE_BYTES},
};

/// The reads of a finished transaction.
#[derive(Debug, Default)]
pub struct ReadSet {
    pub(crate) points: Box<[DocKey]>,
    /// Ascending and disjoint.
    pub(crate) intervals: Box<[Interval]>,
    pub(crate) searches: Box<[SearchRead]>,
}

impl ReadSet {
    /// Returns whether nothing was read, so that nothing can ever change it.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty() && self.intervals.is_empty() && self.searches.is_empty()
    }

    /// Returns how many documents, intervals and searches it holds.
    pub fn len(&self) -> usize {
        self.points.len() + self.intervals.len() + self.searches.len()
    }
}

/// The reads of a running transaction.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    pub points: FxHashSet<DocKey>,
    pub intervals: IntervalSet,
    pub searches: Vec<SearchRead>,
}

impl Reads {
    pub fn finish(self) -> ReadSet {
        let intervals = self.intervals.0.into_iter();
        ReadSet {
            points: self.points.into_iter().collect(),
            intervals: intervals.map(|(start, end)| Interval { start, end }).collect(),
            searches: self.searches.into(),
        }
    }
}

/// Disjoint intervals, merged where they touch inside one space.
#[derive(Clone, Debug, Default)]
pub struct IntervalSet(BTreeMap<Bytes, Bytes>);

impl IntervalSet {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = Interval> + '_ {
        self.0.iter().map(|(start, end)| Interval { start: start.clone(), end: end.clone() })
    }

    pub fn add(&mut self, mut added: Interval) {
        if added.is_empty() {
            return;
        }
        if let Some((start, end)) = self.0.range_mut::<Bytes, _>(..=&added.start).next_back()
            && touches(end, &added.start)
        {
            if *end >= added.end {
                return;
            }
            // The usual step of an ascending scan: the same interval grows at its end.
            let start = start.clone();
            *end = added.end.clone();
            added.start = start;
        }
        self.absorb(added);
    }

    /// Inserts `added`, swallowing the intervals that begin inside it or right behind it.
    fn absorb(&mut self, mut added: Interval) {
        loop {
            let mut following = self
                .0
                .range::<Bytes, _>((std::ops::Bound::Excluded(&added.start), std::ops::Bound::Included(&added.end)));
            let Some((start, end)) = following.next() else {
                break;
            };
            if start == &added.end && !touches(&added.end, start) {
                break;
            }
            let (start, end) = (start.clone(), end.clone());
            self.0.remove(&start);
            added.end = added.end.max(end);
        }
        self.0.insert(added.start, added.end);
    }
}

/// Returns whether an interval that ends at `end` continues into one that starts at `start`.
fn touches(end: &Bytes, start: &Bytes) -> bool {
    // The end of one space equals the start of the next; those stay apart.
    end > start || (end == start && start.len() > SPACE_BYTES)
}

#[cfg(test)]
mod tests;
