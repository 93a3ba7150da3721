// Event, EventTarget, AbortController and AbortSignal.
(host, shared) => {
  const { hidden } = shared;
  const stopped = Symbol("stopped");
  const halted = Symbol("halted");
  const passive = Symbol("passive");
  const dispatch = Symbol("dispatch");
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

  class Event {
    #type;
    #init;
    #prevented = false;
    #target = null;
    #phase = 0;
    #timeStamp = performance.now();
    constructor(type, init = {}) {
      if (arguments.length === 0) throw new TypeError("Event: a type is required");
      this.#type = `${type}`;
      if (init !== null && !isObject(init)) throw new TypeError("Event: the second argument must be an object");
      this.#init = { bubbles: Boolean(init?.bubbles), cancelable: Boolean(init?.cancelable), composed: Boolean(init?.composed) };
      for (const flag of [stopped, halted, passive]) Object.defineProperty(this, flag, { value: false, writable: true });
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
    get cancelBubble() {
      return this[halted];
    }
    set cancelBubble(value) {
      if (value) this[halted] = true;
    }
    get srcElement() {
      return this.#target;
    }
    get returnValue() {
      return !this.#prevented;
    }
    set returnValue(value) {
      if (!value) this.preventDefault();
    }
    preventDefault() {
      if (this.cancelable && !this[passive]) this.#prevented = true;
    }
    stopPropagation() {
      this[halted] = true;
    }
    stopImmediatePropagation() {
      this[halted] = true;
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
  ["NONE", "CAPTURING_PHASE", "AT_TARGET", "BUBBLING_PHASE"].forEach((name, value) => {
    for (const holder of [Event, Event.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
  });
  const captures = (options) => (isObject(options) ? Boolean(options.capture) : Boolean(options));

  class EventTarget {
    // Listeners by type, in order; each list is replaced, never changed, so a dispatch sees the one it began with.
    #listeners = new Map();
    addEventListener(type, callback, options = undefined) {
      if (arguments.length < 2) throw new TypeError("addEventListener: a type and a listener are required");
      type = `${type}`;
      const capture = captures(options);
      const { once, signal, passive } = isObject(options) ? options : {};
      if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("addEventListener: the signal must be an AbortSignal");
      if (callback === null || callback === undefined || signal?.aborted) return;
      if (!isObject(callback)) throw new TypeError("addEventListener: the listener must be a function or an object");
      const list = this.#listeners.get(type) ?? [];
      if (list.some((listener) => listener.callback === callback && listener.capture === capture)) return;
      const listener = { callback, capture, once: Boolean(once), passive: Boolean(passive), removed: false };
      this.#listeners.set(type, [...list, listener]);
      signal?.addEventListener("abort", () => this.#remove(type, listener), { once: true });
    }
    removeEventListener(type, callback, options = undefined) {
      if (arguments.length < 2) throw new TypeError("removeEventListener: a type and a listener are required");
      type = `${type}`;
      const capture = captures(options);
      const found = this.#listeners.get(type)?.find((listener) => listener.callback === callback && listener.capture === capture);
      if (found !== undefined) this.#remove(type, found);
    }
    #remove(type, listener) {
      listener.removed = true;
      const list = this.#listeners.get(type) ?? [];
      this.#listeners.set(type, list.filter((other) => other !== listener));
    }
    dispatchEvent(event) {
      if (!(event instanceof Event)) throw new TypeError("dispatchEvent: expected an Event");
      if (event.eventPhase !== 0) throw new DOMException("The event is already being dispatched", "InvalidStateError");
      event[dispatch](this, 2);
      event[stopped] = false;
      for (const listener of this.#listeners.get(event.type) ?? []) {
        if (listener.removed) continue;
        if (listener.once) this.#remove(event.type, listener);
        event[passive] = listener.passive;
        const { callback } = listener;
        try {
          if (typeof callback === "function") callback.call(this, event);
          else callback.handleEvent(event);
        } catch (error) {
          // The other listeners hear all the same; an error that nobody handles fails the function.
          Promise.reject(error);
        }
        event[passive] = false;
        if (event[stopped]) break;
      }
      event[dispatch](this, 0);
      event[halted] = false;
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
    #handle = undefined;
    #sources = undefined;
    #followers = [];
    constructor(key) {
      super();
      if (key !== make) throw new TypeError("Illegal constructor");
    }
    static abort(reason = undefined) {
      const signal = new AbortSignal(make);
      signal[abort](reason);
      return signal;
    }
    static any(signals) {
      const list = [...signals];
      if (list.some((signal) => !(signal instanceof AbortSignal))) throw new TypeError("AbortSignal.any: expected AbortSignals");
      const result = new AbortSignal(make);
      const aborted = list.find((signal) => signal.aborted);
      if (aborted !== undefined) {
        result[abort](aborted.reason);
        return result;
      }
      // Follows the signals behind signals that follow others themselves.
      result.#sources = new Set(list.flatMap((signal) => (signal.#sources === undefined ? [signal] : [...signal.#sources])));
      for (const source of result.#sources) source.#followers.push(result);
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
      // The place in the line is that of the first handler, whichever takes over from it.
      this.#handle ??= (event) => this.#onabort?.call(this, event);
      const had = this.#onabort !== null;
      this.#onabort = typeof callback === "function" ? callback : null;
      if (had && this.#onabort === null) this.removeEventListener("abort", this.#handle);
      if (!had && this.#onabort !== null) this.addEventListener("abort", this.#handle);
    }
    throwIfAborted() {
      if (this.#aborted) throw this.#reason;
    }
    [abort](reason) {
      if (this.#aborted) return;
      reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      const affected = [this, ...this.#followers.filter((follower) => !follower.#aborted)];
      this.#followers = [];
      for (const signal of affected) {
        signal.#aborted = true;
        signal.#reason = reason;
      }
      for (const signal of affected) signal.dispatchEvent(new Event("abort"));
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
    abort(reason = undefined) {
      this.#signal[abort](reason);
    }
    get [Symbol.toStringTag]() {
      return "AbortController";
    }
  }

  for (const item of [Event, EventTarget, AbortSignal, AbortController]) hidden(globalThis, item.name, item);
};
