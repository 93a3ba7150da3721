// Event, EventTarget, AbortController and AbortSignal.
(host, shared) => {
  const { hidden } = shared;
  const stopped = Symbol("stopped");
  const dispatch = Symbol("dispatch");

  class Event {
    #type;
    #init;
    #prevented = false;
    #target = null;
    #phase = 0;
    #timeStamp = performance.now();
    constructor(type, init = {}) {
      if (arguments.length === 0) throw new TypeError("Event: a type is required");
      this.#type = String(type);
      this.#init = { bubbles: Boolean(init?.bubbles), cancelable: Boolean(init?.cancelable), composed: Boolean(init?.composed) };
      Object.defineProperty(this, stopped, { value: false, writable: true });
    }
    get type() {
      return this.#type;
    }
    get bubbles() {
      return this.#init.bubbles;
    }
    get cancelable() {
      return this.#init.cancelable;
    }
    get composed() {
      return this.#init.composed;
    }
    get defaultPrevented() {
      return this.#prevented;
    }
    get target() {
      return this.#target;
    }
    get currentTarget() {
      return this.#phase === 2 ? this.#target : null;
    }
    get eventPhase() {
      return this.#phase;
    }
    get timeStamp() {
      return this.#timeStamp;
    }
    get isTrusted() {
      return false;
    }
    preventDefault() {
      if (this.cancelable) this.#prevented = true;
    }
    stopPropagation() {}
    stopImmediatePropagation() {
      this[stopped] = true;
    }
    composedPath() {
      return this.currentTarget === null ? [] : [this.currentTarget];
    }
    [dispatch](target, phase) {
      this.#target = target;
      this.#phase = phase;
    }
    get [Symbol.toStringTag]() {
      return "Event";
    }
  }
  for (const name of [dispatch, stopped]) {
    const own = Object.getOwnPropertyDescriptor(Event.prototype, name);
    if (own !== undefined) Object.defineProperty(Event.prototype, name, { ...own, enumerable: false });
  }

  class EventTarget {
    #listeners = new Map();
    addEventListener(type, callback, options) {
      if (callback === null || callback === undefined) return;
      type = String(type);
      const once = typeof options === "object" && options !== null && Boolean(options.once);
      const signal = typeof options === "object" && options !== null ? options.signal : undefined;
      if (signal?.aborted) return;
      const list = this.#listeners.get(type) ?? [];
      if (list.some((listener) => listener.callback === callback)) return;
      this.#listeners.set(type, [...list, { callback, once }]);
      signal?.addEventListener("abort", () => this.removeEventListener(type, callback), { once: true });
    }
    removeEventListener(type, callback) {
      type = String(type);
      const list = this.#listeners.get(type) ?? [];
      this.#listeners.set(type, list.filter((listener) => listener.callback !== callback));
    }
    dispatchEvent(event) {
      if (!(event instanceof Event)) throw new TypeError("dispatchEvent: expected an Event");
      event[dispatch](this, 2);
      event[stopped] = false;
      for (const { callback, once } of this.#listeners.get(event.type) ?? []) {
        if (once) this.removeEventListener(event.type, callback);
        if (typeof callback === "function") callback.call(this, event);
        else if (typeof callback.handleEvent === "function") callback.handleEvent(event);
        if (event[stopped]) break;
      }
      event[dispatch](this, 0);
      return !event.defaultPrevented;
    }
    get [Symbol.toStringTag]() {
      return "EventTarget";
    }
  }

  const abort = Symbol("abort");
  const make = Symbol("make");

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason = undefined;
    #onabort = null;
    constructor(key) {
      super();
      if (key !== make) throw new TypeError("Illegal constructor");
    }
    static abort(reason) {
      const signal = new AbortSignal(make);
      signal[abort](reason);
      return signal;
    }
    static any(signals) {
      const result = new AbortSignal(make);
      for (const signal of signals) {
        if (signal.aborted) {
          result[abort](signal.reason);
          break;
        }
        signal.addEventListener("abort", () => result[abort](signal.reason), { once: true });
      }
      return result;
    }
    get aborted() {
      return this.#aborted;
    }
    get reason() {
      return this.#reason;
    }
    get onabort() {
      return this.#onabort;
    }
    set onabort(callback) {
      if (this.#onabort !== null) this.removeEventListener("abort", this.#onabort);
      this.#onabort = typeof callback === "function" ? callback : null;
      if (this.#onabort !== null) this.addEventListener("abort", this.#onabort);
    }
    throwIfAborted() {
      if (this.#aborted) throw this.#reason;
    }
    [abort](reason) {
      if (this.#aborted) return;
      this.#aborted = true;
      this.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      this.dispatchEvent(new Event("abort"));
    }
    get [Symbol.toStringTag]() {
      return "AbortSignal";
    }
  }

  class AbortController {
    #signal = new AbortSignal(make);
    get signal() {
      return this.#signal;
    }
    abort(reason) {
      this.#signal[abort](reason);
    }
    get [Symbol.toStringTag]() {
      return "AbortController";
    }
  }

  for (const item of [Event, EventTarget, AbortSignal, AbortController]) hidden(globalThis, item.name, item);
};
