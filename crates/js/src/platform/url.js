// URL and URLSearchParams; parsing and changing a URL is the host's work.
(host, shared) => {
  const { hidden } = shared;
  const PARTS = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

  const text = (value) => `${value}`.toWellFormed();
  const encode = (value) =>
    encodeURIComponent(value)
      .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(/%20/g, "+");
  const decodePercent = (text) => {
    const bytes = host.utf8Encode(text.replace(/\+/g, " "));
    const out = new Uint8Array(bytes.length);
    const hex = (byte) => Number.parseInt(String.fromCharCode(byte), 16);
    let length = 0;
    for (let i = 0; i < bytes.length; i++) {
      const high = bytes[i] === 0x25 && i + 2 < bytes.length ? hex(bytes[i + 1]) : NaN;
      const low = Number.isNaN(high) ? NaN : hex(bytes[i + 2]);
      if (Number.isNaN(low)) {
        out[length++] = bytes[i];
      } else {
        out[length++] = high * 16 + low;
        i += 2;
      }
    }
    return host.utf8Decode(out.slice(0, length), false);
  };
  const parseQuery = (text) =>
    text
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const cut = pair.indexOf("=");
        return cut < 0 ? [decodePercent(pair), ""] : [decodePercent(pair.slice(0, cut)), decodePercent(pair.slice(cut + 1))];
      });

  const need = (count, given, method) => {
    if (given.length < count) throw new TypeError(`URLSearchParams.${method}: ${count} arguments are required`);
  };

  // Tells a URL that its search parameters changed.
  const changed = Symbol("changed");
  const replace = Symbol("replace");

  class URLSearchParams {
    #pairs = [];
    [changed] = undefined;

    constructor(init = "") {
      Object.defineProperty(this, changed, { value: undefined, writable: true, enumerable: false });
      if (typeof init !== "object" || init === null) {
        const text = `${init}`;
        this.#pairs = parseQuery(text.startsWith("?") ? text.slice(1) : text);
      } else if (typeof init[Symbol.iterator] === "function") {
        for (const pair of init) {
          const items = Array.from(pair);
          if (items.length !== 2) throw new TypeError("Each query pair must be an iterable [name, value] tuple");
          this.#pairs.push([text(items[0]), text(items[1])]);
        }
      } else {
        for (const key of Object.keys(init)) this.#pairs.push([key.toWellFormed(), text(init[key])]);
      }
    }
    [replace](text) {
      this.#pairs = parseQuery(text);
    }
    #notify() {
      if (this[changed] !== undefined) this[changed](this.toString());
    }
    get size() {
      return this.#pairs.length;
    }
    append(name, value) {
      need(2, arguments, "append");
      this.#pairs.push([text(name), text(value)]);
      this.#notify();
    }
    delete(name, value = undefined) {
      need(1, arguments, "delete");
      name = text(name);
      if (value !== undefined) value = text(value);
      this.#pairs = this.#pairs.filter(([key, item]) => key !== name || (value !== undefined && item !== value));
      this.#notify();
    }
    get(name) {
      need(1, arguments, "get");
      name = text(name);
      return this.#pairs.find(([key]) => key === name)?.[1] ?? null;
    }
    getAll(name) {
      need(1, arguments, "getAll");
      name = text(name);
      return this.#pairs.filter(([key]) => key === name).map(([, value]) => value);
    }
    has(name, value = undefined) {
      need(1, arguments, "has");
      name = text(name);
      if (value !== undefined) value = text(value);
      return this.#pairs.some(([key, item]) => key === name && (value === undefined || item === value));
    }
    set(name, value) {
      need(2, arguments, "set");
      name = text(name);
      value = text(value);
      const first = this.#pairs.findIndex(([key]) => key === name);
      if (first < 0) this.#pairs.push([name, value]);
      else this.#pairs = this.#pairs.filter(([key], at) => key !== name || at === first).map((p, at) => (at === first ? [name, value] : p));
      this.#notify();
    }
    sort() {
      this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#notify();
    }
    toString() {
      return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
    }
    get [Symbol.toStringTag]() {
      return "URLSearchParams";
    }
    static {
      shared.iterablePairs(this, (params) => params.#pairs);
    }
  }

  class URL {
    #parts;
    #params;
    constructor(input, base) {
      const href = text(input);
      this.#parts = host.urlParse(href, base === undefined ? undefined : text(base));
      if (this.#parts === undefined) {
        const error = new TypeError("Invalid URL");
        error.code = "ERR_INVALID_URL";
        error.input = href;
        throw error;
      }
    }
    static canParse(input, base) {
      if (arguments.length === 0) throw new TypeError("URL.canParse: a URL is required");
      return host.urlParse(text(input), base === undefined ? undefined : text(base)) !== undefined;
    }
    static parse(input, base) {
      return URL.canParse(input, base) ? new URL(input, base) : null;
    }
    get searchParams() {
      if (this.#params === undefined) {
        this.#params = new URLSearchParams(this.search);
        this.#params[changed] = (text) => {
          this.#parts = host.urlSet(this.href, "search", text);
        };
      }
      return this.#params;
    }
    static {
      PARTS.forEach((name, index) => {
        const get = function () {
          return this.#parts[index];
        };
        const set = function (value) {
          const parts = host.urlSet(this.#parts[0], name, text(value));
          if (parts === undefined) throw new TypeError("Invalid URL");
          this.#parts = parts;
          if (this.#params !== undefined) this.#params[replace](this.search.slice(1));
        };
        Object.defineProperty(this.prototype, name, {
          get,
          set: name === "origin" ? undefined : set,
          enumerable: true,
          configurable: true,
        });
      });
    }
    toString() {
      return this.#parts[0];
    }
    toJSON() {
      return this.#parts[0];
    }
    get [Symbol.toStringTag]() {
      return "URL";
    }
  }
  const inspect = Symbol.for("nodejs.util.inspect.custom");
  hidden(URL.prototype, inspect, function () {
    return `URL '${this.href}'`;
  });
  hidden(URLSearchParams.prototype, inspect, function () {
    return `URLSearchParams { ${Array.from(this, ([name, value]) => `'${name}' => '${value}'`).join(", ")} }`;
  });

  hidden(globalThis, "URL", URL);
  hidden(globalThis, "URLSearchParams", URLSearchParams);
};
