// Response.
(host, shared) => {
  const { hidden, immutableHeaders, copyHeaders } = shared;
  const { Body, extract, mixIn } = shared.part("http/body");
  const KEY = Symbol("fields");
  const WITHOUT_BODY = [101, 103, 204, 205, 304];
  const REDIRECTS = [301, 302, 303, 307, 308];

  const statusOf = (value) => {
    const status = Math.trunc(Number(value));
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`The status provided (${value}) is not equal to 101 and outside the range [200, 599]`);
    }
    return status;
  };
  const statusTextOf = (value) => {
    const text = `${value}`;
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new TypeError("Invalid statusText");
    return text;
  };

  let detailsOf;
  class Response {
    #status = 200;
    #statusText = "";
    #headers;
    #body = null;
    #type = "default";
    #url = "";
    #redirected = false;
    constructor(init = undefined, options = {}) {
      if (init === KEY) {
        const { status, statusText, headers, body, type, url, redirected } = options;
        this.#status = status;
        this.#statusText = statusText ?? "";
        this.#headers = headers;
        this.#body = body ?? null;
        this.#type = type ?? "default";
        this.#url = url ?? "";
        this.#redirected = redirected ?? false;
        return;
      }
      if (options === null) options = {};
      if (typeof options !== "object" && typeof options !== "function") throw new TypeError("Response: the second argument must be an object");
      if (options.status !== undefined) this.#status = statusOf(options.status);
      if (options.statusText !== undefined) this.#statusText = statusTextOf(options.statusText);
      this.#headers = new Headers(options.headers);
      if (init === undefined || init === null) return;
      const { type, ...content } = extract(init);
      if (WITHOUT_BODY.includes(this.#status)) {
        // The standard refuses empty bodies as well. Apps that run on Convex answer `new Response("", { status: 205 })`.
        if (content.bytes?.length === 0) return;
        throw new TypeError(`Response constructor: Invalid response status code ${this.#status}`);
      }
      this.#body = new Body(content);
      if (type !== null && !this.#headers.has("content-type")) this.#headers.append("content-type", type);
    }
    static json(data, options = {}) {
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError("Response.json: the data cannot be written as JSON");
      const response = new Response(text, options);
      if (!new Headers(options?.headers).has("content-type")) response.#headers.set("content-type", "application/json");
      return response;
    }
    static redirect(url, status = 302) {
      const parts = host.urlParse(`${url}`.toWellFormed());
      if (parts === undefined) throw new TypeError(`Failed to parse URL from ${url}`);
      if (!REDIRECTS.includes(Number(status))) throw new RangeError(`Invalid status code ${status}`);
      const response = new Response(null, { status: Number(status), headers: { location: parts[0] } });
      immutableHeaders(response.#headers);
      return response;
    }
    static error() {
      return new Response(KEY, { status: 500, headers: immutableHeaders(new Headers()), type: "error" });
    }
    get status() {
      return this.#status;
    }
    get statusText() {
      return this.#statusText;
    }
    get ok() {
      return this.#status >= 200 && this.#status < 300;
    }
    get headers() {
      return this.#headers;
    }
    get type() {
      return this.#type;
    }
    get url() {
      return this.#url;
    }
    get redirected() {
      return this.#redirected;
    }
    clone() {
      if (this.#body?.isUnusable) throw new TypeError("Response.clone: Body has already been consumed.");
      return new Response(KEY, {
        status: this.#status,
        statusText: this.#statusText,
        headers: copyHeaders(this.#headers),
        body: this.#body === null ? null : this.#body.clone(),
        type: this.#type,
        url: this.#url,
        redirected: this.#redirected,
      });
    }
    get [Symbol.toStringTag]() {
      return "Response";
    }
    static {
      mixIn(this, (response) => response.#body);
      detailsOf = (value) => (typeof value === "object" && value !== null && #body in value ? { body: value.#body } : undefined);
    }
  }
  hidden(Response.prototype, Symbol.for("nodejs.util.inspect.custom"), function (_depth, _options, inspect) {
    const { status, statusText, headers, url, bodyUsed } = this;
    return `Response ${inspect({ status, statusText, headers, url, bodyUsed })}`;
  });

  // A response the platform makes, from its fields; `body` is a `Body` or null.
  const make = (fields) => new Response(KEY, fields);
  return { Response, make, detailsOf };
};
