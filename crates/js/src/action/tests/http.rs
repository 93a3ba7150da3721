//! HTTP actions: routes, requests and responses, with bodies that are there and bodies that arrive.

use super::*;
use crate::testing::module;

const ROUTER: &str = r#"
const json = (r) => JSON.stringify(Convex.jsSyscall("convexJsonFromResponse", { response: r }));
const routes = { "GET /a": HANDLER };
export default {
  isRouter: true,
  lookup: (path, method) => (path === "/a" ? [routes["GET /a"], method, path] : null),
  runRequest: async (text, path) => {
    const request = Convex.jsSyscall("requestFromConvexJson", { convexJson: JSON.parse(text) });
    return json(await routes["GET /a"](request, path));
  },
};
"#;

fn serve(handler: &str, request: &str) -> (Run, Step) {
    let source = ROUTER.replace("HANDLER", handler);
    let bundle = Arc::new(Bundle::compile(vec![module("http.js", &source)]).expect("compiles"));
    let heap = ActionHeap::new(bundle, ActionLimits::default(), [0; 32]);
    let mut run = Run { heap, host: Recorder::default() };
    let call = ActionCall::Http { path: "/a", method: "POST", request_json: request };
    let step = run.heap.start(&call, &mut run.host);
    (run, step)
}

const BARE: &str =
    r#"{"url":"http://x/a?q=1","method":"POST","headerPairs":[["x-a","1"],["x-a","2"]],"streamId":null,"signal":null}"#;
const WITH_BODY: &str = r#"{"url":"http://x/a","method":"POST","headerPairs":[],"streamId":1,"signal":null}"#;

// - [ ] url, headers, binary and streaming bodies in both directions; set-cookie duplicates
#[test]
fn a_request_becomes_a_response() {
    let (run, step) = serve(
        r#"async (request, path) => {
          const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
          return new Response([request.url, request.method, request.headers.get("x-a"), request.body, path].join("|"), { status: 201, headers });
        }"#,
        BARE,
    );
    let expected = r#"{"headerPairs":[["content-type","text/plain;charset=UTF-8"],["set-cookie","a=1"],["set-cookie","b=2"]],"status":201,"streamId":null}"#;
    assert_eq!(done(step), expected);
    let (_, body) = &run.host.started[0];
    assert_eq!(body.name, "http/body");
    assert_eq!(body.bytes.as_deref(), Some(&b"http://x/a?q=1|POST|1, 2||/a"[..]));
    assert_eq!(run.heap.route(), Some("/a"));
}

#[test]
fn a_body_is_read_piece_by_piece() {
    let (mut run, step) =
        serve("async (request) => Response.json([await request.clone().text(), await request.json()])", WITH_BODY);
    waiting(&step);
    assert_eq!(run.names(), ["http/read"]);
    waiting(&run.answer(Ok(OpAnswer::bytes(*b"{\"a\""))));
    waiting(&run.answer(Ok(OpAnswer::bytes(*b":1}"))));
    done(run.answer(Ok(OpAnswer::nothing())));
    assert_eq!(run.host.started[0].1.bytes.as_deref(), Some(&b"[\"{\\\"a\\\":1}\",{\"a\":1}]"[..]));
}

#[test]
fn a_disconnected_client_aborts_the_signal() {
    let request = BARE.replace("\"signal\":null", "\"signal\":1");
    let (mut run, step) = serve(
        "async (request) => new Response(String(await new Promise((r) => { request.signal.onabort = () => r(request.signal.aborted); setTimeout(() => {}, 1000); })))",
        &request,
    );
    waiting(&step);
    assert_eq!(run.names(), ["http/disconnected", "timer"]);
    done(run.answer(Ok(OpAnswer::nothing())));
}

#[test]
fn only_responses_are_responses() {
    let (_, step) = serve("async () => ({ status: 200 })", BARE);
    assert!(failed(step).starts_with("Uncaught TypeError: HTTP actions must return a Response"));
    let (_, step) = serve("async () => new Response('', { status: 199 })", BARE);
    assert!(failed(step).starts_with("Uncaught RangeError"));
    let (_, step) = serve("async () => new Request('ftp://x')", BARE);
    assert!(failed(step).contains("Unsupported URL scheme -- http and https are supported (scheme was ftp)"));
}

// The standard refuses any body with a status that has none. Convex takes an empty one for none, and published
// packages count on that.
#[test]
fn an_empty_body_is_no_body_where_there_can_be_none() {
    let (run, step) = serve("async () => new Response('', { status: 205 })", BARE);
    assert_eq!(done(step), r#"{"headerPairs":[],"status":205,"streamId":null}"#);
    assert!(run.host.started.is_empty());
    let (_, step) = Run::start(
        "const attempt = (body, status) => { try { return new Response(body, { status }).body; } catch (e) { return e.name; } };
         const contents = ['', new Uint8Array(0), new Blob([]), new URLSearchParams(), ' ', new ReadableStream()];
         return [204, 205, 304, 200].map((status) => contents.map((content) => attempt(content, status) && (status === 200 ? 'body' : attempt(content, status))));",
    );
    let refused = r#"[null,null,null,null,"TypeError","TypeError"]"#;
    assert_eq!(done(step), format!(r#"[{refused},{refused},{refused},["body","body","body","body","body","body"]]"#));
}

#[test]
fn a_body_that_nobody_wants_is_cancelled() {
    let (mut run, step) = serve(
        "async () => new Response(new ReadableStream({ cancel: (reason) => { setTimeout(() => {}, 1); console.log(reason.name); } }), { headers: { 'content-length': '7' } })",
        BARE,
    );
    assert!(done(step).ends_with(r#""status":200,"streamId":1}"#));
    let (_, op) = &run.host.started[0];
    assert_eq!((op.name.as_str(), op.args.as_str()), ("http/stream", "7"));
    waiting(&run.answer(Ok(OpAnswer::nothing())));
    assert_eq!((run.names(), run.host.lines.join("|")), (vec!["timer"], "'AbortError'".to_owned()));
}

// - [ ] exact, prefix, longest prefix, method mismatch, no router, HEAD, OPTIONS
#[test]
fn a_request_without_a_route_makes_no_call() {
    let source = ROUTER.replace("HANDLER", "null");
    let bundle = |source: &str| Arc::new(Bundle::compile(vec![module("http.js", source)]).expect("compiles"));
    let call = ActionCall::Http { path: "/b", method: "GET", request_json: BARE };
    let mut host = Recorder::default();
    let mut start = |bundle| ActionHeap::new(bundle, ActionLimits::default(), [0; 32]).start(&call, &mut host);
    assert!(matches!(start(bundle(&source)), Step::NoRoute));
    assert!(failed(start(bundle("export default {};"))).contains("is not a Router."));
}

// - [ ] Response status range, Response.json, Blob/File/FormData round trips
#[test]
fn bodies_are_read_once_in_any_form() {
    let (_, step) = Run::start(
        "const forms = [];
         for (const read of ['text', 'json', 'arrayBuffer', 'bytes', 'blob']) {
           const value = await new Response('[1]', { headers: { 'content-type': 'a/b' } })[read]();
           forms.push(value.type ?? value.byteLength ?? value);
         }
         const once = new Response('x');
         await once.text();
         const again = await once.text().catch((e) => e.message);
         const post = new Request('https://a.example/p', { method: 'post', body: new URLSearchParams({ a: 1 }) });
         return [forms, again, once.bodyUsed, post.method, post.headers.get('content-type'), await post.text(), Response.redirect('https://b.example').status];",
    );
    assert_eq!(
        done(step),
        r#"[["[1]",[1],3,3,"a/b"],"Body has already been consumed",true,"POST","application/x-www-form-urlencoded;charset=UTF-8","a=1",302]"#
    );
}
