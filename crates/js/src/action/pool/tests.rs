//! Heaps that are used again: what they keep, what they forget, and how many there are.

use std::collections::HashMap;

use super::super::tests::{Run, done, failed, waiting};
use super::super::{ActionHeap, ActionLimits, OpAnswer};
use super::*;
use crate::Bundle;
use crate::testing::{ACTION, Recorder, action_bundle, action_program};

/// Actions of one bundle that share a pool.
struct Pooled {
    pool: Arc<HeapPool>,
    bundle: Arc<Bundle>,
    env_generation: u64,
    limits: ActionLimits,
}

impl Pooled {
    fn new(body: &str) -> Pooled {
        let (pool, bundle) = (Arc::default(), action_bundle(body));
        Pooled { pool, bundle, env_generation: 1, limits: ActionLimits::default() }
    }

    fn start(&self) -> (Run, super::super::Step) {
        let heap =
            ActionHeap::new(self.bundle.clone(), self.limits, [7; 32]).kept_in(self.pool.clone(), self.env_generation);
        let mut run = Run { heap, host: Recorder::default() };
        let step = run.heap.start(&ACTION, &mut run.host);
        (run, step)
    }

    fn result(&self) -> String {
        done(self.start().1)
    }

    fn idle(&self) -> usize {
        self.pool.idle().0
    }
}

#[test]
fn a_module_that_is_called_again_keeps_its_heap_and_no_state() {
    let pooled = Pooled::new("globalThis.n = (globalThis.n ?? 0) + 1; Array.prototype.x = 1; return globalThis.n;");
    assert_eq!(pooled.result(), "1");
    assert_eq!(pooled.idle(), 0, "one call is no reason to keep a heap");
    for _ in 0..5 {
        assert_eq!(pooled.result(), "1");
        assert_eq!(pooled.idle(), 1);
    }
}

#[test]
fn a_heap_is_as_new_whatever_its_action_came_to() {
    let pooled = Pooled::new(
        "globalThis.seen = (globalThis.seen ?? 0) + 1;
         if (globalThis.seen > 1) return 'leaked';
         const what = await call('what', {});
         if (what === 'throw') throw new Error('on purpose');
         if (what === 'fill') for (const all = [];;) all.push(new Uint8Array(1 << 20));
         return what;",
    );
    for _ in 0..3 {
        for what in ["fine", "throw", "fill", "leave"] {
            let (mut run, step) = pooled.start();
            waiting(&step);
            match what {
                "leave" => drop(run),
                "fine" => assert_eq!(done(run.answer(Ok(OpAnswer::text("\"fine\"")))), "\"fine\""),
                "throw" => assert!(failed(run.answer(Ok(OpAnswer::text("\"throw\"")))).contains("on purpose")),
                _ => assert!(failed(run.answer(Ok(OpAnswer::text("\"fill\"")))).contains("memory")),
            }
        }
    }
    assert_eq!(pooled.idle(), 1);
    assert_eq!(pooled.pool.state().busy, 0);
}

#[test]
fn actions_side_by_side_have_heaps_of_their_own() {
    let pooled = Pooled::new("globalThis.n = (globalThis.n ?? 0) + 1; await call('a', {}); return globalThis.n;");
    let mut runs: Vec<_> = (0..ACTION_HEAPS_MAX + 10).map(|_| pooled.start().0).collect();
    assert_eq!(pooled.pool.state().busy, ACTION_HEAPS_MAX);
    for run in &mut runs {
        assert_eq!(done(run.answer(Ok(OpAnswer::text("1")))), "1");
    }
    drop(runs);
    let (idle, bytes) = pooled.pool.idle();
    assert!(idle > 1 && bytes <= ACTION_HEAPS_BYTES, "{idle} heaps of {bytes} bytes");
    assert_eq!(pooled.pool.state().busy, 0);
}

#[test]
fn another_environment_needs_another_heap() {
    let mut pooled = Pooled::new("return 1;");
    pooled.result();
    pooled.result();
    pooled.env_generation = 2;
    assert_eq!(pooled.idle(), 1);
    pooled.result();
    assert_eq!(pooled.idle(), 1, "the heap of the old environment was not taken, and a new one not kept");
    pooled.result();
    assert_eq!(pooled.idle(), 2);
}

#[test]
fn lines_of_the_import_are_shown_to_every_call() {
    let main = "import { action } from './_deps/lib.js'; console.log('imported');
                export const f = action(async () => 1);";
    let mut pooled = Pooled::new("");
    pooled.bundle = action_program(main);
    for _ in 0..3 {
        assert_eq!(pooled.start().0.host.lines, ["'imported'"]);
    }
}

#[test]
fn random_numbers_follow_the_seed_in_a_heap_that_is_used_again() {
    let pooled = Pooled::new("return [Math.random(), crypto.randomUUID()];");
    let results: Vec<String> = (0..3).map(|_| pooled.result()).collect();
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
}

#[test]
fn a_kept_heap_counts_what_its_action_holds() {
    let pooled = Pooled::new("globalThis.kept = new Uint8Array(8 << 20).fill(1); await call('a', {}); return 1;");
    let mut held = HashMap::new();
    for call in 0..3 {
        let (run, step) = pooled.start();
        waiting(&step);
        held.insert(call, run.heap.resident_bytes());
    }
    assert!(held.values().all(|bytes| *bytes > 8 << 20), "{held:?}");
}
