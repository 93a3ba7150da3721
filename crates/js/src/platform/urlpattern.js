// URLPattern: the host takes patterns and URLs apart, regular expressions match their components.
(host, shared) => {
  const { hidden } = shared;
  const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
  const MEMBERS = ["baseURL", "hash", "hostname", "password", "pathname", "port", "protocol", "search", "username"];
  const text = (value) => `${value}`.toWellFormed();
  const isDictionary = (value) => value === undefined || value === null || typeof value === "object" || typeof value === "function";

  // A string, or the members of a dictionary that are there.
  const inputOf = (value) => {
    if (!isDictionary(value)) return text(value);
    const init = {};
    for (const name of MEMBERS) {
      const member = value?.[name];
      if (member !== undefined) init[name] = text(member);
    }
    return init;
  };
  // The standard asks for set notation. The engine is too strict there: it refuses some characters outside of classes
  // that must be escaped within them only. Slashes can be helped; what else is refused has no sets and does without.
  const withSlashes = (source) => source.replace(/\\.|\//gs, (found) => (found === "/" ? "\\/" : found));
  const expression = (source, ignoreCase) => {
    try {
      return new RegExp(withSlashes(source), ignoreCase ? "iv" : "v");
    } catch {
      return new RegExp(source, ignoreCase ? "iu" : "u");
    }
  };
  const compile = ({ patternString, regexpString, groupNameList }, ignoreCase) => {
    try {
      return { source: patternString, matcher: expression(regexpString, ignoreCase), names: groupNameList };
    } catch (error) {
      throw new TypeError(`Invalid URL pattern: ${error.message}`);
    }
  };
  const groupsOf = (names, [, ...values]) => {
    const groups = {};
    names.forEach((name, index) => {
      groups[name] = values[index];
    });
    return groups;
  };

  class URLPattern {
    #components = {};
    #hasRegExpGroups;
    constructor(input = {}, baseOrOptions = undefined, options = undefined) {
      const hasBase = arguments.length > 2 || !isDictionary(baseOrOptions);
      const base = hasBase && baseOrOptions !== undefined ? text(baseOrOptions) : undefined;
      const ignoreCase = Boolean((hasBase ? options : baseOrOptions)?.ignoreCase);
      const parsed = JSON.parse(host.urlPattern(JSON.stringify(inputOf(input)), base, ignoreCase));
      for (const name of PARTS) this.#components[name] = compile(parsed[name], ignoreCase);
      this.#hasRegExpGroups = parsed.hasRegexpGroups;
    }
    // The components of the input, or null for what is no URL.
    #subject(input, base) {
      const given = base === undefined ? undefined : text(base);
      const found = host.urlPatternSubject(JSON.stringify(input), given);
      return found === undefined ? null : JSON.parse(found);
    }
    test(input = {}, baseURL = undefined) {
      const subject = this.#subject(inputOf(input), baseURL);
      return subject !== null && PARTS.every((name) => this.#components[name].matcher.test(subject[name]));
    }
    exec(input = {}, baseURL = undefined) {
      const given = inputOf(input);
      const subject = this.#subject(given, baseURL);
      if (subject === null) return null;
      const result = { inputs: baseURL === undefined ? [given] : [given, text(baseURL)] };
      for (const name of PARTS) {
        const { matcher, names } = this.#components[name];
        const match = matcher.exec(subject[name]);
        if (match === null) return null;
        result[name] = { input: subject[name], groups: groupsOf(names, match) };
      }
      return result;
    }
    get hasRegExpGroups() {
      return this.#hasRegExpGroups;
    }
    get [Symbol.toStringTag]() {
      return "URLPattern";
    }
    static {
      for (const name of PARTS) {
        const get = function () {
          return this.#components[name].source;
        };
        Object.defineProperty(this.prototype, name, { get, enumerable: true, configurable: true });
      }
    }
  }
  hidden(URLPattern.prototype, Symbol.for("nodejs.util.inspect.custom"), function (_depth, _options, inspect) {
    return `URLPattern ${inspect(Object.fromEntries(PARTS.map((name) => [name, this[name]])))}`;
  });
  return { URLPattern };
};
