// Readable byte streams: their controller, BYOB requests and BYOB readers.
(host, shared) => {
  const common = shared.part("streams/common");
  const { chain, handled, resolvedWith, rejectedWith, deferred, isObject, Fifo } = common;
  const { callback, promising, enumerate, tag, INTERNAL } = common;
  const readable = shared.part("streams/readable");
  const { streamOf, newStream, startController, callPull, closeStream, errorStream, cancelStream } = readable;
  const { waitingReads, hasDefaultReader, fulfillRead, acquireReader, releaseReader, released, promisedRead } = readable;

  const hasByobReader = (stream) => stream.reader !== undefined && stream.reader.isByob;
  const transfer = (buffer) => buffer.transfer();
  const viewName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array).prototype, Symbol.toStringTag).get;
  const constructorOf = (view) => {
    const name = Reflect.apply(viewName, view, []);
    return name === undefined ? DataView : globalThis[name];
  };
  const checkChunk = (view, what) => {
    if (!ArrayBuffer.isView(view)) throw new TypeError(`${what}: expected an ArrayBufferView`);
    if (view.byteLength === 0) throw new TypeError(`${what}: the view is empty`);
    if (view.buffer.byteLength === 0) throw new TypeError(`${what}: the buffer is detached or empty`);
  };

  class ByteController {
    isByte = true;
    queue = new Fifo();
    total = 0;
    started = false;
    closeRequested = false;
    pulling = false;
    pullAgain = false;
    pulls = [];
    byobRequest = null;
    object = undefined;
    constructor(stream, { pull, cancel, mark, autoAllocate }) {
      Object.assign(this, { stream, pull, cancel, mark, autoAllocate });
    }
    forget() {
      this.pull = this.cancel = undefined;
    }
    clear() {
      this.queue = new Fifo();
      this.total = 0;
    }
    invalidateRequest() {
      this.byobRequest?.invalidate();
      this.byobRequest = null;
    }
    desiredSize() {
      const { state } = this.stream;
      if (state === "errored") return null;
      return state === "closed" ? 0 : this.mark - this.total;
    }
    canEnqueue() {
      return !this.closeRequested && this.stream.state === "readable";
    }
    shouldPull() {
      const { stream } = this;
      if (!this.canEnqueue() || !this.started) return false;
      if (stream.reader !== undefined && waitingReads(stream) > 0) return true;
      return this.desiredSize() > 0;
    }
    cancelSteps(reason) {
      this.invalidateRequest();
      this.pulls = [];
      this.clear();
      const { cancel } = this;
      this.forget();
      return cancel(reason);
    }
    pullSteps(request) {
      if (this.total > 0) {
        this.fillRead(request);
        return;
      }
      if (this.autoAllocate !== undefined) {
        let buffer;
        try {
          buffer = new ArrayBuffer(this.autoAllocate);
        } catch (error) {
          request.error(error);
          return;
        }
        this.pulls.push({ buffer, whole: this.autoAllocate, offset: 0, length: this.autoAllocate, filled: 0, minimum: 1, size: 1, view: Uint8Array, reader: "default" });
      }
      this.stream.reader.requests.push(request);
      callPull(this);
    }
    releaseSteps() {
      if (this.pulls.length === 0) return;
      this.pulls[0].reader = "none";
      this.pulls = [this.pulls[0]];
    }
    fillRead(request) {
      const entry = this.queue.shift();
      this.total -= entry.length;
      this.handleDrain();
      request.chunk(new Uint8Array(entry.buffer, entry.offset, entry.length));
    }
    handleDrain() {
      if (this.total === 0 && this.closeRequested) {
        this.forget();
        closeStream(this.stream);
      } else {
        callPull(this);
      }
    }
    push(buffer, offset, length) {
      this.queue.push({ buffer, offset, length });
      this.total += length;
    }
    close() {
      if (!this.canEnqueue()) return;
      if (this.total > 0) {
        this.closeRequested = true;
        return;
      }
      const [first] = this.pulls;
      if (first !== undefined && first.filled % first.size !== 0) {
        const error = new TypeError("Insufficient bytes to fill elements in the given buffer");
        this.error(error);
        throw error;
      }
      this.forget();
      closeStream(this.stream);
    }
    error(error) {
      if (this.stream.state !== "readable") return;
      this.invalidateRequest();
      this.pulls = [];
      this.clear();
      this.forget();
      errorStream(this.stream, error);
    }
    enqueue(view) {
      const { stream } = this;
      if (!this.canEnqueue()) return;
      const { byteOffset, byteLength } = view;
      const buffer = transfer(view.buffer);
      if (this.pulls.length > 0) {
        const [first] = this.pulls;
        if (first.buffer.detached) throw new TypeError("The BYOB request's buffer was detached");
        this.invalidateRequest();
        first.buffer = transfer(first.buffer);
        if (first.reader === "none") this.pushDetached(first);
      }
      if (hasDefaultReader(stream)) {
        this.serveReads();
        if (waitingReads(stream) === 0) {
          this.push(buffer, byteOffset, byteLength);
        } else {
          if (this.pulls.length > 0) this.pulls.shift();
          fulfillRead(stream, new Uint8Array(buffer, byteOffset, byteLength), false);
        }
      } else {
        this.push(buffer, byteOffset, byteLength);
        if (hasByobReader(stream)) for (const pull of this.fillPulls()) this.commit(pull);
      }
      callPull(this);
    }
    serveReads() {
      while (this.total > 0 && waitingReads(this.stream) > 0) this.fillRead(this.stream.reader.requests.shift());
    }
    pushDetached(pull) {
      if (pull.filled > 0) this.push(pull.buffer.slice(pull.offset, pull.offset + pull.filled), 0, pull.filled);
      this.pulls.shift();
    }
    // Moves queued bytes into a pull; whether it has its minimum then.
    fillFromQueue(pull) {
      const most = Math.min(this.total, pull.length - pull.filled);
      const filledMost = pull.filled + most;
      const aligned = filledMost - (filledMost % pull.size);
      const ready = aligned >= pull.minimum;
      let left = ready ? aligned - pull.filled : most;
      while (left > 0) {
        const head = this.queue.peek();
        const count = Math.min(left, head.length);
        new Uint8Array(pull.buffer, pull.offset + pull.filled, count).set(new Uint8Array(head.buffer, head.offset, count));
        if (head.length === count) {
          this.queue.shift();
        } else {
          head.offset += count;
          head.length -= count;
        }
        this.total -= count;
        pull.filled += count;
        left -= count;
      }
      return ready;
    }
    fillPulls() {
      const filled = [];
      while (this.pulls.length > 0 && this.total > 0) {
        if (!this.fillFromQueue(this.pulls[0])) break;
        filled.push(this.pulls.shift());
      }
      return filled;
    }
    // A view over what was read into a pull.
    filledView(pull) {
      return new pull.view(transfer(pull.buffer), pull.offset, pull.filled / pull.size);
    }
    commit(pull) {
      const { stream } = this;
      const done = stream.state === "closed";
      const view = this.filledView(pull);
      fulfillRead(stream, view, done);
    }
    pullInto(view, minimum, request) {
      const constructor = constructorOf(view);
      const size = constructor === DataView ? 1 : constructor.BYTES_PER_ELEMENT;
      const { byteOffset: offset, byteLength: length } = view;
      let buffer;
      try {
        buffer = transfer(view.buffer);
      } catch (error) {
        request.error(error);
        return;
      }
      const pull = { buffer, whole: buffer.byteLength, offset, length, filled: 0, minimum: minimum * size, size, view: constructor, reader: "byob" };
      if (this.pulls.length > 0) {
        this.pulls.push(pull);
        this.stream.reader.requests.push(request);
        return;
      }
      if (this.stream.state === "closed") {
        request.close(new constructor(pull.buffer, pull.offset, 0));
        return;
      }
      if (this.total > 0) {
        if (this.fillFromQueue(pull)) {
          const filled = this.filledView(pull);
          this.handleDrain();
          request.chunk(filled);
          return;
        }
        if (this.closeRequested) {
          const error = new TypeError("Insufficient bytes to fill elements in the given buffer");
          this.error(error);
          request.error(error);
          return;
        }
      }
      this.pulls.push(pull);
      this.stream.reader.requests.push(request);
      callPull(this);
    }
    respond(count) {
      const [first] = this.pulls;
      if (this.stream.state === "closed") {
        if (count !== 0) throw new TypeError("respond: the stream is closed, so the count must be 0");
      } else {
        if (count === 0) throw new TypeError("respond: the count must not be 0");
        if (first.filled + count > first.length) throw new RangeError("respond: the count is larger than the view");
      }
      first.buffer = transfer(first.buffer);
      this.respondInternal(count);
    }
    respondWithNewView(view) {
      const [first] = this.pulls;
      if (this.stream.state === "closed") {
        if (view.byteLength !== 0) throw new TypeError("respondWithNewView: the stream is closed, so the view must be empty");
      } else if (view.byteLength === 0) {
        throw new TypeError("respondWithNewView: the view must not be empty");
      }
      if (first.offset + first.filled !== view.byteOffset) throw new RangeError("respondWithNewView: the view starts at another offset");
      if (first.whole !== view.buffer.byteLength) throw new RangeError("respondWithNewView: the buffer has another length");
      if (first.filled + view.byteLength > first.length) throw new RangeError("respondWithNewView: the view is too long");
      const count = view.byteLength;
      first.buffer = transfer(view.buffer);
      this.respondInternal(count);
    }
    respondInternal(count) {
      const [first] = this.pulls;
      this.invalidateRequest();
      if (this.stream.state === "closed") this.respondClosed(first);
      else this.respondReadable(first, count);
      callPull(this);
    }
    respondClosed(first) {
      if (first.reader === "none") this.pulls.shift();
      if (!hasByobReader(this.stream)) return;
      const filled = [];
      while (waitingReads(this.stream) > filled.length) filled.push(this.pulls.shift());
      for (const pull of filled) this.commit(pull);
    }
    respondReadable(first, count) {
      first.filled += count;
      if (first.reader === "none") {
        this.pushDetached(first);
        for (const pull of this.fillPulls()) this.commit(pull);
        return;
      }
      if (first.filled < first.minimum) return;
      this.pulls.shift();
      const rest = first.filled % first.size;
      if (rest > 0) {
        const end = first.offset + first.filled;
        this.push(first.buffer.slice(end - rest, end), 0, rest);
      }
      first.filled -= rest;
      const filled = this.fillPulls();
      this.commit(first);
      for (const pull of filled) this.commit(pull);
    }
    request() {
      if (this.byobRequest === null && this.pulls.length > 0) {
        const [first] = this.pulls;
        const view = new Uint8Array(first.buffer, first.offset + first.filled, first.length - first.filled);
        this.byobRequest = new ReadableStreamBYOBRequest(INTERNAL, this, view);
      }
      return this.byobRequest;
    }
  }

  class ReadableStreamBYOBRequest {
    #controller;
    #view;
    constructor(key, controller, view) {
      if (key !== INTERNAL) throw new TypeError("Illegal constructor");
      this.#controller = controller;
      this.#view = view;
      Object.defineProperty(this, "invalidate", {
        value: () => {
          this.#controller = undefined;
          this.#view = null;
        },
      });
    }
    get view() {
      return this.#view;
    }
    respond(count) {
      if (this.#controller === undefined) throw new TypeError("Invalid state: This BYOB request has been invalidated");
      count = Number(count);
      if (!Number.isInteger(count) || count < 0) throw new TypeError("respond: the count must be a non-negative integer");
      if (this.#view.buffer.detached) throw new TypeError("respond: the buffer is detached");
      this.#controller.respond(count);
    }
    respondWithNewView(view) {
      if (this.#controller === undefined) throw new TypeError("Invalid state: This BYOB request has been invalidated");
      if (!ArrayBuffer.isView(view)) throw new TypeError("respondWithNewView: expected an ArrayBufferView");
      if (view.buffer.detached) throw new TypeError("respondWithNewView: the buffer is detached");
      this.#controller.respondWithNewView(view);
    }
  }

  class ReadableByteStreamController {
    #c;
    constructor(key, controller) {
      if (key !== INTERNAL) throw new TypeError("Illegal constructor");
      this.#c = controller;
    }
    get byobRequest() {
      return this.#c.request();
    }
    get desiredSize() {
      return this.#c.desiredSize();
    }
    close() {
      if (!this.#c.canEnqueue()) throw new TypeError("Invalid state: Controller is already closed");
      this.#c.close();
    }
    enqueue(chunk) {
      checkChunk(chunk, "enqueue");
      if (!this.#c.canEnqueue()) throw new TypeError("Invalid state: Controller is already closed");
      this.#c.enqueue(chunk);
    }
    error(reason) {
      this.#c.error(reason);
    }
  }

  const readInto = (reader, view, minimum, request) => {
    const { stream } = reader;
    stream.disturbed = true;
    if (stream.state === "errored") request.error(stream.storedError);
    else stream.controller.pullInto(view, minimum, request);
  };

  class ReadableStreamBYOBReader {
    #r;
    constructor(stream) {
      const record = streamOf(stream);
      if (record === undefined) throw new TypeError("ReadableStreamBYOBReader: expected a ReadableStream");
      this.#r = acquireReader(record, true);
    }
    get closed() {
      return #r in this ? this.#r.closed.promise : rejectedWith(new TypeError("Illegal invocation"));
    }
    cancel(reason = undefined) {
      if (!(#r in this)) return rejectedWith(new TypeError("Illegal invocation"));
      if (this.#r.stream === undefined) return rejectedWith(released());
      return cancelStream(this.#r.stream, reason);
    }
    read(view, options = undefined) {
      try {
        checkChunk(view, "read");
        let min = options?.min === undefined ? 1 : Number(options.min);
        const length = view instanceof DataView ? view.byteLength : view.length;
        if (!Number.isInteger(min) || min <= 0) throw new TypeError("read: min must be a positive integer");
        if (min > length) throw new RangeError("read: min is larger than the view");
        if (this.#r.stream === undefined) throw released();
        const it = deferred();
        readInto(this.#r, view, min, promisedRead(it));
        return it.promise;
      } catch (error) {
        return rejectedWith(error);
      }
    }
    releaseLock() {
      releaseReader(this.#r);
    }
  }

  const newController = (stream, steps) => {
    const controller = new ByteController(stream, steps);
    controller.object = new ReadableByteStreamController(INTERNAL, controller);
    return controller;
  };
  // A byte stream over the author's source.
  const setUp = (stream, source, mark) => {
    let { autoAllocateChunkSize: autoAllocate } = source;
    if (autoAllocate !== undefined) {
      autoAllocate = Number(autoAllocate);
      if (!Number.isInteger(autoAllocate) || autoAllocate <= 0) throw new TypeError("autoAllocateChunkSize must be a positive integer");
    }
    const start = callback(source, "start", () => undefined);
    const [pull, cancel] = [promising(source, "pull"), promising(source, "cancel")];
    const controller = newController(stream, { pull: () => pull(controller.object), cancel, mark, autoAllocate });
    startController(controller, () => start(controller.object));
  };
  // A byte stream the platform makes for itself; returns its record.
  const createByteStream = ({ pull = () => resolvedWith(undefined), cancel = () => resolvedWith(undefined), mark = 0, autoAllocate }) => {
    const stream = newStream();
    startController(newController(stream, { pull, cancel, mark, autoAllocate }), () => undefined);
    return stream;
  };

  enumerate(ReadableStreamBYOBReader.prototype, ["closed", "cancel", "read", "releaseLock"]);
  enumerate(ReadableByteStreamController.prototype, ["byobRequest", "desiredSize", "close", "enqueue", "error"]);
  enumerate(ReadableStreamBYOBRequest.prototype, ["view", "respond", "respondWithNewView"]);
  for (const item of [ReadableStreamBYOBReader, ReadableByteStreamController, ReadableStreamBYOBRequest]) tag(item);
  return { ReadableStreamBYOBReader, setUp, createByteStream, readInto, handled, chain };
};
