// Bodies of requests and responses: bytes that are there, or bytes that arrive piece by piece.
//
// A *source* is `{ bytes }` or `{ pull, cancel }`: `pull()` resolves to the next `Uint8Array` or to null after the
// last, `cancel()` says that nobody wants the rest.
(host, shared) => {
  const fixed = (bytes) => ({ bytes });
  const sourceOfStream = (stream) => {
    const reader = stream.getReader();
    return {
      async pull() {
        const { value, done } = await reader.read();
        if (done) return null;
        if (typeof value === "string") return host.utf8Encode(value);
        if (value instanceof Uint8Array) return value;
        throw new TypeError("The body's stream must give Uint8Arrays");
      },
      cancel: (reason) => reader.cancel(reason),
    };
  };

  // The source and content type of whatever may be given as a body.
  const extract = (body) => {
    if (body === null || body === undefined) return [null, null];
    if (body instanceof Blob) return [fixed(shared.blobBytes(body)), body.type || null];
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return [fixed(shared.bytesOf(body).slice()), null];
    if (body instanceof URLSearchParams) {
      return [fixed(host.utf8Encode(String(body))), "application/x-www-form-urlencoded;charset=UTF-8"];
    }
    if (typeof FormData !== "undefined" && body instanceof FormData) {
      const [bytes, type] = shared.encodeForm(body);
      return [fixed(bytes), type];
    }
    if (typeof body === "object" && typeof body.getReader === "function") {
      if (body.locked) throw new TypeError("The body's stream is locked");
      return [sourceOfStream(body), null];
    }
    return [fixed(host.utf8Encode(String(body))), "text/plain;charset=UTF-8"];
  };

  const concat = (chunks) => {
    if (chunks.length === 1) return chunks[0];
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  };
  const readAll = async (source) => {
    if (source === null) return new Uint8Array(0);
    if (source.bytes !== undefined) return source.bytes;
    const chunks = [];
    for (let chunk = await source.pull(); chunk !== null; chunk = await source.pull()) chunks.push(chunk);
    return concat(chunks);
  };

  // Two sources over one; what one side has not read yet is kept for it.
  const split = (source) => {
    if (source === null || source.bytes !== undefined) return [source, source];
    const queues = [[], []];
    let reading = null;
    const pullFor = (side) => async () => {
      while (queues[side].length === 0) {
        reading ??= source.pull().then((chunk) => {
          reading = null;
          for (const queue of queues) queue.push(chunk);
        });
        await reading;
      }
      return queues[side][0] === null ? null : queues[side].shift();
    };
    return [0, 1].map((side) => ({ pull: pullFor(side), cancel() {} }));
  };

  const streamOf = (source) => {
    if (typeof ReadableStream === "undefined") host.fail("Not implemented: body without ReadableStream");
    let done = false;
    return new ReadableStream({
      type: "bytes",
      async pull(controller) {
        const chunk = done ? null : source.bytes ?? (await source.pull());
        if (source.bytes !== undefined) done = true;
        if (chunk === null) controller.close();
        else if (chunk.length > 0) controller.enqueue(chunk.slice());
        else if (done) controller.close();
        if (chunk === null || (done && chunk.length === 0)) controller.byobRequest?.respond(0);
      },
      cancel: (reason) => source.cancel?.(reason),
    });
  };

  const TYPE = "content-type";
  // What `Request` and `Response` have in common.
  class Body {
    #source;
    #stream = null;
    #used = false;
    constructor(source) {
      this.#source = source;
    }
    // Hands the source to one reader; later ones fail.
    static take(body) {
      if (body.bodyUsed || body.#stream?.locked) throw new TypeError("Body has already been consumed");
      if (body.#source === null) return null;
      body.#used = true;
      return body.#stream === null ? body.#source : sourceOfStream(body.#stream);
    }
    static has(body) {
      return body.#source !== null;
    }
    static copy(body) {
      if (body.bodyUsed || body.#stream?.locked) throw new TypeError("Body has already been consumed");
      if (body.#stream !== null) {
        const [mine, theirs] = body.#stream.tee();
        body.#stream = mine;
        return sourceOfStream(theirs);
      }
      const [mine, theirs] = split(body.#source);
      body.#source = mine;
      return theirs;
    }
    get body() {
      if (this.#source === null) return null;
      return (this.#stream ??= streamOf(this.#source));
    }
    get bodyUsed() {
      return this.#used;
    }
    async #all() {
      return readAll(Body.take(this));
    }
    async text() {
      const bytes = await this.#all();
      const text = host.utf8Decode(bytes, false);
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
    async json() {
      return JSON.parse(await this.text());
    }
    async bytes() {
      return (await this.#all()).slice();
    }
    async arrayBuffer() {
      return (await this.#all()).slice().buffer;
    }
    async blob() {
      const type = this.headers.get(TYPE) ?? "";
      return new Blob([await this.#all()], { type });
    }
    async formData() {
      if (host.phase() !== "action") throw new Error(shared.actionOnly("formData()"));
      const type = this.headers.get(TYPE) ?? "";
      return shared.parseForm(await this.#all(), type);
    }
  }
  shared.bodies = { Body, extract, fixed, readAll };
};
