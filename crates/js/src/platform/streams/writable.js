// WritableStream: its states, writer and controller.
(host, shared) => {
  const common = shared.part("streams/common");
  const { chain, handled, resolvedWith, rejectedWith, deferred, rejectedDeferred, resolvedDeferred, isObject, SizedQueue, Fifo } = common;
  const { dictionary, callback, promising, highWaterMark, sizeOf, enumerate, tag, INTERNAL } = common;
  const CLOSE = Symbol("close");

  const newStream = () => ({
    state: "writable",
    storedError: undefined,
    writer: undefined,
    controller: undefined,
    writes: new Fifo(),
    writing: undefined,
    closing: undefined,
    closeInFlight: undefined,
    pendingAbort: undefined,
    backpressure: false,
    object: undefined,
  });
  const closeQueuedOrInFlight = (stream) => stream.closing !== undefined || stream.closeInFlight !== undefined;

  const rejectCloseIfNeeded = (stream) => {
    if (stream.closing !== undefined) {
      stream.closing.reject(stream.storedError);
      stream.closing = undefined;
    }
    const { writer } = stream;
    if (writer === undefined) return;
    if (writer.closed.settled) writer.closed = deferred();
    writer.closed.reject(stream.storedError);
    handled(writer.closed.promise);
  };
  const finishErroring = (stream) => {
    stream.state = "errored";
    stream.controller.queue.clear();
    const { storedError } = stream;
    for (const write of stream.writes.drain()) write.reject(storedError);
    const abort = stream.pendingAbort;
    if (abort === undefined) {
      rejectCloseIfNeeded(stream);
      return;
    }
    stream.pendingAbort = undefined;
    if (abort.wasErroring) {
      abort.reject(storedError);
      rejectCloseIfNeeded(stream);
      return;
    }
    const { controller } = stream;
    const aborted = controller.abort(abort.reason);
    controller.forget();
    chain(
      aborted,
      () => {
        abort.resolve(undefined);
        rejectCloseIfNeeded(stream);
      },
      (reason) => {
        abort.reject(reason);
        rejectCloseIfNeeded(stream);
      },
    );
  };
  const startErroring = (stream, reason) => {
    stream.state = "erroring";
    stream.storedError = reason;
    if (stream.writer !== undefined) ensureReadyRejected(stream.writer, reason);
    const inFlight = stream.writing !== undefined || stream.closeInFlight !== undefined;
    if (!inFlight && stream.controller.started) finishErroring(stream);
  };
  const dealWithRejection = (stream, error) => {
    if (stream.state === "writable") startErroring(stream, error);
    else finishErroring(stream);
  };
  const ensureReadyRejected = (writer, error) => {
    if (writer.ready.settled) writer.ready = rejectedDeferred(error);
    else writer.ready.reject(error);
    handled(writer.ready.promise);
  };
  const ensureClosedRejected = (writer, error) => {
    if (writer.closed.settled) writer.closed = rejectedDeferred(error);
    else writer.closed.reject(error);
    handled(writer.closed.promise);
  };
  const updateBackpressure = (stream, backpressure) => {
    const { writer } = stream;
    if (writer !== undefined && backpressure !== stream.backpressure) {
      if (backpressure) writer.ready = deferred();
      else writer.ready.resolve(undefined);
    }
    stream.backpressure = backpressure;
  };

  const abortStream = (stream, reason) => {
    if (stream.state === "closed" || stream.state === "errored") return resolvedWith(undefined);
    stream.controller.signalAbort(reason);
    if (stream.state === "closed" || stream.state === "errored") return resolvedWith(undefined);
    if (stream.pendingAbort !== undefined) return stream.pendingAbort.promise;
    const wasErroring = stream.state === "erroring";
    stream.pendingAbort = Object.assign(deferred(), { reason: wasErroring ? undefined : reason, wasErroring });
    const { promise } = stream.pendingAbort;
    if (!wasErroring) startErroring(stream, reason);
    return promise;
  };
  const closeStream = (stream) => {
    if (stream.state === "closed" || stream.state === "errored") {
      return rejectedWith(new TypeError(`Invalid state: The stream is ${stream.state}`));
    }
    stream.closing = deferred();
    const { promise } = stream.closing;
    const { writer } = stream;
    if (writer !== undefined && stream.backpressure && stream.state === "writable") writer.ready.resolve(undefined);
    stream.controller.queueClose();
    return promise;
  };
  const finishWrite = (stream, error) => {
    const { writing } = stream;
    stream.writing = undefined;
    if (error === undefined) {
      writing.resolve(undefined);
      return;
    }
    writing.reject(error.reason);
    dealWithRejection(stream, error.reason);
  };
  const finishClose = (stream) => {
    stream.closeInFlight.resolve(undefined);
    stream.closeInFlight = undefined;
    if (stream.state === "erroring") {
      stream.storedError = undefined;
      if (stream.pendingAbort !== undefined) {
        stream.pendingAbort.resolve(undefined);
        stream.pendingAbort = undefined;
      }
    }
    stream.state = "closed";
    stream.writer?.closed.resolve(undefined);
  };
  const finishCloseWithError = (stream, error) => {
    stream.closeInFlight.reject(error);
    stream.closeInFlight = undefined;
    if (stream.pendingAbort !== undefined) {
      stream.pendingAbort.reject(error);
      stream.pendingAbort = undefined;
    }
    dealWithRejection(stream, error);
  };

  class Controller {
    queue = new SizedQueue();
    started = false;
    object = undefined;
    aborter = undefined;
    constructor(stream, { write, close, abort, size, mark }) {
      Object.assign(this, { stream, write, close, abort, size, mark });
    }
    forget() {
      this.write = this.close = this.abort = this.size = undefined;
    }
    desiredSize() {
      return this.mark - this.queue.total;
    }
    signalAbort(reason) {
      (this.aborter ??= new AbortController()).abort(reason);
    }
    signal() {
      return (this.aborter ??= new AbortController()).signal;
    }
    chunkSize(chunk) {
      if (this.size === undefined) return 1;
      try {
        return this.size(chunk);
      } catch (error) {
        this.errorIfNeeded(error);
        return 1;
      }
    }
    errorIfNeeded(error) {
      if (this.stream.state === "writable") this.error(error);
    }
    error(error) {
      this.forget();
      startErroring(this.stream, error);
    }
    queueWrite(chunk, size) {
      try {
        this.queue.push(chunk, size);
      } catch (error) {
        this.errorIfNeeded(error);
        return;
      }
      const { stream } = this;
      if (!closeQueuedOrInFlight(stream) && stream.state === "writable") updateBackpressure(stream, this.desiredSize() <= 0);
      this.advance();
    }
    queueClose() {
      this.queue.push(CLOSE, 0);
      this.advance();
    }
    advance() {
      const { stream } = this;
      if (!this.started || stream.writing !== undefined) return;
      if (stream.state === "erroring") {
        finishErroring(stream);
        return;
      }
      if (this.queue.length === 0 || stream.state === "closed" || stream.state === "errored") return;
      const value = this.queue.peek();
      if (value === CLOSE) this.processClose();
      else this.processWrite(value);
    }
    processClose() {
      const { stream } = this;
      stream.closeInFlight = stream.closing;
      stream.closing = undefined;
      this.queue.shift();
      const closed = this.close();
      this.forget();
      chain(closed, () => finishClose(stream), (reason) => finishCloseWithError(stream, reason));
    }
    processWrite(chunk) {
      const { stream } = this;
      stream.writing = stream.writes.shift();
      const written = () => {
        finishWrite(stream);
        const { state } = stream;
        this.queue.shift();
        if (!closeQueuedOrInFlight(stream) && state === "writable") updateBackpressure(stream, this.desiredSize() <= 0);
        this.advance();
      };
      chain(this.write(chunk), written, (reason) => {
        if (stream.state === "writable") this.forget();
        finishWrite(stream, { reason });
      });
    }
  }
  const startController = (controller, start) => {
    const { stream } = controller;
    stream.controller = controller;
    updateBackpressure(stream, controller.desiredSize() <= 0);
    const began = () => {
      controller.started = true;
      controller.advance();
    };
    chain(resolvedWith(start()), began, (error) => {
      controller.started = true;
      dealWithRejection(stream, error);
    });
  };
  // A stream the platform makes for itself; returns its record.
  const createStream = ({ start = () => undefined, write, close, abort, mark = 1, size = () => 1 }) => {
    const stream = newStream();
    startController(new Controller(stream, { write, close, abort, size, mark }), start);
    return stream;
  };

  const acquireWriter = (stream) => {
    if (stream.writer !== undefined) throw new TypeError("Invalid state: WritableStream is locked");
    const writer = { stream, closed: undefined, ready: undefined };
    stream.writer = writer;
    const { state, storedError } = stream;
    writer.ready = resolvedDeferred();
    writer.closed = deferred();
    if (state === "writable") {
      if (!closeQueuedOrInFlight(stream) && stream.backpressure) writer.ready = deferred();
    } else if (state === "erroring") {
      writer.ready = rejectedDeferred(storedError);
    } else if (state === "closed") {
      writer.closed = resolvedDeferred();
    } else {
      writer.ready = rejectedDeferred(storedError);
      writer.closed = rejectedDeferred(storedError);
    }
    return writer;
  };
  const releaseWriter = (writer) => {
    const { stream } = writer;
    if (stream === undefined) return;
    const error = new TypeError("Invalid state: The writer was released");
    ensureReadyRejected(writer, error);
    ensureClosedRejected(writer, error);
    stream.writer = undefined;
    writer.stream = undefined;
  };
  const writeTo = (writer, chunk) => {
    const { stream } = writer;
    const { controller } = stream;
    const size = controller.chunkSize(chunk);
    if (stream !== writer.stream) return rejectedWith(new TypeError("Invalid state: The writer was released"));
    const { state } = stream;
    if (state === "errored") return rejectedWith(stream.storedError);
    if (closeQueuedOrInFlight(stream) || state === "closed") return rejectedWith(new TypeError("Invalid state: The stream is closing or closed"));
    if (state === "erroring") return rejectedWith(stream.storedError);
    const write = deferred();
    stream.writes.push(write);
    controller.queueWrite(chunk, size);
    return write.promise;
  };
  const closeWithErrorPropagation = (writer) => {
    const { stream } = writer;
    if (closeQueuedOrInFlight(stream) || stream.state === "closed") return resolvedWith(undefined);
    if (stream.state === "errored") return rejectedWith(stream.storedError);
    return closeStream(stream);
  };
  const desiredSizeOf = (stream) => {
    if (stream.state === "errored" || stream.state === "erroring") return null;
    return stream.state === "closed" ? 0 : stream.controller.desiredSize();
  };

  class WritableStreamDefaultController {
    #c;
    constructor(key, controller) {
      if (key !== INTERNAL) throw new TypeError("Illegal constructor");
      this.#c = controller;
    }
    get signal() {
      return this.#c.signal();
    }
    error(reason) {
      this.#c.errorIfNeeded(reason);
    }
  }

  const unattached = () => new TypeError("Invalid state: The writer is not attached to a stream");
  class WritableStreamDefaultWriter {
    #w;
    constructor(stream) {
      const record = streamOf(stream);
      if (record === undefined) throw new TypeError("WritableStreamDefaultWriter: expected a WritableStream");
      this.#w = acquireWriter(record);
    }
    #attached() {
      if (!(#w in this)) throw new TypeError("Illegal invocation");
      if (this.#w.stream === undefined) throw unattached();
      return this.#w.stream;
    }
    get closed() {
      return this.#w.closed.promise;
    }
    get ready() {
      return this.#w.ready.promise;
    }
    get desiredSize() {
      return desiredSizeOf(this.#attached());
    }
    abort(reason = undefined) {
      try {
        return abortStream(this.#attached(), reason);
      } catch (error) {
        return rejectedWith(error);
      }
    }
    close() {
      try {
        const stream = this.#attached();
        if (closeQueuedOrInFlight(stream)) throw new TypeError("Invalid state: The stream is already closing");
        return closeStream(stream);
      } catch (error) {
        return rejectedWith(error);
      }
    }
    write(chunk = undefined) {
      try {
        this.#attached();
        return writeTo(this.#w, chunk);
      } catch (error) {
        return rejectedWith(error);
      }
    }
    releaseLock() {
      if (!(#w in this)) throw new TypeError("Illegal invocation");
      releaseWriter(this.#w);
    }
  }

  let streamOf;
  class WritableStream {
    #s;
    static {
      streamOf = (value) => (isObject(value) && #s in value ? value.#s : undefined);
    }
    constructor(sink = {}, strategy = {}) {
      if (sink === INTERNAL) {
        this.#s = strategy;
        strategy.object = this;
        return;
      }
      if (!isObject(sink)) throw new TypeError("WritableStream: the underlying sink must be an object");
      strategy = dictionary(strategy, "WritableStream: the strategy");
      if (sink.type !== undefined) throw new RangeError("WritableStream: a sink has no type");
      const stream = newStream();
      this.#s = stream;
      stream.object = this;
      const size = sizeOf(strategy);
      const mark = highWaterMark(strategy, 1);
      const start = callback(sink, "start", () => undefined);
      const [write, close, abort] = ["write", "close", "abort"].map((name) => promising(sink, name));
      const controller = new Controller(stream, { write: (chunk) => write(chunk, controller.object), close, abort, size, mark });
      controller.object = new WritableStreamDefaultController(INTERNAL, controller);
      startController(controller, () => start(controller.object));
    }
    get locked() {
      return this.#s.writer !== undefined;
    }
    abort(reason = undefined) {
      if (!(#s in this)) return rejectedWith(new TypeError("Illegal invocation"));
      if (this.#s.writer !== undefined) return rejectedWith(new TypeError("Invalid state: WritableStream is locked"));
      return abortStream(this.#s, reason);
    }
    close() {
      if (!(#s in this)) return rejectedWith(new TypeError("Illegal invocation"));
      if (this.#s.writer !== undefined) return rejectedWith(new TypeError("Invalid state: WritableStream is locked"));
      if (closeQueuedOrInFlight(this.#s)) return rejectedWith(new TypeError("Invalid state: The stream is already closing"));
      return closeStream(this.#s);
    }
    getWriter() {
      return new WritableStreamDefaultWriter(this);
    }
  }
  const publish = (stream) => stream.object ?? new WritableStream(INTERNAL, stream);

  enumerate(WritableStream.prototype, ["locked", "abort", "close", "getWriter"]);
  enumerate(WritableStreamDefaultWriter.prototype, ["closed", "ready", "desiredSize", "abort", "close", "write", "releaseLock"]);
  enumerate(WritableStreamDefaultController.prototype, ["signal", "error"]);
  for (const item of [WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController]) tag(item);
  return {
    WritableStream, WritableStreamDefaultWriter, streamOf, createStream, publish, abortStream, closeStream, acquireWriter, releaseWriter,
    writeTo, closeWithErrorPropagation, closeQueuedOrInFlight, desiredSizeOf,
  };
};
