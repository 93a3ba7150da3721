// What user modules of the tests import, in the shape that bundles of the official library have.
export const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args)));
export const db = {
  get: (id) => call("1.0/get", { id, isSystem: false, version: "1.48.0" }),
  insert: async (table, value) => (await call("1.0/insert", { table, value }))._id,
  patch: (id, value) => call("1.0/shallowMerge", { id, value }),
  all: (table) => rows({ type: "FullTableScan", tableName: table, order: null }),
  index: (table, index, value) => {
    const range = [{ type: "Eq", fieldPath: "author", value }];
    return rows({ type: "IndexRange", indexName: `${table}.${index}`, range, order: null });
  },
};
const rows = async (source) => {
  const query = { source, operators: [] };
  const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query, version: "1.48.0" })));
  const rows = [];
  for (;;) {
    const { value, done } = await call("1.0/queryStreamNext", { queryId });
    if (done) return rows;
    rows.push(value);
  }
};
const define = (flag, invoke, visibility) => (handler, args = '{"type":"any"}', returns = "null") => {
  const f = () => {};
  return Object.assign(f, {
    [flag]: true, [visibility]: true, _handler: handler,
    exportArgs: () => args, exportReturns: () => returns,
    [invoke]: async (argsText) => JSON.stringify((await handler(...JSON.parse(argsText))) ?? null),
  });
};
export const query = define("isQuery", "invokeQuery", "isPublic");
export const mutation = define("isMutation", "invokeMutation", "isPublic");
const withRequestId = (f) => Object.assign(f, { invokeAction: ((invoke) => (_id, args) => invoke(args))(f.invokeAction) });
export const action = (...all) => withRequestId(define("isAction", "invokeAction", "isPublic")(...all));
export const internalQuery = define("isQuery", "invokeQuery", "isInternal");
export const internalMutation = define("isMutation", "invokeMutation", "isInternal");
export const httpAction = (handler) => Object.assign(() => {}, { isHttp: true, _handler: handler, invokeHttpAction: handler });
export const cronJobs = (jobs) => ({ isCrons: true, export: () => JSON.stringify(jobs) });
export const httpRouter = (routes) => ({ isRouter: true, getRoutes: () => routes, lookup() {}, runRequest() {} });
