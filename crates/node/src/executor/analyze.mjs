// Push-time analysis: which functions the modules export, and where they were written.
import inspector from "node:inspector";

const KINDS = [
  ["Query", "isQuery", "invokeQuery"],
  ["Mutation", "isMutation", "invokeMutation"],
  ["Action", "isAction", "invokeAction"],
];

/** The functions of one evaluated module, with V8's place of each handler. */
export function functionsOf(namespace, locate) {
  const functions = [];
  for (const name of Object.keys(namespace)) {
    const found = functionOf(name, namespace[name], locate);
    if (found !== undefined) functions.push(found);
  }
  return functions;
}

function functionOf(name, f, locate) {
  if (f === null || (typeof f !== "function" && typeof f !== "object")) return;
  const kinds = KINDS.filter(([, flag]) => Object.hasOwn(f, flag));
  if (kinds.length !== 1 || typeof f[kinds[0][2]] !== "function") return;
  const isPublic = Object.hasOwn(f, "isPublic");
  const isInternal = Object.hasOwn(f, "isInternal");
  if (isPublic && isInternal) return;
  const visibility = isPublic ? "public" : isInternal ? "internal" : null;
  const text = (key) => (typeof f[key] === "function" ? f[key]() : null);
  const handler = typeof f._handler === "function" ? f._handler : f;
  const place = typeof handler === "function" ? locate(handler) : null;
  return { name, kind: kinds[0][0], visibility, args: text("exportArgs"), returns: text("exportReturns"), place };
}

/** Runs `use` with a function that finds where a function was written; V8 tells it only to its inspector. */
export function withLocations(use) {
  const session = new inspector.Session();
  session.connect();
  const scripts = new Map();
  session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
  const ask = (method, params) => {
    let answer;
    session.post(method, params, (error, result) => (answer = error ? undefined : result));
    return answer;
  };
  ask("Debugger.enable");
  const key = "__concaveLocated";
  const locate = (f) => {
    globalThis[key] = f;
    const objectId = ask("Runtime.evaluate", { expression: `globalThis.${key}` })?.result?.objectId;
    const properties = objectId && ask("Runtime.getProperties", { objectId, ownProperties: true });
    const found = properties?.internalProperties?.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value;
    if (found === undefined) return null;
    return { file: scripts.get(found.scriptId) ?? "", line: found.lineNumber + 1, column: found.columnNumber + 1 };
  };
  try {
    return use(locate);
  } finally {
    delete globalThis[key];
    session.disconnect();
  }
}
