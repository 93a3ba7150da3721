// The larger standards, each a part that is evaluated on first use.
(_host, shared) => {
  const { part, lazyGlobals, hidden } = shared;
  const { defineProperty } = Object;

  lazyGlobals("contexts", ["AsyncLocalStorage", "AsyncResource", "$asyncContext", "$asyncContexts"]);
  lazyGlobals("webassembly", ["WebAssembly"]);
  // The memory of WebAssembly belongs to it: its buffers cannot be given away.
  const wasmBuffers = new WeakSet();
  shared.wasmBuffers = wasmBuffers;
  for (const name of ["transfer", "transferToFixedLength", "transferToImmutable"]) {
    const native = ArrayBuffer.prototype[name];
    if (native === undefined) continue;
    const isOfWasm = WeakSet.prototype.has.bind(wasmBuffers);
    const { apply } = Reflect;
    const method = {
      [name](...args) {
        if (isOfWasm(this)) throw new TypeError(`ArrayBuffer.prototype.${name}: the memory of WebAssembly cannot be detached`);
        return apply(native, this, args);
      },
    }[name];
    hidden(ArrayBuffer.prototype, name, method);
  }

  lazyGlobals("subtle", ["SubtleCrypto", "CryptoKey"]);
  defineProperty(Crypto.prototype, "subtle", {
    get() {
      return part("subtle").subtle;
    },
    configurable: true,
    enumerable: true,
  });
};
