//! The index in memory: terms in order, the versions that have each, and what ranking needs of a version.

use std::{collections::BTreeMap, ops::Bound};

use super::{
    TextDocument,
    postings::Postings,
    rank::{Posting, Segment, View},
};
use crate::{
    DocId,
    versions::{FOREVER, Time, Versions},
};

pub struct TextIndex {
    versions: Versions,
    /// For each slot of `versions`.
    facts: Vec<Facts>,
    terms: BTreeMap<Box<str>, Postings>,
}

/// What ranking needs of a version.
#[derive(Clone, Copy)]
struct Facts {
    created: f64,
    length: u32,
}

impl TextIndex {
    /// Makes an empty index over documents with that many filter fields.
    pub fn new(filter_fields: usize) -> TextIndex {
        TextIndex { versions: Versions::new(filter_fields), facts: Vec::new(), terms: BTreeMap::new() }
    }

    /// Adds a version that is valid from `from` on; the one before must have ended.
    pub fn add(&mut self, document: &TextDocument, from: Time) {
        self.insert(document, from, FOREVER);
    }

    /// Adds a version that is over already, for a document that has none.
    pub fn add_ended(&mut self, document: &TextDocument, from: Time, to: Time) {
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

    /// Forgets versions that ended at or before `horizon`, once they are many; returns whether it did. Nobody may ask
    /// as of an earlier time from then on.
    pub fn prune(&mut self, horizon: Time) -> bool {
        if self.versions.droppable(horizon).is_none() {
            return false;
        }
        let moved = self.versions.compact(horizon);
        let mut stays = moved.iter().map(Option::is_some);
        self.facts.retain(|_| stays.next().expect("each slot has its facts"));
        self.facts.shrink_to_fit();
        self.terms.retain(|_, postings| {
            *postings = postings.renumbered(&moved);
            !postings.is_empty()
        });
        true
    }

    /// Bytes it takes, about.
    pub fn bytes(&self) -> usize {
        let terms = self
            .terms
            .iter()
            .map(|(term, postings)| term.len() + size_of::<(Box<str>, Postings)>() + postings.spilled_bytes());
        self.versions.bytes() + self.facts.capacity() * size_of::<Facts>() + terms.sum::<usize>()
    }

    fn insert(&mut self, document: &TextDocument, from: Time, to: Time) {
        let slot = self.versions.add(document.id, &document.filters, from, to);
        self.facts.push(Facts { created: document.created, length: document.length });
        for (term, count) in document.terms() {
            match self.terms.get_mut(term) {
                Some(postings) => postings.push(slot, count),
                None => self.terms.entry(term.into()).or_default().push(slot, count),
            }
        }
    }
}

impl Segment for TextIndex {
    fn next_term(&self, prefix: &str, after: Option<&str>) -> Option<&str> {
        let start = after.map_or(Bound::Included(prefix), Bound::Excluded);
        let (term, _) = self.terms.range::<str, _>((start, Bound::Unbounded)).next()?;
        term.starts_with(prefix).then_some(&**term)
    }

    fn postings(&self, term: &str, view: &View<'_>, found: &mut dyn FnMut(Posting)) {
        let Some(postings) = self.terms.get(term) else {
            return;
        };
        let conditions = self.versions.conditions(view.filters);
        for (slot, count) in postings.iter() {
            if !self.versions.is_visible(slot, view.at) || !self.versions.meets_all(slot, &conditions) {
                continue;
            }
            let id = self.versions.id(slot);
            if view.hidden.is_some_and(|hidden| hidden.contains(&id)) {
                continue;
            }
            let Facts { created, length } = self.facts[slot as usize];
            found(Posting { slot, count, id, created, length });
        }
    }
}
