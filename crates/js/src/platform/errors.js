// Error stacks as the author wrote the code, and the text of what a function throws.
//
// The engine keeps each stack as raw text; it is mapped through the source maps only when somebody reads it.
(host, shared) => {
  const { apply } = Reflect;
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const accessor = getOwnPropertyDescriptor(Error.prototype, "stack");
  const readRawStack = accessor.get;
  const captureRawStack = Error.captureStackTrace;

  const hidden = (target, name, value) =>
    defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
  shared.hidden = hidden;

  // Whether something is an error, whatever its prototype says.
  const isError = (value) =>
    (typeof value === "object" && value !== null) &&
    (value instanceof Error || value instanceof DOMException || typeof apply(readRawStack, value, []) === "string");
  shared.isError = isError;

  const headline = (error) => {
    let name = error.name;
    name = name === undefined ? "Error" : String(name);
    let message = error.message;
    message = message === undefined ? "" : String(message);
    if (name === "") return message;
    return message === "" ? name : `${name}: ${message}`;
  };
  shared.headline = headline;

  const rawStack = (error) => {
    const own = getOwnPropertyDescriptor(error, "stack");
    if (own !== undefined && own.get === undefined) return typeof own.value === "string" ? own.value : "";
    const raw = apply(readRawStack, error, []);
    return typeof raw === "string" ? raw : "";
  };
  const frames = (error) => host.mapStack(rawStack(error));
  shared.frames = frames;

  const withFrames = (text, mapped) => (mapped === "" ? text : `${text}\n${mapped}`);

  defineProperty(Error.prototype, "stack", {
    get() {
      const raw = apply(readRawStack, this, []);
      return typeof raw === "string" ? withFrames(headline(this), host.mapStack(raw)) : raw;
    },
    set: accessor.set,
    configurable: true,
    enumerable: false,
  });

  hidden(Error, "captureStackTrace", function captureStackTrace(target, skipUntil) {
    apply(captureRawStack, Error, [target, skipUntil === undefined ? captureStackTrace : skipUntil]);
    const { value } = getOwnPropertyDescriptor(target, "stack") ?? {};
    if (typeof value === "string") hidden(target, "stack", withFrames(headline(target), host.mapStack(value)));
  });

  const uncaughtText = (thrown) => {
    if (!isError(thrown)) {
      const text = String(thrown);
      return text === "" ? "Uncaught" : `Uncaught ${text}`;
    }
    const line = headline(thrown);
    return withFrames(line === "" ? "Uncaught" : `Uncaught ${line}`, frames(thrown));
  };

  // Application data of a ConvexError: JSON text by the time it leaves the library.
  const convexData = (thrown) => {
    if (typeof thrown !== "object" || thrown === null) return null;
    const symbol = thrown.ConvexErrorSymbol;
    if (typeof symbol !== "symbol" || thrown[symbol] !== true) return null;
    const { data } = thrown;
    return typeof data === "string" ? data : data === undefined ? null : JSON.stringify(data);
  };

  shared.describe = (thrown) => {
    let message = "Uncaught";
    let data = null;
    try {
      message = uncaughtText(thrown);
    } catch {}
    try {
      data = convexData(thrown);
    } catch {}
    return [message, data];
  };

  const refuse = () => {
    throw new TypeError("import.meta unsupported");
  };
  shared.importMetaGuard = new Proxy(Object.create(null), {
    get: refuse,
    set: refuse,
    has: refuse,
    getPrototypeOf: refuse,
  });
};
