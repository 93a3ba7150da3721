// The `Convex` object of the client library: operations travel to the server and their answers come back.
import { callOfToken, currentCall, isImporting } from "./calls.mjs";

const OPERATIONS_MAX = 1000;
const CHUNK_BYTES_MAX = 64 * 1024;
/** Chunks of one upload the server has not taken yet. */
const CHUNKS_AHEAD = 2;

const IMPORTING = "Cannot invoke syscall during module imports";
const INVALID =
  "Invalid syscall. The Convex syscalls are for internal Convex use and should not be called directly.";
const LEFTOVER =
  "Leftover state detected. This typically happens if there are dangling promises from a previous request. " +
  "Did you forget to await your promises?";
const TOO_MANY =
  "Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information.";
const DATABASE =
  "The Convex database object is being used outside of a Convex query or mutation. " +
  "Did you mean to call a query or mutation with `ctx.runQuery` or `ctx.runMutation`?";
const NOT_A_BLOB =
  "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.";

const DATABASE_OPERATIONS = new Set(
  ["get", "insert", "shallowMerge", "replace", "remove", "count", "db/normalizeId", "queryStream"]
    .concat("queryStreamNext", "queryCleanup", "queryPage")
    .map((name) => `1.0/${name}`),
);
/** Operations whose arguments name the call they belong to. */
const NAMES_ITS_CALL = /^1\.0\/(actions\/|storage|getUserIdentity$|signJwt$)/;

let operationNext = 1;
/** Operations by number, of all calls. */
const operations = new Map();

/** The call an operation belongs to; throws for what is left over from an earlier one. */
function callOf(args, mustName) {
  if (isImporting()) throw new Error(IMPORTING);
  const token = args?.requestId;
  if (token !== undefined && typeof token !== "string") throw new Error(INVALID);
  if (token === undefined && mustName) throw new Error(INVALID);
  const call = token === undefined ? currentCall() : callOfToken(token);
  if (call === undefined && token === undefined) throw new Error(INVALID);
  if (call === undefined || call.finished) throw new Error(LEFTOVER);
  return call;
}

function start(call, name, header, body) {
  if (call.operations.size >= OPERATIONS_MAX) throw new Error(TOO_MANY);
  const op = operationNext++;
  const operation = { op, call, name, credit: CHUNKS_AHEAD, chunks: [] };
  operation.answer = new Promise((resolve, reject) => Object.assign(operation, { resolve, reject }));
  operations.set(op, operation);
  call.operations.set(op, operation);
  call.send({ op, ...header }, body);
  return operation;
}

async function asyncSyscall(name, argsText) {
  if (DATABASE_OPERATIONS.has(name)) throw new Error(DATABASE);
  let args;
  try {
    args = JSON.parse(argsText);
  } catch (error) {
    throw new Error(`Received invalid json: ${error.message}`);
  }
  const call = callOf(args, NAMES_ITS_CALL.test(name));
  return start(call, name, { type: "syscall", name }, argsText).answer;
}

function syscall(name) {
  if (isImporting()) throw new Error(IMPORTING);
  throw new Error(DATABASE_OPERATIONS.has(name) ? DATABASE : `Unknown operation ${name}`);
}

function jsSyscall(name, args) {
  if (name === "storage/storeBlob") return storeBlob(args);
  if (name === "storage/getBlob") return getBlob(args);
  throw new Error(`Unknown JS syscall: ${name}`);
}

async function storeBlob(args) {
  const call = callOf(args, true);
  const { blob, options } = args;
  if (!(blob instanceof Blob)) throw new Error(NOT_A_BLOB);
  const sha256 = options?.sha256 ?? null;
  const header = { type: "store", contentType: blob.type || null, size: blob.size, sha256 };
  const operation = start(call, name("storeBlob"), header);
  sendChunks(operation, blob).catch(operation.reject);
  return JSON.parse(await operation.answer);
}

async function sendChunks(operation, blob) {
  const { op, call } = operation;
  let sent = 0;
  do {
    while (operation.credit === 0) await new Promise((more) => (operation.more = more));
    const end = Math.min(sent + CHUNK_BYTES_MAX, blob.size);
    const bytes = Buffer.from(await blob.slice(sent, end).arrayBuffer());
    if (call.finished || !operations.has(op)) return;
    operation.credit -= 1;
    sent = end;
    call.send({ type: "chunk", op, last: sent === blob.size }, bytes);
  } while (sent < blob.size);
}

async function getBlob(args) {
  const call = callOf(args, true);
  const { storageId } = args;
  return start(call, name("getBlob"), { type: "get", storageId: String(storageId) }).answer;
}

const name = (operation) => `storage/${operation}`;

/** What a developer calls the operation. */
export const shortName = (operation) => operation.name.slice(operation.name.lastIndexOf("/") + 1);

function settle(op) {
  const operation = operations.get(op);
  operations.delete(op);
  operation?.call.operations.delete(op);
  return operation;
}

/** Forgets the operations of a call that ended. */
export function forget(call) {
  for (const op of call.operations.keys()) operations.delete(op);
}

/** What the server answers, by frame type. */
export const answers = {
  reply({ op }, body) {
    settle(op)?.resolve(body.toString());
  },
  refuse({ op, message, data }) {
    const error = new Error(message);
    if (data !== undefined && data !== null) error.data = JSON.parse(data);
    settle(op)?.reject(error);
  },
  more({ op }) {
    const operation = operations.get(op);
    if (operation === undefined) return;
    operation.credit += 1;
    operation.more?.();
  },
  missing({ op }) {
    settle(op)?.resolve(null);
  },
  part({ op, last, contentType }, body) {
    const operation = operations.get(op);
    if (operation === undefined) return;
    // The body is a view of the receive buffer, and a Blob copies it.
    operation.chunks.push(new Blob([body]));
    if (last) settle(op).resolve(new Blob(operation.chunks, { type: contentType ?? "" }));
  },
};

export function install() {
  const Convex = Object.freeze({ syscall, asyncSyscall, jsSyscall });
  Object.defineProperty(globalThis, "Convex", { value: Convex, configurable: true });
}
