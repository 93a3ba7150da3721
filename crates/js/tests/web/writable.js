{
  "writes are serial": async () => {
    const log = [];
    const s = new WritableStream({ start() { log.push("start"); }, async write(x) { log.push(`begin ${x}`); await null; log.push(`end ${x}`); }, close() { log.push("close"); } });
    const w = s.getWriter();
    log.push(w.desiredSize);
    w.write(1); w.write(2);
    log.push(w.desiredSize);
    await w.close();
    log.push(w.desiredSize, s.locked);
    return log;
  },
  "ready follows backpressure": async () => {
    const log = [];
    let done;
    const s = new WritableStream({ write() { return new Promise((r) => { done = r; }); } });
    const w = s.getWriter();
    const first = w.ready;
    await first;
    const p = w.write("a");
    log.push(w.ready === first, w.desiredSize);
    w.ready.then(() => log.push("ready"));
    await null; await null;
    log.push("finish");
    done();
    await p; await w.ready;
    log.push(w.desiredSize);
    return log;
  },
  "constructor checks": async () => {
    const out = [];
    const tries = [
      () => new WritableStream(null), () => new WritableStream(1), () => new WritableStream({ type: "x" }), () => new WritableStream({ write: 1 }),
      () => new WritableStream({}, { highWaterMark: -1 }), () => new WritableStream({}, { size: "x" }), () => new WritableStreamDefaultWriter({}),
      () => new WritableStream({ start() { throw new RangeError("x"); } }), () => { const s = new WritableStream(); s.getWriter(); s.getWriter(); },
      () => new TransformStream(null), () => new TransformStream({ readableType: "bytes" }), () => new TransformStream({ transform: 1 }), () => new TransformStream({ start() { throw new EvalError("x"); } }),
    ];
    for (const attempt of tries) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "a failing write": async () => {
    const out = [];
    const s = new WritableStream({ write() { throw new RangeError("x"); }, close() { out.push("never"); }, abort() { out.push("never"); } });
    const w = s.getWriter();
    out.push(...(await Promise.allSettled([w.write(1), w.write(2), w.close(), w.closed])).map((r) => r.reason.name));
    out.push(w.desiredSize);
    out.push(...(await Promise.allSettled([w.ready, w.write(3), w.close(), w.abort()])).map((r) => r.status + (r.reason?.name ?? "")));
    return out;
  },
  "abort": async () => {
    const out = [];
    const s = new WritableStream({ write() { return new Promise(() => {}); }, abort(r) { out.push(`abort ${r}`); } });
    const w = s.getWriter();
    out.push(await w.abort("why") ?? "undefined");
    out.push(...(await Promise.allSettled([w.write(1), w.close(), w.closed, w.ready])).map((r) => r.reason?.name ?? r.reason));
    return out;
  },
  "abort waits for the write": async () => {
    const out = [];
    let finish;
    const s = new WritableStream({ write(x, c) { c.signal.addEventListener("abort", () => out.push(`signal ${c.signal.reason}`)); return new Promise((r) => { finish = r; }); }, abort() { out.push("abort"); } });
    const w = s.getWriter();
    await w.ready;
    const p = w.write(1).then(() => out.push("written"));
    const a = w.abort("r").then(() => out.push("aborted"));
    await null; await null;
    out.push("finish");
    finish();
    await Promise.all([p, a]);
    return out;
  },
  "abort that fails": async () => {
    const s = new WritableStream({ abort() { throw new RangeError("x"); } });
    try { await s.abort("y"); } catch (e) { return [e.name]; }
  },
  "abort twice": async () => {
    const s = new WritableStream();
    const results = await Promise.allSettled([s.abort(1), s.abort(2), s.abort(3)]);
    return results.map((r) => r.status);
  },
  "controller error": async () => {
    let c;
    const s = new WritableStream({ start(x) { c = x; } });
    const w = s.getWriter();
    c.error(new RangeError("x"));
    return [w.desiredSize, ...(await Promise.allSettled([w.ready, w.closed, w.write(1)])).map((r) => r.reason.name)];
  },
  "close twice": async () => {
    const s = new WritableStream();
    const out = [];
    const first = s.close();
    try { await s.close(); } catch (e) { out.push(e.name); }
    await first;
    try { await s.close(); } catch (e) { out.push(e.name); }
    try { await s.getWriter().write(1); } catch (e) { out.push("threw"); }
    return out;
  },
  "close that fails": async () => {
    const s = new WritableStream({ close() { throw new RangeError("x"); } });
    const w = s.getWriter();
    return (await Promise.allSettled([w.close(), w.closed])).map((r) => r.reason.name);
  },
  "release": async () => {
    const s = new WritableStream();
    const w = s.getWriter();
    w.releaseLock();
    const out = [s.locked];
    out.push(...(await Promise.allSettled([w.write(1), w.close(), w.abort(), w.closed, w.ready])).map((r) => r.reason.name));
    try { w.desiredSize; } catch (e) { out.push(e.name); }
    return out;
  },
  "sizes": async () => {
    const out = [];
    const s = new WritableStream({ write() {} }, { highWaterMark: 10, size: (x) => x.length });
    const w = s.getWriter();
    w.write("abc"); out.push(w.desiredSize);
    w.write("abcdefgh"); out.push(w.desiredSize);
    await w.ready; out.push(w.desiredSize);
    return out;
  },
  "size that throws": async () => {
    const s = new WritableStream({}, { size() { throw new RangeError("x"); } });
    const w = s.getWriter();
    return (await Promise.allSettled([w.write(1), w.closed])).map((r) => r.reason.name);
  },
  "a failing start": async () => {
    const s = new WritableStream({ start() { return Promise.reject(new RangeError("x")); }, write() {} });
    const w = s.getWriter();
    return (await Promise.allSettled([w.write(1), w.closed, w.ready])).map((r) => r.status + r.reason?.name);
  },
  "order of writes and promises": async () => {
    const log = [];
    const s = new WritableStream({ write(x) { log.push(`sink ${x}`); }, close() { log.push("sink close"); } });
    const w = s.getWriter();
    w.write(1).then(() => log.push("w1"));
    w.write(2).then(() => log.push("w2"));
    w.close().then(() => log.push("close"));
    w.closed.then(() => log.push("closed"));
    w.ready.then(() => log.push("ready"));
    await w.closed; await null;
    return log;
  },
  "identity transform": async () => {
    const { readable, writable } = new TransformStream();
    const w = writable.getWriter();
    w.write("a"); w.write("b"); w.close();
    const out = [];
    for await (const x of readable) out.push(x);
    return out;
  },
  "transform": async () => {
    const log = [];
    const t = new TransformStream({
      start(c) { c.enqueue("start"); log.push(c.desiredSize); },
      async transform(x, c) { await null; c.enqueue(x); c.enqueue(x * 2); },
      flush(c) { c.enqueue("end"); },
    });
    const w = t.writable.getWriter();
    w.write(1); w.write(2); w.close();
    for await (const x of t.readable) log.push(x);
    return log;
  },
  "transform that throws": async () => {
    const t = new TransformStream({ transform() { throw new RangeError("x"); } });
    const w = t.writable.getWriter();
    const r = t.readable.getReader();
    return (await Promise.allSettled([w.write(1), r.read(), w.closed, r.closed])).map((x) => x.reason.name);
  },
  "flush that throws": async () => {
    const t = new TransformStream({ flush() { throw new RangeError("x"); } });
    const w = t.writable.getWriter();
    const r = t.readable.getReader();
    return (await Promise.allSettled([w.close(), r.read()])).map((x) => x.reason.name);
  },
  "terminate": async () => {
    const t = new TransformStream({ transform(x, c) { c.enqueue(x); c.terminate(); } });
    const w = t.writable.getWriter();
    const r = t.readable.getReader();
    const results = await Promise.allSettled([w.write(1), r.read(), r.read(), w.write(2), w.closed]);
    return results.map((x) => x.value ?? x.reason?.name ?? "undefined");
  },
  "controller error of a transform": async () => {
    let c;
    const t = new TransformStream({ start(x) { c = x; } });
    c.error(new RangeError("x"));
    return (await Promise.allSettled([t.readable.getReader().read(), t.writable.getWriter().write(1)])).map((x) => x.reason.name);
  },
  "cancelling the readable side": async () => {
    const t = new TransformStream();
    await t.readable.cancel(new RangeError("x"));
    try { await t.writable.getWriter().write(1); } catch (e) { return e.name; }
  },
  "aborting the writable side": async () => {
    const t = new TransformStream();
    await t.writable.abort(new RangeError("x"));
    try { await t.readable.getReader().read(); } catch (e) { return e.name; }
  },
  "transform backpressure": async () => {
    const log = [];
    const t = new TransformStream({ transform(x, c) { log.push(`t${x}`); c.enqueue(x); } });
    const w = t.writable.getWriter();
    log.push(w.desiredSize);
    w.write(1); log.push(w.desiredSize);
    w.write(2);
    for (let i = 0; i < 10; i++) await null;
    log.push("read");
    const r = t.readable.getReader();
    log.push((await r.read()).value, (await r.read()).value);
    return log;
  },
  "strategies of a transform": async () => {
    const t = new TransformStream({}, { highWaterMark: 3 }, { highWaterMark: 2 });
    const w = t.writable.getWriter();
    const out = [w.desiredSize];
    await null; await null;
    w.write(1); w.write(2); w.write(3);
    for (let i = 0; i < 10; i++) await null;
    out.push(w.desiredSize);
    return out;
  },
  "text streams": async () => {
    const out = [];
    const encoded = [];
    for await (const x of ReadableStream.from(["é", "\ud83d", "\ude00!", "\ud83d"]).pipeThrough(new TextEncoderStream())) encoded.push([...x]);
    out.push(encoded);
    const text = [];
    for await (const x of ReadableStream.from([new Uint8Array([0xc3]), new Uint8Array([0xa9, 0xf0, 0x9f]), new Uint8Array([0x98, 0x80, 0xe2])]).pipeThrough(new TextDecoderStream())) text.push(x);
    out.push(text);
    const d = new TextDecoderStream("latin1", { fatal: true });
    out.push(d.encoding, d.fatal, d.ignoreBOM, new TextEncoderStream().encoding);
    try { for await (const x of ReadableStream.from([new Uint8Array([0xff])]).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))); } catch (e) { out.push(e.name); }
    try { new TextDecoderStream("nope"); } catch (e) { out.push(e.name); }
    return out;
  },
  "names of writables": async () => {
    let c, tc;
    const s = new WritableStream({ start(x) { c = String(x); } });
    new TransformStream({ start(x) { tc = String(x); } });
    return [String(s), String(s.getWriter()), c, tc, Object.keys(WritableStream.prototype).sort(), Object.keys(WritableStreamDefaultWriter.prototype).sort(), Object.keys(TransformStream.prototype)];
  },
}
