// The `Convex` object of the client library, the environment, and the globals queries and mutations must not use.
(host, shared) => {
  const { hidden } = shared;

  const actionOnly = (thing) =>
    `Can't use ${thing} in queries and mutations. Please consider using an action. ` +
    "See https://docs.convex.dev/functions/actions for more details.";
  shared.actionOnly = actionOnly;

  hidden(globalThis, "Convex", {
    syscall: host.syscall,
    asyncSyscall: host.asyncSyscall,
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
