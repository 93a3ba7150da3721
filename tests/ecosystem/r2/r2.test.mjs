// @convex-dev/r2: files in a bucket, with links signed inside queries and metadata kept by the component.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { api, freshName } from "../../js/support/app.mjs";
import { until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";
import { Bucket } from "../support/bucket.mjs";

let bucket;
after(() => bucket?.stop());

const app = deployedPackage(import.meta.url, {
  prepare: async () => (bucket = await Bucket.start()),
  variables: () => ({
    R2_BUCKET: bucket.name,
    R2_ENDPOINT: bucket.endpoint,
    R2_ACCESS_KEY_ID: "test-key",
    R2_SECRET_ACCESS_KEY: "test-secret",
  }),
});
const metadata = (key) => app.http.query(api.files.getMetadata, { key });
const events = (key) => app.http.query(api.files.events, { key });

async function download(key) {
  const response = await fetch(await app.http.query(api.files.url, { key }));
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

test("a client uploads to a signed link, and the component learns what is there", async () => {
  const { key, url } = await app.http.mutation(api.files.generateUploadUrl, {});
  const put = await fetch(url, { method: "PUT", body: "hello bucket", headers: { "Content-Type": "text/plain" } });
  assert.equal(put.status, 200);
  assert.equal(await metadata(key), null);
  await app.http.mutation(api.files.syncMetadata, { key });
  const found = await until(() => metadata(key), "the metadata is there");
  assert.equal(found.size, 12);
  assert.equal(found.contentType, "text/plain");
  assert.equal((await fetch(found.url)).status, 200);
  assert.deepEqual(await download(key), { status: 200, type: "text/plain", text: "hello bucket" });
  await until(async () => (await events(key)).join() === "uploaded,new", "the callback has run");
  const { page } = await app.http.query(api.files.listMetadata, { paginationOpts: { numItems: 10, cursor: null } });
  assert.ok(page.some((file) => file.key === key));
});

test("an action stores a file under a key of its own or a given one, once", async () => {
  const made = await app.http.action(api.files.store, { text: "{}", type: "application/json" });
  assert.match(made, /^[0-9a-f-]{36}$/);
  assert.deepEqual(await download(made), { status: 200, type: "application/json", text: "{}" });
  const key = freshName("key");
  assert.equal(await app.http.action(api.files.store, { text: "grüße", type: "text/plain", key }), key);
  assert.equal((await metadata(key)).size, 7);
  await assert.rejects(app.http.action(api.files.store, { text: "x", type: "text/plain", key }), /already exists for key/);
});

test("a deleted file is gone from the component at once, and from the bucket soon", async () => {
  const key = await app.http.action(api.files.store, { text: "short-lived", type: "text/plain" });
  await app.http.mutation(api.files.deleteObject, { key });
  await until(async () => (await metadata(key)) === null, "the metadata is gone");
  await until(async () => (await download(key)).status === 404, "the object is gone");
  assert.ok((await events(key)).includes("deleted"));
});

test("whoever may not upload gets no link", async () => {
  const client = new ConvexHttpClient(app.server.url, { logger: false });
  client.setAdminAuth(app.server.adminKey, { subject: "banned", issuer: "https://id.example.com" });
  await assert.rejects(client.mutation(api.files.generateUploadUrl, {}), /no uploads for you/);
});
