// @convex-dev/workflow: durable workflows, replayed step by step, also across a restart of the server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { Inbox, until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const query = (reference, args) => app.http.query(reference, args);
const mutate = (reference, args) => app.http.mutation(reference, args);
const outcome = (run) => until(() => query(api.flows.outcome, { run }), `${run} has ended`, 60_000);

test("steps of every kind run once each, and replays see the same time and chance", async () => {
  const run = freshName("everything");
  const id = await mutate(api.flows.startEverything, { run });
  const returnValue = { doubled: [2, 4, 6], seen: 1, inner: `hello ${run}, 42` };
  assert.deepEqual(await outcome(run), { kind: "success", returnValue });
  const effects = await query(api.flows.effects, { run });
  assert.equal(effects.length, 2);
  assert.equal(effects[0], effects[1]);
  assert.equal(await query(api.flows.status, { id }), "completed");
});

test("a workflow waits for an event, across a restart of the server", async () => {
  const run = freshName("approval");
  const id = await mutate(api.flows.startApproval, { run });
  await until(async () => (await query(api.flows.effects, { run })).length === 1, "it has asked");
  await app.server.restart();
  assert.equal(await query(api.flows.status, { id }), "inProgress");
  await mutate(api.flows.sendApproval, { id, by: "ada" });
  assert.deepEqual(await outcome(run), { kind: "success", returnValue: "approved by ada" });
  assert.deepEqual(await query(api.flows.effects, { run }), ["asked"], "the step did not run again");
});

test("a step is retried, and a workflow whose step never succeeds fails", async () => {
  const [tough, weak] = [freshName("tough"), freshName("weak")];
  await mutate(api.flows.startStubborn, { run: tough, failures: 2 });
  await mutate(api.flows.startStubborn, { run: weak, failures: 9 });
  assert.deepEqual(await outcome(tough), { kind: "success", returnValue: 3 });
  const failed = await outcome(weak);
  assert.equal(failed.kind, "failed");
  assert.match(failed.error, /flaky attempt 3/);
});

test("a workflow that is cancelled says so to whoever watches", async () => {
  const [client, seen, run] = [app.connect(), new Inbox(), freshName("stopped")];
  const id = await mutate(api.flows.startApproval, { run });
  client.onUpdate(api.flows.status, { id }, seen.push);
  await seen.next((status) => status === "inProgress");
  await mutate(api.flows.stop, { id });
  await seen.next((status) => status === "canceled");
  assert.equal((await outcome(run)).kind, "canceled");
});
