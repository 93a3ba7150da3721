// The `Convex` object of the client library, the environment, and the globals queries and mutations must not use.
(host, shared) => {
  const { hidden } = shared;

  const actionOnly = (thing) =>
    `Can't use ${thing} in queries and mutations. Please consider using an action. ` +
    "See https://docs.convex.dev/functions/actions for more details.";
  shared.actionOnly = actionOnly;

  // Native answers for functions that Rust recognised (`known.rs`); `undefined` where they have to do it themselves.
  const { stringify } = JSON;
  const op = (name, password, salt, options) => {
    const isBytes = (value) => value instanceof Uint8Array;
    if (name !== "scrypt" || !isBytes(password) || !isBytes(salt)) return undefined;
    const { N: cost, r: blockSize, p: parallelization, dkLen = 32 } = options;
    const answer = host.subtle(name, stringify({ cost, blockSize, parallelization, bits: 8 * dkLen }), password, salt);
    return typeof answer === "string" ? undefined : answer[0];
  };

  hidden(globalThis, "Convex", {
    syscall: host.syscall,
    asyncSyscall: host.asyncSyscall,
    op,
  });

  const env = new Proxy(
    {},
    {
      get(_target, name) {
        return typeof name === "string" ? host.env(name) : undefined;
      },
    },
  );
  shared.processEnv = env;
  hidden(globalThis, "process", { env });
  hidden(globalThis, "self", globalThis);

  hidden(globalThis, "fetch", async function fetch(input, init = undefined) {
    if (host.phase() !== "action") throw new Error(actionOnly("fetch()"));
    return shared.part("http/fetch").fetch(input, init);
  });
  hidden(globalThis, "queueMicrotask", function queueMicrotask(callback) {
    if (typeof callback !== "function") throw new TypeError("queueMicrotask: argument must be a function");
    Promise.resolve().then(() => callback());
  });
};
