// File and FormData.
(host, shared) => {
  const { hidden, blobBytes } = shared;

  class File extends Blob {
    #name;
    #lastModified;
    constructor(parts, name, options = {}) {
      if (arguments.length < 2) throw new TypeError("File: parts and a name are required");
      super(parts, options ?? {});
      this.#name = `${name}`.toWellFormed();
      const modified = options?.lastModified;
      this.#lastModified = modified === undefined ? host.now() : Math.trunc(Number(modified)) || 0;
    }
    get name() {
      return this.#name;
    }
    get lastModified() {
      return this.#lastModified;
    }
    get webkitRelativePath() {
      return "";
    }
    get [Symbol.toStringTag]() {
      return "File";
    }
  }

  const text = (value) => `${value}`.toWellFormed();
  // The value of an entry: text, or a file made of what was given.
  const entryValue = (value, filename) => {
    if (blobBytes(value) === undefined) {
      if (filename !== undefined) throw new TypeError("FormData: a file name needs a Blob");
      return text(value);
    }
    const isFile = value instanceof File;
    if (isFile && filename === undefined) return value;
    const lastModified = isFile ? value.lastModified : undefined;
    return new File([value], filename === undefined ? "blob" : text(filename), { type: value.type, lastModified });
  };

  class FormData {
    #entries = [];
    constructor(form = undefined) {
      if (form !== undefined) throw new TypeError("FormData: there are no forms here");
    }
    #need(count, given, method) {
      if (given < count) throw new TypeError(`FormData.${method}: ${count} arguments are required`);
    }
    append(name, value, filename = undefined) {
      this.#need(2, arguments.length, "append");
      this.#entries.push([text(name), entryValue(value, filename)]);
    }
    delete(name) {
      this.#need(1, arguments.length, "delete");
      name = text(name);
      this.#entries = this.#entries.filter(([key]) => key !== name);
    }
    get(name) {
      this.#need(1, arguments.length, "get");
      name = text(name);
      return this.#entries.find(([key]) => key === name)?.[1] ?? null;
    }
    getAll(name) {
      this.#need(1, arguments.length, "getAll");
      name = text(name);
      return this.#entries.filter(([key]) => key === name).map(([, value]) => value);
    }
    has(name) {
      this.#need(1, arguments.length, "has");
      name = text(name);
      return this.#entries.some(([key]) => key === name);
    }
    set(name, value, filename = undefined) {
      this.#need(2, arguments.length, "set");
      const entry = [text(name), entryValue(value, filename)];
      const first = this.#entries.findIndex(([key]) => key === entry[0]);
      if (first < 0) {
        this.#entries.push(entry);
        return;
      }
      this.#entries[first] = entry;
      this.#entries = this.#entries.filter(([key], at) => key !== entry[0] || at === first);
    }
    get [Symbol.toStringTag]() {
      return "FormData";
    }
    static {
      shared.iterablePairs(this, (form) => form.#entries);
    }
  }
  const inspect = Symbol.for("nodejs.util.inspect.custom");
  hidden(FormData.prototype, inspect, function (_depth, _options, show) {
    return `FormData ${show(Array.from(this))}`;
  });
  hidden(File.prototype, inspect, function (_depth, _options, show) {
    return `File ${show({ name: this.name, size: this.size, type: this.type, lastModified: this.lastModified })}`;
  });
  return { File, FormData };
};
