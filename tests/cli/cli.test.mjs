// The official CLI against the shipped binary: pushing, calling, inspecting, and every way it goes wrong.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { existsSync } from "node:fs";
import { ConvexHttpClient } from "convex/browser";
import { Project } from "../js/support/project.mjs";
import { Server } from "../js/support/server.mjs";
import { until } from "../js/support/until.mjs";

let server, app;
const projects = [];

before(async () => {
  server = await Server.start();
  app = Project.testApp();
  projects.push(app);
  await app.push(server);
});

after(async () => {
  await server?.remove();
  projects.forEach((project) => project.remove());
});

function project(files) {
  const made = Project.of({ "tsconfig.json": app.read("convex/tsconfig.json"), ...files });
  projects.push(made);
  return made;
}

const once = (target, on = server, ...more) => target.convex(on, "dev", "--once", "--tail-logs", "disable", ...more);
const http = (on = server) => new ConvexHttpClient(on.url, { logger: false });

const table = (fields, more = "") =>
  `import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ things: defineTable({ ${fields} })${more} });
`;

const things = `import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
export const add = mutation({ args: { thing: v.any() }, handler: (ctx, { thing }) => ctx.db.insert("things", thing) });
export const remove = mutation({ args: { id: v.string() }, handler: (ctx, { id }) => ctx.db.delete(id as any) });
export const all = query({ args: {}, handler: (ctx) => ctx.db.query("things").collect() });
`;

// "`get_canonical_urls` returns both URLs; `dev` writes `.env.local`."
test("dev --once typechecks, pushes, generates code and writes the addresses", async () => {
  const { code, stderr } = await once(app);
  assert.equal(code, 0, stderr);
  for (const file of ["api.d.ts", "api.js", "dataModel.d.ts", "server.d.ts", "server.js"]) {
    assert.ok(existsSync(app.path(`convex/_generated/${file}`)), file);
  }
  const env = app.read(".env.local");
  assert.match(env, new RegExp(`CONVEX_URL="?${server.url}"?`));
  assert.match(env, new RegExp(`CONVEX_SITE_URL="?${server.siteUrl}"?`));
});

// "Second push without changes sends only `unchangedModuleHashes` and succeeds"
test("deploy and a second push without changes succeed and keep the data", async () => {
  const id = await http().mutation("notes:add", { list: "deploy", text: "kept" });
  for (const words of [["deploy", "-y"], ["dev", "--once", "--tail-logs", "disable"]]) {
    const { code, stderr } = await app.convex(server, ...words);
    assert.equal(code, 0, stderr);
  }
  assert.equal((await http().query("notes:get", { id })).text, "kept");
});

test("deploy --dry-run changes nothing", async () => {
  const [on, dry] = [await Server.start(), project({ "schema.ts": table("n: v.number()"), "things.ts": things })];
  try {
    // A dry run writes no generated code either, so it is made first.
    await dry.convexOk(on, "codegen");
    const { code, stderr } = await dry.convex(on, "deploy", "-y", "--dry-run");
    assert.equal(code, 0, stderr);
    await assert.rejects(http(on).query("things:all", {}), /Could not find public function/);
  } finally {
    await on.remove();
  }
});

// "`start_push` never makes new code callable (`codegen` on a running app changes nothing visible)."
test("codegen leaves the running code alone", async () => {
  const changed = Project.testApp();
  projects.push(changed);
  changed.write("convex/added.ts", `import { query } from "./_generated/server";\nexport const here = query({ args: {}, handler: async () => 1 });\n`);
  const { code, stderr } = await changed.convex(server, "codegen");
  assert.equal(code, 0, stderr);
  assert.match(changed.read("convex/_generated/api.d.ts"), /added/);
  await assert.rejects(http().query("added:here", {}), /Could not find public function/);
});

test("a push replaces functions and takes removed ones away", async () => {
  const on = await Server.start();
  try {
    const versions = project({
      "a.ts": `import { query } from "./_generated/server";\nexport const v = query({ args: {}, handler: async () => 1 });\n`,
      "b.ts": `import { query } from "./_generated/server";\nexport const v = query({ args: {}, handler: async () => 1 });\n`,
    });
    assert.equal((await once(versions, on)).code, 0);
    versions.write("convex/a.ts", versions.read("convex/a.ts").replace("=> 1", "=> 2"));
    versions.delete("convex/b.ts");
    assert.equal((await once(versions, on)).code, 0);
    assert.equal(await http(on).query("a:v", {}), 2);
    await assert.rejects(http(on).query("b:v", {}), /Could not find public function/);
  } finally {
    await on.remove();
  }
});

test("a subscriber sees new code without asking again", async () => {
  const on = await Server.start();
  try {
    const versions = project({ "a.ts": `import { query } from "./_generated/server";\nexport const v = query({ args: {}, handler: async () => "old" });\n` });
    assert.equal((await once(versions, on)).code, 0);
    const watching = versions.convexRunning(on, "run", "--watch", "a:v");
    await until(() => watching.stdout.includes("old"), "the old result");
    versions.write("convex/a.ts", versions.read("convex/a.ts").replace("old", "new"));
    assert.equal((await once(versions, on)).code, 0);
    await until(() => watching.stdout.includes("new"), "the new result");
    watching.child.kill("SIGINT");
    await watching.ended;
  } finally {
    await on.remove();
  }
});

// "`run` for query, mutation, …, internal function, …, with `--identity`, …"
test("run calls queries, mutations and internal functions", async () => {
  assert.equal((await app.convexOk(server, "run", "lib/shapes:area", '{"w": 6, "h": 7}')).trim(), "42");
  assert.match(await app.convexOk(server, "run", "notes:add", '{"list": "run", "text": "by hand"}'), /^"[0-9a-z]{31,37}"\s*$/);
  assert.match(await app.convexOk(server, "run", "nested:secret"), /kept inside/);
  const who = await app.convexOk(server, "run", "platform:whoami", "--identity", '{"name": "Ann"}');
  assert.equal(JSON.parse(who).name, "Ann");
});

test("run prints log lines", async () => {
  const { stderr } = await app.convex(server, "run", "platform:logs");
  assert.match(stderr, /\[LOG\] 'hello'/);
});

// "`run` of unknown function contains "Could not find function" and lists available ones."
test("run of an unknown function lists the known ones", async () => {
  const { code, stdout, stderr } = await app.convex(server, "run", "notes:missing");
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /Could not find function/);
  assert.match(stdout + stderr, /notes:add/);
});

// "App error in `run` → status error with `errorData`, exit 1, log lines printed."
test("run of a failing function fails and shows why", async () => {
  const { code, stdout, stderr } = await app.convex(server, "run", "failures:boom");
  assert.equal(code, 1);
  assert.match(stdout + stderr, /Uncaught Error: boom/);
});

test("env sets, lists, gets and removes, and queries see it", async () => {
  const run = (...words) => app.convexOk(server, "env", ...words);
  assert.equal(await http().query("platform:greeting", {}), null);
  await run("set", "GREETING", "hello");
  assert.match(await run("list"), /GREETING=hello/);
  assert.match(await run("get", "GREETING"), /hello/);
  assert.equal(await http().query("platform:greeting", {}), "hello");
  await run("set", "GREETING", "good day");
  assert.equal(await http().query("platform:greeting", {}), "good day");
  await run("remove", "GREETING");
  assert.equal(await http().query("platform:greeting", {}), null);
  const bad = await app.convex(server, "env", "set", "BAD-NAME", "x");
  assert.notEqual(bad.code, 0);
});

test("data lists tables and shows documents", async () => {
  await http().mutation("notes:addMany", { list: "data", count: 3 });
  const tables = await app.convexOk(server, "data");
  for (const name of ["notes", "counters", "accounts", "links", "anything"]) assert.match(tables, new RegExp(`^${name}$`, "m"));
  const rows = await app.convexOk(server, "data", "notes", "--limit", "2", "--format", "jsonArray");
  assert.equal(JSON.parse(rows.slice(rows.indexOf("["))).length, 2);
  assert.equal((await app.convex(server, "data", "counters")).code, 0);
});

// "`function-spec` output matches analysis."
test("function-spec describes every function", async () => {
  const spec = JSON.parse(await app.convexOk(server, "function-spec"));
  assert.equal(spec.url, server.url);
  const find = (identifier) => spec.functions.find((f) => f.identifier === identifier);
  assert.deepEqual(find("lib/shapes.js:area"), {
    identifier: "lib/shapes.js:area",
    functionType: "Query",
    visibility: { kind: "public" },
    args: { type: "object", value: { w: { fieldType: { type: "number" }, optional: false }, h: { fieldType: { type: "number" }, optional: false } } },
    returns: { type: "any" },
  });
  assert.equal(find("notes.js:add").functionType, "Mutation");
  assert.equal(find("notes.js:add").returns.type, "id");
  assert.equal(find("nested.js:secret").visibility.kind, "internal");
});

// "`logs --history`, live tail, …, errors, `--success`"
test("logs show what ran before and what runs now", async () => {
  await http().query("platform:logs", {});
  const logs = app.convexRunning(server, "logs", "--success", "--history", "500");
  await until(() => /platform:logs.*'hello'/.test(logs.stdout), "the log line of an earlier call");
  await http().query("failures:boom", {}).catch(() => {});
  await until(() => /failures:boom.*Uncaught Error: boom/.test(logs.stdout), "the error of a later call");
  await http().mutation("counters:bump", { name: "logged" });
  await until(() => /counters:bump.*executed in/.test(logs.stdout), "the success of a later call");
  logs.child.kill("SIGINT");
  await logs.ended;
});

// "Bad key → 401 JSON `BadAdminKey`; …; CLI prints and exits non-zero."
test("a wrong key is refused in words", async () => {
  const name = server.adminKey.split("|")[0];
  for (const adminKey of ["nonsense", `${name}|0123456789abcdef`, server.adminKey.slice(0, -2)]) {
    const { code, stdout, stderr } = await once(app, { environment: { ...server.environment, CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey } });
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /BadAdminKey|BadDeployKey|401|403/);
  }
});

test("a key of another server is refused", async () => {
  const other = await Server.start();
  try {
    const { code } = await once(app, { environment: { ...server.environment, CONVEX_SELF_HOSTED_ADMIN_KEY: other.adminKey } });
    assert.notEqual(code, 0);
  } finally {
    await other.remove();
  }
});

// "Schema violation → `failed` with `tableName`"
test("documents that break a new schema stop the push, and the old code stays", async () => {
  const on = await Server.start();
  try {
    const strict = project({ "schema.ts": table("n: v.number()"), "things.ts": things });
    assert.equal((await once(strict, on)).code, 0);
    const id = await http(on).mutation("things:add", { thing: { n: 1 } });

    strict.write("convex/schema.ts", table("n: v.number(), name: v.string()"));
    const failed = await once(strict, on);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout + failed.stderr, /Schema validation failed/);
    assert.match(failed.stdout + failed.stderr, new RegExp(id));
    assert.match(failed.stdout + failed.stderr, /missing the required field `name`/);
    await http(on).mutation("things:add", { thing: { n: 2 } });

    for (const { _id } of await http(on).query("things:all", {})) await http(on).mutation("things:remove", { id: _id });
    assert.equal((await once(strict, on)).code, 0);
    await assert.rejects(http(on).mutation("things:add", { thing: { n: 3 } }), /name/);
  } finally {
    await on.remove();
  }
});

// "New index backfills before `finish_push`"
test("an index added to a full table is complete when the push is done", async () => {
  const on = await Server.start();
  try {
    const growing = project({ "schema.ts": table("n: v.number()"), "things.ts": things });
    assert.equal((await once(growing, on)).code, 0);
    for (let n = 0; n < 20; n++) await http(on).mutation("things:add", { thing: { n } });
    growing.write("convex/schema.ts", table("n: v.number()", `.index("by_n", ["n"])`));
    growing.write("convex/sorted.ts", `import { query } from "./_generated/server";
export const top = query({ args: {}, handler: async (ctx) => (await ctx.db.query("things").withIndex("by_n", (q) => q.gte("n", 15)).order("desc").collect()).map((t) => t.n) });
`);
    const pushed = await once(growing, on);
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.match(pushed.stdout + pushed.stderr, /things\.by_n/);
    assert.deepEqual(await http(on).query("sorted:top", {}), [19, 18, 17, 16, 15]);
  } finally {
    await on.remove();
  }
});

test("schemas that make no sense are refused with a reason", async () => {
  const bad = [
    [table("n: v.number()", `.index("by_id", ["n"])`), /by_id/],
    [table("n: v.number()", `.index("twice", ["n", "n"])`), /n/],
    [table("n: v.number()", `.index("_hidden", ["n"])`), /_hidden/],
    [table("n: v.number()").replace("things:", "_things:"), /_things/],
  ];
  for (const [schema, reason] of bad) {
    const { code, stdout, stderr } = await once(project({ "schema.ts": schema }), server, "--typecheck", "disable");
    assert.notEqual(code, 0, schema);
    assert.match(stdout + stderr, reason);
  }
});

// "Import-time exception → 400 `InvalidModules` with JS message"
test("code that fails when it is loaded is refused with its message", async () => {
  const { code, stdout, stderr } = await once(project({
    "broken.ts": `import { query } from "./_generated/server";\nthrow new Error("not at import time");\nexport const q = query({ args: {}, handler: async () => 1 });\n`,
  }), server, "--typecheck", "disable");
  assert.equal(code, 1);
  assert.match(stdout + stderr, /not at import time/);
  assert.equal(await http().query("lib/shapes:area", { w: 1, h: 1 }), 1);
});

test("routes that cannot be are refused with a reason, whoever finds out", async () => {
  const query = `query({ args: {}, handler: async () => 1 })`;
  const bad = [
    [`http.route({ path: "a", method: "GET", handler: ok });`, /path 'a' does not start with a \//],
    [`http.route({ pathPrefix: "/a", method: "GET", handler: ok });`, /pathPrefix \/a must end with a \//],
    [`http.route({ path: "/a", method: "HEAD", handler: ok });`, /'HEAD' is not an allowed HTTP method/],
    [`for (const n of [1, 2]) http.route({ path: "/a", method: "GET", handler: ok });`, /Path '\/a' for method GET already in use/],
    [`http.route({ path: "/.files/a", method: "GET", handler: ok });`, /path '\/.files\/a' is reserved/],
    [`http.route({ path: "/a", method: "GET", handler: ${query} });`, /GET \/a of `convex\/http.js` has a query for its handler\. Give it an HTTP action/],
  ];
  for (const [routes, reason] of bad) {
    const { code, stdout, stderr } = await once(project({
      "http.ts": `import { httpRouter } from "convex/server";\nimport { httpAction, query } from "./_generated/server";\n` +
        `void query;\nconst ok = httpAction(async () => new Response("ok"));\nconst http = httpRouter();\n${routes}\nexport default http;\n`,
    }), server, "--typecheck", "disable");
    assert.notEqual(code, 0, routes);
    assert.match(stdout + stderr, reason);
  }
});

// "Missing env var in `auth.config.ts` → `AuthConfigMissingEnvironmentVariable` naming it"
test("an auth config that needs a variable names it", async () => {
  const on = await Server.start();
  try {
    const withAuth = project({
      "auth.config.ts": `export default { providers: [{ domain: process.env.ISSUER_URL, applicationID: "app" }] };\n`,
      "a.ts": `import { query } from "./_generated/server";\nexport const v = query({ args: {}, handler: async () => 1 });\n`,
    });
    const failed = await once(withAuth, on, "--typecheck", "disable");
    assert.equal(failed.code, 1);
    assert.match(failed.stdout + failed.stderr, /ISSUER_URL/);
    await withAuth.convexOk(on, "env", "set", "ISSUER_URL", "https://id.example.com");
    const pushed = await once(withAuth, on, "--typecheck", "disable");
    assert.equal(pushed.code, 0, pushed.stderr);
  } finally {
    await on.remove();
  }
});

// "`network-test` passes all steps."
test("network-test passes", async () => {
  const { code, stdout, stderr } = await app.convex(server, "network-test");
  assert.equal(code, 0, stdout + stderr);
});
