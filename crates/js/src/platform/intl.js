// `Intl`, and the methods elsewhere that stand on it; all of it is evaluated on first use.
(_host, shared) => {
  const { hidden, lazyGlobals, part } = shared;
  lazyGlobals("intl/intl", ["Intl"]);

  const define = (proto, methods) => {
    for (const name of Object.keys(methods)) hidden(proto, name, methods[name]);
  };
  const dates = () => part("intl/datetime");
  define(Date.prototype, {
    toLocaleString(locales, options) {
      return dates().dateText(this, locales, options, "any", "all");
    },
    toLocaleDateString(locales, options) {
      return dates().dateText(this, locales, options, "date", "date");
    },
    toLocaleTimeString(locales, options) {
      return dates().dateText(this, locales, options, "time", "time");
    },
  });
  const { valueOf: numberOf } = Number.prototype;
  const { valueOf: bigintOf } = BigInt.prototype;
  const { apply } = Reflect;
  hidden(Number.prototype, "toLocaleString", { toLocaleString(locales, options) {
    return part("intl/number").numberText(apply(numberOf, this, []), locales, options);
  } }.toLocaleString);
  hidden(BigInt.prototype, "toLocaleString", { toLocaleString(locales, options) {
    return part("intl/number").numberText(apply(bigintOf, this, []), locales, options);
  } }.toLocaleString);
  define(String.prototype, {
    localeCompare(that, locales, options) {
      return part("intl/collator").compareTexts(this, that, locales, options);
    },
    toLocaleLowerCase(locales) {
      return part("intl/collator").inCase("lower", this, locales);
    },
    toLocaleUpperCase(locales) {
      return part("intl/collator").inCase("upper", this, locales);
    },
  });
  const { normalize } = String.prototype;
  define(String.prototype, {
    normalize(form = "NFC") {
      const name = String(form);
      if (!["NFC", "NFD", "NFKC", "NFKD"].includes(name)) {
        throw new RangeError("The normalization form should be one of NFC, NFD, NFKC, NFKD.");
      }
      return apply(normalize, this, [name]);
    },
  });
  Object.defineProperty(String.prototype.normalize, "length", { value: 0, configurable: true });
  const joined = { toLocaleString(locales, options) {
    return part("intl/common").joined(this, locales, options);
  } };
  hidden(Array.prototype, "toLocaleString", joined.toLocaleString);
  hidden(Object.getPrototypeOf(Uint8Array.prototype), "toLocaleString", joined.toLocaleString);
};
