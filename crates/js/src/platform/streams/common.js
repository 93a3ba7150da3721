// What every kind of stream is made of: promises in the standard's terms, queues of sized chunks, strategies.
(host, shared) => {
  const { apply } = Reflect;
  const P = Promise;
  const { then } = P.prototype;
  const noop = () => {};

  const chain = (promise, fulfilled, rejected) => apply(then, promise, [fulfilled, rejected]);
  const handled = (promise) => {
    chain(promise, undefined, noop);
    return promise;
  };
  const resolvedWith = (value) => new P((resolve) => resolve(value));
  const rejectedWith = (reason) => new P((_resolve, reject) => reject(reason));
  const deferred = () => {
    const it = { promise: undefined, resolve: undefined, reject: undefined, settled: false };
    it.promise = new P((resolve, reject) => {
      it.resolve = (value) => {
        it.settled = true;
        resolve(value);
      };
      it.reject = (reason) => {
        it.settled = true;
        reject(reason);
      };
    });
    return it;
  };
  // A deferred that was rejected before anybody could look, and one that was resolved.
  const rejectedDeferred = (reason) => {
    const it = deferred();
    handled(it.promise);
    it.reject(reason);
    return it;
  };
  const resolvedDeferred = () => {
    const it = deferred();
    it.resolve(undefined);
    return it;
  };

  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

  // A first-in-first-out list that does not move its items when one leaves.
  class Fifo {
    items = [];
    head = 0;
    get length() {
      return this.items.length - this.head;
    }
    push(item) {
      this.items.push(item);
    }
    peek() {
      return this.items[this.head];
    }
    shift() {
      const item = this.items[this.head];
      this.items[this.head++] = undefined;
      if (this.head === this.items.length) {
        this.items = [];
        this.head = 0;
      } else if (this.head > 256 && this.head * 2 > this.items.length) {
        this.items = this.items.slice(this.head);
        this.head = 0;
      }
      return item;
    }
    drain() {
      const rest = this.items.slice(this.head);
      this.items = [];
      this.head = 0;
      return rest;
    }
  }

  // Chunks with their sizes, and the sum of these.
  class SizedQueue {
    fifo = new Fifo();
    total = 0;
    get length() {
      return this.fifo.length;
    }
    push(value, size) {
      size = Number(size);
      if (Number.isNaN(size) || size < 0 || size === Infinity) {
        throw new RangeError("The return value of a queuing strategy's size function must be a finite, non-NaN, non-negative number");
      }
      this.fifo.push({ value, size });
      this.total += size;
    }
    peek() {
      return this.fifo.peek().value;
    }
    shift() {
      const { value, size } = this.fifo.shift();
      this.total = Math.max(0, this.total - size);
      return value;
    }
    clear() {
      this.fifo = new Fifo();
      this.total = 0;
    }
  }

  const dictionary = (value, what) => {
    if (value === undefined || value === null) return {};
    if (!isObject(value)) throw new TypeError(`${what} must be an object`);
    return value;
  };
  // A callback member of a dictionary, bound to it; `otherwise` when it is absent.
  const callback = (owner, name, otherwise) => {
    const method = owner[name];
    if (method === undefined) return otherwise;
    if (typeof method !== "function") throw new TypeError(`${name} must be a function`);
    return (...args) => apply(method, owner, args);
  };
  // The same, where the outcome is a promise whatever the method does.
  const promising = (owner, name) => {
    const method = callback(owner, name);
    if (method === undefined) return () => resolvedWith(undefined);
    return (...args) => {
      try {
        return resolvedWith(method(...args));
      } catch (error) {
        return rejectedWith(error);
      }
    };
  };
  const highWaterMark = (strategy, otherwise) => {
    if (strategy.highWaterMark === undefined) return otherwise;
    const mark = Number(strategy.highWaterMark);
    if (Number.isNaN(mark) || mark < 0) throw new RangeError("highWaterMark must be a non-negative number");
    return mark;
  };
  const sizeOf = (strategy) => {
    const { size } = strategy;
    if (size === undefined) return () => 1;
    if (typeof size !== "function") throw new TypeError("size must be a function");
    return (chunk) => size(chunk);
  };
  // Attributes and methods of web classes are enumerable; what the classes make up is not constructible.
  const enumerate = (prototype, names) => {
    for (const name of names) {
      const own = Object.getOwnPropertyDescriptor(prototype, name);
      Object.defineProperty(prototype, name, { ...own, enumerable: true });
    }
  };
  const tag = (constructor) => {
    Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: constructor.name, configurable: true });
  };

  return {
    chain, handled, resolvedWith, rejectedWith, deferred, rejectedDeferred, resolvedDeferred, noop, isObject,
    Fifo, SizedQueue, dictionary, callback, promising, highWaterMark, sizeOf, enumerate, tag,
    // Passed to a constructor by the platform itself, before a record that is ready.
    INTERNAL: Symbol("internal"),
  };
};
