// @convex-dev/sharded-counter: one component mounted twice, written to by many at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { Inbox } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const add = (name, by) => app.http.mutation(api.counts.add, { name, by });
const count = (name) => app.http.query(api.counts.count, { name });

test("counts add up, subtract and start again", async () => {
  const name = freshName("sum");
  assert.equal(await count(name), 0);
  await add(name, 10);
  await add(name, -3);
  assert.equal(await count(name), 7);
  await app.http.mutation(api.counts.reset, { name });
  assert.equal(await count(name), 0);
});

test("nothing is lost when many count at once, and every shard is read", async () => {
  await Promise.all(Array.from({ length: 60 }, () => add("many", 1)));
  assert.equal(await count("many"), 60);
  await app.http.mutation(api.counts.rebalance, { name: "many" });
  assert.equal(await count("many"), 60);
  const estimate = await app.http.query(api.counts.estimate, { name: "many", shards: 2 });
  assert.ok(Math.abs(estimate - 60) <= 8, `${estimate} after rebalancing`);
});

test("a failed mutation counts nothing, though it saw its own write", async () => {
  const name = freshName("failed");
  await assert.rejects(app.http.mutation(api.counts.addAndFail, { name }), /at 1/);
  assert.equal(await count(name), 0);
});

test("the same component under another name keeps counts of its own", async () => {
  const name = freshName("apart");
  await add(name, 5);
  assert.equal(await app.http.query(api.counts.countOther, { name }), 0);
});

test("a subscriber sees the total move", async () => {
  const [client, seen, name] = [app.connect(), new Inbox(), freshName("live")];
  client.onUpdate(api.counts.count, { name }, seen.push);
  await seen.next((total) => total === 0);
  await add(name, 2);
  await seen.next((total) => total === 2);
});

test("actions count and read", async () => {
  assert.equal(await app.http.action(api.counts.addInAction, { name: freshName("action"), by: 4 }), 4);
});
