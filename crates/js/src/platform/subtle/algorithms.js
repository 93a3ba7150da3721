// The table of algorithms of crypto.subtle: by name, the operations each offers.
(_host, { part }) => {
  const { run, required, integer, hashOf, hashNumber, HASHES } = part("subtle/keys");
  const { aes, gcm, cbc, ctr, hmac, hkdf, pbkdf2 } = part("subtle/secrets");
  const { rsa, curves, nistKind, okpKind, signatures, oaep, agreement } = part("subtle/pairs");

  const NIST_CURVES = ["P-256", "P-384", "P-521"];
  const DERIVE = ["deriveKey", "deriveBits"];
  const algorithms = {
    "AES-CBC": aes("AES-CBC", "CBC", { encrypt: cbc("aes.encrypt"), decrypt: cbc("aes.decrypt") }),
    "AES-CTR": aes("AES-CTR", "CTR", { encrypt: ctr("aes.encrypt"), decrypt: ctr("aes.decrypt") }),
    "AES-GCM": aes("AES-GCM", "GCM", { encrypt: gcm("aes.encrypt"), decrypt: gcm("aes.decrypt") }),
    "AES-KW": aes("AES-KW", "KW", {
      wrapKey: (_params, key, data) => run("aes.wrap", {}, key.raw, data)[0],
      unwrapKey: (_params, key, data) => run("aes.unwrap", {}, key.raw, data)[0],
    }),
    HMAC: hmac,
    HKDF: hkdf,
    PBKDF2: pbkdf2,
    "RSASSA-PKCS1-v1_5": rsa(
      "RSASSA-PKCS1-v1_5",
      "sig",
      ["verify"],
      ["sign"],
      (hash) => `RS${hashNumber(hash)}`,
      signatures("rsa", false, (_params, key) => ({ mode: "pkcs1", hash: key.facts.hash })),
    ),
    "RSA-PSS": rsa(
      "RSA-PSS",
      "sig",
      ["verify"],
      ["sign"],
      (hash) => `PS${hashNumber(hash)}`,
      signatures("rsa", true, (params, key) => ({
        mode: "pss",
        hash: key.facts.hash,
        saltLength: integer(required(params, "saltLength"), 0xffffffff, "saltLength"),
      })),
    ),
    "RSA-OAEP": rsa(
      "RSA-OAEP",
      "enc",
      ["encrypt", "wrapKey"],
      ["decrypt", "unwrapKey"],
      (hash) => (hash === "SHA-1" ? "RSA-OAEP" : `RSA-OAEP-${hashNumber(hash)}`),
      oaep,
    ),
    ECDSA: curves(
      "ECDSA",
      NIST_CURVES,
      nistKind("sig"),
      ["verify"],
      ["sign"],
      signatures("ec", true, (params, key) => ({ curve: key.facts.namedCurve, hash: hashOf(params) })),
    ),
    ECDH: curves("ECDH", NIST_CURVES, nistKind("enc"), [], DERIVE, agreement("ec.derive")),
    Ed25519: curves(
      "Ed25519",
      ["Ed25519"],
      okpKind("sig"),
      ["verify"],
      ["sign"],
      signatures("okp", false, () => ({ curve: "Ed25519" })),
    ),
    X25519: curves("X25519", ["X25519"], okpKind("enc"), [], DERIVE, agreement("okp.derive")),
  };
  for (const hash of HASHES) {
    algorithms[hash] = { digest: (params, data) => run("digest", { hash: params.name }, data)[0] };
  }

  return algorithms;
};
