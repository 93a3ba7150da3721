// What the constructors of `Intl` share: locales, options, and objects that know their configuration.
(host, _shared) => {
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const locales = new WeakMap();

  const canonicalTags = new Map();
  const canonical = (tag) => {
    let known = canonicalTags.get(tag);
    if (known === undefined) canonicalTags.set(tag, (known = host.intl("locale.canonical", tag)));
    return known;
  };
  // A list of canonical tags without duplicates.
  const localeList = (requested) => {
    if (requested === undefined) return [];
    if (typeof requested === "string") return [canonical(requested)];
    if (isObject(requested) && locales.has(requested)) return [locales.get(requested)];
    if (requested === null) throw new TypeError("Cannot convert undefined or null to object");
    const list = Object(requested);
    const length = Math.min(Math.max(Math.trunc(Number(list.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
    const tags = [];
    for (let index = 0; index < length; index++) {
      if (!(index in list)) continue;
      const tag = list[index];
      if (typeof tag !== "string" && !isObject(tag)) throw new TypeError("Language ID should be string or object.");
      const found = isObject(tag) && locales.has(tag) ? locales.get(tag) : canonical(String(tag));
      if (!tags.includes(found)) tags.push(found);
    }
    return tags;
  };

  const coerced = (options, service) => {
    if (options === undefined) return Object.create(null);
    if (options === null) {
      throw new TypeError(service ? `${service} called on null or undefined` : "Cannot convert undefined or null to object");
    }
    return Object(options);
  };
  const objectOrNothing = (options) => {
    if (options === undefined) return Object.create(null);
    if (!isObject(options)) throw new TypeError(`Incorrect options information provided: ${String(options)}`);
    return options;
  };
  // Reads options of one service, with the errors that name it.
  const reader = (service, options) => ({
    text(name, values, fallback) {
      let value = options[name];
      if (value === undefined) return fallback;
      value = String(value);
      if (values !== undefined && !values.includes(value)) {
        throw new RangeError(`Value ${value} out of range for ${service} options property ${name}`);
      }
      return value;
    },
    boolean(name) {
      const value = options[name];
      return value === undefined ? undefined : Boolean(value);
    },
    matcher() {
      return this.text("localeMatcher", ["lookup", "best fit"], "best fit");
    },
    // The name of a numbering system, a calendar or the like.
    type(name, invalid) {
      const value = this.text(name);
      if (value !== undefined && !/^[a-z\d]{3,8}(-[a-z\d]{3,8})*$/i.test(value)) throw new RangeError(`${invalid} : ${value}`);
      return value?.toLowerCase();
    },
  });
  const numberOption = (value, minimum, maximum, fallback, name) => {
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!(number >= minimum && number <= maximum)) throw new RangeError(`${name} value is out of range.`);
    return Math.floor(number);
  };

  // Objects of a service: each knows its configuration and what was resolved of it.
  const slots = (service, name) => {
    const known = new WeakMap();
    return {
      open(object, operation, config) {
        const text = JSON.stringify(config);
        const resolved = JSON.parse(host.intl(`${operation}.resolved`, text));
        known.set(object, { config: text, resolved, options: config, bound: undefined });
        return object;
      },
      of(object, method) {
        const slot = isObject(object) ? known.get(object) : undefined;
        if (slot === undefined) {
          const shown = isObject(object) ? "#<Object>" : String(object);
          throw new TypeError(`Method Intl.${service}.prototype.${method} called on incompatible receiver ${shown}`);
        }
        return slot;
      },
      has: (object) => isObject(object) && known.has(object),
      name,
    };
  };
  const finish = (constructor, service) => {
    Object.defineProperty(constructor, "prototype", { writable: false });
    Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: `Intl.${service}`, configurable: true });
    Object.defineProperty(constructor, "supportedLocalesOf", {
      value: {
        supportedLocalesOf(requested, options) {
          const tags = localeList(requested);
          reader(`Intl.${service}.supportedLocalesOf`, coerced(options)).matcher();
          return tags.filter((tag) => host.intl("locale.available", tag) !== "");
        },
      }.supportedLocalesOf,
      writable: true,
      configurable: true,
      enumerable: false,
    });
    for (const key of Object.getOwnPropertyNames(constructor.prototype)) {
      const property = Object.getOwnPropertyDescriptor(constructor.prototype, key);
      if (property.enumerable) Object.defineProperty(constructor.prototype, key, { ...property, enumerable: false });
    }
    return constructor;
  };

  // As long as the built-in that this stands for takes: `limits::ARRAY_LENGTH_MAX`.
  const LENGTH_MAX = 8388608;

  const joined = (list, requested, options) => {
    const array = Object(list);
    if (array.length > LENGTH_MAX) {
      throw new RangeError(
        `This array is too long for this method: its length is ${array.length}, at most ${LENGTH_MAX} is supported`,
      );
    }
    const texts = Array.from({ length: array.length }, (_, index) => {
      const element = array[index];
      return element === undefined || element === null ? "" : String(element.toLocaleString(requested, options));
    });
    return texts.join(",");
  };
  return { locales, localeList, canonical, coerced, objectOrNothing, reader, numberOption, slots, finish, joined, isObject };
};
