// Globals whose code is only read when somebody uses them: calls that do not, pay nothing for them.
(host, shared) => {
  const { hidden } = shared;
  const { defineProperty } = Object;
  const parts = Object.create(null);

  // What a part's function returns; evaluated on first use in a heap.
  const part = (name) => (parts[name] ??= host.loadPart(name)(host, shared));
  shared.part = part;

  // Globals of these names are properties of what the part returns.
  shared.lazyGlobals = (from, names) => {
    for (const name of names) {
      defineProperty(globalThis, name, {
        get() {
          const value = part(from)[name];
          hidden(globalThis, name, value);
          return value;
        },
        set(value) {
          hidden(globalThis, name, value);
        },
        configurable: true,
        enumerable: false,
      });
    }
  };
};
