//! Error texts, stacks and console lines.

use std::sync::Arc;

use crate::testing::*;
use crate::{Bundle, Call, Executor, ExecutorOptions, JsError, ModuleSource};

fn message(body: &str) -> String {
    try_eval(body).unwrap_err().to_string()
}

// Checklist: non-Error throw (`throw "x"`, `throw {a:1}`).
#[test]
fn anything_may_be_thrown() {
    assert_eq!(message("throw 'x';"), "Uncaught x");
    assert_eq!(message("throw { a: 1 };"), "Uncaught [object Object]");
    assert_eq!(message("throw { toString() { return 'own'; } };"), "Uncaught own");
    assert_eq!(message("throw undefined;"), "Uncaught undefined");
    assert_eq!(message("throw '';"), "Uncaught");
    assert_eq!(message("throw Symbol('s');"), "Uncaught Symbol(s)");
    assert_eq!(message("throw { toString() { throw 1; } };"), "Uncaught");
}

#[test]
fn empty_parts_of_an_error_are_left_out() {
    assert_eq!(message("throw new Error('boom');"), "Uncaught Error: boom");
    assert_eq!(message("throw new TypeError();"), "Uncaught TypeError");
    assert_eq!(message("const e = new Error('only'); e.name = ''; throw e;"), "Uncaught only");
    assert_eq!(message("const e = new Error(''); e.name = ''; throw e;"), "Uncaught");
    assert_eq!(message("throw new DOMException('stop', 'AbortError');"), "Uncaught AbortError: stop");
    assert_eq!(message("null.x;"), "Uncaught TypeError: cannot read property 'x' of null");
}

// Checklist: `ConvexError` with object, string, bigint data reaches client with data.
#[test]
fn data_of_a_convex_error_travels_beside_the_message() {
    let body = r#"
      const symbol = Symbol.for("ConvexError");
      class ConvexError extends Error { constructor(m) { super(m); this.name = "ConvexError"; this.ConvexErrorSymbol = symbol; this[symbol] = true; } }
      const e = new ConvexError('{"code":"1n"}'); e.data = '{"code":{"$integer":"AQAAAAAAAAA="}}'; throw e;"#;
    let error = try_eval(body).unwrap_err();
    let JsError::Uncaught { message, data } = error else { panic!("{error:?}") };
    assert_eq!(message, r#"Uncaught ConvexError: {"code":"1n"}"#);
    assert_eq!(data.as_deref(), Some(r#"{"code":{"$integer":"AQAAAAAAAAA="}}"#));
    assert_eq!(
        try_eval("const e = new Error('x'); e.data = 'y'; throw e;").unwrap_err(),
        JsError::uncaught("Uncaught Error: x")
    );
}

#[test]
fn long_messages_are_cut() {
    let text = message("throw new Error('é'.repeat(100000));");
    assert!(text.len() <= 64 << 10 && text.starts_with("Uncaught Error: éé"));
}

/// A module with a source map made by esbuild 0.27: `convex/messages.ts` and two library files.
fn mapped_bundle() -> Arc<Bundle> {
    let module = ModuleSource {
        path: "messages.js".to_owned(),
        source: include_str!("../../../tests/fixtures/messages.js").to_owned(),
        source_map: Some(include_str!("../../../tests/fixtures/messages.js.map").to_owned()),
    };
    Arc::new(Bundle::compile(vec![module]).unwrap())
}

fn run_mapped(export: &str) -> Result<String, JsError> {
    let call = Call { module: "messages.js", ..call(export) };
    let executor = Executor::new(ExecutorOptions::default());
    executor.run(&mapped_bundle(), &call, &mut TestHost::echo()).map(|done| done.result_json)
}

// Checklist: stack maps to source file and line; internal frames trimmed.
#[test]
fn stacks_point_into_the_author_s_files() {
    expect_test::expect![[r#"
        Uncaught Error: boom
            at fail (../convex/messages.ts:5:19)
            at handler (../convex/messages.ts:11:5)"#]]
    .assert_eq(&run_mapped("thrower").unwrap_err().to_string());
    expect_test::expect![[r#"
        Uncaught RangeError: in a library
            at parse (../node_modules/parser/index.js:3:15)
            at handler (../convex/messages.ts:17:18)"#]]
    .assert_eq(&run_mapped("libraryThrower").unwrap_err().to_string());
}

#[test]
fn stacks_read_in_user_code_are_mapped_too() {
    let stack: String = serde_json::from_str(&run_mapped("stackReader").unwrap()).unwrap();
    expect_test::expect![[r#"
        Error: inspected
            at handler (../convex/messages.ts:24:23)"#]]
    .assert_eq(&stack);
}

#[test]
fn stacks_without_a_source_map_have_no_frames() {
    assert_eq!(eval("return new Error('bare').stack;"), r#""Error: bare""#);
    assert_eq!(eval("const o = { name: 'N', message: 'm' }; Error.captureStackTrace(o); return o.stack;"), r#""N: m""#);
    assert_eq!(eval("const e = new Error('x'); e.stack = 'mine'; return e.stack;"), r#""mine""#);
}

#[test]
fn a_syntax_error_names_its_place() {
    let error = Bundle::compile(vec![module("bad.js", "export const a = 1;\nexport const = 2;")]).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("Uncaught SyntaxError: "), "{text}");
    assert!(text.contains("convex:/bad.js:2:"), "{text}");
}

fn lines(body: &str) -> Vec<String> {
    let mut host = TestHost::echo();
    try_eval_with(body, &mut host).unwrap();
    host.texts()
}

fn logged(expression: &str) -> String {
    let mut host = TestHost::echo();
    try_eval_with(&format!("console.log({expression});"), &mut host).unwrap();
    assert_eq!(host.lines.len(), 1);
    host.lines[0].1.join(" | ")
}

// Checklist: console methods, inspect formatting, truncation, 256 lines, overflow line.
#[test]
fn console_methods_have_levels() {
    let body = "for (const m of ['debug', 'log', 'info', 'warn', 'error']) console[m](m, 1); console.log();";
    assert_eq!(
        lines(body),
        ["DEBUG 'debug' 1", "LOG 'log' 1", "INFO 'info' 1", "WARN 'warn' 1", "ERROR 'error' 1", "LOG "]
    );
    assert_eq!(
        eval("return [typeof console.table, typeof console.dir, typeof console.group, typeof console.assert];"),
        r#"["undefined","undefined","undefined","undefined"]"#
    );
    assert_eq!(eval("const { log } = console; log('detached'); return 1;"), "1");
}

#[test]
fn values_are_shown_as_developers_know_them() {
    for (expression, shown) in [
        ("'hi', 1", "'hi' | 1"),
        (r#""it's\n""#, r"'it\'s\n'"),
        ("-0, 5n, null, undefined, true, Symbol('a')", "-0 | 5n | null | undefined | true | Symbol(a)"),
        ("{ a: 1, 'b-c': 'x', [Symbol('s')]: null }", "{ a: 1, 'b-c': 'x', [Symbol(s)]: null }"),
        ("{}, []", "{} | []"),
        ("[1, , , 'x']", "[ 1, <2 empty items>, 'x' ]"),
        ("new (class Foo { x = 1 })()", "Foo { x: 1 }"),
        ("Object.create(null)", "[Object: null prototype] {}"),
        ("new Map([['a', { b: 1 }]]), new Set([1, 'x'])", "Map(1) { 'a' => { b: 1 } } | Set(2) { 1, 'x' }"),
        ("new Date(0), new Date(NaN), /a+/g", "1970-01-01T00:00:00.000Z | Invalid Date | /a+/g"),
        (
            "function f() {}, () => {}, class A {}, class B extends Array {}",
            "[Function: f] | [Function (anonymous)] | [class A] | [class B extends Array]",
        ),
        ("async function g() {}", "[AsyncFunction: g]"),
        ("new Error('no frames')", "Error: no frames"),
        ("{ e: new TypeError('x') }", "{ e: [TypeError: x] }"),
        (
            "new Uint8Array([1, 2]), new Uint8Array([255]).buffer",
            "Uint8Array(2) [ 1, 2 ] | ArrayBuffer { [Uint8Contents]: <ff>, byteLength: 1 }",
        ),
        ("{ get a() { return 1; }, set b(v) {} }", "{ a: [Getter], b: [Setter] }"),
        ("((o) => { o.self = o; return o; })({})", "{ self: [Circular] }"),
        ("{ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }", "{ a: { b: { c: { d: { e: { f: [Object] } } } } } }"),
        ("{ [Symbol.for('nodejs.util.inspect.custom')]: () => 'custom' }", "custom"),
        ("{ inspect: () => 'own' }", "own"),
        ("process.env, { e: process.env }", "[process.env] | { e: [process.env] }"),
        ("new URL('https://a.b/c?d')", "URL 'https://a.b/c?d'"),
        ("new Headers({ A: '1' })", "Headers { a: '1' }"),
        ("Object(1), Object('s')", "[Number: 1] | [String: 's']"),
    ] {
        assert_eq!(logged(expression), shown, "{expression}");
    }
}

#[test]
fn long_values_break_over_lines_and_are_cut() {
    expect_test::expect![[r#"
        {
          first: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
          second: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
          third: 'cccccccccccccccccccccccccccccc'
        }"#]]
    .assert_eq(&logged("{ first: 'a'.repeat(30), second: 'b'.repeat(30), third: 'c'.repeat(30) }"));
    assert!(logged("Array.from({ length: 150 }, () => 0)").contains("... 50 more items"));
    assert_eq!(logged("'x'.repeat(100000)").len(), 32768);
    assert_eq!(logged("{ get [Symbol.toStringTag]() { throw new Error('no'); } }"), "[inspection failed: Error: no]");
}

// Checklist: console.time behaviour and warnings; console.trace contains stack.
#[test]
fn timers_report_whole_milliseconds() {
    let lines = lines(
        "console.time(); console.time(); console.timeLog(undefined, 'at'); console.timeEnd(); console.timeEnd('nope'); console.time('x'); console.timeEnd('x');",
    );
    assert_eq!(lines[0], "WARN Timer 'default' already exists");
    assert!(lines[1].starts_with("INFO default: ") && lines[1].ends_with("ms 'at'"), "{}", lines[1]);
    assert!(lines[2].starts_with("INFO default: ") && lines[2].ends_with("ms"));
    assert_eq!(lines[3], "WARN Timer 'nope' does not exist");
    assert!(lines[4].starts_with("INFO x: "));
}

#[test]
fn trace_shows_where_it_was_called() {
    let mut host = TestHost::echo();
    let call = Call { module: "messages.js", ..call("tracer") };
    Executor::new(ExecutorOptions::default()).run(&mapped_bundle(), &call, &mut host).unwrap();
    assert_eq!(host.texts(), ["LOG 'here'     at handler (../convex/messages.ts:30:13)"]);
}

#[test]
fn lines_written_at_import_are_shown_by_every_call() {
    let bundle = bundle("console.warn('importing'); export const f = query(async () => { console.log('running'); });");
    let executor = Executor::new(ExecutorOptions::default());
    for _ in 0..2 {
        let mut host = TestHost::echo();
        executor.run(&bundle, &call("f"), &mut host).unwrap();
        assert_eq!(host.texts(), ["WARN 'importing'", "LOG 'running'"]);
    }
}
