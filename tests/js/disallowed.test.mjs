// Who may do what: every operation of the host and everything of the web that waits for the world, asked for by hand
// in every kind of function, whether the library offers it there or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { api, deployedApp } from "./support/app.mjs";
import { Project } from "./support/project.mjs";

/** Runs steps one after another, and tells of each whether it was allowed or with which words it was not. */
const attempts = `
const works = {
  fetch: ({ url }) => fetch(url),
  setTimeout: () => new Promise((done) => setTimeout(done, 0)),
  setInterval: () => new Promise((done) => { const timer = setInterval(() => { clearInterval(timer); done(); }, 1); }),
  generateKey: () => crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]),
  formData: () => new Response("a=1", { headers: { "content-type": "application/x-www-form-urlencoded" } }).formData(),
  randomUUID: () => crypto.randomUUID(),
  digest: () => crypto.subtle.digest("SHA-256", new Uint8Array(1)),
};
const send = {
  async: (name, args) => Convex.asyncSyscall(name, JSON.stringify(args)),
  sync: (name, args) => Convex.syscall(name, JSON.stringify(args)),
  js: (name, args) => Convex.jsSyscall(name, name === "storage/storeBlob" ? { ...args, blob: new Blob(["x"]) } : args),
  web: (name, args) => works[name](args),
};
export async function attempt(steps, requestId) {
  const outcomes = [];
  for (const [how, name, args] of steps) {
    try {
      await send[how](name, { requestId, version: "1.48.0", ...args });
      outcomes.push("allowed");
    } catch (error) {
      outcomes.push(error.message ?? String(error));
    }
  }
  return outcomes;
}`;

const project = () => {
  const made = Project.of({
    "attempts.js": attempts,
    "raw.ts": `
      import { v } from "convex/values";
      import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";
      import { attempt } from "./attempts";
      const args = { steps: v.any() };
      export const inQuery = query({ args, handler: async (_, { steps }) => await attempt(steps, "") });
      export const inMutation = mutation({ args, handler: async (_, { steps }) => await attempt(steps, "") });
      export const inAction = action({ args, handler: async (_, { steps }) => await attempt(steps, "") });
      export const read = query({ args: {}, handler: async () => null });
      export const write = internalMutation({ args: {}, handler: async () => null });
      export const act = internalAction({ args: {}, handler: async () => null });
      export const prepare = mutation({ args: {}, handler: async (ctx) => ({
        note: await ctx.db.insert("notes", {}),
        doomed: await ctx.db.insert("notes", {}),
        file: await ctx.storage.store(new Blob(["kept"])),
        doomedFile: await ctx.storage.store(new Blob(["gone"])),
        job: await ctx.scheduler.runAfter(3_600_000, "raw:write", {}),
      }) });`,
    "http.ts": `
      import { httpRouter } from "convex/server";
      import { httpAction } from "./_generated/server";
      import { attempt } from "./attempts";
      const http = httpRouter();
      http.route({ path: "/raw", method: "POST", handler: httpAction(async (_, request) => {
        const { steps } = await request.json();
        return Response.json(await attempt(steps, ""));
      }) });
      export default http;`,
    // What the library makes of an action, but with the number of the request in hand.
    "node.ts": `"use node";
      import { attempt } from "./attempts";
      export const inNode = {
        isAction: true, isPublic: true,
        exportArgs: () => '{"type":"any"}', exportReturns: () => "null",
        invokeAction: async (requestId, args) => JSON.stringify(await attempt(JSON.parse(args)[0].steps, requestId)),
      };`,
  });
  return made;
};

const app = deployedApp({ project });

const table = { type: "FullTableScan", tableName: "notes", order: null };
const query = { source: table, operators: [] };
const named = (name) => ({ name: `raw:${name}`, args: {} });
const soon = () => Date.now() / 1000 + 3600;

const TRANSACTION = ["query", "mutation"];
const WORLD = ["action", "http", "node"];
const ALL = [...TRANSACTION, ...WORLD];

const unknown = (name) => ({ action: `Unknown async operation ${name}`, http: `Unknown async operation ${name}`, node: `Unknown async operation ${name}` });
const noDatabase = (name) => ({ ...unknown(name), node: "The Convex database object is being used outside of a Convex query or mutation" });
const noDatabaseNow = (name) => ({ action: `Unknown operation ${name}`, http: `Unknown operation ${name}`, node: noDatabase(name).node });
const notHere = (name) => ({ query: `Unknown async operation ${name}`, mutation: `Unknown async operation ${name}` });
const inQuery = (text) => ({ query: text });
const cannotWrite = (verb) => inQuery(`Can't ${verb} documents in a query: only mutations may write to the database.`);
const cannotKeep = (what) => inQuery(`Can't ${what} in a query: only mutations and actions may.`);
const useAction = (thing) => {
  const text = `Can't use ${thing} in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.`;
  return { query: text, mutation: text };
};

/** `[how, name, arguments, where it is allowed, what is said elsewhere]` */
function operations({ note, doomed, file, doomedFile, job }) {
  const db = (name, args, where, told) => ["async", name, args, where, { ...noDatabase(name), ...told }];
  const dbNow = (name, args) => ["sync", name, args, TRANSACTION, noDatabaseNow(name)];
  const own = (name, args, where, told) => ["async", name, args, where, { ...unknown(name), ...told }];
  const world = (name, args) => ["async", name, args, WORLD, notHere(name)];
  const web = (name, thing) => ["web", name, { url: `${app.server.url}/version` }, WORLD, useAction(thing)];
  return [
    db("1.0/get", { id: note, isSystem: false }, TRANSACTION),
    dbNow("1.0/db/normalizeId", { table: "notes", idString: note }),
    dbNow("1.0/queryStream", { query }),
    db("1.0/queryStreamNext", { queryId: 0 }, TRANSACTION),
    dbNow("1.0/queryCleanup", { queryId: 0 }),
    db("1.0/queryPage", { query, cursor: null, endCursor: null, pageSize: 5 }, TRANSACTION),
    db("1.0/count", { table: "notes" }, TRANSACTION),
    db("1.0/insert", { table: "notes", value: {} }, ["mutation"], cannotWrite("insert")),
    db("1.0/shallowMerge", { id: note, value: { a: 1 } }, ["mutation"], cannotWrite("patch")),
    db("1.0/replace", { id: note, value: { a: 2 } }, ["mutation"], cannotWrite("replace")),
    db("1.0/remove", { id: doomed }, ["mutation"], cannotWrite("delete")),
    own("1.0/runUdf", { udfType: "query", ...named("read") }, TRANSACTION),
    own("1.0/runUdf", { udfType: "mutation", ...named("write") }, ["mutation"], inQuery("Cannot call a mutation function from a query function")),
    own("1.0/runUdf", { udfType: "snapshotQuery", ...named("read") }, ["mutation"], inQuery("`useStaleSnapshot` is only supported in mutations, not queries.")),
    own("1.0/runUdf", { udfType: "action", ...named("act") }, [], { query: "Cannot call an action function from a query function", mutation: "Cannot call an action function from a mutation function" }),
    world("1.0/actions/query", named("read")),
    world("1.0/actions/mutation", named("write")),
    world("1.0/actions/action", named("act")),
    ["async", "1.0/createFunctionHandle", { name: "raw:read" }, ALL, {}],
    own("1.0/schedule", { ...named("write"), ts: soon() }, ["mutation"], cannotKeep("schedule functions")),
    own("1.0/cancel_job", { id: job }, ["mutation"], cannotKeep("schedule functions")),
    world("1.0/actions/schedule", { ...named("write"), ts: soon() }),
    world("1.0/actions/cancel_job", { id: job }),
    ["async", "1.0/getUserIdentity", {}, ALL, {}],
    own("1.0/signJwt", { expiresInSeconds: 60 }, ["mutation"], inQuery("Can't sign tokens in a query: only mutations may.")),
    ["async", "1.0/getFunctionMetadata", {}, ALL, {}],
    ["async", "1.0/getDeploymentMetadata", {}, ALL, {}],
    own("1.0/getTransactionMetrics", {}, TRANSACTION),
    ["async", "1.0/getRequestMetadata", {}, ALL.slice(1), inQuery("Cannot get request metadata in a Query")],
    ["sync", "1.0/getSnapshotTs", {}, TRANSACTION, { action: "Unknown operation 1.0/getSnapshotTs", http: "Unknown operation 1.0/getSnapshotTs", node: "Unknown operation 1.0/getSnapshotTs" }],
    ["async", "1.0/auditLog", { body: { a: 1 } }, [...TRANSACTION, "node"], Object.fromEntries(["action", "http"].map((kind) => [kind, "Audit logging is not yet supported in actions"]))],
    ["async", "1.0/storageGetUrl", { storageId: file }, ALL, {}],
    ["async", "1.0/storageGetMetadata", { storageId: file }, ALL, {}],
    ["async", "1.0/storageGenerateUploadUrl", {}, ALL.slice(1), cannotKeep("generate upload URLs")],
    ["async", "1.0/storageDelete", { storageId: doomedFile }, ALL.slice(1), cannotKeep("delete files")],
    own("1.0/storageStore", { blob: "AAAA", contentType: "" }, ["mutation"], cannotKeep("store files")),
    own("1.0/storageGet", { storageId: file }, ["mutation"], cannotKeep("read the contents of files")),
    ["js", "storage/storeBlob", {}, WORLD, useAction("storage.store()")],
    ["js", "storage/getBlob", { storageId: file }, WORLD, useAction("storage.get()")],
    web("fetch", "fetch()"),
    web("setTimeout", "setTimeout"),
    web("setInterval", "setInterval"),
    web("generateKey", "cryptographic randomness"),
    web("formData", "formData()"),
    ["web", "randomUUID", {}, ALL, {}],
    ["web", "digest", {}, ALL, {}],
    ["async", "1.0/nonsense", {}, [], Object.fromEntries(ALL.map((kind) => [kind, "Unknown async operation 1.0/nonsense"]))],
    ["sync", "1.0/nonsense", {}, [], Object.fromEntries(ALL.map((kind) => [kind, "Unknown operation 1.0/nonsense"]))],
  ];
}

const call = {
  query: (steps) => app.http.query(api.raw.inQuery, { steps }),
  mutation: (steps) => app.http.mutation(api.raw.inMutation, { steps }),
  action: (steps) => app.http.action(api.raw.inAction, { steps }),
  node: (steps) => app.http.action(api.node.inNode, { steps }),
  async http(steps) {
    const response = await fetch(`${app.server.siteUrl}/raw`, { method: "POST", body: JSON.stringify({ steps }) });
    assert.equal(response.status, 200);
    return await response.json();
  },
};

for (const kind of ALL) {
  test(`in kind ${kind} an operation is carried out or refused in its words`, async () => {
    const rows = operations(await app.http.mutation(api.raw.prepare, {}));
    const outcomes = await call[kind](rows.map(([how, name, args]) => [how, name, args]));
    const wrong = rows.flatMap(([, name, args, where, told], i) => {
      const expected = where.includes(kind) ? "allowed" : told[kind];
      const fits = expected === "allowed" ? outcomes[i] === "allowed" : outcomes[i] !== "allowed" && outcomes[i].includes(expected);
      return fits ? [] : [{ name, args, expected, told: outcomes[i] }];
    });
    assert.deepEqual(wrong, []);
  });
}

test("what a query was refused did not happen", async () => {
  const client = new ConvexHttpClient(app.server.url, { logger: false });
  const prepared = await client.mutation(api.raw.prepare, {});
  const rows = operations(prepared);
  await call.query(rows.map(([how, name, args]) => [how, name, args]));
  // The mutation finds everything in place: what it deletes is still there.
  const outcomes = await call.mutation(rows.map(([how, name, args]) => [how, name, args]));
  for (const name of ["1.0/remove", "1.0/storageDelete", "1.0/cancel_job"]) {
    assert.equal(outcomes[rows.findIndex((row) => row[1] === name)], "allowed", name);
  }
});
