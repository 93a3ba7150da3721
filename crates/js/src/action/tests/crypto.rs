//! `crypto.subtle` where randomness is allowed: every algorithm that makes keys, signs or encrypts with it.

use super::*;

const TOOLS: &str = r#"
const { subtle } = crypto;
const hex = (value) => Array.from(new Uint8Array(value), (byte) => byte.toString(16).padStart(2, "0")).join("");
const message = new TextEncoder().encode("fresh");
const rsa = (name) => ({ name, hash: "SHA-256", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) });
"#;

fn run(body: &str) -> String {
    done(Run::start(&format!("{TOOLS} {body}")).1)
}

// Checklist: SubtleCrypto operations that draw entropy: A/H only.
#[test]
fn keys_are_made_and_used_in_actions() {
    let pairs = run(r#"const out = [];
        for (const [algorithm, params] of [
          [rsa("RSASSA-PKCS1-v1_5"), { name: "RSASSA-PKCS1-v1_5" }], [rsa("RSA-PSS"), { name: "RSA-PSS", saltLength: 32 }],
          [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }], [{ name: "ECDSA", namedCurve: "P-384" }, { name: "ECDSA", hash: "SHA-384" }],
          [{ name: "ECDSA", namedCurve: "P-521" }, { name: "ECDSA", hash: "SHA-512" }], [{ name: "Ed25519" }, { name: "Ed25519" }],
          [{ name: "HMAC", hash: "SHA-512" }, { name: "HMAC" }],
        ]) {
          const made = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
          const [secret, open] = made.privateKey === undefined ? [made, made] : [made.privateKey, made.publicKey];
          const signature = await subtle.sign(params, secret, message);
          out.push(await subtle.verify(params, open, signature, message) && !(await subtle.verify(params, open, signature, message.slice(1))));
        }
        return out;"#);
    assert_eq!(pairs, "[true,true,true,true,true,true,true]");
    let sealed = run(r#"const out = [];
        const iv = crypto.getRandomValues(new Uint8Array(16));
        for (const [algorithm, params] of [
          [rsa("RSA-OAEP"), { name: "RSA-OAEP", label: message }], [{ name: "AES-GCM", length: 256 }, { name: "AES-GCM", iv }],
          [{ name: "AES-CBC", length: 192 }, { name: "AES-CBC", iv }], [{ name: "AES-CTR", length: 128 }, { name: "AES-CTR", counter: iv, length: 32 }],
        ]) {
          const made = await subtle.generateKey(algorithm, true, ["encrypt", "decrypt"]);
          const [secret, open] = made.privateKey === undefined ? [made, made] : [made.privateKey, made.publicKey];
          out.push(hex(await subtle.decrypt(params, secret, await subtle.encrypt(params, open, message))) === hex(message));
        }
        return out;"#);
    assert_eq!(sealed, "[true,true,true,true]");
    let agreed = run(r#"const out = [];
        for (const namedCurve of ["P-256", "P-384", "P-521"]) {
          const [a, b] = await Promise.all([0, 1].map(() => subtle.generateKey({ name: "ECDH", namedCurve }, false, ["deriveBits"])));
          const shared = (mine, theirs) => subtle.deriveBits({ name: "ECDH", public: theirs.publicKey }, mine.privateKey, 256);
          out.push(hex(await shared(a, b)) === hex(await shared(b, a)));
        }
        return out;"#);
    assert_eq!(agreed, "[true,true,true]");
}

#[test]
fn signatures_with_randomness_differ_each_time() {
    let body = r#"const pss = await subtle.generateKey(rsa("RSA-PSS"), false, ["sign"]);
      const sign = async () => hex(await subtle.sign({ name: "RSA-PSS", saltLength: 20 }, pss.privateKey, message));
      const [one, two] = [await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]), await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"])];
      return [(await sign()) !== (await sign()), hex(await subtle.exportKey("raw", one)) !== hex(await subtle.exportKey("raw", two))];"#;
    assert_eq!(run(body), "[true,true]");
}
