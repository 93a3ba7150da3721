// Intl.Collator, and the methods of String that stand on languages.
(host, { part }) => {
  const { localeList, coerced, reader, slots, finish } = part("intl/common");
  const collators = slots("Collator");

  const configure = (locales, given) => {
    const tags = localeList(locales);
    const options = coerced(given);
    const read = reader("Intl.Collator", options);
    const usage = read.text("usage", ["sort", "search"], "sort");
    read.matcher();
    const collation = read.type("collation", "Invalid collation");
    const numeric = read.boolean("numeric");
    const caseFirst = read.text("caseFirst", ["upper", "lower", "false"]);
    const sensitivity = read.text("sensitivity", ["base", "accent", "case", "variant"]);
    const ignorePunctuation = read.boolean("ignorePunctuation");
    return { locales: tags, usage, collation, numeric, caseFirst, sensitivity, ignorePunctuation };
  };
  const compare = (config, left, right) => Number(host.intl("collator.compare", config, String(left), String(right)));

  function Collator(locales, options) {
    const collator = new.target === undefined ? Object.create(Collator.prototype) : this;
    return collators.open(collator, "collator", configure(locales, options));
  }
  Object.defineProperties(Collator.prototype, Object.getOwnPropertyDescriptors({
    resolvedOptions() {
      const { resolved, options } = collators.of(this, "resolvedOptions");
      const { locale, sensitivity, ignorePunctuation, collation, numeric, caseFirst } = resolved;
      return { locale, usage: options.usage, sensitivity, ignorePunctuation, collation, numeric, caseFirst };
    },
    get compare() {
      const slot = collators.of(this, "compare");
      slot.bound ??= Object.defineProperty((left, right) => compare(slot.config, left, right), "name", { value: "" });
      return slot.bound;
    },
  }));
  finish(Collator, "Collator");
  Object.defineProperty(Collator, "length", { value: 0, configurable: true });

  const configs = new Map();
  const receiver = (value, method) => {
    if (value === undefined || value === null) throw new TypeError(`String.prototype.${method} called on null or undefined`);
    return String(value);
  };
  const compareTexts = (left, right, locales, options) => {
    const text = receiver(left, "localeCompare");
    const that = String(right);
    const simple = options === undefined && (locales === undefined || typeof locales === "string");
    let config = simple ? configs.get(locales) : undefined;
    if (config === undefined) {
      config = JSON.stringify(configure(locales, options));
      if (simple) configs.set(locales, config);
    }
    return compare(config, text, that);
  };

  const { toLowerCase, toUpperCase } = String.prototype;
  const inCase = (way, value, locales) => {
    const text = receiver(value, way === "upper" ? "toLocaleUpperCase" : "toLocaleLowerCase");
    const [tag] = localeList(locales);
    const special = tag !== undefined && /^(az|el|hy|lt|tr|nl)\b/.test(tag) && text.isWellFormed();
    if (special) return host.intl(`case.${way}`, tag, text);
    return Reflect.apply(way === "upper" ? toUpperCase : toLowerCase, text, []);
  };
  return { Collator, compareTexts, inCase };
};
