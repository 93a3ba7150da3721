//! What is rewritten, and contexts in queries and actions.

use expect_test::{Expect, expect};

use super::*;
use crate::testing::*;

fn check(source: &str, expected: Expect) {
    let rewritten = rewrite(source).map_or_else(|| "unchanged".to_owned(), |rewritten| rewritten.source);
    expected.assert_eq(&rewritten);
}

#[test]
fn operands_of_await_are_wrapped_where_they_end() {
    check("f(async () => await g() + 1)", expect!["f(async () => await $asyncContext(g()) + 1)"]);
    check(
        "async function f() { await await x; }",
        expect!["async function f() { await $asyncContext(await $asyncContext(x)); }"],
    );
    check(
        "async () => { (await a).b; await a.b?.c[d](e); }",
        expect!["async () => { (await $asyncContext(a)).b; await $asyncContext(a.b?.c[d](e)); }"],
    );
    check(
        "async () => [await -x, await new A, await `t${await y}`]",
        expect![
            "async () => [await $asyncContext(-x), await $asyncContext(new A), await $asyncContext(`t${await $asyncContext(y)}`)]"
        ],
    );
    check(
        "async () => { await /* why */ x // end\n}",
        expect![[r#"
        async () => { await /* why */ $asyncContext(x) // end
        }"#]],
    );
    check(
        "async () => { for await (const x of await y) await x; }",
        expect![
            "async () => { for await (const x of $asyncContexts(await $asyncContext(y))) await $asyncContext(x); }"
        ],
    );
    check("for (const x of y) await_(x); const text = 'await x';", expect!["unchanged"]);
    check(
        "class A { static async *m() { yield await this.#p; } }",
        expect!["class A { static async *m() { yield await $asyncContext(this.#p); } }"],
    );
    check("async () => await (a, b)", expect!["async () => await $asyncContext((a, b))"]);
    check(
        "async () => (await (await (x)).y(z)[0]).w + await (a ? b : c)",
        expect![
            "async () => (await $asyncContext((await $asyncContext((x))).y(z)[0])).w + await $asyncContext((a ? b : c))"
        ],
    );
    check(
        "async () => await (async () => { await (1); })()",
        expect!["async () => await $asyncContext((async () => { await $asyncContext((1)); })())"],
    );
    check(
        "async () => { await [a, b]; await [a].map(await (f)); await { a }.a; await !x; await +x; }",
        expect![
            "async () => { await $asyncContext([a, b]); await $asyncContext([a].map(await $asyncContext((f)))); await $asyncContext({ a }.a); await $asyncContext(!x); await $asyncContext(+x); }"
        ],
    );
    check(
        "async () => await async function () { await 1 }()",
        expect!["async () => await $asyncContext(async function () { await $asyncContext(1) }())"],
    );
}

#[test]
fn columns_lead_back_to_the_source() {
    let source = "async () => {\n  é(await p1, await p2, z); }";
    let rewritten = rewrite(source).unwrap();
    let column = |text: &str, word: &str| {
        let line = text.lines().nth(1).unwrap();
        line[..line.rfind(word).unwrap()].encode_utf16().count() as u32
    };
    for word in ["é", "z", "}", "p1", "p2"] {
        assert_eq!(
            rewritten.shifts.original_column(1, column(&rewritten.source, word)),
            column(source, word),
            "{word}"
        );
    }
    assert_eq!(rewritten.shifts.original_column(0, 6), 6);
}

/// Evaluates a body that sees two storages, `als` and `other`, and `tick`, which takes so many turns.
#[track_caller]
fn flows(body: &str, expected: &str) {
    let prelude = "const als = new AsyncLocalStorage(); const other = new AsyncLocalStorage(); const get = () => als.getStore() ?? null;
      const tick = async (n = 1) => { for (let i = 0; i < n; i++) await null; };";
    assert_eq!(eval(&format!("{prelude} {body}")), expected);
}

// Checklist: AsyncLocalStorage across awaits.
#[test]
fn a_context_survives_awaits_beside_others() {
    flows(
        "const seen = []; const flow = async (name, turns) => { seen.push(get()); await tick(turns); seen.push(get()); await tick(1); return `${name}${get()}`; };
         const all = await Promise.all([als.run('a', flow, 'a', 3), als.run('b', flow, 'b', 1), flow('n', 2), als.run('c', () => flow('c', 5))]);
         return [all, seen.sort(), get()];",
        r#"[["aa","bb","nnull","cc"],["a","a","b","b","c","c",null,null],null]"#,
    );
}

#[test]
fn a_context_survives_rejections_catches_and_finally() {
    flows(
        "const fail = async () => { await tick(2); throw new Error('x'); }; const out = [];
         await Promise.all(['a', 'b'].map((name) => als.run(name, async () => {
           try { await fail(); } catch { out.push(get()); } finally { await tick(); out.push(get()); }
           await fail().catch(() => out.push(get())); await fail().finally(() => out.push(get())).catch(() => 0); out.push(get());
         })));
         return [out.sort().join(''), get()];",
        r#"["aaaaabbbbb",null]"#,
    );
}

#[test]
fn enter_with_lasts_for_the_rest_of_the_flow() {
    flows(
        "const enter = async (store) => { als.enterWith(store); await tick(); };
         const inner = async () => { await enter('deep'); const after = get(); als.enterWith('later'); await tick(2); return [after, get()]; };
         const [one, two] = await Promise.all([als.run('r', inner), inner()]);
         return [one, two, get()];",
        r#"[["deep","later"],["deep","later"],"deep"]"#,
    );
    flows(
        "als.enterWith(1); await tick(); als.disable(); await tick(); return [get(), als.exit(get), als.run(3, () => als.exit(get))];",
        "[null,null,null]",
    );
}

#[test]
fn storages_nest_and_do_not_mix() {
    flows(
        "return await als.run(1, async () => { await tick(); return other.run(2, async () => { await tick(); return als.run(3, async () => { await tick(); return [get(), other.getStore(), als.exit(() => [get(), other.getStore()])]; }); }); });",
        "[3,2,[null,2]]",
    );
    flows(
        "return [new AsyncLocalStorage({ defaultValue: 5, name: 'n' }).getStore(), new AsyncLocalStorage({ name: 'n' }).name, als.run(undefined, get)];",
        r#"[5,"n",null]"#,
    );
}

#[test]
fn callbacks_bound_functions_and_resources_carry_contexts() {
    flows(
        "const out = []; let later; const gate = new Promise((resolve) => { later = resolve; });
         als.run('then', () => gate.then(() => out.push(get())));
         als.run('micro', () => queueMicrotask(() => out.push(get())));
         const bound = als.run('bound', () => AsyncLocalStorage.bind(get)); const shot = als.run('shot', () => AsyncLocalStorage.snapshot());
         const resource = als.run('resource', () => new AsyncResource('T')); const cut = als.run('cut', () => AsyncResource.bind(function () { return [get(), this.x]; }));
         als.run('resolver', () => later()); await tick(3);
         return [out.sort(), bound(), shot(get), shot((a, b) => a + b, 1, 2), resource.runInAsyncScope((a) => [get(), a], null, 7), cut.call({ x: 1 }), resource.bind(get)(), get()];",
        r#"[["micro","then"],"bound","shot",3,["resource",7],["cut",1],"resource",null]"#,
    );
}

#[test]
fn generators_and_for_await_keep_the_context_of_their_consumer() {
    flows(
        "async function* numbers() { for (let i = 0; i < 2; i++) { await tick(2); yield `${i}${get()}`; } }
         const consume = async () => { const out = []; for await (const x of numbers()) { out.push(x, get()); await tick(); } out.push(get());
           for await (const x of [tick(), 2, Promise.resolve(3)]) out.push(x ?? null, get()); return out; };
         const stop = async () => { outer: for await (const x of numbers()) { for await (const y of numbers()) continue outer; } return get(); };
         const fails = async () => { try { for await (const x of { async *[Symbol.asyncIterator]() { await tick(); throw 1; } }); } catch { return get(); } };
         return await Promise.all([als.run('a', consume), als.run('b', consume), als.run('c', stop), als.run('d', fails)]);",
        r#"[["0a","a","1a","a","a",null,"a",2,"a",3,"a"],["0b","b","1b","b","b",null,"b",2,"b",3,"b"],"c","d"]"#,
    );
}

#[test]
fn streams_and_events_run_in_the_context_of_their_making() {
    flows(
        "const stream = als.run('s', () => new ReadableStream({ async pull(c) { await tick(); c.enqueue(get()); c.close(); } }));
         const out = []; for await (const chunk of stream) out.push(chunk);
         const target = new EventTarget(); target.addEventListener('x', () => out.push(get())); als.run('e', () => target.dispatchEvent(new Event('x')));
         return out;",
        r#"["s","e"]"#,
    );
}

#[test]
fn order_is_as_without_contexts() {
    let body = "const log = []; const p = Promise.resolve(); const t = { then(r) { log.push('thenable'); r(1); } };
      const a = async () => { log.push('a0'); await null; log.push('a1'); await p; log.push('a2'); await t; log.push('a3'); try { await Promise.reject(1); } catch { log.push('a4'); } };
      const b = async () => { for (let i = 0; i < 8; i++) { await undefined; log.push(`b${i}`); } };
      const c = async () => { for await (const x of [1, p, 3]) log.push(`c${x}`); log.push('cend'); };
      p.then(() => log.push('t1')).then(() => log.push('t2')).then(() => log.push('t3')); await Promise.all([a(), b(), c()]); return log;";
    let plain = eval(body);
    assert_eq!(eval(&format!("const als = new AsyncLocalStorage(); {body}")), plain);
}

#[test]
fn bundles_without_contexts_are_left_alone() {
    assert_eq!(
        eval("const name = 'Async' + 'LocalStorage'; return String(async () => await 1).includes('$async');"),
        "false"
    );
    assert_eq!(
        eval("return ['AsyncLocal' + 'Storage', 'AsyncResource'].map((name) => typeof globalThis[name]);"),
        r#"["function","function"]"#
    );
}
