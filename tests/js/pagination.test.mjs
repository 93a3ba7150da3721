// Pages: to the end, in both orders, gapless while data changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, deployedApp, freshName } from "./support/app.mjs";
import { RawSocket } from "./support/socket.mjs";
import { Inbox } from "./support/until.mjs";

const list = freshName();
const app = deployedApp({ seed: ({ http }) => http.mutation(api.notes.addMany, { list, count: 25 }) });

const page = (cursor, numItems, more = {}) =>
  app.http.query(api.notes.page, { list, paginationOpts: { cursor, numItems, ...more } });
const ranks = ({ page }) => page.map((note) => note.rank);
const upTo = (n) => Array.from({ length: n }, (_, i) => i);

test("pages to the end give each document once", async () => {
  for (const descending of [false, true]) {
    const all = [];
    let result = { continueCursor: null, isDone: false };
    while (!result.isDone) {
      result = await app.http.query(api.notes.page, { list, descending, paginationOpts: { cursor: result.continueCursor, numItems: 7 } });
      all.push(...ranks(result));
    }
    assert.deepEqual(all, descending ? upTo(25).reverse() : upTo(25));
  }
});

test("a page that ends exactly with the data is followed by an empty last one", async () => {
  const first = await page(null, 25);
  assert.deepEqual([ranks(first), first.isDone], [upTo(25), false]);
  const last = await page(first.continueCursor, 5);
  assert.deepEqual([last.page, last.isDone], [[], true]);
});

test("an end cursor covers the whole range whatever the number of items", async () => {
  const first = await page(null, 10);
  const again = await page(null, 1, { endCursor: first.continueCursor });
  assert.deepEqual(ranks(again), upTo(10));
  assert.equal(again.continueCursor, first.continueCursor);
});

test("a page splits into two halves that together are the page", async () => {
  const whole = await page(null, 10);
  assert.equal(typeof whole.splitCursor, "string");
  const left = await page(null, 10, { endCursor: whole.splitCursor });
  const right = await page(whole.splitCursor, 10, { endCursor: whole.continueCursor });
  assert.deepEqual([...ranks(left), ...ranks(right)], ranks(whole));
});

test("a read limit cuts a page short and asks for a split", async () => {
  const cut = await page(null, 20, { maximumRowsRead: 5 });
  assert.equal(cut.pageStatus, "SplitRequired");
  assert.ok(cut.page.length >= 1 && cut.page.length <= 5);
  const rest = await page(cut.continueCursor, 100);
  assert.deepEqual([...ranks(cut), ...ranks(rest)], upTo(25));
});

// "Foreign cursor → error with `InvalidCursor` in the text and in `errorData`"
test("a cursor of another query is refused as such", async () => {
  const { continueCursor } = await page(null, 5);
  const foreign = { list: freshName(), paginationOpts: { cursor: continueCursor, numItems: 5 } };
  const error = await app.http.query(api.notes.page, foreign).then(assert.fail, (e) => e);
  assert.match(error.message, /InvalidCursor/);
  assert.deepEqual(error.data, { isConvexSystemError: true, paginationError: "InvalidCursor" });
  await assert.rejects(page("no cursor at all", 5), /InvalidCursor/);
});

test("page sizes out of bounds are refused", async () => {
  await assert.rejects(page(null, 0), /Must request at least 1 document while paginating/);
  await assert.rejects(page(null, 32_001), /Requested too many items: 32001/);
  await assert.rejects(page(null, -1), /`options\.numItems` must be a positive number\. Received `-1`\./);
  for (const maximum of ["maximumRowsRead", "maximumBytesRead"]) {
    await assert.rejects(page(null, 1, { [maximum]: 0 }), /maximumRowsRead and maximumBytesRead must be greater than 0/);
  }
});

// "Inserting into a loaded page grows it; its `continueCursor` stays the same (journal pins the end)."
// "Reconnect with journal returns the same page bounds."
test("a live page grows and shrinks in place, and keeps its bounds over a reconnect", async () => {
  const own = freshName();
  await app.http.mutation(api.notes.addMany, { list: own, count: 6 });
  const args = { list: own, paginationOpts: { cursor: null, numItems: 3, id: 1 } };
  const socket = await RawSocket.connected(app.server);
  socket.add(0, "notes:page", args);
  const first = await socket.update(0);
  assert.deepEqual(ranks(first.value), [0, 1, 2]);
  assert.equal(typeof first.journal, "string");

  await app.http.mutation(api.notes.add, { list: own, text: "between", rank: 1.5 });
  const grown = await socket.update(0, (change) => change.value?.page.length === 4);
  assert.deepEqual(ranks(grown.value), [0, 1, 1.5, 2]);
  assert.equal(grown.value.continueCursor, first.value.continueCursor);
  await app.http.mutation(api.notes.remove, { id: first.value.page[2]._id });
  const shrunk = await socket.update(0, (change) => change.value?.page[2]?.rank === 1.5 && change.value.page.length === 3);
  assert.deepEqual(ranks(shrunk.value), [0, 1, 1.5]);
  assert.equal(shrunk.value.continueCursor, first.value.continueCursor);
  await socket.close();

  const again = await RawSocket.connected(app.server, { connect: { sessionId: socket.sessionId, connectionCount: 1 } });
  again.add(0, "notes:page", args, { journal: shrunk.journal });
  assert.deepEqual(ranks((await again.update(0)).value), [0, 1, 1.5]);
  await again.close();
});

// "First page, load more, split (both halves then Remove) and `isDone` behave as in 2.11."
test("the published client loads more and sees changes in loaded pages", async () => {
  const own = freshName();
  await app.http.mutation(api.notes.addMany, { list: own, count: 10 });
  const [client, inbox] = [app.connect(), new Inbox()];
  const subscription = client.onPaginatedUpdate_experimental(api.notes.page, { list: own }, { initialNumItems: 4 }, inbox.push);
  const withRanks = (n) => (seen) => seen.results?.length === n;
  const first = await inbox.next(withRanks(4));
  first.loadMore(4);
  const second = await inbox.next(withRanks(8));
  second.loadMore(4);
  const third = await inbox.next((seen) => withRanks(10)(seen) && seen.status === "Exhausted");
  assert.deepEqual(third.results.map((note) => note.rank), upTo(10));
  await client.mutation(api.notes.add, { list: own, text: "early", rank: -1 });
  const grown = await inbox.next(withRanks(11));
  assert.deepEqual(grown.results.map((note) => note.rank), [-1, ...upTo(10)]);
  subscription.unsubscribe();
});
