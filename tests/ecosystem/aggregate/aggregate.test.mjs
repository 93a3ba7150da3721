// @convex-dev/aggregate: three mounted trees, kept in step by triggers and asked for counts, sums, ranks and pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api } from "../../js/support/app.mjs";
import { Inbox, until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const query = (reference, args = {}) => app.http.query(reference, args);
const mutate = (reference, args = {}) => app.http.mutation(reference, args);

const COUNT = 60;
let ids;

/** Scores 1 to 60 in an order that is not theirs: multiples of 7 modulo 61. */
const scores = Array.from({ length: COUNT }, (_, i) => (7 * (i + 1)) % (COUNT + 1));

const rows = scores.map((score, i) => ({ game: ["chess", "go"][i % 2], player: ["ada", "bob", "cid"][i % 3], score }));

const app = deployedPackage(import.meta.url, {
  seed: async ({ http }) => (ids = await http.mutation(api.scores.add, { scores: rows })),
});

test("counts, sums and extremes are those of the table", async () => {
  assert.deepEqual(await query(api.scores.totals), { count: COUNT, sum: (COUNT * (COUNT + 1)) / 2, min: 1, max: COUNT });
  assert.equal(await query(api.scores.above, { score: 45 }), COUNT - 45);
});

test("ranks, offsets and random picks find their way through the tree", async () => {
  assert.deepEqual(await query(api.scores.rank, { score: 20 }), [19, 40]);
  assert.deepEqual(await query(api.scores.at, { offsets: [0, 30, -1] }), [1, 31, COUNT]);
  const picked = await query(api.scores.random);
  assert.ok(scores.includes(picked), `${picked}`);
});

test("pages walk the tree backwards, to the end", async () => {
  const all = [];
  for (let cursor, isDone = false; !isDone; ) {
    const page = await query(api.scores.page, { pageSize: 25, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.keys);
    ({ cursor, isDone } = page);
  }
  assert.deepEqual(all, Array.from({ length: COUNT }, (_, i) => COUNT - i));
});

test("namespaces keep games apart and prefixes players", async () => {
  const mine = scores.filter((_, i) => i % 2 === 1 && i % 3 === 2);
  const expected = { count: mine.length, sum: mine.reduce((a, b) => a + b), best: Math.max(...mine) };
  assert.deepEqual(await query(api.scores.ofPlayer, { game: "go", player: "cid" }), expected);
  assert.deepEqual((await query(api.scores.games)).sort(), ["chess", "go"]);
});

test("changes and removals move the totals that somebody watches", async () => {
  const [client, seen] = [app.connect(), new Inbox()];
  client.onUpdate(api.scores.totals, {}, seen.push);
  const before = await seen.next();
  const last = ids[COUNT - 1];
  await mutate(api.scores.correct, { id: last, score: 1000 });
  await seen.next((totals) => totals.max === 1000 && totals.count === COUNT);
  await mutate(api.scores.remove, { id: last });
  await seen.next((totals) => totals.count === COUNT - 1 && totals.sum === before.sum - scores[COUNT - 1]);
});

test("an aggregate is cleared and filled again from the table", async () => {
  const totals = await query(api.scores.totals);
  await mutate(api.scores.clear);
  assert.equal((await query(api.scores.totals)).count, 0);
  await mutate(api.scores.backfill);
  await mutate(api.scores.backfill);
  assert.deepEqual(await query(api.scores.totals), totals);
});

test("items that are queued arrive through the worker", async () => {
  const items = (from) => [1, 2, 3].map((i) => ({ key: from + i, id: `${from + i}` }));
  await mutate(api.scores.feed, { items: items(0), later: false });
  assert.equal(await query(api.scores.fed), 3);
  await mutate(api.scores.feed, { items: items(10), later: true });
  await until(async () => (await query(api.scores.fed)) === 6, "the worker has inserted the queued items");
});
