//! Vector search: the documents whose vectors point most nearly where a query's does, found by looking at all.
//!
//! Vectors are kept at length one, so the cosine between two is their product. Looking at all of them is exact and as
//! fast as memory is; an approximate index can take the place of [`VectorIndex`] where tables outgrow that.

use std::collections::BinaryHeap;

use crate::{
    DocId, FilterValue,
    versions::{FOREVER, Time, Versions},
};

/// What a vector index keeps of one version of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorDocument {
    pub id: DocId,
    /// The values of the filter fields, in the index's order.
    pub filters: Box<[FilterValue]>,
    unit: Box<[f32]>,
}

/// What to look for: a direction, and documents that have one of some filter values.
#[derive(Clone, Debug)]
pub struct VectorQuery {
    unit: Box<[f32]>,
    /// `None` lets all documents through.
    filters: Option<Vec<(usize, FilterValue)>>,
    limit: usize,
}

/// A result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The cosine of the angle to the query, -1 to 1.
    pub score: f64,
    pub id: DocId,
}

pub struct VectorIndex {
    dimensions: usize,
    versions: Versions,
    /// The vectors of all slots, one behind the other.
    rows: Vec<f32>,
}

impl VectorDocument {
    /// Returns `None` for a vector with a component that is not finite.
    pub fn new(id: DocId, vector: &[f64], filters: Box<[FilterValue]>) -> Option<VectorDocument> {
        Some(VectorDocument { id, filters, unit: unit(vector)? })
    }

    pub fn dimensions(&self) -> usize {
        self.unit.len()
    }
}

impl VectorQuery {
    /// Returns `None` for a vector with a component that is not finite.
    pub fn new(vector: &[f64], filters: Option<Vec<(usize, FilterValue)>>, limit: usize) -> Option<VectorQuery> {
        Some(VectorQuery { unit: unit(vector)?, filters, limit })
    }
}

/// Scales a vector to length one; the one without a direction stays as it is.
fn unit(vector: &[f64]) -> Option<Box<[f32]>> {
    if !vector.iter().all(|component| component.is_finite()) {
        return None;
    }
    let largest = vector.iter().fold(0.0f64, |largest, component| largest.max(component.abs()));
    if largest == 0.0 {
        return Some(vec![0.0; vector.len()].into());
    }
    // Dividing by the largest first keeps the squares within range.
    let scaled = || vector.iter().map(|component| component / largest);
    let length = scaled().map(|component| component * component).sum::<f64>().sqrt();
    Some(scaled().map(|component| (component / length) as f32).collect())
}

impl VectorIndex {
    pub fn new(dimensions: usize, filter_fields: usize) -> VectorIndex {
        VectorIndex { dimensions, versions: Versions::new(filter_fields), rows: Vec::new() }
    }

    /// Adds a version that is valid from `from` on; the one before must have ended.
    pub fn add(&mut self, document: &VectorDocument, from: Time) {
        self.insert(document, from, FOREVER);
    }

    /// Adds a version that is over already, for a document that has none.
    pub fn add_ended(&mut self, document: &VectorDocument, from: Time, to: Time) {
        self.insert(document, from, to);
    }

    /// Ends the version of a document that is valid now; returns whether there is one.
    pub fn end(&mut self, id: &DocId, at: Time) -> bool {
        self.versions.end(id, at)
    }

    pub fn is_live(&self, id: &DocId) -> bool {
        self.versions.is_live(id)
    }

    /// Documents that are valid now. Count.
    pub fn documents(&self) -> usize {
        self.versions.live()
    }

    /// As `TextIndex::prune`.
    pub fn prune(&mut self, horizon: Time) -> bool {
        if self.versions.droppable(horizon).is_none() {
            return false;
        }
        let moved = self.versions.compact(horizon);
        for (old, new) in moved.iter().enumerate() {
            let Some(new) = new else {
                continue;
            };
            let row = old * self.dimensions..(old + 1) * self.dimensions;
            self.rows.copy_within(row, *new as usize * self.dimensions);
        }
        self.rows.truncate(self.versions.len() * self.dimensions);
        self.rows.shrink_to_fit();
        true
    }

    /// Returns the nearest documents valid at `at`: by descending score, then by id.
    pub fn search(&self, query: &VectorQuery, at: Time) -> Vec<Neighbour> {
        let conditions = query.filters.as_ref().map(|filters| self.versions.conditions(filters));
        // The worst of the best is on top.
        let mut best = BinaryHeap::with_capacity(query.limit + 1);
        for (slot, row) in self.rows.chunks_exact(self.dimensions).enumerate() {
            let slot = slot as u32;
            let wanted = |conditions| self.versions.meets_any(slot, conditions);
            if !conditions.as_ref().is_none_or(wanted) || !self.versions.is_visible(slot, at) {
                continue;
            }
            let neighbour = Neighbour { score: dot(row, &query.unit).clamp(-1.0, 1.0), id: self.versions.id(slot) };
            if best.len() == query.limit && best.peek().is_some_and(|worst: &Neighbour| *worst < neighbour) {
                continue;
            }
            best.push(neighbour);
            if best.len() > query.limit {
                best.pop();
            }
        }
        best.into_sorted_vec()
    }

    /// Bytes it takes, about.
    pub fn bytes(&self) -> usize {
        self.versions.bytes() + self.rows.capacity() * size_of::<f32>()
    }

    fn insert(&mut self, document: &VectorDocument, from: Time, to: Time) {
        assert_eq!(document.unit.len(), self.dimensions, "the vectors of an index have one length");
        self.versions.add(document.id, &document.filters, from, to);
        self.rows.extend_from_slice(&document.unit);
    }
}

/// Sums in eight lanes, which the compiler turns into vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 8;
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let rest: f64 = rest.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    let mut lanes = [0.0f64; LANES];
    for (a, b) in a_chunks.zip(b_chunks) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f64::from(*a) * f64::from(*b);
        }
    }
    rest + lanes.iter().sum::<f64>()
}

impl Eq for Neighbour {}

impl PartialOrd for Neighbour {
    fn partial_cmp(&self, other: &Neighbour) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The nearer one is the lesser one: it comes first.
impl Ord for Neighbour {
    fn cmp(&self, other: &Neighbour) -> std::cmp::Ordering {
        other.score.total_cmp(&self.score).then(self.id.cmp(&other.id))
    }
}

#[cfg(test)]
mod tests;
