// Apps with components, pushed by the official CLI and used through the npm client: two of their own, one of them
// mounted twice and once more inside the other, and one from the registry.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { Project } from "./support/project.mjs";
import { Server } from "./support/server.mjs";
import { until } from "./support/until.mjs";

let server, app;

before(async () => {
  server = await Server.start();
  app = project();
  const { code, stdout, stderr } = await push(app);
  assert.equal(code, 0, stdout + stderr);
});

after(async () => {
  await server?.remove();
  app?.remove();
});

// The CLI writes wrong import paths into the types of a local component that has local components itself.
const push = (target) => target.convex(server, "dev", "--once", "--tail-logs", "disable", "--typecheck", "disable");
const http = () => new ConvexHttpClient(server.url, { logger: false });

const counter = {
  "counter/convex.config.ts": `import { defineComponent } from "convex/server";
import { v } from "convex/values";
export default defineComponent("counter", { env: { LABEL: v.optional(v.string()) } });
`,
  "counter/schema.ts": `import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ counts: defineTable({ name: v.string(), n: v.number() }).index("by_name", ["name"]) });
`,
  "counter/crons.ts": `import { cronJobs } from "convex/server";
import { internal } from "./_generated/api.js";
const crons = cronJobs();
crons.interval("tick", { hours: 1 }, internal.lib.tick, {});
export default crons;
`,
  "counter/lib.ts": `import { v } from "convex/values";
import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server.js";
import { createFunctionHandle } from "convex/server";
import { api, internal } from "./_generated/api.js";
declare const process: { env: Record<string, string | undefined> };
export const add = mutation({
  args: { name: v.string(), by: v.number() }, returns: v.number(),
  handler: async (ctx, { name, by }) => {
    const row = await ctx.db.query("counts").withIndex("by_name", (q) => q.eq("name", name)).unique();
    if (row === null) await ctx.db.insert("counts", { name, n: by });
    else await ctx.db.patch(row._id, { n: row.n + by });
    if (by < 0) throw new Error("counts only grow");
    return (row?.n ?? 0) + by;
  },
});
export const get = query({
  args: { name: v.string() }, returns: v.number(),
  handler: async (ctx, { name }) =>
    (await ctx.db.query("counts").withIndex("by_name", (q) => q.eq("name", name)).unique())?.n ?? 0,
});
export const about = query({ args: {}, handler: async (ctx) => ({
  label: process.env.LABEL ?? null, secret: process.env.SECRET ?? null, site: process.env.CONVEX_SITE_URL ?? null,
  user: await ctx.auth.getUserIdentity(), path: (await ctx.meta.getFunctionMetadata()).componentPath,
}) });
export const hidden = internalQuery({ args: {}, handler: async () => 42 });
export const tick = internalMutation({ args: {}, handler: (ctx) => ctx.db.insert("counts", { name: "ticks", n: 1 }) });
export const later = mutation({ args: { name: v.string() }, returns: v.null(), handler: async (ctx, { name }): Promise<null> => {
  await ctx.scheduler.runAfter(0, api.lib.add, { name, by: 100 });
  return null;
} });
export const act = action({ args: { name: v.string() }, returns: v.any(), handler: async (ctx, { name }): Promise<any> => {
  const n: number = await ctx.runMutation(api.lib.add, { name, by: 1 });
  const storageId = await ctx.storage.store(new Blob(["n is " + n]));
  return { n, url: await ctx.storage.getUrl(storageId), user: await ctx.auth.getUserIdentity(), label: process.env.LABEL };
} });
export const handle = query({ args: {}, handler: (): Promise<string> => createFunctionHandle(internal.lib.hidden) });
`,
};

const served = {
  "served/convex.config.ts": `import { defineComponent } from "convex/server";
export default defineComponent("served");
`,
  "served/http.ts": `import { httpRouter } from "convex/server";
import { httpAction, query } from "./_generated/server.js";
import { api } from "./_generated/api.js";
declare const process: { env: Record<string, string | undefined> };
const http = httpRouter();
http.route({ path: "/hello", method: "GET", handler: httpAction(async (ctx, request): Promise<Response> => Response.json({
  url: new URL(request.url).pathname, site: process.env.CONVEX_SITE_URL, user: await ctx.auth.getUserIdentity(),
  path: (await ctx.meta.getFunctionMetadata()).componentPath, own: await ctx.runQuery(api.data.own, {}) })) });
http.route({ pathPrefix: "/files/", method: "POST", handler: httpAction(async (_, request) => new Response("got " + await request.text())) });
export default http;
`,
  "served/data.ts": `import { query } from "./_generated/server.js";
export const own = query({ args: {}, handler: async (ctx) => (await ctx.db.query("things" as any).collect()).length });
`,
};

const outer = {
  "outer/convex.config.ts": `import { defineComponent } from "convex/server";
import counter from "../counter/convex.config.js";
const component = defineComponent("outer");
component.use(counter, { name: "inner", env: { LABEL: "inside" } });
export default component;
`,
  "outer/lib.ts": `import { v } from "convex/values";
import { mutation, query } from "./_generated/server.js";
import { components } from "./_generated/api.js";
import type { FunctionHandle } from "convex/server";
export const add = mutation({ args: { name: v.string() }, returns: v.number(),
  handler: (ctx, { name }): Promise<number> => ctx.runMutation(components.inner.lib.add, { name, by: 10 }) });
export const about = query({ args: {}, handler: (ctx): Promise<any> => ctx.runQuery(components.inner.lib.about, {}) });
export const callBack = mutation({ args: { handle: v.string() }, handler: async (ctx, { handle }): Promise<any> =>
  ctx.runMutation(handle as FunctionHandle<"mutation">, { text: "from below" }) });
`,
};

const root = {
  "convex.config.ts": `import { defineApp } from "convex/server";
import { v } from "convex/values";
import shardedCounter from "@convex-dev/sharded-counter/convex.config";
import counter from "./counter/convex.config.js";
import outer from "./outer/convex.config.js";
import served from "./served/convex.config.js";
const app = defineApp({ env: { SECRET: v.optional(v.string()) } });
app.use(counter, { env: { LABEL: app.env.SECRET } });
app.use(counter, { name: "clicks", env: { LABEL: "literal" } });
app.use(outer);
app.use(served, { httpPrefix: "/served/" });
app.use(served, { name: "deeper", httpPrefix: "/deep/er/" });
app.use(shardedCounter);
export default app;
`,
  "app.ts": `import { v } from "convex/values";
import { createFunctionHandle } from "convex/server";
import type { FunctionHandle } from "convex/server";
import { ShardedCounter } from "@convex-dev/sharded-counter";
import { components, internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";
const sharded = new ShardedCounter(components.shardedCounter, { shards: { beans: 4 } });
const which = v.union(v.literal("counter"), v.literal("clicks"));
export const add = mutation({ args: { which, name: v.string(), by: v.number() },
  handler: async (ctx, { which, ...args }): Promise<number> => ctx.runMutation(components[which].lib.add, args) });
export const tryAdd = mutation({ args: { name: v.string() }, handler: async (ctx, { name }): Promise<string> => {
  await ctx.runMutation(components.counter.lib.add, { name, by: 1 });
  try { await ctx.runMutation(components.counter.lib.add, { name, by: -5 }); } catch (error: any) { return error.message; }
  return "no error";
} });
export const get = query({ args: { which, name: v.string() },
  handler: async (ctx, { which, name }): Promise<number> => ctx.runQuery(components[which].lib.get, { name }) });
export const about = query({ args: {}, handler: async (ctx): Promise<any[]> => [
  await ctx.runQuery(components.counter.lib.about, {}),
  await ctx.runQuery(components.clicks.lib.about, {}),
  await ctx.runQuery(components.outer.lib.about, {}),
] });
export const addBelow = mutation({ args: {}, handler: async (ctx): Promise<number> => ctx.runMutation(components.outer.lib.add, { name: "x" }) });
export const note = internalMutation({ args: { text: v.string() }, handler: (ctx, { text }) => ctx.db.insert("notes", { text }) });
export const notes = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text) });
export const roundTrip = mutation({ args: {}, handler: async (ctx): Promise<void> => {
  await ctx.runMutation(components.outer.lib.callBack, { handle: await createFunctionHandle(internal.app.note) });
} });
export const throughHandle = query({ args: {}, handler: async (ctx): Promise<number> => {
  const handle = await ctx.runQuery(components.counter.lib.handle, {}) as FunctionHandle<"query">;
  return await ctx.runQuery(handle, {});
} });
export const later = mutation({ args: {}, handler: async (ctx): Promise<void> => {
  await ctx.runMutation(components.clicks.lib.later, { name: "later" });
  await ctx.scheduler.runAfter(0, components.clicks.lib.add, { name: "reference", by: 1 });
  await ctx.scheduler.runAfter(0, await createFunctionHandle(components.clicks.lib.add), { name: "handle", by: 2 });
} });
export const act = action({ args: {}, handler: async (ctx): Promise<any> => [
  await ctx.runAction(components.clicks.lib.act, { name: "acted" }),
  await ctx.runQuery(components.clicks.lib.get, { name: "acted" }),
] });
export const reachHidden = query({ args: {}, handler: async (ctx): Promise<any> => ctx.runQuery((components.counter.lib as any).hidden, {}) });
export const eat = mutation({ args: { n: v.number() }, handler: (ctx, { n }) => sharded.add(ctx, "beans", n) });
export const eaten = query({ args: {}, handler: (ctx) => sharded.count(ctx, "beans") });
`,
  "http.ts": `import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ path: "/served/own", method: "GET", handler: httpAction(async () => new Response("the app's")) });
http.route({ pathPrefix: "/other/", method: "GET", handler: httpAction(async (_, request) => new Response(new URL(request.url).pathname)) });
export default http;
`,
  "schema.ts": `import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ notes: defineTable({ text: v.string() }) });
`,
};

function project(files = { ...root, ...counter, ...outer, ...served }) {
  const tsconfig = Project.testApp();
  const made = Project.of({ "tsconfig.json": tsconfig.read("convex/tsconfig.json"), ...files });
  tsconfig.remove();
  return made;
}

// "Component `exports` tree yields correct `_generated/component.ts` / `components.*` types."
test("the CLI typechecks an app against the types of its components", async () => {
  const config = root["convex.config.ts"].replace(/.*(outer|served).*\n/g, "");
  const code = `import { components } from "./_generated/api";
import { mutation } from "./_generated/server";
export const add = mutation({ args: {}, handler: async (ctx): Promise<number> =>
  ctx.runMutation(components.clicks.lib.add, { name: "a", by: 1 }) });
`;
  const typed = project({ ...counter, "convex.config.ts": config, "app.ts": code });
  try {
    const codegen = () => typed.convex(server, "codegen", "--typecheck", "enable");
    const good = await codegen();
    assert.equal(good.code, 0, good.stdout + good.stderr);
    assert.match(typed.read("convex/counter/_generated/component.ts"), /by: number/);
    typed.write("convex/app.ts", code.replace("by: 1", 'by: "1"'));
    const bad = await codegen();
    assert.notEqual(bad.code, 0);
    assert.match(bad.stdout + bad.stderr, /Type 'string' is not assignable to type 'number'/);
  } finally {
    typed.remove();
  }
});

test("instances of one definition count apart, and the CLI shows their data", async () => {
  const client = http();
  assert.equal(await client.mutation("app:add", { which: "counter", name: "a", by: 2 }), 2);
  assert.equal(await client.mutation("app:add", { which: "counter", name: "a", by: 3 }), 5);
  assert.equal(await client.mutation("app:add", { which: "clicks", name: "a", by: 1 }), 1);
  assert.equal(await client.query("app:get", { which: "counter", name: "a" }), 5);
  assert.equal(await client.query("app:get", { which: "clicks", name: "a" }), 1);
  assert.equal(await client.mutation("app:addBelow", {}), 10);
  // The cron job of each instance has left a row, too, or is about to.
  const data = async (component) =>
    JSON.parse(await app.convexOk(server, "data", "counts", "--component", component, "--format", "json"))
      .filter((row) => row.name !== "ticks")
      .map((row) => row.n);
  assert.deepEqual(await data("counter"), [5]);
  assert.deepEqual(await data("outer/inner"), [10]);
  assert.match(await app.convexOk(server, "data", "--component", "clicks"), /counts/);
  assert.equal((await app.convexOk(server, "run", "lib:get", '{"name":"a"}', "--component", "clicks")).trim(), "1");
  assert.equal((await app.convexOk(server, "run", "lib:hidden", "--component", "clicks")).trim(), "42");
  const typed = "await ctx.db.query('counts').collect().then((rows) => rows.filter((row) => row.name === 'a').length)";
  assert.equal((await app.convexOk(server, "run", "--inline-query", typed, "--component", "clicks")).trim(), "1");
});

test("a failing call of a component takes back its own writes only", async () => {
  const client = http();
  assert.match(await client.mutation("app:tryAdd", { name: "grown" }), /counts only grow/);
  assert.equal(await client.query("app:get", { which: "counter", name: "grown" }), 1);
});

test("arguments are checked against the component's validators", async () => {
  await assert.rejects(http().mutation("app:add", { which: "counter", name: "a", by: 1, more: 1 }), /ArgumentValidationError/);
  await assert.rejects(http().query("app:reachHidden", {}), /Couldn't resolve components\.counter\.lib\.hidden/);
});

test("components see the variables they were given, and no user", async () => {
  await app.convexOk(server, "env", "set", "SECRET", "one");
  const site = server.siteUrl;
  const about = (label, path) => ({ label, path, secret: null, site, user: null });
  const client = http();
  assert.deepEqual(await client.query("app:about", {}), [about("one", "counter"), about("literal", "clicks"), about("inside", "outer/inner")]);
  await app.convexOk(server, "env", "set", "SECRET", "two");
  assert.equal((await client.query("app:about", {}))[0].label, "two");
});

test("handles go down and up", async () => {
  const client = http();
  await client.mutation("app:roundTrip", {});
  assert.deepEqual(await client.query("app:notes", {}), ["from below"]);
  assert.equal(await client.query("app:throughHandle", {}), 42);
});

test("jobs and crons of components run in them", async () => {
  const client = http();
  await client.mutation("app:later", {});
  const clicks = (name) => client.query("app:get", { which: "clicks", name });
  await until(async () => (await clicks("later")) === 100, "its own job");
  await until(async () => (await clicks("reference")) === 1 && (await clicks("handle")) === 2, "the jobs of the app");
  const rows = async (...component) => JSON.parse(await app.convexOk(server, "data", "_scheduled_functions", "--format", "json", ...component));
  const done = (row) => `${row.name} ${row.state.kind}`;
  await until(async () => (await rows()).every((row) => row.state.kind === "success"), "finished jobs");
  assert.deepEqual((await rows()).map(done), ["lib.js:add success", "lib.js:add success"]);
  assert.deepEqual((await rows("--component", "clicks")).map(done), ["lib.js:add success"]);
  assert.equal(await clicks("ticks"), 1);
  assert.equal(await client.query("app:get", { which: "counter", name: "ticks" }), 1);
});

test("actions run inside components, with their files", async () => {
  const client = http();
  const [inside, seen] = await client.action("app:act", {});
  assert.equal(seen, 1);
  assert.deepEqual({ ...inside, url: null }, { n: 1, url: null, user: null, label: "literal" });
  assert.match(inside.url, /\?component=\d+$/);
  assert.equal(await (await fetch(inside.url)).text(), "n is 1");
  assert.equal((await fetch(inside.url.split("?")[0])).status, 404);
});

// "mount routing and httpPrefix, tie, overlap refused"
test("HTTP actions answer under the prefix of their mount", async () => {
  const get = (path, options) => fetch(server.siteUrl + path, { headers: { authorization: "Bearer not.a.token" }, ...options });
  for (const [prefix, path] of [["/served", "served"], ["/deep/er", "deeper"]]) {
    const hello = await get(`${prefix}/hello`);
    assert.equal(hello.status, 200);
    assert.deepEqual(await hello.json(), { url: `${prefix}/hello`, site: server.siteUrl + prefix, user: null, path, own: 0 });
  }
  assert.equal(await (await get("/served/files/x", { method: "POST", body: "bytes" })).text(), "got bytes");
  assert.equal(await (await get("/served/own")).text(), "the app's");
  assert.equal(await (await get("/other/x")).text(), "/other/x");
  for (const path of ["/served/nothing", "/nothing", "/hello"]) assert.equal((await get(path)).status, 404, path);
  const config = app.read("convex/convex.config.ts");
  app.write("convex/convex.config.ts", config.replace("/deep/er/", "/served/deep/"));
  const refused = await push(app);
  app.write("convex/convex.config.ts", config);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /is mounted at the overlapping/);
});

test("a component from the registry works", async () => {
  const client = http();
  for (const n of [1, 2, 3]) await client.mutation("app:eat", { n });
  assert.equal(await client.query("app:eaten", {}), 6);
});

test("a subscriber sees what changes inside a component", async () => {
  const watching = app.convexRunning(server, "run", "--watch", "app:get", '{"which":"clicks","name":"watched"}');
  await until(() => watching.stdout.includes("0"), "the first result");
  await http().mutation("app:add", { which: "clicks", name: "watched", by: 77 });
  await until(() => watching.stdout.includes("77"), "the changed result");
  watching.child.kill();
  await watching.ended;
});

// "Removed component is unmounted with data kept; re-adding reports remount."
test("a removed component comes back with its data", async () => {
  const client = http();
  await client.mutation("app:add", { which: "clicks", name: "kept", by: 9 });
  const config = app.read("convex/convex.config.ts");
  const code = app.read("convex/app.ts");
  app.write("convex/convex.config.ts", config.replace(/app\.use\(counter, \{ name: "clicks".*\n/, ""));
  app.write("convex/app.ts", code.replaceAll(/components(\[which\]|\.clicks)/g, "(components as any)$1"));
  const removed = await push(app);
  assert.equal(removed.code, 0, removed.stderr);
  assert.match(removed.stderr, /Unmounted component clicks/);
  await assert.rejects(client.query("app:get", { which: "clicks", name: "kept" }), /the app has no component "clicks"/);
  assert.match(await app.convexOk(server, "data", "counts", "--component", "clicks"), /kept/);
  app.write("convex/convex.config.ts", config);
  const restored = await push(app);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stderr, /Remounted component clicks/);
  assert.equal(await client.query("app:get", { which: "clicks", name: "kept" }), 9);
});
