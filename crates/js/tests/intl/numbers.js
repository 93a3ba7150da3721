function* () {
  const LOCALES = ["en", "en-GB", "en-IN", "de", "de-CH", "de-AT", "fr", "fr-CH", "es", "es-MX", "pt-BR", "pt-PT", "it", "nl",
    "ja", "zh-Hans", "zh-Hant", "zh-TW", "ko", "ar", "ar-EG", "he", "hi", "th", "tr", "ru", "uk", "pl", "cs", "sv", "nb", "da", "fi", "fa", "bn", "mr", "ne",
    "my", "hu", "el", "bg", "ro", "id", "vi", "ta", "ur", "sw", "eu", "ka", "en-ZA", "lt", "lv", "et", "hr", "sr", "sl", "sk", "ca", "gu", "kn",
    "th-u-nu-thai", "en-u-nu-deva", "zh-u-nu-hanidec"];
  const VALUES = [0, -0, 1, -1, 1.5, 0.1234567, 12.345, 999.995, 1000, -1234.5, 9999.4, 12345, 123456.789, 1e6, 1.5e6, 999999, 1e9, 1.25e10, 1e12, 1e15,
    1.2e21, 5e-7, NaN, Infinity, -Infinity, 123456789012345678901234567890n, "12345678901234567890.123456"];
  const OPTIONS = [
    {}, { style: "percent" }, { style: "percent", maximumFractionDigits: 2 }, { minimumFractionDigits: 2 }, { maximumFractionDigits: 0 },
    { minimumIntegerDigits: 4, useGrouping: false }, { maximumSignificantDigits: 3 }, { minimumSignificantDigits: 5 },
    { notation: "compact" }, { notation: "compact", compactDisplay: "long" }, { notation: "compact", maximumFractionDigits: 1 },
    { notation: "scientific" }, { notation: "engineering", maximumFractionDigits: 2 },
    { signDisplay: "always" }, { signDisplay: "exceptZero" }, { signDisplay: "never" }, { signDisplay: "negative" },
    { useGrouping: "min2" }, { useGrouping: "always" }, { useGrouping: true },
    { notation: "compact", style: "percent" },
  ];
  const key = (value) => (Object.is(value, -0) ? "-0" : String(value));
  for (const locale of LOCALES) {
    for (const options of OPTIONS) {
      yield [`${locale} ${JSON.stringify(options)}`, () => {
        const format = new Intl.NumberFormat(locale, options);
        return VALUES.map((value) => `${key(value)}: ${format.format(value)}`);
      }];
    }
    for (const options of [{}, { style: "percent" }, { notation: "compact" }, { notation: "compact", compactDisplay: "long" }, { notation: "scientific" }, { signDisplay: "always" }]) {
      yield [`parts ${locale} ${JSON.stringify(options)}`, () => {
        const format = new Intl.NumberFormat(locale, options);
        return VALUES.map((value) => format.formatToParts(value).map((part) => `${part.type}=${part.value}`).join("|"));
      }];
    }
    yield [`resolved ${locale}`, () => new Intl.NumberFormat(locale).resolvedOptions()];
    yield [`toLocaleString ${locale}`, () => [(1234567.891).toLocaleString(locale), (12345678901234567890n).toLocaleString(locale)]];
  }
  const MODES = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
  for (const roundingMode of MODES) {
    yield [`rounding ${roundingMode}`, () => {
      const format = new Intl.NumberFormat("en", { roundingMode, maximumFractionDigits: 1 });
      return [1.25, 1.35, -1.25, -1.35, 1.21, 1.29, 0.05, -0.05, 0.15, 2.5].map((value) => format.format(value));
    }];
    for (const roundingIncrement of [2, 5, 10, 25, 50, 500, 5000]) {
      yield [`increment ${roundingMode} ${roundingIncrement}`, () => {
        const format = new Intl.NumberFormat("en", { roundingMode, roundingIncrement, minimumFractionDigits: 2, maximumFractionDigits: 2 });
        return [1.23, 1.25, -1.26, 0.01, 0.125, 99.99, 17.5, 75].map((value) => format.format(value));
      }];
    }
  }
  for (const roundingPriority of ["auto", "morePrecision", "lessPrecision"]) {
    for (const options of [{ maximumFractionDigits: 2, maximumSignificantDigits: 3 }, { minimumFractionDigits: 2, minimumSignificantDigits: 2 }, { minimumFractionDigits: 1, maximumFractionDigits: 1, minimumSignificantDigits: 4 }]) {
      yield [`priority ${roundingPriority} ${JSON.stringify(options)}`, () => {
        const format = new Intl.NumberFormat("en", { roundingPriority, ...options });
        return [[0, 1, 1.2, 123.456, 4.321, 0.00123, 10000.5, 1e-9].map((value) => format.format(value)), format.resolvedOptions()];
      }];
    }
  }
  yield ["trailing zeros", () => {
    const format = new Intl.NumberFormat("en", { trailingZeroDisplay: "stripIfInteger", minimumFractionDigits: 2 });
    return [1, 1.5, 1.999, 1000].map((value) => format.format(value));
  }];
  yield ["texts", () => {
    const format = new Intl.NumberFormat("en", { maximumFractionDigits: 20 });
    return ["1.10", " 12 ", "0x1f", "abc", "", "1e3", "-0", "1_000", ".5", "5.", "Infinity", true, null, undefined, [], [5], {}].map((value) => format.format(value));
  }];
}
