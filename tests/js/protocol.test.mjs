// The sync protocol message by message, on a bare socket.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import WebSocket from "ws";
import { deployedApp, freshName } from "./support/app.mjs";
import { RawSocket, ZERO_TS, tsFromBigInt, tsToBigInt } from "./support/socket.mjs";
import { until, within } from "./support/until.mjs";

const app = deployedApp();
const connected = (options) => RawSocket.connected(app.server, options);
const open = (options) => RawSocket.open(app.server, options);

/** Sends something that must end the connection, and says how it ended. */
async function endOf(socket, send) {
  send(socket);
  const close = await within(socket.closed, "the connection to end");
  const fatal = socket.messages.find((message) => message.type === "FatalError");
  return { ...close, fatal: fatal?.error };
}

async function upgradeFailure(path, headers = {}) {
  const ws = new WebSocket(app.server.webSocketUrl + path, { headers });
  const response = await within(new Promise((done, failed) => {
    ws.once("unexpected-response", (_request, answer) => done(answer));
    ws.once("open", () => failed(new Error("the upgrade succeeded")));
    ws.once("error", () => {});
  }), "an answer to the upgrade");
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, json: JSON.parse(Buffer.concat(chunks).toString() || "null") };
}

// "`/api/{semver}/sync` and `/api/sync` both upgrade; bad semver → 400; old npm → 400 with deprecation headers."
test("both addresses upgrade, with or without a version", async () => {
  for (const options of [{ path: "/api/1.48.0/sync" }, { path: "/api/sync" }, { path: "/api/sync", headers: { "Convex-Client": "rust-0.10.0" } }]) {
    const socket = await connected(options);
    socket.add(0, "lib/shapes:area", { w: 2, h: 2 });
    assert.equal((await socket.update(0)).value, 4);
    await socket.close();
  }
  const bad = await upgradeFailure("/api/latest/sync");
  assert.deepEqual([bad.status, bad.json.code], [400, "InvalidClientVersion"]);
  const old = await upgradeFailure("/api/0.10.0/sync");
  assert.deepEqual([old.status, old.json.code], [400, "ClientVersionUnsupported"]);
  assert.equal(old.headers["x-convex-deprecation-state"], "Unsupported");
  assert.ok(old.headers["x-convex-deprecation-message"]);
});

// "Connect accepted with `lastCloseReason` null or absent, without `clientTs`, without `maxObservedTimestamp`."
test("a bare introduction is enough", async () => {
  for (const connect of [
    { type: "Connect", sessionId: randomUUID(), connectionCount: 0 },
    { type: "Connect", sessionId: randomUUID(), connectionCount: 3, lastCloseReason: null, more: { unknown: true } },
  ]) {
    const socket = await open();
    socket.send(connect);
    socket.add(0, "lib/shapes:area", { w: 1, h: 2 });
    assert.equal((await socket.update(0)).value, 2);
    await socket.close();
  }
});

// "First Transition starts at `0,0,AAAAAAAAAAA=`; each start equals the previous end."
// "`ts` never decreases on a connection"
test("transitions chain from zero without a gap", async () => {
  const [socket, list] = [await connected(), freshName()];
  socket.add(0, "notes:texts", { list });
  for (let i = 0; i < 5; i++) {
    socket.mutation(i, "notes:add", { list, text: `${i}`, rank: i });
    await socket.update(0, (change) => change.value?.length === i + 1);
  }
  socket.removeQuery(0);
  await socket.reached(2);
  let previous = { querySet: 0, identity: 0, ts: ZERO_TS };
  for (const { startVersion, endVersion } of socket.transitions) {
    assert.deepEqual(startVersion, previous);
    assert.ok(tsToBigInt(endVersion.ts) >= tsToBigInt(startVersion.ts));
    previous = endVersion;
  }
  await socket.close();
});

// "Connect with a future `maxObservedTimestamp` closes with 1011 and no FatalError."
test("a client from the future is told to come back later", async () => {
  const future = tsFromBigInt((BigInt(Date.now()) + 3_600_000n) * 1_000_000n);
  const end = await endOf(await open(), (socket) => {
    socket.hello({ maxObservedTimestamp: future });
    socket.modify();
  });
  assert.deepEqual([end.code, end.reason, end.fatal], [1011, "InternalServerError", undefined]);
});

// "Wrong ModifyQuerySet base → FatalError; wrong Authenticate base → close 1011."
test("wrong base versions end the connection", async () => {
  const modify = await endOf(await connected(), (socket) =>
    socket.send({ type: "ModifyQuerySet", baseVersion: 7, newVersion: 8, modifications: [] }));
  assert.match(modify.fatal, /BaseVersionMismatch|base/i);
  assert.equal(modify.code, 1005);

  const backwards = await endOf(await connected(), (socket) =>
    socket.send({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 0, modifications: [] }));
  assert.ok(backwards.fatal !== undefined || backwards.code === 1011);

  const auth = await endOf(await connected(), (socket) => socket.send({ type: "Authenticate", baseVersion: 5, tokenType: "None" }));
  assert.deepEqual([auth.code, auth.fatal], [1011, undefined]);
});

// "Malformed JSON, bad UUID, bad `udfPath` → FatalError, then close without code."
test("malformed messages are fatal", async () => {
  const add = { type: "Add", queryId: 0, args: [{}] };
  const malformed = [
    "{",
    "null",
    "[]",
    '"Connect"',
    "{}",
    JSON.stringify({ type: "Nonsense" }),
    JSON.stringify({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1 }),
    JSON.stringify({ type: "ModifyQuerySet", baseVersion: -1, newVersion: 1, modifications: [] }),
    JSON.stringify({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications: [{ ...add, udfPath: "a/../b:c" }] }),
    JSON.stringify({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications: [{ ...add, udfPath: "m:not an identifier" }] }),
    JSON.stringify({ type: "Mutation", requestId: "zero", udfPath: "notes:add", args: [{}] }),
    JSON.stringify({ type: "Mutation", requestId: 2 ** 33, udfPath: "notes:add", args: [{}] }),
  ];
  for (const text of malformed) {
    const end = await endOf(await connected(), (socket) => socket.sendText(text));
    assert.equal(typeof end.fatal, "string", text);
    assert.equal(end.code, 1005, text);
  }
  const badSession = await endOf(await open(), (socket) => socket.hello({ sessionId: "not-a-uuid" }));
  assert.equal(typeof badSession.fatal, "string");
});

test("a binary frame is a protocol error", async () => {
  const socket = await connected();
  socket.ws.send(Buffer.from([1, 2, 3]));
  await within(socket.closed, "the connection to end");
});

// Rule 5: "Adding a live query id or removing an unknown one is a protocol error".
test("a query id is added once and removed once", async () => {
  const twice = await endOf(await connected(), (socket) => {
    socket.add(0, "lib/shapes:area", { w: 1, h: 1 });
    socket.add(0, "lib/shapes:area", { w: 1, h: 2 });
  });
  assert.notEqual(twice.code, 1000);
  const unknown = await endOf(await connected(), (socket) => socket.removeQuery(9));
  assert.notEqual(unknown.code, 1000);
});

// "`serverTs` is a JSON integer in ns; skew and serverTs are numbers together or both absent."
test("clock fields come together or not at all", async () => {
  for (const clientTs of [Date.now(), 0, undefined]) {
    const socket = await connected({ connect: { clientTs } });
    socket.add(0, "lib/shapes:area", { w: 1, h: 1 });
    const transition = await socket.reached(1);
    assert.equal(typeof transition.clientClockSkew, typeof transition.serverTs);
    assert.ok(["number", "undefined"].includes(typeof transition.serverTs));
    assert.notEqual(transition.serverTs, null);
    if (clientTs) assert.equal(typeof transition.serverTs, "number");
    await socket.close();
  }
});

// "Add → QueryUpdated or QueryFailed with `logLines` and `journal` keys present." and "`value` present even for null results."
test("every result has all its keys", async () => {
  const socket = await connected();
  socket.modify(
    { type: "Add", queryId: 0, udfPath: "checks:nothing", args: [{}] },
    { type: "Add", queryId: 1, udfPath: "failures:boom", args: [{}] },
    { type: "Add", queryId: 2, udfPath: "platform:logs", args: [{}] },
    { type: "Add", queryId: 3, udfPath: "missing:query", args: [{}] },
    { type: "Add", queryId: 4, udfPath: "lib/shapes:area", args: [{ w: "wide", h: 1 }] },
  );
  const nothing = await socket.update(0);
  assert.deepEqual(nothing, { type: "QueryUpdated", queryId: 0, value: null, logLines: [], journal: null });
  const boom = await socket.update(1);
  assert.deepEqual({ ...boom, errorMessage: "" }, { type: "QueryFailed", queryId: 1, errorMessage: "", logLines: [], journal: null });
  assert.match(boom.errorMessage, /^\[Request ID: [0-9a-f]+\] Server Error\nUncaught Error: boom/);
  assert.equal((await socket.update(2)).logLines.length, 3);
  for (const id of [3, 4]) assert.equal((await socket.update(id)).type, "QueryFailed");
  await socket.close();
});

// "`errorData` present only for ConvexError, also when its data is null."
test("error data is there for a ConvexError and for nothing else", async () => {
  const socket = await connected();
  const data = [null, { a: { $integer: "AQAAAAAAAAA=" } }];
  data.forEach((value, i) => socket.add(i, "failures:withDataQuery", { data: value }));
  for (const [i, value] of data.entries()) {
    const failed = await socket.update(i);
    assert.equal("errorData" in failed, true);
    assert.deepEqual(failed.errorData, value);
  }
  socket.mutation(0, "failures:withData", { data: null });
  const mutation = await socket.response(0);
  assert.deepEqual([mutation.success, "errorData" in mutation, mutation.errorData], [false, true, null]);
  socket.mutation(1, "failures:boomMutation");
  assert.equal("errorData" in (await socket.response(1)), false);
  await socket.close();
});

// "Unchanged re-run sends no modification, but versions still advance."
test("an unchanged result is not sent again", async () => {
  const [socket, list] = [await connected(), freshName()];
  socket.add(0, "notes:edges", { list });
  await socket.update(0);
  for (const rank of [0, 9, 4]) {
    socket.mutation(rank, "notes:add", { list, text: "t", rank });
    const { ts } = await socket.response(rank);
    await socket.next((m) => m.type === "Transition" && tsToBigInt(m.endVersion.ts) >= tsToBigInt(ts));
  }
  // The note in the middle changes neither the first nor the last.
  const updates = socket.transitions.flatMap((t) => t.modifications).filter((change) => change.queryId === 0);
  assert.deepEqual(updates.map(({ value }) => [value.first, value.last]), [[null, null], [0, 0], [0, 9]]);
  await socket.close();
});

// "Remove → QueryRemoved; Add and Remove in one message work."
test("queries come and go in one message", async () => {
  const socket = await connected();
  socket.add(0, "lib/shapes:area", { w: 1, h: 1 });
  await socket.update(0);
  const version = socket.modify(
    { type: "Remove", queryId: 0 },
    { type: "Add", queryId: 1, udfPath: "lib/shapes:area", args: [{ w: 2, h: 1 }] },
  );
  const { modifications } = await socket.reached(version);
  assert.deepEqual(new Set(modifications.map((m) => `${m.type} ${m.queryId}`)), new Set(["QueryRemoved 0", "QueryUpdated 1"]));
  await socket.close();
});

// "All results in one Transition come from one snapshot."
test("the results of one transition agree with each other", async () => {
  const [socket, writer, name] = [await connected(), await connected(), freshName("counter")];
  socket.modify(
    { type: "Add", queryId: 0, udfPath: "counters:read", args: [{ name }] },
    { type: "Add", queryId: 1, udfPath: "counters:read", args: [{ name }], journal: null },
  );
  await socket.reached(1);
  for (let i = 0; i < 20; i++) writer.mutation(i, "counters:bump", { name });
  await socket.update(0, (change) => change.value === 20);
  const shown = {};
  for (const { modifications } of socket.transitions) {
    for (const change of modifications) shown[change.queryId] = change.value;
    assert.equal(shown[0], shown[1]);
  }
  await Promise.all([socket.close(), writer.close()]);
});

// "`Add` with `journal` string, null and absent all work."
test("a journal may be a string, null or absent", async () => {
  const [socket, list] = [await connected(), freshName()];
  const args = { list, paginationOpts: { cursor: null, numItems: 2 } };
  socket.add(0, "notes:page", args);
  const { journal } = await socket.update(0);
  socket.add(1, "notes:page", args, { journal });
  socket.add(2, "notes:page", args, { journal: null });
  for (const id of [1, 2]) assert.equal((await socket.update(id)).type, "QueryUpdated");
  await socket.close();
});

// "MutationResponse precedes the Transition with its writes; a Transition with `ts >=` it always follows."
test("the response to a mutation comes before the transition that shows it", async () => {
  const [socket, list] = [await connected(), freshName()];
  socket.add(0, "notes:texts", { list });
  await socket.update(0);
  for (let i = 0; i < 10; i++) {
    socket.mutation(i, "notes:add", { list, text: `${i}`, rank: i });
    const response = await socket.response(i);
    assert.equal(response.success, true);
    assert.deepEqual(response.logLines, []);
    await socket.update(0, (change) => change.value?.length === i + 1);
    const messages = socket.messages;
    const answered = messages.indexOf(response);
    const shown = messages.findIndex((m) => m.modifications?.some((change) => change.value?.length === i + 1));
    assert.ok(answered < shown);
    assert.ok(tsToBigInt(messages[shown].endVersion.ts) >= tsToBigInt(response.ts));
  }
  await socket.close();
});

// "A Transition follows failed mutations and completed actions too."
test("a transition follows even when there is nothing to show", async () => {
  const socket = await connected();
  socket.modify();
  await socket.reached(1);
  socket.mutation(0, "failures:boomMutation");
  socket.mutation(1, "platform:dice");
  for (const id of [0, 1]) {
    const response = await socket.response(id);
    await until(() => socket.messages.slice(socket.messages.indexOf(response)).some((m) => m.type === "Transition"), "a transition after the response");
  }
  await socket.close();
});

// "Resent failed mutation runs again." and "Same requestId under another sessionId is independent."
test("a failed mutation is not remembered, and sessions are apart", async () => {
  const list = freshName();
  const first = await connected();
  first.mutation(0, "notes:edit", { id: "nonsense", text: "t" });
  assert.equal((await first.response(0)).success, false);
  await first.close();
  const again = await connected({ connect: { sessionId: first.sessionId, connectionCount: 1 } });
  again.mutation(0, "notes:add", { list, text: "again" });
  assert.equal((await again.response(0)).success, true);
  const other = await connected();
  other.mutation(0, "notes:add", { list, text: "other" });
  assert.equal((await other.response(0)).success, true);
  other.add(0, "notes:texts", { list });
  assert.deepEqual((await other.update(0)).value.sort(), ["again", "other"]);
  await Promise.all([again.close(), other.close()]);
});

// "Mutations of one connection run in order, one at a time"
test("queued mutations are answered in order", async () => {
  const [socket, name] = [await connected(), freshName("counter")];
  for (let i = 0; i < 50; i++) socket.mutation(i, "counters:bump", { name });
  await socket.response(49);
  const answers = socket.messages.filter((m) => m.type === "MutationResponse");
  assert.deepEqual(answers.map((m) => [m.requestId, m.result]), Array.from({ length: 50 }, (_, i) => [i, i + 1]));
  await socket.close();
});

// "Events of any type are ignored."
test("telemetry is taken and forgotten", async () => {
  const socket = await connected();
  socket.send({ type: "Event", eventType: "ClientConnect", event: [{ name: "convexClientConstructed", startTime: 0 }] });
  socket.send({ type: "Event", eventType: "SomethingNew", event: { any: ["json", null] } });
  socket.add(0, "lib/shapes:area", { w: 1, h: 3 });
  assert.equal((await socket.update(0)).value, 3);
  assert.deepEqual(new Set(socket.messages.map((m) => m.type)), new Set(["Transition"]));
  await socket.close();
});

// "Large transitions are chunked only for npm ≥ 1.28.0, in order, only Pings in between."
test("a large transition is cut into chunks for clients that know them", async () => {
  const bytes = 12_000_000;
  const young = await connected();
  young.add(0, "checks:big", { bytes, salt: "chunked" });
  const last = await young.next((m) => m.type === "TransitionChunk" && m.partNumber === m.totalParts - 1, "the last chunk", 30_000);
  const parts = young.messages.filter((m) => m.type === "TransitionChunk");
  assert.deepEqual(parts.map((m) => m.partNumber), Array.from({ length: last.totalParts }, (_, i) => i));
  assert.equal(new Set(parts.map((m) => m.transitionId)).size, 1);
  const first = young.messages.indexOf(parts[0]);
  assert.ok(young.messages.slice(first, young.messages.indexOf(last)).every((m) => ["TransitionChunk", "Ping"].includes(m.type)));
  const whole = JSON.parse(parts.map((m) => m.chunk).join(""));
  assert.equal(whole.type, "Transition");
  assert.equal(whole.modifications[0].value.length, bytes / 2 + "chunked".length);

  const old = await connected({ version: "1.27.0" });
  old.add(0, "checks:big", { bytes, salt: "whole" });
  assert.equal((await old.update(0)).value.length, bytes / 2 + "whole".length);
  await Promise.all([young.close(), old.close()]);
});

// "Ping message after 15 s of silence; ping frames for non-browser clients; silent socket before Connect tolerated."
test("a silent connection is kept alive by pings", async () => {
  const [silent, connectedSocket] = [await open(), await connected()];
  connectedSocket.modify();
  await connectedSocket.reached(1);
  await connectedSocket.next((m) => m.type === "Ping", "a Ping message", 25_000);
  assert.ok(connectedSocket.pings > 0);
  assert.equal(silent.ws.readyState, WebSocket.OPEN);
  silent.hello();
  silent.add(0, "lib/shapes:area", { w: 5, h: 1 });
  assert.equal((await silent.update(0)).value, 5);
  await Promise.all([silent.close(), connectedSocket.close()]);
});

test("arguments of many megabytes are accepted", async () => {
  const socket = await connected({ version: "1.27.0" });
  socket.add(0, "checks:echo", { value: "a".repeat(8_000_000) });
  assert.equal((await socket.update(0)).value.length, 8_000_000);
  await socket.close();
});

test("a frame beyond every limit ends only its own connection", async () => {
  const [greedy, modest] = [await connected(), await connected()];
  greedy.ws.on("error", () => {});
  greedy.sendText(JSON.stringify({ type: "Event", eventType: "Huge", event: "x".repeat(80 << 20) }));
  await within(greedy.closed, "the greedy connection to end", 30_000);
  modest.add(0, "lib/shapes:area", { w: 1, h: 1 });
  assert.equal((await modest.update(0)).value, 1);
  await modest.close();
});
