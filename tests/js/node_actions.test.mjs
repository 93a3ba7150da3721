// `"use node"` actions: pushed by the official CLI, run in real Node.js processes, called through every door.
import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { ConvexError } from "convex/values";
import { api, deployedApp, freshName } from "./support/app.mjs";
import { Project } from "./support/project.mjs";
import { Server } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const files = resolve(fileURLToPath(import.meta.url), "../../node_app");
const prepare = ({ project }) => cpSync(files, project.directory, { recursive: true });

const app = deployedApp({ options: ["--node-processes-max", "2"], prepare });
/** A server whose actions have a few seconds, in which a process can also start, and whose processes end when a second has passed without any. */
const hurried = deployedApp({
  options: ["--node-action-timeout", "5", "--node-idle-timeout", "1"],
  prepare(context) {
    prepare(context);
    // Its cron job would use a process every second.
    context.project.delete("convex/crons.ts");
  },
});

const run = (reference, args = {}) => app.http.action(reference, args);
const read = (name) => app.http.query(api.counters.read, { name });

/** The text of the failure, which must come. */
async function failure(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  assert.fail("the call should have failed");
}

/** The newest finished execution of `identifier` in the log, with all the lines it wrote. */
async function logged(identifier) {
  const url = `${app.server.url}/api/stream_function_logs?cursor=0`;
  return await until(async () => {
    const response = await fetch(url, { headers: { Authorization: `Convex ${app.server.adminKey}` } });
    const entries = (await response.json()).entries.filter((entry) => entry.identifier === identifier);
    const completion = entries.findLast((entry) => entry.kind === "Completion");
    const own = entries.filter(({ requestId }) => requestId === completion?.requestId);
    return completion && { ...completion, logLines: own.flatMap((entry) => entry.logLines) };
  }, `${identifier} is in the log`);
}

// "the Node executor does forward it"
test("an event for the audit log is a row, and a line for admins alone", async () => {
  const what = freshName("event");
  assert.equal(await run(api.audits.reports, { what }), null);
  const { requestId, logLines } = await logged("audits:reports");
  const event = { what, by: requestId };
  assert.deepEqual(logLines.map((line) => JSON.parse(line.slice("[INFO] ".length))), [event]);
  const admin = new ConvexHttpClient(app.server.url, { logger: false });
  admin.setAdminAuth(app.server.adminKey);
  const [row] = await admin.query("_system/frontend/auditLog:list", { limit: 1 });
  assert.deepEqual([JSON.parse(row.body), row.udfPath, row.requestId], [event, "audits:reports", requestId]);
});

// happy path, args/returns
test("an action uses what only Node.js has", async () => {
  const result = await run(api.machine.everything, { text: "héllo" });
  assert.deepEqual(result, {
    base64: Buffer.from("héllo").toString("base64"),
    digest: createHash("sha256").update("héllo").digest("hex"),
    file: "héllo",
    unzipped: "héllo",
  });
  assert.match((await failure(run(api.machine.everything, { text: 1 }))).message, /ArgumentValidationError: Value does not match validator\.\nPath: \.text/);
  assert.match((await failure(run(api.trouble.wrongReturn))).message, /ReturnsValidationError: Value does not match validator\./);
});

// external package install and import
test("packages come inside the bundle or from npm", async () => {
  assert.deepEqual(await run(api.machine.packages), { bundled: 7_200_000, external: [true, false] });
});

// env vars
test("a changed variable is seen by the next call, also at import", async () => {
  const before = await run(api.machine.environment);
  assert.deepEqual([before.atImport, before.now], [null, null]);
  await app.project.convexOk(app.server, "env", "set", "GREETING", "hello");
  const after = await run(api.machine.environment);
  assert.deepEqual([after.atImport, after.now], ["hello", "hello"]);
  const allowed = ["PATH", "PWD", "LANG", "NODE_PATH", "TZ", "UTC", "GREETING", "CONVEX_CLOUD_URL", "CONVEX_SITE_URL"];
  assert.deepEqual(after.names.filter((name) => !allowed.includes(name)), []);
  assert.deepEqual(await run(api.machine.addresses), [app.server.url, app.server.siteUrl]);
  await app.project.convexOk(app.server, "env", "remove", "GREETING");
  assert.equal((await run(api.machine.environment)).now, null);
});

// ctx.runQuery/runMutation/runAction/scheduler/storage from Node
test("queries and mutations are called one after the other and together", async () => {
  const name = freshName();
  assert.equal(await run(api.nodeCalls.bump, { name, times: 5 }), 5);
  const values = await run(api.nodeCalls.bumpTogether, { name, times: 20 });
  assert.deepEqual(values.sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 6));
  assert.equal(await read(name), 25);
});

test("actions of both runtimes call each other", async () => {
  const name = freshName();
  assert.deepEqual(await run(api.nodeCalls.viaAction, { name }), [`${name} 1`, `${name} 2`]);
  assert.deepEqual(await run(api.plainActions.machine), { bundled: 7_200_000, external: [true, false] });
  assert.match((await failure(run(api.nodeCalls.hidden, { name }))).message, /Could not find public function for 'nodeCalls:hidden'/);
});

test("what a called function throws can be caught, with its data", async () => {
  const caught = await run(api.nodeCalls.caught);
  assert.deepEqual(caught.data.data, { code: 7n });
  assert.equal(caught.data.isConvexError, true);
  assert.match(caught.plain.message, /boom/);
  assert.match(caught.args.message, /ArgumentValidationError: Object is missing the required field `name`/);
  assert.match(caught.missing.message, /Couldn't find JavaScript module 'nowhere\.js'/);
});

test("jobs are scheduled and cancelled, and run in Node.js themselves", async () => {
  const name = freshName();
  await run(api.nodeCalls.schedule, { name, delayMs: 0 });
  await until(async () => (await read(name)) === 1, "the job has run");
  await app.http.mutation(api.plainActions.scheduleNode, { name });
  await until(async () => (await read(name)) === 2, "the job of a mutation has run");
  const id = await run(api.nodeCalls.schedule, { name, delayMs: 600_000 });
  await run(api.nodeCalls.cancel, { id });
  assert.equal((await app.http.mutation(api.plainActions.job, { id })).kind, "canceled");
});

test("cron jobs and HTTP actions reach Node.js too", async () => {
  await until(async () => (await read("cron")) >= 2, "the cron job has run twice");
  const response = await fetch(`${app.server.siteUrl}/packages`);
  assert.deepEqual([response.status, await response.json()], [200, { bundled: 7_200_000, external: [true, false] }]);
});

test("files are stored, read, linked and deleted", async () => {
  const bytes = 3_000_000;
  const result = await run(api.nodeCalls.files, { bytes });
  assert.deepEqual(result, { same: true, type: "text/x-test", fetched: bytes, size: bytes, after: null });
  assert.equal(await run(api.nodeCalls.uploads, { text: "by hand" }), "by hand");
});

test("an action knows its name and its caller", async () => {
  assert.equal(await run(api.nodeCalls.whoAmI), null);
  const meta = await run(api.nodeCalls.meta);
  assert.equal(meta.name, "nodeCalls:meta");
  assert.deepEqual(meta.keys, ["auth", "meta", "runAction", "runMutation", "runQuery", "scheduler", "storage", "vectorSearch"]);
});

test("a call over the WebSocket is answered too", async () => {
  const client = app.connect();
  assert.deepEqual(await client.action(api.machine.packages, {}), { bundled: 7_200_000, external: [true, false] });
  const error = await failure(client.action(api.trouble.throwsData, {}));
  assert.deepEqual(error.data, { code: 7n });
});

test("`convex run` prints the result and the lines", async () => {
  const { code, stdout, stderr } = await app.project.convex(app.server, "run", "trouble:speaks", '{"lines": 3}');
  assert.equal(code, 0, stderr);
  assert.match(stdout + stderr, /'hi' 1 \{ a: \[ 1, 2 \] \}/);
});

// logs
test("lines reach the log with level, environment and place", async () => {
  await run(api.trouble.speaks, { lines: 3 });
  const entry = await logged("trouble:speaks");
  assert.equal(entry.environment, "node");
  assert.deepEqual(entry.logLines, ["[LOG] 'hi' 1 { a: [ 1, 2 ] }", "[WARN] 'careful'", "[ERROR] Map(1) { 'k' => 1 }"]);
  await run(api.trouble.floods, { lines: 300 });
  const flood = await logged("trouble:floods");
  assert.equal(flood.logLines.length, 256);
  assert.equal(flood.logLines[255], "[ERROR] Log overflow (maximum 256). Remaining log lines omitted.");
});

// error with data and mapped frames
test("errors carry data and the author's places", async () => {
  const withData = await failure(run(api.trouble.throwsData));
  assert.ok(withData instanceof ConvexError);
  assert.deepEqual(withData.data, { code: 7n });
  const deep = (await failure(run(api.trouble.throwsDeep))).message;
  assert.match(deep, /Uncaught RangeError: too deep\n {4}at refuse \((\.\.\/)+convex\/lib\/digests\.ts:10:\d+\)\n {4}at (async )?handler \(\.\.\/convex\/trouble\.ts:\d+:\d+\)/);
  assert.doesNotMatch(deep, /node:internal|executor|file:/);
  assert.match((await failure(run(api.trouble.throwsText))).message, /Uncaught just text/);
});

// process.exit, unhandled rejection
test("process.exit and unhandled rejections fail their call alone", async () => {
  const [began, gate] = [freshName(), freshName()];
  const beside = run(api.trouble.waits, { began, until: gate });
  await until(async () => (await read(began)) === 1, "the other call has begun");
  assert.match((await failure(run(api.trouble.exits))).message, /exit: process\.exit\(3\) was called/);
  assert.match((await failure(run(api.trouble.rejects))).message, /unhandledRejection: nobody listens/);
  await app.http.mutation(api.counters.bump, { name: gate });
  assert.equal(await beside, 1);
});

// mutation callback retry is not executed twice
test("a crash ends its calls once, and nothing is run again", async () => {
  const name = freshName();
  const error = await failure(run(api.trouble.dies, { name }));
  assert.match(error.message, /ended unexpectedly \(signal 9\)/);
  assert.equal(await read(name), 1);
  assert.equal(await run(api.trouble.echo, { text: "on we go" }), 8);
  assert.equal(await read(name), 1);
});

// 5 MiB args
test("arguments above five mebibytes are refused", async () => {
  const fits = "x".repeat(5 * 1024 * 1024 - 100);
  assert.equal(await run(api.trouble.echo, { text: fits }), fits.length);
  const error = await failure(run(api.trouble.echo, { text: `${fits}${"x".repeat(100)}` }));
  assert.match(error.message, /Node actions arguments size is too large\. The maximum size is 5 MiB\./);
});

// dangling operations warning in actions
test("operations nobody awaited are warned of", async () => {
  await run(api.trouble.dangles, { name: freshName() });
  const entry = await logged("trouble:dangles");
  assert.match(entry.logLines[0], /^\[WARN\] You have an outstanding mutation call\. Operations should be awaited/);
});

// dangling promise from the previous request detected
test("what an earlier call left behind cannot be used", async () => {
  const name = freshName();
  await run(api.trouble.leaves);
  const error = await failure(run(api.trouble.usesWhatWasLeft, { name }));
  assert.match(error.message, /Leftover state detected\. This typically happens if there are dangling promises from a previous request\./);
  assert.equal(await read(name), 0);
});

// timeout
test("an action that takes too long is ended, even in a busy loop", async () => {
  const hangs = await failure(hurried.http.action(api.trouble.hangs, {}));
  assert.match(hangs.message, /Action `trouble\.js:hangs` execution timed out \(maximum duration 5s\)/);
  const spins = await failure(hurried.http.action(api.trouble.spins, {}));
  assert.match(spins.message, /Function execution unexpectedly timed out\. Check your function for infinite loops/);
  assert.equal(await hurried.http.action(api.trouble.echo, { text: "on we go" }), 8);
});

test("processes nobody uses end and give their memory back", async () => {
  const pid = await hurried.http.action(api.machine.processId, {});
  const alive = () => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  await until(() => !alive(), "the idle process has ended");
  assert.notEqual(await hurried.http.action(api.machine.processId, {}), pid);
});

test("without Node.js everything else is served", async () => {
  const server = await Server.start("--node-binary", "/nowhere/node");
  const plain = Project.testApp();
  try {
    await plain.push(server);
    cpSync(files, plain.directory, { recursive: true });
    const { code, stderr } = await plain.convex(server, "dev", "--once", "--typecheck", "disable");
    assert.equal(code, 1);
    assert.match(stderr, /Deployment is not configured to deploy "use node" actions\. Node\.js v20, 22, or 24 is not installed\./);
    const client = new ConvexHttpClient(server.url, { logger: false });
    assert.equal(await client.mutation(api.counters.bump, { name: "served" }), 1);
  } finally {
    await server.remove();
    plain.remove();
  }
});

test("a query in a file for Node.js is refused by name", async () => {
  const project = Project.of({
    "wrong.ts": `"use node";\nimport { queryGeneric } from "convex/server";\nexport const all = queryGeneric(async () => 1);\n`,
  });
  const { code, stderr } = await project.convex(hurried.server, "dev", "--once", "--typecheck", "disable");
  project.remove();
  assert.equal(code, 1);
  assert.match(stderr, /`all` defined in `wrong\.js` is a Query function\. Only actions can be defined in Node\.js\./);
});

test("a restarted server runs the same actions, and old packages are gone", async () => {
  await app.server.restart();
  assert.deepEqual(await run(api.machine.packages), { bundled: 7_200_000, external: [true, false] });
  const folder = (name) => readdirSync(join(app.server.directory, "data/node", name));
  assert.equal(folder("packages").length, 1);
  assert.equal(folder("external").length, 1);
});
