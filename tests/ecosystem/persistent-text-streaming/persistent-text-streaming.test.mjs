// @convex-dev/persistent-text-streaming: a text is streamed by an HTTP action to whoever drives it, and stored for all others.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { Inbox, until, within } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const COMPONENT = ["--component", "persistentTextStreaming"];

/** A model that says what a test tells it to, when it tells it to. */
class Model {
  #server = createServer((request, response) => {
    const prompt = request.url.slice(1);
    if (prompt.startsWith("broken")) return response.writeHead(503).end();
    response.writeHead(200, { "Content-Type": "text/plain" }).flushHeaders();
    this.#answers.set(prompt, response);
  });
  #answers = new Map();

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  async #answer(prompt) {
    return await until(() => this.#answers.get(prompt), `the model is asked for ${prompt}`);
  }

  async say(prompt, text) {
    (await this.#answer(prompt)).write(text);
  }

  async end(prompt) {
    (await this.#answer(prompt)).end();
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const model = await new Model().start();
after(() => model.stop());
const app = deployedPackage(import.meta.url, { variables: () => ({ MODEL_URL: model.url }) });
const stored = (stream) => app.http.query(api.chat.body, { stream });

async function chat(prompt = freshName("prompt")) {
  return { prompt, stream: await app.http.mutation(api.chat.create, { prompt }) };
}

/** What a subscriber sees of a stream. */
function watch(stream) {
  const seen = new Inbox();
  app.connect().onUpdate(api.chat.body, { stream }, seen.push);
  return seen;
}

/** Begins to drive a stream. `reads(text)` reads on until that is all of it so far. */
async function drive(stream, { signal } = {}) {
  const response = await fetch(`${app.server.siteUrl}/chat-stream`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: "https://app.example" },
    body: JSON.stringify({ stream }),
    signal,
  });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const reads = async (expected) => {
    while (text !== expected) {
      const { done, value } = await within(reader.read(), `more than "${text}"`);
      if (done) assert.fail(`the answer ended with "${text}"`);
      text += decoder.decode(value, { stream: true });
    }
  };
  return { response, reads, ends: async () => assert.ok((await within(reader.read(), "the end")).done) };
}

/** Whether a function has printed something. */
async function printed(text) {
  const response = await fetch(`${app.server.url}/api/stream_function_logs?cursor=0`, {
    headers: { Authorization: `Convex ${app.server.adminKey}`, "Convex-Client": "npm-cli-1.48.0" },
  });
  const { entries } = await response.json();
  return entries.some(({ logLines }) => logLines.some(({ messages }) => messages.join(" ").includes(text)));
}

test("one client drives and sees every word, the others what is stored of it, live", async () => {
  const { prompt, stream } = await chat();
  const seen = watch(stream);
  assert.deepEqual(await seen.next(), { text: "", status: "pending" });
  const driver = await drive(stream);
  assert.equal(driver.response.headers.get("access-control-allow-origin"), "*");
  await model.say(prompt, "Two words");
  await driver.reads("Two words");
  await model.say(prompt, " and more.");
  await driver.reads("Two words and more.");
  await seen.next(({ text, status }) => text === "Two words and more." && status === "streaming");
  await model.say(prompt, " The end");
  await driver.reads("Two words and more. The end");
  await model.end(prompt);
  await driver.ends();
  assert.deepEqual(await stored(stream), { text: "Two words and more. The end", status: "done" });
  await seen.next(({ text, status }) => text.endsWith("The end") && status === "done");
  assert.ok(seen.all.every(({ text }) => text !== "Two words"), "half a sentence is not stored");
});

test("a second driver is turned away, during and after", async () => {
  const { prompt, stream } = await chat();
  const driver = await drive(stream);
  await model.say(prompt, "Once.");
  await driver.reads("Once.");
  await until(async () => (await stored(stream)).status === "streaming", "the first sentence is stored");
  const during = await drive(stream);
  assert.deepEqual([during.response.status, await during.response.text()], [205, ""]);
  assert.equal(during.response.headers.get("access-control-allow-origin"), "*");
  await model.end(prompt);
  await driver.ends();
  assert.equal((await drive(stream)).response.status, 205);
  assert.deepEqual(await stored(stream), { text: "Once.", status: "done" });
});

test("a driver that leaves in the middle leaves a complete text behind", async () => {
  const { prompt, stream } = await chat();
  const leaving = new AbortController();
  const driver = await drive(stream, leaving);
  await model.say(prompt, "Before.");
  await driver.reads("Before.");
  leaving.abort();
  let said = "Before.";
  await until(async () => {
    await model.say(prompt, "!");
    said += "!";
    return await printed("Error writing to stream");
  }, "the action notices that nobody reads");
  for (const sentence of [" After.", " Long after.", " The end"]) {
    await model.say(prompt, sentence);
    said += sentence;
  }
  await model.end(prompt);
  await until(async () => (await stored(stream)).status === "done", "the text is complete");
  assert.equal((await stored(stream)).text, said);
});

test("a model in trouble leaves an error behind", async () => {
  const { stream } = await chat(freshName("broken"));
  await drive(stream);
  await until(async () => (await stored(stream)).status === "error", "the trouble is stored");
  assert.equal((await drive(stream)).response.status, 205);
  assert.ok(await printed("the model answers 503"));
});

test("a stream that has timed out takes no more text, and young ones do not time out", async () => {
  const { prompt, stream } = await chat();
  const young = await chat();
  const driver = await drive(stream);
  await model.say(prompt, "In time.");
  await driver.reads("In time.");
  await until(async () => (await stored(stream)).status === "streaming", "the first sentence is stored");
  await app.project.convexOk(app.server, "run", "lib:cleanupExpiredStreams", ...COMPONENT);
  assert.deepEqual([(await stored(stream)).status, (await stored(young.stream)).status], ["streaming", "pending"]);
  await app.http.mutation(api.chat.expire, { stream });
  await model.say(prompt, " Too late.");
  await until(() => printed("Stream is not streaming; did it timeout?"), "the sentence is refused");
  assert.deepEqual(await stored(stream), { text: "In time.", status: "timeout" });
  assert.equal((await drive(stream)).response.status, 205);
});

test("a deleted stream takes its text along", async () => {
  const { prompt, stream } = await chat();
  const driver = await drive(stream);
  await model.say(prompt, "Soon gone.");
  await driver.reads("Soon gone.");
  await model.end(prompt);
  await driver.ends();
  assert.equal((await stored(stream)).status, "done");
  await app.http.mutation(api.chat.remove, { stream });
  await assert.rejects(stored(stream), /Stream not found/);
  const chunks = () => app.project.convexOk(app.server, "data", "chunks", "--limit", "100", ...COMPONENT);
  await until(async () => !(await chunks()).includes("Soon gone."), "its chunks are gone", 60_000);
});
