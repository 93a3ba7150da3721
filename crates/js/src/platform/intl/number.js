// Intl.NumberFormat
(host, { part }) => {
  const { localeList, coerced, reader, slots, finish } = part("intl/common");
  const readDigits = part("intl/digits");
  const formats = slots("NumberFormat");

  const checkCurrency = (code) => {
    if (!/^[a-z]{3}$/i.test(code)) throw new RangeError(`Invalid currency code : ${code}`);
    return code.toUpperCase();
  };
  let sanctioned;
  const checkUnit = (unit) => {
    sanctioned ??= new Set(JSON.parse(host.intl("locale.values", "unit")));
    const [one, two, ...rest] = unit.split("-per-");
    if (rest.length > 0 || !sanctioned.has(one) || (two !== undefined && !sanctioned.has(two))) {
      throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
    }
    return unit;
  };
  let fractions;
  const currencyDigits = (code) => {
    fractions ??= JSON.parse(host.intl("locale.currencyDigits", ""));
    return Number(fractions[code] ?? 2);
  };

  const styleOptions = (read) => {
    const style = read.text("style", ["decimal", "percent", "currency", "unit"], "decimal");
    const code = read.text("currency");
    if (code === undefined && style === "currency") throw new TypeError("Currency code is required with currency style.");
    const currency = code === undefined ? undefined : checkCurrency(code);
    const currencyDisplay = read.text("currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol");
    const currencySign = read.text("currencySign", ["standard", "accounting"], "standard");
    const named = read.text("unit");
    if (named === undefined && style === "unit") throw new TypeError("Invalid unit argument for Intl.NumberFormat() ''");
    const unit = named === undefined ? undefined : checkUnit(named);
    const unitDisplay = read.text("unitDisplay", ["short", "narrow", "long"], "short");
    if (style === "currency") return { style, currency, currencyDisplay, currencySign };
    return style === "unit" ? { style, unit, unitDisplay } : { style };
  };
  const grouping = (options, fallback) => {
    const value = options.useGrouping;
    if (value === undefined) return fallback;
    if (value === true) return "always";
    if (!value) return "false";
    const text = String(value);
    if (text === "true" || text === "false") return fallback;
    if (["min2", "auto", "always"].includes(text)) return text;
    throw new RangeError(`Value ${text} out of range for Intl.NumberFormat options property useGrouping`);
  };
  const configure = (locales, given) => {
    const tags = localeList(locales);
    const options = coerced(given, "Intl.NumberFormat");
    const read = reader("Intl.NumberFormat", options);
    read.matcher();
    const numberingSystem = read.type("numberingSystem", "Invalid numberingSystem");
    const style = styleOptions(read);
    const notation = read.text("notation", ["standard", "scientific", "engineering", "compact"], "standard");
    const ofCurrency = style.style === "currency" && notation === "standard" ? currencyDigits(style.currency) : undefined;
    const most = style.style === "percent" ? 0 : 3;
    const digits = readDigits(options, read, ofCurrency ?? 0, ofCurrency ?? (style.style === "currency" ? 0 : most), notation === "compact");
    const compactDisplay = read.text("compactDisplay", ["short", "long"], "short");
    const useGrouping = grouping(options, notation === "compact" ? "min2" : "auto");
    const signDisplay = read.text("signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto");
    return { locales: tags, numberingSystem, ...style, ...digits, useGrouping, notation, compactDisplay, signDisplay };
  };

  // The text of a number as exactly as it was given.
  const textOf = (value) => {
    let primitive = value;
    if (typeof value === "object" && value !== null) {
      primitive = value[Symbol.toPrimitive] === undefined ? (typeof value.valueOf() === "object" ? String(value) : value.valueOf()) : value[Symbol.toPrimitive]("number");
    }
    if (typeof primitive === "bigint") return String(primitive);
    if (typeof primitive !== "string") {
      const number = Number(primitive);
      return Object.is(number, -0) ? "-0" : String(number);
    }
    const text = primitive.trim();
    if (text === "") return "0";
    const number = Number(text);
    if (!Number.isFinite(number)) return String(number);
    if (number === 0) return Object.is(number, -0) ? "-0" : "0";
    if (/^0[xob]/i.test(text)) return String(BigInt(text));
    return text;
  };
  const rangeText = (value, name) => {
    if (value === undefined) throw new TypeError(`Invalid ${name} : undefined`);
    const text = textOf(value);
    if (text === "NaN") throw new RangeError(`Invalid ${name} : NaN`);
    return text;
  };

  function NumberFormat(locales, options) {
    const format = new.target === undefined ? Object.create(NumberFormat.prototype) : this;
    return formats.open(format, "number", configure(locales, options));
  }
  const inner = (object, method) => formats.of(object, method);
  Object.defineProperties(NumberFormat.prototype, Object.getOwnPropertyDescriptors({
    resolvedOptions() {
      const { resolved, options } = inner(this, "resolvedOptions");
      const { locales: _, numberingSystem: __, notation, compactDisplay, signDisplay, useGrouping, roundingMode, roundingIncrement, trailingZeroDisplay, roundingPriority, ...rest } = options;
      const shown = { ...resolved, ...rest, useGrouping: useGrouping === "false" ? false : useGrouping, notation };
      if (notation === "compact") shown.compactDisplay = compactDisplay;
      return { ...shown, signDisplay, roundingMode, roundingIncrement, trailingZeroDisplay, roundingPriority };
    },
    formatToParts(value) {
      return JSON.parse(host.intl("number.parts", inner(this, "formatToParts").config, textOf(value)));
    },
    get format() {
      const slot = inner(this, "format");
      slot.bound ??= Object.defineProperty((value) => host.intl("number.format", slot.config, textOf(value)), "name", { value: "" });
      return slot.bound;
    },
    formatRange(start, end) {
      const { config } = inner(this, "formatRange");
      return host.intl("number.range", config, rangeText(start, "start"), rangeText(end, "end"));
    },
    formatRangeToParts(start, end) {
      const { config } = inner(this, "formatRangeToParts");
      return JSON.parse(host.intl("number.rangeParts", config, rangeText(start, "start"), rangeText(end, "end")));
    },
  }));
  finish(NumberFormat, "NumberFormat");
  Object.defineProperty(NumberFormat, "length", { value: 0, configurable: true });

  const configs = new Map();
  const numberText = (value, locales, options) => {
    const simple = options === undefined && (locales === undefined || typeof locales === "string");
    let config = simple ? configs.get(locales) : undefined;
    if (config === undefined) {
      config = JSON.stringify(configure(locales, options));
      if (simple) configs.set(locales, config);
    }
    return host.intl("number.format", config, textOf(value));
  };
  return { NumberFormat, numberText, textOf };
};
