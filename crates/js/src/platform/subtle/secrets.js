// The algorithms with one secret key: AES, HMAC, HKDF, PBKDF2.
(_host, { part }) => {
  const {
    HASH_BLOCK_BITS,
    EMPTY,
    failure,
    dataError,
    operationError,
    run,
    bytesOf,
    required,
    integer,
    hashOf,
    aesLength,
    makeKey,
    allow,
    needUsages,
    toBase64Url,
    fromBase64Url,
    checkJwk,
    checkAlg,
    jwkFrame,
    unsupportedFormat,
    hashNumber,
    randomBytes,
  } = part("subtle/keys");

  const importSecret = (format, keyData, use, extractable, usages, alg) => {
    if (format === "raw") return keyData;
    if (format !== "jwk") throw unsupportedFormat(format);
    checkJwk(keyData, "oct", use, extractable, usages);
    if (keyData.k === undefined) throw dataError("Invalid JWK");
    const raw = fromBase64Url(keyData.k);
    if (alg !== undefined) checkAlg(keyData, alg(raw));
    return raw;
  };
  const exportSecret = (format, key, alg) => {
    if (format === "raw") return key.raw.slice();
    if (format === "jwk") return jwkFrame(key, { kty: "oct", k: toBase64Url(key.raw), alg });
    throw unsupportedFormat(format);
  };

  const aes = (name, mode, cipher) => {
    const allowed = mode === "KW" ? ["wrapKey", "unwrapKey"] : ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
    const alg = (raw) => `A${raw.length * 8}${mode}`;
    const make = (raw, extractable, usages) => makeKey(name, "secret", extractable, usages, { length: raw.length * 8 }, { raw });
    return {
      generateKey(params, extractable, usages) {
        allow(usages, allowed);
        const length = aesLength(params);
        needUsages(usages);
        return make(randomBytes(length / 8), extractable, usages);
      },
      importKey(format, keyData, _params, extractable, usages) {
        allow(usages, allowed);
        const raw = importSecret(format, keyData, "enc", extractable, usages, alg);
        if (![16, 24, 32].includes(raw.length)) throw dataError("AES keys are 128, 192 or 256 bits long");
        needUsages(usages);
        return make(raw, extractable, usages);
      },
      exportKey: (format, key) => exportSecret(format, key, alg(key.raw)),
      getKeyLength: aesLength,
      ...cipher,
    };
  };
  const TAG_LENGTHS = [32, 64, 96, 104, 112, 120, 128];
  const gcm = (operation) => (params, key, data) => {
    const iv = bytesOf(required(params, "iv"), "iv");
    const additional = params.additionalData === undefined ? EMPTY : bytesOf(params.additionalData, "additionalData");
    const tagLength = params.tagLength === undefined ? 128 : integer(params.tagLength, 255, "tagLength");
    if (!TAG_LENGTHS.includes(tagLength)) throw operationError(`${tagLength} is not a valid AES-GCM tag length`);
    return run(operation, { mode: "gcm", tagLength }, key.raw, iv, data, additional)[0];
  };
  const cbc = (operation) => (params, key, data) => {
    const iv = bytesOf(required(params, "iv"), "iv");
    if (iv.length !== 16) throw operationError("iv must be 16 bytes long");
    return run(operation, { mode: "cbc" }, key.raw, iv, data)[0];
  };
  const ctr = (operation) => (params, key, data) => {
    const counter = bytesOf(required(params, "counter"), "counter");
    const bits = integer(required(params, "length"), 255, "length");
    if (counter.length !== 16) throw operationError("counter must be 16 bytes long");
    if (bits === 0 || bits > 128) throw operationError("length must be between 1 and 128");
    return run(operation, { mode: "ctr", bits }, key.raw, counter, data)[0];
  };

  const hmacLength = (params) => {
    const hash = hashOf(params);
    if (params.length === undefined) return HASH_BLOCK_BITS[hash];
    const length = integer(params.length, 0xffffffff, "length");
    if (length === 0) throw new TypeError("length cannot be zero");
    return length;
  };
  const hmac = {
    generateKey(params, extractable, usages) {
      allow(usages, ["sign", "verify"]);
      const hash = hashOf(params);
      const length = params.length === undefined ? HASH_BLOCK_BITS[hash] : integer(params.length, 0xffffffff, "length");
      if (length === 0 || length % 8 !== 0) throw operationError("Unsupported key length");
      needUsages(usages);
      return makeKey("HMAC", "secret", extractable, usages, { hash, length }, { raw: randomBytes(length / 8) });
    },
    importKey(format, keyData, params, extractable, usages) {
      allow(usages, ["sign", "verify"]);
      const hash = hashOf(params);
      const raw = importSecret(format, keyData, "sig", extractable, usages, () => `HS${hashNumber(hash)}`);
      if (raw.length === 0) throw dataError("Zero-length keys are not supported");
      const length = params.length === undefined ? raw.length * 8 : integer(params.length, 0xffffffff, "length");
      if (length > raw.length * 8 || length <= raw.length * 8 - 8) throw dataError("Invalid key length");
      needUsages(usages);
      return makeKey("HMAC", "secret", extractable, usages, { hash, length }, { raw });
    },
    exportKey: (format, key) => exportSecret(format, key, `HS${hashNumber(key.facts.hash)}`),
    getKeyLength: hmacLength,
    sign: (_params, key, data) => run("hmac.sign", { hash: key.facts.hash }, key.raw, data)[0],
    verify: (_params, key, signature, data) => run("hmac.verify", { hash: key.facts.hash }, key.raw, signature, data)[0][0] === 1,
  };

  const derivation = (name, deriveBits) => ({
    importKey(format, keyData, _params, extractable, usages) {
      if (format !== "raw") throw unsupportedFormat(format);
      allow(usages, ["deriveKey", "deriveBits"]);
      if (extractable) throw failure("SyntaxError", `${name} keys are not extractable`);
      needUsages(usages);
      return makeKey(name, "secret", false, usages, {}, { raw: keyData });
    },
    getKeyLength: () => null,
    deriveBits(params, key, length) {
      if (length === null || length % 8 !== 0) throw operationError("length must be a multiple of 8");
      return deriveBits(params, key, length);
    },
  });
  const hkdf = derivation("HKDF", (params, key, bits) => {
    const salt = bytesOf(required(params, "salt"), "salt");
    const info = bytesOf(required(params, "info"), "info");
    return run("hkdf", { hash: hashOf(params), bits }, key.raw, salt, info)[0];
  });
  const pbkdf2 = derivation("PBKDF2", (params, key, bits) => {
    const salt = bytesOf(required(params, "salt"), "salt");
    const iterations = integer(required(params, "iterations"), 0xffffffff, "iterations");
    return run("pbkdf2", { hash: hashOf(params), bits, iterations }, key.raw, salt)[0];
  });

  return { aes, gcm, cbc, ctr, hmac, hkdf, pbkdf2 };
};
