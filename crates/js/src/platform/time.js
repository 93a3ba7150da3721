// Time and randomness come from the host: the clock stands still, the time zone is UTC, the seed belongs to the
// call. Weak references are strong, because when memory is collected must not be observable.
(host, shared) => {
  const { hidden } = shared;
  const NativeDate = globalThis.Date;
  const { UTC, parse: nativeParse } = NativeDate;
  const { construct } = Reflect;
  const proto = NativeDate.prototype;
  const { getTime, setTime } = proto;

  const LOCAL_ISO = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?$/;
  const ISO_DATE = /^[+-]?\d{4,6}(-\d\d(-\d\d)?)?$/;
  const ZONE = /(Z|GMT|UTC?|[ECMP][SD]T)\b|\d\s*[+-]\d{1,2}:?\d{2}\s*(\(.*\))?\s*$/i;

  // What the engine reads and V8 does not: days and months that are none, offsets without minutes, commas.
  const REFUSED = [
    /^\d{4}-00\b/,
    /T[\d:.]*[+-]\d\d$/,
    /T\d\d:\d\d:\d\d,/,
    /^\d{4}-\d{3}$/,
    /^\d{4}-\d\d-\d\d[+-]\d/,
    /^[a-z]{3,9}\.?\s+(3[2-9]|[4-9]\d)[\s,]+\d/i,
  ];
  const ISO_LOWER = /^[+-]?\d{4,6}-\d\d-\d\dt\d\d:\d\d[^ ]*$/i;

  const parse = (value) => {
    const given = String(value);
    const text = ISO_LOWER.test(given) ? given.toUpperCase() : given;
    if (REFUSED.some((shape) => shape.test(text))) return NaN;
    if (LOCAL_ISO.test(text)) return nativeParse(`${text}Z`);
    if (ISO_DATE.test(text) || ZONE.test(text)) return nativeParse(text);
    const time = nativeParse(`${text} GMT`);
    return Number.isNaN(time) ? nativeParse(text) : time;
  };

  const timeOf = (args) => {
    if (args.length === 0) return host.now();
    if (args.length > 1) return UTC(...args);
    const [value] = args;
    return typeof value === "string" ? parse(value) : value;
  };

  function Date(...args) {
    if (new.target === undefined) return new NativeDate(host.now()).toString();
    return construct(NativeDate, [timeOf(args)], new.target);
  }
  Object.defineProperty(Date, "prototype", { value: proto, writable: false, enumerable: false, configurable: false });
  Object.defineProperty(Date, "length", { value: 7, configurable: true });
  hidden(Date, "now", function now() {
    return host.now();
  });
  hidden(Date, "parse", function (text) {
    return parse(text);
  });
  hidden(Date, "UTC", UTC);
  hidden(proto, "constructor", Date);
  hidden(globalThis, "Date", Date);

  for (const part of ["Date", "Day", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"]) {
    hidden(proto, `get${part}`, proto[`getUTC${part}`]);
    if (part === "Day") continue;
    // The engine leaves a date alone that is set to no number; it should be invalid then.
    const set = proto[`setUTC${part}`];
    const setter = {
      [`set${part}`](...args) {
        const time = Reflect.apply(set, this, args);
        return Number.isNaN(time) ? Reflect.apply(setTime, this, [NaN]) : time;
      },
    }[`set${part}`];
    Object.defineProperty(setter, "length", { value: set.length, configurable: true });
    hidden(proto, `set${part}`, setter);
  }

  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (number) => String(number).padStart(2, "0");
  const year = (date) => {
    const number = date.getUTCFullYear();
    return `${number < 0 ? "-" : ""}${String(Math.abs(number)).padStart(4, "0")}`;
  };
  const dateText = (date) =>
    `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())} ${year(date)}`;
  const timeText = (date) =>
    `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} GMT+0000 (Coordinated Universal Time)`;
  const texts = {
    toString: (date) => `${dateText(date)} ${timeText(date)}`,
    toDateString: dateText,
    toTimeString: timeText,
  };
  for (const name of Object.keys(texts)) {
    const text = texts[name];
    const method = {
      [name]() {
        return Number.isNaN(Reflect.apply(getTime, this, [])) ? "Invalid Date" : text(this);
      },
    }[name];
    hidden(proto, name, method);
  }
  hidden(proto, "getTimezoneOffset", function getTimezoneOffset() {
    return Number.isNaN(Reflect.apply(getTime, this, [])) ? NaN : 0;
  });
  hidden(proto, "getYear", function getYear() {
    return this.getUTCFullYear() - 1900;
  });

  hidden(Math, "random", host.random);

  class WeakRef {
    #target;
    constructor(target) {
      if ((typeof target !== "object" || target === null) && typeof target !== "function" && typeof target !== "symbol") {
        throw new TypeError("WeakRef: invalid target");
      }
      this.#target = target;
    }
    deref() {
      return this.#target;
    }
    get [Symbol.toStringTag]() {
      return "WeakRef";
    }
  }
  class FinalizationRegistry {
    constructor(cleanup) {
      if (typeof cleanup !== "function") throw new TypeError("FinalizationRegistry: cleanup must be callable");
    }
    register() {}
    unregister() {
      return false;
    }
    get [Symbol.toStringTag]() {
      return "FinalizationRegistry";
    }
  }
  hidden(globalThis, "WeakRef", WeakRef);
  hidden(globalThis, "FinalizationRegistry", FinalizationRegistry);
  delete globalThis.SharedArrayBuffer;
};
