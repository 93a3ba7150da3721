// Request.
(host, shared) => {
  const { hidden, notImplemented } = shared;
  const { Body, extract, mixIn } = shared.part("http/body");

  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
  const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];
  const methodOf = (method) => {
    const text = `${method}`;
    const upper = text.toUpperCase();
    if (!TOKEN.test(text) || FORBIDDEN.includes(upper)) throw new TypeError(`'${text}' is not a valid HTTP method.`);
    return NORMALIZED.includes(upper) ? upper : text;
  };
  const urlOf = (input) => {
    const parts = host.urlParse(`${input}`.toWellFormed());
    if (parts === undefined) throw new TypeError(`Invalid URL: ${input}`);
    const [href, , protocol, username, password] = parts;
    if (protocol !== "http:" && protocol !== "https:") {
      throw new TypeError(`Unsupported URL scheme -- http and https are supported (scheme was ${protocol.slice(0, -1)})`);
    }
    if (username !== "" || password !== "") throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${input}`);
    return href;
  };
  const REDIRECTS = ["follow", "error", "manual"];
  const redirectOf = (value) => {
    const mode = `${value}`;
    if (!REDIRECTS.includes(mode)) throw new TypeError(`Request: '${mode}' is not a valid redirect mode`);
    return mode;
  };
  const signalOf = (value) => {
    if (value === undefined || value === null) return undefined;
    if (!(value instanceof AbortSignal)) throw new TypeError("Request: the signal must be an AbortSignal");
    return value;
  };

  let detailsOf;
  let make;
  class Request {
    #url;
    #method = "GET";
    #headers;
    #body = null;
    #redirect = "follow";
    #signal;
    #follows;
    static {
      // What fetch needs: the body as it is and the redirect mode.
      detailsOf = (request) => ({ body: request.#body, redirect: request.#redirect });
      make = ({ url, method, headers, body, signal }) => {
        const request = new Request(url, { method, headers });
        request.#body = body;
        request.#signal = signal;
        return request;
      };
    }
    constructor(input, init = {}) {
      if (arguments.length === 0) throw new TypeError("Request: a URL or a Request is required");
      if (init === null) init = {};
      if (typeof init !== "object" && typeof init !== "function") throw new TypeError("Request: the second argument must be an object");
      const from = typeof input === "object" && input !== null && #url in input ? input : undefined;
      this.#url = from === undefined ? urlOf(input) : from.#url;
      if (from !== undefined) {
        this.#method = from.#method;
        this.#redirect = from.#redirect;
      }
      if (init.method !== undefined) this.#method = methodOf(init.method);
      if (init.redirect !== undefined) this.#redirect = redirectOf(init.redirect);
      this.#follows = init.signal === undefined ? from?.signal : signalOf(init.signal);
      this.#headers = new Headers(init.headers ?? from?.headers);
      this.#takeBody(init.body, from);
    }
    #takeBody(init, from) {
      const given = init !== undefined && init !== null;
      const inherited = !given && init === undefined ? (from?.#body ?? null) : null;
      if ((given || inherited !== null) && (this.#method === "GET" || this.#method === "HEAD")) {
        throw new TypeError("Request with GET/HEAD method cannot have body.");
      }
      if (given) {
        const { type, ...content } = extract(init);
        this.#body = new Body(content);
        if (type !== null && !this.#headers.has("content-type")) this.#headers.append("content-type", type);
      } else if (inherited !== null) {
        this.#body = inherited.take();
      }
    }
    get url() {
      return this.#url;
    }
    get method() {
      return this.#method;
    }
    get headers() {
      return this.#headers;
    }
    get signal() {
      // One of its own, that follows the one it was given.
      this.#signal ??= AbortSignal.any(this.#follows === undefined ? [] : [this.#follows]);
      return this.#signal;
    }
    clone() {
      if (this.#body?.isUnusable) throw new TypeError("Request.clone: Body has already been consumed.");
      const copy = new Request(this.#url, { method: this.#method, headers: this.#headers, redirect: this.#redirect, signal: this.signal });
      copy.#body = this.#body === null ? null : this.#body.clone();
      return copy;
    }
    get [Symbol.toStringTag]() {
      return "Request";
    }
    static {
      mixIn(this, (request) => request.#body);
    }
  }
  const ABSENT = [
    "destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect", "integrity", "keepalive", "duplex",
    "isReloadNavigation", "isHistoryNavigation",
  ];
  for (const name of ABSENT) {
    Object.defineProperty(Request.prototype, name, { get: () => notImplemented(name, "Request"), configurable: true, enumerable: true });
  }
  hidden(Request.prototype, Symbol.for("nodejs.util.inspect.custom"), function (_depth, _options, inspect) {
    return `Request ${inspect({ method: this.method, url: this.url, headers: this.headers, bodyUsed: this.bodyUsed })}`;
  });
  return { Request, detailsOf, make };
};
