// The example `examples/webhook`, driven as a sender would.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ConvexHttpClient } from "convex/browser";
import { api } from "./support/app.mjs";
import { Project } from "./support/project.mjs";
import { Server } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const EXAMPLE = resolve(fileURLToPath(import.meta.url), "../../../examples/webhook");
const SECRET = "a shared secret";
let server, project, http;

before(async () => {
  server = await Server.start();
  project = Project.empty();
  cpSync(join(EXAMPLE, "convex"), project.path("convex"), { recursive: true });
  await project.push(server);
  http = new ConvexHttpClient(server.url, { logger: false });
});

after(async () => {
  await server?.remove();
  project?.remove();
});

function sign(body, secret = SECRET) {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

async function post(body, headers) {
  const response = await fetch(`${server.siteUrl}/webhook`, { method: "POST", body, headers });
  return [response.status, await response.text()];
}

test("without its secret the app says what is missing", async () => {
  const body = JSON.stringify({ event: "early" });
  assert.deepEqual(await post(body, { "X-Signature-256": sign(body) }), [500, "WEBHOOK_SECRET is not set"]);
  await project.convexOk(server, "env", "set", "WEBHOOK_SECRET", SECRET);
});

test("a signed delivery is kept once and handled after the answer", async () => {
  const body = JSON.stringify({ event: "order.paid", amount: 12.5, text: "Grüße" });
  const headers = { "X-Delivery": "d-1", "X-Signature-256": sign(body) };
  assert.deepEqual(await post(body, headers), [202, ""]);
  assert.deepEqual(await post(body, headers), [200, ""]);
  const [delivery, ...others] = await until(async () => {
    const all = await http.query(api.deliveries.list, {});
    return all.every(({ state }) => state === "handled") && all;
  }, "the delivery is handled");
  assert.deepEqual([delivery.delivery, delivery.event, delivery.payload], ["d-1", "order.paid", { amount: 12.5, text: "Grüße" }]);
  assert.deepEqual(others, []);
});

test("what is not signed, or not as it was signed, is refused", async () => {
  const body = JSON.stringify({ event: "forged" });
  const refused = [401, "The signature does not match the body."];
  assert.deepEqual(await post(body, { "X-Delivery": "d-2" }), refused);
  assert.deepEqual(await post(body, { "X-Delivery": "d-2", "X-Signature-256": sign(body, "another secret") }), refused);
  assert.deepEqual(await post(`${body} `, { "X-Delivery": "d-2", "X-Signature-256": sign(body) }), refused);
  assert.deepEqual(await post(body, { "X-Signature-256": sign(body) }), [400, "X-Delivery is missing."]);
  assert.equal((await http.query(api.deliveries.list, {})).length, 1);
});
