// Full-text and vector search, through the official CLI and the npm client.
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { api, deployedApp, freshName } from "./support/app.mjs";
import { Project } from "./support/project.mjs";
import { Inbox } from "./support/until.mjs";

const files = resolve(fileURLToPath(import.meta.url), "../../search_app");
const app = deployedApp({ project: () => Project.copyOf(files) });

const add = (shelf, body, more = {}) => app.http.mutation(api.articles.add, { shelf, body, ...more });
const search = (shelf, text, more = {}) => app.http.query(api.articles.search, { shelf, text, ...more });

function watch(client, query, args) {
  const inbox = new Inbox();
  client.onUpdate(query, args, inbox.push, (error) => inbox.push({ error }));
  return inbox;
}

async function fails(call, pattern) {
  await assert.rejects(call, ({ message }) => assert.match(message, pattern) ?? true);
}

test("words are found by relevance, the last one by its beginning", async () => {
  const shelf = freshName("shelf");
  await add(shelf, "The quick brown fox");
  await add(shelf, "fox, fox and FOX");
  await add(shelf, "a lazy dog");
  assert.deepEqual(await search(shelf, "fox"), ["fox, fox and FOX", "The quick brown fox"]);
  assert.deepEqual(await search(shelf, "qui"), ["The quick brown fox"]);
  assert.deepEqual(await search(shelf, "qui dog"), ["a lazy dog"]);
  assert.deepEqual(await search(shelf, "fox", { take: 1 }), ["fox, fox and FOX"]);
  assert.deepEqual(await search(shelf, ""), []);
  assert.equal((await app.http.query(api.articles.first, { shelf, text: "lazy" })).body, "a lazy dog");
  assert.equal(await app.http.query(api.articles.first, { shelf, text: "cat" }), null);
  assert.deepEqual(await search(freshName("shelf"), "fox"), [], "another shelf has its own");
});

test("equally good results come newest first", async () => {
  const shelf = freshName("shelf");
  for (const n of [1, 2, 3]) await add(shelf, `entry ${n}`);
  assert.deepEqual(await search(shelf, "entry"), ["entry 3", "entry 2", "entry 1"]);
});

test("filters of the index and of the query narrow the results", async () => {
  const shelf = freshName("shelf");
  await add(shelf, "word old", { year: 1999 });
  await add(shelf, "word new", { year: 2026 });
  await add(shelf, "word undated");
  const filtered = (more) => app.http.query(api.articles.filtered, { shelf, text: "word", not: "", ...more });
  assert.deepEqual(await filtered({ year: 1999 }), ["word old"]);
  assert.deepEqual(await filtered({}), ["word undated"]);
  assert.deepEqual(await filtered({ year: 2026, not: "word new" }), []);
});

test("a live search shows what is added, changed and deleted, and nothing else", async () => {
  const [shelf, other] = [freshName("shelf"), freshName("shelf")];
  const [client, writer] = [app.connect(), app.connect()];
  const results = watch(client, api.articles.search, { shelf, text: "apple" });
  assert.deepEqual(await results.next(), []);
  const id = await writer.mutation(api.articles.add, { shelf, body: "red apple" });
  await results.next((found) => found.length === 1);
  await writer.mutation(api.articles.add, { shelf, body: "green pear" });
  await writer.mutation(api.articles.add, { shelf: other, body: "apple" });
  await writer.mutation(api.articles.edit, { id, body: "red apple pie" });
  await results.next((found) => found[0] === "red apple pie");
  await writer.mutation(api.articles.remove, { id });
  await results.next((found) => results.all.length > 2 && found.length === 0 && results.all.at(-1) === found);
  assert.deepEqual(results.all, [[], ["red apple"], ["red apple pie"], []]);
});

test("a mutation finds what it has just written", async () => {
  const shelf = freshName("shelf");
  await app.http.mutation(api.articles.addMany, { shelf, bodies: ["one colour", "two colour", "grey"] });
  const counts = await app.http.mutation(api.articles.replaceAll, { shelf, text: "colour", body: "color" });
  assert.deepEqual(counts, { before: 0, after: 2 });
  assert.deepEqual(await search(shelf, "color"), ["color", "color"]);
});

test("pages give each result once, best first", async () => {
  const shelf = freshName("shelf");
  const bodies = Array.from({ length: 25 }, (_, n) => `page ${"page ".repeat(n)}`.trim());
  await app.http.mutation(api.articles.addMany, { shelf, bodies });
  const expected = await search(shelf, "page");
  assert.equal(expected.length, 25);
  const all = [];
  let result = { continueCursor: null, isDone: false };
  while (!result.isDone) {
    const paginationOpts = { numItems: 10, cursor: result.continueCursor };
    result = await app.http.query(api.articles.page, { shelf, text: "page", paginationOpts });
    assert.equal(result.splitCursor ?? null, null);
    all.push(...result.page.map((article) => article.body));
  }
  assert.deepEqual(all, expected);
});

test("more results than one query may read are refused, with advice", async () => {
  const shelf = freshName("shelf");
  await app.http.mutation(api.articles.addMany, { shelf, bodies: Array(1025).fill("many") });
  await fails(search(shelf, "many"), /Search query scanned too many documents \(fetched 1024\)/);
  assert.equal((await search(shelf, "many", { take: 1024 })).length, 1024);
});

const nearest = (args) => app.http.action(api.articles.nearest, args);

test("an action finds the nearest vectors", async () => {
  const shelf = freshName("shelf");
  await add(shelf, "east", { embedding: [1, 0, 0] });
  await add(shelf, "north", { embedding: [0, 10, 0], year: 7001 });
  await add(shelf, "north-east", { embedding: [1, 1, 0] });
  await add(shelf, "nowhere");
  const results = await nearest({ vector: [2, 0.1, 0], shelf });
  assert.deepEqual(results.map(({ body }) => body), ["east", "north-east", "north"]);
  assert.ok(Math.abs(results[0].score - 0.99875) < 1e-4, `${results[0].score}`);
  assert.deepEqual((await nearest({ vector: [0, 1, 0], limit: 1, shelf })).map(({ body }) => body), ["north"]);
  const either = await app.http.action(api.articles.ofEither, { vector: [0, 1, 0], shelf: "none", year: 7001 });
  assert.deepEqual(either, ["north"]);
  await fails(nearest({ vector: [1, 2] }), /Expected a vector with dimensions 3, received 2\./);
  await fails(nearest({ vector: [1, 2, 3], limit: 257 }), /at most 256 results, requested 257/);
});

test("an action in Node.js finds them as well", async () => {
  const shelf = freshName("shelf");
  await add(shelf, "up", { embedding: [0, 0, 1] });
  await add(shelf, "down", { embedding: [0, 0, -1] });
  await add(shelf, "level", { embedding: [1, 0, 0] });
  const found = await app.http.action(api.inNode.nearest, { vector: [0.1, 0, 3], shelf });
  assert.deepEqual(found, ["up", "level"]);
});

test("both indexes are there again after a restart", async () => {
  const shelf = freshName("shelf");
  await add(shelf, "kept word", { embedding: [1, 2, 3] });
  await app.server.restart();
  assert.deepEqual(await search(shelf, "word"), ["kept word"]);
  assert.deepEqual((await nearest({ vector: [1, 2, 3], shelf })).map(({ body }) => body), ["kept word"]);
});
