{
  "random flows": async () => {
    let state = 1;
    const random = (limit) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % limit; };
    const wait = async (turns) => { for (let i = 0; i < turns; i++) await null; };
    const show = (it) => (it instanceof TypeError ? it.name : it instanceof Error ? it.message : ArrayBuffer.isView(it) ? [...it] : it);

    // A source that logs what is asked of it: synchronous or not, endless or not, sometimes failing.
    // Node.js does not end the branches of a byte stream that was closed, so those are not among what is split.
    const source = (log, name, isSplit) => {
      const [count, delay, failure, eager, bytes] = [random(5), random(3), random(6), random(2), isSplit ? 1 : random(3)];
      let made = 0;
      const give = (c) => {
        log.push(`${name} pull ${c.desiredSize}`);
        if (failure === 0 && made === count) throw new Error(`${name} broke`);
        if (failure === 1 && made === count) { c.error(new Error(`${name} failed`)); return; }
        if (made < count) { made++; c.enqueue(bytes === 0 ? new Uint8Array([made]) : made); return; }
        c.close();
        if (bytes === 0 && c.byobRequest !== null) c.byobRequest.respond(0);
      };
      const under = {
        start(c) { log.push(`${name} start`); if (eager === 1 && count > 0 && bytes !== 0) { made++; c.enqueue(made); } return wait(delay); },
        pull: delay === 0 ? give : async (c) => { await wait(delay); give(c); },
        cancel(reason) { log.push(`${name} cancel ${show(reason)}`); return wait(delay); },
      };
      if (bytes === 0) under.type = "bytes";
      return new ReadableStream(under, { highWaterMark: random(3) });
    };
    // Nor do sinks fail that are aborted: which error wins is told by the standard, and Node.js tells it otherwise.
    const sink = (log, name, mayFail) => {
      const [delay, failure, mark] = [random(3), mayFail ? random(8) : 7, 1 + random(3)];
      let taken = 0;
      return new WritableStream({
        start() { log.push(`${name} start`); return wait(delay); },
        async write(chunk) { log.push(`${name} write ${show(chunk)}`); await wait(delay); if (failure === 0 && ++taken > 1) throw new Error(`${name} full`); },
        async close() { log.push(`${name} close`); await wait(delay); if (failure === 1) throw new Error(`${name} stuck`); },
        abort(reason) { log.push(`${name} abort ${show(reason)}`); },
      }, { highWaterMark: mark });
    };
    const through = (log, name) => {
      const [delay, failure, copies] = [random(3), random(10), random(3)];
      let seen = 0;
      return new TransformStream({
        async transform(chunk, c) {
          log.push(`${name} transform ${show(chunk)} ${c.desiredSize}`);
          await wait(delay);
          if (failure === 0 && ++seen > 1) throw new Error(`${name} refused`);
          if (failure === 1 && ++seen > 1) { c.terminate(); return; }
          for (let i = 0; i < copies; i++) c.enqueue(chunk);
        },
        flush(c) { log.push(`${name} flush`); if (copies === 2) c.enqueue("last"); },
      }, { highWaterMark: random(3) }, { highWaterMark: random(3) });
    };
    const drain = async (log, name, stream, stopAfter) => {
      const reader = stream.getReader();
      reader.closed.then(() => log.push(`${name} closed`), (e) => log.push(`${name} lost ${show(e)}`));
      try {
        for (let i = 0; ; i++) {
          if (i === stopAfter) { log.push(`${name} stops`); await reader.cancel("enough"); break; }
          const { value, done } = await reader.read();
          log.push(`${name} ${done ? "done" : show(value)}`);
          if (done) break;
        }
      } catch (e) { log.push(`${name} caught ${show(e)}`); }
    };

    // Some flows never end, such as a pipe whose other branch nobody reads.
    // Node.js ends others in a later turn of its loop.
    const rest = typeof setImmediate === "function" ? () => new Promise((resolve) => setImmediate(resolve)) : () => null;
    const settled = (work) => Promise.race([work, wait(300).then(rest).then(() => wait(300)).then(() => { throw new Error("still going"); })]);
    // What each part saw, in order; how the parts take turns is up to whoever runs them.
    const grouped = (log) => {
      const parts = {};
      for (const line of log) (parts[line.split(" ")[0]] ??= []).push(line);
      return Object.keys(parts).sort().map((part) => parts[part].join(", ")).join("; ");
    };
    // Cancelled transforms, which Node.js 20 still flushes, or asks for one more chunk when their transformer is gone.
    const departures = [29, 64, 104];
    const all = [];
    for (let seed = 1; seed <= 150; seed++) {
      state = seed * 7919;
      const log = [];
      try {
        const kind = random(5);
        const from = source(log, "source", kind === 1);
        const stopAfter = random(2) === 0 ? random(4) : -1;
        if (kind === 0) await settled(drain(log, "reader", from, stopAfter));
        if (kind === 1) {
          const [a, b] = from.tee();
          await settled(Promise.all([drain(log, "a", a, stopAfter), drain(log, "b", b, random(4))]));
        }
        if (kind === 2 || kind === 3) {
          const options = { preventClose: random(4) === 0, preventAbort: random(4) === 0, preventCancel: random(4) === 0 };
          const controller = new AbortController();
          if (random(3) === 0) { options.signal = controller.signal; wait(random(12)).then(() => { log.push("abort!"); controller.abort(new Error("aborted")); }); }
          const end = kind === 2 ? from : from.pipeThrough(through(log, "through"));
          try { await settled(end.pipeTo(sink(log, "sink", options.signal === undefined), options)); log.push("piped"); } catch (e) { log.push(`pipe ${show(e)}`); }
        }
        if (kind === 4) {
          const end = from.pipeThrough(through(log, "one")).pipeThrough(through(log, "two"));
          await settled(drain(log, "reader", end, stopAfter));
        }
      } catch (e) { log.push(`ended by ${show(e)}`); }
      await wait(300);
      if (!departures.includes(seed)) all.push(`${seed}: ${grouped(log)}`);
    }
    return all;
  },
}
