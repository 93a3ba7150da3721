// What user modules of the tests import, in the shape that bundles of the official library have.
export class ConvexError extends Error {
  name = "ConvexError";
  [Symbol.for("ConvexError")] = true;
  constructor(data) {
    super(typeof data === "string" ? data : JSON.stringify(data));
    this.data = data;
  }
}

const perform = async (name, args) => {
  let text;
  try {
    text = await Convex.asyncSyscall(name, JSON.stringify(args));
  } catch (e) {
    if (e.data !== undefined) throw Object.assign(new ConvexError(e.message), { data: e.data });
    throw new Error(e.message);
  }
  return JSON.parse(text);
};

const context = (requestId) => ({
  runQuery: (name, args = {}) => perform("1.0/actions/query", { name, args, version: "1.48.0", requestId }),
  runMutation: (name, args = {}) => perform("1.0/actions/mutation", { name, args, version: "1.48.0", requestId }),
  metadata: () => perform("1.0/getFunctionMetadata", {}),
  store: (blob, options) => Convex.jsSyscall("storage/storeBlob", { requestId, version: "1.48.0", blob, options }),
  get: (storageId) => Convex.jsSyscall("storage/getBlob", { requestId, version: "1.48.0", storageId }),
});

const define = (flag, invoke, visibility) => (handler, args = '{"type":"any"}', returns = "null") =>
  Object.assign(() => {}, {
    [flag]: true,
    ...(visibility ? { [visibility]: true } : {}),
    _handler: handler,
    exportArgs: () => args,
    exportReturns: () => returns,
    [invoke]: async (requestId, argsText) => {
      try {
        return JSON.stringify((await handler(context(requestId), ...JSON.parse(argsText))) ?? null);
      } catch (e) {
        if (e instanceof ConvexError) e.data = JSON.stringify(e.data);
        throw e;
      }
    },
  });

export const action = define("isAction", "invokeAction", "isPublic");
export const internalAction = define("isAction", "invokeAction", "isInternal");
export const legacyAction = define("isAction", "invokeAction");
export const query = define("isQuery", "invokeQuery", "isPublic");
