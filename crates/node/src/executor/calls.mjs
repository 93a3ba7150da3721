// The calls under way, and which of them the running code belongs to.
import { AsyncLocalStorage } from "node:async_hooks";
import { describe } from "./errors.mjs";

/** Holds a Call, or `{ importing: true, call }` while modules are evaluated. */
export const context = new AsyncLocalStorage();

/** Running calls by token: the request id user code echoes in its operations. */
const active = new Map();
let channel;

export function setChannel(open) {
  channel = open;
}

export class Call {
  constructor(id) {
    this.id = id;
    this.token = `call-${id}`;
    this.operations = new Map();
    this.finished = false;
    this.lines = 0;
    this.characters = 0;
    this.timers = new Map();
    this.importMs = 0;
    this.runMs = 0;
    active.set(this.token, this);
  }

  send(header, body) {
    if (this.finished) return Promise.resolve();
    return channel.send({ call: this.id, ...header }, body);
  }

  /** Ends the call; whatever it still does afterwards concerns nobody. */
  finish(header, body) {
    if (this.finished) return;
    const { importMs, runMs } = this;
    this.send({ type: "done", importMs, runMs, rss: process.memoryUsage.rss(), ...header }, body);
    this.finished = true;
    this.operations.clear();
    active.delete(this.token);
  }

  fail(kind, error, name) {
    const told = describe(error);
    if (name !== undefined) told.name = name;
    this.finish({ outcome: "error", kind, ...told });
  }
}

export function callOfToken(token) {
  return active.get(token);
}

export function callOfId(id) {
  return active.get(`call-${id}`);
}

/** The call the running code belongs to: undefined outside of any, a finished one for leftovers. */
export function currentCall() {
  const store = context.getStore();
  if (store === undefined) return undefined;
  return store instanceof Call ? store : store.call;
}

export function isImporting() {
  return context.getStore()?.importing === true;
}

/** Like `currentCall`, but code outside of every call belongs to the only call there is. */
export function likelyCall() {
  const call = currentCall();
  if (call !== undefined || active.size !== 1) return call;
  return active.values().next().value;
}

/** No new calls come here; those under way may end. */
export function drain() {
  channel.send({ type: "draining" });
}

/** Something happened that no `catch` of ours can see: it ends its call, or every call when it has none. */
export function failFromEvent(event, error) {
  const call = currentCall();
  drain();
  if (call !== undefined) return call.fail("event", error, event);
  for (const each of [...active.values()]) each.fail("event", error, event);
}
