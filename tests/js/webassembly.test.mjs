// WebAssembly and asynchronous contexts as apps bring them: bundled by the official CLI, from files and from packages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { Project } from "./support/project.mjs";
import { Server } from "./support/server.mjs";

// (module (global $n (mut i32) (i32.const 0))
//   (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
const COUNTER = Buffer.from(
  "0061736d010000000105016000017f030201000606017f0141000b070801046e65787400000a0d010b00230041016a240023000b",
  "hex",
);

const GUESTS = `
import { AsyncLocalStorage } from "node:async_hooks";
import { init, parse } from "es-module-lexer";
import { md5, sha256 } from "hash-wasm";
import { action, mutation, query } from "./_generated/server";
import counter from "./counter.wasm";

const instance = new WebAssembly.Instance(counter);
instance.exports.next();
const storage = new AsyncLocalStorage();

const count = async () => {
  const fresh = await WebAssembly.instantiate(counter);
  return [instance.exports.next(), instance.exports.next(), fresh.exports.next()];
};
const packages = async (_ctx, { text }) => {
  await init;
  const [imports] = parse(text);
  return { imports: imports.map((one) => one.specifier), md5: await md5(text), sha256: await sha256(text) };
};
const flows = async () => {
  const flow = async (name) => {
    await null;
    for (let i = 0; i < 3; i++) await Promise.resolve();
    return \`\${name} \${storage.getStore()}\`;
  };
  return Promise.all(["a", "b"].map((name) => storage.run(name.toUpperCase(), flow, name)));
};
const each = (make) => [make({ handler: count }), make({ handler: packages }), make({ handler: flows })];
export const [countQ, packagesQ, flowsQ] = each(query);
export const [countM, packagesM, flowsM] = each(mutation);
export const [countA, packagesA, flowsA] = each(action);
export const spin = query({ handler: async () => { for (;;) instance.exports.next(); } });
`;

let server, project, client;

before(async () => {
  server = await Server.start();
  project = Project.of({ "counter.wasm": COUNTER, "guests.js": GUESTS });
  await project.push(server);
  client = new ConvexHttpClient(server.url, { logger: false });
});

after(async () => {
  await server?.remove();
  project?.remove();
});

const calls = {
  Q: (name, args = {}) => client.query(anyApi.guests[`${name}Q`], args),
  M: (name, args = {}) => client.mutation(anyApi.guests[`${name}M`], args),
  A: (name, args = {}) => client.action(anyApi.guests[`${name}A`], args),
};

for (const [kind, call] of Object.entries(calls)) {
  // "wasm module compiled at import works in Q, M, A"; "globals do not leak between two executions"
  test(`a .wasm file compiled at import is pristine in every call of kind ${kind}`, async () => {
    for (let i = 0; i < 4; i++) assert.deepEqual(await call("count"), [2, 3, 1]);
  });

  test(`packages that carry WebAssembly work in kind ${kind}`, async () => {
    for (const text of ['import x from "y"; import("z");', 'import "again";']) {
      const { createHash } = await import("node:crypto");
      const digest = (name) => createHash(name).update(text).digest("hex");
      const imports = text.includes("again") ? ["again"] : ["y", "z"];
      assert.deepEqual(await call("packages", { text }), { imports, md5: digest("md5"), sha256: digest("sha256") });
    }
  });

  // "AsyncLocalStorage across awaits"
  test(`contexts of node:async_hooks survive awaits in kind ${kind}`, async () => {
    assert.deepEqual(await call("flows"), ["a A", "b B"]);
  });
}

test("endless WebAssembly is stopped and harms nobody", async () => {
  await assert.rejects(client.query(anyApi.guests.spin, {}), /timed out/);
  assert.deepEqual(await calls.Q("count"), [2, 3, 1]);
});
