// WebAssembly: the JavaScript side of what `engine::wasm_ops` does. Every object here is a handle, an integer, in a
// private field; what it names lives in the heap beside it.
(host, shared) => {
  const { hidden } = shared;
  const { defineProperty, freeze } = Object;

  const errorClass = (name) => {
    const made = {
      [name]: class extends Error {
        constructor(message, options) {
          super(message, options);
        }
      },
    }[name];
    hidden(made.prototype, "name", name);
    return made;
  };
  const CompileError = errorClass("CompileError");
  const LinkError = errorClass("LinkError");
  const RuntimeError = errorClass("RuntimeError");
  host.wasmErrors(CompileError, LinkError, RuntimeError);

  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const bytesOf = (source, what) => {
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    throw new TypeError(`${what}: argument 0 must be a buffer source`);
  };
  const pages = (value, what, max) => {
    const number = Math.trunc(Number(value));
    if (!(number >= 0 && number <= max)) throw new TypeError(`${what} must be a number from 0 to ${max}`);
    return number;
  };
  const limits = (descriptor, what, max) => {
    if (!isObject(descriptor)) throw new TypeError(`${what}: argument 0 must be a descriptor`);
    const { initial, maximum } = descriptor;
    if (initial === undefined) throw new TypeError(`${what}: property 'initial' is required`);
    const least = pages(initial, `${what}: property 'initial'`, max);
    if (maximum === undefined) return [least, undefined];
    const most = pages(maximum, `${what}: property 'maximum'`, 2 ** 32 - 1);
    if (most < least) throw new RangeError(`${what}: property 'maximum' is less than 'initial'`);
    return [least, most];
  };

  // Objects by handle, so that what is exported twice is one object.
  const faces = { memory: [], table: [], global: [] };
  const adopted = Symbol("adopted");
  const face = (kind, handle) => (faces[kind][handle] ??= new classes[kind](adopted, handle));

  class Module {
    #handle;
    constructor(source) {
      this.#handle = host.wasmCompile(bytesOf(source, "WebAssembly.Module()"));
    }
    static handleOf(module, what) {
      if (!isObject(module) || !(#handle in module)) throw new TypeError(`${what}: argument 0 must be a WebAssembly.Module`);
      return module.#handle;
    }
    static imports(module) {
      const flat = host.wasmImports(handleOf(module, "WebAssembly.Module.imports()"));
      const list = [];
      for (let i = 0; i < flat.length; i += 3) list.push({ module: flat[i], name: flat[i + 1], kind: flat[i + 2] });
      return list;
    }
    static exports(module) {
      const flat = host.wasmExports(handleOf(module, "WebAssembly.Module.exports()"));
      const list = [];
      for (let i = 0; i < flat.length; i += 2) list.push({ name: flat[i], kind: flat[i + 1] });
      return list;
    }
    static customSections(module, name) {
      const handle = handleOf(module, "WebAssembly.Module.customSections()");
      if (name === undefined) throw new TypeError("WebAssembly.Module.customSections(): argument 1 is required");
      return host.wasmSections(handle, String(name)).map((section) => section.buffer);
    }
  }
  const { handleOf } = Module;
  delete Module.handleOf;

  // What the host is given for one import.
  const given = ({ module, name, kind }, index, imports) => {
    const place = `WebAssembly.Instance(): Import #${index} "${module}" "${name}"`;
    const from = imports[module];
    if (!isObject(from)) throw new TypeError(`WebAssembly.Instance(): Import #${index} "${module}": module is not an object or function`);
    const value = from[name];
    if (kind === "function") {
      if (typeof value !== "function") throw new LinkError(`${place}: function import requires a callable`);
      return value;
    }
    const handle = finders[kind](value);
    if (handle !== undefined) return [handle];
    if (kind === "global" && (typeof value === "number" || typeof value === "bigint" || value === null)) return value;
    throw new LinkError(`${place}: ${kind} import must be a WebAssembly.${classes[kind].name}${kind === "global" ? " or a number" : ""}`);
  };

  class Instance {
    #exports;
    constructor(module, imports) {
      const handle = handleOf(module, "WebAssembly.Instance()");
      const wanted = Module.imports(module);
      if (imports !== undefined && !isObject(imports)) throw new TypeError("WebAssembly.Instance(): Argument 1 must be an object");
      if (wanted.length > 0 && imports === undefined) {
        throw new TypeError("WebAssembly.Instance(): Imports argument must be present and must be an object");
      }
      const flat = host.wasmInstantiate(handle, wanted.map((item, index) => given(item, index, imports)));
      const exports = Object.create(null);
      for (let i = 0; i < flat.length; i += 3) {
        const [name, kind, value] = [flat[i], flat[i + 1], flat[i + 2]];
        exports[name] = kind === "function" ? value : face(kind, value);
      }
      this.#exports = freeze(exports);
    }
    get exports() {
      return this.#exports;
    }
  }

  class Memory {
    #handle;
    constructor(descriptor, handle) {
      if (descriptor !== adopted) {
        const [initial, maximum] = limits(descriptor, "WebAssembly.Memory()", 65536);
        if (descriptor.shared) throw new TypeError("WebAssembly.Memory(): shared memories are not supported");
        handle = host.wasmMemory(initial, maximum);
        faces.memory[handle] = this;
      }
      this.#handle = handle;
    }
    static handleOf(value) {
      return isObject(value) && #handle in value ? value.#handle : undefined;
    }
    get buffer() {
      const buffer = host.wasmMemoryBuffer(this.#handle);
      shared.wasmBuffers.add(buffer);
      return buffer;
    }
    grow(delta) {
      return host.wasmMemoryGrow(this.#handle, pages(delta, "WebAssembly.Memory.grow(): the delta", 65536));
    }
  }

  class Table {
    #handle;
    constructor(descriptor, value) {
      if (descriptor === adopted) {
        this.#handle = value;
        return;
      }
      const [initial, maximum] = limits(descriptor, "WebAssembly.Table()", 10_000_000);
      const element = String(descriptor.element);
      if (!["anyfunc", "funcref", "externref"].includes(element)) {
        throw new TypeError("WebAssembly.Table(): Descriptor property 'element' must be a WebAssembly reference type");
      }
      const fill = arguments.length > 1 || element === "externref" ? value : null;
      this.#handle = host.wasmTable(element, initial, maximum, element !== "externref" && fill === undefined ? null : fill);
      faces.table[this.#handle] = this;
    }
    static handleOf(value) {
      return isObject(value) && #handle in value ? value.#handle : undefined;
    }
    get length() {
      return host.wasmTableLength(this.#handle);
    }
    get(index) {
      return host.wasmTableGet(this.#handle, pages(index, "WebAssembly.Table.get(): the index", 2 ** 32 - 1));
    }
    set(index, value) {
      const fill = arguments.length > 1 ? value : null;
      host.wasmTableSet(this.#handle, pages(index, "WebAssembly.Table.set(): the index", 2 ** 32 - 1), fill);
    }
    grow(delta, value) {
      const fill = arguments.length > 1 ? value : null;
      return host.wasmTableGrow(this.#handle, pages(delta, "WebAssembly.Table.grow(): the delta", 2 ** 32 - 1), fill);
    }
  }

  const zeros = { i32: 0, i64: 0n, f32: 0, f64: 0, anyfunc: null, funcref: null };
  class Global {
    #handle;
    constructor(descriptor, value) {
      if (descriptor === adopted) {
        this.#handle = value;
        return;
      }
      if (!isObject(descriptor)) throw new TypeError("WebAssembly.Global(): Argument 0 must be a global descriptor");
      const type = String(descriptor.value);
      if (type === "v128" || !(type in zeros || type === "externref")) {
        throw new TypeError("WebAssembly.Global(): Descriptor property 'value' must be a WebAssembly type");
      }
      this.#handle = host.wasmGlobal(type, Boolean(descriptor.mutable), value === undefined ? zeros[type] : value);
      faces.global[this.#handle] = this;
    }
    static handleOf(value) {
      return isObject(value) && #handle in value ? value.#handle : undefined;
    }
    get value() {
      return host.wasmGlobalGet(this.#handle);
    }
    set value(value) {
      const [, mutable] = host.wasmGlobalType(this.#handle);
      if (!mutable) throw new TypeError("set WebAssembly.Global.value: Can't set the value of an immutable global.");
      host.wasmGlobalSet(this.#handle, value);
    }
    valueOf() {
      return this.value;
    }
  }

  // Functions that see the private fields; kept here, out of the reach of user code.
  const classes = { memory: Memory, table: Table, global: Global };
  const finders = {};
  for (const kind of Object.keys(classes)) {
    finders[kind] = classes[kind].handleOf;
    delete classes[kind].handleOf;
  }

  const compile = async (source) => new Module(source);
  const link = async (module, imports) => new Instance(module, imports);
  const fromResponse = async (source, what) => {
    const response = await source;
    if (!(response instanceof Response)) throw new TypeError(`${what}: Argument 0 must be a Response or a promise of one`);
    const type = response.headers.get("content-type") ?? "";
    if (type.toLowerCase() !== "application/wasm") throw new TypeError(`${what}: Incorrect response MIME type. Expected 'application/wasm'.`);
    if (!response.ok) throw new TypeError(`${what}: HTTP status code is not ok`);
    return response.arrayBuffer();
  };

  const WebAssembly = {};
  const methods = {
    validate(source) {
      return host.wasmValidate(bytesOf(source, "WebAssembly.validate()"));
    },
    compile(source) {
      return compile(source);
    },
    async instantiate(source, imports) {
      if (source instanceof Module) return link(source, imports);
      const module = await compile(source);
      return { module, instance: await link(module, imports) };
    },
    async compileStreaming(source) {
      return compile(await fromResponse(source, "WebAssembly.compileStreaming()"));
    },
    async instantiateStreaming(source, imports) {
      return methods.instantiate(await fromResponse(source, "WebAssembly.instantiateStreaming()"), imports);
    },
  };
  for (const name of Object.keys(methods)) hidden(WebAssembly, name, methods[name]);
  for (const made of [Module, Instance, Memory, Table, Global, CompileError, LinkError, RuntimeError]) {
    hidden(WebAssembly, made.name, made);
    if (made.prototype instanceof Error) continue;
    defineProperty(made.prototype, Symbol.toStringTag, { value: `WebAssembly.${made.name}`, configurable: true });
  }
  defineProperty(WebAssembly, Symbol.toStringTag, { value: "WebAssembly", configurable: true });
  return { WebAssembly };
};
