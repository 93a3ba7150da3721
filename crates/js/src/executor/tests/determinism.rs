//! Time, randomness and the environment.

use crate::testing::*;
use crate::{Call, Executor, ExecutorOptions, Kind, Observed};

// Checklist: Date frozen in Q/M, real in A; import-time frozen per deploy.
#[test]
fn time_stands_still_at_the_call_s_time() {
    let body = "const a = Date.now(); for (let i = 0; i < 1e5; i++); return [a, Date.now(), +new Date(), Date(), typeof Date()];";
    let expected = "[1700000000000,1700000000000,1700000000000,\"Tue Nov 14 2023 22:13:20 GMT+0000 (Coordinated Universal Time)\",\"string\"]";
    assert_eq!(eval(body), expected);
}

#[test]
fn modules_see_the_bundle_s_time_while_they_are_imported() {
    let bundle = crate::Bundle::compile(vec![
        module(
            "main.js",
            "import { query } from './_deps/lib.js'; const at = Date.now(); const dice = Math.random(); export const f = query(async () => [at, dice]);",
        ),
        module("_deps/lib.js", LIBRARY),
    ]);
    let bundle = std::sync::Arc::new(bundle.unwrap().with_import_time(123_456.0));
    let run = || Executor::new(ExecutorOptions::default()).run(&bundle, &call("f"), &mut TestHost::echo()).unwrap();
    let first = run();
    assert!(first.result_json.starts_with("[123456,0."), "{}", first.result_json);
    assert_eq!(first.result_json, run().result_json, "the seed at import is fixed");
    assert_eq!(first.usage.observed, Observed::default(), "the call itself observed nothing");
}

#[test]
fn what_a_call_observed_is_reported() {
    let observed = |body: &str| try_eval_with(body, &mut TestHost::echo()).unwrap().usage.observed;
    assert_eq!(observed("return 1;"), Observed::default());
    assert_eq!(observed("new Date(5);"), Observed::default());
    assert_eq!(observed("new Date();"), Observed { time: true, random: false });
    assert_eq!(observed("Math.random();"), Observed { time: false, random: true });
    assert_eq!(observed("crypto.randomUUID();"), Observed { time: false, random: true });
}

// Checklist: Math.random differs between calls and executions; fixed at import.
#[test]
fn randomness_follows_the_seed_of_the_call() {
    let bundle = bundle(
        "export const f = query(async () => [Math.random(), Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]]);",
    );
    let executor = Executor::new(ExecutorOptions::default());
    let run = |seed: u8| {
        let call = Call { seed: [seed; 32], ..call("f") };
        executor.run(&bundle, &call, &mut TestHost::echo()).unwrap().result_json
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let values: Vec<serde_json::Value> = serde_json::from_str(&run(3)).unwrap();
    assert_ne!(values[0], values[1]);
    assert!((0.0..1.0).contains(&values[0].as_f64().unwrap()));
}

// Checklist: crypto.randomUUID works in M; generateKey refused in M.
#[test]
fn random_uuids_are_version_four() {
    let bundle = bundle("export const f = mutation(async () => crypto.randomUUID());");
    let call = Call { kind: Kind::Mutation, ..call("f") };
    let text =
        Executor::new(ExecutorOptions::default()).run(&bundle, &call, &mut TestHost::echo()).unwrap().result_json;
    let uuid = text.trim_matches('"');
    assert_eq!(uuid.len(), 36);
    assert_eq!(&uuid[14..15], "4");
    assert!("89ab".contains(&uuid[19..20]), "{uuid}");
}

#[test]
fn the_time_zone_is_utc_whatever_the_process_says() {
    let body = "
      const d = new Date(2024, 0, 31, 23, 59, 58, 7);
      d.setHours(d.getHours() + 1);
      return [d.toISOString(), d.getDate(), d.getDay(), d.getTimezoneOffset(), d.toString(), d.toLocaleString(),
        Date.parse('2024-05-01T10:00'), Date.parse('2024-05-01'), Date.parse('May 1, 2024 10:00'),
        Date.parse('Wed, 01 May 2024 10:00:00 +0200'), new Date('nonsense').getTime(), String(new Date(NaN)),
        new (class extends Date { x() { return 1; } })(0).x(), new Date(0) instanceof Date, Date.length, new Date(new Date(7)).getTime()];";
    let expected = r#"["2024-02-01T00:59:58.007Z",1,4,0,"Thu Feb 01 2024 00:59:58 GMT+0000 (Coordinated Universal Time)","2/1/2024, 12:59:58 AM",1714557600000,1714521600000,1714557600000,1714550400000,null,"Invalid Date",1,true,7,7]"#;
    assert_eq!(eval(body), expected);
}

#[test]
fn weak_references_are_strong_and_finalizers_never_run() {
    let body = "
      const ref = new WeakRef({ a: 1 }); let ran = false;
      const registry = new FinalizationRegistry(() => { ran = true; });
      registry.register({}, 1);
      for (let i = 0; i < 1e5; i++) ({ i }).self = {};
      return [ref.deref().a, ran, Object.prototype.toString.call(ref)];";
    assert_eq!(eval(body), r#"[1,false,"[object WeakRef]"]"#);
}

#[test]
fn the_environment_is_read_through_the_host_only() {
    let mut host = TestHost::echo();
    host.env = vec![("A".to_owned(), "b".to_owned())];
    let body = "process.env.Z = 'set'; return [process.env.A, process.env.B === undefined, process.env.Z === undefined, 'A' in process.env, Object.keys({ ...process.env }).includes('A'), Object.keys(process)];";
    assert_eq!(try_eval_with(body, &mut host).unwrap().result_json, r#"["b",true,true,false,false,["env"]]"#);
}

// Checklist: fetch, setTimeout refused in Q and M and at import with the template text.
#[test]
fn action_only_functions_are_refused() {
    let text = |thing: &str| {
        format!(
            "Can't use {thing} in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details."
        )
    };
    for (code, thing) in [
        ("await fetch('https://example.com')", "fetch()"),
        ("setTimeout(() => {}, 1)", "setTimeout"),
        ("setInterval(() => {}, 1)", "setInterval"),
        ("Convex.jsSyscall('storage/storeBlob', {})", "storage.store()"),
        ("AbortSignal.timeout(1)", "AbortSignal.timeout()"),
        ("await new Response('a=b').formData()", "formData()"),
        ("await new Request('http://a', { method: 'POST', body: 'a=b' }).formData()", "formData()"),
    ] {
        for (kind, wrapper) in [(Kind::Query, "query"), (Kind::Mutation, "mutation")] {
            let module = bundle(&format!(
                "export const f = {wrapper}(async () => {{ try {{ {code} }} catch (e) {{ return e.message; }} }});"
            ));
            let call = Call { kind, ..call("f") };
            let done = Executor::new(ExecutorOptions::default()).run(&module, &call, &mut TestHost::echo()).unwrap();
            assert_eq!(done.result_json, format!("{:?}", text(thing)));
        }
    }
    for (code, thing) in [("setTimeout(() => {}, 1)", "setTimeout"), ("fetch('https://example.com')", "fetch()")] {
        let module = bundle(&format!("{code}; export const f = query(async () => 1);"));
        let run = Executor::new(ExecutorOptions::default()).run(&module, &call("f"), &mut TestHost::echo());
        assert_eq!(run.unwrap_err().to_string(), format!("Uncaught Error: {}", text(thing)));
    }
}

#[test]
fn performance_stands_still_in_queries() {
    assert_eq!(eval("const a = performance.now(); for (let i = 0; i < 1e6; i++); return performance.now() - a;"), "0");
    assert_eq!(eval("return typeof performance.timeOrigin;"), r#""number""#);
}
