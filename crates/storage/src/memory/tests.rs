//! The in-memory engine passes the suite that every engine passes.

use super::MemoryEngine;
use crate::conformance::{self, Harness};
use crate::engine::Engine;

impl Harness for MemoryEngine {
    fn engine(&self) -> &dyn Engine {
        self
    }

    /// Nothing survives in memory, so there is nothing to close.
    fn reopen(&mut self) {}
}

#[test]
fn memory_engine_conforms() {
    conformance::run(MemoryEngine::new);
}
