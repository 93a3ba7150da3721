// Actions through the published clients: results, errors, jobs, logs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConvexError } from "convex/values";
import { api, deployedApp, freshName } from "./support/app.mjs";
import { Inbox, until } from "./support/until.mjs";

const app = deployedApp();
const { actions } = api;

const texts = (list) => app.http.query(actions.texts, { list });
const state = async (id) => (await app.http.query(actions.state, { id })).state;

async function logs() {
  const response = await fetch(`${app.server.url}/api/stream_function_logs?cursor=0`, {
    headers: { Authorization: `Convex ${app.server.adminKey}`, "Convex-Client": "npm-cli-1.48.0" },
  });
  return (await response.json()).entries;
}

test("an action calls functions over HTTP and over the socket", async () => {
  const list = freshName();
  assert.equal((await app.http.action(actions.copy, { list, text: "one" })).text, "one");
  assert.equal((await app.connect().action(actions.copy, { list, text: "two" })).text, "two");
  assert.deepEqual(await texts(list), ["one", "two"]);
});

test("arguments and results are validated", async () => {
  await assert.rejects(app.http.action(actions.copy, { list: 1, text: "x" }), /ArgumentValidationError: Value does not match validator/);
  await assert.rejects(app.http.action(actions.wrongReturn, {}), /ReturnsValidationError/);
});

test("an action knows its own name and its request", async () => {
  const [own, deployment, request] = await app.http.action(actions.metadata, {});
  assert.equal(own.name, "actions:metadata");
  assert.equal(deployment.region, null);
  assert.match(request.requestId, /^[0-9a-f]{16}$/);
});

test("ConvexError data reaches the client and calling actions", async () => {
  const error = await app.http.action(actions.failsWithData, {}).catch((error) => error);
  assert.ok(error instanceof ConvexError);
  assert.deepEqual(error.data, { code: 1n, text: "told" });
  assert.deepEqual(await app.http.action(actions.catches, {}), { isConvexError: true, data: { code: 1n, text: "told" } });
});

test("internal actions answer to functions only", async () => {
  assert.equal(await app.http.action(actions.callsHidden, {}), "hidden");
  await assert.rejects(app.http.action(actions.hidden, {}), /Could not find public function for 'actions:hidden'/);
});

test("actions of one client run side by side", async () => {
  const client = app.connect();
  const order = [];
  const slow = client.action(actions.waits, { ms: 3000 }).then(() => order.push("slow"));
  const fast = client.action(actions.waits, { ms: 1 }).then(() => order.push("fast"));
  await Promise.all([slow, fast]);
  assert.deepEqual(order, ["fast", "slow"]);
  const woke = await Promise.all(Array.from({ length: 300 }, () => client.action(actions.waits, { ms: 200 })));
  assert.ok(woke.every((word) => word === "woke"));
});

test("stored blobs come back", async () => {
  const stored = await app.http.action(actions.stores, { text: "bytes" });
  assert.deepEqual({ ...stored, url: undefined }, { text: "bytes", type: "text/plain", gone: null, url: undefined });
  assert.match(stored.url, /\/api\/storage\//);
});

test("forgotten operations are warned of", async () => {
  await app.http.action(actions.forgets, { list: freshName() });
  const entries = (await logs()).filter((entry) => entry.identifier === "actions:forgets");
  const line = entries.flatMap((entry) => entry.logLines).find((line) => line.systemMetadata?.code === "UnawaitedOperations");
  assert.match(line.messages[0], /^1 unawaited operation: \[mutation\]\. Async operations should be awaited/);
});

test("lines are streamed as progress, once", async () => {
  const text = freshName("line");
  await app.http.action(actions.copy, { list: freshName(), text });
  const entries = (await logs()).filter((entry) => entry.identifier === "actions:copy");
  const lines = entries.flatMap((entry) => entry.logLines.map((line) => [entry.kind, line.messages.join(" ")]));
  assert.deepEqual(lines.filter(([, line]) => line.includes(text)), [["Progress", `'copying' '${text}'`]]);
});

test("a scheduled action is in progress while it runs, and has no user", async () => {
  for (const schedule of [(args) => app.http.mutation(actions.later, args), (args) => app.http.action(actions.laterFromAction, args)]) {
    const list = freshName();
    const id = await schedule({ list, ms: 0 });
    await until(async () => (await texts(list)).includes("began"), "the job begins");
    assert.deepEqual(await state(id), { kind: "inProgress" });
    await app.http.mutation(actions.go, { list });
    await until(async () => (await state(id)).kind === "success", "the job ends");
    assert.deepEqual(await texts(list), ["began", "go", "identity null"]);
  }
});

test("a pending action can be cancelled, and one in progress counts as cancelled", async () => {
  const pending = await app.http.mutation(actions.later, { list: freshName(), ms: 3_600_000 });
  await app.http.mutation(actions.cancel, { id: pending });
  assert.deepEqual(await state(pending), { kind: "canceled" });
  const list = freshName();
  const running = await app.http.mutation(actions.later, { list, ms: 0 });
  await until(async () => (await texts(list)).includes("began"), "the job begins");
  await app.http.mutation(actions.cancel, { id: running });
  assert.deepEqual(await state(running), { kind: "canceled" });
  await app.http.mutation(actions.go, { list });
  await until(async () => (await texts(list)).length === 3, "the run goes on");
  assert.deepEqual(await state(running), { kind: "canceled" });
});

// "`_scheduled_functions` … visible reactively"
test("a client follows the states of a job", async () => {
  const client = app.connect();
  const states = (id) => {
    const inbox = new Inbox();
    client.onUpdate(actions.state, { id }, (job) => inbox.push(job));
    return async (kind) => (await inbox.next((job) => job.state.kind === kind)).completedTime;
  };
  const waiting = await app.http.mutation(actions.later, { list: freshName(), ms: 3_600_000 });
  const ofWaiting = states(waiting);
  assert.equal(await ofWaiting("pending"), undefined);
  await app.http.mutation(actions.cancel, { id: waiting });
  assert.equal(typeof (await ofWaiting("canceled")), "number");
  const list = freshName();
  const ofRunning = states(await app.http.mutation(actions.later, { list, ms: 0 }));
  assert.equal(await ofRunning("inProgress"), undefined);
  await app.http.mutation(actions.go, { list });
  assert.equal(typeof (await ofRunning("success")), "number");
});

test("the command line runs actions", async () => {
  const printed = await app.project.convexOk(app.server, "run", "actions:callsHidden");
  assert.match(printed, /hidden/);
});

test("an action cut short by a crash is failed, and does not run again", async () => {
  const list = freshName();
  const id = await app.http.mutation(actions.later, { list, ms: 0 });
  await until(async () => (await texts(list)).includes("began"), "the job begins");
  await app.server.restart();
  assert.deepEqual(await state(id), { kind: "failed", error: "Transient error while executing action" });
  assert.deepEqual(await texts(list), ["began"]);
});
