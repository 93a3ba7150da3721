// `fetch` in actions against a server of this file; what must not call out does not.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { api, deployedApp } from "./support/app.mjs";

const app = deployedApp();
const peer = {};

/** What happened so far, and who waits for it. */
const events = new Map();
const happened = (word) => {
  const event = events.get(word) ?? deferred();
  events.set(word, event);
  return event;
};
function deferred() {
  const it = {};
  it.promise = new Promise((resolve) => (it.resolve = resolve));
  return it;
}

async function bytesOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const routes = {
  async echo(request, response) {
    const body = (await bytesOf(request)).toString();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ method: request.method, url: request.url, test: request.headers["x-test"] ?? null, body }));
  },
  async mirror(request, response) {
    response.setHeader("content-type", request.headers["content-type"]);
    response.end(await bytesOf(request));
  },
  async count(request, response) {
    const body = await bytesOf(request);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ bytes: body.length, last: body.at(-1), chunked: request.headers["transfer-encoding"] === "chunked" }));
  },
  redirect(_request, response) {
    response.writeHead(302, { location: "/echo" }).end();
  },
  async bytes(_request, response, count) {
    const piece = Buffer.alloc(65536, 7);
    let left = Number(count);
    while (left > 0) {
      const part = piece.subarray(0, Math.min(left, piece.length));
      left -= part.length;
      if (!response.write(part)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  },
  hang(request, _response, name) {
    happened(`${name}-hanging`).resolve();
    request.socket.once("close", () => happened(`${name}-gone`).resolve());
  },
  async wait(_request, response, word) {
    await happened(word).promise;
    response.end(word);
  },
};

before(async () => {
  peer.server = createServer((request, response) => {
    const [, name, rest] = request.url.split("?")[0].split("/");
    if (!Object.hasOwn(routes, name)) return response.writeHead(404).end();
    Promise.resolve(routes[name](request, response, rest)).catch((error) => response.destroy(error));
  });
  await new Promise((resolve) => peer.server.listen(0, "127.0.0.1", resolve));
  peer.base = `http://127.0.0.1:${peer.server.address().port}`;
});

after(() => {
  peer.server.close();
  peer.server.closeAllConnections();
});

const run = (name, args = {}) => app.http.action(api.fetching[name], { base: peer.base, ...args });

test("fetch is refused in queries and mutations", async () => {
  const refusal =
    "Can't use fetch() in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.";
  assert.equal(await app.http.query(api.fetching.inQuery, {}), refusal);
  assert.equal(await app.http.mutation(api.fetching.inMutation, {}), refusal);
});

test("a request is sent and its response read", async () => {
  assert.deepEqual(await run("json"), {
    status: 200,
    ok: true,
    seen: { method: "POST", url: "/echo?q=1", test: "yes", body: '{"hello":"wörld"}' },
  });
});

test("redirects are followed, returned or refused", async () => {
  assert.deepEqual(await run("redirects"), {
    followed: [200, true, true],
    manual: [302, "/echo"],
    error: "fetch attempted redirect",
  });
});

test("bodies larger than an action's heap stream in both directions", async () => {
  const pieces = 2000;
  const size = 65536;
  assert.deepEqual(await run("upload", { pieces, size }), { bytes: pieces * size, last: (pieces - 1) % 256, chunked: true });
  assert.deepEqual(await run("download", { bytes: 150_000_000 }), { total: 150_000_000, severalPieces: true });
});

test("forms with files make the round trip", async () => {
  assert.deepEqual(await run("form"), { name: "value", file: ["bytes.bin", "application/x-bytes", 0, 255, 10, 13] });
});

test("a signal aborts the request here and there", async () => {
  assert.deepEqual(await run("abort"), { message: "This operation was aborted", timeout: "TimeoutError" });
});

test("trouble with the network is an error that names the address", async () => {
  const { name, message } = await app.http.action(api.fetching.unreachable, { url: "http://127.0.0.1:1/x" });
  assert.equal(name, "TypeError");
  assert.match(message, /^Could not fetch http:\/\/127\.0\.0\.1:1\/x: .*refused/);
});

test("what an action fetched can be stored", async () => {
  assert.equal(await run("storeFetched"), 1000);
});

test("a request that an action leaves behind ends with it", async () => {
  await run("dangling");
  await happened("left-gone").promise;
});

test("an HTTP action passes bodies through in both directions", async () => {
  const body = Buffer.from(Array.from({ length: 10_000_000 }, (_, i) => i % 251));
  const to = `${app.server.siteUrl}/proxy?to=${encodeURIComponent(`${peer.base}/mirror`)}`;
  const response = await fetch(to, { method: "POST", body, headers: { "Content-Type": "application/x-big" } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/x-big");
  assert.ok(body.equals(Buffer.from(await response.arrayBuffer())), "the bytes come back as they went");
});
