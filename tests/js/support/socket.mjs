// The sync protocol by hand: one socket, plain JSON messages, nothing hidden.
import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import { Inbox, within } from "./until.mjs";

export const ZERO_TS = "AAAAAAAAAAA=";

export function tsToBigInt(ts) {
  return Buffer.from(ts, "base64").readBigUInt64LE();
}

export function tsFromBigInt(ts) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
}

export class RawSocket {
  #inbox = new Inbox();
  #querySet = 0;
  #identity = 0;

  static async open(server, { version = "1.48.0", headers = {}, path } = {}) {
    const socket = new RawSocket();
    const url = `${server.webSocketUrl}${path ?? `/api/${version}/sync`}`;
    socket.ws = new WebSocket(url, { headers, perMessageDeflate: false });
    socket.closed = new Promise((done) => socket.ws.once("close", (code, reason) => done({ code, reason: `${reason}` })));
    socket.pings = 0;
    socket.ws.on("ping", () => (socket.pings += 1));
    socket.ws.on("message", (data) => socket.#inbox.push(JSON.parse(`${data}`)));
    await new Promise((opened, failed) => {
      socket.ws.once("open", opened);
      socket.ws.once("error", failed);
    });
    return socket;
  }

  /** Opens a socket and introduces itself. */
  static async connected(server, options = {}) {
    const socket = await RawSocket.open(server, options);
    socket.hello(options.connect);
    return socket;
  }

  hello(fields = {}) {
    this.sessionId = fields.sessionId ?? randomUUID();
    this.send({
      type: "Connect",
      sessionId: this.sessionId,
      connectionCount: 0,
      lastCloseReason: "InitialConnect",
      clientTs: Date.now(),
      ...fields,
    });
  }

  send(message) {
    this.ws.send(JSON.stringify(message));
  }

  sendText(text) {
    this.ws.send(text);
  }

  modify(...modifications) {
    const baseVersion = this.#querySet;
    this.#querySet += 1;
    this.send({ type: "ModifyQuerySet", baseVersion, newVersion: this.#querySet, modifications });
    return this.#querySet;
  }

  add(queryId, udfPath, args = {}, more = {}) {
    return this.modify({ type: "Add", queryId, udfPath, args: [args], ...more });
  }

  removeQuery(queryId) {
    return this.modify({ type: "Remove", queryId });
  }

  authenticate(fields) {
    const baseVersion = this.#identity;
    this.#identity += 1;
    this.send({ type: "Authenticate", baseVersion, ...fields });
  }

  mutation(requestId, udfPath, args = {}, more = {}) {
    this.send({ type: "Mutation", requestId, udfPath, args: [args], ...more });
  }

  get messages() {
    return this.#inbox.all;
  }

  get transitions() {
    return this.messages.filter((message) => message.type === "Transition");
  }

  async next(test, what, limitMs) {
    return await this.#inbox.next(test, what, limitMs);
  }

  async nextOfType(type) {
    return await this.next((message) => message.type === type, type);
  }

  /** The first Transition that has reached this query set version. */
  async reached(querySet) {
    return await this.next((m) => m.type === "Transition" && m.endVersion.querySet >= querySet, `query set ${querySet}`);
  }

  async response(requestId) {
    const isResponse = (m) => m.requestId === requestId && (m.type === "MutationResponse" || m.type === "ActionResponse");
    return await this.next(isResponse, `a response to ${requestId}`);
  }

  /** The first modification of this query that passes the test. */
  async update(queryId, test = () => true) {
    const find = (m) => m.modifications?.find((change) => change.queryId === queryId && test(change));
    return find(await this.next((m) => m.type === "Transition" && find(m), `an update of query ${queryId}`));
  }

  async close() {
    this.ws.close();
    return await within(this.closed, "the socket to close");
  }
}
