//! Versions of documents: when each is valid, and the values queries can filter by.
//!
//! A version has a slot, numbered from zero. Filter values are interned, so a slot keeps four bytes for each filter
//! field however long the value is, and comparing is exact.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::DocId;

/// A point in time; later is greater.
pub type Time = u64;

/// The end of a version that is still valid.
pub const FOREVER: Time = Time::MAX;

/// The value of a filter field, in any encoding in which equal values have equal bytes.
pub type FilterValue = Box<[u8]>;

pub struct Versions {
    slots: Vec<Slot>,
    /// The interned values of each slot, one for each filter field.
    filters: Vec<u32>,
    filter_fields: usize,
    values: BTreeMap<FilterValue, u32>,
    /// The slot of each document that is valid now.
    live: FxHashMap<DocId, u32>,
}

#[derive(Clone, Copy)]
struct Slot {
    id: DocId,
    from: Time,
    to: Time,
}

/// Conditions on filter fields, ready to be compared with slots.
pub struct Conditions(Vec<Condition>);

struct Condition {
    field: usize,
    /// `None` when no document has the value.
    value: Option<u32>,
}

impl Versions {
    pub fn new(filter_fields: usize) -> Versions {
        Versions {
            slots: Vec::new(),
            filters: Vec::new(),
            filter_fields,
            values: BTreeMap::new(),
            live: FxHashMap::default(),
        }
    }

    /// Versions held, ended ones included. Count.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Documents that are valid now. Count.
    pub fn live(&self) -> usize {
        self.live.len()
    }

    pub fn id(&self, slot: u32) -> DocId {
        self.slots[slot as usize].id
    }

    pub fn is_live(&self, id: &DocId) -> bool {
        self.live.contains_key(id)
    }

    pub fn is_visible(&self, slot: u32, at: Time) -> bool {
        let slot = &self.slots[slot as usize];
        slot.from <= at && at < slot.to
    }

    /// Adds a version and returns its slot. A document has at most one version without an end.
    pub fn add(&mut self, id: DocId, filters: &[FilterValue], from: Time, to: Time) -> u32 {
        assert_eq!(filters.len(), self.filter_fields, "a document has a value for each filter field");
        let slot = u32::try_from(self.slots.len()).expect("fewer than 2^32 versions fit in memory");
        self.slots.push(Slot { id, from, to });
        for value in filters {
            let interned = self.intern(value);
            self.filters.push(interned);
        }
        if to == FOREVER {
            let before = self.live.insert(id, slot);
            assert!(before.is_none(), "the version before has ended");
        }
        slot
    }

    /// Ends the version of a document that is valid now; returns whether there is one.
    pub fn end(&mut self, id: &DocId, at: Time) -> bool {
        let Some(slot) = self.live.remove(id) else {
            return false;
        };
        self.slots[slot as usize].to = at;
        true
    }

    /// Prepares conditions for comparing with slots.
    pub fn conditions<'a>(&self, filters: impl IntoIterator<Item = &'a (usize, FilterValue)>) -> Conditions {
        let condition =
            |(field, value): &(usize, FilterValue)| Condition { field: *field, value: self.values.get(value).copied() };
        Conditions(filters.into_iter().map(condition).collect())
    }

    pub fn meets_all(&self, slot: u32, conditions: &Conditions) -> bool {
        conditions.0.iter().all(|condition| self.meets(slot, condition))
    }

    pub fn meets_any(&self, slot: u32, conditions: &Conditions) -> bool {
        conditions.0.iter().any(|condition| self.meets(slot, condition))
    }

    fn meets(&self, slot: u32, condition: &Condition) -> bool {
        let at = slot as usize * self.filter_fields + condition.field;
        condition.value == Some(self.filters[at])
    }

    /// Returns how many versions ended at or before `horizon`, if it is worth the work to let them go.
    pub fn droppable(&self, horizon: Time) -> Option<usize> {
        let ended = self.slots.len() - self.live.len();
        if ended == 0 || !is_much(ended, self.slots.len()) {
            return None;
        }
        let droppable = self.slots.iter().filter(|slot| slot.to <= horizon).count();
        is_much(droppable, self.slots.len()).then_some(droppable)
    }

    /// Removes the versions that ended at or before `horizon`, and values nobody has any more. The others keep their
    /// order; returns the new slot of each old one.
    pub fn compact(&mut self, horizon: Time) -> Vec<Option<u32>> {
        let old = std::mem::replace(self, Versions::new(self.filter_fields));
        let names: FxHashMap<u32, FilterValue> =
            old.values.into_iter().map(|(value, number)| (number, value)).collect();
        let mut moved = Vec::with_capacity(old.slots.len());
        self.slots.reserve_exact(old.slots.iter().filter(|slot| slot.to > horizon).count());
        for (index, slot) in old.slots.into_iter().enumerate() {
            if slot.to <= horizon {
                moved.push(None);
                continue;
            }
            let new = self.slots.len() as u32;
            self.slots.push(slot);
            if slot.to == FOREVER {
                self.live.insert(slot.id, new);
            }
            for number in &old.filters[index * self.filter_fields..][..self.filter_fields] {
                let interned = self.intern(&names[number]);
                self.filters.push(interned);
            }
            moved.push(Some(new));
        }
        moved
    }

    /// Bytes it takes, about.
    pub fn bytes(&self) -> usize {
        let values: usize = self.values.keys().map(|value| value.len() + size_of::<(FilterValue, u32)>()).sum();
        self.slots.capacity() * size_of::<Slot>()
            + self.filters.capacity() * size_of::<u32>()
            + self.live.capacity() * (size_of::<(DocId, u32)>() + 1)
            + values
    }

    fn intern(&mut self, value: &FilterValue) -> u32 {
        if let Some(number) = self.values.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 values fit in memory");
        self.values.insert(value.clone(), number);
        number
    }
}

/// Returns whether letting go of `part` is worth going over `all`.
fn is_much(part: usize, all: usize) -> bool {
    part * 4 >= all && part > 0
}
