// What only actions may do: operations that take time, timers, and the calls that pass objects instead of JSON.
//
// `shared.startOp(what, name, text, bytes)` starts an operation of the host and returns `[id, promise]`. `what` is
// how a developer knows it, for the refusal in queries and mutations. The promise holds what the host answered: a
// string, a `Uint8Array`, a pair of both, or null. `host.cancelOp(id)` forgets an operation: its promise stays
// pending. Whatever has a lifetime (a body, a file) is an integer in a table of the host, never an object here.
(host, shared) => {
  const { hidden, actionOnly } = shared;

  const startOp = (what, name, text, bytes) => {
    if (host.phase() !== "action") throw new Error(actionOnly(what));
    return host.startOp(name, text, bytes);
  };
  shared.startOp = startOp;

  const DELAY_MAX = 0x7fffffff;
  const timers = new Map();
  let timersMade = 0;
  const delayOf = (value) => {
    const delay = Number(value);
    return delay >= 1 && delay <= DELAY_MAX ? delay : 1;
  };
  const arm = (id, delay, fire) => {
    const [op, elapsed] = host.startOp("timer", String(delay));
    timers.set(id, op);
    // What the callback throws rejects this promise, which nobody handles: the action fails.
    elapsed.then(() => {
      if (timers.get(id) === op) fire();
    });
  };
  const timer = (what, callback, delay, fire) => {
    if (host.phase() !== "action") throw new Error(actionOnly(what));
    if (typeof callback === "string") shared.notImplemented("string handler", what);
    if (typeof callback !== "function") throw new TypeError(`${what}: the handler must be a function`);
    const id = ++timersMade;
    arm(id, delay, () => fire(id));
    return id;
  };
  hidden(globalThis, "setTimeout", function setTimeout(callback, delay, ...args) {
    return timer("setTimeout", callback, delayOf(delay), (id) => {
      timers.delete(id);
      callback(...args);
    });
  });
  hidden(globalThis, "setInterval", function setInterval(callback, delay, ...args) {
    const period = delayOf(delay);
    const fire = (id) => {
      arm(id, period, () => fire(id));
      callback(...args);
    };
    return timer("setInterval", callback, period, fire);
  });
  const clear = (id) => {
    const op = timers.get(id);
    if (op === undefined) return;
    timers.delete(id);
    host.cancelOp(op);
  };
  hidden(globalThis, "clearTimeout", function clearTimeout(id) {
    clear(id);
  });
  hidden(globalThis, "clearInterval", function clearInterval(id) {
    clear(id);
  });

  hidden(AbortSignal, "timeout", function timeout(delay) {
    const controller = new AbortController();
    timer("AbortSignal.timeout()", () => {}, delayOf(delay), (id) => {
      timers.delete(id);
      controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    });
    return controller.signal;
  });

  const storeBlob = async ({ requestId, version, blob, options }) => {
    if (!(blob instanceof Blob)) {
      throw new Error(
        "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.",
      );
    }
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const args = JSON.stringify({ requestId, version, contentType: blob.type, sha256: options?.sha256 });
    const [, stored] = startOp("storage.store()", "storage/storeBlob", args, bytes);
    return JSON.parse(await stored);
  };
  const getBlob = async (args) => {
    const [, found] = startOp("storage.get()", "storage/getBlob", JSON.stringify(args));
    const file = await found;
    return file === null ? null : new Blob([file[1]], { type: file[0] });
  };

  const calls = { "storage/storeBlob": storeBlob, "storage/getBlob": getBlob };
  shared.jsSyscalls = calls;
  hidden(Convex, "jsSyscall", function jsSyscall(name, args) {
    if (name === "storage/storeBlob" && host.phase() !== "action") throw new Error(actionOnly("storage.store()"));
    if (name === "storage/getBlob" && host.phase() !== "action") throw new Error(actionOnly("storage.get()"));
    if (!Object.hasOwn(calls, name)) return host.fail(`Unknown JS syscall: ${name}`);
    return calls[name](args);
  });
};
