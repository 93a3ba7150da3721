// crypto.subtle: arguments, formats and usages as the Web Cryptography standard has them. The bytes are worked on
// by stateless host operations; what a key is made of lives in private fields, in this heap.
(host, { part }) => {
  const { dataError, notSupported, invalidAccess, bytesOf, integer, TOKEN, dataOf, CryptoKey, usagesOf } = part("subtle/keys");
  const algorithms = part("subtle/algorithms");
  const bufferOf = (bytes) => bytes.buffer;
  const byLowerName = new Map(Object.keys(algorithms).map((name) => [name.toLowerCase(), name]));

  // The parameters with the algorithm's canonical name, provided that it offers `operation`.
  const normalize = (operation, algorithm) => {
    const params = typeof algorithm === "string" ? { name: algorithm } : algorithm;
    if (typeof params !== "object" || params === null) throw new TypeError("The algorithm is neither a name nor an object");
    if (params.name === undefined) throw new TypeError("Algorithm: name is missing");
    const name = byLowerName.get(String(params.name).toLowerCase());
    if (name === undefined || algorithms[name][operation] === undefined) throw notSupported("Unrecognized algorithm name");
    return Object.create(params, { name: { value: name } });
  };
  const perform = (operation, params, ...rest) => algorithms[params.name][operation](params, ...rest);
  const permit = (key, params, usage) => {
    if (key.name !== params.name) throw invalidAccess("The key does not belong to this algorithm");
    if (!key.usages.includes(usage)) throw invalidAccess(`The key's usages do not permit ${usage}`);
  };

  // --- operations made of others ------------------------------------------------------------------------------
  const importKey = (format, keyData, params, extractable, usages) => {
    let data = keyData;
    if (format === "jwk") {
      if (keyData instanceof ArrayBuffer || ArrayBuffer.isView(keyData)) throw new TypeError("The key is not a JSON Web Key");
    } else {
      data = bytesOf(keyData, "keyData");
    }
    return algorithms[params.name].importKey(format, data, params, extractable, usages);
  };
  const exportKey = (format, key) => {
    const { exportKey: operation } = algorithms[key.name];
    if (operation === undefined) throw notSupported(`${key.name} keys cannot be exported`);
    if (!key.extractable) throw invalidAccess("The key is not extractable");
    return operation(format, key);
  };
  const bitLength = (length) => (length === null || length === undefined ? null : integer(length, 0xffffffff, "length"));
  // Wrapping is an operation of its own for some algorithms, and encryption for the others.
  const wrapping = (own, otherwise, algorithm) => {
    let params;
    try {
      params = normalize(own, algorithm);
    } catch {
      return [otherwise, normalize(otherwise, algorithm)];
    }
    return [own, params];
  };

  class SubtleCrypto {
    constructor(token) {
      if (token !== TOKEN) throw new TypeError("Illegal constructor");
    }
    async digest(algorithm, data) {
      const params = normalize("digest", algorithm);
      return bufferOf(perform("digest", params, bytesOf(data)));
    }
    async generateKey(algorithm, extractable, keyUsages) {
      const params = normalize("generateKey", algorithm);
      return perform("generateKey", params, Boolean(extractable), usagesOf(keyUsages));
    }
    async importKey(format, keyData, algorithm, extractable, keyUsages) {
      const params = normalize("importKey", algorithm);
      return importKey(String(format), keyData, params, Boolean(extractable), usagesOf(keyUsages));
    }
    async exportKey(format, key) {
      const exported = exportKey(String(format), dataOf(key));
      return exported instanceof Uint8Array ? bufferOf(exported) : exported;
    }
    async sign(algorithm, key, data) {
      const params = normalize("sign", algorithm);
      const keyData = dataOf(key);
      const bytes = bytesOf(data);
      permit(keyData, params, "sign");
      return bufferOf(perform("sign", params, keyData, bytes));
    }
    async verify(algorithm, key, signature, data) {
      const params = normalize("verify", algorithm);
      const keyData = dataOf(key);
      const [signed, bytes] = [bytesOf(signature, "signature"), bytesOf(data)];
      permit(keyData, params, "verify");
      return perform("verify", params, keyData, signed, bytes);
    }
    async encrypt(algorithm, key, data) {
      const params = normalize("encrypt", algorithm);
      const keyData = dataOf(key);
      const bytes = bytesOf(data);
      permit(keyData, params, "encrypt");
      return bufferOf(perform("encrypt", params, keyData, bytes));
    }
    async decrypt(algorithm, key, data) {
      const params = normalize("decrypt", algorithm);
      const keyData = dataOf(key);
      const bytes = bytesOf(data);
      permit(keyData, params, "decrypt");
      return bufferOf(perform("decrypt", params, keyData, bytes));
    }
    async deriveBits(algorithm, baseKey, length = null) {
      const params = normalize("deriveBits", algorithm);
      const keyData = dataOf(baseKey);
      permit(keyData, params, "deriveBits");
      return bufferOf(perform("deriveBits", params, keyData, bitLength(length)));
    }
    async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
      const params = normalize("deriveBits", algorithm);
      const target = normalize("importKey", derivedKeyType);
      const lengthParams = normalize("getKeyLength", derivedKeyType);
      const usages = usagesOf(keyUsages);
      const keyData = dataOf(baseKey);
      permit(keyData, params, "deriveKey");
      const secret = perform("deriveBits", params, keyData, perform("getKeyLength", lengthParams));
      return importKey("raw", secret, target, Boolean(extractable), usages);
    }
    async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
      const [operation, params] = wrapping("wrapKey", "encrypt", wrapAlgorithm);
      const wrapper = dataOf(wrappingKey);
      permit(wrapper, params, "wrapKey");
      const exported = exportKey(String(format), dataOf(key));
      const bytes = exported instanceof Uint8Array ? exported : host.utf8Encode(JSON.stringify(exported));
      return bufferOf(perform(operation, params, wrapper, bytes));
    }
    async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) {
      const [operation, params] = wrapping("unwrapKey", "decrypt", unwrapAlgorithm);
      const target = normalize("importKey", unwrappedKeyAlgorithm);
      const usages = usagesOf(keyUsages);
      const unwrapper = dataOf(unwrappingKey);
      const wrapped = bytesOf(wrappedKey, "wrappedKey");
      permit(unwrapper, params, "unwrapKey");
      let keyData = perform(operation, params, unwrapper, wrapped);
      if (format === "jwk") {
        try {
          keyData = JSON.parse(host.utf8Decode(keyData, false));
        } catch {
          throw dataError("The wrapped key is not a JSON Web Key");
        }
      }
      return importKey(String(format), keyData, target, Boolean(extractable), usages);
    }
    get [Symbol.toStringTag]() {
      return "SubtleCrypto";
    }
  }
  return { SubtleCrypto, CryptoKey, subtle: new SubtleCrypto(TOKEN) };
};
