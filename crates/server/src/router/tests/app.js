// A small app in the shape that bundles of the official library have.
const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args)));
const define = (flag, invoke, visibility) => (handler) => ({
  [flag]: true, [visibility]: true,
  exportArgs: () => '{"type":"any"}', exportReturns: () => "null",
  [invoke]: async (...args) => JSON.stringify((await handler(...JSON.parse(args.at(-1)))) ?? null),
});
const query = define("isQuery", "invokeQuery", "isPublic");
const internalQuery = define("isQuery", "invokeQuery", "isInternal");
const mutation = define("isMutation", "invokeMutation", "isPublic");
const action = define("isAction", "invokeAction", "isPublic");
const marker = Symbol.for("ConvexError");
const convexError = (data) =>
  Object.assign(new Error("oops"), { data: JSON.stringify(data), ConvexErrorSymbol: marker, [marker]: true });

export const echo = query(async (args) => args);
export const hello = query(async () => { console.log("hi"); return 1; });
export const fail = query(async () => { throw new Error("boom"); });
export const refuse = query(async () => { throw convexError({ big: { $integer: "AQAAAAAAAAA=" } }); });
export const hidden = internalQuery(async () => "hidden");
export const whoami = query(async () => (await call("1.0/getUserIdentity", { requestId: "" }))?.tokenIdentifier ?? null);
const countNotes = async () => {
  const query = { source: { type: "FullTableScan", tableName: "notes", order: null }, operators: [] };
  const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query, version: "1.48.0" })));
  for (let rows = 0; ; rows++) if ((await call("1.0/queryStreamNext", { queryId })).done) return rows;
};
export const count = query(countNotes);
// Gives others time to change what it read.
export const slowly = mutation(async () => {
  await countNotes();
  const end = performance.now() + 50;
  while (performance.now() < end);
  await call("1.0/insert", { table: "done", value: {} });
});
export const add = mutation(async () => (await call("1.0/insert", { table: "notes", value: {} }))._id);
export const token = mutation(async (options) => call("1.0/signJwt", { requestId: "", version: "1.48.0", ...options }));
export const requestMetadata = mutation(async () => call("1.0/getRequestMetadata", {}));
export const audited = mutation(async (body) => call("1.0/auditLog", { body, version: "1.48.0" }));
export const addLate = action(async ({ ms }) => {
  console.log("asleep");
  await new Promise((resolve) => setTimeout(resolve, ms));
  await call("1.0/actions/mutation", { name: "app:add", args: {}, version: "1.48.0", requestId: "" });
});
