//! No call sees what another one left behind.
//!
//! Poison calls change everything they can reach; a probe then describes the world, and must find it as in a heap
//! nobody touched.

use std::sync::Arc;
use std::time::Duration;

use crate::testing::*;
use crate::{Bundle, CallLimits, Executor, ExecutorOptions, JsError, RestoreMode};

const MODULE: &str = r#"
let counter = 0;
const list = [];
const cache = new Map();
class Thing { greet() { return "hi"; } }

const describe = (value, seen) => {
  if (typeof value === "function") return `f:${value.name}:${Object.getOwnPropertyNames(value).length}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (seen.has(value)) return "seen";
  seen.add(value);
  const own = Reflect.ownKeys(value).map((key) => {
    const d = Object.getOwnPropertyDescriptor(value, key);
    const flags = `${d.writable}${d.enumerable}${d.configurable}`;
    return `${String(key)}=${flags}${"value" in d ? describe(d.value, seen) : "accessor"}`;
  });
  return `{${Object.isFrozen(value)}${Object.isExtensible(value)}${own.join()}}`;
};

export const probe = query(async () => {
  const seen = new Set();
  const world = describe(globalThis, seen);
  const protos = [Object, Array, Function, String, Map, Promise, Error, RegExp, Date, Uint8Array, URL, Thing]
    .map((C) => describe(C.prototype, seen));
  return { world, protos, counter, list: list.length, cache: cache.size, thing: new Thing().greet(),
    random: Math.random(), date: String(new Date(0)), text: [3, 1, 2].sort().join(), sum: [1, 2].map((x) => x * 2) };
});

const poisons = {
  globals() { globalThis.leak = 1; globalThis.console = null; delete globalThis.URL; globalThis.Date = class {}; },
  prototypes() {
    Array.prototype.map = () => "poisoned"; Object.prototype.extra = 1; Promise.prototype.then = undefined;
    Thing.prototype.greet = () => "bye"; String.prototype.toString = () => "x"; Function.prototype.call = null;
  },
  state() { counter += 5; list.push(...Array(1000).fill(0)); cache.set("a", { big: "x".repeat(1e6) }); },
  frozen() { for (const C of [Object, Array, Map, Promise, Math, JSON]) { Object.freeze(C); if (C.prototype) Object.freeze(C.prototype); } },
  allocation() { globalThis.keep = Array.from({ length: 200000 }, (_, i) => ({ i, s: "s" + i })); },
  buffers() { globalThis.keep = Array.from({ length: 20 }, () => new Uint8Array(1 << 20).fill(255)); },
  cycles() { for (let i = 0; i < 100000; i++) { const a = {}; a.self = a; } },
  thrown() { counter += 1; throw new Error("on purpose"); },
  stack() { const deep = () => deep() + 1; deep(); },
  loop() { counter += 1; for (;;) list.length = 0; },
  memory() { counter += 1; for (;;) list.push("x".repeat(1000) + list.length); },
  rejection() { counter += 1; Promise.reject(new Error("lost")); },
  pending() { counter += 1; return new Promise(() => {}); },
  regexp() { /a(b)c/.exec("abc"); RegExp.prototype.exec = () => null; "abc".replace(/b/, "x"); },
  symbols() { for (let i = 0; i < 5000; i++) { Symbol.for("s" + i); list["property" + i] = i; } },
  classes() { Object.setPrototypeOf(Thing, class Other {}); Object.defineProperty(Thing.prototype, "greet", { get() { throw 1; } }); },
  evaluated() { (0, eval)("var leaked = 1; let scoped = 2; function hoisted() {}"); },
  iterators() { Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true }); Array.prototype[Symbol.iterator] = null; },
  random() { for (let i = 0; i < 100; i++) Math.random(); crypto.randomUUID(); },
};
export const poison = query(async (ctx, { name }) => { await poisons[name](); return counter; });
export const names = query(async () => Object.keys(poisons));
"#;

fn poison_names(executor: &Executor, bundle: &Arc<Bundle>) -> Vec<String> {
    let names = executor.run(bundle, &call("names"), &mut TestHost::echo()).unwrap().result_json;
    serde_json::from_str(&names).unwrap()
}

fn poison(executor: &Executor, bundle: &Arc<Bundle>, name: &str) -> Result<String, JsError> {
    let args_json = format!(r#"[{{"name":"{name}"}}]"#);
    let mut call = crate::Call { args_json: &args_json, ..call("poison") };
    // Only the endless loop is to run out of time, however busy the machine is.
    let user_time = Duration::from_millis(if name == "loop" { 100 } else { 20_000 });
    call.limits = CallLimits { user_time, heap_bytes: 48 << 20, ..CallLimits::default() };
    executor.run(bundle, &call, &mut TestHost::echo()).map(|done| done.result_json)
}

fn probe(executor: &Executor, bundle: &Arc<Bundle>) -> String {
    executor.run(bundle, &call("probe"), &mut TestHost::echo()).unwrap().result_json
}

fn check_isolation(restore: RestoreMode) {
    let bundle = bundle(MODULE);
    let pristine = probe(&Executor::new(ExecutorOptions::default()), &bundle);
    let executor = Executor::new(ExecutorOptions { restore, ..Default::default() });
    let image = {
        probe(&executor, &bundle);
        executor.image_bytes(0)
    };
    for name in poison_names(&executor, &bundle) {
        let outcome = poison(&executor, &bundle, &name);
        match name.as_str() {
            "thrown" | "rejection" | "pending" | "stack" => {
                assert!(matches!(outcome, Err(JsError::Uncaught { .. })))
            }
            "loop" => assert!(matches!(outcome, Err(JsError::Timeout { .. })), "{outcome:?}"),
            "memory" => assert!(matches!(outcome, Err(JsError::OutOfMemory { .. })), "{outcome:?}"),
            _ => {}
        }
        assert!(image == executor.image_bytes(0), "bytes differ after {name}");
        assert_eq!(probe(&executor, &bundle), pristine, "after {name}");
    }
    assert_eq!(executor.idle_images().0, 1, "one image served all calls");
}

// Checklist: globals do not leak between two executions.
#[test]
fn poison_is_gone_with_page_tracking() {
    check_isolation(RestoreMode::Tracked);
}

#[test]
fn poison_is_gone_with_plain_copies() {
    check_isolation(RestoreMode::Copy);
}

#[test]
fn any_sequence_of_poisons_leaves_the_image_as_sealed() {
    let bundle = bundle(MODULE);
    let executor = Executor::new(ExecutorOptions::default());
    let pristine = probe(&executor, &bundle);
    let image = executor.image_bytes(0);
    let names: Vec<String> =
        poison_names(&executor, &bundle).into_iter().filter(|name| name != "loop" && name != "memory").collect();
    // A small generator with a fixed seed: the same sequence in every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for step in 0..400 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let name = &names[(state >> 33) as usize % names.len()];
        let _ = poison(&executor, &bundle, name);
        assert!(image == executor.image_bytes(0), "bytes differ after {name}, step {step}");
    }
    assert_eq!(probe(&executor, &bundle), pristine);
}

#[test]
fn modules_of_one_bundle_have_heaps_of_their_own() {
    let library = module("_deps/lib.js", LIBRARY);
    let source = "import { query } from './_deps/lib.js'; export const f = query(async () => (globalThis.x = (globalThis.x ?? 0) + 1));";
    let bundle = Arc::new(
        Bundle::compile(vec![module("a.js", source), module("dir/b.js", &source.replace("./", "../")), library])
            .unwrap(),
    );
    let executor = Executor::new(ExecutorOptions::default());
    for _ in 0..2 {
        for name in ["a.js", "dir/b.js"] {
            let call = crate::Call { module: name, ..call("f") };
            assert_eq!(executor.run(&bundle, &call, &mut TestHost::echo()).unwrap().result_json, "1");
        }
    }
    assert_eq!(executor.idle_images().0, 2);
}

#[test]
fn images_beyond_the_budget_are_dropped_oldest_first() {
    let executor = Executor::new(ExecutorOptions { image_budget_bytes: 6 << 20, ..Default::default() });
    let bundles: Vec<_> = (0..12).map(|n| bundle(&format!("export const f = query(async () => {n});"))).collect();
    for (n, bundle) in bundles.iter().enumerate() {
        assert_eq!(executor.run(bundle, &call("f"), &mut TestHost::echo()).unwrap().result_json, n.to_string());
    }
    let (count, bytes) = executor.idle_images();
    assert!((1..12).contains(&count) && bytes <= 6 << 20, "{count} images, {bytes} bytes");
    executor.forget(bundles[11].id());
    assert_eq!(executor.idle_images().0, count - 1);
}

#[test]
fn a_new_environment_generation_makes_new_images() {
    let bundle = bundle("const seen = process.env.NAME; export const f = query(async () => [seen, process.env.NAME]);");
    let executor = Executor::new(ExecutorOptions::default());
    let mut host = TestHost::echo();
    host.env = vec![("NAME".to_owned(), "one".to_owned())];
    assert_eq!(executor.run(&bundle, &call("f"), &mut host).unwrap().result_json, r#"["one","one"]"#);
    host.env = vec![("NAME".to_owned(), "two".to_owned())];
    let next = crate::Call { env_generation: 1, ..call("f") };
    assert_eq!(executor.run(&bundle, &next, &mut host).unwrap().result_json, r#"["two","two"]"#);
    assert_eq!(executor.idle_images().0, 1, "the older generation is gone");
}
