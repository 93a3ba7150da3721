// pipeTo and pipeThrough.
(host, shared) => {
  const { chain, handled, resolvedWith, rejectedWith, deferred, dictionary, isObject } = shared.part("streams/common");
  const readable = shared.part("streams/readable");
  const writable = shared.part("streams/writable");

  const pipe = (source, target, { preventClose, preventAbort, preventCancel, signal }) => {
    const reader = readable.acquireReader(source);
    const writer = writable.acquireWriter(target);
    source.disturbed = true;
    const outcome = deferred();
    let shuttingDown = false;
    let lastWrite = resolvedWith(undefined);

    const finalize = (error) => {
      writable.releaseWriter(writer);
      readable.releaseReader(reader);
      if (signal !== undefined) signal.removeEventListener("abort", onAbort);
      if (error === undefined) outcome.resolve(undefined);
      else outcome.reject(error.reason);
    };
    // Everything read must have been written before the pipe comes apart.
    const allWritten = () => {
      const waited = lastWrite;
      return chain(waited, () => (waited === lastWrite ? undefined : allWritten()));
    };
    const shutDown = (action, error) => {
      if (shuttingDown) return;
      shuttingDown = true;
      const act = () => {
        if (action === undefined) return finalize(error);
        chain(action(), () => finalize(error), (reason) => finalize({ reason }));
      };
      if (target.state === "writable" && !writable.closeQueuedOrInFlight(target)) chain(allWritten(), act, act);
      else act();
    };
    const onAbort = () => {
      const { reason } = signal;
      const actions = [];
      if (!preventAbort) actions.push(() => (target.state === "writable" ? writable.abortStream(target, reason) : resolvedWith(undefined)));
      if (!preventCancel) actions.push(() => (source.state === "readable" ? readable.cancelStream(source, reason) : resolvedWith(undefined)));
      shutDown(() => Promise.all(actions.map((action) => action())), { reason });
    };

    const whenErrored = (record, promise, steps) => {
      if (record.state === "errored") steps(record.storedError);
      else chain(promise, undefined, steps);
    };
    const step = () => {
      if (shuttingDown) return resolvedWith(true);
      return chain(writer.ready.promise, () => {
        const read = deferred();
        readable.readFrom(reader, {
          chunk: (chunk) => {
            lastWrite = chain(writable.writeTo(writer, chunk), undefined, () => {});
            read.resolve(false);
          },
          close: () => read.resolve(true),
          error: read.reject,
        });
        return read.promise;
      });
    };
    const loop = () => {
      if (shuttingDown) return;
      handled(chain(step(), (done) => (done ? undefined : loop())));
    };

    if (signal !== undefined) {
      if (signal.aborted) {
        onAbort();
        return outcome.promise;
      }
      signal.addEventListener("abort", onAbort);
    }
    whenErrored(source, reader.closed.promise, (error) => {
      if (preventAbort) shutDown(undefined, { reason: error });
      else shutDown(() => writable.abortStream(target, error), { reason: error });
    });
    whenErrored(target, writer.closed.promise, (error) => {
      if (preventCancel) shutDown(undefined, { reason: error });
      else shutDown(() => readable.cancelStream(source, error), { reason: error });
    });
    const sourceClosed = () => {
      if (preventClose) shutDown();
      else shutDown(() => writable.closeWithErrorPropagation(writer));
    };
    if (source.state === "closed") sourceClosed();
    else chain(reader.closed.promise, sourceClosed, () => {});
    if (writable.closeQueuedOrInFlight(target) || target.state === "closed") {
      const error = new TypeError("The destination of the pipe is closed");
      if (preventCancel) shutDown(undefined, { reason: error });
      else shutDown(() => readable.cancelStream(source, error), { reason: error });
    }
    loop();
    return outcome.promise;
  };

  const optionsOf = (options) => {
    const { preventAbort, preventCancel, preventClose, signal } = dictionary(options, "The options of a pipe");
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("The signal of a pipe must be an AbortSignal");
    return { preventAbort: Boolean(preventAbort), preventCancel: Boolean(preventCancel), preventClose: Boolean(preventClose), signal };
  };

  const pipeTo = (source, destination, options) => {
    try {
      const target = writable.streamOf(destination);
      if (target === undefined) throw new TypeError("pipeTo: expected a WritableStream");
      options = optionsOf(options);
      if (source.reader !== undefined) throw new TypeError("Invalid state: ReadableStream is locked");
      if (target.writer !== undefined) throw new TypeError("Invalid state: WritableStream is locked");
      return pipe(source, target, options);
    } catch (error) {
      return rejectedWith(error);
    }
  };
  const pipeThrough = (source, transform, options) => {
    if (!isObject(transform)) throw new TypeError("pipeThrough: expected a pair of streams");
    const { readable: end, writable: destination } = transform;
    if (readable.streamOf(end) === undefined) throw new TypeError("pipeThrough: readable is not a ReadableStream");
    const target = writable.streamOf(destination);
    if (target === undefined) throw new TypeError("pipeThrough: writable is not a WritableStream");
    options = optionsOf(options);
    if (source.reader !== undefined) throw new TypeError("Invalid state: ReadableStream is locked");
    if (target.writer !== undefined) throw new TypeError("Invalid state: WritableStream is locked");
    handled(pipe(source, target, options));
    return end;
  };
  return { pipeTo, pipeThrough };
};
