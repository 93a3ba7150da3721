// The larger standards, each a part that is evaluated on first use.
(_host, shared) => {
  const { part, lazyGlobals } = shared;
  const { defineProperty } = Object;

  lazyGlobals("subtle", ["SubtleCrypto", "CryptoKey"]);
  defineProperty(Crypto.prototype, "subtle", {
    get() {
      return part("subtle").subtle;
    },
    configurable: true,
    enumerable: true,
  });
};
