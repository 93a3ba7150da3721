// @convex-dev/crons: cron jobs registered at run time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const mutate = (reference, args) => app.http.mutation(reference, args);
const ticks = (name) => app.http.query(api.clock.ticks, { name });

test("an interval calls a mutation again and again until it is removed", async () => {
  const name = freshName("interval");
  await mutate(api.clock.every, { name, kind: "tick", ms: 1000 });
  assert.deepEqual(await app.http.query(api.clock.get, { name }), { schedule: { kind: "interval", ms: 1000 }, args: { name } });
  await assert.rejects(mutate(api.clock.every, { name, kind: "tick", ms: 1000 }), /already exists/);
  await until(async () => (await ticks(name)) >= 2, "two ticks");
  await mutate(api.clock.remove, { name });
  assert.equal(await app.http.query(api.clock.get, { name }), null);
});

test("actions are called too, and a job may remove itself", async () => {
  const [action, once] = [freshName("action"), freshName("once")];
  await mutate(api.clock.every, { name: action, kind: "tickInAction", ms: 1000 });
  await mutate(api.clock.every, { name: once, kind: "tickOnce", ms: 1000 });
  await until(async () => (await ticks(action)) >= 1 && (await ticks(once)) === 1, "both have ticked");
  assert.ok((await app.http.query(api.clock.names, {})).includes(action));
  assert.equal(await app.http.query(api.clock.get, { name: once }), null);
});

test("cron specifications are checked and kept, with their time zone", async () => {
  const name = freshName("cron");
  await mutate(api.clock.at, { name, cronspec: "0 8 * * 1", tz: "Europe/Berlin" });
  const { schedule } = await app.http.query(api.clock.get, { name });
  assert.deepEqual(schedule, { kind: "cron", cronspec: "0 8 * * 1", tz: "Europe/Berlin" });
  await assert.rejects(mutate(api.clock.at, { name: freshName("bad"), cronspec: "99 * * * *" }));
  await assert.rejects(mutate(api.clock.every, { name: freshName("fast"), kind: "tick", ms: 10 }), /1000/);
});
