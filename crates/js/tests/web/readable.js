{
  "enqueue and read": async () => {
    const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } });
    const r = s.getReader();
    return [s.locked, await r.read(), await r.read(), await r.read(), await r.closed];
  },
  "constructor checks": async () => {
    const out = [];
    const attempts = [
      () => new ReadableStream(null), () => new ReadableStream(1), () => new ReadableStream({ type: "x" }), () => new ReadableStream({ pull: 1 }),
      () => new ReadableStream({ start: "x" }), () => new ReadableStream({}, { highWaterMark: -1 }), () => new ReadableStream({}, { highWaterMark: NaN }),
      () => new ReadableStream({}, { size: 1 }), () => new ReadableStream({ type: "bytes" }, { size() { return 1; } }),
      () => new ReadableStream({ start() { throw new RangeError("x"); } }), () => new ReadableStream({ type: "bytes", autoAllocateChunkSize: 0 }),
      () => new ReadableStreamDefaultReader({}), () => ReadableStream(), () => new ReadableStream().getReader({ mode: "x" }),
      () => new ReadableStream().getReader({ mode: "byob" }),
    ];
    for (const attempt of attempts) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "pull is called on demand": async () => {
    const log = [];
    let n = 0;
    const s = new ReadableStream({ pull(c) { log.push(`pull ${c.desiredSize}`); c.enqueue(n++); if (n === 5) c.close(); } }, { highWaterMark: 2 });
    await Promise.resolve(); await Promise.resolve(); await Promise.resolve();
    log.push("before");
    const r = s.getReader();
    for (;;) { const { value, done } = await r.read(); if (done) break; log.push(value); }
    return log;
  },
  "pull order with zero mark": async () => {
    const log = [];
    let n = 0;
    const s = new ReadableStream({ pull(c) { log.push("pull"); c.enqueue(n++); if (n > 2) c.close(); } }, { highWaterMark: 0 });
    log.push("made");
    for await (const chunk of s) log.push(chunk);
    return log;
  },
  "async pull is not reentered": async () => {
    const log = []; let n = 0; let open = 0;
    const s = new ReadableStream({ async pull(c) { open++; log.push(open); await null; await null; c.enqueue(n++); if (n === 4) c.close(); open--; } }, { highWaterMark: 3 });
    for await (const chunk of s) log.push(`c${chunk}`);
    return log;
  },
  "size function": async () => {
    const log = [];
    const s = new ReadableStream({ start(c) { for (const x of ["a", "bbb", "cc"]) { c.enqueue(x); log.push(c.desiredSize); } c.close(); } }, { highWaterMark: 4, size(x) { return x.length; } });
    for await (const x of s) log.push(x);
    return log;
  },
  "size function throws": async () => {
    let caught;
    const s = new ReadableStream({ start(c) { try { c.enqueue(1); } catch (e) { caught = e.name; } } }, { size() { throw new EvalError("x"); } });
    try { await s.getReader().read(); } catch (e) { return [caught, e.name]; }
  },
  "size function returns nonsense": async () => {
    const out = [];
    for (const size of [-1, NaN, Infinity, "2", undefined, null]) {
      try { new ReadableStream({ start(c) { c.enqueue(1); out.push(c.desiredSize); } }, { size: () => size, highWaterMark: 5 }); } catch (e) { out.push(e.name); }
    }
    return out;
  },
  "errors reach readers": async () => {
    let c;
    const s = new ReadableStream({ start(x) { c = x; } });
    const r = s.getReader();
    const p = r.read();
    c.enqueue(1); c.enqueue(2);
    c.error(new RangeError("bad"));
    const out = [await p];
    try { await r.read(); } catch (e) { out.push(e.name); }
    try { await r.closed; } catch (e) { out.push(e.name); }
    out.push(c.desiredSize);
    try { c.enqueue(1); } catch (e) { out.push(e.name); }
    try { c.close(); } catch (e) { out.push(e.name); }
    return out;
  },
  "close states": async () => {
    let c;
    const s = new ReadableStream({ start(x) { c = x; c.enqueue("a"); c.close(); } });
    const out = [c.desiredSize];
    try { c.enqueue(1); } catch (e) { out.push(e.name); }
    try { c.close(); } catch (e) { out.push(e.name); }
    const r = s.getReader();
    out.push(await r.read(), c.desiredSize, await r.read());
    c.error(new Error("late"));
    out.push(await r.read());
    return out;
  },
  "cancel": async () => {
    const log = [];
    const s = new ReadableStream({ cancel(reason) { log.push(`cancel ${reason}`); return "ignored"; } });
    const r = s.getReader();
    const p = r.read();
    log.push(await r.cancel("why") ?? "undefined");
    log.push(await p, await r.closed ?? "closed");
    try { await s.cancel(); } catch (e) { log.push(e.name); }
    r.releaseLock();
    log.push(await s.cancel() ?? "fine");
    return log;
  },
  "cancel that fails": async () => {
    const s = new ReadableStream({ cancel() { throw new EvalError("x"); } });
    try { await s.cancel(); } catch (e) { return [e.name, s.locked, await s.getReader().read()]; }
  },
  "release lock": async () => {
    const out = [];
    const s = new ReadableStream({});
    const r = s.getReader();
    const p = r.read();
    r.releaseLock();
    try { await p; } catch (e) { out.push(e.name); }
    try { await r.closed; } catch (e) { out.push(e.name); }
    try { await r.read(); } catch (e) { out.push(e.name); }
    try { await r.cancel(); } catch (e) { out.push(e.name); }
    r.releaseLock();
    out.push(s.locked);
    s.getReader();
    try { s.getReader(); } catch (e) { out.push(e.name); }
    return out;
  },
  "tee": async () => {
    const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } });
    const [a, b] = s.tee();
    const out = [s.locked];
    const read = async (x) => { const items = []; for await (const i of x) items.push(i); return items; };
    out.push(await read(a), await read(b));
    return out;
  },
  "tee cancels when both do": async () => {
    const log = [];
    const s = new ReadableStream({ start(c) { c.enqueue(1); }, cancel(r) { log.push(r); } });
    const [a, b] = s.tee();
    const p = a.cancel("one").then(() => log.push("a done"));
    log.push((await b.getReader().read()).value);
    const [c, d] = new ReadableStream({ cancel(r) { log.push(r); throw new RangeError("x"); } }).tee();
    const results = await Promise.allSettled([c.cancel("x"), d.cancel("y")]);
    log.push(results.map((r) => r.status + r.reason?.name));
    return log;
  },
  "tee passes errors on": async () => {
    let c;
    const [a, b] = new ReadableStream({ start(x) { c = x; } }).tee();
    c.error(new RangeError("x"));
    return (await Promise.allSettled([a.getReader().read(), b.getReader().closed])).map((r) => r.reason.name);
  },
  "tee pulls once for both": async () => {
    let pulls = 0;
    const [a, b] = new ReadableStream({ pull(c) { pulls++; c.enqueue(pulls); } }, { highWaterMark: 0 }).tee();
    const [ra, rb] = [a.getReader(), b.getReader()];
    const values = await Promise.all([ra.read(), rb.read(), ra.read(), rb.read()]);
    return [values.map((v) => v.value)];
  },
  "iteration and break": async () => {
    const log = [];
    const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { log.push(`cancelled ${r}`); } });
    for await (const x of s) { log.push(x); break; }
    log.push(s.locked);
    return log;
  },
  "iteration without cancelling": async () => {
    let n = 0;
    const s = new ReadableStream({ pull(c) { c.enqueue(n++); } });
    const out = [];
    for await (const x of s.values({ preventCancel: true })) { out.push(x); if (x === 1) break; }
    for await (const x of s) { out.push(x); if (x === 3) break; }
    return out;
  },
  "iteration of a failing stream": async () => {
    const s = new ReadableStream({ pull() { throw new RangeError("x"); } });
    try { for await (const x of s); } catch (e) { return [e.name, s.locked]; }
  },
  "iterator shape": async () => {
    const s = new ReadableStream({ start(c) { c.enqueue(1); c.close(); } });
    const it = s.values();
    const out = [typeof it.next, typeof it.return, typeof it.throw, it[Symbol.asyncIterator]() === it, s.locked];
    out.push(await Promise.all([it.next(), it.next(), it.next()]), await it.return("r"), s.locked);
    return out;
  },
  "from": async () => {
    const all = async (s) => { const items = []; for await (const i of s) items.push(i); return items; };
    const out = [await all(ReadableStream.from([1, 2, 3])), await all(ReadableStream.from("ab")), await all(ReadableStream.from(new Set([1, Promise.resolve(2)])))];
    out.push(await all(ReadableStream.from((async function* () { yield "x"; yield "y"; })())));
    out.push(await all(ReadableStream.from(new ReadableStream({ start(c) { c.enqueue(9); c.close(); } }))));
    for (const bad of [1, null, undefined, {}]) { try { ReadableStream.from(bad); } catch (e) { out.push(e.name); } }
    return out;
  },
  "from cancels the iterator": async () => {
    const log = [];
    async function* gen() { try { yield 1; yield 2; } finally { log.push("cleanup"); } }
    const s = ReadableStream.from(gen());
    const r = s.getReader();
    log.push(await r.read());
    await r.cancel("x");
    log.push(await r.read());
    return log;
  },
  "order of promises": async () => {
    const log = [];
    let c;
    const s = new ReadableStream({ start(x) { c = x; } });
    const r = s.getReader();
    r.closed.then(() => log.push("closed"));
    r.read().then(({ value }) => log.push(`read ${value}`));
    r.read().then(({ done }) => log.push(`done ${done}`));
    c.enqueue("a");
    log.push("sync");
    c.close();
    await Promise.resolve().then(() => log.push("micro"));
    await r.closed; await null; await null;
    return log;
  },
  "start delays pull": async () => {
    const log = [];
    let go;
    const s = new ReadableStream({ start() { log.push("start"); return new Promise((r) => { go = r; }); }, pull(c) { log.push("pull"); c.enqueue(1); c.close(); } });
    const p = s.getReader().read();
    await null; await null;
    log.push("go");
    go();
    log.push(await p);
    return log;
  },
  "failed start": async () => {
    const s = new ReadableStream({ start() { return Promise.reject(new RangeError("x")); } });
    try { await s.getReader().closed; } catch (e) { return e.name; }
  },
  "failed pull": async () => {
    const s = new ReadableStream({ pull() { return Promise.reject(new RangeError("x")); } });
    const r = s.getReader();
    return (await Promise.allSettled([r.read(), r.closed])).map((x) => x.reason.name);
  },
  "names": async () => {
    const s = new ReadableStream({ start(c) { s0 = Object.prototype.toString.call(c); } });
    return [String(s), String(s.getReader()), ReadableStream.name, ReadableStream.length, Object.keys(ReadableStream.prototype).sort(), ReadableStream.prototype[Symbol.asyncIterator] === ReadableStream.prototype.values];
    var s0;
  },
  "pipe": async () => {
    const log = [];
    const source = new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } });
    const sink = new WritableStream({ write(x) { log.push(x); }, close() { log.push("close"); } });
    log.push(await source.pipeTo(sink) ?? "done", source.locked, sink.locked);
    return log;
  },
  "pipe without closing": async () => {
    const log = [];
    const source = ReadableStream.from([1, 2]);
    const sink = new WritableStream({ write(x) { log.push(x); }, close() { log.push("close"); } });
    await source.pipeTo(sink, { preventClose: true });
    const w = sink.getWriter();
    await w.write(3);
    await w.close();
    return log;
  },
  "pipe from a failing source": async () => {
    const log = [];
    const source = new ReadableStream({ start(c) { c.enqueue(1); }, pull(c) { c.error(new RangeError("x")); } }, { highWaterMark: 0 });
    const sink = new WritableStream({ write(x) { log.push(x); }, abort(r) { log.push(`abort ${r.name}`); } });
    try { await source.pipeTo(sink); } catch (e) { log.push(e.name); }
    return log;
  },
  "pipe into a failing sink": async () => {
    const log = [];
    const source = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { log.push(`cancel ${r.name}`); } });
    const sink = new WritableStream({ write() { throw new RangeError("x"); } });
    try { await source.pipeTo(sink); } catch (e) { log.push(e.name); }
    return [log, source.locked, sink.locked];
  },
  "pipe into a closed sink": async () => {
    const log = [];
    const sink = new WritableStream();
    await sink.close();
    const source = new ReadableStream({ cancel(r) { log.push(r.name); } });
    try { await source.pipeTo(sink); } catch (e) { log.push(e.name); }
    return log;
  },
  "pipe aborted": async () => {
    const log = [];
    const controller = new AbortController();
    const source = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { log.push(`cancel ${r}`); } });
    const sink = new WritableStream({ write() { controller.abort("stop"); }, abort(r) { log.push(`abort ${r}`); } });
    try { await source.pipeTo(sink, { signal: controller.signal }); } catch (e) { log.push(e); }
    const before = new AbortController();
    before.abort();
    try { await new ReadableStream().pipeTo(new WritableStream(), { signal: before.signal }); } catch (e) { log.push(e.name); }
    return log;
  },
  "pipe checks": async () => {
    const out = [];
    const tries = [
      () => new ReadableStream().pipeTo(), () => new ReadableStream().pipeTo({}), () => new ReadableStream().pipeTo(new WritableStream(), { signal: 1 }),
      () => { const s = new ReadableStream(); s.getReader(); return s.pipeTo(new WritableStream()); },
      () => { const w = new WritableStream(); w.getWriter(); return new ReadableStream().pipeTo(w); },
      () => new ReadableStream().pipeThrough({}), () => new ReadableStream().pipeThrough({ readable: new ReadableStream(), writable: 1 }),
    ];
    for (const attempt of tries) { try { await attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "pipeThrough": async () => {
    const out = [];
    const upper = new TransformStream({ transform(x, c) { c.enqueue(x.toUpperCase()); }, flush(c) { c.enqueue("!"); } });
    for await (const x of ReadableStream.from(["a", "b"]).pipeThrough(upper).pipeThrough(new TransformStream())) out.push(x);
    return out;
  },
  "pipe respects backpressure": async () => {
    const log = [];
    let n = 0;
    const source = new ReadableStream({ pull(c) { log.push(`pull ${n}`); c.enqueue(n++); if (n === 4) c.close(); } }, { highWaterMark: 0 });
    const sink = new WritableStream({ async write(x) { log.push(`write ${x}`); await null; } }, { highWaterMark: 1 });
    await source.pipeTo(sink);
    return log.sort();
  },
}
