// What a client lives through when the server goes away and comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, deployedApp, freshName } from "./support/app.mjs";
import { RawSocket, tsToBigInt } from "./support/socket.mjs";
import { Inbox, until } from "./support/until.mjs";

const app = deployedApp();

test("a subscription goes on after the server was killed and started again", async () => {
  const [client, list] = [app.connect(), freshName()];
  const texts = new Inbox();
  client.onUpdate(api.notes.texts, { list }, texts.push);
  await client.mutation(api.notes.add, { list, text: "before", rank: 1 });
  await texts.next((seen) => seen.length === 1);

  await app.server.restart();

  await app.http.mutation(api.notes.add, { list, text: "after", rank: 2 });
  assert.deepEqual(await texts.next((seen) => seen.length === 2, "both notes", 60_000), ["before", "after"]);
});

test("a mutation sent while the server is away runs once when it is back", async () => {
  const [client, name] = [app.connect(), freshName("counter")];
  await client.mutation(api.counters.bump, { name });
  await app.server.kill();
  const sent = client.mutation(api.counters.bump, { name });
  await app.server.start();
  assert.equal(await sent, 2);
  assert.equal(await app.http.query(api.counters.read, { name }), 2);
});

test("mutations in flight during a kill are each applied exactly once", async () => {
  const [client, name] = [app.connect(), freshName("counter")];
  const sent = [];
  let settled = 0;
  for (let i = 0; i < 200; i++) sent.push(client.mutation(api.counters.bump, { name }).then(() => (settled += 1)));
  await until(() => settled > 5, "some are through");
  await app.server.restart();
  await Promise.all(sent);
  assert.equal(await app.http.query(api.counters.read, { name }), 200);
});

// "Resent (sessionId, requestId) of a committed mutation returns the stored result and ts without running again."
test("a resent mutation is answered from its record, also after a restart", async () => {
  const name = freshName("counter");
  const first = await RawSocket.connected(app.server);
  first.mutation(0, "counters:bump", { name });
  const answer = await first.response(0);
  assert.equal(answer.success, true);
  await first.close();

  for (const restart of [false, true]) {
    if (restart) await app.server.restart();
    const again = await RawSocket.connected(app.server, { connect: { sessionId: first.sessionId, connectionCount: 1 } });
    again.mutation(0, "counters:bump", { name });
    const repeated = await again.response(0);
    assert.deepEqual([repeated.success, repeated.result, repeated.ts], [true, answer.result, answer.ts]);
    await again.close();
  }
  assert.equal(await app.http.query(api.counters.read, { name }), 1);
});

// "`ts` never decreases on a connection, across connections, or across a restart; always ≥ `maxObservedTimestamp`."
test("timestamps never go back, not even over a restart", async () => {
  const before = await RawSocket.connected(app.server);
  before.mutation(0, "counters:bump", { name: freshName("counter") });
  const { ts } = await before.response(0);
  await app.server.restart();
  const after = await RawSocket.connected(app.server, { connect: { maxObservedTimestamp: ts } });
  after.add(0, "lib/shapes:area", { w: 1, h: 1 });
  const transition = await after.reached(1);
  assert.ok(tsToBigInt(transition.endVersion.ts) >= tsToBigInt(ts));
  await after.close();
});

// "Re-added queries after reconnect always get a modification, even if unchanged."
test("a query added again on a new connection is answered again", async () => {
  const list = freshName();
  const first = await RawSocket.connected(app.server);
  first.add(0, "notes:texts", { list });
  const { journal } = await first.update(0);
  await first.close();
  const second = await RawSocket.connected(app.server, { connect: { sessionId: first.sessionId, connectionCount: 1 } });
  second.add(0, "notes:texts", { list }, { journal });
  assert.equal((await second.update(0)).type, "QueryUpdated");
  await second.close();
});

test("a server asked to stop ends cleanly and keeps everything", async () => {
  const list = freshName();
  await app.http.mutation(api.notes.add, { list, text: "kept" });
  assert.deepEqual(await app.server.stop(), { code: 0, signal: null });
  await app.server.start();
  assert.deepEqual(await app.http.query(api.notes.texts, { list }), ["kept"]);
});
