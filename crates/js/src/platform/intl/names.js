// Intl.DisplayNames
(host, { part }) => {
  const { localeList, isObject, reader, slots, finish } = part("intl/common");
  const kinds = slots("DisplayNames");
  const TYPES = ["language", "region", "script", "currency", "calendar", "dateTimeField"];

  class DisplayNames {
    constructor(locales, options) {
      if (options === undefined) throw new TypeError("invalid_argument");
      const tags = localeList(locales);
      if (!isObject(options)) throw new TypeError("invalid_argument");
      const read = reader("Intl.DisplayNames", options);
      read.matcher();
      const style = read.text("style", ["narrow", "short", "long"], "long");
      const type = read.text("type", TYPES);
      if (type === undefined) throw new TypeError("Required option \"type\" must not be undefined");
      const fallback = read.text("fallback", ["code", "none"], "code");
      const languageDisplay = read.text("languageDisplay", ["dialect", "standard"], "dialect");
      kinds.open(this, "names", { locales: tags, style, type, fallback, languageDisplay });
    }
    resolvedOptions() {
      const { resolved, options } = kinds.of(this, "resolvedOptions");
      const { style, type, fallback, languageDisplay } = options;
      const shown = { locale: resolved.locale, style, type, fallback };
      return type === "language" ? { ...shown, languageDisplay } : shown;
    }
    of(code) {
      const { config, options } = kinds.of(this, "of");
      const [canonical, name] = JSON.parse(host.intl("names.of", config, String(code)));
      if (name !== null) return name;
      return options.fallback === "code" ? canonical : undefined;
    }
  }
  return { DisplayNames: finish(DisplayNames, "DisplayNames") };
};
