//! Time, memory and stack.

use std::time::Duration;

use crate::testing::*;
use crate::{Call, CallLimits, Executor, ExecutorOptions, HostError, JsError};

fn limited(body: &str, limits: CallLimits) -> Result<String, JsError> {
    let bundle = bundle(&format!("export const f = query(async () => {{ {body} }});"));
    let call = Call { limits, ..call("f") };
    let executor = Executor::new(ExecutorOptions::default());
    let outcome = executor.run(&bundle, &call, &mut TestHost::echo()).map(|done| done.result_json);
    let again = bundle_still_works(&executor);
    assert!(again, "the executor goes on");
    outcome
}

fn bundle_still_works(executor: &Executor) -> bool {
    let bundle = bundle("export const f = query(async () => 1);");
    executor.run(&bundle, &call("f"), &mut TestHost::echo()).is_ok()
}

fn quick() -> CallLimits {
    CallLimits { user_time: Duration::from_millis(50), ..CallLimits::default() }
}

// Checklist: 1 s CPU timeout on infinite loop; uncatchable; next function unaffected.
#[test]
fn endless_code_times_out_whatever_it_catches() {
    for body in [
        "for (;;) {}",
        "for (;;) { try { for (;;) {} } catch { } finally { } }",
        "const f = async () => { for (;;) {} }; try { await f(); } catch { return 1; }",
        "const spin = () => Promise.resolve().then(spin); await spin();",
        "(function f() { try { f(); } finally { for (;;) {} } })();",
        "[1, 2].sort(() => { for (;;) {} });",
        "/(a+)+$/.test('a'.repeat(40) + 'b');",
        "JSON.parse('[1]', () => { for (;;) {} });",
        "for (;;) Math.random();",
        // Few steps, each of them slow.
        "const text = JSON.stringify(Array(1e5).fill('text')); for (;;) JSON.parse(text);",
        "const bytes = new Uint8Array(2 ** 24); for (;;) bytes.fill(1);",
        "class A { get x() { for (;;) {} } } ({ ...new A(), y: new A().x });",
    ] {
        let error = limited(body, quick()).unwrap_err();
        assert!(matches!(error, JsError::Timeout { .. }), "{body}: {error}");
    }
}

#[test]
fn timeout_text_names_the_limit() {
    let error = JsError::Timeout { limit: Duration::from_secs(1) };
    assert_eq!(error.to_string(), "Function execution timed out (maximum duration: 1s)");
}

#[test]
fn time_spent_in_the_host_does_not_count() {
    let bundle = bundle(
        "export const f = query(async () => { for (let i = 0; i < 20; i++) { await call('slow', {}); } return 1; });",
    );
    let call = Call { limits: quick(), ..call("f") };
    let mut host = TestHost::answering(|_, _| {
        // Busy rather than asleep: processor time of the host must not count either.
        let start = std::time::Instant::now();
        while start.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        Ok("null".to_owned())
    });
    let outcome = Executor::new(ExecutorOptions::default()).run(&bundle, &call, &mut host);
    assert_eq!(outcome.map(|done| done.result_json), Ok("1".to_owned()));
}

// Checklist: 64 MiB memory error.
#[test]
fn running_out_of_memory_cannot_be_caught() {
    for body in [
        "const keep = []; for (;;) keep.push({});",
        "const keep = []; for (;;) { try { keep.push(new Array(1000).fill(1.5)); } catch { } }",
        "let text = 'x'; try { for (;;) text += text; } catch { } const keep = []; for (;;) keep.push('y'.repeat(1e6) + keep.length);",
        "try { new ArrayBuffer(500 * 1024 * 1024); } catch { } return 1;",
        "const keep = []; try { for (;;) keep.push(new Uint8Array(1 << 20)); } catch { } return 1;",
        "try { JSON.parse('[' + '1,'.repeat(20e6) + '1]'); } catch { } return 1;",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });",
    ] {
        let limits = CallLimits { user_time: Duration::from_secs(60), ..CallLimits::default() };
        let error = limited(body, limits).expect_err(body);
        assert!(matches!(error, JsError::OutOfMemory { .. }), "{body}: {error}");
        assert_eq!(error.to_string(), "JavaScript execution ran out of memory (maximum memory usage: 64 MB)");
    }
}

#[test]
fn cyclic_garbage_is_collected_before_memory_runs_out() {
    let body = "for (let i = 0; i < 400000; i++) { const a = { pad: new Array(16).fill(i) }; a.self = a; } return 1;";
    let limits = CallLimits { user_time: Duration::from_secs(60), ..CallLimits::default() };
    assert_eq!(limited(body, limits).unwrap(), "1");
}

#[test]
fn deep_recursion_is_a_range_error_user_code_may_catch() {
    let body = "
      const deep = (n) => 1 + deep(n + 1);
      try { deep(0); } catch (e) { return [e instanceof RangeError, e.message]; }";
    assert_eq!(eval(body), r#"[true,"Maximum call stack size exceeded"]"#);
    let nested =
        "let v = 1; for (let i = 0; i < 1e5; i++) v = [v]; try { JSON.stringify(v); } catch (e) { return e.name; }";
    assert_eq!(eval(nested), r#""RangeError""#);
}

// One built-in over a sparse array used to run for minutes after the deadline: it looks at each index, and only then
// at the clock. Those that do not look at the clock refuse such arrays.
#[test]
fn builtins_do_not_walk_over_endless_arrays() {
    for call in [
        "a.sort()",
        "a.reverse()",
        "a.join('')",
        "String(a)",
        "a.toLocaleString()",
        "a.concat()",
        "[].concat(a)",
        "a.slice()",
        "a.splice(0, 1)",
        "a.shift()",
        "a.unshift(1)",
        "a.fill(1)",
        "a.copyWithin(1, 2)",
        "a.flat()",
        "a.flatMap((x) => x)",
        "Array.prototype.sort.call(like)",
        "Array.prototype.join.call(like, '')",
        "[].concat(Object.assign(like, { [Symbol.isConcatSpreadable]: true }))",
    ] {
        let body = format!(
            "const a = []; a[2 ** 32 - 2] = 1; const like = {{ length: 2 ** 50 }}; try {{ {call}; }} catch (e) {{ return `${{e.name}}: ${{e.message}}`; }}"
        );
        let text = limited(&body, CallLimits::default()).unwrap();
        assert!(text.starts_with("\"RangeError: This array is too long for this method"), "{call}: {text}");
    }
    for call in [
        "a.indexOf(2)",
        "a.includes(2)",
        "a.lastIndexOf(2)",
        "a.forEach(Boolean)",
        "a.map(Boolean)",
        "a.reduce(Math.max)",
        "a.find(Boolean)",
        "a.toSorted()",
        "a.toReversed()",
        "a.with(1, 2)",
        "a.toSpliced(0, 1)",
        "[...a]",
        "Array.from(a)",
        "JSON.stringify(a)",
        "for (const x of a);",
    ] {
        let body = format!("const a = []; a[2 ** 32 - 2] = 1; try {{ {call}; }} catch {{ }} for (;;);");
        let error = limited(&body, quick()).unwrap_err();
        assert!(matches!(error, JsError::Timeout { .. } | JsError::OutOfMemory { .. }), "{call}: {error}");
    }
}

// Loops in C that never look at the clock, and need not be given an array: only the trap ends them.
#[test]
fn builtins_that_never_ask_are_stopped() {
    for call in [
        "new Set(a)",
        "new Set({ [Symbol.iterator]: () => ({ next: Object }) })",
        "new WeakSet(a.values().filter(Object.is))",
        "a.values().some(Object.is)",
        "a.values().drop(2 ** 40).next()",
        "Array.prototype.find.call({ length: 2 ** 50 }, Object.is)",
        "Array.prototype.forEach.call({ length: 2 ** 50 }, Object)",
        "const m = new Map([[1, a]]); for (;;) try { new Set(m.get(1)); } catch { }",
    ] {
        let body = format!(
            "const a = []; a[2 ** 32 - 2] = 1; try {{ {call}; }} catch {{ return 1; }} finally {{ globalThis.x = 1; }}"
        );
        let error = limited(&body, quick()).unwrap_err();
        assert!(matches!(error, JsError::Timeout { .. }), "{call}: {error}");
    }
    assert!(crate::engine::find_layout().is_some(), "the trap knows where prototypes are");
}

#[test]
fn a_trap_leaves_no_trace() {
    let bundle = bundle(
        "export const f = query(async () => { new Set(Array(2 ** 32 - 1)); });
         export const g = query(async () => [Object.getPrototypeOf(Object.prototype), 'x' in {}, {}.x === undefined, typeof nobody]);",
    );
    let executor = Executor::new(ExecutorOptions::default());
    for _ in 0..2 {
        let stuck = executor.run(&bundle, &Call { limits: quick(), ..call("f") }, &mut TestHost::echo());
        assert!(matches!(stuck, Err(JsError::Timeout { .. })));
        let done = executor.run(&bundle, &call("g"), &mut TestHost::echo()).unwrap();
        assert_eq!(done.result_json, r#"[null,false,true,"undefined"]"#);
    }
}

#[test]
fn guarded_builtins_work_as_ever() {
    let body = "const a = [3, 1, 2]; const sparse = []; sparse[1000] = 1;
      return [a.sort(), a.slice(1), a.concat([4], 5), a.join('-'), String(a), a.splice(0, 1), a.reverse(), a.shift(), a.unshift(9, 8), a.fill(7, 1), [1, [2, [3]]].flat(), [1].flatMap((x) => [x, x]),
        sparse.sort().length, Array.prototype.join.call('abc', '.'), Array.prototype.slice.call({ length: 2, 0: 'x' }), Array.prototype.sort.call(new Uint8Array([2, 1])).length,
        Array.prototype.sort.name, Array.prototype.splice.length, Object.keys(Array.prototype), [1, 2].toLocaleString(), class extends Array {}.from([2, 1]).sort().length];";
    assert_eq!(
        eval(body),
        r#"[[9,7,7],[2,3],[1,2,3,4,5],"1-2-3","1,2,3",[1],[9,7,7],3,3,[9,7,7],[1,2,[3]],[1,1],1001,"a.b.c",["x",null],2,"sort",2,[],"1,2",2]"#
    );
}

#[test]
fn a_refused_operation_after_memory_ran_out_is_not_run() {
    let mut host = TestHost::answering(|_, _| Ok("null".to_owned()));
    let body = "try { new ArrayBuffer(400e6); } catch { } for (let i = 0; i < 1e6; i++); await call('late', {});";
    let error = try_eval_with(body, &mut host).unwrap_err();
    assert!(matches!(error, JsError::OutOfMemory { .. }), "{error}");
    assert!(host.calls.is_empty(), "{:?}", host.calls);
}

#[test]
fn nested_failures_leave_the_outer_call_alone() {
    let inner = bundle("export const f = query(async () => { for (;;) {} });");
    let outer = bundle(
        "export const f = query(async () => { try { await call('run', {}); } catch (e) { return e.message; } });",
    );
    let executor = Executor::new(ExecutorOptions::default());
    let quick = Call { limits: quick(), ..call("f") };
    let mut host = TestHost::answering(|_, _| {
        let error = executor.run(&inner, &quick, &mut TestHost::echo()).unwrap_err();
        Err(HostError::developer(error.to_string()))
    });
    let done = executor.run(&outer, &call("f"), &mut host).unwrap();
    assert_eq!(done.result_json, r#""Function execution timed out (maximum duration: 0.05s)""#);
}

#[test]
fn memory_may_run_out_at_any_allocation() {
    let bundle = bundle(
        "export const f = query(async () => {
           const keep = [];
           try {
             for (let i = 0; i < 300; i++) {
               keep.push({ i, ['key' + i]: [i, String(i).repeat(20)] }, new Map([[i, new Set([i])]]), (x) => x + i);
               keep.push(JSON.parse(JSON.stringify(keep.slice(-3))), /a(b+)c/g.exec('xabbbc'), new Uint8Array(i * 3));
               keep.push([...'abc'].map((c) => c + i).sort().join(), structuredClone({ d: new Date(i), e: new Error('e') }));
               keep.push(new URL('http://a/' + i).href, await (async () => i)(), 2n ** BigInt(i), `${i}`.padStart(40, 'é'));
               class A { #x = i; get x() { return this.#x; } }
               keep.push(new A().x, { ...keep[0] }, (function* () { yield i; })().next(), new Proxy({}, {}));
             }
           } catch (error) {
             keep.push(String(error), error.stack);
           }
           return keep.length;
         });",
    );
    let executor = Executor::new(ExecutorOptions::default());
    let mut failed = 0;
    for step in 0..400 {
        let limits = CallLimits { heap_bytes: step * 1531, ..CallLimits::default() };
        match executor.run(&bundle, &Call { limits, ..call("f") }, &mut TestHost::echo()) {
            Ok(_) => {}
            Err(JsError::OutOfMemory { .. }) => failed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(failed > 100, "{failed} of 400 limits were too small");
    assert!(executor.run(&bundle, &call("f"), &mut TestHost::echo()).is_ok());
}

#[test]
fn the_interrupt_countdown_is_found_in_this_build_of_the_engine() {
    assert!(crate::engine::find_countdown().is_some());
}
