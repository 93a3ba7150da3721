function* () {
  const LOCALES = ["en", "en-GB", "en-AU", "en-CA", "en-IN", "de", "de-CH", "de-AT", "fr", "fr-CA", "es", "es-MX", "es-AR", "pt-BR", "pt-PT", "it", "nl", "ja", "zh-Hans",
    "zh-Hant", "ko", "ar", "ar-SA", "he", "hi", "th", "tr", "ru", "pl", "cs", "sv", "nb", "da", "fi", "fa", "bn", "hu", "ro", "lv", "ur", "sw", "sr", "vi"];
  const VALUES = [0, 1, -1, 1.5, 2, 5, 21, 1234.5, -1234567.891, 1e9];
  const CURRENCIES = ["USD", "EUR", "JPY", "GBP", "INR", "CHF", "KWD", "BRL", "CNY", "XAF", "ILS", "ZZZ"];
  for (const locale of LOCALES) {
    for (const currency of CURRENCIES) {
      for (const currencyDisplay of ["symbol", "narrowSymbol", "code", "name"]) {
        yield [`${locale} ${currency} ${currencyDisplay}`, () => {
          const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay });
          return VALUES.map((value) => format.format(value));
        }];
      }
      yield [`accounting ${locale} ${currency}`, () => {
        const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencySign: "accounting", signDisplay: "exceptZero" });
        const always = new Intl.NumberFormat(locale, { style: "currency", currency, signDisplay: "always", maximumFractionDigits: 0 });
        return VALUES.flatMap((value) => [format.format(value), always.format(value)]);
      }];
      yield [`compact ${locale} ${currency}`, () => {
        const short = new Intl.NumberFormat(locale, { style: "currency", currency, notation: "compact" });
        const long = new Intl.NumberFormat(locale, { style: "currency", currency, notation: "compact", compactDisplay: "long" });
        const name = new Intl.NumberFormat(locale, { style: "currency", currency, notation: "compact", currencyDisplay: "name" });
        return VALUES.flatMap((value) => [short.format(value), long.format(value), name.format(value)]);
      }];
      yield [`parts ${locale} ${currency}`, () => {
        const shown = (options) => {
          const format = new Intl.NumberFormat(locale, { style: "currency", currency, ...options });
          return [1234.5, -1].map((value) => format.formatToParts(value).map((part) => `${part.type}=${part.value}`).join("|"));
        };
        return [shown({}), shown({ currencyDisplay: "name" }), shown({ notation: "compact" }), shown({ currencySign: "accounting" })];
      }];
    }
    for (const unit of Intl.supportedValuesOf("unit").concat(["kilometer-per-hour", "meter-per-second", "mile-per-gallon", "byte-per-second", "liter-per-kilometer", "kilobyte-per-minute"])) {
      yield [`${locale} ${unit}`, () =>
        ["long", "short", "narrow"].map((unitDisplay) => {
          const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay });
          return [0, 1, 1.5, 2, 5, 21, -1234.5].map((value) => format.format(value));
        })];
    }
    yield [`unit parts ${locale}`, () =>
      ["kilometer-per-hour", "percent", "celsius", "liter", "byte-per-second"].map((unit) => {
        const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", notation: "compact" });
        return [1, 1234].map((value) => format.formatToParts(value).map((part) => `${part.type}=${part.value}`).join("|"));
      })];
  }
}
