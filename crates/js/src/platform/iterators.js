// Lists of pairs as Web IDL iterates them: `entries`, `keys`, `values` and `forEach`, which see changes made meanwhile.
(_host, shared) => {
  const { hidden } = shared;
  const { defineProperty, setPrototypeOf, getPrototypeOf } = Object;
  const IteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));
  const PICK = { keys: (pair) => pair[0], values: (pair) => pair[1], entries: (pair) => [pair[0], pair[1]] };

  // Makes a class iterable; `pairsOf` returns the pairs of an object as they are now, and throws for other objects.
  shared.iterablePairs = (constructor, pairsOf) => {
    const { name, prototype } = constructor;
    class Cursor {
      #owner;
      #pick;
      #at = 0;
      constructor(owner, pick) {
        this.#owner = owner;
        this.#pick = pick;
      }
      next() {
        const pairs = pairsOf(this.#owner);
        if (this.#at >= pairs.length) return { value: undefined, done: true };
        return { value: this.#pick(pairs[this.#at++]), done: false };
      }
    }
    delete Cursor.prototype.constructor;
    setPrototypeOf(Cursor.prototype, IteratorPrototype);
    defineProperty(Cursor.prototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });

    for (const kind of Object.keys(PICK)) {
      const method = {
        [kind]() {
          pairsOf(this);
          return new Cursor(this, PICK[kind]);
        },
      };
      defineProperty(prototype, kind, { value: method[kind], writable: true, enumerable: true, configurable: true });
    }
    hidden(prototype, Symbol.iterator, prototype.entries);
    const { forEach } = {
      forEach(callback, self = undefined) {
        pairsOf(this);
        if (typeof callback !== "function") throw new TypeError(`${name}.forEach: expected a function`);
        for (let at = 0, pair; (pair = pairsOf(this)[at]) !== undefined; at++) callback.call(self, pair[1], pair[0], this);
      },
    };
    defineProperty(prototype, "forEach", { value: forEach, writable: true, enumerable: true, configurable: true });
  };
};
