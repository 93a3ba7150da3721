// structuredClone, Headers and Blob.
(host, shared) => {
  const { hidden, isError } = shared;
  const { apply } = Reflect;

  const notCloneable = (value) => {
    let text;
    try {
      text = typeof value === "symbol" ? value.toString() : typeof value === "function" ? `${value.name || "function"}` : String(value);
    } catch {
      text = "value";
    }
    return new DOMException(`${text} could not be cloned.`, "DataCloneError");
  };
  const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const getTime = Date.prototype.getTime;
  const holds = (method, value) => {
    try {
      apply(method, value, []);
      return true;
    } catch {
      return false;
    }
  };
  const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
  const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size").get;
  const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get;

  const typedName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array).prototype, Symbol.toStringTag).get;
  const VIEWS = {};
  for (const name of Reflect.ownKeys(globalThis)) {
    if (typeof name === "string" && /^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/.test(name)) VIEWS[name] = globalThis[name];
  }

  const cloneError = (value, clone, seen) => {
    const Constructor = ERRORS[String(value.name)] ?? Error;
    const { value: message } = Object.getOwnPropertyDescriptor(value, "message") ?? {};
    const error = new Constructor(message === undefined ? undefined : String(message));
    seen.set(value, error);
    hidden(error, "stack", value.stack);
    if (Object.hasOwn(value, "cause")) hidden(error, "cause", clone(value.cause, seen));
    return error;
  };

  const iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  const NOT_CLONEABLE = [Promise.prototype, WeakMap.prototype, WeakSet.prototype, WeakRef.prototype, Symbol.prototype, iterators];
  const isPrototypeOf = (prototype, value) => apply(Object.prototype.isPrototypeOf, prototype, [value]);

  const clone = (value, seen) => {
    if (typeof value === "function" || typeof value === "symbol") throw notCloneable(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => {
      seen.set(value, copy);
      return copy;
    };
    if (Array.isArray(value)) {
      const copy = keep(new Array(value.length));
      for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
      return copy;
    }
    if (holds(getTime, value)) return keep(new Date(apply(getTime, value, [])));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (holds(byteLength, value)) return keep(ArrayBuffer.prototype.slice.call(value, 0));
    if (ArrayBuffer.isView(value)) {
      const buffer = clone(value.buffer, seen);
      const length = value instanceof DataView ? value.byteLength : value.length;
      const Constructor = value instanceof DataView ? DataView : VIEWS[apply(typedName, value, [])];
      return keep(new Constructor(buffer, value.byteOffset, length));
    }
    if (holds(mapSize, value)) {
      const copy = keep(new Map());
      for (const [key, item] of Array.from(Map.prototype.entries.call(value))) copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    if (holds(setSize, value)) {
      const copy = keep(new Set());
      for (const item of Array.from(Set.prototype.values.call(value))) copy.add(clone(item, seen));
      return copy;
    }
    if (value instanceof DOMException) return keep(new DOMException(value.message, value.name));
    if (isError(value)) return cloneError(value, clone, seen);
    for (const Box of [Number, String, Boolean, BigInt]) {
      if (value instanceof Box) return keep(Object(value.valueOf()));
    }
    if (NOT_CLONEABLE.some((prototype) => isPrototypeOf(prototype, value))) throw notCloneable(value);
    const copy = keep({});
    for (const key of Object.keys(value)) {
      // What a getter has deleted meanwhile is not there any more.
      if (Object.hasOwn(value, key)) copy[key] = clone(value[key], seen);
    }
    return copy;
  };
  hidden(globalThis, "structuredClone", function structuredClone(value) {
    if (arguments.length === 0) throw new TypeError("structuredClone: a value is required");
    return clone(value, new Map());
  });

  const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const headerName = (name) => {
    const text = `${name}`;
    if (!NAME.test(text)) throw new TypeError(`Invalid header name: ${text}`);
    return text.toLowerCase();
  };
  const headerValue = (value) => {
    const text = `${value}`.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
    if (/[\0\n\r]|[^\0-\xff]/.test(text)) throw new TypeError(`Invalid header value: ${text}`);
    return text;
  };

  const need = (count, given, method) => {
    if (given.length < count) throw new TypeError(`Headers.${method}: ${count} arguments are required`);
  };
  class Headers {
    #lists = new Map();
    // What iterating shows, until something changes.
    #pairs = undefined;
    #isImmutable = false;
    constructor(init = undefined) {
      if (init === undefined) return;
      if ((typeof init !== "object" && typeof init !== "function") || init === null) throw new TypeError("Headers: expected an object or an iterable of pairs");
      const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.keys(init).map((name) => [name, init[name]]);
      for (const pair of pairs) {
        const items = Array.from(pair);
        if (items.length !== 2) throw new TypeError("Headers: each pair must have a name and a value");
        this.append(items[0], items[1]);
      }
    }
    #change() {
      if (this.#isImmutable) throw new TypeError("These headers are immutable: make a new Response, which has headers of its own");
      this.#pairs = undefined;
    }
    append(name, value) {
      need(2, arguments, "append");
      const key = headerName(name);
      this.#change();
      const list = this.#lists.get(key);
      if (list === undefined) this.#lists.set(key, [headerValue(value)]);
      else list.push(headerValue(value));
    }
    delete(name) {
      need(1, arguments, "delete");
      const key = headerName(name);
      this.#change();
      this.#lists.delete(key);
    }
    get(name) {
      need(1, arguments, "get");
      return this.#lists.get(headerName(name))?.join(", ") ?? null;
    }
    getSetCookie() {
      return [...(this.#lists.get("set-cookie") ?? [])];
    }
    has(name) {
      need(1, arguments, "has");
      return this.#lists.has(headerName(name));
    }
    set(name, value) {
      need(2, arguments, "set");
      const [key, list] = [headerName(name), [headerValue(value)]];
      this.#change();
      this.#lists.set(key, list);
    }
    // Every value of `set-cookie` by itself, the values of any other name together; in the order of the names.
    #sorted() {
      this.#pairs ??= [...this.#lists.keys()].sort().flatMap((key) => {
        const list = this.#lists.get(key);
        return key === "set-cookie" ? list.map((value) => [key, value]) : [[key, list.join(", ")]];
      });
      return this.#pairs;
    }
    get [Symbol.toStringTag]() {
      return "Headers";
    }
    static {
      shared.iterablePairs(this, (headers) => headers.#sorted());
      // The same headers, which nobody can change any more.
      shared.immutableHeaders = (headers) => {
        headers.#isImmutable = true;
        return headers;
      };
      // A copy that may be changed as far as the original.
      shared.copyHeaders = (headers) => {
        const copy = new Headers(headers);
        copy.#isImmutable = headers.#isImmutable;
        return copy;
      };
    }
  }
  hidden(Headers.prototype, Symbol.for("nodejs.util.inspect.custom"), function (_depth, _options, inspect) {
    return `Headers ${inspect(Object.fromEntries(this.entries()))}`;
  });

  class Blob {
    #bytes;
    #type;
    static {
      // The bytes of a Blob, not to be changed; undefined for anything else.
      shared.blobBytes = (value) => (typeof value === "object" && value !== null && #bytes in value ? value.#bytes : undefined);
    }
    constructor(parts = [], options = {}) {
      if (typeof parts !== "object" || parts === null || typeof parts[Symbol.iterator] !== "function") {
        throw new TypeError("Blob: the first argument must be an iterable of parts");
      }
      if (options !== null && typeof options !== "object" && typeof options !== "function") throw new TypeError("Blob: the options must be an object");
      const { endings: given = "transparent", type: kind = "" } = options ?? {};
      const endings = `${given}`;
      if (endings !== "transparent" && endings !== "native") throw new TypeError(`Blob: '${endings}' is not a kind of line endings`);
      const chunks = Array.from(parts, (part) => {
        if (typeof part === "object" && part !== null) {
          if (#bytes in part) return part.#bytes;
          if (part instanceof ArrayBuffer || ArrayBuffer.isView(part)) return shared.bytesOf(part);
        }
        const text = `${part}`.toWellFormed();
        return host.utf8Encode(endings === "native" ? text.replace(/\r\n?/g, "\n") : text);
      });
      this.#bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      let at = 0;
      for (const chunk of chunks) {
        this.#bytes.set(chunk, at);
        at += chunk.length;
      }
      const type = `${kind}`;
      this.#type = /[^\x20-\x7e]/.test(type) ? "" : type.toLowerCase();
    }
    get size() {
      return this.#bytes.length;
    }
    get type() {
      return this.#type;
    }
    async text() {
      const text = host.utf8Decode(this.#bytes, false);
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
    async arrayBuffer() {
      return this.#bytes.slice().buffer;
    }
    async bytes() {
      return this.#bytes.slice();
    }
    slice(start = undefined, end = undefined, type = "") {
      const blob = new Blob([], { type });
      blob.#bytes = this.#bytes.slice(start, end);
      return blob;
    }
    get [Symbol.toStringTag]() {
      return "Blob";
    }
  }

  class Crypto {
    getRandomValues(array) {
      const tag = ArrayBuffer.isView(array) && !(array instanceof DataView) ? array[Symbol.toStringTag] : "";
      if (tag === "" || tag.startsWith("Float")) {
        throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
      }
      if (array.byteLength > 65536) {
        throw new DOMException(`The requested length exceeds 65,536 bytes: ${array.byteLength}`, "QuotaExceededError");
      }
      host.randomFill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      return array;
    }
    randomUUID() {
      const bytes = new Uint8Array(16);
      host.randomFill(bytes);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    }
    get [Symbol.toStringTag]() {
      return "Crypto";
    }
  }
  hidden(globalThis, "Crypto", Crypto);
  hidden(globalThis, "crypto", new Crypto());
  hidden(globalThis, "Headers", Headers);
  hidden(globalThis, "Blob", Blob);
};
