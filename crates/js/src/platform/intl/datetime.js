// Intl.DateTimeFormat
(host, { part }) => {
  const { localeList, coerced, reader, numberOption, slots, finish } = part("intl/common");
  const formats = slots("DateTimeFormat");
  const { getTime } = Date.prototype;
  const { now } = Date;

  const NAMES = ["narrow", "short", "long"];
  const DIGITS = ["2-digit", "numeric"];
  const FIELDS = {
    weekday: NAMES,
    era: NAMES,
    year: DIGITS,
    month: [...DIGITS, ...NAMES],
    day: DIGITS,
    dayPeriod: NAMES,
    hour: DIGITS,
    minute: DIGITS,
    second: DIGITS,
    fractionalSecondDigits: undefined,
    timeZoneName: ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"],
  };
  const DATE = ["weekday", "year", "month", "day"];
  const TIME = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
  const CALENDARS = { gregorian: undefined, "ethiopic-amete-alem": "ethioaa", islamicc: "islamic-civil" };
  const STYLES = ["full", "long", "medium", "short"];

  const readFields = (options, read) => {
    const fields = {};
    for (const name of Object.keys(FIELDS)) {
      const value =
        name === "fractionalSecondDigits"
          ? numberOption(options[name], 1, 3, undefined, name)
          : read.text(name, FIELDS[name]);
      if (value !== undefined) fields[name] = value;
    }
    return fields;
  };
  // With nothing of what is required, the usual fields are shown.
  const complete = (fields, required, usual) => {
    const wanted = [...(required === "time" ? [] : DATE), ...(required === "date" ? [] : TIME)];
    if (wanted.some((name) => fields[name] !== undefined)) return;
    const added = [...(usual === "time" ? [] : DATE.slice(1)), ...(usual === "date" ? [] : ["hour", "minute", "second"])];
    for (const name of added) fields[name] = "numeric";
  };
  const configure = (locales, given, required, usual) => {
    const tags = localeList(locales);
    const options = coerced(given, "Intl.DateTimeFormat");
    const read = reader("Intl.DateTimeFormat", options);
    read.matcher();
    const asked = read.type("calendar", "Invalid calendar");
    const calendar = asked in CALENDARS ? CALENDARS[asked] : asked;
    const numberingSystem = read.type("numberingSystem", "Invalid numberingSystem");
    const hour12 = read.boolean("hour12");
    const hourCycle = read.text("hourCycle", ["h11", "h12", "h23", "h24"]);
    const zone = options.timeZone;
    const timeZone = zone === undefined ? undefined : String(zone);
    if (timeZone !== undefined && host.intl("locale.zone", timeZone) === "") {
      throw new RangeError(`Invalid time zone specified: ${timeZone}`);
    }
    const fields = readFields(options, read);
    read.text("formatMatcher", ["basic", "best fit"]);
    const dateStyle = read.text("dateStyle", STYLES);
    const timeStyle = read.text("timeStyle", STYLES);
    if (dateStyle === undefined && timeStyle === undefined) {
      complete(fields, required, usual);
    } else {
      const [explicit] = Object.keys(fields);
      if (explicit !== undefined) {
        throw new TypeError(`Can't set option ${explicit} when ${dateStyle !== undefined ? "dateStyle" : "timeStyle"} is used`);
      }
      if (required === "date" && timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
      if (required === "time" && dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
    }
    return { locales: tags, calendar, numberingSystem, hour12, hourCycle, timeZone, dateStyle, timeStyle, ...fields };
  };

  const clipped = (value) => {
    const time = Number(value);
    if (!(Math.abs(time) <= 8.64e15)) throw new RangeError("Invalid time value");
    return String(Math.trunc(time) + 0);
  };
  const timeOf = (value) => clipped(value === undefined ? now() : value);
  const endOf = (value) => {
    if (value === undefined) throw new TypeError("Invalid time value");
    return Number(value);
  };

  function DateTimeFormat(locales, options) {
    const format = new.target === undefined ? Object.create(DateTimeFormat.prototype) : this;
    return formats.open(format, "date", configure(locales, options, "any", "date"));
  }
  const range = (object, method, operation, start, end) => {
    const { config } = formats.of(object, method);
    if (start === undefined || end === undefined) throw new TypeError("Invalid time value");
    const times = [endOf(start), endOf(end)].map(clipped);
    return host.intl(operation, config, ...times);
  };
  Object.defineProperties(DateTimeFormat.prototype, Object.getOwnPropertyDescriptors({
    resolvedOptions() {
      return { ...formats.of(this, "resolvedOptions").resolved };
    },
    formatToParts(date) {
      return JSON.parse(host.intl("date.parts", formats.of(this, "formatToParts").config, timeOf(date)));
    },
    get format() {
      const slot = formats.of(this, "format");
      slot.bound ??= Object.defineProperty((date) => host.intl("date.format", slot.config, timeOf(date)), "name", { value: "" });
      return slot.bound;
    },
    formatRange(start, end) {
      return range(this, "formatRange", "date.range", start, end);
    },
    formatRangeToParts(start, end) {
      return JSON.parse(range(this, "formatRangeToParts", "date.rangeParts", start, end));
    },
  }));
  finish(DateTimeFormat, "DateTimeFormat");
  Object.defineProperty(DateTimeFormat, "length", { value: 0, configurable: true });

  // The `toLocale…` methods of Date; formats without options are used over and over.
  const configs = new Map();
  const dateText = (date, locales, options, required, usual) => {
    const time = Reflect.apply(getTime, date, []);
    const simple = options === undefined && (locales === undefined || typeof locales === "string");
    const key = `${required} ${locales}`;
    let config = simple ? configs.get(key) : undefined;
    if (Number.isNaN(time)) return "Invalid Date";
    if (config === undefined) {
      config = JSON.stringify(configure(locales, options, required, usual));
      if (simple) configs.set(key, config);
    }
    return host.intl("date.format", config, String(time));
  };
  return { DateTimeFormat, dateText };
};
