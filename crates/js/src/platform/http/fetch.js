// fetch: requests over the host's HTTP client.
//
// The host sends one request at a time and knows it by the number it was given here; redirects are followed here.
// Bodies are pulled and pushed piece by piece, so that neither side runs ahead of the other.
(host, shared) => {
  const { startOp } = shared;
  const { Request, detailsOf } = shared.part("http/request");
  const { make } = shared.part("http/response");
  const { Body, chunkBytes } = shared.part("http/body");

  const REDIRECTS_MAX = 20;
  const REDIRECTS = [301, 302, 303, 307, 308];
  // Headers about a body that a redirect left behind, and those that are no business of another origin.
  const OF_THE_BODY = ["content-encoding", "content-language", "content-length", "content-location", "content-type"];
  const PRIVATE = ["authorization", "cookie", "host", "proxy-authorization"];
  const noop = () => {};

  let made = 0;
  const begin = (name, text, bytes) => startOp("fetch()", `fetch/${name}`, text, bytes);
  // Drops what the host still has of a request.
  const drop = (id) => {
    begin("cancel", String(id))[1].catch(noop);
  };
  const failure = (error) => new TypeError(error.message);

  // One request and its response; ends early when the signal aborts.
  class Exchange {
    id = ++made;
    signal;
    // What to do about a failure that comes from aside: at first the head cannot arrive, later the body cannot.
    fail = noop;
    reader = undefined;
    constructor(signal) {
      this.signal = signal;
      this.onAbort = () => this.fail(signal.reason);
      signal.addEventListener("abort", this.onAbort);
    }
    // Nothing is left that a signal could stop.
    settle() {
      this.fail = noop;
      this.signal.removeEventListener("abort", this.onAbort);
    }
    // Resolves to the head of the response.
    send({ url, method, headers, body }) {
      const stream = body !== null && body.bytes === undefined;
      const head = { id: this.id, url, method, headers: [...headers], stream };
      return new Promise((resolve, reject) => {
        const [op, answer] = begin("start", JSON.stringify(head), body?.bytes);
        this.fail = (reason) => {
          host.cancelOp(op);
          this.end(reason);
          reject(reason);
        };
        answer.then(
          (text) => resolve(JSON.parse(text)),
          (error) => this.fail(failure(error)),
        );
        if (stream) this.upload(body.stream).catch((error) => this.fail(error));
      });
    }
    end(reason) {
      this.settle();
      this.reader?.cancel(reason).catch(noop);
      this.reader = undefined;
      drop(this.id);
    }
    async upload(stream) {
      const reader = stream.getReader();
      this.reader = reader;
      for (;;) {
        const { value, done } = await reader.read();
        if (this.reader === undefined) return;
        if (done) break;
        const chunk = chunkBytes(value);
        if (chunk.length === 0) continue;
        const [, taken] = begin("write", String(this.id), chunk);
        if ((await taken) === "stop") {
          this.reader = undefined;
          await reader.cancel();
          return;
        }
      }
      this.reader = undefined;
      await begin("end", String(this.id))[1];
    }
    // The body of the response, as a stream that asks the host for the next piece when somebody wants it.
    download() {
      let reading;
      const stream = shared.part("streams/bytes").createByteStream({
        pull: async () => {
          const { controller } = stream;
          const [op, arrived] = begin("read", String(this.id));
          reading = op;
          let piece;
          try {
            piece = await arrived;
          } catch (error) {
            this.settle();
            throw failure(error);
          }
          reading = undefined;
          if (stream.state !== "readable") return;
          if (piece !== null) {
            controller.enqueue(piece);
            return;
          }
          this.settle();
          controller.close();
          if (controller.pulls.length > 0) controller.respond(0);
        },
        cancel: async (reason) => {
          if (reading !== undefined) host.cancelOp(reading);
          this.end(reason);
        },
      });
      this.fail = (reason) => {
        if (reading !== undefined) host.cancelOp(reading);
        this.end(reason);
        stream.controller.error(reason);
      };
      return new Body({ stream: shared.part("streams/readable").publish(stream) });
    }
  }

  // Where a response sends its reader; undefined when it sends it nowhere.
  const targetOf = (headers, from) => {
    const location = headers.get("location");
    if (location === null) return undefined;
    const bytes = Uint8Array.from(location, (character) => character.charCodeAt(0));
    const parts = host.urlParse(host.utf8Decode(bytes, false), from);
    if (parts === undefined) throw new TypeError(`fetch cannot follow a redirect to an invalid URL: ${location}`);
    const [href, , protocol] = parts;
    if (protocol !== "http:" && protocol !== "https:") {
      throw new TypeError(`fetch cannot follow a redirect to the scheme ${protocol.slice(0, -1)}`);
    }
    return href;
  };
  const originOf = (url) => host.urlParse(url)[1];

  // What to ask for after a redirect to `url`.
  const redirected = (wanted, status, url) => {
    let { method, body } = wanted;
    if (status !== 303 && body !== null && body.bytes === undefined) {
      throw new TypeError("fetch cannot redirect with streamed body");
    }
    const headers = new Headers(wanted.headers);
    const becomesGet = status === 303 ? method !== "GET" && method !== "HEAD" : status < 303 && method === "POST";
    if (becomesGet) {
      method = "GET";
      body = null;
      for (const name of OF_THE_BODY) headers.delete(name);
    }
    if (originOf(url) !== originOf(wanted.url)) for (const name of PRIVATE) headers.delete(name);
    return { url, method, headers, body };
  };

  const responseOf = (exchange, head, { url, redirects }) => {
    const { status, statusText } = head;
    const headers = shared.immutableHeaders(new Headers(head.headers));
    const cut = url.indexOf("#");
    const fields = { status, statusText, headers, type: "basic", url: cut < 0 ? url : url.slice(0, cut), redirected: redirects > 0 };
    if (head.body) return make({ ...fields, body: exchange.download() });
    exchange.settle();
    return make({ ...fields, body: null });
  };

  const fetch = async (input, init) => {
    const request = new Request(input, init);
    const { body, redirect } = detailsOf(request);
    const { signal } = request;
    if (signal.aborted) {
      body?.stream?.cancel(signal.reason).catch(noop);
      throw signal.reason;
    }
    if (body !== null) body.used = true;
    let wanted = { url: request.url, method: request.method, headers: request.headers, body };
    for (let redirects = 0; ; redirects++) {
      const exchange = new Exchange(signal);
      const head = await exchange.send(wanted);
      if (!REDIRECTS.includes(head.status) || redirect === "manual") {
        return responseOf(exchange, head, { url: wanted.url, redirects });
      }
      if (redirect === "error") {
        exchange.end();
        throw new TypeError("fetch attempted redirect");
      }
      const headers = new Headers(head.headers);
      if (!headers.has("location")) return responseOf(exchange, head, { url: wanted.url, redirects });
      exchange.end();
      if (redirects === REDIRECTS_MAX) throw new TypeError("fetch too many redirects");
      wanted = redirected(wanted, head.status, targetOf(headers, wanted.url));
    }
  };
  return { fetch };
};
