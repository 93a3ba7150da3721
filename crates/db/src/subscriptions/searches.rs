//! Which subscribed searches a change of a document concerns.
//!
//! Searches of one index are grouped by the values they filter by; a document belongs to one group for each set of
//! fields that somebody filters by. Within a group its terms are looked up, and what they begin with. So what a
//! change costs depends on the document and on whom it concerns, not on how many searches there are.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use search::{FilterValue, TextDocument, TextQuery};

use super::Members;

/// The subscribed searches of one text index.
#[derive(Default)]
pub struct SearchSubscriptions {
    groups: FxHashMap<GroupKey, Group>,
    /// Sets of fields that are filtered by, as bits, with how many groups have them.
    masks: BTreeMap<u32, usize>,
}

/// The fields that are filtered by, ascending, with their values.
type GroupKey = Box<[(usize, FilterValue)]>;

#[derive(Default)]
struct Group {
    terms: FxHashMap<Box<str>, Members>,
    prefixes: FxHashMap<Box<str>, Members>,
}

impl SearchSubscriptions {
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub fn insert(&mut self, query: &TextQuery, id: u64) {
        let key = group_key(query);
        let mask = mask_of(&key);
        let masks = &mut self.masks;
        let group = self.groups.entry(key).or_insert_with(|| {
            *masks.entry(mask).or_default() += 1;
            Group::default()
        });
        for term in query.terms() {
            group.terms.entry(term.clone()).or_default().add(id);
        }
        if let Some(prefix) = query.prefix() {
            group.prefixes.entry(prefix.into()).or_default().add(id);
        }
    }

    pub fn remove(&mut self, query: &TextQuery, id: u64) {
        let key = group_key(query);
        let Some(group) = self.groups.get_mut(&key) else {
            return;
        };
        for term in query.terms() {
            forget(&mut group.terms, term, id);
        }
        if let Some(prefix) = query.prefix() {
            forget(&mut group.prefixes, prefix, id);
        }
        if !group.terms.is_empty() || !group.prefixes.is_empty() {
            return;
        }
        self.groups.remove(&key);
        let mask = mask_of(&key);
        if let Some(count) = self.masks.get_mut(&mask) {
            *count -= 1;
            if *count == 0 {
                self.masks.remove(&mask);
            }
        }
    }

    /// Adds the ids of all searches that a document matches to `found`, some more than once.
    pub fn stab(&self, document: &TextDocument, found: &mut Vec<u64>) {
        for mask in self.masks.keys() {
            let fields = document.filters.iter().enumerate().filter(|(field, _)| mask >> field & 1 == 1);
            let key: GroupKey = fields.map(|(field, value)| (field, value.clone())).collect();
            if let Some(group) = self.groups.get(&key) {
                group.stab(document, found);
            }
        }
    }
}

impl Group {
    fn stab(&self, document: &TextDocument, found: &mut Vec<u64>) {
        for (term, _) in document.terms() {
            if let Some(members) = self.terms.get(term) {
                members.collect(found);
            }
            if self.prefixes.is_empty() {
                continue;
            }
            let ends = term.char_indices().skip(1).map(|(at, _)| at).chain([term.len()]);
            for members in ends.filter_map(|end| self.prefixes.get(&term[..end])) {
                members.collect(found);
            }
        }
    }
}

fn group_key(query: &TextQuery) -> GroupKey {
    let mut key = query.filters().to_vec();
    key.sort();
    // A field that must have two values at once never has; either of them will do here.
    key.dedup_by_key(|(field, _)| *field);
    key.into()
}

fn mask_of(key: &GroupKey) -> u32 {
    key.iter().fold(0, |mask, (field, _)| mask | 1 << field)
}

fn forget(map: &mut FxHashMap<Box<str>, Members>, term: &str, id: u64) {
    if let Some(members) = map.get_mut(term)
        && members.remove(id)
    {
        map.remove(term);
    }
}

#[cfg(test)]
mod tests;
