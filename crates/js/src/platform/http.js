// Request, Response, and how the two travel between the host and an HTTP action.
(host, shared) => {
  const { hidden, bodies, startOp, jsSyscalls } = shared;
  const { Body, extract } = bodies;
  const TYPE = "content-type";
  const made = Symbol("made");

  const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);
  const methodOf = (value) => {
    const text = String(value);
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) throw new TypeError(`Invalid method: ${text}`);
    const upper = text.toUpperCase();
    return METHODS.has(upper) ? upper : text;
  };
  const urlOf = (value) => {
    const url = new URL(String(value));
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      const scheme = url.protocol.slice(0, -1);
      throw new TypeError(`Unsupported URL scheme -- http and https are supported (scheme was ${scheme})`);
    }
    return url.href;
  };
  const unimplemented = (target, names) => {
    for (const name of names) {
      Object.defineProperty(target.prototype, name, {
        get() {
          return host.fail(
            `Not implemented: ${name} for ${target.name}. ` +
              "Consider calling an action defined in Node.js instead (https://docs.convex.dev/functions/actions).",
          );
        },
        configurable: true,
        enumerable: false,
      });
    }
  };

  class Request extends Body {
    #method;
    #url;
    #headers;
    #signal;
    constructor(input, init = {}) {
      if (input === made) {
        super(init.source);
        this.#method = init.method;
        this.#url = init.url;
        this.#headers = init.headers;
        this.#signal = init.signal;
        return;
      }
      init ??= {};
      const from = input instanceof Request ? input : null;
      const method = init.method === undefined ? (from?.method ?? "GET") : methodOf(init.method);
      const given = init.body !== undefined && init.body !== null;
      if ((given || (from !== null && init.method === undefined && from.#hasBody())) && (method === "GET" || method === "HEAD")) {
        throw new TypeError("Request with GET/HEAD method cannot have body.");
      }
      const url = from === null ? urlOf(input) : from.url;
      const headers = new Headers(init.headers === undefined ? from?.headers : init.headers);
      const [source, type] = given ? extract(init.body) : [from?.#hasBody() ? Body.take(from) : null, null];
      super(source);
      if (type !== null && !headers.has(TYPE)) headers.set(TYPE, type);
      this.#method = method;
      this.#url = url;
      this.#headers = headers;
      this.#signal = init.signal ?? from?.signal ?? new AbortController().signal;
    }
    #hasBody() {
      return Body.has(this);
    }
    get method() {
      return this.#method;
    }
    get url() {
      return this.#url;
    }
    get headers() {
      return this.#headers;
    }
    get signal() {
      return this.#signal;
    }
    clone() {
      return new Request(made, {
        source: Body.copy(this),
        method: this.#method,
        url: this.#url,
        headers: new Headers(this.#headers),
        signal: this.#signal,
      });
    }
    get [Symbol.toStringTag]() {
      return "Request";
    }
  }
  unimplemented(Request, [
    "destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect", "integrity", "keepalive",
    "duplex", "isReloadNavigation", "isHistoryNavigation",
  ]);

  const WITHOUT_BODY = new Set([204, 205, 304]);
  class Response extends Body {
    #headers;
    #status;
    #statusText;
    #url = "";
    #redirected = false;
    #type = "default";
    constructor(body, init = {}) {
      if (body === made) {
        super(init.source);
        this.#headers = init.headers;
        this.#status = init.status;
        this.#statusText = init.statusText ?? "";
        this.#url = init.url ?? "";
        this.#redirected = init.redirected ?? false;
        this.#type = init.type ?? "default";
        return;
      }
      init ??= {};
      const status = init.status === undefined ? 200 : Number(init.status);
      if (!Number.isInteger(status) || status < 200 || status > 599) {
        throw new RangeError(`The status provided (${init.status}) is outside the range [200, 599].`);
      }
      const headers = new Headers(init.headers);
      const [source, type] = extract(body);
      if (source !== null && WITHOUT_BODY.has(status)) {
        throw new TypeError(`Response with status ${status} cannot have a body.`);
      }
      super(source);
      if (type !== null && !headers.has(TYPE)) headers.set(TYPE, type);
      this.#headers = headers;
      this.#status = status;
      this.#statusText = init.statusText === undefined ? "" : String(init.statusText);
    }
    static json(data, init = {}) {
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError("Response.json: the value is not JSON");
      const headers = new Headers(init?.headers);
      if (!headers.has(TYPE)) headers.set(TYPE, "application/json");
      return new Response(text, { ...init, headers });
    }
    static redirect(url, status = 302) {
      if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Invalid redirect status: ${status}`);
      return new Response(null, { status, headers: { location: new URL(String(url)).href } });
    }
    static error() {
      return new Response(made, { source: null, headers: new Headers(), status: 500, type: "error" });
    }
    get status() {
      return this.#status;
    }
    get statusText() {
      return this.#statusText;
    }
    get ok() {
      return this.#status >= 200 && this.#status <= 299;
    }
    get headers() {
      return this.#headers;
    }
    get url() {
      return this.#url;
    }
    get type() {
      return this.#type;
    }
    get redirected() {
      return this.#redirected;
    }
    clone() {
      return new Response(made, {
        source: Body.copy(this),
        headers: new Headers(this.#headers),
        status: this.#status,
        statusText: this.#statusText,
        url: this.#url,
        redirected: this.#redirected,
        type: this.#type,
      });
    }
    get [Symbol.toStringTag]() {
      return "Response";
    }
  }
  hidden(globalThis, "Request", Request);
  hidden(globalThis, "Response", Response);
  // For `fetch`: a response from `{ source, headers, status, statusText, url, redirected }`.
  shared.makeResponse = (parts) => new Response(made, parts);

  const incoming = ({ url, method, headerPairs, streamId, signal }) => {
    const headers = new Headers();
    for (const [name, value] of headerPairs) headers.append(name, value);
    const controller = new AbortController();
    if (signal !== null && signal !== undefined) {
      const [, gone] = startOp("HTTP actions", "http/disconnected", "");
      gone.then(() => controller.abort());
    }
    const source = streamId === null || streamId === undefined ? null : {
      async pull() {
        return await startOp("HTTP actions", "http/read", String(streamId))[1];
      },
      cancel() {},
    };
    return new Request(made, { source, method, url, headers, signal: controller.signal });
  };

  // Sends a body that is not there yet, as fast as the client takes it.
  const pump = async (source) => {
    try {
      for (let chunk = await source.pull(); chunk !== null; chunk = await source.pull()) {
        if (chunk.length === 0) continue;
        const [, taken] = startOp("HTTP actions", "http/write", "", chunk);
        if ((await taken) === "stop") {
          await source.cancel?.();
          break;
        }
      }
    } catch (error) {
      startOp("HTTP actions", "http/broken", "");
      throw error;
    }
    startOp("HTTP actions", "http/end", "");
  };
  const outgoing = (response) => {
    if (!(response instanceof Response)) throw new TypeError("HTTP actions must return a Response");
    const head = { headerPairs: [...response.headers], status: response.status, streamId: null };
    const source = Body.take(response);
    if (source === null) return head;
    if (source.bytes !== undefined) {
      startOp("HTTP actions", "http/body", "", source.bytes);
      return head;
    }
    pump(source);
    return { ...head, streamId: 1 };
  };
  jsSyscalls.requestFromConvexJson = ({ convexJson }) => incoming(convexJson);
  jsSyscalls.convexJsonFromResponse = ({ response }) => outgoing(response);

  const routerOf = (ns) => {
    const router = ns.default;
    if (router === undefined) throw new Error("`convex/http.js` must have a default export of a Router.");
    if (router === null || router.isRouter !== true) {
      throw new Error("The default export of `convex/http.js` is not a Router.");
    }
    return router;
  };
  // The path of the route that answers, for the logs; null when there is none.
  shared.httpRoute = (ns, path, method) => {
    const found = routerOf(ns).lookup(path, method);
    return found === null || found === undefined ? null : String(found[2]);
  };
  shared.httpRun = (ns, request, path) => routerOf(ns).runRequest(request, path);
};
