// Bodies of requests and responses: bytes at hand or a stream, read once.
//
// A body given as bytes becomes a stream only when somebody asks for one, so reading text does not load streams.
(host, shared) => {
  const { bytesOf, blobBytes, hidden } = shared;
  const readable = () => shared.part("streams/readable");

  const isStream = (value) => typeof value === "object" && value !== null && value instanceof ReadableStream;
  const copyOf = (view) => new Uint8Array(bytesOf(view));
  const withoutBom = (text) => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  const decode = (bytes) => withoutBom(host.utf8Decode(bytes, false));

  // A stream of the pieces of some bytes.
  const PIECE_BYTES = 65536;
  const streamOfBytes = (bytes) => {
    let at = 0;
    const stream = shared.part("streams/bytes").createByteStream({
      pull: async () => {
        const { controller } = stream;
        const end = Math.min(bytes.length, at + PIECE_BYTES);
        if (end > at) controller.enqueue(bytes.slice(at, end));
        at = end;
        if (at === bytes.length && stream.state === "readable") {
          controller.close();
          if (controller.pulls.length > 0) controller.respond(0);
        }
      },
    });
    return readable().publish(stream);
  };

  // A byte stream over `pull`, which resolves to the next bytes, or to null after the last.
  const streamOfPulls = (pull, cancel) => {
    const stream = shared.part("streams/bytes").createByteStream({
      pull: async () => {
        const { controller } = stream;
        const chunk = await pull();
        if (stream.state !== "readable") return;
        if (chunk !== null) {
          controller.enqueue(chunk);
          return;
        }
        controller.close();
        if (controller.pulls.length > 0) controller.respond(0);
      },
      cancel: async (reason) => {
        await cancel?.(reason);
      },
    });
    return readable().publish(stream);
  };
  // The bytes of a chunk of a body's stream.
  const chunkBytes = (chunk) => {
    if (chunk instanceof Uint8Array) return chunk;
    throw new TypeError("Received a chunk that is not a Uint8Array");
  };

  // What a `BodyInit` holds: its bytes or stream, and the content type it brings along.
  const extract = (init) => {
    if (typeof init === "string") return { bytes: host.utf8Encode(init), type: "text/plain;charset=UTF-8" };
    if (isStream(init)) {
      const stream = readable().streamOf(init);
      if (stream.reader !== undefined || stream.disturbed) throw new TypeError("The body is a stream that is locked or was read from");
      return { stream: init, type: null };
    }
    if (init instanceof ArrayBuffer || ArrayBuffer.isView(init)) return { bytes: copyOf(init), type: null };
    const blob = blobBytes(init);
    if (blob !== undefined) return { bytes: blob, type: init.type === "" ? null : init.type };
    if (init instanceof URLSearchParams) {
      return { bytes: host.utf8Encode(init.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    }
    if (init instanceof FormData) return shared.part("http/multipart").encode(init);
    return { bytes: host.utf8Encode(`${init}`.toWellFormed()), type: "text/plain;charset=UTF-8" };
  };

  class Body {
    bytes = undefined;
    stream = undefined;
    used = false;
    constructor({ bytes, stream }) {
      this.bytes = bytes;
      this.stream = stream;
    }
    // The record of the stream, if there is a stream.
    record() {
      return this.stream === undefined ? undefined : readable().streamOf(this.stream);
    }
    get isUsed() {
      return this.used || (this.record()?.disturbed ?? false);
    }
    get isUnusable() {
      return this.isUsed || this.record()?.reader !== undefined;
    }
    asStream() {
      this.stream ??= streamOfBytes(this.bytes);
      return this.stream;
    }
    check() {
      if (this.isUnusable) throw new TypeError("Body has already been consumed");
    }
    // All bytes; the body is used up.
    async consume() {
      this.check();
      if (this.stream === undefined) {
        this.used = true;
        return this.bytes;
      }
      return readAll(this.record());
    }
    clone() {
      this.check();
      if (this.stream === undefined) return new Body({ bytes: this.bytes });
      const [mine, other] = this.stream.tee();
      this.stream = mine;
      return new Body({ stream: other });
    }
    // The same content for another owner; nothing is left here.
    take() {
      this.check();
      const moved = new Body(this);
      if (this.bytes !== undefined) {
        moved.stream = undefined;
        if (this.stream !== undefined) seize(this.stream);
      } else {
        const { readable: end, writable } = new TransformStream();
        this.stream.pipeTo(writable).catch(() => {});
        moved.stream = end;
      }
      this.used = true;
      return moved;
    }
  }
  // Makes a stream look as if somebody was reading it.
  const seize = (stream) => {
    stream.getReader();
    readable().streamOf(stream).disturbed = true;
  };

  const readAll = async (record) => {
    const reader = readable().acquireReader(record);
    const { readFrom, promisedRead } = readable();
    const { deferred } = shared.part("streams/common");
    const chunks = [];
    let length = 0;
    for (;;) {
      const it = deferred();
      readFrom(reader, promisedRead(it));
      const { value, done } = await it.promise;
      if (done) break;
      const chunk = chunkBytes(value);
      chunks.push(chunk);
      length += chunk.length;
    }
    if (chunks.length === 1) return chunks[0];
    const all = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  };

  const EMPTY = new Uint8Array(0);
  const consume = (owner, bodyOf) => {
    const body = bodyOf(owner);
    return body === null ? EMPTY : body.consume();
  };

  // Adds `body`, `bodyUsed` and the reading methods to a class; `bodyOf` returns its body or null.
  const mixIn = (constructor, bodyOf) => {
    const methods = {
      async arrayBuffer() {
        return (await consume(this, bodyOf)).slice().buffer;
      },
      async blob() {
        const bytes = await consume(this, bodyOf);
        return new Blob([bytes], { type: this.headers.get("content-type") ?? "" });
      },
      async bytes() {
        return (await consume(this, bodyOf)).slice();
      },
      async formData() {
        const phase = host.phase();
        if (phase === "query" || phase === "mutation" || phase === "import") throw new Error(shared.actionOnly("formData()"));
        const type = this.headers.get("content-type");
        return shared.part("http/multipart").decode(await consume(this, bodyOf), type);
      },
      async json() {
        return JSON.parse(decode(await consume(this, bodyOf)));
      },
      async text() {
        return decode(await consume(this, bodyOf));
      },
    };
    for (const name of Object.keys(methods)) hidden(constructor.prototype, name, methods[name]);
    const attributes = {
      get body() {
        const body = bodyOf(this);
        if (body === null) return null;
        if (body.stream === undefined && body.used) {
          // Somebody reads what was read already: the stream is there, and taken.
          body.stream = streamOfBytes(body.bytes);
          seize(body.stream);
        }
        return body.asStream();
      },
      get bodyUsed() {
        const body = bodyOf(this);
        return body !== null && body.isUsed;
      },
    };
    Object.defineProperties(constructor.prototype, Object.getOwnPropertyDescriptors(attributes));
  };

  return { Body, extract, mixIn, streamOfBytes, streamOfPulls, chunkBytes, isStream };
};
