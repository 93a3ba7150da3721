// @convex-dev/migrations: migrations started by the CLI and by code, in batches, dry, in series, failing and resumed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api } from "../../js/support/app.mjs";
import { until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const texts = Array.from({ length: 10 }, (_, i) => (i === 6 ? "bad" : `note ${i}`));
const app = deployedPackage(import.meta.url, { seed: ({ http }) => http.mutation(api.migrations.seed, { texts }) });
const notes = () => app.http.query(api.migrations.notes);
const run = (name, args = {}) => app.project.convexOk(app.server, "run", `migrations:${name}`, JSON.stringify(args));

async function finished(name) {
  const found = async () => {
    const all = await app.http.query(api.migrations.status);
    return all.find((migration) => migration.name === `migrations:${name}` && migration.state !== "inProgress");
  };
  return await until(found, `${name} has ended`);
}

test("a dry run changes nothing", async () => {
  await run("run", { fn: "migrations:addTitle", dryRun: true });
  assert.deepEqual(await notes(), texts.map((text) => ({ text, old: "x" })));
});

test("a series started by the CLI runs to its end, in batches", async () => {
  await run("runAll");
  const migration = await finished("clearOld");
  assert.deepEqual(migration, { name: "migrations:clearOld", isDone: true, state: "success", processed: 10 });
  assert.equal((await finished("addTitle")).state, "success");
  assert.deepEqual(await notes(), texts.map((text) => ({ text, title: text.toUpperCase() })));
});

test("a migration that fails stops there, and is taken up again", async () => {
  await app.http.mutation(api.migrations.start, {});
  const failed = await finished("measure");
  assert.equal(failed.state, "failed");
  assert.equal(failed.processed, 4, "only the batch before the bad note");
  assert.equal((await notes()).filter((note) => note.length !== undefined).length, 4);
  await app.http.mutation(api.migrations.mend, {});
  await app.http.mutation(api.migrations.start, {});
  await until(async () => (await finished("measure")).state === "success", "the migration succeeds");
  assert.ok((await notes()).every((note) => note.length === note.text.length));
});
