// What an operator reads: /metrics, and the lines of executions in the server's own log.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { deployedApp, freshName } from "./support/app.mjs";
import { binary, freePorts } from "./support/server.mjs";
import { until } from "./support/until.mjs";

/** Functions that leave every kind of line in the log. */
const SPEAKS = `
import { log, type FunctionReference, anyApi } from "convex/server";
import { mutation, query } from "./_generated/server";
export const inner = query({ args: {}, handler: async () => console.error("inside") });
export const outer = query({ args: {}, handler: async (ctx) => {
  console.debug("before");
  await ctx.runQuery(anyApi.speaks.inner as FunctionReference<"query">, {});
  console.info("after", { n: 1 });
} });
export const audits = mutation({ args: {}, handler: async () => await log.audit({ what: "seen", by: log.vars.requestId }) });
`;

const [metricsPort] = await freePorts(1);
const app = deployedApp({
  prepare: ({ project }) => project.write("convex/speaks.ts", SPEAKS),
  options: ["--metrics-port", `${metricsPort}`, "--log-functions", "--log-format", "json", "--log-to", "stdout"],
});
const metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;

async function call(kind, path, args = {}, headers = {}) {
  const response = await fetch(`${app.server.url}/api/${kind}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ path, args }),
  });
  assert.equal(response.status, 200);
  return await response.json();
}

/** The series of a scrape: `name{label="value"}` to its number. */
async function scrape() {
  const lines = (await (await fetch(metricsUrl)).text()).split("\n");
  const series = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(series.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]));
}

const labels = (kind, name) => `kind="${kind}",component="",function="${name}"`;
const calls = (series, kind, name, outcome) =>
  series.get(`concave_function_calls_total{${labels(kind, name)},outcome="${outcome}"}`) ?? 0;

/** The lines of the log whose fields pass the test. */
function logged(test) {
  const lines = app.server.stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return lines.filter(({ fields }) => test(fields));
}

/** The lines of the request `id`, once its execution is among them. */
async function linesOf(id) {
  // What an action calls has its request's id too, and ends before it.
  const finished = ({ fields }) =>
    fields.message.startsWith("function ") && fields.retry === false && fields.caller !== "Action";
  return await until(() => {
    const lines = logged((fields) => fields.request_id === id);
    return lines.some(finished) && lines;
  }, `the request ${id} is in the log`);
}

test("/metrics on the API's port is for admins, read-only ones included", async () => {
  const status = async (authorization) =>
    (await fetch(`${app.server.url}/metrics`, { headers: authorization ? { authorization } : {} })).status;
  const data = join(app.server.directory, "data");
  const readOnly = spawnSync(binary(), ["key", "--read-only", "--data-dir", data], { encoding: "utf8" }).stdout.trim();
  assert.equal(await status(), 403);
  assert.equal(await status("Convex nonsense"), 401);
  assert.equal(await status(`Convex ${app.server.adminKey}`), 200);
  assert.equal(await status(`Convex ${readOnly}`), 200);
});

test("a port of its own needs no key and tells nothing else", async () => {
  const response = await fetch(metricsUrl);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal((await fetch(new URL("/api/query", metricsUrl), { method: "POST" })).status, 404);
  assert.equal((await fetch(`${app.server.siteUrl}/metrics`)).status, 404);
});

test("calls, errors and cached results are counted where they happen", async () => {
  const name = freshName();
  const before = await scrape();
  await call("mutation", "counters:bump", { name });
  await call("mutation", "counters:bump", { name });
  await call("query", "counters:read", { name });
  await call("query", "counters:read", { name });
  await call("query", "failures:boom");
  await call("query", "nowhere:nothing");
  await call("action", "actions:copy", { list: name, text: "t" });
  const after = await scrape();
  const grew = (kind, path, outcome) => calls(after, kind, path, outcome) - calls(before, kind, path, outcome);
  assert.equal(grew("Mutation", "counters:bump", "success"), 2);
  assert.equal(grew("Query", "counters:read", "success"), 1);
  assert.equal(grew("Query", "counters:read", "cached"), 1);
  assert.equal(grew("Query", "failures:boom", "error"), 1);
  assert.equal(grew("Query", "_unresolved", "error"), 1);
  assert.equal(grew("Action", "actions:copy", "success"), 1);
  const of = (series, metric, kind, path) => series.get(`concave_${metric}{${labels(kind, path)}}`) ?? 0;
  for (const metric of ["function_seconds_count", "function_seconds_sum", "function_write_bytes_total", "function_write_documents_total"]) {
    assert.ok(of(after, metric, "Mutation", "counters:bump") > of(before, metric, "Mutation", "counters:bump"), metric);
  }
  assert.equal(of(after, "function_write_documents_total", "Mutation", "actions:write"), 1);
  const total = (series, metric) => series.get(`concave_${metric}`) ?? 0;
  for (const metric of ["commits_total", "commit_batches_total", "commit_seconds_count", "log_entries", "process_cpu_seconds_total"]) {
    assert.ok(total(after, metric) > total(before, metric), metric);
  }
  assert.ok(total(after, "workers") > 0 && total(after, "database_bytes") > 0 && total(after, "process_resident_bytes") > 0);
});

test("a conflict is counted, and logged with its table", async () => {
  const name = freshName();
  const conflicts = async () => (await scrape()).get(`concave_function_conflicts_total{${labels("Mutation", "counters:bump")}}`) ?? 0;
  const before = await conflicts();
  // Whether two calls meet is up to the threads.
  const grown = await until(async () => {
    await Promise.all(Array.from({ length: 64 }, () => call("mutation", "counters:bump", { name })));
    return (await conflicts()) - before;
  }, "two calls met");
  const retries = () => logged((fields) => fields.retry === true);
  await until(() => retries().length === grown, "each conflict is in the log");
  for (const { level, fields } of retries()) {
    assert.deepEqual([level, fields.message, fields.function], ["WARN", "function failed", "counters:bump"]);
    assert.equal(fields.conflict_table, "counters");
    assert.match(fields.error, /changed by another commit/);
  }
});

// Every field that docs/operations.md names.
test("an execution is one line of JSON with its fields", async () => {
  const id = "00000000000000aa";
  await call("mutation", "counters:bump", { name: freshName() }, { "Convex-Request-Id": id });
  const lines = await linesOf(id);
  assert.equal(lines.length, 1);
  const [{ timestamp, level, fields }] = lines;
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000, timestamp);
  assert.equal(level, "INFO");
  const { execution_id, duration_ms, user_ms, read_bytes, write_bytes, memory_bytes, result_bytes, ...rest } = fields;
  assert.match(execution_id, /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  for (const [name, value] of Object.entries({ duration_ms, user_ms, write_bytes, memory_bytes, result_bytes })) {
    assert.ok(typeof value === "number" && value > 0, name);
  }
  assert.ok(duration_ms >= user_ms);
  assert.equal(read_bytes, 0);
  assert.deepEqual(rest, {
    message: "function ran",
    kind: "Mutation",
    function: "counters:bump",
    component: "",
    caller: "HttpApi",
    identity: "unknown",
    environment: "isolate",
    request_id: id,
    cached: false,
    read_documents: 0,
    write_documents: 1,
    file_read_bytes: 0,
    file_write_bytes: 0,
    egress_bytes: 0,
    retry: false,
  });
});

test("a failure is a warning with its text", async () => {
  const id = "00000000000000bb";
  await call("query", "failures:boom", {}, { "Convex-Request-Id": id });
  const [{ level, fields }] = await linesOf(id);
  assert.deepEqual([level, fields.message, fields.kind], ["WARN", "function failed", "Query"]);
  assert.match(fields.error, /^Uncaught Error: boom\n    at /);
  assert.equal("result_bytes" in fields, false);
});

test("each console line is a line of its own, at its level", async () => {
  const id = "00000000000000cc";
  await call("action", "actions:copy", { list: freshName(), text: "t" }, { "Convex-Request-Id": id });
  const lines = await linesOf(id);
  const told = (lines) => lines.map(({ level, fields }) => [level, fields.function, fields.nested, fields.message]);
  const none = undefined;
  assert.deepEqual(told(lines), [
    ["INFO", "actions:copy", none, "'copying' 't'"],
    ["INFO", "actions:write", none, "function ran"],
    ["INFO", "actions:read", none, "function ran"],
    ["WARN", "actions:copy", none, "'copied'"],
    ["INFO", "actions:copy", none, "function ran"],
  ]);
  const nested = "00000000000000ce";
  await call("query", "speaks:outer", {}, { "Convex-Request-Id": nested });
  assert.deepEqual(told(await linesOf(nested)), [
    ["DEBUG", "speaks:outer", none, "'before'"],
    ["ERROR", "speaks:outer", "speaks:inner", "'inside'"],
    ["INFO", "speaks:outer", none, "'after' { n: 1 }"],
    ["INFO", "speaks:outer", none, "function ran"],
  ]);
});

test("an action's line tells what its callees used", async () => {
  const id = "00000000000000cf";
  await call("action", "actions:copy", { list: freshName(), text: "t" }, { "Convex-Request-Id": id });
  const lines = await linesOf(id);
  const of = (name) => lines.find(({ fields }) => fields.function === name && fields.message === "function ran").fields;
  const [own, wrote, read] = ["actions:copy", "actions:write", "actions:read"].map(of);
  assert.deepEqual([own.write_documents, own.read_documents, own.kind], [1, 1, "Action"]);
  assert.deepEqual([own.write_bytes, own.read_bytes], [wrote.write_bytes, wrote.read_bytes + read.read_bytes]);
  assert.ok(own.memory_bytes > 0);
  const stores = "00000000000000d0";
  await call("action", "actions:stores", { text: "hello" }, { "Convex-Request-Id": stores });
  const { fields } = (await linesOf(stores)).at(-1);
  assert.deepEqual([fields.file_write_bytes, fields.file_read_bytes], [5, 5]);
});

test("warnings, HTTP actions and audit events have fields of their own", async () => {
  const forgets = "00000000000000d1";
  await call("action", "actions:forgets", { list: freshName() }, { "Convex-Request-Id": forgets });
  const warning = (await linesOf(forgets)).find(({ fields }) => fields.code !== undefined);
  assert.deepEqual([warning.level, warning.fields.code], ["WARN", "UnawaitedOperations"]);

  await fetch(`${app.server.siteUrl}/routes/exact`);
  const http = await until(() => logged(({ kind }) => kind === "HttpAction").at(-1), "the HTTP action is in the log");
  assert.deepEqual([http.fields.function, http.fields.status, http.fields.caller], ["GET /routes/exact", 200, "HttpEndpoint"]);

  const audited = "00000000000000d3";
  await call("mutation", "speaks:audits", {}, { "Convex-Request-Id": audited });
  const event = await until(() => logged((f) => f.request_id === audited && f.message === "audit")[0], "the event is in the log");
  assert.deepEqual([event.fields.function, JSON.parse(event.fields.event)], ["speaks:audits", { what: "seen", by: audited }]);
});

test("the functions of tools are in neither", async () => {
  await app.project.convexOk(app.server, "data");
  await call("query", "counters:read", { name: freshName() }, { "Convex-Request-Id": "00000000000000dd" });
  await linesOf("00000000000000dd");
  assert.deepEqual(logged((fields) => fields.function?.startsWith("_system/")), []);
  assert.deepEqual([...(await scrape()).keys()].filter((series) => series.includes("_system")), []);
});
