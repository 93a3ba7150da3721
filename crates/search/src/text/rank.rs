//! Ranking: BM25 over the documents that match.
//!
//! The statistics behind a score, how many documents have a term and how long documents are, are those of the
//! matching documents, and the size of the collection is a constant. So a document that does not match cannot change
//! a result in any way, and whoever remembers the query knows exactly which later writes concern it.
//!
//! The last term is also a prefix: the first terms in order that it begins, if some matching document has them, count
//! half. They are as rare as all of them together with the last term, lest a rare ending beats the term itself.

use rustc_hash::{FxHashMap, FxHashSet};

use super::TextQuery;
use crate::{DocId, FilterValue, limits::PREFIX_EXPANSIONS_MAX, versions::Time};

/// Saturation of repeated terms, and how much long texts are held back.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Documents of the collection that rarity is measured against, unless more match. Count.
const COLLECTION: f64 = 1e6;

/// What a term counts that only begins with the last term of the query.
const PREFIX_WEIGHT: f64 = 0.5;

/// A part of an index that can be searched by itself: in memory, or one day on disk.
pub trait Segment {
    /// Returns the first term that begins with `prefix` and comes after `after`.
    fn next_term(&self, prefix: &str, after: Option<&str>) -> Option<&str>;

    /// Tells `found` each version that has a term and is in view, once.
    fn postings(&self, term: &str, view: &View<'_>, found: &mut dyn FnMut(Posting));
}

/// Which versions count.
pub struct View<'a> {
    /// Those valid at this time,
    pub at: Time,
    /// with all of these values,
    pub filters: &'a [(usize, FilterValue)],
    /// except of these documents.
    pub hidden: Option<&'a FxHashSet<DocId>>,
}

/// A version that has a term.
pub struct Posting {
    /// Names the version within its segment.
    pub slot: u32,
    /// How often it has the term.
    pub count: u32,
    pub id: DocId,
    pub created: f64,
    /// Tokens of its text. Count.
    pub length: u32,
}

/// One of the segments a search goes over. A document must be visible in one of them only.
pub struct Layer<'a> {
    pub segment: &'a dyn Segment,
    pub at: Time,
    /// Documents that a layer above knows better.
    pub hidden: Option<&'a FxHashSet<DocId>>,
}

/// A place in the order of results: best first, then newest first, then by descending id.
#[derive(Clone, Copy, Debug)]
pub struct Rank {
    pub score: f64,
    pub created: f64,
    pub id: DocId,
}

/// A result.
pub type Hit = Rank;

/// Which part of the results is wanted: behind `after`, up to and including `until`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    pub after: Option<Rank>,
    pub until: Option<Rank>,
    /// Most results. Count.
    pub limit: usize,
}

impl Rank {
    fn key(&self) -> (std::cmp::Reverse<u64>, std::cmp::Reverse<u64>, std::cmp::Reverse<DocId>) {
        use std::cmp::Reverse;
        (Reverse(ordered(self.score)), Reverse(ordered(self.created)), Reverse(self.id))
    }
}

/// Maps numbers to integers of the same order.
fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Rank) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Rank {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Rank) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The better result is the lesser one: it comes first.
impl Ord for Rank {
    fn cmp(&self, other: &Rank) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Window {
    fn contains(&self, rank: &Rank) -> bool {
        self.after.is_none_or(|after| *rank > after) && self.until.is_none_or(|until| *rank <= until)
    }
}

/// Returns the results of a query over some layers, best first.
pub fn search(layers: &[Layer<'_>], query: &TextQuery, window: &Window) -> Vec<Hit> {
    let mut matches = Matches::default();
    for (group, term) in query.terms().iter().enumerate() {
        matches.add_term(layers, query, term, 1.0, group);
    }
    matches.add_expansions(layers, query);
    let mut hits = matches.score();
    hits.retain(|hit| window.contains(hit));
    if hits.len() > window.limit {
        hits.select_nth_unstable(window.limit);
        hits.truncate(window.limit);
    }
    hits.sort_unstable();
    hits
}

/// The documents that match, and which of the terms each has.
#[derive(Default)]
struct Matches {
    documents: Vec<Match>,
    /// Where the version of a layer and slot is in `documents`.
    places: FxHashMap<(usize, u32), u32>,
    terms: Vec<TermMatches>,
}

struct Match {
    id: DocId,
    created: f64,
    length: u32,
}

struct TermMatches {
    weight: f64,
    /// Terms that are equally rare: the last one and those it begins, every other by itself.
    group: usize,
    /// Places of documents, each with how often it has the term.
    counts: Vec<(u32, u32)>,
}

impl Matches {
    /// Adds the documents with a term; returns whether there is any.
    fn add_term(&mut self, layers: &[Layer<'_>], query: &TextQuery, term: &str, weight: f64, group: usize) -> bool {
        let mut counts = Vec::new();
        for (number, layer) in layers.iter().enumerate() {
            let view = View { at: layer.at, filters: query.filters(), hidden: layer.hidden };
            layer.segment.postings(term, &view, &mut |posting| {
                let Posting { slot, count, id, created, length } = posting;
                let place = *self.places.entry((number, slot)).or_insert_with(|| {
                    self.documents.push(Match { id, created, length });
                    (self.documents.len() - 1) as u32
                });
                counts.push((place, count));
            });
        }
        let found = !counts.is_empty();
        if found {
            self.terms.push(TermMatches { weight, group, counts });
        }
        found
    }

    fn add_expansions(&mut self, layers: &[Layer<'_>], query: &TextQuery) {
        let group = query.terms().iter().position(|term| Some(&**term) == query.prefix());
        let (Some(prefix), Some(group)) = (query.prefix(), group) else {
            return;
        };
        let mut expansions = 0;
        let mut after: Option<&str> = None;
        while expansions < PREFIX_EXPANSIONS_MAX {
            let next = layers.iter().filter_map(|layer| layer.segment.next_term(prefix, after)).min();
            let Some(term) = next else {
                return;
            };
            let is_new = !query.terms().iter().any(|own| **own == *term);
            if is_new && self.add_term(layers, query, term, PREFIX_WEIGHT, group) {
                expansions += 1;
            }
            after = Some(term);
        }
    }

    fn score(self) -> Vec<Hit> {
        let length: u64 = self.documents.iter().map(|document| u64::from(document.length)).sum();
        let average = length as f64 / self.documents.len() as f64;
        let rarities = self.rarities();
        let mut scores = vec![0.0; self.documents.len()];
        for term in &self.terms {
            for (place, count) in &term.counts {
                let relative = f64::from(self.documents[*place as usize].length) / average;
                let count = f64::from(*count);
                let share = count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative));
                scores[*place as usize] += term.weight * rarities[term.group] * share;
            }
        }
        let documents = self.documents.into_iter().zip(scores);
        documents.map(|(Match { id, created, .. }, score)| Rank { score, created, id }).collect()
    }

    /// Returns the inverse document frequency of each group of terms.
    fn rarities(&self) -> Vec<f64> {
        let groups = self.terms.iter().map(|term| term.group + 1).max().unwrap_or_default();
        let total = COLLECTION.max(self.documents.len() as f64);
        let mut counted = vec![usize::MAX; self.documents.len()];
        let rarity = |group: usize| {
            let terms = self.terms.iter().filter(|term| term.group == group);
            let mut having = 0.0;
            for (place, _) in terms.flat_map(|term| &term.counts) {
                if std::mem::replace(&mut counted[*place as usize], group) != group {
                    having += 1.0;
                }
            }
            (1.0 + (total - having + 0.5) / (having + 0.5)).ln()
        };
        (0..groups).map(rarity).collect()
    }
}
