// @convex-dev/rate-limiter: a component with a component of its own, called from every kind of function.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { Inbox, until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const take = (name, more = {}) => app.http.mutation(api.limits.take, { name, ...more });

test("a token bucket runs dry for one key only, says when to come back, and is reset", async () => {
  const key = freshName("bucket");
  for (let i = 0; i < 3; i++) assert.equal((await take("letters", { key })).ok, true);
  const refused = await take("letters", { key });
  assert.equal(refused.ok, false);
  assert.ok(refused.retryAfter > 0 && refused.retryAfter <= 3_600_000);
  assert.equal((await take("letters", { key: freshName("bucket") })).ok, true);
  const limited = (error) => error.data.kind === "RateLimited" && error.data.name === "letters";
  await assert.rejects(take("letters", { key, throws: true }), limited);
  await app.http.mutation(api.limits.reset, { name: "letters", key });
  assert.equal((await take("letters", { key, count: 3 })).ok, true);
});

test("a mutation that fails gives its tokens back", async () => {
  const key = freshName("failing");
  for (let i = 0; i < 5; i++) {
    await assert.rejects(app.http.mutation(api.limits.takeAndFail, { name: "letters", key, count: 3 }), /taken: true/);
  }
  assert.equal((await take("letters", { key, count: 3 })).ok, true);
});

test("a window can be reserved ahead of time", async () => {
  const key = freshName("window");
  assert.deepEqual(await take("calls", { key, count: 2 }), { ok: true });
  const reserved = await take("calls", { key, reserve: true });
  assert.equal(reserved.ok, true);
  assert.ok(reserved.retryAfter > 0);
  assert.equal((await take("calls", { key })).ok, false);
});

test("shards share one limit, and limits may be given on the spot", async () => {
  const key = freshName("shards");
  const taken = await Promise.all(Array.from({ length: 20 }, () => take("tokens", { key })));
  assert.ok(taken.every(({ ok }) => ok));
  let total = taken.length;
  while ((await take("tokens", { key, count: 10 })).ok) total += 10;
  assert.ok(total > 40 && total <= 100, `${total} of 100 tokens`);
  assert.equal((await app.http.mutation(api.limits.inline, { rate: 1 })).ok, true);
  assert.equal((await app.http.mutation(api.limits.inline, { rate: 1 })).ok, false);
});

test("a subscriber sees the limit fill up and empty", async () => {
  const [client, seen, key] = [app.connect(), new Inbox(), freshName("live")];
  client.onUpdate(api.limits.check, { name: "calls", key }, seen.push);
  await seen.next((ok) => ok === true);
  await client.mutation(api.limits.take, { name: "calls", key, count: 2 });
  await seen.next((ok) => ok === false);
});

test("updates that are applied later arrive through the worker", async () => {
  const key = freshName("lazy");
  assert.equal((await take("lazy", { key, count: 4 })).ok, true);
  await until(async () => (await app.http.query(api.limits.left, { name: "lazy", key })) === 1, "the worker has counted");
  assert.equal((await take("lazy", { key, count: 2 })).ok, false);
});

test("actions take tokens too, and the hook's functions answer", async () => {
  const key = freshName("action");
  assert.deepEqual(await app.http.action(api.limits.takeInAction, { name: "letters", key, count: 2 }), { ok: true });
  const { value, config } = await app.http.query(api.limits.getRateLimit, { key });
  assert.ok(value >= 1 && value < 1.1);
  assert.equal(config.capacity, 3);
  assert.equal(typeof (await app.http.mutation(api.limits.getServerTime, {})), "number");
});
