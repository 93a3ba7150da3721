// HTTP actions over plain sockets, on the site port and under /http.
import assert from "node:assert/strict";
import { Agent, request as httpRequest } from "node:http";
import { test } from "node:test";
import { api, deployedApp, freshName } from "./support/app.mjs";
import { Project } from "./support/project.mjs";
import { Server } from "./support/server.mjs";
import { until, within } from "./support/until.mjs";

const app = deployedApp();
const site = (path) => app.server.siteUrl + path;
const texts = (list) => app.http.query(api.actions.texts, { list });

async function text(path, options) {
  const response = await fetch(site(path), options);
  return [response.status, await response.text()];
}

/** A request whose body is still to come, and the head of its answer. */
function posting(path) {
  const request = httpRequest(site(path), { method: "POST" });
  const head = new Promise((resolve, reject) => request.once("response", resolve).once("error", reject));
  return { request, response: within(head, "a head") };
}

/** The entries of the log that say how requests of `identifier` ended. */
async function completions(identifier) {
  const response = await fetch(`${app.server.url}/api/stream_function_logs?cursor=0`, {
    headers: { Authorization: `Convex ${app.server.adminKey}`, "Convex-Client": "npm-cli-1.48.0" },
  });
  const { entries } = await response.json();
  const lines = entries.flatMap((entry) => entry.logLines);
  return { lines, ended: entries.filter((entry) => entry.identifier === identifier && entry.kind === "Completion") };
}

/** The same, once there is one: the last thing a handler does can be seen before its entry. */
const completed = (identifier) =>
  until(async () => {
    const told = await completions(identifier);
    return told.ended.length > 0 && told;
  }, `${identifier} is in the log`);

test("the exact path wins, then the longest prefix, and the method must match", async () => {
  assert.deepEqual(await text("/routes/exact"), [200, "exact"]);
  assert.deepEqual(await text("/routes/exact", { method: "PATCH" }), [200, "patched"]);
  assert.deepEqual(await text("/routes/other"), [200, "prefix"]);
  assert.deepEqual(await text("/routes/longer/x"), [200, "longer prefix"]);
  assert.deepEqual(await text("/routes/exact", { method: "POST" }), [404, "No matching routes found"]);
  const nothing = await fetch(site("/nowhere"));
  assert.equal(nothing.status, 404);
  assert.match(nothing.headers.get("content-type"), /^text\/plain/);
});

test("HEAD runs the route of GET and drops the body", async () => {
  const response = await fetch(site("/mirror"), { method: "HEAD" });
  assert.equal(response.status, 207);
  assert.equal(response.headers.get("x-method"), "HEAD");
  assert.equal(await response.text(), "");
});

test("OPTIONS belongs to the app, and nothing is added", async () => {
  const origin = { Origin: "https://app.example", "Access-Control-Request-Method": "POST" };
  const own = await fetch(site("/routes/exact"), { method: "OPTIONS", headers: origin });
  assert.deepEqual([own.status, own.headers.get("access-control-allow-origin"), await own.text()], [200, "https://only.example", "body null"]);
  const none = await fetch(site("/mirror"), { method: "OPTIONS", headers: origin });
  assert.equal(none.status, 404);
  const plain = await fetch(`${app.server.url}/http/routes/exact`, { headers: origin });
  assert.equal(plain.headers.get("access-control-allow-origin"), null);
});

test("addresses, headers and binary bodies pass through on both ports", async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, n) => (n * 7) % 256);
  for (const [base, seen] of [[app.server.siteUrl, app.server.siteUrl], [`${app.server.url}/http`, app.server.url]]) {
    const response = await fetch(`${base}/mirror?a=%20b`, { method: "POST", body: bytes, headers: { "X-Sent": "yes" } });
    assert.equal(response.status, 207);
    assert.equal(response.headers.get("x-url"), `${seen}/mirror?a=%20b`);
    assert.equal(response.headers.get("x-sent"), "yes");
    assert.deepEqual(response.headers.getSetCookie(), ["a=1; Path=/", "b=2"]);
    assert.equal(response.headers.get("content-length"), `${bytes.length}`);
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
  }
  const proxied = await fetch(site("/mirror"), { headers: { "X-Forwarded-Proto": "https" } });
  assert.match(proxied.headers.get("x-url"), /^https:\/\//);
  assert.equal(await proxied.text(), "null");
});

test("bodies stream in both directions at once", async () => {
  const { request, response } = posting("/upper");
  request.write("one");
  const pieces = (await response)[Symbol.asyncIterator]();
  assert.equal(String((await pieces.next()).value), "ONE");
  request.write("two");
  assert.equal(String((await within(pieces.next(), "a piece")).value), "TWO");
  request.end();
  assert.equal((await pieces.next()).done, true);
});

test("a handler runs mutations, and the log names its route", async () => {
  const list = freshName();
  const response = await fetch(site("/note"), { method: "POST", body: JSON.stringify({ list, text: "hello" }) });
  assert.equal(typeof (await response.json()).id, "string");
  assert.deepEqual(await texts(list), ["hello"]);
  const { ended, lines } = await completed("POST /note");
  assert.deepEqual([ended[0].udfType, ended[0].success, ended[0].caller], ["HttpAction", { status: "200" }, "HttpEndpoint"]);
  assert.equal(lines.filter((line) => line.messages.join(" ") === "'noting' 'hello'").length, 1);
});

test("a failure before the head is a JSON answer", async () => {
  const response = await fetch(site("/throws"));
  assert.equal(response.status, 500);
  const body = await response.json();
  assert.match(body.code, /^\[Request ID: [0-9a-f]{16}\] Server Error: Uncaught Error: before the head$/);
  assert.match(body.trace, /^Uncaught Error: before the head\n    at .*http\.ts:\d+:\d+/);
  assert.deepEqual((await (await fetch(site("/throws?data"))).json()).data, { n: 1 });
});

test("a failure after the head breaks the body off", async () => {
  const { request, response } = posting("/breaks");
  request.write("go");
  const pieces = (await response)[Symbol.asyncIterator]();
  assert.equal(String((await within(pieces.next(), "a piece")).value), "first");
  request.end();
  await assert.rejects(within(pieces.next(), "the end"));
  const told = async () => (await completions("POST /breaks")).lines.some((line) => line.systemMetadata?.code === "error:httpAction");
  await until(told, "a warning");
});

test("a response of more than 20 MiB is cut and logged", async () => {
  const response = await fetch(site("/large"));
  assert.equal((await response.arrayBuffer()).byteLength, 20 << 20);
  const told = async () => (await completions("GET /large")).lines.some((line) => line.messages[0].startsWith("HttpResponseTooLarge"));
  await until(told, "an error in the log");
});

test("a client that hangs up aborts the signal, and the handler goes on", async () => {
  const list = freshName();
  const abort = new AbortController();
  const answer = fetch(site("/until-abort"), { method: "POST", body: JSON.stringify({ list }), signal: abort.signal });
  answer.catch(() => {});
  await until(async () => (await texts(list)).includes("waiting"), "the handler waits");
  abort.abort();
  await until(async () => (await texts(list)).includes("aborted true"), "the signal aborts");
});

/** Asks for a response that is never complete, and leaves after its first piece. */
async function glance(path, list) {
  const abort = new AbortController();
  const response = await fetch(site(path), { method: "POST", body: JSON.stringify({ list }), signal: abort.signal });
  await within(response.body.getReader().read(), "a piece");
  abort.abort();
}

test("a stream that waits is cancelled when its client hangs up", async () => {
  const list = freshName();
  await glance("/held", list);
  await until(async () => (await texts(list)).includes("let go"), "the stream is cancelled");
});

test("what feeds a body goes on after its client has gone", async () => {
  const list = freshName();
  await glance("/feed", list);
  await until(async () => (await texts(list)).includes("and on"), "the work is done");
  assert.deepEqual(await texts(list), ["AbortError", "and on"]);
  assert.equal((await completed("POST /feed")).ended[0].error ?? null, null);
});

test("a streamed response tells its length, and a wrong one harms nobody else", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = (query, method = "GET") =>
    within(new Promise((resolve, reject) => {
      const request = httpRequest(site(`/sized?${query}`), { agent, method });
      request.once("error", reject).once("response", (response) => {
        const { "content-length": length } = response.headers;
        let text = "";
        response.setEncoding("utf8").on("data", (piece) => (text += piece)).once("error", reject);
        response.once("end", () => resolve({ length, text, reused: request.reusedSocket }));
      }).end();
    }), query);
  assert.deepEqual(await get("text=abc&length=3"), { length: "3", text: "abc", reused: false });
  assert.deepEqual(await get("text=abc&length=3", "HEAD"), { length: "3", text: "", reused: true });
  assert.deepEqual(await get("text=abc&length=2"), { length: "2", text: "ab", reused: true });
  assert.deepEqual(await get("text=abc&length=x"), { length: undefined, text: "abc", reused: true });
  await assert.rejects(get("text=abc&length=4"), /aborted/);
  assert.deepEqual(await get("text=abc&length=3"), { length: "3", text: "abc", reused: false });
  agent.destroy();
});

test("an HTTP action learns where its request comes from", async () => {
  const headers = { "User-Agent": "a browser", "X-Forwarded-For": "203.0.113.9, 198.51.100.7" };
  const { ip, userAgent, requestId } = await (await fetch(site("/metadata"), { headers })).json();
  assert.deepEqual([ip, userAgent], ["198.51.100.7", "a browser"]);
  assert.match(requestId, /^[0-9a-f]{16}$/);
  assert.equal((await (await fetch(site("/metadata"))).json()).ip, "127.0.0.1");
});

test("a bad token matters only to those who ask who is calling", async () => {
  const headers = { Authorization: "Bearer nonsense" };
  assert.deepEqual(await text("/routes/exact", { headers }), [200, "exact"]);
  assert.equal((await text("/whoami", { headers }))[0], 500);
  assert.deepEqual(await text("/whoami"), [200, "null"]);
});

test("a deployment without routes says so", async () => {
  const server = await Server.start();
  const project = Project.of({ "a.ts": "import { query } from './_generated/server'; export const a = query(async () => 1);" });
  try {
    await project.push(server);
    const response = await fetch(`${server.siteUrl}/x`);
    assert.deepEqual([response.status, await response.text()], [404, "This Convex deployment does not have HTTP actions enabled."]);
  } finally {
    project.remove();
    await server.remove();
  }
});
