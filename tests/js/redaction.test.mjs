// What a server started with --redact tells its clients.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deployedApp } from "./support/app.mjs";
import { RawSocket } from "./support/socket.mjs";

const app = deployedApp({ options: ["--redact"] });

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
