//! Whole fetches: JavaScript in a heap, the operations it starts, and a server on the loopback interface.

mod bodies;
mod redirects;
mod server;

use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use js::{ActionCall, ActionHeap, ActionHost, ActionLimits, Bundle, ConsoleLevel, ModuleSource, OpId, Step};

use super::*;
use server::Server;

const LIBRARY: &str = "
export const action = (handler) => ({
  isAction: true, isPublic: true,
  invokeAction: async (requestId, text) => JSON.stringify((await handler()) ?? null),
});";

/// Collects what a step starts and cancels.
#[derive(Default)]
struct Notes {
    started: Vec<(OpId, Op)>,
    cancelled: Vec<OpId>,
}

impl ActionHost for Notes {
    fn start(&mut self, id: OpId, op: Op) -> Result<(), HostError> {
        self.started.push((id, op));
        Ok(())
    }

    fn cancel(&mut self, id: OpId) {
        self.cancelled.push(id);
    }

    fn syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::developer(format!("Unknown operation {name}")))
    }

    fn env_var(&mut self, _name: &str) -> Option<String> {
        None
    }

    fn console(&mut self, _level: ConsoleLevel, _messages: Vec<String>) {}

    fn now_ms(&mut self) -> f64 {
        1_700_000_000_000.0
    }
}

/// Runs an action whose body is given; `base` in it is the server's address. Returns the JSON of its result.
async fn run(server: &Server, body: &str) -> Result<String, String> {
    let main = format!(
        "import {{ action }} from './_deps/lib.js';
         const base = '{}', elsewhere = '{}';
         const thrown = async (promise) => {{ try {{ return ['fine', await promise]; }} catch (e) {{ return [e.name, e.message]; }} }};
         export const f = action(async () => {{ {body} }});",
        server.base, server.elsewhere
    );
    let module = |path: &str, source: &str| ModuleSource { path: path.into(), source: source.into(), source_map: None };
    let modules = vec![module("main.js", &main), module("_deps/lib.js", LIBRARY)];
    let bundle = Arc::new(Bundle::compile(modules).map_err(|error| error.to_string())?);
    let mut heap = ActionHeap::new(bundle, ActionLimits::default(), [7; 32]);
    let fetcher = Fetcher::new(FetchClient::default());
    let mut notes = Notes::default();
    let call = ActionCall::Function { module: "main.js", export: "f", args_json: "[{}]" };
    let mut step = heap.start(&call, &mut notes);
    let mut running = FuturesUnordered::new();
    let mut aborts = HashMap::new();
    loop {
        match step {
            Step::Done(completion) => return Ok(completion.result_json),
            Step::Failed(error) => return Err(error.to_string()),
            Step::NoRoute => return Err("no route".into()),
            Step::Waiting => {}
        }
        for (id, op) in notes.started.drain(..) {
            let (future, handle) = futures_util::future::abortable(fetcher.start(op));
            aborts.insert(id, handle);
            running.push(future.map(move |result| result.ok().map(|result| (id, result))));
        }
        for id in notes.cancelled.drain(..) {
            aborts[&id].abort();
        }
        let answers = running.next().await.expect("an action that waits has operations").into_iter().collect();
        step = heap.resume(answers, &mut notes);
    }
}

/// Compares the result of an action with JSON.
#[track_caller]
fn check(body: &str, expected: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let result = runtime.block_on(async {
        let server = Server::start().await;
        run(&server, body).await
    });
    assert_eq!(result.as_deref(), Ok(expected));
}

// Checklist: AbortController with fetch.
#[test]
fn an_aborted_request_ends_at_the_server_too() {
    check(
        "const controller = new AbortController();
         const hanging = thrown(fetch(base + '/hang', { signal: controller.signal }));
         await fetch(base + '/wait/arrived');
         controller.abort();
         const [name, message] = await hanging;
         return [name, message, await (await fetch(base + '/wait/gone')).text()];",
        r#"["AbortError","This operation was aborted","gone"]"#,
    );
}

#[test]
fn an_abort_in_the_middle_ends_the_body() {
    check(
        "const controller = new AbortController();
         const response = await fetch(base + '/endless', { signal: controller.signal });
         const reader = response.body.getReader();
         const first = await reader.read();
         controller.abort(new RangeError('enough'));
         const next = await thrown(reader.read());
         await fetch(base + '/wait/gone');
         return [first.done, first.value.length > 0, next, await thrown(response.text())];",
        r#"[false,true,["RangeError","enough"],["TypeError","Body has already been consumed"]]"#,
    );
}

#[test]
fn what_is_aborted_already_is_not_sent() {
    check(
        "const before = await (await fetch(base + '/count')).text();
         let cancelled;
         const body = new ReadableStream({ cancel(reason) { cancelled = reason; } });
         const outcomes = [
           await thrown(fetch(base + '/echo', { signal: AbortSignal.abort('no') }).catch((e) => { throw new Error(e) })),
           await thrown(fetch(base + '/echo', { method: 'POST', body, signal: AbortSignal.abort() })),
         ];
         const late = new AbortController();
         const response = await fetch(base + '/text', { signal: late.signal });
         const text = await response.text();
         late.abort();
         return [outcomes.map((o) => o[0]), cancelled.name, text, Number(await (await fetch(base + '/count')).text()) - before];",
        r#"[["Error","AbortError"],"AbortError","plain text",2]"#,
    );
}

#[test]
fn trouble_with_the_network_is_a_type_error_that_names_the_url() {
    check(
        "const [name, message] = await thrown(fetch('http://127.0.0.1:1/x'));
         const [other, cut] = await thrown(fetch(base + '/cut').then((r) => r.text()));
         return [name, message.startsWith('Could not fetch http://127.0.0.1:1/x: '), message.includes('refused'), other, cut.startsWith('The body of the response could not be received: ')];",
        r#"["TypeError",true,true,"TypeError",true]"#,
    );
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    check(
        "const body = new Request(base + '/echo', { method: 'POST', body: 'x' });
         await body.text();
         return [await thrown(fetch('/relative')), await thrown(fetch('ftp://x/')), (await thrown(fetch(base, { body: 'x' })))[0], (await thrown(fetch(body)))[0], (await thrown(fetch()))[0]];",
        r#"[["TypeError","Invalid URL: /relative"],["TypeError","Unsupported URL scheme -- http and https are supported (scheme was ftp)"],"TypeError","TypeError","TypeError"]"#,
    );
}

#[test]
fn connections_are_kept_for_the_next_request() {
    check(
        "for (let i = 0; i < 3; i++) await (await fetch(base + '/text')).text();
         return (await fetch(base + '/connections')).text();",
        r#""1""#,
    );
}

#[test]
fn unread_bodies_have_a_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Server::start().await;
        let fetcher = Fetcher::new(FetchClient::default());
        let start = |id: usize| {
            let args =
                format!(r#"{{"id":{id},"url":"{}/hang","method":"GET","headers":[],"stream":false}}"#, server.base);
            fetcher.start(Op { name: "fetch/start".into(), args, bytes: None })
        };
        let held: Vec<_> = (0..limits::FETCHES_PER_ACTION_MAX).map(start).collect();
        let error = start(limits::FETCHES_PER_ACTION_MAX).await.expect_err("one too many");
        assert!(error.message.starts_with("Too many requests are open at once in this action (limit: 1000)"));
        drop(held);
        let cancel = Op { name: "fetch/cancel".into(), args: "3".into(), bytes: None };
        fetcher.start(cancel).await.expect("is cancelled");
        assert!(start(3).now_or_never().is_none(), "there is room again");
    });
}

// A body that merely stops must not look complete to the server.
#[test]
fn an_action_that_ends_leaves_no_complete_request_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Server::start().await;
        let fetcher = Fetcher::new(FetchClient::default());
        let args = format!(r#"{{"id":1,"url":"{}/upload","method":"POST","headers":[],"stream":true}}"#, server.base);
        let mut running = fetcher.start(Op { name: "fetch/start".into(), args, bytes: None });
        let write = Op { name: "fetch/write".into(), args: "1".into(), bytes: Some(b"half".to_vec()) };
        let written = fetcher.start(write);
        tokio::select! {
            _ = &mut running => panic!("the server answered half a body"),
            it = async { written.await.expect("is written"); server.heard("half").await } => it,
        }
        drop((fetcher, running));
        server.heard("broken").await;
    });
}

#[test]
fn unknown_operations_are_refused() {
    let fetcher = Fetcher::new(FetchClient::default());
    for (name, args) in [("fetch/other", "1"), ("fetch/read", "x")] {
        let op = Op { name: name.into(), args: args.into(), bytes: None };
        let error = fetcher.start(op).now_or_never().expect("is answered at once").expect_err("is refused");
        assert_eq!(error.message, format!("Unknown operation {name}"));
    }
}
