//! An instance made at import is the same in every call, whatever earlier calls did to it.

use proptest::prelude::*;

use super::*;

/// Memory, globals of both kinds, a table, segments that can be dropped, and functions that change all of them.
const STATE: &str = r#"(module
  (import "e" "f" (func $f (param i32) (result i32)))
  (memory (export "m") 2 60) (data (i32.const 100) "pristine") (data $spare "spare")
  (global $hidden (mut i32) (i32.const 1)) (global (export "shown") (mut i64) (i64.const 2))
  (table (export "t") 3 50 funcref) (elem (i32.const 0) $one $two) (elem $more func $two)
  (table $refs (export "r") 2 50 externref)
  (type $r (func (result i32)))
  (func $one (result i32) i32.const 1) (func $two (result i32) i32.const 2)
  (func (export "poke") (param i32 i32) local.get 0 local.get 1 i32.store8)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
  (func (export "hide") (param i32) global.get $hidden local.get 0 i32.add global.set $hidden)
  (func (export "hidden") (result i32) global.get $hidden)
  (func (export "spare") (memory.init $spare (i32.const 0) (i32.const 0) (i32.const 5)) (data.drop $spare))
  (func (export "more") (table.init 0 $more (i32.const 2) (i32.const 0) (i32.const 1)) (elem.drop $more))
  (func (export "call") (param i32) (result i32) local.get 0 call_indirect (type $r))
  (func (export "out") (param i32) (result i32) local.get 0 call $f)
  (func (export "trap") unreachable))"#;

/// A module whose query carries out steps and then describes all that can be seen of the instance.
fn stateful() -> Arc<Bundle> {
    let bytes = module_bytes(STATE);
    bundle(&format!(
        r#"
const module = new WebAssembly.Module({bytes});
const seen = [];
const make = () => new WebAssembly.Instance(module, {{ e: {{ f: (n) => {{ seen.push(n); return n + seen.length; }} }} }}).exports;
const w = make();
w.hide(5); w.poke(7, 7); w.grow(1); w.out(3); w.r.set(0, seen); w.t.set(2, w.call);
const early = new Uint8Array(w.m.buffer);
const steps = {{
  poke: (n) => w.poke(n % 70000, n), view: (n) => early.fill(n, 0, 1000), grow: (n) => w.grow(n % 3), jsGrow: (n) => w.m.grow(n % 2),
  hide: (n) => w.hide(n), shown: (n) => (w.shown.value += BigInt(n)), table: (n) => w.t.set(n % 3, n % 2 ? w.hidden : null),
  tableGrow: () => w.t.grow(1, w.hidden), ref: (n) => w.r.set(1, {{ n }}), out: (n) => w.out(n), trap: () => w.trap(),
  spare: () => w.spare(), more: () => w.more(), fresh: (n) => make().hide(n), compile: () => new WebAssembly.Module({bytes}),
  memory: (n) => new Uint8Array(new WebAssembly.Memory({{ initial: n % 4 }}).buffer).fill(1), fill: (n) => new Uint8Array(w.m.buffer).fill(n),
}};
const attempt = (work) => {{ try {{ return String(work()); }} catch (e) {{ return `${{e.name}}: ${{e.message}}`; }} }};
const world = (w) => {{
  const bytes = new Uint8Array(w.m.buffer);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 97) sum = (sum * 31 + bytes[i]) >>> 0;
  return [bytes.length, sum, [...bytes.subarray(98, 110)], early.length, early[7], w.hidden(), String(w.shown.value), w.t.length, w.r.length,
    [...Array(w.t.length).keys()].map((i) => attempt(() => w.call(i))), w.r.get(0) === seen, typeof w.r.get(1), seen.length,
    attempt(w.spare), attempt(w.more), attempt(() => w.call(2))];
}};
export const names = Object.keys(steps);
export const f = query(async (ctx, {{ list }}) => {{
  const results = list.map(([index, n]) => attempt(() => steps[names[index % names.length]](n)));
  return [results, world(w), world(make())];
}});"#
    ))
}

fn args(steps: &[(u8, u16)]) -> String {
    let list: Vec<String> = steps.iter().map(|(index, n)| format!("[{index},{n}]")).collect();
    format!(r#"{{"list":[{}]}}"#, list.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    // Checklist: globals do not leak between two executions; here, those of WebAssembly.
    #[test]
    fn calls_in_a_used_heap_give_what_they_give_in_a_new_one(
        sequences in prop::collection::vec(prop::collection::vec((0u8..17, 0u16..500), 0..6), 1..6),
        copy in any::<bool>(),
    ) {
        let bundle = stateful();
        let used = executor(if copy { RestoreMode::Copy } else { RestoreMode::Tracked });
        for steps in &sequences {
            let args = args(steps);
            let fresh = executor(RestoreMode::Copy);
            prop_assert_eq!(calls(&used, &bundle, &args), calls(&fresh, &bundle, &args));
        }
    }
}

#[test]
fn each_step_alone_leaves_nothing_behind() {
    let bundle = stateful();
    let executor = executor(RestoreMode::Tracked);
    let pristine = calls(&executor, &bundle, &args(&[])).unwrap();
    let image = executor.image_bytes(0);
    for step in 0..17 {
        calls(&executor, &bundle, &args(&[(step, 3), (step, 200)])).unwrap();
        assert!(image == executor.image_bytes(0), "bytes differ after step {step}");
        assert_eq!(calls(&executor, &bundle, &args(&[])).unwrap(), pristine, "step {step}");
    }
}

#[test]
fn stopped_calls_leave_nothing_behind() {
    let bytes = module_bytes(
        r#"(module (memory (export "m") 1 100) (global $n (export "n") (mut i32) (i32.const 0))
      (func (export "spin") (loop (global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.store (global.get $n) (i32.const 7)) br 0)))"#,
    );
    let bundle = bundle(&format!(
        "const w = new WebAssembly.Instance(new WebAssembly.Module({bytes})).exports;
         export const spin = query(async () => {{ w.m.grow(50); w.spin(); }});
         export const keep = query(async () => {{ w.n.value = 5; for (;;) w.m.grow(20); }});
         export const f = query(async () => [w.n.value, w.m.buffer.byteLength, new Uint8Array(w.m.buffer).every((b) => b === 0)]);"
    ));
    let executor = executor(RestoreMode::Tracked);
    let limits = CallLimits { user_time: Duration::from_millis(30), ..CallLimits::default() };
    for _ in 0..3 {
        assert!(executor.run(&bundle, &Call { limits, ..call("spin") }, &mut TestHost::echo()).is_err());
        assert!(executor.run(&bundle, &Call { limits, ..call("keep") }, &mut TestHost::echo()).is_err());
        assert_eq!(calls(&executor, &bundle, "{}").unwrap(), "[0,65536,true]");
    }
}
