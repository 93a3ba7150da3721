{
  "the order of an abort": async () => {
    const log = [];
    const [a, b] = [new AbortController(), new AbortController()];
    const both = AbortSignal.any([a.signal, b.signal]);
    const nested = AbortSignal.any([both]);
    const note = (name) => (e) => log.push([name, e.type, e.bubbles, e.cancelable, a.signal.aborted]);
    nested.addEventListener("abort", note("nested"));
    both.addEventListener("abort", note("both"));
    a.signal.addEventListener("abort", note("a first"));
    a.signal.onabort = note("on a");
    a.signal.addEventListener("abort", note("a last"));
    a.abort("why");
    log.push([both.reason, nested.reason, b.signal.aborted]);
    return log;
  },
  "onabort": async () => {
    const log = [];
    const c = new AbortController();
    const out = [c.signal.onabort];
    const f = () => log.push("f");
    c.signal.onabort = f; out.push(c.signal.onabort === f);
    c.signal.onabort = () => log.push("g");
    c.signal.addEventListener("abort", () => log.push("late"));
    c.signal.onabort = () => log.push("h");
    c.abort();
    return [out, log];
  },
  "abort while aborting": async () => {
    const log = [];
    const c = new AbortController();
    c.signal.addEventListener("abort", () => { log.push("one"); c.abort("again"); });
    c.signal.addEventListener("abort", () => log.push(`two ${c.signal.reason}`));
    c.abort("first");
    c.abort("second");
    return [log, c.signal.reason];
  },
  "reasons": async () => {
    const out = [];
    for (const reason of [undefined, null, 0, "", new RangeError("r"), { a: 1 }]) {
      const c = new AbortController(); c.abort(reason);
      out.push(reason === undefined ? [c.signal.reason.name, c.signal.reason.message, c.signal.reason.code] : c.signal.reason === reason);
      try { c.signal.throwIfAborted(); out.push("fine"); } catch (e) { out.push(e === c.signal.reason); }
    }
    new AbortController().signal.throwIfAborted();
    return out;
  },
  "listeners of many kinds": async () => {
    const log = [];
    const t = new EventTarget();
    class Handler { constructor(n) { this.n = n; } handleEvent(e) { log.push([this.n, e.type]); } }
    const h = new Handler(1);
    t.addEventListener("x", h); t.addEventListener("x", h, { once: true }); t.addEventListener("x", new Handler(2), { once: true });
    t.addEventListener("x", function (e) { log.push([this === t, e.target === t]); });
    h.handleEvent = (e) => log.push(["changed", e.type]);
    t.dispatchEvent(new Event("x")); t.dispatchEvent(new Event("x"));
    return log;
  },
  "dispatching inside a dispatch": async () => {
    const log = [];
    const t = new EventTarget();
    t.addEventListener("a", (e) => { log.push("a1"); t.dispatchEvent(new Event("b")); try { t.dispatchEvent(e); } catch { log.push("refused"); } });
    t.addEventListener("a", () => log.push("a2"));
    t.addEventListener("b", () => log.push("b"));
    const e = new Event("a");
    t.dispatchEvent(e); t.dispatchEvent(e);
    return log;
  },
  "events": async () => {
    const out = [];
    for (const init of [undefined, null, {}, { bubbles: 1, cancelable: "", composed: {} }]) { const e = new Event("t", init); out.push([e.bubbles, e.cancelable, e.composed]); }
    out.push(new Event(5).type, new Event(null).type, new Event(undefined).type, typeof new Event("x").timeStamp, new Event("x").target, new Event("x").composedPath().length);
    for (const attempt of [() => new Event(Symbol()), () => new Event("x", 1), () => new EventTarget().dispatchEvent("x"), () => new EventTarget().addEventListener("x"), () => new EventTarget().addEventListener("x", 1), () => new EventTarget().addEventListener("x", "f"), () => new EventTarget().removeEventListener("x", null), () => new EventTarget().addEventListener("x", () => {}, { signal: null })]) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "signals of listeners": async () => {
    const log = [];
    const t = new EventTarget();
    const c = new AbortController();
    t.addEventListener("x", () => { log.push(1); c.abort(); }, { signal: c.signal });
    t.addEventListener("x", () => log.push(2), { signal: c.signal });
    t.addEventListener("x", () => log.push(3), { signal: AbortSignal.abort() });
    t.addEventListener("x", () => log.push(4));
    t.dispatchEvent(new Event("x")); t.dispatchEvent(new Event("x"));
    return log;
  },
  "streams and signals": async () => {
    const log = [];
    const c = new AbortController();
    const source = new ReadableStream({ pull(x) { x.enqueue(1); }, cancel(r) { log.push(`cancel ${r}`); } });
    const sink = new WritableStream({ write() { log.push("write"); c.abort("stop"); }, abort(r) { log.push(`abort ${r}`); } });
    try { await source.pipeTo(sink, { signal: c.signal }); } catch (e) { log.push(`pipe ${e}`); }
    let controller;
    const w = new WritableStream({ start(x) { controller = x; } });
    controller.signal.addEventListener("abort", () => log.push(`sink ${controller.signal.reason}`));
    await w.abort("bye");
    for (const bad of [1, {}, null]) { try { await new ReadableStream().pipeTo(new WritableStream(), { signal: bad }); log.push("fine"); } catch (e) { log.push(e.name); } }
    return log;
  },
}
