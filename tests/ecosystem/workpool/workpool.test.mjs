// @convex-dev/workpool: queued actions, mutations and queries, retried, cancelled, one at a time or several.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { Inbox, until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const query = (reference, args) => app.http.query(reference, args);
const mutate = (reference, args) => app.http.mutation(reference, args);
const outcome = (label) => until(() => query(api.work.outcome, { label }), `${label} has an outcome`, 60_000);
const attempts = async (job) => (await query(api.work.events, { job })).length;

test("an action that fails is tried again until it succeeds", async () => {
  const job = freshName("retry");
  await mutate(api.work.enqueueAttempt, { job, succeedAt: 3 });
  assert.deepEqual(await outcome(job), { kind: "success", detail: "done at 3" });
  assert.equal(await attempts(job), 3);
});

test("tries end after the last one, or at once when that is asked for", async () => {
  const [never, once, hopeless] = ["never", "once", "hopeless"].map(freshName);
  await mutate(api.work.enqueueAttempt, { job: never, succeedAt: 0 });
  await mutate(api.work.enqueueAttempt, { job: once, succeedAt: 0, retry: false });
  await mutate(api.work.enqueueAttempt, { job: hopeless, succeedAt: -1 });
  const last = await outcome(never);
  assert.equal(last.kind, "failed");
  assert.match(last.detail, /attempt 3 failed/);
  assert.match((await outcome(once)).detail, /attempt 1 failed/);
  assert.match((await outcome(hopeless)).detail, /hopeless/);
  assert.deepEqual(await Promise.all([never, once, hopeless].map(attempts)), [3, 1, 1]);
});

test("mutations run once and queries give their value back", async () => {
  const [job, label] = [freshName("mutation"), freshName("query")];
  await mutate(api.work.enqueueMutation, { job, fail: false });
  assert.deepEqual(await outcome(job), { kind: "success", detail: 1 });
  await mutate(api.work.enqueueQuery, { job, label });
  assert.deepEqual(await outcome(label), { kind: "success", detail: 1 });
});

test("work enqueued by a mutation that fails was never enqueued", async () => {
  const [lost, kept] = [freshName("lost"), freshName("kept")];
  await assert.rejects(mutate(api.work.enqueueMutation, { job: lost, fail: true }), /not string/);
  await mutate(api.work.enqueueMutation, { job: kept, fail: false });
  await outcome(kept);
  assert.equal(await attempts(lost), 0);
});

test("work that waits is cancelled, and its status is live", async () => {
  const [client, seen, job] = [app.connect(), new Inbox(), freshName("late")];
  const id = await mutate(api.work.enqueueLater, { job });
  client.onUpdate(api.work.status, { id }, seen.push);
  await seen.next((status) => status.state === "pending");
  await mutate(api.work.cancel, { id });
  assert.equal((await outcome(job)).kind, "canceled");
  await seen.next((status) => status.state === "finished");
  assert.equal(await attempts(job), 0);
});

test("a pool of one runs its actions one after the other", async () => {
  const [job, names] = [freshName("serial"), ["a", "b", "c"]];
  await mutate(api.work.enqueueSlow, { job, names });
  await until(async () => (await attempts(job)) === 6, "all three have ended", 60_000);
  const events = await query(api.work.events, { job });
  for (let i = 0; i < 6; i += 2) assert.equal(events[i].replace("begins", "ends"), events[i + 1]);
  assert.deepEqual(new Set(events), new Set(names.flatMap((name) => [`${name} begins`, `${name} ends`])));
});
