//! WebAssembly and asynchronous contexts in actions.

use super::*;
use crate::testing::action_program;
use crate::wasm::tests::module_bytes;

const COUNTER: &str = r#"(module (import "e" "f" (func $f (result i32))) (memory (export "m") 1)
  (global $n (mut i32) (i32.const 0))
  (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (call $f))) (global.get $n)))"#;

// Checklist: wasm module compiled at import works in Q, M, A.
#[test]
fn webassembly_of_an_action_lives_as_long_as_its_heap() {
    let bytes = module_bytes(COUNTER);
    let main = format!(
        "import {{ action, call }} from './_deps/lib.js';
         const module = new WebAssembly.Module({bytes}); let by = 1;
         const w = new WebAssembly.Instance(module, {{ e: {{ f: () => by }} }}).exports;
         new Uint8Array(w.m.buffer)[1] = 9; w.next();
         export const f = action(async () => {{
           const view = new Uint8Array(w.m.buffer); const first = w.next();
           by = (await call('1.0/a', {{}})).n;
           const other = await WebAssembly.instantiate(module, {{ e: {{ f: () => w.next() }} }});
           return [first, w.next(), other.exports.next(), view[1], w.m.grow(1), view.length];
         }});"
    );
    let bundle = action_program(&main);
    for by in [10, 20] {
        let heap = ActionHeap::new(bundle.clone(), ActionLimits::default(), [7; 32]);
        let mut run = Run { heap, host: Recorder::default() };
        waiting(&run.heap.start(&ACTION, &mut run.host));
        let (id, _) = run.host.started.remove(0);
        let (heap, host) = (&mut run.heap, &mut run.host);
        let answer = vec![(id, Ok(OpAnswer::text(format!("{{\"n\":{by}}}"))))];
        let step =
            std::thread::scope(|scope| scope.spawn(|| heap.resume(answer, host)).join().expect("does not panic"));
        assert_eq!(done(step), format!("[2,{},{},9,1,0]", 2 + by, 2 + 2 * by));
    }
}

#[test]
fn an_endless_function_of_an_action_is_stopped() {
    let bytes = module_bytes(r#"(module (func (export "spin") (loop br 0)))"#);
    let limits = ActionLimits { user_time: Duration::from_millis(50), ..ActionLimits::default() };
    let body = format!(
        "const w = new WebAssembly.Instance(new WebAssembly.Module({bytes})).exports; try {{ w.spin(); }} catch {{ return 1; }}"
    );
    let (_, step) = Run::with(&body, limits);
    assert!(failed(step).starts_with("Function execution timed out"));
}

#[test]
fn contexts_survive_timers_and_operations() {
    let (mut run, step) = Run::start(
        "const als = new AsyncLocalStorage(); const out = [];
         const flow = async (name) => { setTimeout(() => out.push(`timer ${als.getStore()}`), 5); await call(name, {}); out.push(`${name} ${als.getStore()}`); };
         await Promise.all([als.run('x', flow, 'a'), als.run('y', flow, 'b')]);
         await new Promise((resolve) => als.run('z', () => setTimeout(resolve, 1))); out.push(String(als.getStore()));
         return out;",
    );
    waiting(&step);
    assert_eq!(run.names(), ["timer", "a", "timer", "b"]);
    for _ in 0..4 {
        waiting(&run.answer(Ok(OpAnswer::text("{}"))));
    }
    assert_eq!(done(run.answer(Ok(OpAnswer::nothing()))), r#"["timer x","a x","timer y","b y","undefined"]"#);
}
