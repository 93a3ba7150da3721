//! Objects: fields sorted by key, each key once.

use std::{iter::FusedIterator, slice, vec};

use crate::value::Value;

/// A set of named fields in ascending byte order of their keys.
///
/// A sorted vector: objects are small, mostly read, and nearly always built in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    fields: Vec<(String, Value)>,
}

impl Object {
    pub fn new() -> Object {
        Object::default()
    }

    pub fn with_capacity(fields: usize) -> Object {
        Object { fields: Vec::with_capacity(fields) }
    }

    /// Sorts `fields`; where a key repeats, the last one stays.
    pub fn from_fields(mut fields: Vec<(String, Value)>) -> Object {
        sort_fields(&mut fields);
        Object { fields }
    }

    /// Takes fields that are known to ascend.
    pub(crate) fn from_sorted(fields: Vec<(String, Value)>) -> Object {
        debug_assert!(fields.is_sorted_by(|a, b| a.0 < b.0));
        Object { fields }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        let index = self.find(key).ok()?;
        Some(&self.fields[index].1)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let index = self.find(key).ok()?;
        Some(&mut self.fields[index].1)
    }

    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Sets a field and returns what it held before.
    pub fn insert(&mut self, key: impl Into<String>, value: Value) -> Option<Value> {
        let key = key.into();
        match self.find(&key) {
            Ok(index) => Some(std::mem::replace(&mut self.fields[index].1, value)),
            Err(index) => {
                self.fields.insert(index, (key, value));
                None
            }
        }
    }

    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let index = self.find(key).ok()?;
        Some(self.fields.remove(index).1)
    }

    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn iter(&self) -> Iter<'_> {
        Iter(self.fields.iter())
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(key, _)| key.as_str())
    }

    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.fields.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.fields.iter_mut().map(|(_, value)| value)
    }

    /// Returns the size in bytes as limits count it.
    pub fn size(&self) -> usize {
        let fields = self.iter().map(|(key, value)| key.len() + 1 + value.size());
        2 + fields.sum::<usize>()
    }

    /// Returns the nesting, the object itself included.
    pub fn nesting(&self) -> usize {
        1 + self.values().map(Value::nesting).max().unwrap_or(0)
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.fields.binary_search_by(|(field, _)| field.as_str().cmp(key))
    }
}

/// Sorts by key; where a key repeats, the last one stays. What is sorted already is only looked at.
pub(crate) fn sort_fields<V>(fields: &mut Vec<(String, V)>) {
    if fields.is_sorted_by(|a, b| a.0 < b.0) {
        return;
    }
    // The sort is stable, so the last of equal keys is the one to keep.
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            std::mem::swap(later, kept);
        }
        same
    });
}

impl FromIterator<(String, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Object {
        Object::from_fields(fields.into_iter().collect())
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.fields.into_iter()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a str, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The fields of an object in key order.
#[derive(Clone, Debug)]
pub struct Iter<'a>(slice::Iter<'a, (String, Value)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.0.next()?;
        Some((key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let (key, value) = self.0.next_back()?;
        Some((key, value))
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
