{
  "default reads": async () => {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2, 3])); c.enqueue(new Uint16Array([1])); c.close(); } });
    const out = [];
    for await (const chunk of s) out.push([chunk.constructor.name, [...chunk]]);
    return out;
  },
  "byob reads": async () => {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2, 3, 4, 5])); c.close(); } });
    const r = s.getReader({ mode: "byob" });
    const out = [];
    for (let i = 0; i < 4; i++) {
      const { value, done } = await r.read(new Uint8Array(2));
      out.push([[...value], done, value.byteOffset, value.buffer.byteLength]);
    }
    return out;
  },
  "the view is detached": async () => {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1])); } });
    const r = s.getReader({ mode: "byob" });
    const view = new Uint8Array(4);
    const { value } = await r.read(view);
    return [view.byteLength, view.buffer.byteLength, value.byteLength, value.buffer.byteLength];
  },
  "pull with a request": async () => {
    const log = [];
    let n = 0;
    const s = new ReadableStream({
      type: "bytes",
      pull(c) {
        const request = c.byobRequest;
        log.push(request === null ? "none" : request.view.byteLength);
        if (request === null) { c.enqueue(new Uint8Array([9])); return; }
        request.view[0] = ++n;
        request.respond(1);
        if (n === 3) c.close();
      },
    });
    const r = s.getReader({ mode: "byob" });
    for (let i = 0; i < 3; i++) log.push([...(await r.read(new Uint8Array(8))).value]);
    return log;
  },
  "respond with a new view": async () => {
    const s = new ReadableStream({
      type: "bytes",
      pull(c) {
        const { view } = c.byobRequest;
        c.byobRequest.respondWithNewView(new Uint8Array(view.buffer, view.byteOffset, 2).fill(7));
      },
    });
    const r = s.getReader({ mode: "byob" });
    return [...(await r.read(new Uint8Array(4))).value];
  },
  "automatic allocation": async () => {
    const log = [];
    let n = 0;
    const s = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: 4,
      pull(c) { log.push(c.byobRequest.view.byteLength); c.byobRequest.view.fill(++n); c.byobRequest.respond(n === 3 ? 1 : 3); if (n === 3) c.close(); },
    });
    for await (const x of s) log.push([...x]);
    return log;
  },
  "multi-byte views": async () => {
    let c;
    const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
    const r = s.getReader({ mode: "byob" });
    const p = r.read(new Uint16Array(2));
    c.enqueue(new Uint8Array([1]));
    c.enqueue(new Uint8Array([0, 5, 0, 6]));
    const first = await p;
    const second = await r.read(new Uint8Array(4));
    return [first.value.constructor.name, [...first.value], [...second.value]];
  },
  "close in the middle of an element": async () => {
    let c;
    const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
    const r = s.getReader({ mode: "byob" });
    const p = r.read(new Uint16Array(1));
    c.enqueue(new Uint8Array([1]));
    const out = [];
    try { c.close(); } catch (e) { out.push(e.name); }
    try { await p; } catch (e) { out.push(e.name); }
    return out;
  },
  "close answers waiting reads": async () => {
    let c;
    const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
    const r = s.getReader({ mode: "byob" });
    const p = r.read(new Uint8Array(3));
    await null; await null;
    c.close();
    c.byobRequest.respond(0);
    const { value, done } = await p;
    return [done, value.byteLength, value.buffer.byteLength];
  },
  "cancel answers waiting reads": async () => {
    const s = new ReadableStream({ type: "bytes" });
    const r = s.getReader({ mode: "byob" });
    const p = r.read(new Uint8Array(3));
    await r.cancel();
    const { value, done } = await p;
    return [done, value === undefined];
  },
  "checks": async () => {
    const out = [];
    let c;
    const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
    const tries = [
      () => c.enqueue(1), () => c.enqueue(new Uint8Array(0)), () => c.enqueue(new ArrayBuffer(1)), () => c.enqueue("x"), () => c.desiredSize,
      () => c.byobRequest,
    ];
    for (const attempt of tries) { try { out.push(attempt() ?? null); } catch (e) { out.push(e.name); } }
    const r = s.getReader({ mode: "byob" });
    for (const view of [1, undefined, new Uint8Array(0), new ArrayBuffer(3)]) { try { await r.read(view); out.push("fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "respond checks": async () => {
    const out = [];
    const s = new ReadableStream({
      type: "bytes",
      pull(c) {
        const request = c.byobRequest;
        for (const count of [0, 99]) { try { request.respond(count); } catch (e) { out.push(e.name); } }
        request.respond(2);
        out.push(request.view);
        try { request.respond(1); } catch (e) { out.push(e.name); }
      },
    });
    await s.getReader({ mode: "byob" }).read(new Uint8Array(4));
    return out;
  },
  "tee of bytes": async () => {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2])); c.enqueue(new Uint8Array([3])); c.close(); } });
    const [a, b] = s.tee();
    const all = async (x) => { const items = []; for await (const i of x) items.push(...i); return items; };
    const rb = b.getReader({ mode: "byob" });
    const first = await rb.read(new Uint8Array(8));
    rb.releaseLock();
    return [[...first.value], await all(a), await all(b)];
  },
  "tee of bytes with requests": async () => {
    let n = 0;
    const s = new ReadableStream({ type: "bytes", pull(c) { n++; if (c.byobRequest) { c.byobRequest.view[0] = n; c.byobRequest.respond(1); } else c.enqueue(new Uint8Array([n])); if (n === 3) c.close(); } });
    const [a, b] = s.tee();
    const [ra, rb] = [a.getReader({ mode: "byob" }), b.getReader({ mode: "byob" })];
    const out = [];
    for (let i = 0; i < 3; i++) {
      const [x, y] = await Promise.all([ra.read(new Uint8Array(2)), rb.read(new Uint8Array(2))]);
      out.push([...x.value], [...y.value]);
    }
    return out;
  },
  "releasing with a pending request": async () => {
    let c;
    const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
    const r = s.getReader({ mode: "byob" });
    const p = r.read(new Uint8Array(4)).catch((e) => e.name);
    r.releaseLock();
    c.enqueue(new Uint8Array([1, 2]));
    return [await p, [...(await s.getReader().read()).value]];
  },
  "errors": async () => {
    let c;
    const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
    const r = s.getReader({ mode: "byob" });
    const p = r.read(new Uint8Array(1));
    c.error(new RangeError("x"));
    return (await Promise.allSettled([p, r.read(new Uint8Array(1)), r.closed])).map((x) => x.reason.name);
  },
  "names": async () => {
    let controller;
    const s = new ReadableStream({ type: "bytes", start(c) { controller = String(c); } });
    return [controller, String(s.getReader({ mode: "byob" })), Object.keys(ReadableStreamBYOBReader.prototype).sort()];
  },
}
