function* () {
  const LOCALES = ["en", "de", "fr", "es", "pt-BR", "pt-PT", "ja", "zh-Hans", "zh-Hant", "ko", "ar", "he", "hi", "th", "tr", "ru", "pl", "sv", "fa", "bn", "cs", "lt", "lv", "ga", "cy", "sl", "mt", "is", "da", "fi", "hu", "it", "nl", "ro", "uk", "vi", "id", "kw", "br", "gd", "fil", "az"];
  const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 20, 21, 22, 25, 31, 100, 101, 103, 111, 1000, 1e6, 1.0, 1.5, 0.1, 2.5, -1, -2, NaN, Infinity];
  for (const locale of LOCALES) {
    for (const type of ["cardinal", "ordinal"]) {
      yield [`plural ${locale} ${type}`, () => {
        const rules = new Intl.PluralRules(locale, { type });
        return [NUMBERS.map((number) => rules.select(number)), rules.resolvedOptions()];
      }];
    }
    yield [`plural digits ${locale}`, () => {
      const rules = new Intl.PluralRules(locale, { minimumFractionDigits: 1 });
      return NUMBERS.map((number) => rules.select(number));
    }];
    yield [`plural range ${locale}`, () => {
      const rules = new Intl.PluralRules(locale);
      return [[0, 1], [1, 2], [1, 5], [2, 4], [0, 0], [1, 1], [102, 201], [5, 1]].map(([start, end]) => rules.selectRange(start, end));
    }];
    for (const style of ["long", "short", "narrow"]) {
      for (const numeric of ["always", "auto"]) {
        yield [`relative ${locale} ${style} ${numeric}`, () => {
          const format = new Intl.RelativeTimeFormat(locale, { style, numeric });
          const units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
          return units.map((unit) => [-1000, -21, -2, -1, -0, 0, 1, 2, 5, 21, 1.5].map((value) => format.format(value, unit)));
        }];
      }
      for (const type of ["conjunction", "disjunction", "unit"]) {
        yield [`list ${locale} ${style} ${type}`, () => {
          const format = new Intl.ListFormat(locale, { style, type });
          return [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"], ["x", "isla"], ["7", "8"], ["a", "hielo"], ["a", "11"]].map((list) => [format.format(list), format.formatToParts(list)]);
        }];
      }
    }
    yield [`relative parts ${locale}`, () => {
      const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
      return [[-1, "day"], [1234.5, "month"], [3, "quarters"]].map(([value, unit]) => format.formatToParts(value, unit));
    }];
    for (const style of ["long", "short", "narrow"]) {
      yield [`names ${locale} ${style}`, () => {
        const of = (type, codes) => {
          const names = new Intl.DisplayNames(locale, { type, style });
          return codes.map((code) => names.of(code));
        };
        return [of("region", ["US", "DE", "GB", "HK", "001", "419", "UN", "ZZ", "XK"]), of("script", ["Latn", "Hans", "Hant", "Arab", "Cyrl", "Zzzz"]), of("currency", ["USD", "EUR", "JPY", "CHF", "XAF", "ZZZ"]),
          of("dateTimeField", ["era", "year", "quarter", "month", "weekOfYear", "weekday", "day", "dayPeriod", "hour", "minute", "second", "timeZoneName"])];
      }];
      yield [`language names ${locale} ${style}`, () =>
        ["dialect", "standard"].map((languageDisplay) => {
          const names = new Intl.DisplayNames(locale, { type: "language", style, languageDisplay });
          return ["en", "en-US", "en-GB", "de-AT", "zh-Hans", "zh-Hant-TW", "zh-Hans-SG", "pt-BR", "es-419", "sr-Latn", "sr-Cyrl-ME", "fr-CA", "xx", "az-Arab", "en-Latn-US", "nl-BE", "hi-Latn"].map((code) => names.of(code));
        })];
    }
    yield [`calendar names ${locale}`, () => {
      const names = new Intl.DisplayNames(locale, { type: "calendar" });
      return ["gregory", "buddhist", "japanese", "hebrew", "islamic-civil", "roc", "iso8601"].map((code) => names.of(code));
    }];
    yield [`locale ${locale}`, () => {
      const tag = new Intl.Locale(locale);
      const { calendars, hourCycles, numberingSystems, textInfo, weekInfo } = tag;
      return [String(tag.maximize()), String(tag.minimize()), calendars, hourCycles, numberingSystems, textInfo, weekInfo];
    }];
  }
  const WORDS = ["a", "A", "b", "B", "ä", "Ä", "ae", "z", "Z", "å", "ö", "o", "ñ", "n", "é", "e", "ß", "ss", "co-op", "coop", "CO-OP", "1", "10", "2", "résumé", "resume", "Resume", "", " ", "ch", "cz", "ll", "lz", "ı", "i", "I", "İ", "日本", "中国", "カタカナ", "かたかな", "한국", "ж", "я", "_", "-", "Ø"];
  const OPTIONS = [{}, { numeric: true }, { sensitivity: "base" }, { sensitivity: "accent" }, { sensitivity: "case" }, { caseFirst: "upper" }, { caseFirst: "lower" }, { ignorePunctuation: true }, { usage: "search" }];
  for (const locale of ["en", "de", "de-u-co-phonebk", "sv", "da", "es", "es-u-co-trad", "fr", "fr-CA", "tr", "lt", "ja", "zh-Hans", "zh-u-co-stroke", "ko", "th", "ru", "cs", "pl", "hu", "fi", "ar", "he", "en-u-kn", "en-u-kf-upper", "en-US-u-kn-false"]) {
    for (const options of OPTIONS) {
      yield [`collate ${locale} ${JSON.stringify(options)}`, () => {
        const { compare } = new Intl.Collator(locale, options);
        return [[...WORDS].sort(compare), WORDS.flatMap((left) => WORDS.map((right) => compare(left, right))).join("")];
      }];
      yield [`collator ${locale} ${JSON.stringify(options)}`, () => new Intl.Collator(locale, options).resolvedOptions()];
    }
  }
  yield ["localeCompare", () => ["a".localeCompare("b"), "a".localeCompare("A"), "ä".localeCompare("z", "sv"), "ä".localeCompare("z", "de"), "a10".localeCompare("a2", undefined, { numeric: true }), "a".localeCompare("á", "en", { sensitivity: "base" }), "a".localeCompare()]];
  const TEXTS = ["Hello, world! It's 3.14 o'clock.", "The U.S.A. is big. Is it? Yes! \"Really.\" Mr. Smith went.", "你好世界。我是中国人！今天天气很好。", "こんにちは世界。私は日本人です。", "สวัสดีชาวโลก ยินดีต้อนรับ", "안녕하세요 세계", "👨‍👩‍👧‍👦🇩🇪🇫🇷e\u0301x 👍🏽", "नमस्ते दुनिया", "a\r\nb\n\nc", "", "  spaces   here ", "foo@bar.com https://example.com/a?b=1", "\ud800x\udc00", "مرحبا بالعالم", "ភាសាខ្មែរ", "can't won't 1,234.56 €5 50%"];
  for (const granularity of ["grapheme", "word", "sentence"]) {
    for (const locale of ["en", "ja", "th", "el"]) {
      for (const text of TEXTS) {
        yield [`segment ${granularity} ${locale} ${JSON.stringify(text)}`, () => [...new Intl.Segmenter(locale, { granularity }).segment(text)].map(({ segment, index, isWordLike }) => [JSON.stringify(segment), index, isWordLike])];
      }
    }
  }
  yield ["containing", () => {
    const segments = new Intl.Segmenter("en", { granularity: "word" }).segment("Hello, world");
    return [segments.containing(0), segments.containing(5), segments.containing(8), segments.containing(99), segments.containing(-1), segments.containing()].map((found) => found ?? null);
  }];
  for (const text of ["İIıi", "ΑΣ ΑΣΣ", "ǆ ŉ ß ﬁ", "Ìí", "ΆΈ", "ij"]) {
    for (const locale of [undefined, "en", "tr", "az", "lt", "el", "de", "nl"]) {
      yield [`case ${locale} ${text}`, () => [text.toLocaleUpperCase(locale), text.toLocaleLowerCase(locale)]];
    }
    yield [`case plain ${text}`, () => [text.toUpperCase(), text.toLowerCase()]];
  }
  for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
    yield [`normalize ${form}`, () => ["é", "e\u0301", "ﬁ", "Å", "각", "각", "ſ", "①", "\u1e9b\u0323", "ｱ", "\u0344", "א\u05b7\u05bc", "\ud834\udd5e"].map((text) => text.normalize(form))];
  }
}
