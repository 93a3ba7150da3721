// Plays the sender: signs an event and posts it. `node send.mjs [event]`
import { createHmac, randomUUID } from "node:crypto";

const url = `${process.env.SITE_URL ?? "http://127.0.0.1:3211"}/webhook`;
const secret = process.env.WEBHOOK_SECRET ?? "a shared secret";
const body = JSON.stringify({ event: process.argv[2] ?? "ping", at: new Date().toISOString() });
const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

const response = await fetch(url, {
  method: "POST",
  body,
  headers: { "Content-Type": "application/json", "X-Delivery": randomUUID(), "X-Signature-256": signature },
});
console.log(response.status, await response.text());
