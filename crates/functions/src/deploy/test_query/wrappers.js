// What a query typed on the command line or in the dashboard imports: `query`, with a `ctx` that reads.
// Values travel as encoded JSON: {"$integer"}, {"$float"}, {"$bytes"} hold base64 of little-endian bytes.

const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const textOf = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
const wide = (write) => {
  const view = new DataView(new ArrayBuffer(8));
  write(view);
  return textOf(view.buffer);
};

const decode = (json) => {
  if (Array.isArray(json)) return json.map(decode);
  if (json === null || typeof json !== "object") return json;
  const entries = Object.entries(json);
  if (entries.length === 1 && entries[0][0].startsWith("$")) {
    const [[tag, text]] = entries;
    if (tag === "$bytes") return bytesOf(text).buffer;
    const view = () => new DataView(bytesOf(text).buffer);
    if (tag === "$integer") return view().getBigInt64(0, true);
    if (tag === "$float") return view().getFloat64(0, true);
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, decode(value)]));
};

const encode = (value) => {
  if (typeof value === "bigint") {
    if (value !== BigInt.asIntN(64, value)) throw new Error(`BigInt ${value} does not fit into a 64-bit signed integer.`);
    return { $integer: wide((view) => view.setBigInt64(0, value, true)) };
  }
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $float: wide((view) => view.setFloat64(0, value, true)) };
  }
  if (value === null || ["number", "string", "boolean"].includes(typeof value)) return value;
  if (value instanceof ArrayBuffer) return { $bytes: textOf(value) };
  if (Array.isArray(value)) return value.map(encode);
  const plain = typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!plain) throw new Error(`${typeof value === "object" ? value.constructor?.name : String(value)} is not a supported Convex type.`);
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined).map(([key, field]) => [key, encode(field)]));
};
const encodeOptional = (value) => (value === undefined ? { $undefined: null } : encode(value));

const call = async (name, args) => {
  let text;
  try {
    text = await Convex.asyncSyscall(name, JSON.stringify(args));
  } catch (error) {
    throw Object.assign(new Error(error.message), error.data === undefined ? {} : { data: decode(error.data) });
  }
  return decode(JSON.parse(text));
};
const version = "1.48.0";

// Expressions of `.filter((q) => …)`.
class Expression {
  constructor(json) {
    this.json = json;
  }
}
const expression = (value) => (value instanceof Expression ? value.json : { $literal: encodeOptional(value) });
const filters = { field: (path) => new Expression({ $field: path }) };
for (const name of ["eq", "neq", "lt", "lte", "gt", "gte", "add", "sub", "mul", "div", "mod"]) {
  filters[name] = (a, b) => new Expression({ ["$" + name]: [expression(a), expression(b)] });
}
for (const name of ["and", "or"]) {
  filters[name] = (...parts) => new Expression({ ["$" + name]: parts.map(expression) });
}
for (const name of ["neg", "not"]) {
  filters[name] = (part) => new Expression({ ["$" + name]: expression(part) });
}

const rangeBuilder = (range) => {
  const builder = {};
  for (const [name, type] of [["eq", "Eq"], ["gt", "Gt"], ["gte", "Gte"], ["lt", "Lt"], ["lte", "Lte"]]) {
    builder[name] = (fieldPath, value) => {
      range.push({ type, fieldPath, value: encodeOptional(value) });
      return builder;
    };
  }
  return builder;
};
const searchBuilder = (conditions) => ({
  search(fieldPath, value) {
    conditions.push({ type: "Search", fieldPath, value });
    return this;
  },
  eq(fieldPath, value) {
    conditions.push({ type: "Eq", fieldPath, value: encodeOptional(value) });
    return this;
  },
});

class Query {
  constructor(table, source, operators = []) {
    Object.assign(this, { table, source, operators });
  }
  with(operator) {
    return new Query(this.table, this.source, [...this.operators, operator]);
  }
  fullTableScan() {
    return this;
  }
  withIndex(name, build) {
    const range = [];
    build?.(rangeBuilder(range));
    return new Query(this.table, { type: "IndexRange", indexName: `${this.table}.${name}`, range, order: null }, this.operators);
  }
  withSearchIndex(name, build) {
    const conditions = [];
    build(searchBuilder(conditions));
    return new Query(this.table, { type: "Search", indexName: `${this.table}.${name}`, filters: conditions }, this.operators);
  }
  order(order) {
    return new Query(this.table, { ...this.source, order }, this.operators);
  }
  filter(build) {
    return this.with({ filter: expression(build(filters)) });
  }
  limit(count) {
    return this.with({ limit: count });
  }
  async *[Symbol.asyncIterator]() {
    const query = { source: this.source, operators: this.operators };
    const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query, version })));
    try {
      for (;;) {
        const { value, done } = await call("1.0/queryStreamNext", { queryId });
        if (done) return;
        yield value;
      }
    } finally {
      Convex.syscall("1.0/queryCleanup", JSON.stringify({ queryId }));
    }
  }
  async collect() {
    const documents = [];
    for await (const document of this) documents.push(document);
    return documents;
  }
  take(count) {
    return this.limit(count).collect();
  }
  async first() {
    return (await this.take(1))[0] ?? null;
  }
  async unique() {
    const [document, another] = await this.take(2);
    if (another === undefined) return document ?? null;
    throw new Error(`unique() query returned more than one result from table ${this.table}:\n [${document._id}, ${another._id}, ...]`);
  }
  count() {
    return call("1.0/count", { table: this.table });
  }
  paginate({ cursor, endCursor, numItems, maximumRowsRead, maximumBytesRead }) {
    const query = { source: this.source, operators: this.operators };
    const page = { cursor, endCursor: endCursor ?? null, pageSize: numItems, maximumRowsRead, maximumBytesRead };
    return call("1.0/queryPage", { query, ...page, version });
  }
}

const reader = (isSystem) => ({
  get: (first, second) => {
    const [id, table] = second === undefined ? [first] : [second, first];
    return call("1.0/get", { id, isSystem, version, table });
  },
  query: (table) => new Query(table, { type: "FullTableScan", tableName: table, order: null }),
  normalizeId: (table, idString) => JSON.parse(Convex.syscall("1.0/db/normalizeId", JSON.stringify({ table, idString }))).id,
});

const ctx = {
  db: { ...reader(false), system: reader(true) },
  auth: { getUserIdentity: () => call("1.0/getUserIdentity", { requestId: "" }) },
  storage: { getUrl: (storageId) => call("1.0/storageGetUrl", { requestId: "", version, storageId }) },
  runQuery: (name, args = {}) => call("1.0/runUdf", { udfType: "query", name, args: encode(args) }),
};

const define = (visibility) => (definition) => {
  const handler = typeof definition === "function" ? definition : definition.handler;
  return Object.assign(() => {}, {
    isQuery: true,
    [visibility]: true,
    _handler: handler,
    exportArgs: () => '{"type":"any"}',
    exportReturns: () => "null",
    invokeQuery: async (args) => {
      const result = await handler(ctx, ...decode(JSON.parse(args)));
      return JSON.stringify(encode(result === undefined ? null : result));
    },
  });
};

export const query = define("isPublic");
export const internalQuery = define("isInternal");
