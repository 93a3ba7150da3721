{
  "values": async () => {
    const show = (it) => (typeof it === "bigint" ? `${it}n` : Object.is(it, -0) ? "-0" : typeof it === "number" ? String(it) : it === undefined ? "undefined" : it);
    return [undefined, null, true, -0, NaN, Infinity, 1.5, "text", 12n, -5n].map((it) => show(structuredClone(it)));
  },
  "boxes": async () => [Object(true), Object(-0), Object("s"), Object(5n)].map((it) => { const copy = structuredClone(it); return [Object.prototype.toString.call(copy), String(copy.valueOf()), copy !== it, Object.keys(copy).length]; }),
  "dates and expressions": async () => {
    const date = new Date(1e12); date.extra = 1;
    const re = /a(b)/dgimsuy; re.lastIndex = 3; re.extra = 1;
    const [d, r] = [structuredClone(date), structuredClone(re)];
    return [d.getTime(), d.extra ?? null, String(structuredClone(new Date(NaN)).getTime()), r.source, r.flags, r.lastIndex, r.extra ?? null];
  },
  "objects": async () => {
    const source = Object.create({ inherited: 1 }, { shown: { value: 1, enumerable: true }, hidden: { value: 2 }, got: { get: () => 3, enumerable: true } });
    source[Symbol("s")] = 4;
    const copy = structuredClone(source);
    class Point { constructor() { this.x = 1; } get y() { return 2; } }
    const point = structuredClone(new Point());
    return [Object.entries(copy), Object.getOwnPropertyDescriptor(copy, "got").value, Object.getPrototypeOf(copy) === Object.prototype, point.constructor === Object, point.y ?? null, Object.isFrozen(structuredClone(Object.freeze({ a: 1 }))), Object.keys(structuredClone({ b: 1, a: 2, 1: 3 }))];
  },
  "arrays": async () => {
    const sparse = [1, , 3]; sparse.extra = "e"; sparse.length = 5;
    const copy = structuredClone(sparse);
    return [copy.length, 1 in copy, Object.keys(copy), Array.isArray(copy), structuredClone([undefined])[0] === undefined];
  },
  "collections": async () => {
    const key = { k: 1 };
    const map = new Map([[key, "v"], ["self", null]]); map.set("self", map); map.extra = 1;
    const set = new Set([key, 1, "1"]); set.extra = 1;
    const copy = structuredClone({ key, map, set });
    return [copy.map.get(copy.key), copy.map.get("self") === copy.map, copy.map.extra ?? null, copy.set.has(copy.key), copy.set.size, copy.set.extra ?? null, [...copy.map.keys()].length];
  },
  "buffers": async () => {
    const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
    const copy = structuredClone({ buffer, a: new Uint8Array(buffer, 2, 3), b: new Uint16Array(buffer), c: new DataView(buffer, 1), d: new BigInt64Array(buffer), e: new Float64Array([1.5]), f: new Uint8ClampedArray(2) });
    copy.a[0] = 99;
    return [copy.buffer.byteLength, copy.a.buffer === copy.buffer, copy.b[1], copy.c.byteOffset, copy.c.byteLength, String(copy.d.length), copy.e[0], copy.f.constructor.name, new Uint8Array(buffer)[2], copy.a.byteOffset, copy.a.length];
  },
  "cycles and sharing": async () => {
    const shared = { s: 1 };
    const source = { one: shared, two: shared, list: [] };
    source.list.push(source, shared);
    const copy = structuredClone(source);
    return [copy.one === copy.two, copy.list[0] === copy, copy.list[1] === copy.one, copy.one !== shared];
  },
  "errors": async () => {
    const out = [];
    for (const it of [new Error("m"), new TypeError("t"), new RangeError("r"), new EvalError("e"), new URIError("u"), new SyntaxError("s"), new ReferenceError("f"), Object.assign(new Error("n"), { name: "TypeError" }), Object.assign(new Error("n"), { name: "Mine", extra: 1 }), new Error(), new AggregateError([], "agg"), new (class Mine extends RangeError {})("sub")]) {
      const copy = structuredClone(it);
      out.push([copy.name, copy.message, Object.prototype.toString.call(copy), copy.extra ?? null, typeof copy.stack, Object.getPrototypeOf(copy).constructor.name, Object.hasOwn(copy, "message")]);
    }
    return out;
  },
  "what cannot be cloned": async () => {
    const out = [];
    for (const it of [() => {}, Symbol("s"), { f() {} }, [Symbol.iterator], new WeakMap(), new WeakSet(), Promise.resolve(1), new (class { #a = 1; m = () => {}; })(), new Map([["a", () => {}]]), Object(Symbol("s"))]) {
      try { structuredClone(it); out.push("fine"); } catch (e) { out.push([e.name, e.code, e instanceof DOMException]); }
    }
    try { structuredClone({ get a() { throw new RangeError("mine"); } }); } catch (e) { out.push([e.name, e.message]); }
    try { structuredClone(); } catch (e) { out.push(e.name); }
    return out;
  },
  "the order of reading": async () => {
    const log = [];
    const source = { get b() { log.push("b"); return { get c() { log.push("c"); return 1; } }; }, get a() { log.push("a"); delete source.z; return 2; }, z: 3 };
    const copy = structuredClone(source);
    return [log, Object.keys(copy)];
  },
  "generators and iterators": async () => {
    const out = [];
    for (const it of [(function* () {})(), [][Symbol.iterator](), new Map().entries()]) { try { out.push(Object.prototype.toString.call(structuredClone(it))); } catch (e) { out.push(e.name); } }
    return out;
  },
  "platform objects": async () => [new URL("http://a"), new Headers(), new AbortController()].map((it) => Object.keys(structuredClone(it)).length),
}
