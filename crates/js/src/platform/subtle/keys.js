// What every algorithm of crypto.subtle needs: running host operations, reading parameters, keys, JSON Web Keys.
(host, shared) => {
  const { actionOnly } = shared;
  const USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
  const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
  const HASH_BLOCK_BITS = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };
  const EMPTY = new Uint8Array(0);

  const failure = (name, message) => new DOMException(message, name);
  const dataError = (message = "Invalid key data") => failure("DataError", message);
  const notSupported = (message) => failure("NotSupportedError", message);
  const operationError = (message) => failure("OperationError", message);
  const invalidAccess = (message) => failure("InvalidAccessError", message);

  // Runs a host operation: an array of byte strings.
  const run = (name, params, ...input) => {
    const output = host.subtle(name, JSON.stringify(params), ...input);
    if (typeof output !== "string") return output;
    const colon = output.indexOf(": ");
    throw failure(output.slice(0, colon), output.slice(colon + 2));
  };
  const requireEntropy = () => {
    if (host.phase() !== "action") throw new Error(actionOnly("cryptographic randomness"));
  };

  // A copy of the bytes of a buffer or view.
  const bytesOf = (value, what = "data") => {
    if (value instanceof ArrayBuffer) return new Uint8Array(value).slice();
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
  };

  // --- dictionaries -------------------------------------------------------------------------------------------
  const required = (params, name) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`${params.name}: required member ${name} is undefined`);
    return value;
  };
  const integer = (value, most, name) => {
    const number = Math.trunc(Number(value));
    if (!(number >= 0 && number <= most)) throw new TypeError(`${name} is outside the accepted range`);
    return number;
  };
  const hashOf = (params) => {
    const hash = required(params, "hash");
    const name = String(typeof hash === "object" && hash !== null ? hash.name : hash).toUpperCase();
    if (!HASHES.includes(name)) throw notSupported("Unrecognized hash name");
    return name;
  };
  const curveOf = (params, curves) => {
    const curve = String(required(params, "namedCurve"));
    if (!curves.includes(curve)) throw notSupported(`Unrecognized namedCurve: ${curve}`);
    return curve;
  };
  const aesLength = (params) => {
    const length = integer(required(params, "length"), 0xffff, "length");
    if (length !== 128 && length !== 192 && length !== 256) throw operationError("AES keys are 128, 192 or 256 bits long");
    return length;
  };

  // --- keys ---------------------------------------------------------------------------------------------------
  const TOKEN = {};
  let dataOf;
  class CryptoKey {
    #type;
    #extractable;
    #algorithm;
    #usages;
    #data;
    constructor(token, type, extractable, algorithm, usages, data) {
      if (token !== TOKEN) throw new TypeError("Illegal constructor");
      this.#type = type;
      this.#extractable = extractable;
      this.#algorithm = algorithm;
      this.#usages = usages;
      this.#data = data;
    }
    get type() {
      return this.#type;
    }
    get extractable() {
      return this.#extractable;
    }
    get algorithm() {
      return this.#algorithm;
    }
    get usages() {
      return this.#usages;
    }
    get [Symbol.toStringTag]() {
      return "CryptoKey";
    }
    // What only the platform sees of a key; user code may change the objects the getters return.
    static {
      dataOf = (key) => {
        if (typeof key !== "object" || key === null || !(#data in key)) throw new TypeError("The key is not a CryptoKey");
        return key.#data;
      };
    }
  }
  for (const name of ["type", "extractable", "algorithm", "usages"]) {
    Object.defineProperty(CryptoKey.prototype, name, { enumerable: true });
  }

  // `material` is what the algorithm's operations read; `facts` are the members of `key.algorithm` beside its name.
  const makeKey = (name, type, extractable, usages, facts, material) => {
    const algorithm = { name, ...facts };
    if (facts.hash !== undefined) algorithm.hash = { name: facts.hash };
    if (facts.publicExponent !== undefined) algorithm.publicExponent = facts.publicExponent.slice();
    return new CryptoKey(TOKEN, type, extractable, algorithm, [...usages], {
      name,
      type,
      extractable,
      usages,
      facts,
      ...material,
    });
  };
  const usagesOf = (usages) => {
    const asked = Array.from(usages, String);
    for (const usage of asked) {
      if (!USAGES.includes(usage)) throw new TypeError(`Unrecognized key usage: ${usage}`);
    }
    return USAGES.filter((usage) => asked.includes(usage));
  };
  const allow = (usages, allowed) => {
    for (const usage of usages) {
      if (!allowed.includes(usage)) throw failure("SyntaxError", `Unsupported key usage: ${usage}`);
    }
  };
  const only = (usages, kept) => usages.filter((usage) => kept.includes(usage));
  const needUsages = (usages, type) => {
    if (usages.length === 0 && type !== "public") throw failure("SyntaxError", "Usages cannot be empty for this key");
  };

  // --- JSON Web Keys ------------------------------------------------------------------------------------------
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const toBase64Url = (bytes) => {
    let text = "";
    for (let i = 0; i < bytes.length; i += 3) {
      const group = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      const count = Math.min(bytes.length - i, 3) + 1;
      for (let j = 0; j < count; j++) text += ALPHABET[(group >> (18 - 6 * j)) & 63];
    }
    return text;
  };
  const fromBase64Url = (text) => {
    if (typeof text !== "string" || text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) throw dataError("Invalid JWK");
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
    let bits = 0;
    let held = 0;
    let length = 0;
    for (const character of text) {
      held = (held << 6) | ALPHABET.indexOf(character);
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes[length++] = (held >> bits) & 255;
        held &= (1 << bits) - 1;
      }
    }
    return bytes;
  };
  const checkJwk = (jwk, kty, use, extractable, usages) => {
    if (typeof jwk !== "object" || jwk === null) throw new TypeError("The key is not a JSON Web Key");
    if (jwk.kty !== kty) throw dataError(`The JWK's "kty" is not "${kty}"`);
    if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw dataError(`The JWK's "use" is not "${use}"`);
    if (jwk.key_ops !== undefined) {
      const operations = Array.from(jwk.key_ops, String);
      if (new Set(operations).size !== operations.length) throw dataError('The JWK\'s "key_ops" has duplicates');
      if (!usages.every((usage) => operations.includes(usage))) throw dataError('The JWK\'s "key_ops" does not allow the usages');
    }
    if (jwk.ext !== undefined && !jwk.ext && extractable) throw dataError('The JWK\'s "ext" forbids an extractable key');
  };
  const checkAlg = (jwk, ...expected) => {
    if (jwk.alg !== undefined && !expected.includes(jwk.alg)) throw dataError('The JWK\'s "alg" does not fit the algorithm');
  };
  const jwkFrame = (key, members) => ({ ...members, key_ops: [...key.usages], ext: key.extractable });
  const unsupportedFormat = (format) => notSupported(`Unable to handle keys in ${format} format`);
  const hashNumber = (hash) => hash.slice(4);
  const randomBytes = (length) => {
    requireEntropy();
    const bytes = new Uint8Array(length);
    host.randomFill(bytes);
    return bytes;
  };

  return {
    HASH_BLOCK_BITS,
    EMPTY,
    failure,
    dataError,
    notSupported,
    operationError,
    invalidAccess,
    run,
    requireEntropy,
    bytesOf,
    required,
    integer,
    hashOf,
    curveOf,
    aesLength,
    TOKEN,
    dataOf,
    CryptoKey,
    makeKey,
    usagesOf,
    allow,
    only,
    needUsages,
    toBase64Url,
    fromBase64Url,
    checkJwk,
    checkAlg,
    jwkFrame,
    unsupportedFormat,
    hashNumber,
    randomBytes,
    HASHES,
  };
};
