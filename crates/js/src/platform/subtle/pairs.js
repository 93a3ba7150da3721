// The algorithms with key pairs: RSA and elliptic curves.
(_host, { part }) => {
  const {
    EMPTY,
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
    dataOf,
    makeKey,
    allow,
    only,
    needUsages,
    toBase64Url,
    fromBase64Url,
    checkJwk,
    checkAlg,
    jwkFrame,
    unsupportedFormat,
    randomBytes,
  } = part("subtle/keys");

  // --- RSA ----------------------------------------------------------------------------------------------------
  const RSA_MEMBERS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
  const bitsOf = (number) => (number.length === 0 ? 0 : number.length * 8 - (Math.clz32(number[0]) - 24));
  const rsa = (name, use, publicUsages, privateUsages, alg, operations) => {
    const make = (der, isPublic, extractable, usages, hash) => {
      const [n, publicExponent] = run("rsa.parts", { public: isPublic }, der);
      const facts = { modulusLength: bitsOf(n), publicExponent, hash };
      return makeKey(name, isPublic ? "public" : "private", extractable, usages, facts, { der });
    };
    const importJwk = (jwk, hash, extractable, usages) => {
      checkJwk(jwk, "RSA", use, extractable, usages);
      checkAlg(jwk, alg(hash));
      const isPublic = jwk.d === undefined;
      if (jwk.oth !== undefined) throw notSupported("RSA keys with more than two primes are not supported");
      const numbers = RSA_MEMBERS.slice(0, isPublic ? 2 : 8).map((member) => fromBase64Url(jwk[member]));
      return [run("rsa.assemble", { public: isPublic }, ...numbers)[0], isPublic];
    };
    return {
      generateKey(params, extractable, usages) {
        const bits = integer(required(params, "modulusLength"), 0xffffffff, "modulusLength");
        const exponent = required(params, "publicExponent");
        if (!(exponent instanceof Uint8Array)) throw new TypeError("publicExponent must be a Uint8Array");
        const hash = hashOf(params);
        allow(usages, [...publicUsages, ...privateUsages]);
        needUsages(only(usages, privateUsages));
        requireEntropy();
        const [privateDer, publicDer] = run("rsa.generate", { bits }, exponent.slice());
        return {
          publicKey: make(publicDer, true, true, only(usages, publicUsages), hash),
          privateKey: make(privateDer, false, extractable, only(usages, privateUsages), hash),
        };
      },
      importKey(format, keyData, params, extractable, usages) {
        const hash = hashOf(params);
        let der;
        let isPublic = format === "spki";
        if (format === "jwk") {
          allow(usages, keyData?.d === undefined ? publicUsages : privateUsages);
          [der, isPublic] = importJwk(keyData, hash, extractable, usages);
        } else if (format === "spki" || format === "pkcs8") {
          allow(usages, isPublic ? publicUsages : privateUsages);
          [der] = run("rsa.import", { public: isPublic }, keyData);
        } else {
          throw unsupportedFormat(format);
        }
        needUsages(usages, isPublic ? "public" : "private");
        return make(der, isPublic, extractable, usages, hash);
      },
      exportKey(format, key) {
        const isPublic = key.type === "public";
        if (format === "jwk") {
          const members = { kty: "RSA", alg: alg(key.facts.hash) };
          run("rsa.parts", { public: isPublic }, key.der).forEach((number, index) => {
            members[RSA_MEMBERS[index]] = toBase64Url(number);
          });
          return jwkFrame(key, members);
        }
        return exportDer(format, key, () => key.der.slice());
      },
      ...operations,
    };
  };
  const exportDer = (format, key, der) => {
    if (format !== "spki" && format !== "pkcs8") throw unsupportedFormat(format);
    if (key.type !== (format === "spki" ? "public" : "private")) throw invalidAccess(`A ${key.type} key has no ${format} form`);
    return der();
  };
  const need = (key, type) => {
    if (key.type !== type) throw invalidAccess(`The key is not a ${type} key`);
  };
  const signatures = (operation, needsEntropy, paramsOf) => ({
    sign(params, key, data) {
      need(key, "private");
      const options = paramsOf(params, key);
      if (needsEntropy) requireEntropy();
      return run(`${operation}.sign`, options, key.der ?? key.secret, data)[0];
    },
    verify(params, key, signature, data) {
      need(key, "public");
      return run(`${operation}.verify`, paramsOf(params, key), key.der ?? key.point, signature, data)[0][0] === 1;
    },
  });
  const oaepLabel = (params) => (params.label === undefined ? EMPTY : bytesOf(params.label, "label"));
  const oaep = {
    encrypt(params, key, data) {
      need(key, "public");
      const label = oaepLabel(params);
      requireEntropy();
      return run("rsa.encrypt", { hash: key.facts.hash }, key.der, data, label)[0];
    },
    decrypt(params, key, data) {
      need(key, "private");
      return run("rsa.decrypt", { hash: key.facts.hash }, key.der, data, oaepLabel(params))[0];
    },
  };

  // --- curves -------------------------------------------------------------------------------------------------
  // A curve's keys have `point` (public) and `secret` (private); `kind` knows the differences between the families.
  const curves = (name, names, kind, publicUsages, privateUsages, operations) => {
    const make = (type, extractable, usages, curve, material) => makeKey(name, type, extractable, usages, kind.facts(curve), material);
    const importJwk = (jwk, curve, extractable, usages) => {
      const isPrivate = jwk.d !== undefined;
      checkJwk(jwk, kind.kty, kind.use, extractable, usages);
      if (jwk.crv !== curve) throw dataError(`The JWK's "crv" is not "${curve}"`);
      kind.checkAlg(jwk, curve);
      const point = kind.pointOf(curve, jwk);
      if (!isPrivate) return { point };
      const pair = kind.pair(curve, fromBase64Url(jwk.d));
      if (!pair.point.every((byte, index) => byte === point[index])) throw dataError("The parts of the JWK do not belong together");
      return pair;
    };
    return {
      generateKey(params, extractable, usages) {
        const curve = names.length === 1 ? names[0] : curveOf(params, names);
        allow(usages, [...publicUsages, ...privateUsages]);
        needUsages(only(usages, privateUsages));
        requireEntropy();
        const pair = kind.generate(curve);
        return {
          publicKey: make("public", true, only(usages, publicUsages), curve, { point: pair.point }),
          privateKey: make("private", extractable, only(usages, privateUsages), curve, pair),
        };
      },
      importKey(format, keyData, params, extractable, usages) {
        const curve = names.length === 1 ? names[0] : curveOf(params, names);
        const isPrivate = format === "pkcs8" || (format === "jwk" && keyData?.d !== undefined);
        if (!["raw", "spki", "pkcs8", "jwk"].includes(format)) throw unsupportedFormat(format);
        allow(usages, isPrivate ? privateUsages : publicUsages);
        let material;
        if (format === "jwk") {
          if (typeof keyData !== "object" || keyData === null) throw new TypeError("The key is not a JSON Web Key");
          material = importJwk(keyData, curve, extractable, usages);
        } else if (format === "pkcs8") {
          material = kind.fromPkcs8(curve, keyData);
        } else {
          material = { point: kind.point(curve, format, keyData) };
        }
        needUsages(usages, isPrivate ? "private" : "public");
        return make(isPrivate ? "private" : "public", extractable, usages, curve, material);
      },
      exportKey(format, key) {
        const curve = key.facts.namedCurve ?? name;
        if (format === "raw") {
          if (key.type !== "public") throw invalidAccess("Only public keys have a raw form");
          return key.point.slice();
        }
        if (format === "jwk") {
          const members = { kty: kind.kty, crv: curve, ...kind.coordinates(key.point) };
          if (key.type === "private") members.d = toBase64Url(key.secret);
          return jwkFrame(key, members);
        }
        return exportDer(format, key, () => kind.toDer(curve, format, key.type === "public" ? key.point : key.secret));
      },
      ...operations,
    };
  };
  const nistKind = (use) => ({
    kty: "EC",
    use,
    facts: (curve) => ({ namedCurve: curve }),
    checkAlg(jwk, curve) {
      if (use === "sig") checkAlg(jwk, { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" }[curve]);
    },
    generate(curve) {
      const [secret, point] = run("ec.generate", { curve });
      return { secret, point };
    },
    pair(curve, bytes) {
      const [secret, point] = run("ec.import", { curve }, bytes);
      return { secret, point };
    },
    fromPkcs8(curve, der) {
      const [secret, point] = run("ec.import", { curve, format: "pkcs8" }, der);
      return { secret, point };
    },
    point: (curve, format, bytes) => run("ec.point", { curve, format }, bytes)[0],
    pointOf(curve, jwk) {
      const [x, y] = [fromBase64Url(jwk.x), fromBase64Url(jwk.y)];
      if (x.length !== y.length) throw dataError("Invalid JWK");
      return run("ec.point", { curve }, Uint8Array.of(4, ...x, ...y))[0];
    },
    coordinates(point) {
      const half = (point.length - 1) / 2;
      return { x: toBase64Url(point.subarray(1, 1 + half)), y: toBase64Url(point.subarray(1 + half)) };
    },
    toDer: (curve, format, bytes) => run("ec.export", { curve, format }, bytes)[0],
  });
  const okpKind = (use) => ({
    kty: "OKP",
    use,
    facts: () => ({}),
    checkAlg(jwk, curve) {
      if (use === "sig") checkAlg(jwk, "EdDSA", curve);
    },
    generate(curve) {
      return this.pair(curve, randomBytes(32));
    },
    pair: (curve, secret) => ({ secret, point: run("okp.public", { curve }, secret)[0] }),
    fromPkcs8(curve, der) {
      return this.pair(curve, run("okp.import", { curve, format: "pkcs8" }, der)[0]);
    },
    point: (curve, format, bytes) => run(format === "raw" ? "okp.check" : "okp.import", { curve, format }, bytes)[0],
    pointOf: (curve, jwk) => run("okp.check", { curve }, fromBase64Url(jwk.x))[0],
    coordinates: (point) => ({ x: toBase64Url(point), ...(use === "sig" ? { alg: "Ed25519" } : {}) }),
    toDer: (curve, format, bytes) => run("okp.export", { curve, format }, bytes)[0],
  });

  // The first `length` bits of a shared secret.
  const truncate = (secret, length) => {
    if (length === null) return secret;
    if (length > secret.length * 8) throw operationError("derived bit length is too large");
    const bytes = secret.slice(0, Math.ceil(length / 8));
    if (length % 8 !== 0) bytes[bytes.length - 1] &= 0xff << (8 - (length % 8));
    return bytes;
  };
  const agreement = (operation) => ({
    deriveBits(params, key, length) {
      const other = dataOf(required(params, "public"));
      need(key, "private");
      if (other.type !== "public") throw invalidAccess("algorithm.public must be a public key");
      if (other.name !== key.name || other.facts.namedCurve !== key.facts.namedCurve) throw invalidAccess("The keys are of different kinds");
      const curve = key.facts.namedCurve ?? key.name;
      return truncate(run(operation, { curve }, key.secret, other.point)[0], length);
    },
  });

  return { rsa, curves, nistKind, okpKind, signatures, oaep, agreement };
};
