// The `Intl` object. Each service is a part of its own.
(host, shared) => {
  const { part } = shared;
  const common = part("intl/common");
  const Intl = Object.create(Object.prototype, { [Symbol.toStringTag]: { value: "Intl", configurable: true } });
  const functions = {
    getCanonicalLocales(locales) {
      return common.localeList(locales);
    },
    supportedValuesOf(key) {
      return JSON.parse(host.intl("locale.values", String(key)));
    },
  };
  for (const name of Object.keys(functions)) {
    Object.defineProperty(Intl, name, { value: functions[name], writable: true, configurable: true, enumerable: false });
  }
  const services = {
    DateTimeFormat: "intl/datetime",
    NumberFormat: "intl/number",
    Collator: "intl/collator",
    PluralRules: "intl/plural",
    RelativeTimeFormat: "intl/relative",
    ListFormat: "intl/list",
    Locale: "intl/locale",
    DisplayNames: "intl/names",
    Segmenter: "intl/segmenter",
  };
  for (const name of Object.keys(services)) {
    const put = (value) => Object.defineProperty(Intl, name, { value, writable: true, configurable: true, enumerable: false });
    Object.defineProperty(Intl, name, {
      get() {
        const service = part(services[name])[name];
        put(service);
        return service;
      },
      set: put,
      configurable: true,
      enumerable: false,
    });
  }
  return { Intl };
};
