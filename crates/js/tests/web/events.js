{
  "listeners": async () => {
    const log = [];
    const t = new EventTarget();
    const f = (e) => log.push(["f", e.type, e.target === t, e.currentTarget === t, e.eventPhase]);
    t.addEventListener("x", f); t.addEventListener("x", f); t.addEventListener("x", { handleEvent(e) { log.push("object"); } }); t.addEventListener("x", () => log.push("once"), { once: true });
    const e = new Event("x");
    log.push(t.dispatchEvent(e), e.target === t, e.currentTarget, e.eventPhase);
    t.removeEventListener("x", f);
    t.dispatchEvent(new Event("x"));
    return log;
  },
  "capture makes listeners distinct": async () => {
    const log = [];
    const t = new EventTarget();
    const f = () => log.push(1);
    t.addEventListener("x", f); t.addEventListener("x", f, true); t.addEventListener("x", f, { capture: true });
    t.dispatchEvent(new Event("x"));
    t.removeEventListener("x", f);
    t.dispatchEvent(new Event("x"));
    return log.length;
  },
  "prevent and stop": async () => {
    const t = new EventTarget();
    const log = [];
    t.addEventListener("x", (e) => { e.preventDefault(); log.push(e.defaultPrevented); e.stopImmediatePropagation(); });
    t.addEventListener("x", () => log.push("never"));
    const out = [t.dispatchEvent(new Event("x", { cancelable: true })), t.dispatchEvent(new Event("x")), log];
    const e = new Event("y", { bubbles: true, composed: true });
    out.push(e.bubbles, e.composed, e.cancelable, e.defaultPrevented, e.composedPath(), e.cancelBubble, e.returnValue, e.isTrusted);
    e.stopPropagation(); out.push(e.cancelBubble);
    return out;
  },
  "removed while dispatching": async () => {
    const log = [];
    const t = new EventTarget();
    const b = () => log.push("b");
    t.addEventListener("x", () => { log.push("a"); t.removeEventListener("x", b); t.addEventListener("x", () => log.push("late")); });
    t.addEventListener("x", b);
    t.dispatchEvent(new Event("x"));
    return log;
  },
  "listener signal": async () => {
    const log = [];
    const t = new EventTarget();
    const c = new AbortController();
    t.addEventListener("x", () => log.push(1), { signal: c.signal });
    t.dispatchEvent(new Event("x"));
    c.abort();
    t.dispatchEvent(new Event("x"));
    return log;
  },
  "event checks": async () => {
    const out = [];
    const t = new EventTarget();
    for (const attempt of [() => new Event(), () => t.dispatchEvent({}), () => t.dispatchEvent(), () => t.addEventListener("x", null), () => Event("x"), () => new AbortSignal()]) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    class Mine extends Event { constructor() { super("mine"); this.extra = 1; } }
    t.addEventListener("mine", (e) => out.push(e.extra));
    t.dispatchEvent(new Mine());
    return out;
  },
  "abort": async () => {
    const c = new AbortController();
    const log = [c.signal.aborted, c.signal.reason === undefined];
    c.signal.onabort = (e) => log.push(`on ${e.type}`);
    c.signal.addEventListener("abort", () => log.push("listener"));
    c.abort(); c.abort("again");
    log.push(c.signal.aborted, c.signal.reason.name, c.signal.reason.code, c.signal.reason instanceof DOMException);
    try { c.signal.throwIfAborted(); } catch (e) { log.push(e.name); }
    log.push(AbortSignal.abort().reason.name, AbortSignal.abort("r").reason, AbortSignal.abort(null).reason);
    return log;
  },
  "any": async () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const any = AbortSignal.any([a.signal, b.signal]);
    const nested = AbortSignal.any([any, new AbortController().signal]);
    const log = [any.aborted];
    any.addEventListener("abort", () => log.push("any"));
    nested.addEventListener("abort", () => log.push("nested"));
    b.abort("b"); a.abort("a");
    log.push(any.reason, nested.reason, AbortSignal.any([]).aborted, AbortSignal.any([AbortSignal.abort(1)]).reason);
    for (const bad of [undefined, 1, [1]]) { try { AbortSignal.any(bad); } catch (e) { log.push(e.name); } }
    return log;
  },
  "dom exceptions": async () => {
    const out = [];
    for (const name of ["IndexSizeError", "NotFoundError", "NotSupportedError", "InvalidStateError", "SyntaxError", "InvalidAccessError", "NetworkError", "AbortError", "QuotaExceededError", "TimeoutError", "DataCloneError", "EncodingError", "OperationError", "Mine"]) { const e = new DOMException("m", name); out.push([e.name, e.message, e.code]); }
    const e = new DOMException();
    out.push(e.name, e.message, e.code, e instanceof Error, String(new DOMException("m", "AbortError")), Object.prototype.toString.call(e), DOMException.ABORT_ERR, e.INDEX_SIZE_ERR, typeof e.stack);
    return out;
  },
}
