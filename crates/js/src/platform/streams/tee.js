// Splitting a readable stream in two.
(host, shared) => {
  const { chain, handled, resolvedWith, deferred } = shared.part("streams/common");
  const { createStream, acquireReader, readFrom, releaseReader, cancelStream } = shared.part("streams/readable");

  // Both branches must be cancelled before the source is, with both reasons.
  const cancelling = (stream, state) => (branch) => (reason) => {
    state.cancelled[branch] = true;
    state.reasons[branch] = reason;
    if (state.cancelled[1 - branch]) state.outcome.resolve(cancelStream(stream, [...state.reasons]));
    return state.outcome.promise;
  };

  const teeDefault = (stream) => {
    const reader = acquireReader(stream);
    const state = { cancelled: [false, false], reasons: [undefined, undefined], outcome: deferred() };
    const branches = [];
    const each = (steps) => branches.forEach((branch, at) => !state.cancelled[at] && steps(branch.controller));
    let reading = false;
    let again = false;
    const pull = () => {
      if (reading) {
        again = true;
        return resolvedWith(undefined);
      }
      reading = true;
      readFrom(reader, {
        chunk: (chunk) =>
          chain(resolvedWith(undefined), () => {
            again = false;
            each((controller) => controller.enqueue(chunk));
            reading = false;
            if (again) pull();
          }),
        close: () => {
          reading = false;
          each((controller) => controller.close());
          if (!state.cancelled[0] || !state.cancelled[1]) state.outcome.resolve(undefined);
        },
        error: () => {
          reading = false;
        },
      });
      return resolvedWith(undefined);
    };
    const cancel = cancelling(stream, state);
    for (const at of [0, 1]) branches.push(createStream({ pull, cancel: cancel(at) }));
    chain(reader.closed.promise, undefined, (error) => {
      for (const branch of branches) branch.controller.error(error);
      if (!state.cancelled[0] || !state.cancelled[1]) state.outcome.resolve(undefined);
    });
    return branches;
  };

  const teeBytes = (stream) => {
    const { createByteStream, readInto } = shared.part("streams/bytes");
    let reader = acquireReader(stream);
    const state = { cancelled: [false, false], reasons: [undefined, undefined], outcome: deferred() };
    const branches = [];
    let reading = false;
    const again = [false, false];
    const forward = (current) =>
      handled(
        chain(current.closed.promise, undefined, (error) => {
          if (current !== reader) return;
          for (const branch of branches) branch.controller.error(error);
          if (!state.cancelled[0] || !state.cancelled[1]) state.outcome.resolve(undefined);
        }),
      );
    const switchTo = (isByob) => {
      if (reader.isByob === isByob) return;
      releaseReader(reader);
      reader = acquireReader(stream, isByob);
      forward(reader);
    };
    const copy = (view) => new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    const repeat = () => {
      reading = false;
      if (again[0]) pull(0);
      else if (again[1]) pull(1);
    };
    const finish = () => {
      reading = false;
      branches.forEach(({ controller }, at) => {
        if (state.cancelled[at]) return;
        controller.close();
        if (controller.pulls.length > 0) controller.respond(0);
      });
      if (!state.cancelled[0] || !state.cancelled[1]) state.outcome.resolve(undefined);
    };
    const failed = () => {
      reading = false;
    };
    const pullDefault = () => {
      switchTo(false);
      readFrom(reader, {
        chunk: (chunk) =>
          chain(resolvedWith(undefined), () => {
            again[0] = again[1] = false;
            const second = !state.cancelled[0] && !state.cancelled[1] ? copy(chunk) : chunk;
            if (!state.cancelled[0]) branches[0].controller.enqueue(chunk);
            if (!state.cancelled[1]) branches[1].controller.enqueue(second);
            repeat();
          }),
        close: finish,
        error: failed,
      });
    };
    const pullByob = (view, at) => {
      switchTo(true);
      const [mine, other] = [branches[at].controller, branches[1 - at].controller];
      readInto(reader, view, 1, {
        chunk: (chunk) =>
          chain(resolvedWith(undefined), () => {
            again[0] = again[1] = false;
            if (!state.cancelled[1 - at]) {
              const cloned = copy(chunk);
              if (!state.cancelled[at]) mine.respondWithNewView(chunk);
              other.enqueue(cloned);
            } else if (!state.cancelled[at]) {
              mine.respondWithNewView(chunk);
            }
            repeat();
          }),
        close: (chunk) => {
          reading = false;
          if (!state.cancelled[at]) mine.close();
          if (!state.cancelled[1 - at]) other.close();
          if (chunk !== undefined) {
            if (!state.cancelled[at]) mine.respondWithNewView(chunk);
            if (!state.cancelled[1 - at] && other.pulls.length > 0) other.respond(0);
          }
          if (!state.cancelled[0] || !state.cancelled[1]) state.outcome.resolve(undefined);
        },
        error: failed,
      });
    };
    const pull = (at) => {
      if (reading) {
        again[at] = true;
        return resolvedWith(undefined);
      }
      reading = true;
      const request = branches[at].controller.request();
      if (request === null) pullDefault();
      else pullByob(request.view, at);
      return resolvedWith(undefined);
    };
    const cancel = cancelling(stream, state);
    for (const at of [0, 1]) branches.push(createByteStream({ pull: () => pull(at), cancel: cancel(at) }));
    forward(reader);
    return branches;
  };

  return { teeDefault, teeBytes };
};
