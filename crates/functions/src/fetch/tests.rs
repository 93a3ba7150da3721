//! Whole fetches: an HTTP action that asks a server on the loopback interface, and answers with what came of it.

mod bodies;
mod redirects;
mod server;

use tokio::process::Command;
use tokio::runtime::Runtime;

use super::*;
use crate::actions::http::{HttpOutcome, ResponseBody};
use crate::actions::tests::http::Site;
use server::Server;

fn start() -> (Runtime, Server) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = runtime.block_on(Server::start());
    (runtime, server)
}

/// Defines `run`, whose body is given; `base` in it is the server's address.
fn script(server: &Server, body: &str) -> String {
    format!(
        "const base = '{}', elsewhere = '{}';
         const thrown = async (promise) => {{ try {{ return ['fine', await promise]; }} catch (e) {{ return [e.name, e.message]; }} }};
         const run = async () => {{ {body} }};",
        server.base, server.elsewhere
    )
}

/// The JSON of what an action with this body returns, or its failure.
fn run(runtime: &Runtime, server: &Server, body: &str) -> Result<String, String> {
    let site = Site::of(&format!(
        "{}
         const answer = async () => Convex.jsSyscall('convexJsonFromResponse', {{ response: Response.json((await run()) ?? null) }});
         export default {{
           isRouter: true,
           lookup: (path, method) => [answer, method, path],
           runRequest: async () => JSON.stringify(await answer()),
         }};",
        script(server, body)
    ));
    match runtime.block_on(site.0.runtime.http_action(site.request("GET", "/"))) {
        Ok(HttpOutcome::Response(response)) => match response.body {
            ResponseBody::Whole(bytes) => Ok(String::from_utf8(bytes.to_vec()).expect("a text")),
            ResponseBody::Stream(_) => Err("a stream".into()),
        },
        Ok(HttpOutcome::Failed(error)) => Err(error.detail),
        Ok(HttpOutcome::NoRouter | HttpOutcome::NoRoute) => Err("no route".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// Compares the result of an action with JSON.
#[track_caller]
fn check(body: &str, expected: &str) {
    let (runtime, server) = start();
    assert_eq!(run(&runtime, &server, body).as_deref(), Ok(expected));
}

/// Compares the result of an action with what the same code gives in Node.js.
#[track_caller]
fn compare_with_node(body: &str) {
    let (runtime, server) = start();
    let script =
        format!("{} run().then((result) => process.stdout.write(JSON.stringify(result)));", script(&server, body));
    let node = async || Command::new("node").args(["--input-type=commonjs", "--eval", &script]).output().await;
    let output = runtime.block_on(node()).expect("Node.js is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = String::from_utf8(output.stdout).expect("a text");
    assert_eq!(run(&runtime, &server, body), Ok(theirs));
}

#[test]
fn responses_say_what_they_say_in_node() {
    compare_with_node(
        "const texts = [];
         for (const path of ['/text', '/status/418', '/status/404', '/status/299', '/reason/Made%20here', '/reason/']) {
           const response = await fetch(base + path);
           texts.push([response.status, response.statusText, response.clone().statusText, new Response(null, response).statusText]);
         }
         return texts;",
    );
}

#[test]
fn headers_of_responses_cannot_be_changed_just_as_in_node() {
    compare_with_node(
        "const changes = [
           (h) => h.set('x-method', 'b'), (h) => h.append('a', 'b'), (h) => h.delete('x-method'), (h) => h.delete('absent'),
           (h) => h.set('a b', 'c'), (h) => h.append('a'),
         ];
         const tried = (headers) => changes.map((change) => { try { change(headers); return 'fine'; } catch (e) { return e.name; } });
         const response = await fetch(base + '/echo');
         const manual = await fetch(base + '/redirect/1', { redirect: 'manual' });
         const all = [response.clone(), manual, new Response(null, response), new Response(null, { headers: response.headers }), response];
         return [all.map(({ headers }) => tried(headers)), response.headers.get('x-method'), response.headers.get('a')];",
    );
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
    let (runtime, server) = start();
    runtime.block_on(async {
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
    let (runtime, server) = start();
    runtime.block_on(async {
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
