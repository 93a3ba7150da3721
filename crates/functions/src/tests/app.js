// A small app written straight against the host interface, in the shape that bundles of the official library have.
const call = async (name, args) => {
  try {
    return JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args)));
  } catch (e) {
    if (e.data !== undefined) throw Object.assign(new Error(e.message), { data: e.data });
    throw new Error(e.message);
  }
};
const db = {
  get: (id) => call("1.0/get", { id, isSystem: false, version: "1.48.0" }),
  insert: async (table, value) => (await call("1.0/insert", { table, value }))._id,
  patch: (id, value) => call("1.0/shallowMerge", { id, value }),
  remove: (id) => call("1.0/remove", { id }),
  collect: async (table) => {
    const query = { source: { type: "FullTableScan", tableName: table, order: null }, operators: [] };
    const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query, version: "1.48.0" })));
    const rows = [];
    for (;;) {
      const { value, done } = await call("1.0/queryStreamNext", { queryId });
      if (done) return rows;
      rows.push(value);
    }
  },
  page: (table, opts) =>
    call("1.0/queryPage", {
      query: { source: { type: "FullTableScan", tableName: table, order: null }, operators: [] },
      cursor: opts.cursor, endCursor: opts.endCursor ?? null, pageSize: opts.numItems, version: "1.48.0",
    }),
};
const run = (udfType) => (name, args) => call("1.0/runUdf", { udfType, name, args: args ?? {} });
const file = (name) => (storageId, version) => call(`1.0/storage${name}`, { requestId: "", version: version ?? "1.48.0", storageId });
const storage = {
  getUrl: file("GetUrl"), getMetadata: file("GetMetadata"), delete: file("Delete"), get: file("Get"),
  generateUploadUrl: () => call("1.0/storageGenerateUploadUrl", { requestId: "", version: "1.48.0" }),
  store: (blob, contentType, sha256) => call("1.0/storageStore", { requestId: "", version: "1.48.0", blob, contentType, sha256 }),
};
const ctx = { db, storage, runQuery: run("query"), runMutation: run("mutation"), runSnapshotQuery: run("snapshotQuery") };
const define = (flag, invoke, visibility) => (handler) => ({
  [flag]: true, [visibility]: true,
  exportArgs: () => '{"type":"any"}', exportReturns: () => "null",
  [invoke]: async (argsText) => JSON.stringify((await handler(ctx, ...JSON.parse(argsText))) ?? null),
});
const query = define("isQuery", "invokeQuery", "isPublic");
const mutation = define("isMutation", "invokeMutation", "isPublic");
const internalMutation = define("isMutation", "invokeMutation", "isInternal");
const remote = (kind) => (name, args) => call(`1.0/actions/${kind}`, { name, args: args ?? {}, version: "1.48.0", requestId: "" });
const actionCtx = { storage, runQuery: remote("query"), runMutation: remote("mutation"), runAction: remote("action") };
const defineAction = (visibility) => (handler) => ({
  isAction: true, [visibility]: true,
  exportArgs: () => '{"type":"any"}', exportReturns: () => "null",
  invokeAction: async (requestId, argsText) => JSON.stringify((await handler(actionCtx, ...JSON.parse(argsText))) ?? null),
});
const action = defineAction("isPublic");
const internalAction = defineAction("isInternal");

export const list = query(async (ctx, { table }) => (await ctx.db.collect(table)).map((row) => row.body));
export const read = query((ctx, { id }) => ctx.db.get(id));
export const page = query((ctx, { table, opts }) => ctx.db.page(table, opts));
export const whoami = query(async () => call("1.0/getUserIdentity", { requestId: "" }));
export const clock = query(async () => Date.now());
export const random = query(async () => Math.random());
export const hello = query(async () => { console.log("hi", 1); return "hello"; });
export const sneaky = query(async (ctx) => ctx.db.insert("notes", { body: "no" }));
export const metadata = query(async () => ({
  fn: await call("1.0/getFunctionMetadata", {}),
  metrics: await call("1.0/getTransactionMetrics", {}),
  deployment: await call("1.0/getDeploymentMetadata", {}),
}));
export const unknownOperation = query(async () => call("1.0/nonsense", {}));
export const badJson = query(async () => Convex.asyncSyscall("1.0/get", "{"));
export const deep = query(async (ctx, { left }) => (left === 0 ? 0 : 1 + (await ctx.runQuery("app:deep", { left: left - 1 }))));
export const writesFromQuery = query((ctx) => ctx.runMutation("app:add", { table: "notes", body: "x" }));

export const add = mutation((ctx, { table, body }) => ctx.db.insert(table, { body }));
export const addInternal = internalMutation((ctx, { table, body }) => ctx.db.insert(table, { body }));
export const set = mutation(async (ctx, { id, body }) => { await ctx.db.patch(id, { body }); });
export const increment = mutation(async (ctx, { id }) => {
  const { body } = await ctx.db.get(id);
  await ctx.db.patch(id, { body: body + 1 });
  return body + 1;
});
export const addThenThrow = mutation(async (ctx, { table }) => {
  await ctx.db.insert(table, { body: "lost" });
  throw new Error("after the write");
});
export const addAndCatch = mutation(async (ctx, { table }) => {
  await ctx.db.insert(table, { body: "kept" });
  let message = null;
  try {
    await ctx.runMutation("app:addThenThrow", { table });
  } catch (e) {
    message = e.message;
  }
  return { message, seen: await ctx.runQuery("app:list", { table }), before: await ctx.runSnapshotQuery("app:list", { table }) };
});
export const spin = mutation(async () => { for (;;); });
let calls = 0;
export const leak = mutation(async () => ++calls);

const schedule = (name, args, delayMs = 0) =>
  call("1.0/schedule", { name, args, ts: (Date.now() + delayMs) / 1000, version: "1.48.0" });
export const later = mutation(async (ctx, { name, args, delayMs }) => schedule(name, args, delayMs));
export const laterThenThrow = mutation(async (ctx, { table }) => {
  await schedule("app:add", { table, body: "never" });
  throw new Error("no job either");
});
export const cancel = mutation((ctx, { id }) => call("1.0/cancel_job", { id }));
export const job = query((ctx, { id }) => call("1.0/get", { id, isSystem: true, version: "1.48.0" }));
export const jobs = query((ctx) => ctx.db.collect("_scheduled_functions"));

export const fileUrl = query((ctx, { id, version }) => ctx.storage.getUrl(id, version));
export const fileMetadata = query((ctx, { id }) => ctx.storage.getMetadata(id));
export const fileDocument = query((ctx, { id, version }) => call("1.0/get", { id, isSystem: true, version }));
export const fileDocuments = query(async (ctx, { version }) => {
  const query = { source: { type: "FullTableScan", tableName: "_storage", order: null }, operators: [] };
  const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query, version })));
  const first = await call("1.0/queryStreamNext", { queryId });
  const { page } = await call("1.0/queryPage", { query, cursor: null, pageSize: 10, version });
  return { streamed: first.done ? null : first.value, page };
});
export const uploadUrlInQuery = query((ctx) => ctx.storage.generateUploadUrl());
export const uploadUrl = mutation((ctx) => ctx.storage.generateUploadUrl());
export const deleteFile = mutation((ctx, { id }) => ctx.storage.delete(id));
export const storeFile = mutation((ctx, { blob, contentType, sha256 }) => ctx.storage.store(blob, contentType, sha256));
export const storeAndThrow = mutation(async (ctx, { blob }) => {
  await ctx.storage.store(blob, "text/plain");
  throw new Error("after the file");
});
export const storeAndGet = mutation(async (ctx, { blob }) => {
  const id = await ctx.storage.store(blob, "");
  return { id, file: await ctx.storage.get(id), url: await ctx.storage.getUrl(id), metrics: await call("1.0/getTransactionMetrics", {}) };
});
export const getFile = mutation((ctx, { id }) => ctx.storage.get(id));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const copyNote = action(async (ctx, { body }) => {
  console.log("copying", body);
  const id = await ctx.runMutation("app:addInternal", { table: "notes", body });
  console.warn("copied");
  return { id, row: await ctx.runQuery("app:read", { id }) };
});
export const hidden = internalAction(async () => "hidden");
export const callHidden = action((ctx) => ctx.runAction("app:hidden"));
export const callOf = action((ctx, { kind, name, args }) => call(`1.0/actions/${kind}`, { name, args: args ?? {}, version: "1.48.0", requestId: "" }));
export const operation = action((ctx, { name, args }) => call(name, args ?? {}));
export const catches = action(async (ctx, { name, args }) => {
  try {
    return await ctx.runMutation(name, args);
  } catch (e) {
    return { message: e.message, data: e.data ?? null };
  }
});
export const throwsData = mutation(async () => {
  throw Object.assign(new Error("with data"), { ConvexErrorSymbol: Symbol.for("ConvexError"), [Symbol.for("ConvexError")]: true, data: '{"code":7}' });
});
export const throwInAction = action(async (ctx, { table }) => {
  await ctx.runMutation("app:add", { table, body: "stays" });
  throw new Error("after the mutation");
});
export const twoClocks = action(async () => {
  const before = Date.now();
  await sleep(5);
  return Date.now() - before;
});
export const waits = action(async (ctx, { ms }) => { await sleep(ms); return "woke"; });
export const spins = action(async () => { for (;;); });
export const manyOperations = action(async (ctx, { count }) => {
  const all = await Promise.allSettled(Array.from({ length: count }, () => ctx.runQuery("app:clock")));
  return [all.filter((one) => one.status === "fulfilled").length, all.find((one) => one.status === "rejected")?.reason.message ?? null];
});
export const forgets = action(async (ctx) => {
  ctx.runMutation("app:add", { table: "notes", body: "forgotten" });
  ctx.storage.getUrl("x").catch(() => {});
  setTimeout(() => {}, 60000);
  return "done";
});
export const fetches = action(async () => {
  const outcome = await fetch("http://127.0.0.1:1/").catch((error) => error.name);
  fetch("http://127.0.0.1:1/").catch(() => {});
  return outcome;
});
export const nests = action(async (ctx, { left }) => (left === 0 ? 0 : 1 + (await ctx.runAction("app:nests", { left: left - 1 }))));
export const hoards = action(async () => { const all = []; for (;;) all.push(new Array(100000).fill(1)); });
let actionCalls = 0;
export const actionLeak = action(async () => ++actionCalls);
export const storesBlob = action(async (ctx, { text, sha256 }) => {
  const blob = new Blob([text], { type: "text/plain" });
  const id = await Convex.jsSyscall("storage/storeBlob", { requestId: "", version: "1.48.0", blob, options: { sha256 } });
  const back = await Convex.jsSyscall("storage/getBlob", { requestId: "", version: "1.48.0", storageId: id });
  return [await back.text(), back.type, (await ctx.storage.getMetadata(id)).size];
});
export const sends = action(async (ctx, { text }) => {
  // Nothing listens there.
  await fetch("http://127.0.0.1:9/", { method: "POST", body: text }).catch(() => {});
});
export const laterFromAction = action((ctx, { name, args, delayMs }) =>
  call("1.0/actions/schedule", { requestId: "", name, args, ts: (Date.now() + delayMs) / 1000, version: "1.48.0" }));
export const cancelFromAction = action((ctx, { id }) => call("1.0/actions/cancel_job", { requestId: "", id }));
export const requestMetadata = mutation(() => call("1.0/getRequestMetadata", {}));
export const requestMetadataInQuery = query(() => call("1.0/getRequestMetadata", {}));
export const keepMetadata = mutation(async (ctx) => ctx.db.insert("notes", { body: await call("1.0/getRequestMetadata", {}) }));
export const snapshotTs = query(async () => JSON.parse(Convex.syscall("1.0/getSnapshotTs", "{}")));
export const serviceUrl = query(() => call("1.0/getServiceUrl", { service: "ai-gateway", version: "1.48.0" }));
export const signJwt = mutation((ctx, options) => call("1.0/signJwt", { requestId: "", version: "1.48.0", ...options }));
export const signJwtInQuery = query(() => call("1.0/signJwt", { requestId: "", version: "1.48.0", expiresInSeconds: 60 }));

// Bodies come as text: the names of variables are no field names of arguments.
const audit = (body) => call("1.0/auditLog", { body: JSON.parse(body), version: "1.48.0" });
export const auditInQuery = query(async (ctx, { body }) => { await audit(body); return null; });
export const auditThenThrow = mutation(async (ctx, { body }) => { await audit(body); throw new Error("after the event"); });
export const audited = mutation(async (ctx, { body }) => {
  await audit(body);
  try { await ctx.runMutation("app:auditThenThrow", { body: "\"lost\"" }); } catch {}
  return null;
});
export const auditMany = mutation(async (ctx, { count }) => { for (let i = 0; i < count; i++) await audit(String(i)); });

export const bytes = query(async (ctx, { length }) => "x".repeat(length));
export const catchSpin = mutation(async (ctx) => { try { await ctx.runMutation("app:spin", {}); } catch { return "caught"; } });
export const readForever = mutation(async (ctx, { id }) => { for (;;) await ctx.db.get(id); });

// Uses up what a transaction may use, `n` of it.
export const spend = mutation(async (ctx, { what, n, ids }) => {
  for (let i = 0; i < n; i++) {
    if (what === "get") await ctx.db.get(ids[i]);
    else if (what === "scan") await ctx.db.collect("rows");
    else if (what === "insert") await ctx.db.insert("spent", { body: "x".repeat(100) });
    else if (what === "schedule") await schedule("app:add", { table: "never", body: "x".repeat(100) }, 1e9);
    else if (what === "store") await ctx.storage.store("AAAA", "");
    else if (what === "load") await ctx.storage.get(ids[0]);
  }
  return await call("1.0/getTransactionMetrics", {});
});
export const addMany = mutation(async (ctx, { table, count, bytes }) => {
  const body = "x".repeat(bytes);
  for (let i = 0; i < count; i++) await ctx.db.insert(table, { body });
});
export const getMany = query(async (ctx, { ids }) => { for (const id of ids) await ctx.db.get(id); });
export const scanMany = query(async (ctx, { table, times }) => { for (let i = 0; i < times; i++) await ctx.db.collect(table); });
export const scheduleMany = mutation(async (ctx, { count, bytes }) => {
  const body = "x".repeat(bytes);
  for (let i = 0; i < count; i++) await schedule("app:add", { table: "never", body }, 1e9);
});
export const spendWithin = mutation(async (ctx, { limits, udfType, ...args }) => {
  const attempt = async (transactionLimits) => {
    try {
      return { metrics: await call("1.0/runUdf", { udfType: "mutation", name: "app:spend", args, transactionLimits }) };
    } catch (e) {
      return { message: e.message };
    }
  };
  const within = await attempt(limits);
  const after = await call("1.0/getTransactionMetrics", {});
  return { within, after, again: await attempt(undefined) };
});
export const collectRows = query(async (ctx) => (await ctx.db.collect("rows")).length);
export const snapshots = mutation(async (ctx, { n, limits }) => {
  for (let i = 0; i < n; i++) await call("1.0/runUdf", { udfType: "snapshotQuery", name: "app:collectRows", args: {}, transactionLimits: limits });
  return await call("1.0/getTransactionMetrics", {});
});

const now = { $commitTs: null };
export const stampInner = mutation(async () => ({ inner: now }));
export const readStamp = query(async (ctx, { id }) => (await ctx.db.get(id)).body);
export const stamp = mutation(async (ctx) => {
  const id = await ctx.db.insert("stamps", { body: now, list: [{ deep: now }] });
  return {
    id, at: now, list: [now],
    pending: await ctx.db.get(id),
    nested: await ctx.runMutation("app:stampInner", {}),
    fromQuery: await ctx.runQuery("app:readStamp", { id }),
    args: await ctx.runMutation("app:echoMutation", { value: now }),
  };
});
export const echoMutation = mutation(async (ctx, { value }) => value);
export const stampQuery = query(async () => ({ deep: [now] }));
export const stampSchedule = mutation(() => schedule("app:add", { table: "notes", body: now }));

const untilNote = async (ctx, table) => {
  while ((await ctx.runQuery("app:list", { table })).length === 0) await sleep(5);
};
export const waitsForNote = action(async (ctx, { table }) => {
  await ctx.runMutation("app:add", { table: "began", body: "once" });
  await untilNote(ctx, table);
});
export const waitsThenSchedules = action(async (ctx, { table }) => {
  await untilNote(ctx, table);
  const args = { table: "notes", body: "never" };
  const own = await call("1.0/actions/schedule", { requestId: "", name: "app:add", args, ts: Date.now() / 1000, version: "1.48.0" });
  const mutations = await ctx.runMutation("app:later", { name: "app:add", args, delayMs: 0 });
  await ctx.runMutation("app:add", { table: "children", body: [own, mutations] });
});
export const noteOperation = action(async (ctx, { name }) => {
  await ctx.runMutation("app:add", { table: "notes", body: await call(name, {}) });
});
export const cancelsItself = mutation(async (ctx, { version }) => {
  const { scheduledFunctionId } = await call("1.0/getRequestMetadata", {});
  await call("1.0/cancel_job", version === null ? { id: scheduledFunctionId } : { id: scheduledFunctionId, version });
});
// Gives others time to change what it read.
export const slowly = mutation(async (ctx, { id }) => {
  await ctx.db.get(id);
  const end = performance.now() + 50;
  while (performance.now() < end);
  await ctx.db.insert("done", { body: id });
});
export const notesItsNumber = action((ctx, { n }) => ctx.runMutation("app:add", { table: "runs", body: n }));
export const laterMany = mutation(async (ctx, { count }) => {
  for (let n = 0; n < count; n++) await schedule("app:notesItsNumber", { n });
});
export const laterAgain = mutation(async (ctx, { name, args = {}, count, delayMs }) => {
  for (let n = 0; n < count; n++) await schedule(name, args, delayMs);
});

// Sends operations by hand, one after another, and tells what became of each.
export const ask = query(async (ctx, { steps }) => {
  const answers = [];
  for (const [kind, name, args] of steps) {
    try {
      const text = kind === "sync" ? Convex.syscall(name, JSON.stringify(args)) : await Convex.asyncSyscall(name, JSON.stringify(args));
      answers.push({ answer: JSON.parse(text) });
    } catch (e) {
      answers.push({ refused: e.message });
    }
  }
  return answers;
});
export const innerClock = query(async () => { console.log("inner"); return [Date.now(), Math.random()]; });
export const clocks = query(async (ctx) => {
  console.log("outer");
  const before = [Date.now(), Math.random()];
  const inner = await ctx.runQuery("app:innerClock");
  console.log("outer again");
  return [before[0], inner[0], before[1], inner[1]];
});
export const clockThenThrow = query(async () => { throw new Error(String(Date.now())); });
export const catchesClock = query((ctx) => ctx.runQuery("app:clockThenThrow").catch((e) => e.message));
const busyFor = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};
export const burn = mutation(async (ctx, { ms, fail }) => {
  busyFor(ms);
  if (fail) throw new Error("burnt");
});
export const burnAll = mutation(async (ctx, { own, times, ...args }) => {
  busyFor(own);
  for (let n = 0; n < times; n++) await ctx.runMutation("app:burn", args).catch(() => {});
});
export const clocksApart = mutation(async (ctx) => {
  const before = Date.now();
  busyFor(20);
  return [before, (await ctx.runQuery("app:innerClock"))[0], Date.now()];
});
export const dice = mutation(() => Math.random());
export const printsWithChild = query(async (ctx) => {
  for (let n = 0; n < 200; n++) console.log(n);
  await ctx.runQuery("app:prints");
});
export const prints = query(() => { for (let n = 0; n < 100; n++) console.log(n); });
export const seesItself = mutation(async (ctx) => {
  const { scheduledFunctionId: id } = await call("1.0/getRequestMetadata", {});
  const { state } = await call("1.0/get", { id, isSystem: true, version: "1.48.0" });
  await ctx.db.insert("notes", { body: [state.kind, await call("1.0/getUserIdentity", { requestId: "" })] });
});
export const catchesLaterThenThrow = mutation((ctx) => ctx.runMutation("app:laterThenThrow", { table: "notes" }).catch(() => {}));
