//! Which versions have a term, and how often: differences of slots in variable-length bytes.
//!
//! ```text
//! posting   varint( (slot - previous slot) << 1 | 1 )              the term occurs once
//!           varint( (slot - previous slot) << 1 ) varint( count )   it occurs more often
//! ```
//! The previous slot of the first posting counts as zero. Most postings take one to three bytes, and the postings of
//! a rare term lie inside the list itself.

use smallvec::SmallVec;

/// The postings of one term, slots ascending.
#[derive(Clone, Default)]
pub struct Postings {
    last: u32,
    bytes: SmallVec<[u8; 16]>,
}

impl Postings {
    /// Adds a posting behind all others; `count` is at least one.
    pub fn push(&mut self, slot: u32, count: u32) {
        let gap = u64::from(slot - self.last) << 1;
        if count == 1 {
            put(&mut self.bytes, gap | 1);
        } else {
            put(&mut self.bytes, gap);
            put(&mut self.bytes, u64::from(count));
        }
        self.last = slot;
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns slots and counts, ascending.
    pub fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.bytes, slot: 0 }
    }

    /// Returns the postings of the slots that stay, under their new numbers.
    pub fn renumbered(&self, moved: &[Option<u32>]) -> Postings {
        let mut kept = Postings::default();
        for (slot, count) in self.iter() {
            if let Some(slot) = moved[slot as usize] {
                kept.push(slot, count);
            }
        }
        kept.bytes.shrink_to_fit();
        kept
    }

    /// Bytes outside the list itself.
    pub fn spilled_bytes(&self) -> usize {
        if self.bytes.spilled() { self.bytes.capacity() } else { 0 }
    }
}

pub struct Iter<'a> {
    rest: &'a [u8],
    slot: u32,
}

impl Iterator for Iter<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        if self.rest.is_empty() {
            return None;
        }
        let gap = take(&mut self.rest);
        let count = if gap & 1 == 1 { 1 } else { take(&mut self.rest) as u32 };
        self.slot += (gap >> 1) as u32;
        Some((self.slot, count))
    }
}

fn put(bytes: &mut SmallVec<[u8; 16]>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a number that `put` wrote.
fn take(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first().expect("a number ends with a byte below 0x80");
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return number;
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests;
