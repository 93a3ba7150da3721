function* () {
  const LOCALES = ["en", "en-GB", "en-AU", "en-CA", "en-IN", "de", "de-AT", "fr", "fr-CA", "es", "es-MX", "pt-BR", "pt-PT", "it", "nl", "ja", "zh-Hans", "zh-Hant", "zh-HK", "ko",
    "ar", "ar-EG", "ar-SA", "he", "hi", "th", "tr", "ru", "uk", "pl", "cs", "sv", "nb", "da", "fi", "fa", "bn", "hu", "el", "bg", "ro", "id", "vi", "ta", "ur", "sw", "eu",
    "ka", "lt", "lv", "et", "hr", "sr", "sl", "sk", "ca", "mr", "my", "km", "ne", "am", "az", "hy", "kk", "mn", "sq", "ga", "cy", "is", "af", "zu", "en-ZA", "en-SG", "es-AR", "ar-MA", "en-US"];
  const VALUES = [0, 1700000000000, 1718454896789, 951782400000, -1e12, -62135596800001, -7e13, 253402300800000, 8.64e15, -8.64e15, 1704067199999, 43200000, 1700006400000];
  const STYLES = ["full", "long", "medium", "short"];
  const numeric = { year: "numeric", month: "numeric", day: "numeric" };
  const OPTIONS = [
    {}, numeric, { year: "2-digit", month: "2-digit", day: "2-digit" }, { year: "numeric", month: "short", day: "numeric" },
    { year: "numeric", month: "long", day: "numeric" }, { weekday: "long", year: "numeric", month: "long", day: "numeric" },
    { weekday: "short", month: "short", day: "numeric" }, { month: "long", day: "numeric" }, { month: "short" }, { month: "long" }, { month: "narrow" },
    { month: "numeric" }, { month: "2-digit" }, { year: "numeric" }, { year: "2-digit" }, { day: "numeric" }, { day: "2-digit" }, { weekday: "long" },
    { weekday: "short" }, { weekday: "narrow" }, { year: "numeric", month: "long" }, { year: "numeric", month: "numeric" }, { year: "2-digit", month: "short" },
    { month: "numeric", day: "numeric" }, { month: "2-digit", day: "2-digit" }, { weekday: "long", day: "numeric" }, { weekday: "short", ...numeric },
    { weekday: "narrow", month: "narrow", day: "2-digit", year: "2-digit" }, { weekday: "long", hour: "numeric" }, { year: "numeric", day: "numeric" },
    { era: "short", ...numeric }, { era: "long", year: "numeric", month: "long", day: "numeric" }, { era: "narrow", year: "numeric" }, { era: "short" },
    { hour: "numeric" }, { hour: "2-digit" }, { hour: "numeric", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit", second: "2-digit" },
    { hour: "numeric", minute: "numeric", second: "numeric", fractionalSecondDigits: 3 }, { minute: "2-digit", second: "2-digit" }, { minute: "numeric" },
    { second: "numeric" }, { second: "numeric", fractionalSecondDigits: 2 }, { fractionalSecondDigits: 1 }, { minute: "numeric", second: "numeric", fractionalSecondDigits: 1 },
    { hour: "numeric", hour12: true }, { hour: "numeric", hour12: false }, { hour: "2-digit", minute: "2-digit", hour12: false }, { hour: "numeric", minute: "2-digit", hour12: true },
    { hour: "numeric", minute: "numeric", hourCycle: "h11" }, { hour: "numeric", minute: "numeric", hourCycle: "h24" }, { hour: "2-digit", hourCycle: "h12" },
    { hour: "numeric", dayPeriod: "short" }, { hour: "numeric", dayPeriod: "long", hour12: true }, { dayPeriod: "long" }, { hour: "numeric", minute: "numeric", dayPeriod: "narrow", hourCycle: "h12" },
    { ...numeric, hour: "numeric", minute: "numeric" }, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    { weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" },
    { hour: "numeric", minute: "2-digit", timeZoneName: "long" }, { timeZoneName: "short" }, { ...numeric, timeZoneName: "longOffset" }, { month: "short", day: "numeric", hour: "numeric" },
    { month: "long", year: "numeric", hour: "numeric", minute: "numeric", era: "short" }, { weekday: "short", hour: "numeric", minute: "numeric" },
  ];
  for (const locale of LOCALES) {
    for (const options of OPTIONS) {
      yield [`${locale} ${JSON.stringify(options)}`, () => {
        const format = new Intl.DateTimeFormat(locale, options);
        // ICU's Buddhist calendar is not proleptic.
        const values = VALUES.filter((value) => locale !== "th" || value > -1.2e13);
        return values.map((value) => format.format(value));
      }];
    }
    for (const dateStyle of [undefined, ...STYLES]) {
      for (const timeStyle of [undefined, ...STYLES]) {
        yield [`${locale} ${dateStyle} ${timeStyle}`, () => {
          const format = new Intl.DateTimeFormat(locale, { dateStyle, timeStyle });
          const values = VALUES.filter((value) => locale !== "th" || value > -1.2e13);
          return [values.map((value) => format.format(value)), format.formatToParts(1718454896789).map((part) => `${part.type}=${part.value}`).join("|")];
        }];
      }
      yield [`${locale} ${dateStyle} hour12`, () =>
        [true, false].map((hour12) => new Intl.DateTimeFormat(locale, { dateStyle, timeStyle: "medium", hour12 }).format(1718478896789))];
    }
    yield [`resolved ${locale}`, () => {
      const full = { weekday: "short", era: "short", year: "numeric", month: "long", day: "2-digit", hour: "numeric", minute: "numeric", second: "2-digit", fractionalSecondDigits: 2, timeZoneName: "short" };
      return [{}, full, { dateStyle: "short" }, { timeStyle: "long" },].map((options) => new Intl.DateTimeFormat(locale, options).resolvedOptions());
    }];
    yield [`resolved ${locale} hour12`, () => [true, false].map((hour12) => new Intl.DateTimeFormat(locale, { hour: "numeric", hour12 }).resolvedOptions())];
    yield [`toLocale ${locale}`, () => {
      const date = new Date(1718454896789);
      return [date.toLocaleString(locale), date.toLocaleDateString(locale), date.toLocaleTimeString(locale), date.toLocaleDateString(locale, { hour: "numeric" }), date.toLocaleTimeString(locale, { month: "long" }), date.toLocaleString(locale, { weekday: "long" })];
    }];
  }
}
