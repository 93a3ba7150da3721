function* () {
  const day = 86400000;
  const NAMES = ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"];
  const iso = (zone) => {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", era: "short" });
    return (time) => format.format(time);
  };
  yield ["every zone has a name", () => Intl.supportedValuesOf("timeZone")];
  for (const zone of Intl.supportedValuesOf("timeZone").filter((name) => name !== "UTC")) {
    yield [`offsets ${zone}`, () => {
      const shown = iso(zone);
      const times = [-5e12, -4e12, -3e12, -2.5e12, -2e12, -1.5e12, -1e12, -5e11, 0, 8.64e15, -8.64e15, 4e12, 7e12, 1e13, 1e14, 2.6e14, -7e13, 253402300800000 + 200 * day];
      for (let year = 1900; year < 2060; year += 7) times.push(Date.UTC(year, 0, 15), Date.UTC(year, 6, 15));
      for (let hour = 0; hour < 400; hour++) times.push(Date.UTC(2024, 0, 1) + hour * 22 * 3600000);
      return times.map(shown);
    }];
    yield [`names ${zone}`, () =>
      ["en-US", "en-GB", "de", "ja"].map((locale) =>
        NAMES.map((timeZoneName) => {
          const format = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName });
          return [1704067200000, 1720000000000].map((time) => format.format(time));
        }))];
  }
  const LOCALES = ["fr", "es", "pt-BR", "zh-Hans", "zh-Hant", "ko", "ar", "he", "hi", "th", "tr", "ru", "pl", "sv", "fa", "bn", "it", "nl", "en-IN", "en-AU", "en-CA", "es-MX", "fr-CA", "pt-PT", "fi", "cs"];
  const ZONES = ["America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Paris", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "Asia/Shanghai", "Australia/Sydney", "Africa/Cairo",
    "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Pacific/Auckland", "Europe/Moscow", "Asia/Tehran", "UTC", "Etc/GMT+5", "America/Phoenix", "Pacific/Apia", "Europe/Dublin", "Africa/Casablanca"];
  for (const locale of LOCALES) {
    for (const timeZone of ZONES) {
      yield [`${locale} ${timeZone}`, () =>
        NAMES.map((timeZoneName) => {
          const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName, hour: "numeric", minute: "numeric" });
          return [1704067200000, 1720000000000, 0, 500000000000].map((time) => format.format(time));
        })];
    }
  }
  for (const name of ["UTC", "utc", "Etc/UTC", "Etc/GMT", "GMT", "Etc/Greenwich", "Asia/Kolkata", "asia/calcutta", "US/Pacific", "EST", "EST5EDT", "Europe/Kyiv", "Europe/Kiev", "America/Buenos_Aires", "Zulu", "GMT+0",
    "Foo/Bar", "", "America", "Etc/GMT+12", "Etc/GMT-14", "Japan", "PRC", "CET", "MST7MDT", "Etc/Unknown", "Factory", "posixrules", "America/Ciudad_Juarez", "Antarctica/Troll", "Asia/Saigon", "GB", "NZ-CHAT"]) {
    yield [`name ${name}`, () => new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone];
  }
  for (const [zone, from] of [["America/New_York", Date.UTC(2024, 2, 10, 5)], ["America/New_York", Date.UTC(2024, 10, 3, 4)], ["Europe/Berlin", Date.UTC(2024, 2, 31, 0)], ["Australia/Lord_Howe", Date.UTC(2024, 3, 6, 14)],
    ["Pacific/Apia", Date.UTC(2011, 11, 29, 8)], ["Africa/Casablanca", Date.UTC(2024, 2, 10, 0)], ["Europe/Dublin", Date.UTC(2024, 9, 27, 0)], ["Asia/Tehran", Date.UTC(2022, 2, 21, 19)]]) {
    yield [`transition ${zone} ${from}`, () => {
      const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, dateStyle: "short", timeStyle: "full" });
      return Array.from({ length: 16 }, (_, step) => format.format(from + step * 900000));
    }];
  }
}
