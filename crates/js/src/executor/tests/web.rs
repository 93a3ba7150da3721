//! The web platform, one check per global.

use crate::testing::*;

/// Evaluates `[…expressions]` and compares the JSON.
#[track_caller]
fn check(expressions: &str, expected: &str) {
    assert_eq!(eval(&format!("return [{expressions}];")), expected);
}

/// The name and message of what an expression throws.
#[track_caller]
fn thrown(expression: &str) -> String {
    eval(&format!("try {{ {expression}; }} catch (e) {{ return `${{e.name}}: ${{e.message}}`; }}"))
        .trim_matches('"')
        .to_owned()
}

// Checklist: each global of section 7 exists; listed absent ones do not.
#[test]
fn globals_are_present_or_absent_as_documented() {
    let missing = eval(
        "return ['globalThis', 'self', 'process', 'URL', 'URLSearchParams', 'URLPattern', 'TextEncoder', 'TextDecoder',
          'TextEncoderStream', 'TextDecoderStream', 'atob', 'btoa', 'Event', 'EventTarget', 'AbortController', 'AbortSignal',
          'DOMException', 'structuredClone', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Blob', 'File',
          'FormData', 'Headers', 'Request', 'Response', 'fetch', 'ReadableStream', 'ReadableStreamDefaultReader',
          'ReadableStreamBYOBReader', 'WritableStream', 'WritableStreamDefaultWriter', 'TransformStream', 'crypto', 'Crypto',
          'SubtleCrypto', 'CryptoKey', 'performance', 'Performance', 'console', 'Promise', 'Proxy', 'BigInt', 'Convex',
          'WebAssembly', 'AsyncLocal' + 'Storage', 'AsyncResource', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure',
        ].filter((name) => typeof globalThis[name] === 'undefined');",
    );
    assert_eq!(missing, "[]");
    let present = eval(
        "return ['window', 'navigator', 'location', 'document', 'require', 'Buffer', 'setImmediate', 'CustomEvent',
          'MessageChannel', 'WebSocket', 'CompressionStream', 'reportError', 'ReadableStreamDefaultController',
          'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'std', 'os', 'print', 'scriptArgs', 'module',
          'SharedArrayBuffer'].filter((name) => typeof globalThis[name] !== 'undefined');",
    );
    assert_eq!(present, "[]");
    check(
        "self === globalThis, Object.keys(globalThis), Object.keys(process), 'createObjectURL' in URL",
        r#"[true,[],["env"],false]"#,
    );
}

// Checklist: unimplemented members terminate with the Not implemented text.
#[test]
fn members_that_are_not_there_end_the_call_whatever_it_catches() {
    let members = [
        "destination",
        "referrer",
        "referrerPolicy",
        "mode",
        "credentials",
        "cache",
        "redirect",
        "integrity",
        "keepalive",
        "duplex",
        "isReloadNavigation",
        "isHistoryNavigation",
    ];
    for member in members {
        let body = format!("try {{ new Request('http://a').{member}; }} catch {{}} finally {{ return 1; }}");
        let error = try_eval(&body).expect_err("the call ends").to_string();
        let expected = format!(
            "Not implemented: {member} for Request. Consider calling an action defined in Node.js instead \
             (https://docs.convex.dev/functions/actions)."
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn urls_are_parsed_resolved_and_changed() {
    check(
        "new URL('../x?q=1#h', 'https://u:p@example.com:8080/a/b/c').href, new URL('HTTP://EXAMPLE.com:80/%7Ea').href, URL.canParse('no'), URL.parse('no')",
        r#"["https://u:p@example.com:8080/a/x?q=1#h","http://example.com/%7Ea",false,null]"#,
    );
    let parts = "const u = new URL('https://u:p@h.org:1/p?a=1#f'); return [u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash, JSON.stringify({ u })];";
    assert_eq!(
        eval(parts),
        r##"["https://h.org:1","https:","u","p","h.org:1","h.org","1","/p","?a=1","#f","{\"u\":\"https://u:p@h.org:1/p?a=1#f\"}"]"##
    );
    let changed = "const u = new URL('http://a/'); u.pathname = '/x y'; u.search = 'q=1'; u.searchParams.append('é', '&'); u.hash = ''; u.port = '99'; u.protocol = 'https'; const p = u.searchParams; u.search = '?z=2'; return [u.href, p.get('z'), String(u) === u.toString()];";
    assert_eq!(eval(changed), r#"["https://a:99/x%20y?z=2","2",true]"#);
    let kept = "const u = new URL('http://a/?q=1'); u.searchParams.append('é', '& +'); return u.href;";
    assert_eq!(eval(kept), r#""http://a/?q=1&%C3%A9=%26+%2B""#);
    assert_eq!(thrown("new URL('nope')"), "TypeError: Invalid URL");
    assert_eq!(thrown("new URL('http://a/').href = 'nope'"), "TypeError: Invalid URL");
}

#[test]
fn search_parameters_are_a_list_of_pairs() {
    let body = "const p = new URLSearchParams('?a=1&b=2&a=3&c=%zz+x'); p.append('d', 'é'); p.set('a', '9'); p.delete('b'); p.sort();
      return [p.toString(), p.get('c'), p.getAll('a'), p.has('b'), p.has('a', '9'), p.size, [...p], [...p.keys()], p.get('none')];";
    assert_eq!(
        eval(body),
        r#"["a=9&c=%25zz+x&d=%C3%A9","%zz x",["9"],false,true,3,[["a","9"],["c","%zz x"],["d","é"]],["a","c","d"],null]"#
    );
    check(
        "String(new URLSearchParams({ a: 1, b: [2] })), String(new URLSearchParams([['x', 'y']])), String(new URLSearchParams(new URLSearchParams('k=v'))), String(new URLSearchParams())",
        r#"["a=1&b=2","x=y","k=v",""]"#,
    );
    assert_eq!(
        thrown("new URLSearchParams([['a']])"),
        "TypeError: Each query pair must be an iterable [name, value] tuple"
    );
}

// Checklist: TextDecoder fatal and streaming, atob/btoa errors, structuredClone of Map/Date/cyclic.
#[test]
fn text_is_encoded_and_decoded() {
    check(
        "[...new TextEncoder().encode('é😀')], new TextEncoder().encoding, new TextEncoder().encodeInto('aé', new Uint8Array(2)), [...new TextEncoder().encode()]",
        r#"[[195,169,240,159,152,128],"utf-8",{"read":1,"written":1},[]]"#,
    );
    check(
        "new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).length, new TextDecoder().decode(new Uint8Array([0x61, 0xff]))",
        "[\"a\",2,\"a\u{fffd}\"]",
    );
    check(
        "new TextDecoder('utf-16le').decode(new Uint8Array([0x61, 0, 0x3d, 0xd8, 0, 0xde])), new TextDecoder('latin1').decode(new Uint8Array([0xe9, 0x80])), new TextDecoder('UTF-16').encoding, new TextDecoder(' Latin1 ').encoding",
        r#"["a😀","é€","utf-16le","windows-1252"]"#,
    );
    let stream = "const d = new TextDecoder(); const out = []; for (const b of [0xf0, 0x9f, 0x98, 0x80, 0xc3]) out.push(d.decode(new Uint8Array([b]), { stream: true })); out.push(d.decode()); return out;";
    assert_eq!(eval(stream), "[\"\",\"\",\"\",\"😀\",\"\",\"\u{fffd}\"]");
    let wide = "const d = new TextDecoder('utf-16le'); return [d.decode(new Uint8Array([0x3d]), { stream: true }), d.decode(new Uint8Array([0xd8, 0]), { stream: true }), d.decode(new Uint8Array([0xde]))];";
    assert_eq!(eval(wide), r#"["","","😀"]"#);
    let view = "return new TextDecoder().decode(new Uint8Array([120, 97, 98, 121]).subarray(1, 3)) + new TextDecoder().decode(new Uint8Array([99]).buffer);";
    assert_eq!(eval(view), r#""abc""#);
    assert_eq!(
        thrown("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))"),
        "TypeError: The encoded data was not valid for encoding utf-8"
    );
    assert!(thrown("new TextDecoder('ebcdic')").starts_with("RangeError"));
}

#[test]
fn base64_is_strict() {
    check("btoa('hé'), atob('aOk='), atob(' a\\nGk '), btoa('')", r#"["aOk=","hé","hi",""]"#);
    assert!(thrown("btoa('😀')").starts_with("InvalidCharacterError: "));
    assert!(thrown("atob('a')").starts_with("InvalidCharacterError: "));
    check("(() => { try { atob('*'); } catch (e) { return e instanceof DOMException; } })()", "[true]");
}

#[test]
fn structured_clone_copies_graphs() {
    let body = "
      const source = { n: 1, d: new Date(5), r: /a/gi, m: new Map([[{ k: 1 }, new Set([1])]]), u: new Uint16Array([1, 2]), b: 5n, x: undefined, a: [1, , 3] };
      source.self = source; source.buffer = source.u.buffer;
      const copy = structuredClone(source);
      return [copy !== source, copy.self === copy, copy.d.getTime(), copy.d instanceof Date, String(copy.r), [...copy.m][0][0].k,
        [...copy.m][0][1].has(1), [...copy.u], copy.u.buffer === copy.buffer, copy.u !== source.u, String(copy.b), 'x' in copy, 1 in copy.a, copy.a.length];";
    assert_eq!(eval(body), r#"[true,true,5,true,"/a/gi",1,true,[1,2],true,true,"5",true,false,3]"#);
    let errors = "const e = new TypeError('t', { cause: { a: 1 } }); const c = structuredClone(e); return [c instanceof TypeError, c.message, c.cause.a, c !== e, structuredClone(new DOMException('m', 'AbortError')).name];";
    assert_eq!(eval(errors), r#"[true,"t",1,true,"AbortError"]"#);
    check(
        "structuredClone(new (class P { x = 1 })()).constructor === Object, structuredClone(Object('s')) instanceof String, structuredClone(null)",
        "[true,true,null]",
    );
    for value in ["() => 1", "Symbol('s')", "{ f() {} }", "new WeakMap()", "Promise.resolve()"] {
        assert!(thrown(&format!("structuredClone({value})")).starts_with("DataCloneError: "), "{value}");
    }
}

#[test]
fn events_reach_their_listeners() {
    let body = "
      const seen = []; const target = new EventTarget();
      const listener = (e) => { seen.push(e.type, e.target === target); e.preventDefault(); };
      target.addEventListener('x', listener); target.addEventListener('x', listener);
      target.addEventListener('x', { handleEvent() { seen.push('object'); } }, { once: true });
      const allowed = target.dispatchEvent(new Event('x', { cancelable: true }));
      target.dispatchEvent(new Event('x'));
      target.removeEventListener('x', listener); target.dispatchEvent(new Event('x'));
      return [seen, allowed];";
    assert_eq!(eval(body), r#"[["x",true,"object","x",true],false]"#);
    let stop = "const t = new EventTarget(); const seen = []; t.addEventListener('x', (e) => { seen.push(1); e.stopImmediatePropagation(); }); t.addEventListener('x', () => seen.push(2)); t.dispatchEvent(new Event('x')); return seen;";
    assert_eq!(eval(stop), "[1]");
}

#[test]
fn what_a_listener_throws_fails_the_function_after_the_others_heard() {
    let body = "
      const target = new EventTarget();
      target.addEventListener('x', () => { throw new Error('bad listener'); });
      target.addEventListener('x', () => console.log('heard'));
      console.log(target.dispatchEvent(new Event('x')));
      await null;";
    let mut host = TestHost::echo();
    let error = try_eval_with(body, &mut host).expect_err("the function fails").to_string();
    assert!(error.starts_with("Uncaught Error: bad listener"), "{error}");
    let heard: Vec<_> = host.lines.iter().flat_map(|(_, messages)| messages).collect();
    assert_eq!(heard, ["'heard'", "true"]);
}

#[test]
fn abort_signals_fire_once() {
    let body = "
      const c = new AbortController(); const seen = [];
      c.signal.addEventListener('abort', () => seen.push('listener')); c.signal.onabort = () => seen.push('on');
      const before = c.signal.aborted; c.abort(); c.abort('again');
      let thrown; try { c.signal.throwIfAborted(); } catch (e) { thrown = e.name; }
      const any = AbortSignal.any([new AbortController().signal, AbortSignal.abort('r')]);
      return [before, c.signal.aborted, seen, thrown, c.signal.reason instanceof DOMException, AbortSignal.abort(7).reason, any.aborted, any.reason];";
    assert_eq!(eval(body), r#"[false,true,["listener","on"],"AbortError",true,7,true,"r"]"#);
    assert_eq!(thrown("new AbortSignal()"), "TypeError: Illegal constructor");
}

#[test]
fn dom_exceptions_have_names_and_codes() {
    check(
        "new DOMException('m', 'AbortError').code, new DOMException('m', 'DataCloneError').code, new DOMException().name, new DOMException('m') instanceof Error",
        r#"[20,25,"Error",true]"#,
    );
}

#[test]
fn headers_are_case_insensitive_and_sorted() {
    let body = "
      const h = new Headers([['B', '1'], ['a', ' 2 ']]); h.append('b', '3'); h.append('Set-Cookie', 'x'); h.append('set-cookie', 'y');
      h.set('C', 'z'); h.delete('c');
      return [[...h], h.get('B'), h.get('none'), h.has('SET-COOKIE'), h.getSetCookie(), [...h.keys()], [...new Headers(new Headers({ Q: 'r' }))]];";
    assert_eq!(
        eval(body),
        r#"[[["a","2"],["b","1, 3"],["set-cookie","x"],["set-cookie","y"]],"1, 3",null,true,["x","y"],["a","b","set-cookie","set-cookie"],[["q","r"]]]"#
    );
    assert!(thrown("new Headers({ 'bad name': '1' })").starts_with("TypeError"));
    assert!(thrown("new Headers({ a: 'line\\nbreak' })").starts_with("TypeError"));
}

#[test]
fn blobs_hold_bytes() {
    let body = "
      const b = new Blob(['hé', new Uint8Array([33]), new Blob(['!'])], { type: 'Text/Plain' });
      return [b.size, b.type, await b.text(), (await b.arrayBuffer()).byteLength, await b.slice(1, -1, 'x/y').text(), b.slice(1).type];";
    assert_eq!(eval(body), r#"[5,"text/plain","hé!!",5,"é!",""]"#);
}

#[test]
fn get_random_values_fills_integer_arrays_only() {
    check("crypto.getRandomValues(new Uint32Array(2)).some((n) => n > 0)", "[true]");
    assert!(thrown("crypto.getRandomValues(new Float32Array(1))").starts_with("TypeMismatchError"));
    assert!(thrown("crypto.getRandomValues(new Uint8Array(65537))").starts_with("QuotaExceededError"));
}

#[test]
fn microtasks_run_in_the_standard_order() {
    let body = "
      const seen = []; queueMicrotask(() => seen.push('micro')); Promise.resolve().then(() => seen.push('then'));
      (async () => { seen.push('sync'); await null; seen.push('await'); })(); seen.push('end');
      await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));
      return seen;";
    assert_eq!(eval(body), r#"["sync","end","micro","then","await"]"#);
}

#[test]
fn numbers_are_grouped_for_the_locale() {
    check(
        "(1234567.891).toLocaleString(), (999).toLocaleString(), (-12345.6789).toLocaleString(), NaN.toLocaleString()",
        r#"["1,234,567.891","999","-12,345.679","NaN"]"#,
    );
}

#[test]
fn newer_methods_of_the_language_are_there() {
    let missing = eval(
        "const wanted = ['Object.groupBy', 'Map.groupBy', 'Promise.withResolvers', 'Promise.try', 'Array.fromAsync', 'Iterator.from',
          ...['map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'toArray', 'forEach', 'some', 'every', 'find'].map((name) => `Iterator.prototype.${name}`),
          ...['union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom'].map((name) => `Set.prototype.${name}`),
          'ArrayBuffer.prototype.transfer', 'ArrayBuffer.prototype.transferToFixedLength', 'ArrayBuffer.prototype.detached', 'ArrayBuffer.prototype.resizable',
          'String.prototype.isWellFormed', 'String.prototype.toWellFormed', 'RegExp.escape', 'Array.prototype.toSorted', 'Array.prototype.with', 'Error.isError', 'Float16Array', 'Math.f16round', 'Atomics'];
        return wanted.filter((path) => {
          const names = path.split('.');
          const last = names.pop();
          const holder = names.reduce((value, name) => value?.[name], globalThis);
          return holder === undefined || !(last in Object(holder));
        });",
    );
    assert_eq!(missing, "[]");
    check(
        "Object.groupBy([1, 2, 3], (n) => n % 2 ? 'odd' : 'even'), await Array.fromAsync([Promise.resolve(1), 2]), [...Iterator.from([1, 2, 3]).filter((n) => n > 1).map((n) => n * 2)],
         [...new Set([1, 2]).union(new Set([3]))], [...new Set([1, 2]).intersection(new Set([2]))], Map.groupBy([1], () => 'k').get('k'), RegExp.escape('a.b'), structuredClone(new Map([[1, { a: [new Date(5)] }]])).get(1).a[0].getTime()",
        r#"[{"odd":[1,3],"even":[2]},[1,2],[4,6],[1,2,3],[2],[1],"\\x61\\.b",5]"#,
    );
}
