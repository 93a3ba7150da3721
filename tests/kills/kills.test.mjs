// The server is killed at random points while everything runs: nothing acknowledged may be lost, nothing done twice.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import WebSocket from "ws";
import { Project } from "../js/support/project.mjs";
import { Server } from "../js/support/server.mjs";
import { until, within } from "../js/support/until.mjs";
import { Ledger, startLoad } from "./load.mjs";

const { ledger } = anyApi;
const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.KILLS_SEED ?? Date.now() % 1_000_000);
/** How long the server may live after it has answered a call of every kind. */
const LIFE_MS_MAX = 250;
const SETTLE_MS_MAX = 120_000;

/** A small generator, so that a seed repeats the kill times. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const server = await Server.start();
const project = Project.empty();
const client = new ConvexClient(server.url, { logger: false, webSocketConstructor: WebSocket });
after(async () => {
  await client.close();
  await server.remove();
  project.remove();
});

test(`${KILLS} kills lose nothing that was acknowledged and run no mutation twice`, async (t) => {
  const random = generator(SEED);
  cpSync(fileURLToPath(new URL("app", import.meta.url)), project.path("convex"), { recursive: true });
  await project.push(server);

  const promised = new Ledger();
  const load = startLoad(server, client, promised, random);
  const restartsMs = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = promised.acknowledged;
    const grown = () => promised.acknowledged.every(([, count], kind) => count > before[kind][1]);
    await until(grown, "something of every kind is acknowledged", 60_000);
    await new Promise((live) => setTimeout(live, random() * LIFE_MS_MAX));
    await server.kill();
    const started = performance.now();
    await server.start();
    restartsMs.push(performance.now() - started);
  }
  await within(load.stop(), "every caller is done", SETTLE_MS_MAX);

  const http = new ConvexHttpClient(server.url, { logger: false });
  const jobs = await until(() => finished(http), "every job is finished", SETTLE_MS_MAX);
  const counts = await countRows(http);
  const report = { writes: checkWrites(promised, counts), ...checkJobs(promised, counts, jobs) };
  report.actions = checkActions(promised, counts);
  report.files = await checkFiles(promised, http);
  report.restartMs = restartsMs.sort((a, b) => a - b)[Math.floor(restartsMs.length / 2)].toFixed(0);
  t.diagnostic(`seed ${SEED}, ${KILLS} kills: ${JSON.stringify(report)}`);
});

async function pages(http, query, field) {
  const all = [];
  for (let cursor = null; ; ) {
    const page = await http.query(query, { paginationOpts: { numItems: 1000, cursor } });
    all.push(...page[field]);
    if (page.isDone) return all;
    cursor = page.continueCursor;
  }
}

/** All jobs, once none is pending or running. */
async function finished(http) {
  const jobs = await pages(http, ledger.jobs, "jobs");
  return jobs.every(({ state }) => !["pending", "inProgress"].includes(state.kind)) && jobs;
}

async function countRows(http) {
  const counts = new Map();
  for (const key of await pages(http, ledger.page, "keys")) counts.set(key, (counts.get(key) ?? 0) + 1);
  return (key) => counts.get(key) ?? 0;
}

function checkWrites({ writes }, count) {
  for (const key of writes.keys()) assert.equal(count(key), 1, `the mutation ${key}`);
  return writes.size;
}

function checkJobs({ mutationJobs, actionJobs }, count, jobs) {
  const state = new Map(jobs.map((job) => [job.key, job.state]));
  assert.equal(state.size, jobs.length, "one job for each call that schedules");
  for (const key of mutationJobs.keys()) {
    assert.equal(count(key), 1, `the mutation ${key}`);
    assert.equal(count(`${key}:job`), 1, `the scheduled mutation ${key}`);
    assert.deepEqual(state.get(`${key}:job`), { kind: "success" });
  }
  let cutOff = 0;
  for (const key of actionJobs.keys()) {
    assert.equal(count(key), 1, `the mutation ${key}`);
    const steps = [count(`${key}:job:1`), count(`${key}:job:2`)];
    const { kind, error } = state.get(`${key}:job`);
    if (kind === "success") {
      assert.deepEqual(steps, [1, 1], `the scheduled action ${key}`);
      continue;
    }
    cutOff += 1;
    assert.deepEqual([kind, error], ["failed", "Transient error while executing action"], key);
    assertOnce(steps, key);
  }
  return { mutationJobs: mutationJobs.size, actionJobs: actionJobs.size, actionJobsCutOff: cutOff };
}

function checkActions({ actions }, count) {
  let acknowledged = 0;
  for (const [key, done] of actions) {
    const steps = [count(`${key}:1`), count(`${key}:2`)];
    if (done) assert.deepEqual(steps, [1, 1], `the action ${key}`);
    else assertOnce(steps, key);
    acknowledged += done ? 1 : 0;
  }
  return { acknowledged, cutOff: actions.size - acknowledged };
}

/** What was cut off stopped somewhere: no step ran twice, and none without the one before it. */
function assertOnce([first, second], key) {
  assert.ok(first <= 1 && second <= first, `the steps of ${key} ran ${first} and ${second} times`);
}

async function checkFiles({ uploads }, http) {
  const files = await http.query(ledger.files, {});
  const byId = new Map(files.map((file) => [file._id, file]));
  let acknowledged = 0;
  for (const [key, upload] of uploads) {
    if (upload === false) continue;
    acknowledged += 1;
    assert.equal(byId.get(upload.id)?.sha256, upload.sha256, `the upload ${key}`);
  }
  for (const { _id, sha256, url } of files) {
    const response = await fetch(url);
    assert.equal(response.status, 200, `the file ${_id}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(createHash("sha256").update(bytes).digest("base64"), sha256, `the file ${_id}`);
  }
  return { acknowledged, cutOff: uploads.size - acknowledged, stored: files.length };
}
