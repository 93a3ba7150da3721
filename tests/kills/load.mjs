// Callers that go on whatever happens to the server, and remember what they were promised.
import { createHash, randomBytes } from "node:crypto";
import { anyApi } from "convex/server";

const { ledger } = anyApi;
const DELAY_MS_MAX = 400;

/** What was asked for, by key, and whether the server said that it was done. */
export class Ledger {
  #made = 0;
  writes = new Map();
  mutationJobs = new Map();
  actionJobs = new Map();
  actions = new Map();
  uploads = new Map();

  key(prefix) {
    this.#made += 1;
    return `${prefix}${this.#made}`;
  }

  /** How many calls of each kind the server has said are done. */
  get acknowledged() {
    const kinds = { writes: this.writes, jobs: this.mutationJobs, actions: this.actions, uploads: this.uploads };
    return Object.entries(kinds).map(([name, promises]) => [name, [...promises.values()].filter(Boolean).length]);
  }
}

/** Starts callers of every kind; `stop()` lets each finish what it has begun. */
export function startLoad(server, client, ledgerOf, random) {
  let running = true;
  const repeat = async (once) => {
    while (running) await once();
  };
  const delayMs = () => Math.floor(random() * DELAY_MS_MAX);

  // A mutation over the socket is sent again until it is answered, so each of these is sure to be acknowledged.
  const throughSocket = async (promises, key, send) => {
    promises.set(key, false);
    await send(key);
    promises.set(key, true);
  };
  const write = () => throughSocket(ledgerOf.writes, ledgerOf.key("w"), (key) => client.mutation(ledger.write, { key }));
  const scheduleMutation = () =>
    throughSocket(ledgerOf.mutationJobs, ledgerOf.key("m"), (key) =>
      client.mutation(ledger.scheduleMutation, { key, delayMs: delayMs() }),
    );
  const scheduleAction = () =>
    throughSocket(ledgerOf.actionJobs, ledgerOf.key("s"), (key) =>
      client.mutation(ledger.scheduleAction, { key, delayMs: delayMs() }),
    );

  // These are sent once: after a kill nobody knows what became of them.
  const act = async () => {
    const key = ledgerOf.key("a");
    ledgerOf.actions.set(key, false);
    const answer = await call(server, "/api/action", { path: "ledger:act", args: { key } });
    ledgerOf.actions.set(key, answer?.status === "success");
  };
  const upload = async () => {
    const key = ledgerOf.key("u");
    const answer = await call(server, "/api/mutation", { path: "ledger:uploadUrl", args: {} });
    if (answer?.status !== "success") return;
    const body = randomBytes(1 + Math.floor(random() * 300_000));
    ledgerOf.uploads.set(key, false);
    const id = await stored(answer.value, body);
    if (id === null) return;
    ledgerOf.uploads.set(key, { id, sha256: createHash("sha256").update(body).digest("base64") });
    await throughSocket(ledgerOf.writes, key, () => client.mutation(ledger.write, { key, file: id }));
  };

  const kinds = [write, write, scheduleMutation, scheduleAction, act, act, upload];
  const ended = Promise.all(kinds.map(repeat));
  return {
    stop: async () => {
      running = false;
      await ended;
    },
  };
}

/** The answer to a call over HTTP; null when the server went away meanwhile. */
async function call(server, path, { path: name, args }) {
  try {
    const response = await fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ path: name, args, format: "json" }),
    });
    return await response.json();
  } catch {
    return await pause(null);
  }
}

async function stored(url, body) {
  try {
    const response = await fetch(url, { method: "POST", body });
    return response.ok ? (await response.json()).storageId : null;
  } catch {
    return await pause(null);
  }
}

/** A moment for a server that is away, so that nobody spins. */
const pause = (value) => new Promise((rest) => setTimeout(() => rest(value), 10));
