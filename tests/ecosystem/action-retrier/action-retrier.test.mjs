// @convex-dev/action-retrier: actions that fail are run again, with a callback at the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const result = (id) => until(() => app.http.query(api.jobs.result, { id }), `run ${id} has a result`, 60_000);
const status = (id) => app.http.query(api.jobs.status, { id });

test("an action is run until it succeeds", async () => {
  const id = await app.http.mutation(api.jobs.run, { job: freshName("job"), failures: 2 });
  assert.deepEqual(await result(id), { type: "success", returnValue: 3 });
  assert.deepEqual(await status(id), { type: "completed", result: { type: "success", returnValue: 3 } });
  await app.http.mutation(api.jobs.cleanup, { id });
  await assert.rejects(status(id));
});

test("an action that keeps failing is given up", async () => {
  const id = await app.http.action(api.jobs.runInAction, { job: freshName("job"), failures: 99 });
  const { type, error } = await result(id);
  assert.equal(type, "failed");
  assert.match(error, /attempt 4 failed/);
});

test("a run that has not begun is cancelled", async () => {
  const id = await app.http.mutation(api.jobs.runLater, { job: freshName("job"), failures: 0 });
  assert.deepEqual(await status(id), { type: "inProgress" });
  await app.http.mutation(api.jobs.cancel, { id });
  assert.deepEqual(await result(id), { type: "canceled" });
});
