// What becomes of `undefined`, and of values that are none, in the hands of the published library.
import assert from "node:assert/strict";
import { test } from "node:test";
import { convexToJson } from "convex/values";
import { api, deployedApp, freshName } from "./support/app.mjs";

const app = deployedApp();
const { values, checks } = api;

const gaps = () => ({ kept: 1, gone: undefined, deep: { kept: 2, gone: undefined }, list: [{ gone: undefined }] });
/** What is left of it. That it is strict makes an undefined field differ from none. */
const filled = { kept: 1, deep: { kept: 2 }, list: [{}] };

/** The text with which the library refuses a value. */
function refusal(value) {
  try {
    convexToJson(value);
  } catch (error) {
    return error.message;
  }
  assert.fail("the library takes it");
}

async function failure(call) {
  try {
    await call();
  } catch (error) {
    return error.message;
  }
  assert.fail("the call should have failed");
}

test("undefined fields vanish from documents", async () => {
  const key = freshName("gaps");
  const { _id, _creationTime, ...fields } = await app.http.mutation(values.insertsGaps, { key });
  assert.deepEqual(fields, { key, value: filled });
  assert.deepEqual(await app.http.mutation(values.patchesGaps, { id: _id }), { _creationTime, _id, value: filled });
  assert.deepEqual(await app.http.mutation(values.replacesGaps, { id: _id }), { _creationTime, _id, key: "replaced", value: filled });
});

test("undefined fields vanish from arguments", async () => {
  assert.deepEqual(await app.http.query(checks.untyped, gaps()), filled);
  assert.deepEqual(await app.connect().query(checks.untyped, gaps()), filled);
  assert.deepEqual(await app.http.query(values.passesGaps, {}), filled);
  assert.deepEqual(await app.http.mutation(values.schedulesGaps, {}), [filled]);
  // An optional argument may be undefined, a required one may not.
  const typed = { text: "", number: 1, big: 1n, flag: true, bytes: new ArrayBuffer(1), nothing: null, choice: "a", many: [], record: {} };
  assert.equal("maybe" in (await app.http.query(checks.typed, { ...typed, maybe: undefined })), false);
  assert.match(await failure(() => app.http.query(checks.typed, { ...typed, text: undefined })), /missing the required field `text`/);
});

test("undefined fields vanish from results, and undefined itself is null", async () => {
  assert.deepEqual(await app.http.query(values.returnsGaps, {}), filled);
  const { passed, ...own } = await app.http.action(values.actionWithGaps, {});
  assert.deepEqual(own, filled);
  assert.deepEqual(passed, filled);
  assert.equal(await app.http.query(checks.nothing, {}), null);
});

test("undefined in a list is refused wherever it comes up", async () => {
  const told = await app.http.mutation(values.refusals, {});
  const text = (path, original) => `undefined is not a valid Convex value (present at path ${path} in original object ${original})`;
  assert.ok(told.insert.startsWith(text(".value[1]", '{"value":[1,"undefined"]}')), told.insert);
  assert.ok(told.argument.startsWith(text(".value[1]", '{"value":[1,"undefined"]}')), told.argument);
  assert.ok(told.job.startsWith(text(".list[1]", '{"list":[1,"undefined"]}')), told.job);
  await assert.rejects(app.http.query(checks.echo, { value: [undefined] }), { message: refusal({ value: [undefined] }) });
  for (const value of [{ $undefined: null }, [{ $undefined: null }]]) {
    const response = await fetch(`${app.server.url}/api/query`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ path: "checks:echo", args: { value }, format: "convex_encoded_json" }),
    });
    const { code, errorMessage, message } = await response.json();
    // The server does not take it by hand either.
    assert.match(`${code}: ${errorMessage ?? message}`, /`undefined` is not allowed here\./);
  }
});

const notAQuery = "Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, or `.first()`.";

test("a query that was not awaited is no result", async () => {
  for (const what of ["a query", "a query in progress"]) {
    for (const call of [() => app.http.query(values.returnsFromQuery, { what }), () => app.http.mutation(values.returnsFromMutation, { what })]) {
      const message = await failure(call);
      assert.ok(message.includes(`Uncaught Error: ${notAQuery}`), message);
    }
  }
});

const refusedByTheLibrary = {
  "a function": () => "called",
  "a date": new Date(0),
  "a date inside": { at: [new Date(0)] },
  "a map": new Map([["a", 1]]),
  "a set": new Set(),
  "a symbol": Symbol("s"),
  "a typed array": new Uint8Array(2),
  "a list with a gap": [1, undefined],
  "a huge integer": 2n ** 63n,
  "a reserved field": { $a: 1 },
};

test("what is no value is refused as a result in the library's words", async () => {
  for (const [what, value] of Object.entries(refusedByTheLibrary)) {
    const expected = refusal(value);
    for (const [kind, reference] of [["query", values.returnsFromQuery], ["mutation", values.returnsFromMutation], ["action", values.returnsFromAction]]) {
      const message = await failure(() => app.http[kind](reference, { what }));
      assert.ok(message.includes(`Uncaught Error: ${expected}`), `${what} from a ${kind}: ${message}`);
    }
  }
  assert.match(await failure(() => app.http.query(values.returnsFromQuery, { what: "an instance" })), /is not a supported Convex type/);
  assert.match(await failure(() => app.http.query(values.returnsFromQuery, { what: "a query inside an object" })), /is not a supported Convex type/);
});

test("what only the server counts is refused by the server", async () => {
  for (const [what, text] of [
    ["a long list", /return value invalid: .*8193.*8192/s],
    ["a wide object", /return value invalid: .*1025.*1024/s],
  ]) {
    for (const [kind, reference] of [["query", values.returnsFromQuery], ["mutation", values.returnsFromMutation], ["action", values.returnsFromAction]]) {
      assert.match(await failure(() => app.http[kind](reference, { what })), text, `${what} from a ${kind}`);
    }
  }
});
