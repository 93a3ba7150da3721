//! The `Convex` object and the calling convention.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::testing::*;
use crate::{Call, Executor, ExecutorOptions, HostError, JsError, Kind};

#[test]
fn result_of_a_query_is_its_json() {
    assert_eq!(eval("return { a: 1, b: [true, null, 'x'] };"), r#"{"a":1,"b":[true,null,"x"]}"#);
    assert_eq!(eval(""), "null");
}

#[test]
fn async_operations_reach_the_host_in_call_order() {
    let bundle = bundle(
        "export const f = mutation(async () => {
           const first = call('1.0/get', { id: 1 });
           const second = call('1.0/get', { id: 2 });
           return [await second, await first];
         });",
    );
    let mut host = TestHost::echo();
    let executor = Executor::new(ExecutorOptions::default());
    let call = Call { kind: Kind::Mutation, ..call("f") };
    let done = executor.run(&bundle, &call, &mut host).unwrap();
    assert_eq!(done.result_json, r#"[{"id":2},{"id":1}]"#);
    let order: Vec<_> = host.calls.iter().map(|(_, args)| args.as_str()).collect();
    assert_eq!(order, [r#"{"id":1}"#, r#"{"id":2}"#]);
}

#[test]
fn text_crosses_the_boundary_unchanged() {
    let body = "return JSON.parse(Convex.syscall('echo', JSON.stringify({ a: 'é😀\\u0000z', [args.k]: 1 })));";
    let bundle = bundle(&format!("export const f = query(async (ctx, args) => {{ {body} }});"));
    let call = Call { args_json: r#"[{"k":"ключ"}]"#, ..call("f") };
    let done = Executor::new(ExecutorOptions::default()).run(&bundle, &call, &mut TestHost::echo()).unwrap();
    assert_eq!(done.result_json, r#"{"a":"é😀\u0000z","ключ":1}"#);
}

// Checklist: syscall with bad JSON → `Received invalid json`.
#[test]
fn arguments_that_are_not_json_are_refused() {
    let sync = eval("try { Convex.syscall('x', '{a'); } catch (e) { return [e instanceof Error, e.message]; }");
    assert!(sync.starts_with(r#"[true,"Received invalid json: "#), "{sync}");
    let rejected = eval("try { await Convex.asyncSyscall('x', 'nope'); } catch (e) { return e.message; }");
    assert!(rejected.starts_with(r#""Received invalid json: "#), "{rejected}");
    assert!(
        eval("try { Convex.syscall('x', { a: 1 }); } catch (e) { return e.message; }")
            .contains("Received invalid json")
    );
}

// Checklist: rejection with `.data` arrives in JS as ConvexError; without as Error with the same message.
#[test]
fn failed_operations_carry_message_and_data() {
    let mut host = TestHost::answering(|name, _| {
        let error = HostError::developer(format!("no {name}"));
        Err(if name == "data" { HostError { data: Some(r#"{"code":7}"#.to_owned()), ..error } } else { error })
    });
    let body = "
      const seen = [];
      for (const name of ['plain', 'data']) {
        try { await Convex.asyncSyscall(name, '{}'); } catch (e) { seen.push([e.message, e.data === undefined ? 'none' : e.data]); }
        try { Convex.syscall(name, '{}'); } catch (e) { seen.push([e instanceof Error, e.message]); }
      }
      return seen;";
    let done = try_eval_with(body, &mut host).unwrap();
    assert_eq!(done.result_json, r#"[["no plain","none"],[true,"no plain"],["no data",{"code":7}],[true,"no data"]]"#);
}

#[test]
fn system_errors_cannot_be_caught() {
    let mut host =
        TestHost::answering(
            |name, _| {
                if name == "bad" { Err(HostError::system("disk on fire")) } else { Ok("null".to_owned()) }
            },
        );
    let body = "
      try { await Convex.asyncSyscall('bad', '{}'); } catch (e) { await Convex.asyncSyscall('after', '{}'); } finally { Convex.syscall('after', '{}'); }
      return 1;";
    let error = try_eval_with(body, &mut host).unwrap_err();
    assert_eq!(error, JsError::System(HostError::system("disk on fire")));
    assert_eq!(host.calls.len(), 1, "nothing ran after it: {:?}", host.calls);
    let error = try_eval_with("try { Convex.syscall('bad', '{}') } catch { return 1 }", &mut host).unwrap_err();
    assert!(matches!(error, JsError::System(_)));
}

#[test]
fn a_panic_of_the_host_passes_through_and_leaves_the_executor_usable() {
    let bundle = bundle("export const f = query(async () => call('x', {}));");
    let executor = Executor::new(ExecutorOptions::default());
    let mut host = TestHost::answering(|_, _| panic!("host bug"));
    let panic = catch_unwind(AssertUnwindSafe(|| executor.run(&bundle, &call("f"), &mut host))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"host bug"));
    assert_eq!(executor.run(&bundle, &call("f"), &mut TestHost::echo()).unwrap().result_json, "{}");
}

#[test]
fn a_promise_nobody_resolves_is_an_error() {
    let error = try_eval("await new Promise(() => {});").unwrap_err();
    assert_eq!(error.to_string(), "Returned promise will never resolve");
}

// Checklist: unhandled promise rejection fails the function.
#[test]
fn an_unhandled_rejection_fails_the_function() {
    let error = try_eval("Promise.reject(new Error('lost')); return 1;").unwrap_err();
    assert_eq!(error.to_string(), "Uncaught Error: lost");
    assert_eq!(
        eval("const p = Promise.reject(new Error('kept')); await null; await p.catch(() => {}); return 1;"),
        "1"
    );
}

// Checklist: unknown function, wrong type, internal-from-client error texts.
#[test]
fn lookup_failures_have_their_texts() {
    let bundle =
        bundle("export const q = query(async () => 1); export const plain = () => 1; export const number = 5;");
    let executor = Executor::new(ExecutorOptions::default());
    let run = |call: &Call<'_>| executor.run(&bundle, call, &mut TestHost::echo()).unwrap_err();
    let missing = run(&call("nope"));
    assert!(matches!(missing, JsError::NotFound { .. }));
    assert_eq!(missing.to_string(), "Couldn't find \"nope\" in module \"main.js\".");
    let wrong = run(&Call { kind: Kind::Mutation, ..call("q") });
    assert_eq!(wrong.to_string(), "Function main.js:q is registered as a query but is being run as a mutation.");
    let neither = run(&call("plain"));
    assert_eq!(
        neither.to_string(),
        "Function main.js:plain is neither a query or mutation. Did you forget to wrap it with `query` or `mutation`?"
    );
    let no_module = run(&Call { module: "gone.js", ..call("f") });
    assert!(matches!(no_module, JsError::NotFound { .. }), "{no_module}");
}

#[test]
fn a_host_callback_may_run_functions_of_the_same_bundle() {
    let bundle = bundle(
        "let calls = 0;
         export const f = query(async (ctx, { depth }) => {
           calls += 1;
           const below = depth > 0 ? await call('nested', { depth: depth - 1 }) : [];
           return [calls, ...below];
         });",
    );
    let executor = Executor::new(ExecutorOptions::default());
    fn run(executor: &Executor, bundle: &std::sync::Arc<crate::Bundle>, args: &str) -> Result<String, HostError> {
        let args_json = format!("[{args}]");
        let call = Call { args_json: &args_json, ..call("f") };
        let mut host = TestHost::answering(|_, args| run(executor, bundle, args));
        executor
            .run(bundle, &call, &mut host)
            .map(|done| done.result_json)
            .map_err(|e| HostError::developer(e.to_string()))
    }
    for _ in 0..2 {
        // Unit tests run on small stacks, so the depth is bounded by the stack rather than by us.
        let result = std::thread::scope(|_| run(&executor, &bundle, r#"{"depth":3}"#)).unwrap();
        assert_eq!(result, "[1,1,1,1]", "every level sees fresh module state");
    }
    assert_eq!(executor.idle_images().0, 4);
}

#[test]
fn ten_nested_calls_fit_the_stack_of_a_worker() {
    let depth = std::thread::Builder::new()
        .stack_size(crate::WORKER_STACK_BYTES)
        .spawn(|| {
            let bundle = bundle(
                "export const f = query(async (ctx, { depth }) => {
                   const deep = (n) => (n === 0 ? 0 : 1 + deep(n - 1));
                   try { deep(1e9) } catch (e) { if (!(e instanceof RangeError)) throw e; }
                   return depth === 0 ? 0 : 1 + await call('nested', { depth: depth - 1 });
                 });",
            );
            let executor = Executor::new(ExecutorOptions::default());
            fn run(
                executor: &Executor,
                bundle: &std::sync::Arc<crate::Bundle>,
                args: &str,
            ) -> Result<String, HostError> {
                let args_json = format!("[{args}]");
                let call = Call { args_json: &args_json, ..call("f") };
                let mut host = TestHost::answering(|_, args| run(executor, bundle, args));
                let done = executor.run(bundle, &call, &mut host);
                done.map(|done| done.result_json).map_err(|e| HostError::developer(e.to_string()))
            }
            run(&executor, &bundle, r#"{"depth":9}"#).unwrap()
        })
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(depth, "9");
}

#[test]
fn warm_and_cold_runs_give_the_same_results() {
    let bundle = bundle("let n = 0; export const f = query(async () => ++n);");
    let executor = Executor::new(ExecutorOptions::default());
    let mut host = TestHost::echo();
    let mut results = Vec::new();
    for _ in 0..2 {
        results.push(executor.run(&bundle, &call("f"), &mut host).unwrap().result_json);
        results.push(executor.run_cold(&bundle, &call("f"), &mut host).unwrap().result_json);
        results.push(executor.run_warm(&bundle, &call("f"), &mut host).unwrap().result_json);
    }
    assert_eq!(results, ["1", "1", "1", "1", "1", "2"], "only the warm heap remembers");
}

#[test]
fn results_over_the_limit_are_refused() {
    let bundle = bundle("export const f = query(async () => 'x'.repeat(100));");
    let mut small = call("f");
    small.limits.output_bytes = 50;
    let error = Executor::new(ExecutorOptions::default()).run(&bundle, &small, &mut TestHost::echo()).unwrap_err();
    assert_eq!(error, JsError::OutputTooLarge { actual: 102, limit: 50 });
}
