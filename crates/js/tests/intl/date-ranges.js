function* () {
  const LOCALES = ["en", "en-GB", "de", "fr", "es", "pt-BR", "ja", "zh-Hans", "zh-Hant", "ko", "ar", "he", "hi", "th", "tr", "ru", "pl", "sv", "fa", "bn"];
  const at = Date.UTC(2024, 4, 17, 9, 30, 15, 250);
  const ENDS = [at, at + 100, at + 5000, at + 600000, at + 7200000, at + 6 * 3600000, at + 86400000, at + 20 * 86400000, at + 300 * 86400000, at + 4000 * 86400000];
  const OPTIONS = [{}, { year: "numeric", month: "short", day: "numeric" }, { year: "numeric", month: "long", day: "numeric", weekday: "long" }, { month: "long", day: "numeric" }, { month: "short" }, { year: "numeric" },
    { year: "numeric", month: "long" }, { hour: "numeric" }, { hour: "numeric", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit", second: "2-digit" },
    { hour: "numeric", minute: "2-digit", hour12: false }, { hour: "numeric", minute: "2-digit", hour12: true },
    { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }, { dateStyle: "full" }, { dateStyle: "long" }, { dateStyle: "medium" }, { dateStyle: "short" }, { timeStyle: "short" }, { timeStyle: "medium" },
    { dateStyle: "medium", timeStyle: "short" }, { dateStyle: "short", timeStyle: "medium" }, { dateStyle: "full", timeStyle: "long" }, { weekday: "short", month: "short", day: "numeric" }, { hour: "numeric", minute: "numeric", timeZoneName: "short" }];
  for (const locale of LOCALES) {
    for (const options of OPTIONS) {
      yield [`${locale} ${JSON.stringify(options)}`, () => {
        const format = new Intl.DateTimeFormat(locale, options);
        return ENDS.map((end) => format.formatRange(at, end));
      }];
      yield [`parts ${locale} ${JSON.stringify(options)}`, () => {
        const format = new Intl.DateTimeFormat(locale, options);
        return ENDS.map((end) => format.formatRangeToParts(at, end).map((part) => `${part.source}:${part.type}=${part.value}`).join("|"));
      }];
    }
  }
}
