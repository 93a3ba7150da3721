// ReadableStream: its states, default readers and default controller.
//
// Each public object wraps a record that holds the slots of the Streams standard; the algorithms work on records.
(host, shared) => {
  const common = shared.part("streams/common");
  const { chain, handled, resolvedWith, rejectedWith, deferred, rejectedDeferred, resolvedDeferred, isObject, Fifo, SizedQueue } = common;
  const { dictionary, callback, promising, highWaterMark, sizeOf, enumerate, tag, INTERNAL } = common;
  const bytes = () => shared.part("streams/bytes");

  const newStream = () => ({ state: "readable", reader: undefined, storedError: undefined, disturbed: false, controller: undefined, object: undefined });
  const publish = (stream) => stream.object ?? new ReadableStream(INTERNAL, stream);

  // Streams

  const closeStream = (stream) => {
    stream.state = "closed";
    const { reader } = stream;
    if (reader === undefined) return;
    reader.closed.resolve(undefined);
    if (reader.isByob) return;
    for (const request of reader.requests.drain()) request.close();
  };
  const errorStream = (stream, error) => {
    stream.state = "errored";
    stream.storedError = error;
    const { reader } = stream;
    if (reader === undefined) return;
    reader.closed.reject(error);
    handled(reader.closed.promise);
    for (const request of reader.requests.drain()) request.error(error);
  };
  const cancelStream = (stream, reason) => {
    stream.disturbed = true;
    if (stream.state === "closed") return resolvedWith(undefined);
    if (stream.state === "errored") return rejectedWith(stream.storedError);
    closeStream(stream);
    const { reader } = stream;
    if (reader?.isByob) for (const request of reader.requests.drain()) request.close(undefined);
    return chain(stream.controller.cancelSteps(reason), () => undefined);
  };
  const waitingReads = (stream) => stream.reader.requests.length;
  const hasDefaultReader = (stream) => stream.reader !== undefined && !stream.reader.isByob;
  const fulfillRead = (stream, chunk, done) => {
    const request = stream.reader.requests.shift();
    if (done) request.close(chunk);
    else request.chunk(chunk);
  };

  // Readers

  const acquireReader = (stream, isByob = false) => {
    if (stream.reader !== undefined) throw new TypeError("Invalid state: ReadableStream is locked");
    if (isByob && !stream.controller.isByte) throw new TypeError("Can only get a BYOB reader of a byte stream");
    const reader = { stream, closed: deferred(), requests: new Fifo(), isByob, object: undefined };
    stream.reader = reader;
    if (stream.state === "closed") reader.closed = resolvedDeferred();
    else if (stream.state === "errored") reader.closed = rejectedDeferred(stream.storedError);
    return reader;
  };
  const readFrom = (reader, request) => {
    const { stream } = reader;
    stream.disturbed = true;
    if (stream.state === "closed") request.close();
    else if (stream.state === "errored") request.error(stream.storedError);
    else stream.controller.pullSteps(request);
  };
  const releaseReader = (reader) => {
    const { stream } = reader;
    if (stream === undefined) return;
    const error = new TypeError("Invalid state: Releasing reader");
    if (stream.state === "readable") reader.closed.reject(error);
    else reader.closed = rejectedDeferred(error);
    handled(reader.closed.promise);
    stream.controller.releaseSteps();
    stream.reader = undefined;
    reader.stream = undefined;
    for (const request of reader.requests.drain()) request.error(error);
  };
  const released = () => new TypeError("Invalid state: The reader is not attached to a stream");
  // A read whose outcome is a promise of `{ value, done }`.
  const promisedRead = (it) => ({
    chunk: (value) => it.resolve({ value, done: false }),
    close: (value) => it.resolve({ value, done: true }),
    error: it.reject,
  });

  // Default controller

  class Controller {
    isByte = false;
    queue = new SizedQueue();
    started = false;
    closeRequested = false;
    pulling = false;
    pullAgain = false;
    object = undefined;
    constructor(stream, { pull, cancel, size, mark }) {
      Object.assign(this, { stream, pull, cancel, size, mark });
    }
    cancelSteps(reason) {
      this.queue.clear();
      const { cancel } = this;
      this.forget();
      return cancel(reason);
    }
    pullSteps(request) {
      if (this.queue.length === 0) {
        this.stream.reader.requests.push(request);
        callPull(this);
        return;
      }
      const chunk = this.queue.shift();
      if (this.closeRequested && this.queue.length === 0) {
        this.forget();
        closeStream(this.stream);
      } else {
        callPull(this);
      }
      request.chunk(chunk);
    }
    releaseSteps() {}
    forget() {
      this.pull = this.cancel = this.size = undefined;
    }
    desiredSize() {
      const { state } = this.stream;
      if (state === "errored") return null;
      return state === "closed" ? 0 : this.mark - this.queue.total;
    }
    canEnqueue() {
      return !this.closeRequested && this.stream.state === "readable";
    }
    shouldPull() {
      if (!this.canEnqueue() || !this.started) return false;
      if (hasDefaultReader(this.stream) && waitingReads(this.stream) > 0) return true;
      return this.desiredSize() > 0;
    }
    close() {
      if (!this.canEnqueue()) return;
      this.closeRequested = true;
      if (this.queue.length > 0) return;
      this.forget();
      closeStream(this.stream);
    }
    enqueue(chunk) {
      if (!this.canEnqueue()) return;
      if (hasDefaultReader(this.stream) && waitingReads(this.stream) > 0) {
        fulfillRead(this.stream, chunk, false);
      } else {
        try {
          this.queue.push(chunk, this.size(chunk));
        } catch (error) {
          this.error(error);
          throw error;
        }
      }
      callPull(this);
    }
    error(error) {
      if (this.stream.state !== "readable") return;
      this.queue.clear();
      this.forget();
      errorStream(this.stream, error);
    }
  }
  const callPull = (controller) => {
    if (!controller.shouldPull()) return;
    if (controller.pulling) {
      controller.pullAgain = true;
      return;
    }
    controller.pulling = true;
    const done = () => {
      controller.pulling = false;
      if (!controller.pullAgain) return;
      controller.pullAgain = false;
      callPull(controller);
    };
    chain(controller.pull(), done, (error) => controller.error(error));
  };
  // Common to both kinds of controllers.
  const startController = (controller, start) => {
    controller.stream.controller = controller;
    const began = () => {
      controller.started = true;
      callPull(controller);
    };
    chain(resolvedWith(start()), began, (error) => controller.error(error));
  };
  const noSteps = () => resolvedWith(undefined);
  // A stream the platform makes for itself; returns its record.
  const createStream = ({ start = () => undefined, pull = noSteps, cancel = noSteps, mark = 1, size = () => 1 }) => {
    const stream = newStream();
    startController(new Controller(stream, { pull, cancel, size, mark }), start);
    return stream;
  };

  class ReadableStreamDefaultController {
    #c;
    constructor(key, controller) {
      if (key !== INTERNAL) throw new TypeError("Illegal constructor");
      this.#c = controller;
    }
    get desiredSize() {
      return this.#c.desiredSize();
    }
    close() {
      if (!this.#c.canEnqueue()) throw new TypeError("Invalid state: Controller is already closed");
      this.#c.close();
    }
    enqueue(chunk) {
      if (!this.#c.canEnqueue()) throw new TypeError("Invalid state: Controller is already closed");
      this.#c.enqueue(chunk);
    }
    error(reason) {
      this.#c.error(reason);
    }
  }

  // Public reader

  class ReadableStreamDefaultReader {
    #r;
    constructor(stream, reader) {
      if (stream === INTERNAL) {
        this.#r = reader;
        return;
      }
      const record = streamOf(stream);
      if (record === undefined) throw new TypeError("ReadableStreamDefaultReader: expected a ReadableStream");
      this.#r = acquireReader(record);
    }
    get closed() {
      return #r in this ? this.#r.closed.promise : rejectedWith(new TypeError("Illegal invocation"));
    }
    cancel(reason = undefined) {
      if (!(#r in this)) return rejectedWith(new TypeError("Illegal invocation"));
      if (this.#r.stream === undefined) return rejectedWith(released());
      return cancelStream(this.#r.stream, reason);
    }
    read() {
      if (!(#r in this)) return rejectedWith(new TypeError("Illegal invocation"));
      if (this.#r.stream === undefined) return rejectedWith(released());
      const it = deferred();
      readFrom(this.#r, promisedRead(it));
      return it.promise;
    }
    releaseLock() {
      releaseReader(this.#r);
    }
  }

  // Async iteration

  const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);
  const iteratorPrototype = Object.create(AsyncIteratorPrototype);
  const iterators = new WeakMap();
  const nextOf = (it) => {
    if (it.finished) return resolvedWith({ value: undefined, done: true });
    const result = deferred();
    readFrom(it.reader, {
      chunk: (value) => result.resolve({ value, done: false }),
      close: () => {
        it.finished = true;
        releaseReader(it.reader);
        result.resolve({ value: undefined, done: true });
      },
      error: (error) => {
        it.finished = true;
        releaseReader(it.reader);
        result.reject(error);
      },
    });
    return result.promise;
  };
  const returnOf = (it, value) => {
    if (it.finished) return resolvedWith({ value, done: true });
    it.finished = true;
    const { reader } = it;
    if (it.preventCancel) {
      releaseReader(reader);
      return resolvedWith({ value, done: true });
    }
    const cancelled = cancelStream(reader.stream, value);
    releaseReader(reader);
    return chain(cancelled, () => ({ value, done: true }));
  };
  const queued = (object, steps) => {
    const it = iterators.get(object);
    if (it === undefined) return rejectedWith(new TypeError("Illegal invocation"));
    it.ongoing = it.ongoing === undefined ? steps(it) : chain(it.ongoing, () => steps(it), () => steps(it));
    return it.ongoing;
  };
  Object.defineProperties(iteratorPrototype, {
    next: { value: function next() { return queued(this, nextOf); }, enumerable: true, configurable: true, writable: true },
    return: { value: function (value) { return queued(this, (it) => returnOf(it, value)); }, enumerable: true, configurable: true, writable: true },
  });

  const fromIterable = (iterable) => {
    if (iterable === null || iterable === undefined) throw new TypeError("ReadableStream.from: expected an iterable");
    let method = iterable[Symbol.asyncIterator];
    const isAsync = method !== undefined && method !== null;
    if (!isAsync) method = iterable[Symbol.iterator];
    if (typeof method !== "function") throw new TypeError("ReadableStream.from: expected an iterable");
    const iterator = Reflect.apply(method, iterable, []);
    if (!isObject(iterator)) throw new TypeError("ReadableStream.from: the iterator is not an object");
    const { next } = iterator;
    const settle = (result) => {
      if (!isObject(result)) throw new TypeError("ReadableStream.from: the iterator's result is not an object");
      if (isAsync || result.done) return result;
      return chain(resolvedWith(result.value), (value) => ({ value, done: false }));
    };
    const attempt = (steps) => {
      try {
        return resolvedWith(steps());
      } catch (error) {
        return rejectedWith(error);
      }
    };
    const pull = () =>
      chain(chain(attempt(() => Reflect.apply(next, iterator, [])), settle), (result) => {
        if (result.done) stream.controller.close();
        else stream.controller.enqueue(result.value);
      });
    const cancel = (reason) => {
      let finish;
      try {
        finish = iterator.return;
      } catch (error) {
        return rejectedWith(error);
      }
      if (finish === undefined || finish === null) return resolvedWith(undefined);
      return chain(attempt(() => Reflect.apply(finish, iterator, [reason])), (result) => {
        if (!isObject(result)) throw new TypeError("ReadableStream.from: the iterator's result is not an object");
      });
    };
    const stream = createStream({ pull, cancel, mark: 0 });
    return stream;
  };

  let streamOf;

  class ReadableStream {
    #s;
    static {
      streamOf = (value) => (isObject(value) && #s in value ? value.#s : undefined);
    }
    constructor(source = {}, strategy = {}) {
      if (source === INTERNAL) {
        this.#s = strategy;
        strategy.object = this;
        return;
      }
      if (!isObject(source)) throw new TypeError("ReadableStream: the underlying source must be an object");
      strategy = dictionary(strategy, "ReadableStream: the strategy");
      const stream = newStream();
      this.#s = stream;
      stream.object = this;
      const { type } = source;
      if (type !== undefined && String(type) !== "bytes") throw new TypeError(`ReadableStream: invalid type '${type}'`);
      if (type !== undefined) {
        if (strategy.size !== undefined) throw new RangeError("ReadableStream: a byte stream has no size function");
        bytes().setUp(stream, source, highWaterMark(strategy, 0));
        return;
      }
      const size = sizeOf(strategy);
      const mark = highWaterMark(strategy, 1);
      const start = callback(source, "start", () => undefined);
      const [pull, cancel] = [promising(source, "pull"), promising(source, "cancel")];
      const controller = new Controller(stream, { pull: () => pull(controller.object), cancel, size, mark });
      controller.object = new ReadableStreamDefaultController(INTERNAL, controller);
      startController(controller, () => start(controller.object));
    }
    static from(iterable) {
      return publish(fromIterable(iterable));
    }
    get locked() {
      return this.#s.reader !== undefined;
    }
    cancel(reason = undefined) {
      if (!(#s in this)) return rejectedWith(new TypeError("Illegal invocation"));
      if (this.#s.reader !== undefined) return rejectedWith(new TypeError("Invalid state: ReadableStream is locked"));
      return cancelStream(this.#s, reason);
    }
    getReader(options = undefined) {
      const { mode } = dictionary(options, "getReader: the options");
      if (mode === undefined) return new ReadableStreamDefaultReader(INTERNAL, acquireReader(this.#s));
      if (String(mode) !== "byob") throw new TypeError(`getReader: invalid mode '${mode}'`);
      return new (bytes().ReadableStreamBYOBReader)(this);
    }
    pipeThrough(transform, options = undefined) {
      const pipe = shared.part("streams/pipe");
      return pipe.pipeThrough(this.#s, transform, options);
    }
    pipeTo(destination, options = undefined) {
      if (!(#s in this)) return rejectedWith(new TypeError("Illegal invocation"));
      return shared.part("streams/pipe").pipeTo(this.#s, destination, options);
    }
    tee() {
      const branches = this.#s.controller.isByte ? shared.part("streams/tee").teeBytes(this.#s) : shared.part("streams/tee").teeDefault(this.#s);
      return branches.map(publish);
    }
    values(options = undefined) {
      const { preventCancel } = dictionary(options, "values: the options");
      const iterator = Object.create(iteratorPrototype);
      iterators.set(iterator, { reader: acquireReader(this.#s), preventCancel: Boolean(preventCancel), finished: false, ongoing: undefined });
      return iterator;
    }
  }
  Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, { value: ReadableStream.prototype.values, writable: true, configurable: true });

  enumerate(ReadableStream.prototype, ["locked", "cancel", "getReader", "pipeThrough", "pipeTo", "tee", "values"]);
  enumerate(ReadableStreamDefaultReader.prototype, ["closed", "cancel", "read", "releaseLock"]);
  enumerate(ReadableStreamDefaultController.prototype, ["desiredSize", "close", "enqueue", "error"]);
  for (const item of [ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController]) tag(item);

  return {
    ReadableStream, ReadableStreamDefaultReader, streamOf, newStream, createStream, publish, startController, callPull,
    closeStream, errorStream, cancelStream, waitingReads, hasDefaultReader, fulfillRead,
    acquireReader, readFrom, releaseReader, released, promisedRead,
  };
};
