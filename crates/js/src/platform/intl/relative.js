// Intl.RelativeTimeFormat
(host, { part }) => {
  const { localeList, coerced, reader, slots, finish } = part("intl/common");
  const { textOf } = part("intl/number");
  const formats = slots("RelativeTimeFormat");
  const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

  const unitOf = (value, method) => {
    const text = String(value);
    const unit = text.endsWith("s") ? text.slice(0, -1) : text;
    if (!UNITS.includes(unit)) {
      throw new RangeError(`Invalid unit argument for Intl.RelativeTimeFormat.prototype.${method}() '${text}'`);
    }
    return unit;
  };
  const valueOf = (value, method) => {
    const number = Number(value);
    if (!Number.isFinite(number)) {
      throw new RangeError(`Value need to be finite number for Intl.RelativeTimeFormat.prototype.${method}()`);
    }
    return textOf(number);
  };
  class RelativeTimeFormat {
    constructor(locales, given) {
      const tags = localeList(locales);
      const read = reader("Intl.RelativeTimeFormat", coerced(given));
      read.matcher();
      const numberingSystem = read.type("numberingSystem", "Invalid numberingSystem");
      const style = read.text("style", ["long", "short", "narrow"], "long");
      const numeric = read.text("numeric", ["always", "auto"], "always");
      formats.open(this, "relative", { locales: tags, numberingSystem, style, numeric });
    }
    resolvedOptions() {
      const { resolved, options } = formats.of(this, "resolvedOptions");
      const { style, numeric } = options;
      return { locale: resolved.locale, style, numeric, numberingSystem: resolved.numberingSystem };
    }
    format(value, unit) {
      const { config } = formats.of(this, "format");
      const number = valueOf(value, "format");
      return host.intl("relative.format", config, number, unitOf(unit, "format"));
    }
    formatToParts(value, unit) {
      const { config } = formats.of(this, "formatToParts");
      const number = valueOf(value, "formatToParts");
      const name = unitOf(unit, "formatToParts");
      const parts = JSON.parse(host.intl("relative.parts", config, number, name));
      return parts.map((piece) => (piece.type === "literal" ? piece : { ...piece, unit: name }));
    }
  }
  Object.defineProperty(RelativeTimeFormat, "length", { value: 0, configurable: true });
  return { RelativeTimeFormat: finish(RelativeTimeFormat, "RelativeTimeFormat") };
};
