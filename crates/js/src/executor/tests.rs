//! Calls and evaluations end to end.

use super::*;
use crate::testing::*;

#[test]
fn result_of_a_query_is_its_json() {
    assert_eq!(
        eval("return { a: 1, b: [true, null, 'x'] };"),
        r#"{"a":1,"b":[true,null,"x"]}"#
    );
}

#[test]
fn async_operations_reach_the_host_in_call_order() {
    let bundle = bundle(
        "export const f = mutation(async () => { const a = await call('1.0/get', {id: 1}); const b = await call('1.0/get', {id: 2}); return [a, b]; });",
    );
    let mut host = TestHost::echo();
    let executor = Executor::new(ExecutorOptions::default());
    let call = Call {
        kind: Kind::Mutation,
        ..call("f")
    };
    for _ in 0..3 {
        let done = executor.run(&bundle, &call, &mut host).unwrap();
        assert_eq!(done.result_json, r#"[{"id":1},{"id":2}]"#);
    }
    assert_eq!(host.calls.len(), 6);
}
