// TransformStream: a writable and a readable side with a transformer between them.
(host, shared) => {
  const common = shared.part("streams/common");
  const { chain, resolvedWith, rejectedWith, deferred, isObject } = common;
  const { dictionary, callback, promising, highWaterMark, sizeOf, enumerate, tag, INTERNAL } = common;
  const readable = shared.part("streams/readable");
  const writable = shared.part("streams/writable");

  const setBackpressure = (t, backpressure) => {
    t.backpressureChange?.resolve(undefined);
    t.backpressureChange = deferred();
    t.backpressure = backpressure;
  };
  const errorWritableAndUnblock = (t, error) => {
    t.controller.forget();
    t.writable.controller.errorIfNeeded(error);
    if (t.backpressure) setBackpressure(t, false);
  };
  const errorBoth = (t, error) => {
    t.readable.controller.error(error);
    errorWritableAndUnblock(t, error);
  };

  class Controller {
    object = undefined;
    finish = undefined;
    constructor(t, { transform, flush, cancel }) {
      Object.assign(this, { t, transform, flush, cancel });
    }
    forget() {
      this.transform = this.flush = this.cancel = undefined;
    }
    enqueue(chunk) {
      const { t } = this;
      const { controller } = t.readable;
      if (!controller.canEnqueue()) throw new TypeError("Invalid state: The readable side is closed or errored");
      try {
        controller.enqueue(chunk);
      } catch (error) {
        errorWritableAndUnblock(t, error);
        throw t.readable.storedError;
      }
      const backpressure = !controller.shouldPull();
      if (backpressure !== t.backpressure) setBackpressure(t, true);
    }
    terminate() {
      this.t.readable.controller.close();
      errorWritableAndUnblock(this.t, new TypeError("Invalid state: TransformStream has been terminated"));
    }
    perform(chunk) {
      // A chunk that arrives while the readable side is being cancelled goes nowhere; the writable side fails soon.
      if (this.transform === undefined) return resolvedWith(undefined);
      return chain(this.transform(chunk), undefined, (error) => {
        errorBoth(this.t, error);
        throw error;
      });
    }
  }

  const sinkWrite = (t, chunk) => {
    const { controller } = t;
    if (!t.backpressure) return controller.perform(chunk);
    return chain(t.backpressureChange.promise, () => {
      if (t.writable.state === "erroring") throw t.writable.storedError;
      return controller.perform(chunk);
    });
  };
  // Runs the transformer's last callback once, whichever side ends first.
  const finishing = (t, run, succeeded, failed) => {
    const { controller } = t;
    if (controller.finish !== undefined) return controller.finish.promise;
    controller.finish = deferred();
    const outcome = run(controller);
    controller.forget();
    chain(outcome, () => succeeded(controller.finish), (reason) => failed(controller.finish, reason));
    return controller.finish.promise;
  };
  const sinkAbort = (t, reason) =>
    finishing(
      t,
      (controller) => controller.cancel(reason),
      (it) => {
        if (t.readable.state === "errored") return it.reject(t.readable.storedError);
        t.readable.controller.error(reason);
        it.resolve(undefined);
      },
      (it, error) => {
        t.readable.controller.error(error);
        it.reject(error);
      },
    );
  const sinkClose = (t) =>
    finishing(
      t,
      (controller) => controller.flush(),
      (it) => {
        if (t.readable.state === "errored") return it.reject(t.readable.storedError);
        t.readable.controller.close();
        it.resolve(undefined);
      },
      (it, error) => {
        t.readable.controller.error(error);
        it.reject(error);
      },
    );
  const sourceCancel = (t, reason) =>
    finishing(
      t,
      (controller) => controller.cancel(reason),
      (it) => {
        if (t.writable.state === "errored") return it.reject(t.writable.storedError);
        t.writable.controller.errorIfNeeded(reason);
        if (t.backpressure) setBackpressure(t, false);
        it.resolve(undefined);
      },
      (it, error) => {
        t.writable.controller.errorIfNeeded(error);
        if (t.backpressure) setBackpressure(t, false);
        it.reject(error);
      },
    );
  const sourcePull = (t) => {
    setBackpressure(t, false);
    return t.backpressureChange.promise;
  };

  // Both sides' records around `steps`; `begin` starts them.
  const create = ({ transform, flush, cancel }, marks = { readable: 0, writable: 1 }, sizes = {}) => {
    const started = deferred();
    const t = { backpressure: undefined, backpressureChange: undefined, readable: undefined, writable: undefined, controller: undefined };
    t.controller = new Controller(t, { transform, flush, cancel });
    t.writable = writable.createStream({
      start: () => started.promise,
      write: (chunk) => sinkWrite(t, chunk),
      close: () => sinkClose(t),
      abort: (reason) => sinkAbort(t, reason),
      mark: marks.writable,
      size: sizes.writable,
    });
    t.readable = readable.createStream({
      start: () => started.promise,
      pull: () => sourcePull(t),
      cancel: (reason) => sourceCancel(t, reason),
      mark: marks.readable,
      size: sizes.readable,
    });
    setBackpressure(t, true);
    t.begin = (value) => started.resolve(value);
    return t;
  };

  class TransformStreamDefaultController {
    #c;
    constructor(key, controller) {
      if (key !== INTERNAL) throw new TypeError("Illegal constructor");
      this.#c = controller;
    }
    get desiredSize() {
      return this.#c.t.readable.controller.desiredSize();
    }
    enqueue(chunk) {
      this.#c.enqueue(chunk);
    }
    error(reason) {
      errorBoth(this.#c.t, reason);
    }
    terminate() {
      this.#c.terminate();
    }
  }

  class TransformStream {
    #t;
    constructor(transformer = {}, writableStrategy = {}, readableStrategy = {}) {
      if (!isObject(transformer)) throw new TypeError("TransformStream: the transformer must be an object");
      writableStrategy = dictionary(writableStrategy, "TransformStream: the writable strategy");
      readableStrategy = dictionary(readableStrategy, "TransformStream: the readable strategy");
      for (const name of ["readableType", "writableType"]) {
        if (transformer[name] !== undefined) throw new RangeError(`TransformStream: ${name} is not supported`);
      }
      const marks = { readable: highWaterMark(readableStrategy, 0), writable: highWaterMark(writableStrategy, 1) };
      const sizes = { readable: sizeOf(readableStrategy), writable: sizeOf(writableStrategy) };
      const start = callback(transformer, "start", () => undefined);
      const [transform, flush, cancel] = ["transform", "flush", "cancel"].map((name) => promising(transformer, name));
      const passOn = (chunk) => {
        try {
          t.controller.enqueue(chunk);
          return resolvedWith(undefined);
        } catch (error) {
          return rejectedWith(error);
        }
      };
      const t = create(
        {
          transform: transformer.transform === undefined ? passOn : (chunk) => transform(chunk, t.controller.object),
          flush: () => flush(t.controller.object),
          cancel,
        },
        marks,
        sizes,
      );
      this.#t = t;
      t.controller.object = new TransformStreamDefaultController(INTERNAL, t.controller);
      t.begin(start(t.controller.object));
    }
    get readable() {
      return readable.publish(this.#t.readable);
    }
    get writable() {
      return writable.publish(this.#t.writable);
    }
  }

  // The two ends of a transformation the platform makes: `transform` and `flush` get a function that enqueues.
  const pair = (transform, flush) => {
    const attempt = (steps) => {
      try {
        return resolvedWith(steps());
      } catch (error) {
        return rejectedWith(error);
      }
    };
    const enqueue = (chunk) => t.controller.enqueue(chunk);
    const t = create({
      transform: (chunk) => attempt(() => transform(chunk, enqueue)),
      flush: () => attempt(() => flush(enqueue)),
      cancel: () => resolvedWith(undefined),
    });
    t.begin(undefined);
    return { readable: readable.publish(t.readable), writable: writable.publish(t.writable) };
  };

  enumerate(TransformStream.prototype, ["readable", "writable"]);
  enumerate(TransformStreamDefaultController.prototype, ["desiredSize", "enqueue", "error", "terminate"]);
  for (const item of [TransformStream, TransformStreamDefaultController]) tag(item);
  return { TransformStream, pair };
};
