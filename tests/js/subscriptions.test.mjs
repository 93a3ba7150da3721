// The published WebSocket client: live queries and ordered mutations.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BaseConvexClient } from "convex/browser";
import { ConvexError } from "convex/values";
import WebSocket from "ws";
import { api, deployedApp, freshName } from "./support/app.mjs";
import { Inbox, until } from "./support/until.mjs";

const app = deployedApp();

function watch(client, query, args) {
  const inbox = new Inbox();
  inbox.stop = client.onUpdate(query, args, inbox.push, (error) => inbox.push({ error }));
  return inbox;
}

const lengthIs = (n) => (texts) => texts.length === n;

test("a subscription shows what is there, and then what comes", async () => {
  const [client, list] = [app.connect(), freshName()];
  const texts = watch(client, api.notes.texts, { list });
  assert.deepEqual(await texts.next(), []);
  await app.http.mutation(api.notes.add, { list, text: "one" });
  assert.deepEqual(await texts.next(lengthIs(1)), ["one"]);
});

test("a write of one client reaches every other client", async () => {
  const list = freshName();
  const inboxes = Array.from({ length: 4 }, () => watch(app.connect(), api.notes.texts, { list }));
  await Promise.all(inboxes.map((inbox) => inbox.next(lengthIs(0))));
  await app.connect().mutation(api.notes.add, { list, text: "hello" });
  for (const inbox of inboxes) assert.deepEqual(await inbox.next(lengthIs(1)), ["hello"]);
});

test("a subscriber is left alone by writes that do not concern it", async () => {
  const [client, mine, other] = [app.connect(), freshName(), freshName()];
  const texts = watch(client, api.notes.texts, { list: mine });
  await texts.next(lengthIs(0));
  await client.mutation(api.notes.add, { list: other, text: "elsewhere" });
  await client.mutation(api.notes.add, { list: mine, text: "here" });
  await texts.next(lengthIs(1));
  assert.deepEqual(texts.all, [[], ["here"]]);
});

test("two queries of one client change together", async () => {
  const [client, name] = [app.connect(), freshName("pair")];
  const from = await app.http.mutation(api.accounts.open, { name: `${name}-a`, balance: 50n });
  const to = await app.http.mutation(api.accounts.open, { name: `${name}-b`, balance: 0n });
  const sums = new Inbox();
  const balances = watch(client, api.accounts.balances, {});
  await balances.next();
  client.onUpdate(api.accounts.balances, {}, (all) => sums.push(all.reduce((a, b) => a + b, 0n)));
  for (let i = 0; i < 10; i++) await client.mutation(api.accounts.transfer, { from, to, amount: 1n });
  await until(() => balances.all.at(-1)?.includes(10n), "the last transfer is seen");
  assert.deepEqual(new Set(sums.all), new Set([50n]));
});

// "Mutations of one connection run in order, one at a time"
test("mutations of one client run in the order they were sent", async () => {
  const [client, list] = [app.connect(), freshName()];
  const sent = Array.from({ length: 20 }, (_, rank) => client.mutation(api.notes.add, { list, text: `${rank}`, rank }));
  await Promise.all(sent);
  const notes = await app.http.query(api.notes.list, { list });
  assert.deepEqual(notes.map((note) => note.rank), Array.from({ length: 20 }, (_, rank) => rank));
  const times = notes.map((note) => note._creationTime);
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
});

test("a mutation resolves only when its write is visible to the same client", async () => {
  const [client, name] = [app.connect(), freshName("counter")];
  const counter = watch(client, api.counters.read, { name });
  await counter.next();
  for (let i = 1; i <= 10; i++) {
    await client.mutation(api.counters.bump, { name });
    assert.equal(counter.all.at(-1), i);
  }
});

test("a failing query reports its error and recovers by itself", async () => {
  const [client, list] = [app.connect(), freshName()];
  const first = watch(client, api.failures.failsWhileEmpty, { list });
  const { error } = await first.next((seen) => seen.error);
  assert.ok(error instanceof ConvexError);
  assert.deepEqual(error.data, { empty: list });
  await client.mutation(api.notes.add, { list, text: "well again" });
  assert.equal(await first.next((seen) => typeof seen === "string"), "well again");
});

test("errors of mutations reach the caller", async () => {
  const client = app.connect();
  await assert.rejects(client.mutation(api.failures.boomMutation, {}), /\[CONVEX M\(failures:boomMutation\)\].*Server Error\nUncaught Error: boom/s);
  const error = await client.mutation(api.failures.withData, { data: { n: 1n } }).then(assert.fail, (e) => e);
  assert.ok(error instanceof ConvexError);
  assert.deepEqual(error.data, { n: 1n });
  await assert.rejects(client.mutation("missing:function", {}), /Could not find public function/);
});

test("a query asked once answers once", async () => {
  assert.equal(await app.connect().query(api.lib.shapes.area, { w: 4, h: 5 }), 20);
});

// "env var change invalidates a query that reads it"
test("a changed variable runs the live queries that read it again, and is silent to the others", async () => {
  const client = app.connect();
  const [greeting, other] = [watch(client, api.platform.greeting, {}), watch(client, api.notes.texts, { list: freshName() })];
  assert.equal(await greeting.next((value) => value === null), null);
  await other.next(lengthIs(0));
  const set = async (...words) => await app.project.convexOk(app.server, "env", ...words);
  await set("set", "GREETING", "hello");
  await greeting.next((value) => value === "hello");
  await set("set", "GREETING", "good day");
  await greeting.next((value) => value === "good day");
  await set("remove", "GREETING");
  await until(() => greeting.all.at(-1) === null, "the variable is gone");
  assert.deepEqual(greeting.all, [null, "hello", "good day", null]);
  assert.deepEqual(other.all, [[]]);
});

test("an optimistic update shows at once and gives way to the server's answer", async () => {
  const [list, seen] = [freshName(), []];
  const client = new BaseConvexClient(app.server.url, () => {}, { logger: false, webSocketConstructor: WebSocket });
  app.clients.push(client);
  const texts = () => client.localQueryResult("notes:texts", { list });
  client.addOnTransitionHandler(() => seen.push(texts()));
  client.subscribe("notes:texts", { list });
  await until(() => texts() !== undefined, "the first result");

  const sent = client.mutation("notes:add", { list, text: "real" }, {
    optimisticUpdate: (store) => store.setQuery(api.notes.texts, { list }, [...store.getQuery(api.notes.texts, { list }), "guess"]),
  });
  assert.deepEqual(texts(), ["guess"]);
  await sent;
  assert.deepEqual(texts(), ["real"]);
  // No moment shows neither, or both.
  for (const shown of seen.slice(seen.findIndex((s) => s?.includes("guess")))) assert.equal(shown.length, 1);
});

test("an optimistic update of a failed mutation is taken back", async () => {
  const list = freshName();
  const client = new BaseConvexClient(app.server.url, () => {}, { logger: false, webSocketConstructor: WebSocket });
  app.clients.push(client);
  client.subscribe("notes:texts", { list });
  const texts = () => client.localQueryResult("notes:texts", { list });
  await until(() => texts() !== undefined, "the first result");
  const sent = client.mutation("failures:boomMutation", {}, { optimisticUpdate: (store) => store.setQuery(api.notes.texts, { list }, ["guess"]) });
  assert.deepEqual(texts(), ["guess"]);
  await assert.rejects(sent);
  assert.deepEqual(texts(), []);
});

test("many subscriptions of one client all stay live", async () => {
  const client = app.connect();
  const lists = Array.from({ length: 60 }, () => freshName());
  const inboxes = lists.map((list) => watch(client, api.notes.texts, { list }));
  await Promise.all(inboxes.map((inbox) => inbox.next(lengthIs(0))));
  await Promise.all(lists.map((list) => app.http.mutation(api.notes.add, { list, text: list })));
  for (const [i, inbox] of inboxes.entries()) assert.deepEqual(await inbox.next(lengthIs(1)), [lists[i]]);
});

test("a subscription that ends hears nothing more", async () => {
  const [client, list] = [app.connect(), freshName()];
  const [ending, staying] = [watch(client, api.notes.texts, { list }), watch(client, api.notes.ranked, { list })];
  await ending.next();
  await staying.next();
  ending.stop();
  await client.mutation(api.notes.add, { list, text: "t" });
  await staying.next(lengthIs(1));
  assert.deepEqual(ending.all, [[]]);
});

// "Large transitions are chunked only for npm ≥ 1.28.0, in order, only Pings in between."
test("a result of many megabytes arrives whole and stays live", async () => {
  const [client, bytes] = [app.connect(), 12_000_000];
  const big = watch(client, api.checks.big, { bytes });
  const text = await big.next();
  assert.equal(text.length, bytes / 2);
  assert.equal(text[text.length - 1], "é");
  assert.equal(await client.query(api.lib.shapes.area, { w: 1, h: 1 }), 1);
});
