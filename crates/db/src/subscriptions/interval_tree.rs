//! A set of intervals that answers which of them contain a key.
//!
//! A treap ordered by (start, id), each node knowing the largest end below it: a search skips every subtree that
//! ends before the key. Priorities come from hashing a counter, so the shape does not depend on insertion order.
//! Costs: insert and remove O(log n), search O(log n + found).

use bytes::Bytes;

use crate::keys::Interval;

const NONE: u32 = u32::MAX;

pub struct IntervalTree {
    nodes: Vec<Node>,
    free: Vec<u32>,
    root: u32,
    /// Insertions so far, the seed of priorities. Count.
    inserted: u64,
}

struct Node {
    start: Bytes,
    end: Bytes,
    /// The largest end in this subtree.
    end_max: Bytes,
    id: u64,
    priority: u64,
    left: u32,
    right: u32,
}

impl Default for IntervalTree {
    fn default() -> IntervalTree {
        IntervalTree { nodes: Vec::new(), free: Vec::new(), root: NONE, inserted: 0 }
    }
}

impl IntervalTree {
    pub fn is_empty(&self) -> bool {
        self.root == NONE
    }

    pub fn insert(&mut self, interval: Interval, id: u64) {
        self.inserted += 1;
        let priority = hash(self.inserted);
        let Interval { start, end } = interval;
        let node = Node { start, end_max: end.clone(), end, id, priority, left: NONE, right: NONE };
        let added = match self.free.pop() {
            Some(slot) => {
                self.nodes[slot as usize] = node;
                slot
            }
            None => {
                self.nodes.push(node);
                u32::try_from(self.nodes.len() - 1).expect("fewer than 2^32 intervals fit in memory")
            }
        };
        self.root = self.insert_below(self.root, added);
    }

    /// Removes the interval that was inserted with this id, if it is there.
    pub fn remove(&mut self, interval: &Interval, id: u64) {
        self.root = self.remove_below(self.root, &interval.start, id);
    }

    /// Adds the ids of all intervals that contain `key` to `found`.
    pub fn stab(&self, key: &[u8], found: &mut Vec<u64>) {
        let mut stack = vec![self.root];
        while let Some(index) = stack.pop() {
            if index == NONE {
                continue;
            }
            let node = self.node(index);
            if node.end_max[..] <= *key {
                continue;
            }
            stack.push(node.left);
            if node.start[..] <= *key {
                if *key < node.end[..] {
                    found.push(node.id);
                }
                stack.push(node.right);
            }
        }
    }

    fn insert_below(&mut self, root: u32, added: u32) -> u32 {
        if root == NONE {
            return added;
        }
        if self.node(added).priority > self.node(root).priority {
            let (left, right) = self.split(root, added);
            let node = &mut self.nodes[added as usize];
            (node.left, node.right) = (left, right);
            self.refresh(added);
            return added;
        }
        if self.before(added, root) {
            let left = self.insert_below(self.node(root).left, added);
            self.nodes[root as usize].left = left;
        } else {
            let right = self.insert_below(self.node(root).right, added);
            self.nodes[root as usize].right = right;
        }
        self.refresh(root);
        root
    }

    /// Splits a subtree into what comes before node `at` and what comes after.
    fn split(&mut self, root: u32, at: u32) -> (u32, u32) {
        if root == NONE {
            return (NONE, NONE);
        }
        if self.before(root, at) {
            let (left, right) = self.split(self.node(root).right, at);
            self.nodes[root as usize].right = left;
            self.refresh(root);
            (root, right)
        } else {
            let (left, right) = self.split(self.node(root).left, at);
            self.nodes[root as usize].left = right;
            self.refresh(root);
            (left, root)
        }
    }

    fn remove_below(&mut self, root: u32, start: &Bytes, id: u64) -> u32 {
        if root == NONE {
            return NONE;
        }
        let node = self.node(root);
        let (left, right) = (node.left, node.right);
        match (start, id).cmp(&(&node.start, node.id)) {
            std::cmp::Ordering::Less => {
                let left = self.remove_below(left, start, id);
                self.nodes[root as usize].left = left;
            }
            std::cmp::Ordering::Greater => {
                let right = self.remove_below(right, start, id);
                self.nodes[root as usize].right = right;
            }
            std::cmp::Ordering::Equal => {
                // A free slot must not keep key bytes alive.
                let node = &mut self.nodes[root as usize];
                (node.start, node.end, node.end_max) = (Bytes::new(), Bytes::new(), Bytes::new());
                self.free.push(root);
                return self.merge(left, right);
            }
        }
        self.refresh(root);
        root
    }

    /// Joins two subtrees, all of `left` before all of `right`.
    fn merge(&mut self, left: u32, right: u32) -> u32 {
        if left == NONE || right == NONE {
            return if left == NONE { right } else { left };
        }
        if self.node(left).priority > self.node(right).priority {
            let joined = self.merge(self.node(left).right, right);
            self.nodes[left as usize].right = joined;
            self.refresh(left);
            left
        } else {
            let joined = self.merge(left, self.node(right).left);
            self.nodes[right as usize].left = joined;
            self.refresh(right);
            right
        }
    }

    fn before(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.node(a), self.node(b));
        (&a.start, a.id) < (&b.start, b.id)
    }

    fn refresh(&mut self, index: u32) {
        let node = self.node(index);
        let mut end_max = &node.end;
        for child in [node.left, node.right] {
            if child != NONE && self.node(child).end_max > *end_max {
                end_max = &self.node(child).end_max;
            }
        }
        if *end_max != node.end_max {
            let end_max = end_max.clone();
            self.nodes[index as usize].end_max = end_max;
        }
    }

    fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }
}

/// Mixes the bits of a counter (the finalizer of splitmix64).
fn hash(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests;
