// Intl.Locale
(host, { part }) => {
  const { locales, coerced, canonical, reader, isObject } = part("intl/common");
  const described = new WeakMap();
  const informed = new WeakMap();

  const subtag = (read, name, shape) => {
    const value = read.text(name);
    if (value !== undefined && !shape.test(value)) throw new RangeError("Incorrect locale information provided");
    return value;
  };
  const type = (read, name) => {
    const value = read.text(name);
    if (value !== undefined && !/^[a-z\d]{3,8}(-[a-z\d]{3,8})*$/i.test(value)) {
      throw new RangeError("Incorrect locale information provided");
    }
    return value;
  };
  const changesOf = (options) => {
    const read = reader("Intl.Locale", options);
    const language = subtag(read, "language", /^([a-z]{2,3}|[a-z]{5,8})$/i);
    const script = subtag(read, "script", /^[a-z]{4}$/i);
    const region = subtag(read, "region", /^([a-z]{2}|\d{3})$/i);
    const keywords = {
      ca: type(read, "calendar"),
      co: type(read, "collation"),
      hc: read.text("hourCycle", ["h11", "h12", "h23", "h24"]),
      kf: read.text("caseFirst", ["upper", "lower", "false"]),
      kn: read.boolean("numeric")?.toString(),
      nu: type(read, "numberingSystem"),
    };
    return { language, script, region, keywords };
  };
  const tagOf = (locale, name) => {
    const tag = isObject(locale) ? locales.get(locale) : undefined;
    if (tag === undefined) throw new TypeError(`Method Intl.Locale.prototype.${name} called on incompatible receiver`);
    return tag;
  };
  const lookup = (kept, operation) => (locale, name) => {
    const tag = tagOf(locale, name);
    let known = kept.get(locale);
    if (known === undefined) kept.set(locale, (known = JSON.parse(host.intl(operation, tag))));
    return known[name] ?? undefined;
  };
  const describe = lookup(described, "locale.describe");
  const inform = lookup(informed, "locale.information");

  class Locale {
    constructor(tag, given) {
      if (tag === undefined || (typeof tag !== "string" && !isObject(tag))) {
        throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
      }
      const text = isObject(tag) && locales.has(tag) ? locales.get(tag) : String(tag);
      if (text === "") throw new RangeError("First argument to Intl.Locale constructor can't be empty or missing");
      const base = canonical(text);
      const changed = given === undefined ? base : host.intl("locale.change", base, JSON.stringify(changesOf(coerced(given))));
      locales.set(this, changed);
    }
    toString() {
      return tagOf(this, "toString");
    }
    maximize() {
      return new Locale(host.intl("locale.maximize", tagOf(this, "maximize")));
    }
    minimize() {
      return new Locale(host.intl("locale.minimize", tagOf(this, "minimize")));
    }
    get numeric() {
      return describe(this, "numeric") === "true";
    }
  }
  const getter = (name, get) => {
    Object.defineProperty(Locale.prototype, name, { get, configurable: true, enumerable: false });
  };
  const plain = ["language", "script", "region", "baseName", "calendar", "caseFirst", "collation", "hourCycle", "numberingSystem"];
  for (const name of plain) {
    getter(name, function () {
      return describe(this, name);
    });
  }
  const facts = ["calendars", "collations", "hourCycles", "numberingSystems", "textInfo", "timeZones", "weekInfo"];
  for (const name of facts) {
    const read = function () {
      return inform(this, name);
    };
    getter(name, read);
    // The same as a method, which is what the standard made of it later.
    const method = `get${name[0].toUpperCase()}${name.slice(1)}`;
    Object.defineProperty(Locale.prototype, method, { value: read, writable: true, configurable: true, enumerable: false });
  }
  Object.defineProperty(Locale.prototype, Symbol.toStringTag, { value: "Intl.Locale", configurable: true });
  Object.defineProperty(Locale, "prototype", { writable: false });
  return { Locale };
};
