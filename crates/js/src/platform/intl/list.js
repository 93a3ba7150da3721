// Intl.ListFormat
(host, { part }) => {
  const { localeList, objectOrNothing, reader, slots, finish } = part("intl/common");
  const formats = slots("ListFormat");

  const texts = (list) => {
    if (list === undefined) return [];
    return Array.from(list, (item) => {
      if (typeof item !== "string") throw new TypeError(`Iterable yielded ${String(item)} which is not a string`);
      return item;
    });
  };
  class ListFormat {
    constructor(locales, given) {
      const tags = localeList(locales);
      const read = reader("Intl.ListFormat", objectOrNothing(given));
      read.matcher();
      const type = read.text("type", ["conjunction", "disjunction", "unit"], "conjunction");
      const style = read.text("style", ["long", "short", "narrow"], "long");
      formats.open(this, "list", { locales: tags, type, style });
    }
    resolvedOptions() {
      const { resolved, options } = formats.of(this, "resolvedOptions");
      return { locale: resolved.locale, type: options.type, style: options.style };
    }
    format(list) {
      return host.intl("list.format", formats.of(this, "format").config, ...texts(list));
    }
    formatToParts(list) {
      return JSON.parse(host.intl("list.parts", formats.of(this, "formatToParts").config, ...texts(list)));
    }
  }
  Object.defineProperty(ListFormat, "length", { value: 0, configurable: true });
  return { ListFormat: finish(ListFormat, "ListFormat") };
};
