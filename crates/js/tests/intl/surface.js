function* () {
  const thrown = [
    "new Intl.NumberFormat('x-y-z-abcdefghi')", "new Intl.NumberFormat('en',{style:'foo'})", "new Intl.NumberFormat('en',{style:'currency'})", "new Intl.NumberFormat('en',{style:'currency',currency:'US'})",
    "new Intl.NumberFormat('en',{style:'unit'})", "new Intl.NumberFormat('en',{style:'unit',unit:'foo'})", "new Intl.NumberFormat('en',{minimumFractionDigits:200})",
    "new Intl.NumberFormat('en',{minimumFractionDigits:5,maximumFractionDigits:2})", "new Intl.NumberFormat('en',{roundingIncrement:3})", "new Intl.NumberFormat('en',{roundingIncrement:5,maximumFractionDigits:2})",
    "new Intl.DateTimeFormat('en',{timeZone:'Foo/Bar'})", "new Intl.DateTimeFormat('en',{dateStyle:'short',year:'numeric'})", "new Intl.DateTimeFormat('en',{timeStyle:'short',hour:'numeric'})", "new Intl.DateTimeFormat('en').format(NaN)", "new Date(0).toLocaleDateString('en',{timeStyle:'short'})",
    "new Date(0).toLocaleTimeString('en',{dateStyle:'short'})", "new Intl.DateTimeFormat('en',{calendar:'f'})", "new Intl.DateTimeFormat('en',{hourCycle:'h13'})", "new Intl.DateTimeFormat('en',{numberingSystem:'x'})",
    "new Intl.RelativeTimeFormat('en').format(1,'foo')", "new Intl.RelativeTimeFormat('en').format(Infinity,'day')", "new Intl.ListFormat('en').format([1])", "new Intl.ListFormat('en',{type:'foo'})",
    "new Intl.DisplayNames('en',{type:'region'}).of('foo1')", "new Intl.DisplayNames('en',{type:'language'}).of('x')", "new Intl.Locale('')", "new Intl.Locale()", "new Intl.Locale('a-b')", "Intl.getCanonicalLocales([1])", "Intl.getCanonicalLocales('en_US')", "Intl.getCanonicalLocales(null)", "Intl.supportedValuesOf('foo')",
    "new Intl.Segmenter('en',{granularity:'line'})", "new Intl.Collator('en',{sensitivity:'foo'})", "(1).toLocaleString(null)", "new Intl.DateTimeFormat('en',{fractionalSecondDigits:4})", "new Intl.DateTimeFormat('en').formatRange(1)",
    "new Intl.NumberFormat('en').formatRange(1)", "new Intl.NumberFormat('en').formatRange(NaN,1)", "new Intl.NumberFormat('en',{useGrouping:'foo'})", "new Intl.PluralRules('en').selectRange(1)", "'a'.toLocaleUpperCase('x_')",
    "new Intl.DateTimeFormat('en',{dateStyle:'foo'})", "new Intl.NumberFormat(['en',5])", "new Intl.NumberFormat('en',{localeMatcher:'x'})", "Intl.NumberFormat.supportedLocalesOf('en',{localeMatcher:'x'})", "'a'.normalize('x')", "new Intl.NumberFormat('en', null)",
  ];
  for (const source of thrown) yield [source, () => String(new Function(`return (${source})`)() === undefined)];
  const tags = ["en", "EN-us", "zh-hant-tw", "iw", "in", "sh", "tl", "mo", "en-US-u-nu-thai-ca-buddhist", "de-DE-1996", "en-u-foo-bar", "sr-latn-rs", "und", "en-t-jp", "en-x-private", "cmn", "zh-cmn", "aa-BU", "sl-rozaj-biske-1994", "en-US-u-va-posix",
    "de-u-co-phonebk", "en-u-kn-true", "en-u-kn", "en-u-ca-islamicc", "i-klingon", "x-foo", "e", "abcd", "en-a-bbb-a-ccc", "de-1996-1996", "en-GB-oed", "hy-arevela", "ja-Latn-hepburn-heploc", "en-Latn-XX", "no-bok", "art-lojban", "zh-min-nan", "sgn-BE-FR", "en-u-tz-uslax", "en-u-rg-gbzzzz", "root", "C"];
  for (const tag of tags) {
    yield [`canonical ${tag}`, () => Intl.getCanonicalLocales(tag)];
    yield [`resolved ${tag}`, () => [Intl.NumberFormat, Intl.DateTimeFormat, Intl.Collator, Intl.PluralRules].map((service) => new service(tag).resolvedOptions().locale)];
    yield [`maximize ${tag}`, () => [String(new Intl.Locale(tag).maximize()), String(new Intl.Locale(tag).minimize())]];
  }
  for (const tag of ["zh-TW", "zh-Hant-XX", "pt-XX", "en-XX", "xx", "no", "nb", "nn", "sr-ME", "hi-Latn", "es-419", "yue", "eu", "fr-Latn-FR", "uz-Arab", "az-Cyrl-AZ", "pa-PK", "ks-Deva", "zh-u-co-pinyin", "ha-NE", "kok", "mni", "sat", "su", "ff-Adlm", "shi-Tfng", "bm", "dz", "gsw", "yi"]) {
    yield [`locale ${tag}`, () => new Intl.NumberFormat(tag).resolvedOptions().locale];
  }
  yield ["options replace parts of a tag", () => {
    const locale = new Intl.Locale("en-US-u-ca-gregory", { language: "de", region: "AT", script: "Latn", calendar: "buddhist", numeric: true, hourCycle: "h23", collation: "phonebk", caseFirst: "upper", numberingSystem: "thai" });
    return [String(locale), locale.language, locale.script, locale.region, locale.baseName, locale.calendar, locale.collation, locale.hourCycle, locale.caseFirst, locale.numeric, locale.numberingSystem];
  }];
  yield ["names", () => [Object.getOwnPropertyNames(Intl).sort(), ...["DateTimeFormat", "NumberFormat", "Collator", "PluralRules", "RelativeTimeFormat", "ListFormat", "DisplayNames", "Segmenter"].map((name) => [name, Intl[name].name, Intl[name].length, Object.getOwnPropertyNames(Intl[name]).sort(), Object.getOwnPropertyNames(Intl[name].prototype).sort(), String(new Intl[name]("en", { type: undefined, ...(name === "DisplayNames" && { type: "region" }) }))])]];
  yield ["callable", () => [Intl.NumberFormat("de").format(1.5), Intl.DateTimeFormat("de").format(0), Intl.Collator("de").compare("a", "b"), Intl.NumberFormat() instanceof Intl.NumberFormat]];
  yield ["bound", () => {
    const format = new Intl.NumberFormat("de");
    return [format.format === format.format, [1.5, 2.5].map(format.format), ["b", "a"].sort(new Intl.Collator("en").compare), [0].map(new Intl.DateTimeFormat("en").format), format.format.name, format.format.length, new Intl.Collator().compare.length];
  }];
  yield ["subclass", () => {
    class Format extends Intl.NumberFormat {}
    return [new Format("de").format(1.5), new Format() instanceof Format];
  }];
  for (const key of ["calendar", "collation", "numberingSystem", "unit", "currency"]) yield [`supported ${key}`, () => Intl.supportedValuesOf(key)];
  yield ["supportedLocalesOf", () => Intl.NumberFormat.supportedLocalesOf(["en-US", "xx", "de-u-nu-thai", "zh-Hant-TW", "fr-XX"])];
  yield ["array", () => [[1234.5, "a", null, new Date(0), undefined, [1e6]].toLocaleString("de"), [1234.5].toLocaleString("en", { style: "currency", currency: "EUR" }), new Float64Array([1.5, 2000]).toLocaleString("de")]];
  yield ["options", () => {
    const options = [["en", { style: "currency", currency: "usd" }], ["en", { style: "currency", currency: "JPY" }], ["en", { style: "unit", unit: "liter", unitDisplay: "long" }], ["en", { style: "percent" }], ["en", { notation: "compact" }], ["en", { maximumSignificantDigits: 3 }], ["en", { useGrouping: false }], ["en", { useGrouping: true }], ["en", { useGrouping: "min2" }], ["en", { minimumFractionDigits: 5 }], ["en", { maximumFractionDigits: 1 }], ["en", { numberingSystem: "arab" }], ["ar-EG", {}], ["en-u-nu-arab", { numberingSystem: "latn" }], ["en-u-nu-arab", { numberingSystem: "arab" }], ["en", { roundingIncrement: 5, minimumFractionDigits: 2, maximumFractionDigits: 2 }]];
    return options.map(([locale, given]) => new Intl.NumberFormat(locale, given).resolvedOptions());
  }];
  yield ["other options", () => [new Intl.RelativeTimeFormat("ar-EG").resolvedOptions(), new Intl.Segmenter("de").resolvedOptions(), new Intl.ListFormat("de").resolvedOptions(), new Intl.DisplayNames("de", { type: "language" }).resolvedOptions(), new Intl.DisplayNames("de", { type: "region" }).resolvedOptions(), new Intl.PluralRules("ar", { type: "ordinal", minimumFractionDigits: 1 }).resolvedOptions()]];
  yield ["defaults", () => [new Intl.NumberFormat().resolvedOptions().locale, new Intl.DateTimeFormat().resolvedOptions().locale, new Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(0).toLocaleString(), new Date(NaN).toLocaleString(), (1234.5678).toLocaleString()]];
}
