function* () {
  const LOCALES = ["en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans", "ko", "ar", "he", "hi", "th", "tr", "ru", "pl", "sv", "fa", "bn"];
  const RANGES = [[1, 2], [3, 3], [-1, 2], [-3, -1], [1000, 2000], [0.9, 1.1], [1e6, 2e6], [999, 1001], [1, Infinity]];
  const OPTIONS = [{}, { style: "percent" }, { style: "currency", currency: "USD" }, { style: "currency", currency: "EUR", maximumFractionDigits: 0 },
    { style: "unit", unit: "kilometer" }, { style: "unit", unit: "kilometer", unitDisplay: "long" }, { notation: "compact" }, { signDisplay: "always" },
    { style: "currency", currency: "USD", currencyDisplay: "name" }, { style: "currency", currency: "CHF", currencyDisplay: "code" }];
  for (const locale of LOCALES) {
    for (const options of OPTIONS) {
      yield [`${locale} ${JSON.stringify(options)}`, () => {
        const format = new Intl.NumberFormat(locale, options);
        return RANGES.map(([start, end]) => format.formatRange(start, end));
      }];
      yield [`parts ${locale} ${JSON.stringify(options)}`, () => {
        const format = new Intl.NumberFormat(locale, options);
        return RANGES.map(([start, end]) => format.formatRangeToParts(start, end).map((part) => `${part.source}:${part.type}=${part.value}`).join("|"));
      }];
    }
  }
}
