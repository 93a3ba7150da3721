// Shows any value as text, the way developers know it from Node.js.
(host, shared) => {
  const { isError, headline, frames } = shared;
  const DEPTH_MAX = 5;
  const ITEMS_MAX = 100;
  const TEXT_MAX = 32768;
  const LINE_MAX = 72;
  const CUSTOM = Symbol.for("nodejs.util.inspect.custom");
  const { apply } = Reflect;
  const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
  const ESCAPES = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "'": "\\'", "\\": "\\\\" };
  const quote = (text) =>
    `'${text.replace(/[\x00-\x1f'\\]/g, (c) => ESCAPES[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`)}'`;

  const TypedArray = Object.getPrototypeOf(Uint8Array);
  const tagOf = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;
  const internal = (getter, value) => {
    try {
      apply(getter, value, []);
      return true;
    } catch {
      return false;
    }
  };
  const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
  const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size").get;
  const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get;
  const dateTime = Date.prototype.getTime;

  const className = (value) => {
    for (let proto = value; proto !== null; proto = Object.getPrototypeOf(proto)) {
      const own = Object.getOwnPropertyDescriptor(proto, "constructor");
      if (own !== undefined && typeof own.value === "function" && own.value.name !== "") return own.value.name;
    }
    return null;
  };

  const functionText = (value) => {
    const name = typeof value.name === "string" && value.name !== "" ? value.name : null;
    const source = Object.getOwnPropertyDescriptor(value, "prototype");
    if (source !== undefined && source.writable === false && className(value) === "Function") {
      const parent = Object.getPrototypeOf(value);
      const suffix = typeof parent === "function" && parent.name ? ` extends ${parent.name}` : "";
      return `[class ${name ?? "(anonymous)"}${suffix}]`;
    }
    const kind = className(value) ?? "Function";
    return name === null ? `[${kind} (anonymous)]` : `[${kind}: ${name}]`;
  };

  const keyText = (key) => {
    if (typeof key === "symbol") return `[${String(key)}]`;
    return IDENTIFIER.test(key) ? key : quote(key);
  };

  const primitive = (value) => {
    switch (typeof value) {
      case "string":
        return quote(value);
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "bigint":
        return `${value}n`;
      default:
        return String(value);
    }
  };

  const indent = (text) => text.replace(/\n/g, "\n  ");

  const join = (prefix, open, items, close) => {
    const start = prefix === "" ? open : `${prefix} ${open}`;
    if (items.length === 0) return `${start}${close}`;
    const line = `${start} ${items.join(", ")} ${close}`;
    if (line.length <= LINE_MAX + start.length && !line.includes("\n")) return line;
    return `${start}\n  ${items.map(indent).join(",\n  ")}\n${close}`;
  };

  const properties = (value, seen, depth, skip) => {
    const items = [];
    for (const key of Reflect.ownKeys(value)) {
      const own = Object.getOwnPropertyDescriptor(value, key);
      if (own === undefined || !own.enumerable || (skip !== undefined && skip(key))) continue;
      let text;
      if (own.get !== undefined) text = own.set === undefined ? "[Getter]" : "[Getter/Setter]";
      else if (own.set !== undefined) text = "[Setter]";
      else text = show(own.value, seen, depth + 1);
      items.push(`${keyText(key)}: ${text}`);
    }
    return items;
  };

  const isIndex = (key) => typeof key === "string" && /^(0|[1-9]\d*)$/.test(key);

  const listItems = (value, seen, depth) => {
    const count = Math.min(value.length, ITEMS_MAX);
    const items = [];
    let holes = 0;
    const flush = () => {
      if (holes > 0) items.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
      holes = 0;
    };
    for (let i = 0; i < count; i++) {
      if (!(i in value)) {
        holes++;
        continue;
      }
      flush();
      items.push(show(value[i], seen, depth + 1));
    }
    flush();
    const more = value.length - count;
    if (more > 0) items.push(`... ${more} more item${more > 1 ? "s" : ""}`);
    return items.concat(properties(value, seen, depth, isIndex));
  };

  const bufferText = (value) => {
    const bytes = new Uint8Array(value, 0, Math.min(value.byteLength, 50));
    const shown = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const more = value.byteLength - bytes.length;
    const rest = more > 0 ? ` ... ${more} more byte${more > 1 ? "s" : ""}` : "";
    return join("ArrayBuffer", "{", [`[Uint8Contents]: <${shown}${rest}>`, `byteLength: ${value.byteLength}`], "}");
  };

  const errorText = (value, seen, depth) => {
    const mapped = frames(value);
    const line = headline(value);
    const text = mapped === "" ? (depth === 0 ? line : `[${line}]`) : `${line}\n${mapped}`;
    const own = properties(value, seen, depth, (key) => key === "stack" || key === "message" || key === "name");
    if (value.cause !== undefined && Object.hasOwn(value, "cause")) own.push(`[cause]: ${show(value.cause, seen, depth + 1)}`);
    return own.length === 0 ? text : `${text} ${join("", "{", own, "}")}`;
  };

  const collection = (value, seen, depth, name) => {
    if (internal(mapSize, value)) {
      const items = [];
      Map.prototype.forEach.call(value, (item, key) => {
        items.push(`${show(key, seen, depth + 1)} => ${show(item, seen, depth + 1)}`);
      });
      return join(`${name}(${items.length})`, "{", items.concat(properties(value, seen, depth)), "}");
    }
    const items = [];
    Set.prototype.forEach.call(value, (item) => items.push(show(item, seen, depth + 1)));
    return join(`${name}(${items.length})`, "{", items.concat(properties(value, seen, depth)), "}");
  };

  const contents = (value, seen, depth) => {
    const name = className(value);
    if (typeof value === "function") {
      const own = properties(value, seen, depth);
      return own.length === 0 ? functionText(value) : join(functionText(value), "{", own, "}");
    }
    if (isError(value)) return errorText(value, seen, depth);
    if (Array.isArray(value)) {
      const prefix = name === "Array" ? "" : `${name ?? "[Array: null prototype]"}(${value.length})`;
      return join(prefix, "[", listItems(value, seen, depth), "]");
    }
    const typed = apply(tagOf, value, []);
    if (typed !== undefined) return join(`${name ?? typed}(${value.length})`, "[", listItems(value, seen, depth), "]");
    if (internal(mapSize, value) || internal(setSize, value)) return collection(value, seen, depth, name);
    if (internal(dateTime, value)) {
      return Number.isNaN(apply(dateTime, value, [])) ? "Invalid Date" : Date.prototype.toISOString.call(value);
    }
    if (value instanceof RegExp) return String(value);
    if (internal(byteLength, value)) return bufferText(value);
    for (const Box of [Number, String, Boolean]) {
      if (value instanceof Box) return `[${Box.name}: ${primitive(value.valueOf())}]`;
    }
    let prefix = name === "Object" ? "" : (name ?? "[Object: null prototype]");
    const tag = value[Symbol.toStringTag];
    if (typeof tag === "string" && tag !== "" && tag !== name) prefix = `${prefix === "" ? "Object" : prefix} [${tag}]`;
    return join(prefix, "{", properties(value, seen, depth), "}");
  };

  function show(value, seen, depth) {
    if ((typeof value !== "object" || value === null) && typeof value !== "function") return primitive(value);
    if (value === shared.processEnv) return "[process.env]";
    if (seen.includes(value)) return "[Circular]";
    const custom = value[CUSTOM] ?? (typeof value.inspect === "function" ? value.inspect : undefined);
    if (typeof custom === "function") {
      const text = apply(custom, value, [DEPTH_MAX - depth, {}, shared.inspect]);
      return typeof text === "string" ? text : show(text, seen.concat([value]), depth);
    }
    if (depth > DEPTH_MAX) return Array.isArray(value) ? "[Array]" : `[${className(value) ?? "Object: null prototype"}]`;
    seen.push(value);
    const text = contents(value, seen, depth);
    seen.pop();
    return text;
  }

  shared.inspect = (value) => {
    let text;
    try {
      text = show(value, [], 0);
    } catch (error) {
      text = `[inspection failed: ${isError(error) ? headline(error) : String(error)}]`;
    }
    return text.length > TEXT_MAX ? text.slice(0, TEXT_MAX) : text;
  };
};
