//! Actions in steps, against a host that answers when a test says so.

use super::*;
use crate::testing::{ACTION, Recorder, action_bundle};

/// One action whose body is given, and its host.
pub(super) struct Run {
    pub(super) heap: ActionHeap,
    pub(super) host: Recorder,
}

impl Run {
    fn start(body: &str) -> (Run, Step) {
        Run::with(body, ActionLimits::default())
    }

    fn with(body: &str, limits: ActionLimits) -> (Run, Step) {
        let heap = ActionHeap::new(action_bundle(body), limits, [7; 32]);
        let mut run = Run { heap, host: Recorder::default() };
        let step = run.heap.start(&ACTION, &mut run.host);
        (run, step)
    }

    /// Answers the oldest operation that is not answered yet.
    pub(super) fn answer(&mut self, result: OpResult) -> Step {
        let (id, _) = self.host.started.remove(0);
        self.heap.resume(vec![(id, result)], &mut self.host)
    }

    fn names(&self) -> Vec<&str> {
        self.host.started.iter().map(|(_, op)| op.name.as_str()).collect()
    }
}

pub(super) fn done(step: Step) -> String {
    match step {
        Step::Done(completion) => completion.result_json,
        other => panic!("not done: {other:?}"),
    }
}

pub(super) fn failed(step: Step) -> String {
    match step {
        Step::Failed(error) => error.to_string(),
        other => panic!("did not fail: {other:?}"),
    }
}

pub(super) fn waiting(step: &Step) {
    assert!(matches!(step, Step::Waiting), "{step:?}");
}

#[test]
fn an_action_waits_for_its_operations_and_goes_on_on_another_thread() {
    let (mut run, step) =
        Run::start("const a = await call('1.0/a', {n: 1}); return a.n + (await call('1.0/b', {})).n;");
    waiting(&step);
    assert_eq!(run.host.started[0].1, Op { name: "1.0/a".into(), args: "{\"n\":1}".into(), bytes: None });
    assert_eq!(run.heap.pending().collect::<Vec<_>>(), ["1.0/a"]);
    let step = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                waiting(&run.answer(Ok(OpAnswer::text("{\"n\":40}"))));
                run.answer(Ok(OpAnswer::text("{\"n\":2}")))
            })
            .join()
            .expect("does not panic")
    });
    assert_eq!(done(step), "42");
}

// - [ ] rejection with `.data` arrives in JS as ConvexError; without as Error with the same message
#[test]
fn operations_run_side_by_side_and_fail_one_by_one() {
    let (mut run, step) = Run::start(
        "const all = await Promise.allSettled([call('a', {}), call('b', {}), call('refused', {})]);
         return all.map((r) => r.value ?? [r.reason.message, r.reason.data ?? null]);",
    );
    waiting(&step);
    assert_eq!(run.names(), ["a", "b"]);
    let b = run.host.started[1].0;
    let error = HostError { data: Some("{\"x\":1}".into()), ..HostError::developer("no b") };
    waiting(&run.heap.resume(vec![(b, Err(error))], &mut run.host));
    assert_eq!(done(run.answer(Ok(OpAnswer::text("1")))), r#"[1,["no b",{"x":1}],["not now",null]]"#);
}

#[test]
fn answers_are_strings_bytes_pairs_or_nothing() {
    let (mut run, _) = Run::start(
        "const blobs = [];
         for (let i = 0; i < 2; i++) blobs.push(await Convex.jsSyscall('storage/getBlob', { storageId: 'x' }));
         return [blobs[0], blobs[1].type, await blobs[1].text()];",
    );
    assert_eq!(run.names(), ["storage/getBlob"]);
    waiting(&run.answer(Ok(OpAnswer::nothing())));
    let file = OpAnswer { text: Some("text/plain".into()), bytes: Some(b"hello".to_vec()) };
    assert_eq!(done(run.answer(Ok(file))), r#"[null,"text/plain","hello"]"#);
}

#[test]
fn blobs_travel_as_bytes() {
    let (mut run, _) =
        Run::start("return Convex.jsSyscall('storage/storeBlob', { blob: new Blob(['hi'], {type: 'a/b'}) });");
    let (_, op) = &run.host.started[0];
    assert_eq!((op.name.as_str(), op.bytes.as_deref()), ("storage/storeBlob", Some(&b"hi"[..])));
    assert_eq!(op.args, r#"{"contentType":"a/b"}"#);
    assert_eq!(done(run.answer(Ok(OpAnswer::text("\"id\"")))), "\"id\"");
}

#[test]
fn timers_fire_once_or_again_and_can_be_cleared() {
    let (mut run, _) = Run::start(
        "const seen = [];
         const gone = setTimeout(() => seen.push('gone'), 5);
         await new Promise((resolve) => {
           const every = setInterval((tag) => { seen.push(tag); if (seen.length === 2) { clearInterval(every); resolve(); } }, 10, 'tick');
           clearTimeout(gone);
         });
         return seen;",
    );
    let ops: Vec<_> = run.host.started.iter().map(|(id, op)| (id.0, op.args.clone())).collect();
    assert_eq!(ops, [(1, "5".to_owned()), (2, "10".to_owned())]);
    assert_eq!(run.host.cancelled, [OpId(1)]);
    waiting(&run.answer(Ok(OpAnswer::nothing())));
    waiting(&run.answer(Ok(OpAnswer::nothing())));
    assert_eq!(done(run.answer(Ok(OpAnswer::nothing()))), r#"["tick","tick"]"#);
}

// - [ ] unimplemented members terminate with the Not implemented text
#[test]
fn timers_take_no_code_as_text() {
    let (_, step) = Run::start("try { setTimeout('code', 1); } catch {} return 1;");
    assert_eq!(
        failed(step),
        "Not implemented: string handler for setTimeout. Consider calling an action defined in Node.js instead \
         (https://docs.convex.dev/functions/actions)."
    );
}

#[test]
fn a_signal_aborts_after_its_time() {
    let (mut run, _) = Run::start(
        "const signal = AbortSignal.timeout(50);
         const reason = await new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
         return [signal.aborted, reason.name];",
    );
    assert_eq!(run.host.started[0].1.args, "50");
    assert_eq!(done(run.answer(Ok(OpAnswer::nothing()))), r#"[true,"TimeoutError"]"#);
}

// - [ ] unhandled promise rejection fails the function
#[test]
fn what_nobody_handles_fails_the_action() {
    let (mut run, step) = Run::start("setTimeout(() => { throw new Error('late') }, 1); await new Promise(() => {});");
    waiting(&step);
    assert!(failed(run.answer(Ok(OpAnswer::nothing()))).starts_with("Uncaught Error: late"));
    let (_, step) = Run::start("Promise.reject(new Error('early')); await call('a', {});");
    assert!(failed(step).starts_with("Uncaught Error: early"));
}

#[test]
fn a_promise_that_nothing_can_settle_is_an_error() {
    let (_, step) = Run::start("await new Promise(() => {});");
    assert_eq!(failed(step), "Returned promise will never resolve");
}

#[test]
fn a_finished_action_tells_what_it_left_running() {
    let (run, step) = Run::start("call('1.0/actions/mutation', {}); setTimeout(() => {}, 10); return 1;");
    assert_eq!(done(step), "1");
    assert_eq!(run.heap.pending().collect::<Vec<_>>(), ["1.0/actions/mutation", "timer"]);
}

#[test]
fn the_clock_runs_and_chance_goes_on() {
    let (mut run, _) = Run::start(
        "const before = [Date.now(), Math.random()]; await call('a', {});
         return [Date.now() - before[0], Math.random() !== before[1], performance.now() >= 0];",
    );
    run.host.now_ms = 250.7;
    assert_eq!(done(run.answer(Ok(OpAnswer::text("1")))), "[250,true,true]");
}

// - [ ] wasm, top-level await, import.meta, dynamic import errors
#[test]
fn actions_may_import_modules_while_they_run() {
    let (_, step) = Run::start("return (await import('./extra.js')).x;");
    assert_eq!(done(step), "7");
}

#[test]
fn limits_end_the_action_and_nothing_else() {
    let limits = ActionLimits { user_time: Duration::from_millis(50), ..ActionLimits::default() };
    let (mut run, step) = Run::with("await call('a', {}); try { for (;;); } catch {}", limits);
    waiting(&step);
    let text = failed(run.answer(Ok(OpAnswer::text("1"))));
    assert_eq!(text, "Function execution timed out (maximum duration: 0.05s)");
    assert!(failed(run.heap.resume(Vec::new(), &mut run.host)).contains("the action is over"));
    let (_, step) = Run::start("const all = []; for (;;) all.push(new Array(1000).fill(0));");
    assert!(failed(step).contains("ran out of memory (maximum memory usage: 64 MB)"));
}

#[test]
fn a_system_error_ends_the_action() {
    let (mut run, _) = Run::start("try { await call('a', {}); } catch { return 1; }");
    assert_eq!(failed(run.answer(Err(HostError::system("the disk is gone")))), "the disk is gone");
}

#[test]
fn wrong_targets_are_named() {
    let bundle = action_bundle("return 1;");
    let mut host = Recorder::default();
    let mut start = |export| {
        let call = ActionCall::Function { module: "main.js", export, args_json: "[{}]" };
        failed(ActionHeap::new(bundle.clone(), ActionLimits::default(), [0; 32]).start(&call, &mut host))
    };
    assert_eq!(start("missing"), "Couldn't find \"missing\" in module \"main.js\".");
}

mod crypto;
mod guests;
mod http;
