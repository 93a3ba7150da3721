//! Facts of the catalog as things a transaction reads and a commit touches.
//!
//! Each fact is named like a document of tablet 0, which holds nothing. Names are hashed to fit: two that collide
//! cost a needless conflict, nothing else.

use std::hash::Hasher;

use rustc_hash::FxHasher;
use value::InternalId;

use crate::{
    Namespace,
    keys::{DocKey, TabletId},
};

/// The tablet of facts.
pub const FACTS: TabletId = TabletId(0);

pub enum Dep<'a> {
    /// Whether a table of that name exists, and its indexes.
    Name(Namespace, &'a str),
    /// Whether a table of that number exists.
    Number(Namespace, u32),
    /// The active and pending schema of a namespace.
    Schema(Namespace),
    /// The next free numbers.
    Allocator,
    /// Which tables a namespace has.
    Tables(Namespace),
}

impl Dep<'_> {
    pub fn key(&self) -> DocKey {
        let (kind, ns, rest) = match self {
            Dep::Name(ns, name) => {
                let mut hasher = FxHasher::default();
                hasher.write(name.as_bytes());
                (1, *ns, hasher.finish())
            }
            Dep::Number(ns, number) => (2, *ns, u64::from(*number)),
            Dep::Schema(ns) => (3, *ns, 0),
            Dep::Allocator => (4, Namespace::ROOT, 0),
            Dep::Tables(ns) => (5, *ns, 0),
        };
        let mut internal = [0; 16];
        internal[0] = kind;
        internal[1..5].copy_from_slice(&ns.0.to_be_bytes());
        internal[8..].copy_from_slice(&rest.to_be_bytes());
        DocKey::new(FACTS, InternalId(internal))
    }
}
