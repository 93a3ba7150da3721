// @convex-dev/resend: e-mails are queued, batched, sent to a stand-in of the provider, and followed by its webhooks.
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { until } from "../../js/support/until.mjs";
import { ForeignHost, jsonBody } from "../support/foreign-host.mjs";
import { deployedPackage } from "../support/package.mjs";

const SECRET = Buffer.from("a secret of the webhook").toString("base64");
const provider = { batches: [], refusals: 0 };
let host;

/** The provider's batch endpoint: gives out ids, but refuses as often as it was told to. */
async function handle(request, response) {
  const emails = await jsonBody(request);
  const answer = (status, body) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  if (emails.some((email) => email.subject === "never")) return answer(422, { message: "not acceptable" });
  if (provider.refusals > 0) {
    provider.refusals -= 1;
    return answer(500, { message: "try again" });
  }
  const { authorization, "idempotency-key": idempotencyKey } = request.headers;
  provider.batches.push({ path: request.url, authorization, idempotencyKey, emails });
  answer(200, { data: emails.map((email) => ({ id: `re_${email.subject}` })) });
}

after(() => host?.stop());

const app = deployedPackage(import.meta.url, {
  environment: async () => (host = await ForeignHost.start("api.resend.com", handle)).environment,
  variables: () => ({ RESEND_API_KEY: "re_key", RESEND_WEBHOOK_SECRET: `whsec_${SECRET}` }),
});
const send = (subject, more = {}) =>
  app.http.mutation(api.mail.send, { to: "delivered@resend.dev", subject, html: `<p>${subject}</p>`, ...more });
const status = async (id) => (await app.http.query(api.mail.status, { id })).status;
const reaches = (id, expected) => until(async () => (await status(id)) === expected, `e-mail ${id} is ${expected}`, 60_000);

async function webhook(type, emailId, { secret = SECRET, more = {} } = {}) {
  const data = { created_at: "2026-01-01T00:00:00Z", email_id: emailId, from: "a@b.c", to: ["d@e.f"], subject: "s", ...more };
  const body = JSON.stringify({ type, created_at: "2026-01-01T00:00:00Z", data });
  const [id, timestamp] = [`msg_${randomUUID()}`, `${Math.floor(Date.now() / 1000)}`];
  const signature = createHmac("sha256", Buffer.from(secret, "base64")).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = { "svix-id": id, "svix-timestamp": timestamp, "svix-signature": `v1,${signature}` };
  return await fetch(`${app.server.siteUrl}/resend-webhook`, { method: "POST", body, headers });
}

test("e-mails of a moment leave in one batch, each once", async () => {
  const subjects = [freshName("a"), freshName("b")];
  const ids = [await send(subjects[0]), await send(subjects[1], { idempotencyKey: subjects[1] })];
  assert.equal(await send(subjects[1], { idempotencyKey: subjects[1] }), ids[1], "the same e-mail again");
  assert.equal(await status(ids[0]), "waiting");
  for (const id of ids) await reaches(id, "sent");
  const sent = provider.batches.flatMap(({ emails }) => emails.map((email) => email.subject)).sort();
  assert.deepEqual(sent, [...subjects].sort());
  const { path, authorization, idempotencyKey, emails } = provider.batches[0];
  assert.deepEqual([path, authorization, idempotencyKey], ["/emails/batch", "Bearer re_key", ids[0]]);
  assert.equal(emails[0].html, `<p>${subjects[0]}</p>`);
});

test("webhooks with the right signature move the status and call back", async () => {
  const subject = freshName("tracked");
  const id = await send(subject);
  await reaches(id, "sent");
  assert.equal((await webhook("email.delivered", `re_${subject}`)).status, 201);
  await reaches(id, "delivered");
  await until(async () => (await app.http.query(api.mail.events, { id })).join() === "email.delivered", "the callback has run");
  const forged = await webhook("email.complained", `re_${subject}`, { secret: Buffer.from("guessed").toString("base64") });
  assert.equal(forged.status, 500);
  assert.equal((await app.http.query(api.mail.status, { id })).complained, false);
  const bounce = { bounce: { message: "no such box", type: "Permanent", subType: "General" } };
  await webhook("email.bounced", `re_${subject}`, { more: bounce });
  await reaches(id, "bounced");
  assert.equal((await app.http.query(api.mail.status, { id })).errorMessage, "no such box");
});

test("a provider in trouble is asked again, one that refuses is not", async () => {
  provider.refusals = 2;
  const late = await send(freshName("late"));
  await reaches(late, "sent");
  assert.equal(provider.refusals, 0);
  const never = await send("never");
  await reaches(never, "failed");
  assert.match((await app.http.query(api.mail.status, { id: never })).errorMessage, /422.*not acceptable/);
});

test("waiting e-mails are cancelled, and addresses that are no test addresses are refused", async () => {
  const subject = freshName("cancelled");
  const id = await send(subject);
  await app.http.mutation(api.mail.cancel, { id });
  assert.equal(await status(id), "cancelled");
  const following = await send(freshName("following"));
  await reaches(following, "sent");
  assert.ok(!provider.batches.some(({ emails }) => emails.some((email) => email.subject === subject)));
  await assert.rejects(send("real", { to: "somebody@example.com" }), /Test mode is enabled/);
});

test("e-mails sent by hand are kept too", async () => {
  const id = await app.http.action(api.mail.sendManually, { to: "x@example.com", providerId: freshName("own") });
  const { status: sent, subject, to } = await app.http.query(api.mail.get, { id });
  assert.deepEqual([sent, subject, to], ["sent", "by hand", ["x@example.com"]]);
  await assert.rejects(app.http.action(api.mail.sendManually, { to: "x@example.com" }), /the provider is down/);
});
