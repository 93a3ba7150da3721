// Intl.PluralRules
(host, { part }) => {
  const { localeList, coerced, reader, slots, finish } = part("intl/common");
  const readDigits = part("intl/digits");
  const { textOf } = part("intl/number");
  const rules = slots("PluralRules");

  class PluralRules {
    constructor(locales, given) {
      const tags = localeList(locales);
      const options = coerced(given);
      const read = reader("Intl.PluralRules", options);
      read.matcher();
      const type = read.text("type", ["cardinal", "ordinal"], "cardinal");
      rules.open(this, "plural", { locales: tags, type, ...readDigits(options, read, 0, 3, false) });
    }
    resolvedOptions() {
      const { resolved, options } = rules.of(this, "resolvedOptions");
      const { locales: _, type, roundingMode, roundingIncrement, trailingZeroDisplay, roundingPriority, ...digits } = options;
      void [roundingMode, roundingIncrement, trailingZeroDisplay, roundingPriority];
      return { locale: resolved.locale, type, ...digits, pluralCategories: [...resolved.pluralCategories] };
    }
    select(value) {
      return host.intl("plural.select", rules.of(this, "select").config, textOf(Number(value)));
    }
    selectRange(start, end) {
      const { config } = rules.of(this, "selectRange");
      if (start === undefined) throw new TypeError("Invalid startRange : undefined");
      if (end === undefined) throw new TypeError("Invalid endRange : undefined");
      const [from, to] = [Number(start), Number(end)];
      if (Number.isNaN(from)) throw new RangeError("Invalid startRange : NaN");
      if (Number.isNaN(to)) throw new RangeError("Invalid endRange : NaN");
      return host.intl("plural.range", config, textOf(from), textOf(to));
    }
  }
  Object.defineProperty(PluralRules, "length", { value: 0, configurable: true });
  return { PluralRules: finish(PluralRules, "PluralRules") };
};
