// AsyncLocalStorage and AsyncResource: what belongs to one flow of control, whatever else runs in between.
//
// A context is an immutable map from storage to store; `current` is the one of the code that is running. It travels
// in two ways. Callbacks of promises are bound to the context they were registered in. And `await X` is compiled as
// `await $asyncContext(X)` in bundles that use this part (see `contexts.rs`): a reaction that puts the context back
// is registered just before the engine registers the one that resumes the function, so it runs just before it, and
// the order in which everything else runs is as without it.
(host, shared) => {
  const { hidden } = shared;
  const { apply } = Reflect;
  const NativePromise = Promise;
  const nativeThen = NativePromise.prototype.then;
  const promiseResolve = NativePromise.resolve;
  const NONE = new Map();
  let current = NONE;

  // Runs `work` in a context.
  const within = (context, work, receiver, args) => {
    const before = current;
    current = context;
    try {
      return apply(work, receiver, args);
    } finally {
      current = before;
    }
  };
  const bound = (work) => {
    if (typeof work !== "function") return work;
    const context = current;
    return function (...args) {
      return within(context, work, this, args);
    };
  };

  hidden(NativePromise.prototype, "then", function then(onFulfilled, onRejected) {
    return apply(nativeThen, this, [bound(onFulfilled), bound(onRejected)]);
  });

  const $asyncContext = (value) => {
    const promise = apply(promiseResolve, NativePromise, [value]);
    const context = current;
    const restore = () => {
      current = context;
    };
    apply(nativeThen, promise, [restore, restore]);
    return promise;
  };

  // What `for await` iterates over: the same steps, each awaited as above.
  const $asyncContexts = (iterable) => {
    const method = iterable[Symbol.asyncIterator];
    const isAsync = method !== undefined && method !== null;
    const iterator = isAsync ? apply(method, iterable, []) : iterable[Symbol.iterator]();
    const { next } = iterator;
    const unwrap = ({ done, value }) =>
      apply(nativeThen, apply(promiseResolve, NativePromise, [value]), [(plain) => ({ done: Boolean(done), value: plain })]);
    const step = (method, args) => {
      const result = apply(method, iterator, args);
      if (isAsync) return $asyncContext(result);
      if ((typeof result !== "object" || result === null) && typeof result !== "function") throw new TypeError("iterator must return an object");
      return $asyncContext(unwrap(result));
    };
    return {
      [Symbol.asyncIterator]() {
        return {
          next() {
            return step(next, []);
          },
          get return() {
            const finish = iterator.return;
            return finish === undefined || finish === null ? undefined : () => step(finish, []);
          },
        };
      },
    };
  };

  const withStore = (storage, store) => new Map(current).set(storage, store);
  const snapshot = () => {
    const context = current;
    return (work, ...args) => within(context, work, undefined, args);
  };
  const callable = (work, what) => {
    if (typeof work !== "function") throw new TypeError(`${what}: expected a function`);
    return work;
  };

  class AsyncLocalStorage {
    #defaultValue;
    #name;
    constructor(options = {}) {
      this.#defaultValue = options?.defaultValue;
      this.#name = options?.name === undefined ? "" : String(options.name);
    }
    static bind(work) {
      return bound(callable(work, "AsyncLocalStorage.bind"));
    }
    static snapshot() {
      return snapshot();
    }
    get name() {
      return this.#name;
    }
    run(store, work, ...args) {
      return within(withStore(this, store), work, undefined, args);
    }
    exit(work, ...args) {
      const context = new Map(current);
      context.delete(this);
      return within(context, work, undefined, args);
    }
    enterWith(store) {
      current = withStore(this, store);
    }
    getStore() {
      return current.has(this) ? current.get(this) : this.#defaultValue;
    }
    disable() {
      current = new Map(current);
      current.delete(this);
    }
  }

  let resources = 1;
  class AsyncResource {
    #context = current;
    #id = ++resources;
    #type;
    constructor(type) {
      if (typeof type !== "string") throw new TypeError("AsyncResource: the type must be a string");
      this.#type = type;
    }
    static bind(work, type, receiver) {
      return new AsyncResource(type ?? (work?.name || "bound-anonymous-fn")).bind(work, receiver);
    }
    get type() {
      return this.#type;
    }
    runInAsyncScope(work, receiver, ...args) {
      return within(this.#context, work, receiver, args);
    }
    bind(work, receiver) {
      callable(work, "AsyncResource.bind");
      const resource = this;
      return function (...args) {
        return resource.runInAsyncScope(work, receiver === undefined ? this : receiver, ...args);
      };
    }
    emitDestroy() {
      return this;
    }
    asyncId() {
      return this.#id;
    }
    triggerAsyncId() {
      return 1;
    }
  }

  return { AsyncLocalStorage, AsyncResource, $asyncContext, $asyncContexts };
};
