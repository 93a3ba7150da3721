// convex-helpers: every server-side helper in an app of its own kind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { api } from "../../js/support/app.mjs";
import { until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const query = (reference, args = {}) => app.http.query(reference, args);
const mutate = (reference, args = {}) => app.http.mutation(reference, args);

function as(subject) {
  const client = new ConvexHttpClient(app.server.url, { logger: false });
  client.setAdminAuth(app.server.adminKey, { subject, issuer: "https://id.example.com" });
  return client;
}

test("custom functions check a token, take extra arguments and run a hook after success", async () => {
  await mutate(api.custom.issue, { token: "t1", owner: "Ada" });
  assert.equal(await query(api.custom.whoAmI, { token: "t1", greeting: "Hello" }), "Hello, Ada; greeting");
  await assert.rejects(query(api.custom.whoAmI, { token: "t2", greeting: "Hello" }), (error) => error.data.code === "BadToken");
  await assert.rejects(query(api.custom.whoAmI, { token: "t1" }), /ArgumentValidationError[^]*greeting/);
  assert.equal(await mutate(api.custom.spend, { token: "t1", say: "fine" }), "fine");
  assert.equal(await query(api.custom.uses, { token: "t1" }), 3);
  await assert.rejects(mutate(api.custom.spend, { token: "t1", say: "too late" }), (e) => e.data === "refused after success");
  assert.equal(await query(api.custom.uses, { token: "t1" }), 3, "a hook that throws takes the writes back");
});

test("row-level security filters reads and refuses writes", async () => {
  const [ada, bob] = [as("ada"), as("bob")];
  const secret = await ada.mutation(api.rls.keep, { owner: "ada", text: "mine", shared: false });
  await ada.mutation(api.rls.keep, { owner: "ada", text: "ours", shared: true });
  await assert.rejects(bob.mutation(api.rls.keep, { owner: "ada", text: "forged", shared: true }), /insert access not allowed/);
  assert.deepEqual(await ada.query(api.rls.list), ["mine", "ours"]);
  assert.deepEqual(await bob.query(api.rls.list), ["ours"]);
  assert.deepEqual(await query(api.rls.list), ["ours"], "without an identity");
  assert.deepEqual(await bob.query(api.rls.mine, { owner: "ada" }), ["ours"]);
  assert.deepEqual(await ada.query(api.rls.mine, { owner: "ada" }), ["ours", "mine"]);
  assert.equal(await bob.query(api.rls.read, { id: secret }), null);
  assert.equal((await ada.query(api.rls.read, { id: secret })).text, "mine");
  await assert.rejects(bob.mutation(api.rls.change, { id: secret, text: "bob was here" }), /no read access or doc does not exist/);
  await ada.mutation(api.rls.change, { id: secret, text: "changed" });
  await ada.mutation(api.rls.forget, { id: secret });
  assert.deepEqual(await ada.query(api.rls.list), ["ours"]);
  await mutate(api.sessions.visit, { sessionId: "rls", page: "/" });
  assert.deepEqual(await ada.query(api.rls.unruled), [], "a table without a rule is denied");
});

test("triggers run in the transaction of the write, in turn, and may refuse it", async () => {
  const names = ["Ada Lovelace", "Alan Turing", "Grace Hopper"].map((name) => name.split(" "));
  const [ada] = await mutate(api.triggers.add, { names: names.map(([first, last]) => ({ first, last })) });
  const people = ["Ada Lovelace (AL)", "Alan Turing (AT)", "Grace Hopper (GH)"];
  assert.deepEqual(await query(api.triggers.state), { people, count: 3, letters: 0 });
  await mutate(api.triggers.rename, { id: ada, last: "Byron" });
  people[0] = "Ada Byron (AB)";
  await mutate(api.triggers.write, { owner: ada, text: "Dear Charles" });
  assert.deepEqual(await query(api.triggers.state), { people, count: 3, letters: 1 });
  await assert.rejects(mutate(api.triggers.add, { names: [{ first: "The", last: "Balrog" }] }), /you shall not pass/);
  assert.deepEqual(await query(api.triggers.state), { people, count: 3, letters: 1 });
  await mutate(api.triggers.remove, { id: ada });
  assert.deepEqual(await query(api.triggers.state), { people: people.slice(1), count: 2, letters: 0 });
});

const library = { authors: null };

/** Two authors with five books each, added once. */
async function authors() {
  const books = (letter, pages) => pages.map((count, i) => ({ title: `${letter}${i + 1}`, pages: count }));
  const add = (author, list, genre) => mutate(api.library.add, { author, books: list, genre });
  library.authors ??= (async () => [
    (await add("Ann", books("A", [10, 21, 32, 43, 54]), "crime")).authorId,
    (await add("Ben", books("B", [15, 26, 37, 48, 59]), "poetry")).authorId,
  ])();
  return await library.authors;
}

test("relationships follow indexes and join tables", async () => {
  const [ann, ben] = await authors();
  const shelf = [1, 2, 3, 4, 5].map((i) => ({ title: `B${i}`, genres: ["poetry"] }));
  assert.deepEqual(await query(api.library.shelf, { author: "Ben" }), shelf);
  await assert.rejects(query(api.library.shelf, { author: "Nobody" }), /Can't find a document in authors with field name equal to Nobody/);
  const found = { all: ["Ben", "Ann", "Ben"], one: null, first: "Ben" };
  assert.deepEqual(await query(api.library.lookups, { ids: [ben, ann, ben], name: "Cid" }), found);
});

test("filters take any predicate, in either order", async () => {
  await authors();
  assert.deepEqual(await query(api.library.odd), { all: ["A2", "A4", "B1", "B3", "B5"], last: "B5" });
});

/** Every page of a paginated query, one list a page. */
async function allPages(reference, args, numItems) {
  const pages = [];
  for (let cursor = null, isDone = false; !isDone; ) {
    const result = await query(reference, { ...args, paginationOpts: { cursor, numItems } });
    pages.push(result.page);
    ({ continueCursor: cursor, isDone } = result);
  }
  return pages.filter((page) => page.length > 0);
}

test("streams merge, filter, join and take what is distinct, page by page", async () => {
  const ids = await authors();
  const merged = await allPages(api.library.merged, { authors: ids, min: 20 }, 3);
  assert.deepEqual(merged, [[21, 26, 32], [37, 43, 48], [54, 59]]);
  const joined = await allPages(api.library.joined, {}, 4);
  const rows = [..."AB"].flatMap((letter, i) => [1, 2, 3, 4, 5].map((n) => `${["Ann", "Ben"][i]}: ${letter}${n}`));
  assert.deepEqual(joined, [rows.slice(0, 4), rows.slice(4, 8), rows.slice(8)]);
  assert.deepEqual((await query(api.library.distinctAuthors)).sort(), ["A1", "B1"]);
});

test("pages by hand: two in one query, and between index keys", async () => {
  const [, ben] = await authors();
  const two = await query(api.library.twoPages, { numItems: 3 });
  assert.deepEqual(two, { pages: [["B5", "B4", "B3"], ["B2", "B1", "A5"]], isDone: false });
  const pages = await query(api.library.pages, { authorId: ben, max: 2 });
  assert.deepEqual(pages, { one: ["B1", "B2"], more: true, two: ["B3", "B4", "B5"], evenMore: false });
});

test("sessions keep clients apart and hand their id on", async () => {
  for (const [sessionId, page] of [["s1", "/a"], ["s2", "/b"], ["s1", "/c"]]) await mutate(api.sessions.visit, { sessionId, page });
  assert.deepEqual(await query(api.sessions.history, { sessionId: "s1" }), ["/A", "/C"]);
  assert.deepEqual(await query(api.sessions.history, { sessionId: "s2" }), ["/B"]);
  await assert.rejects(query(api.sessions.history, {}), /missing the required field `sessionId`/);
});

test("migrations run in batches one after the other, resume and try dry", async () => {
  await mutate(api.migrations.seed, { count: 5 });
  await assert.rejects(mutate(api.migrations.dryRun), /Dry run - rolling back transaction/);
  const untouched = [0, 1, 2, 3, 4].map((i) => `inactive ${i}`);
  assert.deepEqual(await query(api.migrations.accounts), untouched);
  await mutate(api.migrations.startAll);
  const done = async () => (await query(api.migrations.status)).every((migration) => migration.isDone);
  await until(done, "both migrations are done");
  const status = (await query(api.migrations.status)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = ["migrations:activate", "migrations:enrich"];
  assert.deepEqual(status, names.map((name) => ({ name, isDone: true, processed: 5 })));
  assert.deepEqual(await query(api.migrations.accounts), [1, 2, 3, 4, 5].map((i) => `active ${i}`));
  await mutate(api.migrations.again);
  await until(async () => (await query(api.migrations.accounts)).at(-1) === "active 6", "the migration ran again");
});

test("rate limits count, refuse with the time to come back, and are reset", async () => {
  const take = (limit, more = {}) => mutate(api.limits.take, { limit, key: "ada", ...more });
  for (let i = 0; i < 3; i++) assert.equal((await take("letters")).ok, true);
  const refused = await take("letters");
  assert.equal(refused.ok, false);
  assert.ok(refused.retryAt > Date.now());
  assert.equal(await query(api.limits.check, { limit: "letters", key: "ada" }), false);
  assert.equal(await query(api.limits.check, { limit: "letters", key: "bob" }), true);
  await assert.rejects(take("letters", { throws: true }), (error) => error.data.kind === "RateLimited");
  await mutate(api.limits.reset, { limit: "letters", key: "ada" });
  assert.equal((await take("letters", { count: 3 })).ok, true);
  assert.equal((await take("calls", { count: 2 })).ok, true);
  assert.equal((await take("calls")).ok, false);
});

test("zod parses arguments and results, and its errors arrive as data", async () => {
  const args = { email: "ada@example.com", count: 1, big: 7n, either: { kind: "b", b: 1 }, text: 12 };
  const parsed = { loud: true, text: "12", kind: "b", big: 7n };
  assert.deepEqual(await query(api.zod.parse, args), parsed);
  const badEmail = (error) => error.data.ZodError[0].path[0] === "email";
  await assert.rejects(query(api.zod.parse, { ...args, email: "nobody" }), badEmail);
  await assert.rejects(query(api.zod.parse, { ...args, either: { kind: "c" } }), /ArgumentValidationError/);
  assert.equal(await mutate(api.zod.shout, { word: "  hey " }), "HEY!");
  await assert.rejects(mutate(api.zod.shout, { word: " x " }), (error) => error.data.ZodError[0].code === "too_small");
  await assert.rejects(query(api.zod.short), (error) => /too_big/.test(JSON.stringify(error.data ?? error.message)));
  assert.deepEqual(await query(api.zod.derived), {
    type: "object",
    value: {
      a: { fieldType: { type: "string" }, optional: true },
      b: { fieldType: { type: "array", value: { type: "number" } }, optional: false },
    },
  });
});

test("crud and the validator helpers agree on what a document is", async () => {
  const made = await mutate(api.crud.create, { balance: 5, status: "active", email: "crud@example.com" });
  assert.deepEqual(await query(api.crud.read, { id: made._id }), made);
  await mutate(api.crud.update, { id: made._id, patch: { status: "inactive" } });
  await mutate(api.crud.edit, { id: made._id, fields: { balance: null } });
  const changed = { ...made, status: "inactive", balance: null };
  assert.deepEqual(await query(api.crud.get, { id: made._id }), changed);
  assert.equal(await query(api.crud.isAccount, { value: changed }), true);
  assert.equal(await query(api.crud.isAccount, { value: { ...changed, status: "asleep" } }), false);
  await assert.rejects(mutate(api.crud.edit, { id: made._id, fields: { status: "asleep" } }), /ArgumentValidationError/);
  await mutate(api.crud.destroy, { id: made._id });
  assert.equal(await query(api.crud.read, { id: made._id }), null);
});

test("actions are customised, and retried until they succeed", async () => {
  await mutate(api.custom.issue, { token: "t9", owner: "Ann" });
  assert.deepEqual(await app.http.action(api.retries.greet, { token: "t9", again: true }), ["Hi, Ann; greeting", true]);
  await assert.rejects(app.http.action(api.retries.greet, { token: "none", again: true }), (e) => e.data.code === "BadToken");
  await mutate(api.retries.start, { sessionId: "flaky", failures: 2 });
  const attempts = async () => (await query(api.sessions.history, { sessionId: "flaky" })).length;
  await until(async () => (await attempts()) === 3, "the third attempt");
});

const site = (path, options) => fetch(`${app.server.siteUrl}${path}`, options);

test("CORS headers are those of the route and the origin", async () => {
  const from = (origin, more = {}) => ({ headers: { Origin: origin, ...more.headers }, method: more.method ?? "GET", body: more.body });
  const preflight = await site("/cors", from("http://localhost:8080", { method: "OPTIONS" }));
  assert.equal(preflight.status, 204);
  const headers = Object.fromEntries(preflight.headers);
  assert.equal(headers["access-control-allow-origin"], "http://localhost:8080");
  assert.equal(headers["access-control-allow-methods"], "GET, POST");
  assert.equal(headers["access-control-allow-headers"], "Content-Type, X-Mine");
  assert.equal(headers["access-control-allow-credentials"], "true");
  assert.equal(headers["access-control-max-age"], "60");
  const posted = await site("/cors", from("https://a.example.com", { method: "POST", body: "it" }));
  assert.equal(posted.headers.get("access-control-allow-origin"), "https://a.example.com");
  assert.equal(await posted.text(), "posted it");
  assert.equal((await site("/cors", from("https://evil.org"))).headers.get("access-control-allow-origin"), null);
  assert.equal((await site("/closed/a/b", from("https://evil.org"))).status, 403);
  assert.equal(await (await site("/closed/a/b", from("https://b.example.com"))).text(), "/closed/a/b");
  assert.equal(await (await site("/plain")).text(), "plain");
});

test("Hono routes everything that no other route takes", async () => {
  await authors();
  const found = await site("/hono/authors/Ann?loud=yes");
  assert.deepEqual(await found.json(), { name: "Ann", books: 5, loud: "yes" });
  const echoed = await site("/hono/echo", { method: "POST", body: new URLSearchParams({ word: "grüße" }), headers: { "X-Mine": "1" } });
  assert.deepEqual([echoed.status, echoed.headers.get("x-seen"), await echoed.text()], [201, "1", "grüße"]);
  const open = await site("/hono/open/cookie", { headers: { Origin: "https://any.org" } });
  assert.deepEqual(open.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(open.headers.get("access-control-allow-origin"), "*");
  assert.match(open.headers.get("content-type"), /text\/html/);
  const failed = await site("/hono/fails");
  assert.deepEqual([failed.status, await failed.json()], [418, { message: "a teapot" }]);
  const missing = await site("/nowhere", { method: "DELETE" });
  assert.deepEqual([missing.status, await missing.text()], [404, "no DELETE /nowhere"]);
});
