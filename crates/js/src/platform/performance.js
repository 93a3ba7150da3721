// performance: the clock that counts from the deploy, and what user code writes down with it. In queries the clock
// stands still; see `host.elapsed` for the others.
(host, shared) => {
  const { hidden } = shared;
  const timeOrigin = host.now();
  const token = Symbol("token");
  const now = () => {
    const phase = host.phase();
    return phase === "mutation" || phase === "action" ? Math.floor(host.elapsed() * 10) / 10 : 0;
  };

  class PerformanceEntry {
    #facts;
    constructor(key, facts) {
      if (key !== token) throw new TypeError("Illegal constructor");
      this.#facts = facts;
    }
    get name() {
      return this.#facts.name;
    }
    get entryType() {
      return this.#facts.entryType;
    }
    get startTime() {
      return this.#facts.startTime;
    }
    get duration() {
      return this.#facts.duration;
    }
    toJSON() {
      const { name, entryType, startTime, duration } = this.#facts;
      return { name, entryType, startTime, duration };
    }
    get [Symbol.toStringTag]() {
      return this.constructor.name;
    }
  }
  const copied = (detail) => (detail === undefined || detail === null ? null : structuredClone(detail));
  // What marks and measures have beside the facts of every entry.
  const detailed = (made) => {
    hidden(made.prototype, "toJSON", function toJSON() {
      return { ...PerformanceEntry.prototype.toJSON.call(this), detail: this.detail };
    });
    return made;
  };

  const PerformanceMark = detailed(
    class PerformanceMark extends PerformanceEntry {
      #detail;
      constructor(name, options = {}) {
        if (arguments.length === 0) throw new TypeError("PerformanceMark: a name is required");
        const given = options?.startTime;
        const startTime = given === undefined ? now() : Number(given);
        if (!Number.isFinite(startTime) || startTime < 0) throw new TypeError("PerformanceMark: startTime must not be negative");
        super(token, { name: String(name), entryType: "mark", startTime, duration: 0 });
        this.#detail = copied(options?.detail);
      }
      get detail() {
        return this.#detail;
      }
    },
  );
  const PerformanceMeasure = detailed(
    class PerformanceMeasure extends PerformanceEntry {
      #detail;
      constructor(key, facts, detail) {
        super(key, facts);
        this.#detail = copied(detail);
      }
      get detail() {
        return this.#detail;
      }
    },
  );

  let entries = [];
  const sorted = (wanted) => entries.filter(wanted).sort((a, b) => a.startTime - b.startTime);
  const clear = (type, args) => {
    const [name] = args;
    const isMeant = (entry) => entry.entryType === type && (name === undefined || entry.name === String(name));
    entries = entries.filter((entry) => !isMeant(entry));
  };
  // A moment: the latest mark of a name, or a time as such.
  const moment = (mark) => {
    if (typeof mark === "number") {
      if (!(mark >= 0)) throw new TypeError("performance.measure: times must not be negative");
      return mark;
    }
    const found = entries.findLast((entry) => entry.entryType === "mark" && entry.name === String(mark));
    if (found === undefined) throw new DOMException(`The "${mark}" performance mark has not been set`, "SyntaxError");
    return found.startTime;
  };
  // Where a measure begins and ends, from what `measure` was given.
  const span = ({ start, end, duration }, endMark) => {
    const until = endMark ?? end;
    let endTime = now();
    if (until !== undefined) endTime = moment(until);
    else if (start !== undefined && duration !== undefined) endTime = moment(start) + Number(duration);
    if (start !== undefined) return [moment(start), endTime];
    return [duration === undefined ? 0 : endTime - Number(duration), endTime];
  };

  class Performance {
    constructor(key) {
      if (key !== token) throw new TypeError("Illegal constructor");
    }
    get timeOrigin() {
      return timeOrigin;
    }
    now() {
      return now();
    }
    mark(name, options) {
      if (arguments.length === 0) throw new TypeError("performance.mark: a name is required");
      const mark = new PerformanceMark(name, options);
      entries.push(mark);
      return mark;
    }
    measure(name, startOrOptions, endMark) {
      if (arguments.length === 0) throw new TypeError("performance.measure: a name is required");
      const isOptions = typeof startOrOptions === "object" && startOrOptions !== null;
      const options = isOptions ? startOrOptions : { start: startOrOptions ?? undefined };
      if (isOptions && Object.keys(options).length > 0) {
        const { start, end, duration } = options;
        if (endMark !== undefined) throw new TypeError("performance.measure: options and an end mark exclude each other");
        if (start === undefined && end === undefined) throw new TypeError("performance.measure: one of start and end is required");
        if (start !== undefined && end !== undefined && duration !== undefined) {
          throw new TypeError("performance.measure: start, end and duration exclude each other");
        }
      }
      const [startTime, endTime] = span(options, endMark);
      const facts = { name: String(name), entryType: "measure", startTime, duration: endTime - startTime };
      const measure = new PerformanceMeasure(token, facts, options.detail);
      entries.push(measure);
      return measure;
    }
    getEntries() {
      return sorted(() => true);
    }
    getEntriesByName(name, type) {
      return sorted((entry) => entry.name === String(name) && (type === undefined || entry.entryType === String(type)));
    }
    getEntriesByType(type) {
      return sorted((entry) => entry.entryType === String(type));
    }
    clearMarks(...args) {
      clear("mark", args);
    }
    clearMeasures(...args) {
      clear("measure", args);
    }
    toJSON() {
      return { timeOrigin };
    }
    get [Symbol.toStringTag]() {
      return "Performance";
    }
  }
  for (const made of [Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure]) hidden(globalThis, made.name, made);
  hidden(globalThis, "performance", new Performance(token));
};
