{
  "what V8 has is there": async () => {
    const wanted = {
      Object: ["assign", "create", "defineProperties", "defineProperty", "entries", "freeze", "fromEntries", "getOwnPropertyDescriptor", "getOwnPropertyDescriptors", "getOwnPropertyNames", "getOwnPropertySymbols", "getPrototypeOf", "hasOwn", "is", "isExtensible", "isFrozen", "isSealed", "keys", "preventExtensions", "seal", "setPrototypeOf", "values"],
      Array: ["from", "isArray", "of"],
      "Array.prototype": ["at", "concat", "copyWithin", "entries", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "flat", "flatMap", "forEach", "includes", "indexOf", "join", "keys", "lastIndexOf", "map", "pop", "push", "reduce", "reduceRight", "reverse", "shift", "slice", "some", "sort", "splice", "toLocaleString", "toReversed", "toSorted", "toSpliced", "toString", "unshift", "values", "with"],
      "String.prototype": ["at", "codePointAt", "endsWith", "includes", "isWellFormed", "matchAll", "normalize", "padEnd", "padStart", "repeat", "replaceAll", "startsWith", "toWellFormed", "trimEnd", "trimStart", "localeCompare", "anchor", "substr"],
      String: ["fromCharCode", "fromCodePoint", "raw"],
      Promise: ["all", "allSettled", "any", "race", "reject", "resolve"],
      Math: ["acosh", "cbrt", "clz32", "expm1", "fround", "hypot", "imul", "log10", "log1p", "log2", "sign", "trunc"],
      Number: ["EPSILON", "isInteger", "isSafeInteger", "parseFloat", "parseInt"],
      "RegExp.prototype": ["dotAll", "exec", "flags", "global", "hasIndices", "ignoreCase", "multiline", "source", "sticky", "test", "unicode", "unicodeSets", "compile"],
      "Map.prototype": ["clear", "delete", "entries", "forEach", "get", "has", "keys", "set", "size", "values"],
      "Set.prototype": ["add", "clear", "delete", "entries", "forEach", "has", "keys", "size", "values"],
      Reflect: ["apply", "construct", "defineProperty", "deleteProperty", "get", "getOwnPropertyDescriptor", "getPrototypeOf", "has", "isExtensible", "ownKeys", "preventExtensions", "set", "setPrototypeOf"],
      Symbol: ["asyncIterator", "for", "hasInstance", "isConcatSpreadable", "iterator", "keyFor", "match", "matchAll", "replace", "search", "species", "split", "toPrimitive", "toStringTag", "unscopables"],
      "Symbol.prototype": ["description"],
      "ArrayBuffer.prototype": ["byteLength", "maxByteLength", "resizable", "resize", "slice"],
      "Uint8Array.prototype.__proto__": ["at", "findLast", "findLastIndex", "toReversed", "toSorted", "with"],
      BigInt: ["asIntN", "asUintN"],
      Atomics: ["add", "load", "notify", "store", "wait"],
      JSON: ["parse", "stringify"],
      "Error.prototype": ["message", "name", "toString"],
      globalThis: ["AggregateError", "WeakRef", "FinalizationRegistry", "structuredClone", "queueMicrotask", "escape", "unescape", "encodeURIComponent", "Intl", "BigInt64Array", "WeakMap", "Proxy", "eval", "Function"],
    };
    const missing = [];
    for (const [path, names] of Object.entries(wanted)) {
      const holder = path.split(".").reduce((value, key) => (key === "globalThis" ? value : value[key]), globalThis);
      for (const name of names) if (!(name in holder)) missing.push(`${path}.${name}`);
    }
    return missing;
  },
  "regular expressions": async () => [
    "2024-06-15".match(/(?<year>\d+)-(?<month>\d+)/).groups.year, "a1b2".replace(/(?<letter>[a-z])(?<digit>\d)/g, "$<digit>$<letter>"), "price: $5 €6".match(/(?<=€)\d/)[0], "xa ya".match(/(?<!x)a/).index,
    [..."a1b22".matchAll(/\d+/g)].map((match) => [match[0], match.index]), /^\p{Lu}\p{Ll}+$/u.test("Élan"), /\p{Script=Greek}/u.test("α"), /\p{Emoji_Presentation}/u.test("😀"), /^\p{RGI_Emoji}$/v.test("👨‍👩‍👧"), /[\p{L}--[a-z]]/v.test("a"), /[\p{L}&&[a-z]]/v.test("b"), /[[a-z]--[aeiou]]/v.test("e"),
    "aBC".replace(/b/i, "x"), /a.c/s.test("a\nc"), /\u{1F600}/u.test("😀"), "😀".match(/./u)[0].length, /(?:a|b)\1/.test("a"), "abc".match(/b/d).indices[0], /^.$/u.test("\ud83d"), "\u212a".match(/k/iu)?.[0] ?? null, "ſ".match(/s/iu)?.[0] ?? null, "a,b;c".split(/[,;]/), "aaa".lastIndexOf("a"), /(?=(a+))\1b/.exec("aaab")[0], /\bfoo\b/.test("a foo b"), "x".replace(/(x)(y)?/, "[$1$2]"),
    "ABC".replace(/./g, (letter) => letter.toLowerCase()), /\p{General_Category=Decimal_Number}/u.test("٣"), /^\w+$/u.test("é"), /\cJ/.test("\n"), new RegExp("/", "g").source, String(new RegExp("")), /a/gimsuy.flags, RegExp.prototype.toString.call(/x/v), /[^]/.test("\n"), /(?<a>.)\k<a>/.test("xx"),
  ],
  "bad regular expressions": async () => ["(", "[", "*", "(?<a>x)(?<a>y)", "\\p{Foo}", "a{2,1}", "(?<=a", "[b-a]"].map((source) => {
    try {
      new RegExp(source, "u");
      return "fine";
    } catch (error) {
      return error.name;
    }
  }),
  "copies of arrays": async () => {
    const list = [3, 1, 2];
    return [list.toSorted(), list.toReversed(), list.with(0, 9), list.toSpliced(1, 1, "x", "y"), list, list.at(-1), list.findLast((item) => item > 1), list.findLastIndex((item) => item > 5), [[1, [2, [3]]]].flat(Infinity), new Uint8Array([3, 1]).toSorted().join(), [, 1].toSorted().length, [5, 25, 100].sort(), [undefined, 3, , 1].sort().length];
  },
  "numbers as text": async () => [0.1 + 0.2, 1e21, 1e-7, (25).toString(36), (0.5).toString(2), (1.005).toFixed(2), (1e21).toFixed(2), (123.456).toPrecision(4), (0.00001).toPrecision(1), (12345).toExponential(2), (-1.5).toFixed(0), (2.5).toFixed(0), (1.45).toFixed(1), 5e-324, 1.7976931348623157e308, 123456789012345680000, (255).toString(16), (-255).toString(2), (1e100).toString(7).slice(0, 12), 4.35.toFixed(1), 1.255.toFixed(2), 0.000001, 1e5.toString()].map(String),
  "numbers from text": async () => ["1_0", "0x1F", "0b11", "0o17", " 12 ", "1e3", ".5", "5.", "Infinity", "-Infinity", "", "abc", "1e", "٣", "\u00a01", "12px"].map((text) => [String(Number(text)), String(parseInt(text)), String(parseFloat(text))]),
  "case of letters": async () => ["ß", "İ", "ı", "ΑΣ", "ǆ", "ﬁ", "Å", "ꭰ", "ა", "𐐀", "ŉ", "ΐ"].map((text) => [text.toUpperCase(), text.toLowerCase()]),
  "sorting is stable and by code unit": async () => [["b", "a", "C", "ä", "Z", "😀", "\uffff", "1", "10", "9"].sort(), Array.from({ length: 600 }, (_, index) => [index % 3, index]).sort((left, right) => left[0] - right[0]).map((pair) => pair[1]).join()],
  "classes": async () => {
    class A {
      static #count = 0;
      #value = 1;
      static {
        A.#count = 5;
      }
      static get count() {
        return A.#count;
      }
      has(other) {
        return #value in other;
      }
      accessor = 3;
    }
    return [A.count, new A().has(new A()), new A().has({}), Object.keys(new A()), (class {}).name, ((x) => x).length, new A().constructor.name];
  },
  "errors": async () => {
    const cause = new Error("outer", { cause: "inner" });
    return [cause.cause, new AggregateError([1], "many").errors, new Error(undefined).hasOwnProperty("message"), String(new TypeError("t")), Error("no new").message, typeof Error.captureStackTrace, typeof new Error("x").stack];
  },
  "generators and iterators": async () => {
    function* count() {
      const got = yield 1;
      yield got;
    }
    const it = count();
    const all = [];
    for await (const value of [Promise.resolve(1), 2]) all.push(value);
    return [it.next(), it.next("x"), it.return(5), [...new Map([[1, 2]])], all, Array.from({ length: 2 }, (_, index) => index), Object.fromEntries(new Map([["a", 1]])), [...new Set([1, 1, 2])], Object.entries({ b: 1, 2: 0, a: 1, 1: 0 })];
  },
  "big integers": async () => [2n ** 64n, -7n / 2n, -7n % 2n, BigInt.asIntN(8, 255n), BigInt.asUintN(8, -1n), BigInt("0xff"), BigInt(1e21), 5n > 4, 2n == 2, 1n << 70n, -5n >> 1n, ~5n].map(String),
}
