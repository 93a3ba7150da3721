// The published HTTP client, and the same endpoints by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { ConvexError } from "convex/values";
import { api, deployedApp, freshName } from "./support/app.mjs";

const app = deployedApp();

async function post(path, body, headers = {}) {
  const response = await fetch(app.server.url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text.startsWith("{") ? JSON.parse(text) : null };
}

const admin = () => ({ Authorization: `Convex ${app.server.adminKey}` });

test("a mutation's write is read by the next query", async () => {
  const list = freshName();
  const id = await app.http.mutation(api.notes.add, { list, text: "first" });
  const note = await app.http.query(api.notes.get, { id });
  assert.equal(note.text, "first");
  assert.equal(note._id, id);
  assert.equal(typeof note._creationTime, "number");
});

test("insert, get, patch, replace and delete each do what they say", async () => {
  const list = freshName();
  const id = await app.http.mutation(api.notes.add, { list, text: "t", tags: ["x"] });
  const created = await app.http.query(api.notes.get, { id });

  const patched = await app.http.mutation(api.notes.edit, { id, text: "patched" });
  assert.deepEqual(patched, { ...created, text: "patched" });

  const untagged = await app.http.mutation(api.notes.untag, { id });
  assert.equal("tags" in untagged, false);

  const replaced = await app.http.mutation(api.notes.rewrite, { id, list, text: "new", rank: 7 });
  assert.deepEqual(replaced, { _id: id, _creationTime: created._creationTime, list, text: "new", rank: 7 });

  assert.equal(await app.http.mutation(api.notes.remove, { id }), null);
  assert.equal(await app.http.query(api.notes.get, { id }), null);
});

test("an index answers prefixes, ranges, both orders and limits", async () => {
  const list = freshName();
  await app.http.mutation(api.notes.addMany, { list, count: 10 });
  const ranked = (args) => app.http.query(api.notes.ranked, { list, ...args });
  assert.deepEqual(await ranked({}), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(await ranked({ above: 7 }), [8, 9]);
  assert.deepEqual(await ranked({ above: 3, upTo: 6 }), [4, 5, 6]);
  assert.deepEqual(await ranked({ upTo: 2, descending: true }), [2, 1, 0]);
  assert.deepEqual(await ranked({ take: 3 }), [0, 1, 2]);
  assert.deepEqual(await ranked({ descending: true, take: 2 }), [9, 8]);
  assert.deepEqual(await app.http.query(api.notes.edges, { list }), { first: 0, last: 9, none: [] });
});

test("filters combine and, or, not, comparison and arithmetic", async () => {
  const list = freshName();
  await app.http.mutation(api.notes.addMany, { list, count: 8 });
  assert.deepEqual(await app.http.query(api.notes.filtered, { list, atLeast: 4, text: "note 2" }), [2, 4, 6]);
});

test("unique gives null for none, the document for one, an error for two", async () => {
  const list = freshName();
  assert.equal(await app.http.query(api.notes.only, { list }), null);
  const one = await app.http.mutation(api.notes.add, { list, text: "one" });
  assert.equal((await app.http.query(api.notes.only, { list })).text, "one");
  const two = await app.http.mutation(api.notes.add, { list, text: "two" });
  const error = await app.http.query(api.notes.only, { list }).then(assert.fail, (e) => e);
  const text = `Uncaught Error: unique() query returned more than one result from table notes:\n [${one}, ${two}, ...]`;
  assert.ok(error.message.includes(text), error.message);
});

test("keys of every type sort in the documented order", async () => {
  const sorted = [null, -5n, 5n, -Infinity, -1, -0, 0, 1.5, Infinity, NaN, false, true, "", "a", "aa", "\uFFFD", "😀",
    new ArrayBuffer(0), [], [1], [1, 2], {}, { a: 1 }, { a: 1, b: 1 }, { a: 2 }, { b: 0 }];
  await app.http.mutation(api.checks.storeWithoutKey, {});
  for (const key of [...sorted].reverse()) await app.http.mutation(api.checks.storeKey, { key });
  assert.deepEqual(await app.http.query(api.checks.sortedKeys, {}), [undefined, ...sorted].map((key) => key ?? null));
});

test("values of every type survive storage", async () => {
  const bytes = new Uint8Array([0, 16, 131, 255]).buffer;
  const value = { int: 9223372036854775807n, low: -9223372036854775808n, nan: NaN, inf: -Infinity, zero: -0, bytes,
    text: "héllo 😀", flags: [true, false, null], nested: { deep: [[], {}] }, whole: 1, part: 0.1 };
  await app.http.mutation(api.checks.store, { key: "all", value });
  const loaded = await app.http.query(api.checks.load, { key: "all" });
  assert.deepEqual(loaded, value);
  assert.ok(Object.is(loaded.zero, -0));
});

// "Whole-number floats are emitted with a decimal point (`1.0`), at any depth, on HTTP and WS."
// "Plain JSON integers in arguments decode as Float64."
test("whole floats carry a decimal point at any depth", async () => {
  const { text } = await post("/api/query", { path: "checks:echo", args: { value: [1, { a: 2 }] }, format: "convex_encoded_json" });
  assert.match(text, /"value":\[1\.0,\{"a":2\.0\}\]/);
});

// "Every 1.1 vector encodes and decodes exactly; `-0`, NaN and ±Infinity only as `$float`."
test("special values travel in their encoded form", async () => {
  const values = [{ $integer: "AQAAAAAAAAA=" }, { $integer: "//////////8=" }, { $float: "AAAAAAAA+H8=" }, { $float: "AAAAAAAA8H8=" },
    { $float: "AAAAAAAAAIA=" }, { $bytes: "ABCD" }, { $bytes: "" }];
  for (const value of values) {
    const { json } = await post("/api/query", { path: "checks:echo", args: { value }, format: "convex_encoded_json" });
    assert.deepEqual(json, { status: "success", value });
  }
});

// "`$`-keys, multi-key wrappers, non-ASCII and over-long keys are rejected; `$commitTs` from clients is rejected."
test("malformed values in arguments are refused", async () => {
  const bad = [{ $integer: "AQ==" }, { $integer: "AQAAAAAAAAA=", x: 1 }, { $other: 1 }, { "ключ": 1 }, { ["k".repeat(1025)]: 1 }, { $commitTs: null }];
  for (const value of bad) {
    const { status, json } = await post("/api/query", { path: "checks:echo", args: { value }, format: "convex_encoded_json" });
    assert.ok(status === 400 || json.status === "error", `${JSON.stringify(value).slice(0, 60)} was accepted`);
  }
});

// "`json`, `convex_encoded_json`, `export_json` and both legacy aliases work; unknown format → 400 `BadFormat`."
test("each result format has its own shape", async () => {
  const args = { value: { i: { $integer: "AQAAAAAAAAA=" }, n: { $float: "AAAAAAAA+H8=" }, b: { $bytes: "ABCD" } } };
  const value = async (format) => (await post("/api/query", { path: "checks:echo", args, ...(format && { format }) })).json.value;
  const clean = { i: "1", n: "NaN", b: "ABCD" };
  assert.deepEqual(await value("json"), clean);
  assert.deepEqual(await value("convex_clean_json"), clean);
  assert.deepEqual(await value(undefined), clean);
  assert.deepEqual(await value("convex_encoded_json"), args.value);
  assert.deepEqual(await value("convex_json"), args.value);
  assert.deepEqual(await value("export_json"), { ...args.value, i: 1 });
  const unknown = await post("/api/query", { path: "checks:echo", args, format: "xml" });
  assert.deepEqual([unknown.status, unknown.json.code], [400, "BadFormat"]);
});

// "query/mutation/action accept `args` as object and as one-element array."
test("arguments come as an object or as an array of one", async () => {
  for (const args of [{ w: 2, h: 3 }, [{ w: 2, h: 3 }]]) {
    const { json } = await post("/api/query", { path: "lib/shapes:area", args, format: "json" });
    assert.deepEqual(json, { status: "success", value: 6 });
  }
});

test("paths name modules in folders, default exports and an optional extension", async () => {
  for (const path of ["lib/shapes", "lib/shapes:default", "lib/shapes.js:default"]) {
    const { json } = await post("/api/query", { path, args: {} });
    assert.equal(json.value, "the default export");
  }
});

test("a function without a result gives null", async () => {
  assert.equal(await app.http.query(api.checks.nothing, {}), null);
});

// "Function errors are 200 with `status:"error"`; `logLines` omitted when empty."
// "Message starts with `[Request ID: …] Server Error`"
test("an uncaught error is a 200 with the message and a mapped stack", async () => {
  const { status, json } = await post("/api/query", { path: "failures:boom", args: {}, format: "json" });
  assert.equal(status, 200);
  assert.equal(json.status, "error");
  assert.match(json.errorMessage, /^\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught Error: boom\n    at .*failures\.ts:\d+:\d+/);
  assert.equal("errorData" in json, false);
  assert.equal("logLines" in json, false);
});

// "`errorData` present only for ConvexError, also when its data is null."
test("a ConvexError carries its data to the client", async () => {
  for (const data of ["text", { code: 404, deep: [1n] }, null, 7n]) {
    const error = await app.http.mutation(api.failures.withData, { data }).then(assert.fail, (e) => e);
    assert.ok(error instanceof ConvexError);
    assert.deepEqual(error.data, data);
  }
});

test("a thrown string is reported", async () => {
  await assert.rejects(app.http.query(api.failures.throwsString, {}), /just text/);
});

test("a mutation that throws leaves nothing behind", async () => {
  const name = freshName("counter");
  await assert.rejects(app.http.mutation(api.counters.bumpAndThrow, { name }), /after the write/);
  assert.equal(await app.http.query(api.counters.read, { name }), 0);
});

// "ReturnsValidationError rolls back the mutation"
test("a wrong return value rolls the mutation back", async () => {
  const name = freshName("counter");
  await assert.rejects(app.http.mutation(api.failures.wrongReturn, { name }), /ReturnsValidationError: Value does not match validator/);
  assert.equal(await app.http.query(api.counters.read, { name }), 0);
});

// "ArgumentValidationError for: missing field, extra field, wrong type, optional null, literal, union, record key, …"
test("arguments are checked against the validators", async () => {
  const good = { text: "t", number: 1, big: 1n, flag: true, bytes: new ArrayBuffer(1), nothing: null, choice: "a", many: [{ n: 1 }], record: { k: 1 } };
  assert.deepEqual(await app.http.query(api.checks.typed, good), good);
  const without = ({ [Object.keys(good)[0]]: _, ...rest }) => rest;
  const bad = [
    [without(good), /missing the required field `text`/],
    [{ ...good, extra: 1 }, /extra field `extra` that is not in the validator/],
    [{ ...good, number: "1" }, /Value does not match validator\.\nPath: \.number\nValue: "1"\nValidator: v\.float64\(\)/],
    [{ ...good, big: 1 }, /Value does not match validator\.\nPath: \.big\nValue: 1\.0\nValidator: v\.int64\(\)/],
    [{ ...good, maybe: null }, /Path: \.maybe/],
    [{ ...good, choice: "b" }, /Path: \.choice/],
    [{ ...good, many: [{ n: 1 }, { n: null }] }, /Path: \.many\[1\]\.n/],
    [{ ...good, record: { k: "v" } }, /Path: \.record/],
    [{ ...good, note: "not an id" }, /Path: \.note/],
  ];
  for (const [args, message] of bad) {
    const error = await app.http.query(api.checks.typed, args).then(assert.fail, (e) => e);
    assert.match(error.message, /ArgumentValidationError/);
    assert.match(error.message, message);
  }
});

test("an id of another table is refused by name", async () => {
  const note = await app.http.mutation(api.notes.add, { list: freshName(), text: "t" });
  const account = await app.http.mutation(api.accounts.open, { name: "a", balance: 1n });
  await assert.rejects(app.http.query(api.notes.get, { id: account }), /Found ID ".*" from table `accounts`/);
  assert.equal(await app.http.query(api.checks.normalize, { id: note }), note);
  assert.equal(await app.http.query(api.checks.normalize, { id: account }), null);
  assert.equal(await app.http.query(api.checks.normalize, { id: "garbage" }), null);
});

test("a document that breaks the schema is refused", async () => {
  for (const document of [{ list: "l" }, { list: "l", text: 1, rank: 0 }, { list: "l", text: "t", rank: 0, more: 1 }]) {
    await assert.rejects(app.http.mutation(api.failures.wrongDocument, { document }), /Failed to insert or update a document in table "notes"/);
  }
});

// "patch/replace/delete of missing id give the three distinct texts"
test("changing a document that is gone fails in three distinct ways", async () => {
  const id = await app.http.mutation(api.notes.add, { list: freshName(), text: "t" });
  await app.http.mutation(api.notes.remove, { id });
  for (const [operation, verb] of [["patch", "Update"], ["replace", "Replace"], ["delete", "Delete"]]) {
    const error = await app.http.mutation(api.failures.missing, { id, operation }).then(assert.fail, (e) => e);
    assert.equal(error.message.split("\n")[1], `Uncaught Error: ${verb} on nonexistent document ID ${id}`);
  }
});

test("a query cannot write", async () => {
  await assert.rejects(app.http.query(api.failures.writesInQuery, {}));
  assert.equal(await app.http.query(api.counters.read, { name: "sneaky" }), 0);
});

test("fetch is refused in a query", async () => {
  await assert.rejects(app.http.query(api.failures.fetches, {}), /fetch/);
});

test("an endless loop, endless recursion and a memory hog end alone", async () => {
  await assert.rejects(app.http.query(api.failures.spins, {}), /Function execution timed out \(maximum duration: 1s\)/);
  await assert.rejects(app.http.query(api.failures.recursesForever, {}), /Uncaught RangeError: Maximum call stack size exceeded/);
  await assert.rejects(app.http.query(api.failures.hogsMemory, {}), /JavaScript execution ran out of memory \(maximum memory usage: 64 MB\)/);
  assert.equal(await app.http.query(api.lib.shapes.area, { w: 2, h: 2 }), 4);
});

// "Internal and missing functions are indistinguishable to non-admins."
test("internal, missing and unexported functions look the same", async () => {
  const messages = [];
  for (const path of ["nested:secret", "nested:missing", "missing:secret"]) {
    const { status, json } = await post("/api/query", { path, args: {}, format: "json" });
    assert.deepEqual([status, json.status], [200, "error"]);
    messages.push(json.errorMessage.replace(/Request ID: \w+/, "").replaceAll(path, "PATH"));
  }
  assert.equal(messages[0], messages[1]);
  assert.equal(messages[1], messages[2]);
  assert.match(messages[0], /Could not find public function/);
});

test("a function called as the wrong kind says so", async () => {
  await assert.rejects(app.http.mutation("notes:list", { list: "l" }), /Trying to execute notes\.js:list as Mutation, but it is defined as Query\./);
  await assert.rejects(app.http.query("notes:add", { list: "l", text: "t" }), /Trying to execute notes\.js:add as Query, but it is defined as Mutation\./);
});

test("nested calls share the transaction, and a caught failure undoes only its own writes", async () => {
  const list = freshName();
  const { caught, seen } = await app.http.mutation(api.nested.partly, { list });
  assert.match(caught, /inner failure/);
  assert.deepEqual(seen, ["outer", "kept"]);
  assert.equal(await app.http.query(api.nested.revealed, {}), "kept inside");
});

// "globals do not leak between two executions"
test("every call sees a fresh heap", async () => {
  for (const salt of [1, 2, 3]) {
    assert.deepEqual(await app.http.query(api.platform.heapIsFresh, { salt }), { module: 1, global: 1 });
  }
});

test("time stands still inside a mutation and chance does not repeat", async () => {
  const { before, after } = await app.http.mutation(api.platform.clock, {});
  assert.equal(before, after);
  const [a, b] = [await app.http.mutation(api.platform.dice, {}), await app.http.mutation(api.platform.dice, {})];
  assert.equal(new Set([...a, ...b]).size, 4);
});

test("log lines come back with their level", async () => {
  const { json } = await post("/api/query", { path: "platform:logs", args: {}, format: "json" });
  assert.deepEqual(json.logLines, ["[LOG] 'hello' { a: 1 }", "[WARN] 'careful'", "[ERROR] 'bad'"]);
});

test("transfers under contention keep the sum", async () => {
  const accounts = [];
  for (let i = 0; i < 4; i++) accounts.push(await app.http.mutation(api.accounts.open, { name: freshName("account"), balance: 100n }));
  const sum = async () => (await app.http.query(api.accounts.balances, {})).reduce((a, b) => a + b, 0n);
  const before = await sum();
  const callers = Array.from({ length: 8 }, () => new ConvexHttpClient(app.server.url, { logger: false }));
  await Promise.all(callers.map(async (caller, i) => {
    for (let n = 0; n < 10; n++) {
      const [from, to] = [accounts[(i + n) % 4], accounts[(i + n + 1) % 4]];
      await caller.mutation(api.accounts.transfer, { from, to, amount: 1n });
    }
  }));
  assert.equal(await sum(), before);
});

test("increments of one hot document are all counted", async () => {
  const name = freshName("counter");
  await Promise.all(Array.from({ length: 40 }, () => new ConvexHttpClient(app.server.url, { logger: false }).mutation(api.counters.bump, { name })));
  assert.equal(await app.http.query(api.counters.read, { name }), 40);
});

// "`query_ts` + `query_at_ts` read a frozen snapshot."
test("a consistent query reads the past", async () => {
  const list = freshName();
  await app.http.mutation(api.notes.add, { list, text: "before" });
  const { json } = await post("/api/query_ts", "");
  await app.http.mutation(api.notes.add, { list, text: "after" });
  const at = await post("/api/query_at_ts", { path: "notes:texts", args: { list }, ts: json.ts, format: "json" });
  assert.deepEqual(at.json.value, ["before"]);
  assert.deepEqual(await app.http.consistentQuery(api.notes.texts, { list }), ["before", "after"]);
});

test("a batch of queries answers in order", async () => {
  const queries = [{ path: "lib/shapes:area", args: { w: 1, h: 2 }, format: "json" }, { path: "failures:boom", args: {}, format: "json" }];
  const { json } = await post("/api/query_batch", { queries });
  assert.deepEqual(json.results.map((r) => r.status), ["success", "error"]);
  assert.equal(json.results[0].value, 2);
});

// "`/api/function` needs admin; `/api/run/a/b/fn` maps to `a/b:fn`; one segment → 400."
test("functions run by kind-free endpoints", async () => {
  const call = { path: "lib/shapes:area", args: { w: 3, h: 3 }, format: "json" };
  assert.equal((await post("/api/function", call, admin())).json.value, 9);
  assert.deepEqual(await post("/api/function", call).then((r) => [r.status, r.json.code]), [403, "BadDeployKey"]);
  assert.equal((await post("/api/run/lib/shapes/area", { args: { w: 3, h: 4 } })).json.value, 12);
  assert.deepEqual(await post("/api/run/area", { args: {} }).then((r) => [r.status, r.json.code]), [400, "MissingIdentifier"]);
});

test("an admin reaches internal functions", async () => {
  const { json } = await post("/api/function", { path: "nested:secret", args: {}, format: "json" }, admin());
  assert.equal(json.value, "kept inside");
});

// "Missing or wrong content type → 400 `BadJsonBody`." and "Non-2xx bodies of function endpoints always have `code` and `message`."
test("requests that are not JSON are refused with a code", async () => {
  const cases = [
    await post("/api/query", "{}", { "Content-Type": "text/plain" }),
    await post("/api/query", "{"),
    await post("/api/query", "[]"),
    await post("/api/mutation", { args: {} }),
  ];
  for (const { status, json } of cases) {
    assert.equal(status, 400);
    assert.equal(json.code, "BadJsonBody");
    assert.equal(typeof json.message, "string");
  }
});

test("a path that does not parse is a bad identifier", async () => {
  const { status, json } = await post("/api/query", { path: "../etc:passwd", args: {} });
  assert.deepEqual([status, json.code], [400, "BadConvexFunctionIdentifier"]);
});

// "CORS: origin mirrored with credentials on success, error and preflight; 86400 max age."
test("browsers of any origin are let in", async () => {
  const origin = { Origin: "https://app.example" };
  const answers = [await post("/api/query", { path: "lib/shapes", args: {} }, origin), await post("/api/query", "{", origin)];
  const preflight = await fetch(`${app.server.url}/api/query`, {
    method: "OPTIONS",
    headers: { ...origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" },
  });
  assert.equal(preflight.headers.get("access-control-max-age"), "86400");
  assert.equal(preflight.headers.get("access-control-allow-headers"), "content-type");
  for (const { headers } of [...answers, preflight]) {
    assert.equal(headers.get("access-control-allow-origin"), "https://app.example");
    assert.equal(headers.get("access-control-allow-credentials"), "true");
  }
});

// "`/version`, `/instance_name`, `/instance_version`, `/`, `/echo`, `/api/check_admin_key` answer as listed."
test("the information endpoints answer", async () => {
  const get = async (path, headers) => {
    const response = await fetch(app.server.url + path, { headers });
    return { status: response.status, text: await response.text() };
  };
  for (const path of ["/", "/version", "/instance_version"]) assert.equal((await get(path)).status, 200);
  assert.equal((await get("/instance_name")).text, app.server.adminKey.split("|")[0]);
  assert.equal((await post("/echo", "same bytes")).text, "same bytes");
  const key = await get("/api/check_admin_key", admin());
  assert.deepEqual([key.status, JSON.parse(key.text).success], [200, true]);
  assert.equal((await get("/api/check_admin_key")).status, 403);
  assert.equal((await get("/api/check_admin_key", { Authorization: "Convex nobody|00" })).status, 401);
  assert.equal((await get("/api/check_admin_key?adminKey=" + encodeURIComponent(app.server.adminKey))).status, 200);
  assert.equal((await get("/api/no_such_route")).status, 404);
});

// "Key prefixes `dev:`, `prod:`, … are stripped"
test("a key may carry the type of its deployment", async () => {
  for (const prefix of ["dev:", "prod:"]) {
    const response = await fetch(`${app.server.url}/api/check_admin_key`, { headers: { Authorization: `Convex ${prefix}${app.server.adminKey}` } });
    assert.equal(response.status, 200);
  }
});

test("an admin acts as a user", async () => {
  const user = Buffer.from(JSON.stringify({ issuer: "https://id.example", subject: "ann", name: "Ann" })).toString("base64");
  const { json } = await post("/api/query", { path: "platform:whoami", args: {}, format: "json" }, { Authorization: `Convex ${app.server.adminKey}:${user}` });
  assert.equal(json.value.tokenIdentifier, "https://id.example|ann");
  assert.equal(json.value.name, "Ann");
  assert.equal(await app.http.query(api.platform.whoami, {}), null);
});

test("clients too old to be served are told so", async () => {
  const old = await post("/api/query", { path: "lib/shapes", args: {} }, { "Convex-Client": "npm-0.10.0" });
  assert.deepEqual([old.status, old.json.code], [400, "ClientVersionUnsupported"]);
});
