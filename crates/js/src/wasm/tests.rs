//! WebAssembly in queries: the JavaScript interface, its limits, and that no call sees what another one did to it.

use std::sync::Arc;
use std::time::Duration;

use crate::testing::*;
use crate::{Bundle, Call, CallLimits, Executor, ExecutorOptions, JsError, RestoreMode};

mod isolation;

/// JavaScript for the bytes of a module.
pub(crate) fn module_bytes(text: &str) -> String {
    let bytes = wat::parse_str(text).expect("test modules are well-formed");
    format!("new Uint8Array({bytes:?})")
}

/// Evaluates a body that sees `bytes`, the module, and `make(imports)`, which returns its exports.
fn run(text: &str, body: &str) -> Result<String, JsError> {
    let bytes = module_bytes(text);
    try_eval(&format!(
        "const bytes = {bytes}; const make = (imports) => new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports; {body}"
    ))
}

#[track_caller]
fn check(text: &str, body: &str, expected: &str) {
    assert_eq!(run(text, body).unwrap_or_else(|error| panic!("{error}")), expected);
}

/// Name and message of what a body throws.
#[track_caller]
fn thrown(text: &str, body: &str) -> String {
    let body = format!("try {{ {body} }} catch (e) {{ return `${{e.name}}: ${{e.message}}`; }}");
    let json = run(text, &body).unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_str(&json).expect("a text")
}

const EMPTY: &str = "(module)";

const NUMBERS: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "wide") (param i64) (result i64) local.get 0 i64.const 1 i64.add)
  (func (export "half") (param f32) (result f32) local.get 0 f32.const 2 f32.div)
  (func (export "root") (param f64) (result f64) local.get 0 f64.sqrt)
  (func (export "swap") (param i32 f64) (result f64 i32) local.get 1 local.get 0)
  (func (export "nothing")))"#;

#[test]
fn numbers_cross_as_the_standard_says() {
    check(
        NUMBERS,
        "const { add, wide, half, root, swap, nothing } = make();
         return [add(2, 3), add('7', 1.9), add(2 ** 31, 0), add(), String(wide(2n ** 63n - 1n)), half(3), root(2), swap(1, 2.5), nothing() === undefined,
           add.length, typeof add.name, add === make, Object.isFrozen(make())];",
        "[5,8,-2147483648,0,\"-9223372036854775808\",1.5,1.4142135623730951,[2.5,1],true,2,\"string\",false,true]",
    );
    assert_eq!(thrown(NUMBERS, "make().wide(1);"), "TypeError: cannot convert to bigint");
    assert_eq!(thrown(NUMBERS, "new (make().add)();"), "TypeError: not a constructor");
}

#[test]
fn modules_describe_themselves() {
    let text = r#"(module
      (import "env" "f" (func)) (import "env" "m" (memory 1)) (import "a" "t" (table 1 funcref)) (import "a" "g" (global i32))
      (export "again" (func 0)) (export "mem" (memory 0))
      (@custom "note" "hello"))"#;
    check(
        text,
        "const m = new WebAssembly.Module(bytes);
         return [WebAssembly.Module.imports(m), WebAssembly.Module.exports(m),
           new TextDecoder().decode(WebAssembly.Module.customSections(m, 'note')[0]), WebAssembly.Module.customSections(m, 'none'),
           WebAssembly.validate(bytes), WebAssembly.validate(new Uint8Array([1, 2])), String(m), String(WebAssembly)];",
        r#"[[{"module":"env","name":"f","kind":"function"},{"module":"a","name":"t","kind":"table"},{"module":"env","name":"m","kind":"memory"},{"module":"a","name":"g","kind":"global"}],[{"name":"again","kind":"function"},{"name":"mem","kind":"memory"}],"hello",[],true,false,"[object WebAssembly.Module]","[object WebAssembly]"]"#,
    );
}

#[test]
fn errors_are_of_the_three_kinds() {
    let wants = r#"(module (import "env" "f" (func (param i32))))"#;
    assert!(thrown(EMPTY, "new WebAssembly.Module(new Uint8Array(4));").starts_with("CompileError: "));
    assert_eq!(
        thrown(wants, "make({ env: {} });"),
        "LinkError: WebAssembly.Instance(): Import #0 \"env\" \"f\": function import requires a callable"
    );
    assert!(thrown(wants, "make({});").starts_with("TypeError: "));
    let other =
        "const { add } = new WebAssembly.Instance(new WebAssembly.Module(BYTES)).exports; make({ env: { f: add } });"
            .replace("BYTES", &module_bytes(NUMBERS));
    assert!(thrown(wants, &other).starts_with("LinkError: "), "a function of another type");
    check(
        EMPTY,
        "const e = new WebAssembly.RuntimeError('x'); return [e instanceof Error, e instanceof WebAssembly.RuntimeError, e.name, String(e), WebAssembly.CompileError.name];",
        r#"[true,true,"RuntimeError","RuntimeError: x","CompileError"]"#,
    );
}

#[test]
fn traps_are_runtime_errors_that_code_may_catch() {
    let text = r#"(module (memory 1) (table 1 funcref) (type $t (func))
      (func (export "stop") unreachable)
      (func (export "divide") (result i32) i32.const 1 i32.const 0 i32.div_s)
      (func (export "far") (result i32) i32.const 70000 i32.load)
      (func (export "null") i32.const 0 call_indirect (type $t))
      (func (export "outside") i32.const 9 call_indirect (type $t))
      (func $deep (export "deep") call $deep))"#;
    for (name, text_of_trap) in [
        ("stop", "RuntimeError: unreachable"),
        ("divide", "RuntimeError: divide by zero"),
        ("far", "RuntimeError: memory access out of bounds"),
        ("null", "RuntimeError: null function or function signature mismatch"),
        ("outside", "RuntimeError: table index is out of bounds"),
        ("deep", "RangeError: Maximum call stack size exceeded"),
    ] {
        assert_eq!(thrown(text, &format!("make().{name}();")), text_of_trap);
    }
    check(text, "const w = make(); for (let i = 0; i < 50; i++) { try { w.stop(); } catch {} } return 1;", "1");
    let error = run(text, "make().stop();").unwrap_err();
    assert!(error.to_string().starts_with("Uncaught RuntimeError: unreachable"), "{error}");
}

#[test]
fn start_functions_run_and_data_is_in_place() {
    let text = r#"(module (memory (export "m") 1) (data (i32.const 8) "hello") (global $g (export "g") (mut i32) (i32.const 1))
      (func $start i32.const 0 i32.const 42 i32.store8 i32.const 7 global.set $g) (start $start))"#;
    check(
        text,
        "const { m, g } = make(); const b = new Uint8Array(m.buffer); return [b[0], new TextDecoder().decode(b.subarray(8, 13)), g.value, m.buffer.byteLength];",
        r#"[42,"hello",7,65536]"#,
    );
    let trap = r#"(module (func $start unreachable) (start $start))"#;
    assert_eq!(thrown(trap, "make();"), "RuntimeError: unreachable");
    let endless = r#"(module (func $start (loop br 0)) (start $start))"#;
    let error = run(endless, "try { make(); } catch {} return 1;").unwrap_err();
    assert!(matches!(error, JsError::Timeout { .. }), "{error}");
}

const MEMORY: &str = r#"(module (memory (export "m") 1 40)
  (func (export "peek") (param i32) (result i32) local.get 0 i32.load8_u)
  (func (export "poke") (param i32 i32) local.get 0 local.get 1 i32.store8)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))"#;

#[test]
fn memory_is_one_and_the_same_on_both_sides() {
    check(
        MEMORY,
        "const { m, peek, poke, grow } = make();
         const view = new Uint8Array(m.buffer); view[5] = 9; poke(6, 8);
         const seen = [peek(5), view[6], m.buffer === m.buffer, m instanceof WebAssembly.Memory];
         const before = m.buffer;
         seen.push(grow(1), before.byteLength, view.length, m.buffer.byteLength, new Uint8Array(m.buffer)[5]);
         seen.push(m.grow(2), m.buffer.byteLength / 65536, grow(100), m.buffer === m.buffer);
         new Uint8Array(m.buffer)[200000] = 77; seen.push(peek(200000));
         const kept = m.buffer; m.grow(0); seen.push(kept.byteLength);
         return seen;",
        "[9,8,true,true,1,0,0,131072,9,2,4,-1,true,77,0]",
    );
    assert!(thrown(MEMORY, "make().m.grow(100);").starts_with("RangeError"));
    for method in ["transfer()", "transferToFixedLength()", "transferToImmutable()", "transfer(10)"] {
        let text = thrown(MEMORY, &format!("make().m.buffer.{method};"));
        assert!(text.starts_with("TypeError: ArrayBuffer.prototype.transfer"), "{method}: {text}");
    }
}

#[test]
fn memories_are_imported_and_shared_between_instances() {
    let text = r#"(module (import "e" "m" (memory 1)) (export "again" (memory 0))
      (func (export "poke") i32.const 3 i32.const 4 i32.store8))"#;
    check(
        text,
        "const m = new WebAssembly.Memory({ initial: 1, maximum: 3 }); const one = make({ e: { m } }); const two = make({ e: { m } });
         one.poke(); return [new Uint8Array(m.buffer)[3], one.again === m, two.again === m, m.grow(2), m.buffer.byteLength];",
        "[4,true,true,1,196608]",
    );
    assert!(thrown(text, "make({ e: { m: new WebAssembly.Memory({ initial: 0 }) } });").starts_with("LinkError"));
    assert!(thrown(text, "new WebAssembly.Memory({ initial: 3, maximum: 1 });").starts_with("RangeError"));
}

#[test]
fn globals_hold_numbers_big_integers_and_references() {
    let text = r#"(module (import "e" "c" (global i64)) (import "e" "v" (global $v (mut f64)))
      (global (export "own") (mut i32) (i32.const 5)) (global (export "fixed") i64 (global.get 0))
      (func (export "bump") global.get $v f64.const 1 f64.add global.set $v))"#;
    check(
        text,
        "const v = new WebAssembly.Global({ value: 'f64', mutable: true }, 1.5); const w = make({ e: { c: 12n, v } });
         w.bump(); w.own.value = 8; const out = [v.value, v + 1, w.own.value, String(w.fixed.value)];
         try { w.fixed.value = 1n; } catch (e) { out.push(e.name); }
         const o = {}; const ref = new WebAssembly.Global({ value: 'externref', mutable: true }, o); out.push(ref.value === o); ref.value = 'text'; out.push(ref.value);
         return out;",
        r#"[2.5,3.5,8,"12","TypeError",true,"text"]"#,
    );
}

#[test]
fn tables_hold_functions_and_javascript_values() {
    let text = r#"(module (table (export "t") 2 10 funcref) (elem (i32.const 0) $one) (type $r (func (result i32)))
      (func $one (export "one") (result i32) i32.const 1)
      (func (export "two") (result i32) i32.const 2)
      (func (export "call") (param i32) (result i32) local.get 0 call_indirect (type $r)))"#;
    check(
        text,
        "const { t, one, two, call } = make(); const out = [t.length, t.get(0) === one, t.get(1), call(0)];
         t.set(1, two); out.push(call(1), t.grow(1, one), t.get(2)(), t.length);
         for (const bad of [() => t.set(0, () => 1), () => t.get(9), () => t.grow(100)]) { try { bad(); } catch (e) { out.push(e.name); } }
         t.set(0); out.push(t.get(0));
         const e = new WebAssembly.Table({ element: 'externref', initial: 1 }, 'x'); e.set(0, out); out.push(e.get(0) === out); return out.slice(0, -1).concat(e.grow(1), e.length);",
        r#"[2,true,null,1,2,2,1,3,"TypeError","RangeError","RangeError",null,1,2]"#,
    );
}

#[test]
fn references_keep_their_identity() {
    let text = r#"(module (import "e" "f" (func $f (param externref funcref) (result externref)))
      (func (export "pass") (param externref) (result externref) local.get 0 ref.func 2 call $f)
      (func (export "own") (result i32) i32.const 3) (elem declare func 2))"#;
    check(
        text,
        "const o = { a: 1 }; const seen = []; const w = make({ e: { f: (x, g) => { seen.push(x === o, g === w.own, g?.()); return x; } } });
         return [w.pass(o) === o, w.pass('s'), w.pass(null), w.pass(undefined) === undefined, w.pass(1.5), seen.slice(0, 3)];",
        r#"[true,"s",null,true,1.5,[true,true,3]]"#,
    );
}

const IMPORTS: &str = r#"(module (import "e" "f" (func $f (param i32) (result i32)))
  (import "e" "pair" (func $pair (result i32 i64)))
  (memory (export "m") 1 9)
  (func $down (export "down") (param i32) (result i32) local.get 0 call $f)
  (func (export "both") (result i64 i32) (local i64 i32) call $pair local.set 0 local.set 1 local.get 0 local.get 1)
  (func (export "grow") (result i32) (drop (memory.grow (i32.const 1))) (call $f (i32.const 0))))"#;

#[test]
fn javascript_is_called_from_webassembly_and_calls_back() {
    check(
        IMPORTS,
        "const w = make({ e: { f: (n) => (n <= 0 ? 100 : w.down(n - 1) + 1), pair: () => [1, 2n] } }); return w.down(20);",
        "120",
    );
    check(
        IMPORTS,
        "let stale; const w = make({ e: { f: () => { const fresh = new Uint8Array(w.m.buffer); fresh[0] = 5; return stale.length * 10 + fresh.length / 65536; }, pair: () => [] } });
         stale = new Uint8Array(w.m.buffer); return [w.grow(), new Uint8Array(w.m.buffer)[0]];",
        "[2,5]",
    );
    let wrong = "const w = make({ e: { f: () => 1, pair: () => [1] } }); w.both();";
    assert!(thrown(IMPORTS, wrong).starts_with("TypeError"));
}

#[test]
fn exceptions_pass_through_webassembly_unchanged() {
    check(
        IMPORTS,
        "const mine = new RangeError('mine'); const w = make({ e: { f: (n) => { if (n === 0) throw mine; return w.down(n - 1); }, pair: () => [] } });
         try { w.down(5); } catch (e) { return [e === mine, w.m.buffer.byteLength]; }",
        "[true,65536]",
    );
    check(
        IMPORTS,
        "const w = make({ e: { f: () => 1n, pair: () => [] } }); try { w.down(1); } catch (e) { return e.name; }",
        r#""TypeError""#,
    );
    let deep = "const w = make({ e: { f: (n) => w.down(n + 1), pair: () => [] } }); try { w.down(1); } catch (e) { return e.name; }";
    check(IMPORTS, deep, r#""RangeError""#);
}

#[test]
fn promises_compile_and_instantiate() {
    check(
        NUMBERS,
        "const { module, instance } = await WebAssembly.instantiate(bytes); const again = await WebAssembly.instantiate(module);
         const compiled = await WebAssembly.compile(bytes.buffer);
         const failed = await WebAssembly.compile(new Uint8Array(3)).catch((e) => e.name);
         const response = new Response(bytes, { headers: { 'content-type': 'application/wasm' } });
         const streamed = await WebAssembly.instantiateStreaming(response);
         const refused = await WebAssembly.compileStreaming(new Response(bytes)).catch((e) => e.name);
         return [instance.exports.add(1, 1), again.exports.add(2, 2), compiled instanceof WebAssembly.Module, failed, streamed.instance.exports.add(3, 3), refused];",
        r#"[2,4,true,"CompileError",6,"TypeError"]"#,
    );
}

fn limited(text: &str, body: &str, limits: CallLimits) -> Result<String, JsError> {
    let bytes = module_bytes(text);
    let source = format!(
        "const bytes = {bytes}; const make = (imports) => new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports; export const f = query(async () => {{ {body} }}); export const g = query(async () => 1);"
    );
    let bundle = bundle(&source);
    let executor = Executor::new(ExecutorOptions::default());
    let outcome = executor.run(&bundle, &Call { limits, ..call("f") }, &mut TestHost::echo());
    assert_eq!(executor.run(&bundle, &call("g"), &mut TestHost::echo()).unwrap().result_json, "1", "others go on");
    outcome.map(|done| done.result_json)
}

#[test]
fn endless_webassembly_is_stopped_whatever_catches() {
    let text = r#"(module (import "e" "f" (func $f)) (memory 1)
      (func (export "spin") (loop br 0))
      (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) br 0))
      (func (export "calls") (loop call $f br 0)))"#;
    let limits = CallLimits { user_time: Duration::from_millis(50), ..CallLimits::default() };
    for body in [
        "make({ e: { f() {} } }).spin();",
        "make({ e: { f() {} } }).fill();",
        "make({ e: { f() {} } }).calls();",
        "const w = make({ e: { f() { w.spin(); } } }); for (;;) { try { w.calls(); } catch {} finally {} }",
        "make({ e: { f() { for (;;) {} } } }).calls();",
        "for (;;) new WebAssembly.Module(bytes);",
    ] {
        let error = limited(text, &format!("try {{ {body} }} catch {{ }} return 1;"), limits).unwrap_err();
        assert!(matches!(error, JsError::Timeout { .. } | JsError::OutOfMemory { .. }), "{body}: {error}");
    }
}

#[test]
fn memories_tables_and_modules_count_against_the_heap() {
    let limits = CallLimits { user_time: Duration::from_secs(60), ..CallLimits::default() };
    let most = limited(
        r#"(module (memory (export "m") 1) (func (export "grow") (result i32) i32.const 16 memory.grow))"#,
        "const w = make(); let n = 0; while (w.grow() !== -1) n++; return n;",
        limits,
    );
    let grown: u32 = most.unwrap().parse().unwrap();
    assert!((30..=63).contains(&grown), "{grown} MiB of 64");
    let body = "const keep = []; try { for (;;) keep.push(new WebAssembly.Memory({ initial: 160 })); } catch (e) { return [e.name, keep.length]; }";
    assert_eq!(limited(EMPTY, body, limits).unwrap(), r#"["RangeError",6]"#);
    let table = "try { new WebAssembly.Table({ element: 'externref', initial: 9e6 }); } catch (e) { return e.name; }";
    assert_eq!(limited(EMPTY, table, limits).unwrap(), r#""RangeError""#);
    let beside = "const m = new WebAssembly.Memory({ initial: 600 }); const keep = []; for (;;) keep.push('x'.repeat(1e6) + keep.length);";
    assert!(matches!(limited(EMPTY, beside, limits), Err(JsError::OutOfMemory { .. })));
    let modules = "const keep = []; for (;;) { try { for (;;) keep.push(new WebAssembly.Module(bytes)); } catch {} }";
    assert!(matches!(limited(NUMBERS, modules, limits), Err(JsError::OutOfMemory { .. })));
    let instances = "const keep = []; try { for (;;) keep.push(make()); } catch (e) { return keep.length >= 1000; }";
    assert_eq!(limited(NUMBERS, instances, limits).unwrap(), "true");
}

#[test]
fn memory_may_run_out_anywhere() {
    let bytes = module_bytes(IMPORTS);
    let bundle = bundle(&format!(
        "const bytes = {bytes}; export const f = query(async () => {{ const w = new WebAssembly.Instance(new WebAssembly.Module(bytes), {{ e: {{ f: (n) => (n <= 0 ? 1 : w.down(n - 1)), pair: () => [1, 2n] }} }}).exports;
           const t = new WebAssembly.Table({{ element: 'externref', initial: 10 }}, w); t.grow(5, 'x'); w.m.grow(1); w.grow(); w.both(); return w.down(9); }});"
    ));
    let executor = Executor::new(ExecutorOptions::default());
    let mut failed = 0;
    for step in 0..200 {
        let limits = CallLimits { heap_bytes: step * 1999, ..CallLimits::default() };
        match executor.run(&bundle, &Call { limits, ..call("f") }, &mut TestHost::echo()) {
            Ok(_) => {}
            Err(_) => failed += 1,
        }
    }
    assert!(failed > 20, "{failed} of 200 limits were too small");
    assert_eq!(executor.run(&bundle, &call("f"), &mut TestHost::echo()).unwrap().result_json, "1");
}

#[test]
fn mutations_and_imports_use_webassembly_too() {
    let bytes = module_bytes(NUMBERS);
    let bundle = bundle(&format!(
        "const m = new WebAssembly.Module({bytes}); const sum = new WebAssembly.Instance(m).exports.add(20, 22);
         export const f = mutation(async () => [sum, new WebAssembly.Instance(m).exports.add(1, sum)]);"
    ));
    let executor = Executor::new(ExecutorOptions::default());
    let call = Call { kind: crate::Kind::Mutation, ..call("f") };
    for _ in 0..3 {
        assert_eq!(executor.run(&bundle, &call, &mut TestHost::echo()).unwrap().result_json, "[42,43]");
    }
}

fn calls(executor: &Executor, bundle: &Arc<Bundle>, args: &str) -> Result<String, JsError> {
    let args_json = format!("[{args}]");
    let limits = CallLimits { user_time: Duration::from_secs(5), ..CallLimits::default() };
    let call = Call { args_json: &args_json, limits, ..call("f") };
    executor.run(bundle, &call, &mut TestHost::echo()).map(|done| done.result_json)
}

fn executor(restore: RestoreMode) -> Executor {
    Executor::new(ExecutorOptions { restore, ..Default::default() })
}
