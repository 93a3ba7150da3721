// What a server started with --redact tells its clients.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deployedApp } from "./support/app.mjs";
import { RawSocket } from "./support/socket.mjs";

/** Tells its caller what it caught. */
const RELAY = `
import { v } from "convex/values";
import { action } from "./_generated/server";
export const catches = action({
  args: { name: v.string(), args: v.optional(v.any()) },
  handler: async (ctx, { name, args }) => {
    try {
      return await ctx.runMutation(name as any, args ?? {});
    } catch (error: any) {
      return { message: error.message, data: error.data ?? null };
    }
  },
});
`;

const app = deployedApp({ options: ["--redact"], prepare: ({ project }) => project.write("convex/relay.ts", RELAY) });

const call = async (kind, path, args = {}) => {
  const response = await fetch(`${app.server.url}/api/${kind}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path, args }),
  });
  assert.equal(response.status, 200);
  return await response.json();
};

// "Message starts with `[Request ID: …] Server Error`; redaction drops the rest and the log lines, keeps `errorData`."
test("calls over HTTP hide texts and log lines, and keep the data", async () => {
  const failed = await call("query", "failures:boom");
  assert.match(failed.errorMessage, /^\[Request ID: [0-9a-f]{16}\] Server Error$/);
  assert.equal("logLines" in failed, false);
  assert.equal("errorData" in failed, false);
  const refused = await call("query", "failures:withDataQuery", { data: { why: "x" } });
  assert.match(refused.errorMessage, /^\[Request ID: [0-9a-f]{16}\] Server Error$/);
  assert.deepEqual(refused.errorData, { why: "x" });
});

test("sockets hide them too", async () => {
  const socket = await RawSocket.connected(app.server);
  socket.add(0, "failures:boom");
  const failed = await socket.update(0, (change) => change.type === "QueryFailed");
  assert.match(failed.errorMessage, /^\[Request ID: [0-9a-f]{16}\] Server Error$/);
  assert.deepEqual(failed.logLines, []);
  await socket.close();
});

// "Foreign cursor → error with `InvalidCursor` in the text and in `errorData`, also under redaction."
test("a foreign cursor is still recognized", async () => {
  const page = (cursor) => ({ paginationOpts: { cursor, numItems: 1 } });
  const foreign = await call("query", "notes:page", { list: "l", ...page("not a cursor") });
  assert.equal(foreign.errorMessage.includes("InvalidCursor"), false);
  assert.deepEqual(foreign.errorData, { isConvexSystemError: true, paginationError: "InvalidCursor" });
});

// "Nested action calls receive the inner error's message unwrapped (`Server Error` when redacted)": an action may hand
// on what it caught, so it learns no more than clients.
test("actions do not see why a callee failed, but its data", async () => {
  const caught = await call("action", "relay:catches", { name: "failures:boomMutation" });
  assert.deepEqual(caught, { status: "success", value: { message: "Server Error", data: null } });
  const withData = await call("action", "relay:catches", { name: "failures:withData", args: { data: { why: "x" } } });
  assert.deepEqual(withData.value.data, { why: "x" });
  assert.equal(JSON.stringify(withData).includes("ConvexError:"), false);
});
