// @convex-dev/action-cache: an expensive action runs once per arguments, until it is forgotten.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const app = deployedPackage(import.meta.url);
const cached = (text, options = {}) => app.http.action(api.words.cached, { text, ...options });
const calls = (text) => app.http.query(api.words.calls, { text });

test("the second call is answered from the cache, value for value", async () => {
  const text = freshName("hit");
  const value = { upper: text.toUpperCase(), size: BigInt(text.length) };
  assert.deepEqual(await cached(text), value);
  assert.deepEqual(await cached(text), value);
  assert.equal(await calls(text), 1);
  await cached(freshName("other"));
  assert.equal(await calls(text), 1);
});

test("a forced, an expired and a removed entry are computed again", async () => {
  const text = freshName("again");
  await cached(text);
  await cached(text, { force: true });
  assert.equal(await calls(text), 2);
  await app.http.mutation(api.words.forget, { text });
  await cached(text, { ttl: 1 });
  assert.equal(await calls(text), 3);
  const recomputed = async () => {
    await cached(text, { ttl: 1 });
    return (await calls(text)) > 3;
  };
  await until(recomputed, "the entry has expired");
});

test("all entries of a name are removed together", async () => {
  const texts = [freshName("all"), freshName("all")];
  for (const text of texts) await cached(text);
  await app.http.mutation(api.words.forgetAll, {});
  for (const text of texts) await cached(text);
  assert.deepEqual(await Promise.all(texts.map(calls)), [2, 2]);
});
