// Stored files through the published client, plain HTTP, and a server that is killed in between.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { api, deployedApp } from "./support/app.mjs";
import { until } from "./support/until.mjs";

const app = deployedApp();
const MEBIBYTE = 1 << 20;

const sha256 = (bytes, encoding) => createHash("sha256").update(bytes).digest(encoding);

async function upload(body, headers = {}) {
  const url = await app.http.mutation(api.files.uploadUrl, {});
  return await fetch(url, { method: "POST", body, headers, duplex: "half" });
}

async function stored(body, type) {
  const response = await upload(body, type ? { "Content-Type": type } : {});
  assert.equal(response.status, 200);
  return (await response.json()).storageId;
}

// `_storage` document shape; getMetadata shape
test("an uploaded file is a document with a link", async () => {
  const bytes = randomBytes(1000);
  const id = await stored(new Blob([bytes], { type: "image/png" }));
  const { _creationTime, ...document } = await app.http.query(api.files.document, { id });
  assert.equal(typeof _creationTime, "number");
  assert.deepEqual(document, { _id: id, sha256: sha256(bytes, "base64"), size: 1000, contentType: "image/png" });
  const metadata = await app.http.query(api.files.metadata, { id });
  assert.deepEqual(metadata, { storageId: id, sha256: sha256(bytes, "hex"), size: 1000, contentType: "image/png" });
  assert.equal((await app.http.query(api.files.newest, { count: 1 }))[0]._id, id);

  const response = await fetch(await app.http.query(api.files.url, { id }));
  assert.equal(response.headers.get("content-type"), "image/png");
  assert.equal(response.headers.get("digest"), `sha-256=${sha256(bytes, "base64")}`);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
});

test("a wrong digest is refused", async () => {
  const response = await upload("hello", { Digest: `sha-256=${sha256("other", "base64")}` });
  assert.equal(response.status, 400);
  assert.equal((await response.json()).code, "Sha256Mismatch");
});

// getUrl range request, unknown file, deletion revokes
test("ranges are answered, and deleting ends it all", async () => {
  const id = await stored("0123456789", "text/plain");
  const url = await app.http.query(api.files.url, { id });
  const part = await fetch(url, { headers: { Range: "bytes=-3" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-range"), "bytes 7-9/10");
  assert.equal(await part.text(), "789");
  await app.http.mutation(api.files.remove, { id });
  assert.equal(await app.http.query(api.files.url, { id }), null);
  assert.equal((await fetch(url)).status, 404);
  await assert.rejects(app.http.mutation(api.files.remove, { id }), /storage id .* not found/);
});

// store/get … from mutations
test("a mutation stores a file only if it commits", async () => {
  const kept = await app.http.mutation(api.files.store, { text: "from a mutation", type: "text/plain", fail: false });
  assert.equal(kept.text, "from a mutation");
  assert.equal(kept.type, "text/plain");
  assert.equal(await (await fetch(await app.http.query(api.files.url, { id: kept.id }))).text(), "from a mutation");
  await assert.rejects(app.http.mutation(api.files.store, { text: "lost", type: "", fail: true }), /changed my mind/);
  assert.equal((await app.http.query(api.files.newest, { count: 1 }))[0]._id, kept.id);
});

test("an acknowledged file survives a kill", async () => {
  const bytes = randomBytes(3 * MEBIBYTE);
  const id = await stored(bytes);
  const url = await app.http.query(api.files.url, { id });
  await app.server.restart();
  await until(async () => (await fetch(url)).ok, "the file is served again", 10_000);
  assert.deepEqual(Buffer.from(await (await fetch(url)).arrayBuffer()), bytes);
});

// Neither direction holds the file in memory.
const canMeasure = process.platform === "linux";
if (canMeasure) test("a large file needs little memory", async () => {
  const pieces = 256;
  const piece = randomBytes(MEBIBYTE);
  const expected = createHash("sha256");
  for (let i = 0; i < pieces; i++) expected.update(piece);
  const memory = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${app.server.pid}/status`, "utf8"))[1]) / 1024;
  await stored(piece);
  const before = memory();
  const body = ReadableStream.from((function* () { for (let i = 0; i < pieces; i++) yield piece; })());
  const id = await stored(body);
  const response = await fetch(await app.http.query(api.files.url, { id }));
  assert.equal(Number(response.headers.get("content-length")), pieces * MEBIBYTE);
  const received = createHash("sha256");
  for await (const chunk of response.body) received.update(chunk);
  assert.equal(received.digest("hex"), expected.digest("hex"));
  const grown = memory() - before;
  assert.ok(grown < 48, `a file of ${pieces} MiB took ${grown} MiB`);
});
