//! `crypto.subtle`, compared with what Node.js says to the same questions.

use std::process::Command;

use crate::testing::*;

/// What Node.js prints for the JSON of what an async function body returns.
pub(super) fn node(body: &str) -> String {
    let script =
        format!("(async () => {{ {body} }})().then((value) => process.stdout.write(JSON.stringify(value ?? null)));");
    let output = Command::new("node")
        .args(["--no-warnings", "-e", &script])
        .output()
        .expect("Node.js is installed wherever the tests run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("JSON is UTF-8")
}

/// Runs the same body here and in Node.js.
#[track_caller]
fn same_as_node(body: &str) -> String {
    let ours = eval(body);
    assert_eq!(ours, node(body));
    ours
}

/// Helpers both sides use.
const TOOLS: &str = r#"
const { subtle } = crypto;
const hex = (value) => Array.from(new Uint8Array(value), (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const message = utf8("the same words for everybody");
const iv = unhex("000102030405060708090a0b0c0d0e0f");
const sorted = (key) => ({ type: key.type, extractable: key.extractable, usages: [...key.usages].sort(), algorithm: Object.fromEntries(
  Object.entries(key.algorithm).map(([k, v]) => [k, v instanceof Uint8Array ? hex(v) : v instanceof ArrayBuffer ? hex(v) : v]).sort()) });
const tidy = (jwk) => Object.fromEntries(Object.entries({ ...jwk, key_ops: [...jwk.key_ops].sort() }).sort());
const error = async (run) => { try { await run(); return "fine"; } catch (e) { return e.name; } };
"#;

/// Keys of every algorithm with something signed or encrypted by each, made by Node.js.
fn fixtures() -> String {
    let made = node(&format!(
        r#"{TOOLS}
        const out = [];
        const rsa = (name, hash) => ({{ name, hash, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }});
        const signing = [
          [rsa("RSASSA-PKCS1-v1_5", "SHA-1"), {{ name: "RSASSA-PKCS1-v1_5" }}], [rsa("RSASSA-PKCS1-v1_5", "SHA-512"), {{ name: "RSASSA-PKCS1-v1_5" }}],
          [rsa("RSA-PSS", "SHA-256"), {{ name: "RSA-PSS", saltLength: 32 }}], [rsa("RSA-PSS", "SHA-384"), {{ name: "RSA-PSS", saltLength: 0 }}],
          [{{ name: "ECDSA", namedCurve: "P-256" }}, {{ name: "ECDSA", hash: "SHA-256" }}], [{{ name: "ECDSA", namedCurve: "P-384" }}, {{ name: "ECDSA", hash: "SHA-1" }}],
          [{{ name: "ECDSA", namedCurve: "P-521" }}, {{ name: "ECDSA", hash: "SHA-256" }}], [{{ name: "ECDSA", namedCurve: "P-256" }}, {{ name: "ECDSA", hash: "SHA-512" }}],
          [{{ name: "Ed25519" }}, {{ name: "Ed25519" }}],
        ];
        const encrypting = [[rsa("RSA-OAEP", "SHA-1"), {{ name: "RSA-OAEP" }}], [rsa("RSA-OAEP", "SHA-256"), {{ name: "RSA-OAEP", label: "6c61ff" }}]];
        const agreeing = ["P-256", "P-384", "P-521"].map((namedCurve) => [{{ name: "ECDH", namedCurve }}]).concat([[{{ name: "X25519" }}]]);
        const add = async (kind, algorithm, params, usages, extra) => {{
          const {{ publicKey, privateKey }} = await subtle.generateKey(algorithm, true, usages);
          const jwk = async (key) => tidy(await subtle.exportKey("jwk", key));
          out.push({{ kind, algorithm: {{ ...algorithm, publicExponent: undefined }}, params, usages,
            pkcs8: hex(await subtle.exportKey("pkcs8", privateKey)), spki: hex(await subtle.exportKey("spki", publicKey)),
            publicJwk: await jwk(publicKey), privateJwk: await jwk(privateKey), made: await extra(publicKey, privateKey) }});
        }};
        for (const [a, p] of signing) await add("sign", a, p, ["sign", "verify"], async (_, key) => hex(await subtle.sign(p, key, message)));
        for (const [a, p] of encrypting) await add("encrypt", a, p, ["encrypt", "decrypt"], async (key) =>
          hex(await subtle.encrypt({{ ...p, label: p.label && unhex(p.label) }}, key, message)));
        for (const [a] of agreeing) await add("derive", a, a, ["deriveBits"], async (publicKey, privateKey) =>
          hex(await subtle.deriveBits({{ ...a, public: publicKey }}, privateKey, null)));
        return out;"#
    ));
    format!("{TOOLS} const fixtures = {made};")
}

// Checklist: SubtleCrypto digest, verify, decrypt, import and export work in every kind of function.
#[test]
fn keys_signatures_and_secrets_made_by_node_are_understood() {
    let outcome = eval(&format!(
        r#"{}
        const done = [];
        for (const {{ kind, algorithm, params, usages, pkcs8, spki, publicJwk, privateJwk, made }} of fixtures) {{
          const label = params.label === undefined ? undefined : unhex(params.label);
          const [use, other] = usages;
          const privateUsages = kind === "sign" ? ["sign"] : kind === "encrypt" ? ["decrypt"] : ["deriveBits"];
          const publicUsages = kind === "sign" ? ["verify"] : kind === "encrypt" ? ["encrypt"] : [];
          const keys = [
            [await subtle.importKey("spki", unhex(spki), algorithm, true, publicUsages), await subtle.importKey("pkcs8", unhex(pkcs8), algorithm, true, privateUsages)],
            [await subtle.importKey("jwk", {{ ...publicJwk, key_ops: undefined }}, algorithm, true, publicUsages), await subtle.importKey("jwk", privateJwk, algorithm, true, privateUsages)],
          ];
          for (const [publicKey, privateKey] of keys) {{
            let good;
            if (kind === "sign") good = await subtle.verify(params, publicKey, unhex(made), message) && !(await subtle.verify(params, publicKey, unhex(made), iv));
            else if (kind === "encrypt") good = hex(await subtle.decrypt({{ ...params, label }}, privateKey, unhex(made))) === hex(message);
            else good = hex(await subtle.deriveBits({{ ...algorithm, public: publicKey }}, privateKey, null)) === made;
            const same = (a, b) => JSON.stringify(tidy({{ ...a, key_ops: [] }})) === JSON.stringify(tidy({{ ...b, key_ops: [] }}));
            const forms = hex(await subtle.exportKey("spki", publicKey)) === spki && hex(await subtle.exportKey("pkcs8", privateKey)) === pkcs8
              && same(await subtle.exportKey("jwk", publicKey), publicJwk) && same(await subtle.exportKey("jwk", privateKey), privateJwk);
            done.push(good && forms ? "" : `${{JSON.stringify(algorithm)}} ${{good}} ${{forms}}`);
          }}
        }}
        return [done.length, done.join("")];"#,
        fixtures()
    ));
    assert_eq!(outcome, r#"[30,""]"#);
}

#[test]
fn deterministic_operations_answer_as_in_node() {
    same_as_node(&format!(
        r#"{TOOLS}
        const out = [];
        for (const hash of ["SHA-1", "sha-256", {{ name: "SHA-384" }}, "SHA-512"]) {{
          out.push(hex(await subtle.digest(hash, message)), hex(await subtle.digest(hash, message.buffer)));
          const key = await subtle.importKey("raw", iv, {{ name: "HMAC", hash }}, true, ["sign", "verify"]);
          const mac = await subtle.sign("HMAC", key, message);
          out.push(sorted(key), hex(mac), await subtle.verify("hmac", key, mac, message), await subtle.verify("HMAC", key, mac, iv), tidy(await subtle.exportKey("jwk", key)));
          const base = await subtle.importKey("raw", message, "HKDF", false, ["deriveBits", "deriveKey"]);
          out.push(hex(await subtle.deriveBits({{ name: "HKDF", hash, salt: iv, info: new Uint8Array() }}, base, 264)));
          const password = await subtle.importKey("raw", message, "PBKDF2", false, ["deriveBits", "deriveKey"]);
          const pbkdf2 = {{ name: "PBKDF2", hash, salt: iv, iterations: 1000 }};
          out.push(hex(await subtle.deriveBits(pbkdf2, password, 512)));
          for (const [target, usages] of [[{{ name: "AES-GCM", length: 192 }}, ["encrypt"]], [{{ name: "HMAC", hash }}, ["sign"]], [{{ name: "HMAC", hash: "SHA-1", length: 128 }}, ["sign"]]]) {{
            const derived = await subtle.deriveKey(pbkdf2, password, target, true, usages);
            out.push(sorted(derived), hex(await subtle.exportKey("raw", derived)));
          }}
        }}
        for (const length of [16, 24, 32]) {{
          for (const params of [{{ name: "AES-CBC", iv }}, {{ name: "AES-CTR", counter: iv, length: 64 }}, {{ name: "AES-GCM", iv }},
                                {{ name: "AES-GCM", iv: iv.slice(0, 12), additionalData: message, tagLength: 96 }}]) {{
            const key = await subtle.importKey("raw", message.slice(0, length).buffer.byteLength >= length ? new Uint8Array(32).fill(5).slice(0, length) : iv, params.name, true, ["encrypt", "decrypt"]);
            const sealed = await subtle.encrypt(params, key, message);
            out.push(sorted(key), hex(sealed), hex(await subtle.decrypt(params, key, sealed)), tidy(await subtle.exportKey("jwk", key)));
          }}
          const wrapper = await subtle.importKey("raw", new Uint8Array(length), "AES-KW", false, ["wrapKey", "unwrapKey"]);
          const secret = await subtle.importKey("raw", iv, "AES-CBC", true, ["encrypt"]);
          const wrapped = await subtle.wrapKey("raw", secret, wrapper, "AES-KW");
          out.push(hex(wrapped), sorted(await subtle.unwrapKey("raw", wrapped, wrapper, "AES-KW", "AES-GCM", false, ["decrypt"])));
        }}
        const gcm = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["wrapKey", "unwrapKey"]);
        const wrapped = await subtle.wrapKey("jwk", gcm, gcm, {{ name: "AES-GCM", iv }});
        const back = await subtle.unwrapKey("jwk", wrapped, gcm, {{ name: "AES-GCM", iv }}, "AES-GCM", true, ["wrapKey"]);
        out.push(sorted(back), hex(await subtle.exportKey("raw", back)));
        return out;"#
    ));
}

// Raw public keys, and the numbers of RSA keys as JSON Web Keys with every hash.
#[test]
fn raw_keys_and_derivations_are_the_same_as_in_node() {
    same_as_node(&format!(
        r#"{TOOLS}
        const out = [];
        const points = {{
          "P-256": "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
          "P-384": "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        }};
        for (const [namedCurve, point] of Object.entries(points)) {{
          for (const [name, usages] of [["ECDSA", ["verify"]], ["ECDH", []]]) {{
            const key = await subtle.importKey("raw", unhex(point), {{ name, namedCurve }}, true, usages);
            out.push(sorted(key), hex(await subtle.exportKey("raw", key)), hex(await subtle.exportKey("spki", key)), tidy(await subtle.exportKey("jwk", key)));
            out.push(await error(() => subtle.importKey("raw", unhex(point).slice(1), {{ name, namedCurve }}, true, usages)));
          }}
        }}
        const ed = await subtle.importKey("raw", unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), "Ed25519", true, ["verify"]);
        const signature = unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
        out.push(hex(await subtle.exportKey("raw", ed)), tidy(await subtle.exportKey("jwk", ed)), await subtle.verify("Ed25519", ed, signature, unhex("72")), await subtle.verify("Ed25519", ed, signature, unhex("73")));
        return out;"#
    ));
}

// Wrong usages, data and parameters fail by the same name as in Node.js.
#[test]
fn mistakes_have_the_names_of_the_standard() {
    let body = format!(
        r#"{TOOLS}
        const raw = new Uint8Array(16);
        const aes = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
        const open = await subtle.importKey("raw", raw, "AES-CBC", true, ["encrypt", "decrypt"]);
        const mac = await subtle.importKey("raw", raw, {{ name: "HMAC", hash: "SHA-256" }}, true, ["sign"]);
        const base = await subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
        const ed = await subtle.importKey("raw", unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), "Ed25519", true, ["verify"]);
        const jwk = {{ kty: "oct", k: "AAAAAAAAAAAAAAAAAAAAAA" }};
        return Promise.all([
          () => subtle.digest("MD5", raw), () => subtle.digest("SHA-256", "text"), () => subtle.digest({{}}, raw), () => subtle.digest("AES-GCM", raw),
          () => subtle.importKey("raw", raw, "AES-GCM", true, []), () => subtle.importKey("raw", raw, "AES-GCM", true, ["sign"]),
          () => subtle.importKey("raw", raw, "AES-GCM", true, ["fly"]), () => subtle.importKey("raw", new Uint8Array(15), "AES-GCM", true, ["encrypt"]),
          () => subtle.importKey("spki", raw, "AES-GCM", true, ["encrypt"]), () => subtle.importKey("raw", raw, "NOPE", true, ["encrypt"]),
          () => subtle.importKey("raw", raw, {{ name: "HMAC" }}, true, ["sign"]), () => subtle.importKey("raw", raw, {{ name: "HMAC", hash: "SHA-3" }}, true, ["sign"]),
          () => subtle.importKey("raw", new Uint8Array(), {{ name: "HMAC", hash: "SHA-256" }}, true, ["sign"]),
          () => subtle.importKey("jwk", {{ ...jwk, kty: "RSA" }}, "AES-GCM", true, ["encrypt"]), () => subtle.importKey("jwk", {{ ...jwk, alg: "A256GCM" }}, "AES-GCM", true, ["encrypt"]),
          () => subtle.importKey("jwk", {{ ...jwk, ext: false }}, "AES-GCM", true, ["encrypt"]), () => subtle.importKey("jwk", {{ ...jwk, key_ops: ["decrypt"] }}, "AES-GCM", true, ["encrypt"]),
          () => subtle.importKey("jwk", {{ ...jwk, use: "sig" }}, "AES-GCM", true, ["encrypt"]), () => subtle.importKey("jwk", jwk, "AES-GCM", true, ["encrypt"]),
          () => subtle.importKey("pkcs8", raw, {{ name: "ECDSA", namedCurve: "P-256" }}, true, ["sign"]), () => subtle.importKey("raw", raw, {{ name: "ECDSA", namedCurve: "P-256" }}, true, ["verify"]),
          () => subtle.importKey("raw", raw, {{ name: "ECDSA", namedCurve: "P-999" }}, true, ["verify"]), () => subtle.importKey("spki", raw, {{ name: "RSA-PSS", hash: "SHA-256" }}, true, ["verify"]),
          () => subtle.importKey("spki", raw, {{ name: "RSA-PSS", hash: "SHA-256" }}, true, ["sign"]), () => subtle.importKey("raw", raw, "PBKDF2", true, ["deriveBits"]),
          () => subtle.exportKey("raw", aes), () => subtle.exportKey("pkcs8", open), () => subtle.exportKey("raw", base), () => subtle.exportKey("pkcs8", ed), () => subtle.exportKey("raw", {{}}),
          () => subtle.encrypt("AES-GCM", aes, raw), () => subtle.encrypt({{ name: "AES-CBC", iv }}, aes, raw), () => subtle.encrypt({{ name: "AES-CBC", iv: raw.slice(1) }}, open, raw),
          () => subtle.decrypt({{ name: "AES-GCM", iv }}, aes, raw), () => subtle.decrypt({{ name: "AES-CBC", iv }}, open, raw), () => subtle.decrypt({{ name: "AES-CBC", iv }}, open, raw.slice(3)),
          () => subtle.encrypt({{ name: "AES-GCM", iv, tagLength: 33 }}, aes, raw), () => subtle.verify("HMAC", mac, raw, raw), () => subtle.sign("HMAC", aes, raw), () => subtle.sign("AES-GCM", aes, raw),
          () => subtle.deriveBits({{ name: "HKDF", hash: "SHA-256", salt: raw, info: raw }}, base, 12), () => subtle.deriveBits({{ name: "HKDF", hash: "SHA-256", salt: raw, info: raw }}, base, null),
          () => subtle.deriveBits({{ name: "HKDF", hash: "SHA-256", salt: raw, info: raw }}, base, 65288), () => subtle.deriveBits({{ name: "HKDF", hash: "SHA-256", salt: raw }}, base, 128),
          () => subtle.deriveKey({{ name: "HKDF", hash: "SHA-256", salt: raw, info: raw }}, base, {{ name: "AES-GCM", length: 128 }}, true, ["encrypt"]),
          () => subtle.verify("Ed25519", ed, raw, raw), () => subtle.sign("Ed25519", ed, raw), () => new CryptoKey(), () => new SubtleCrypto(),
        ].map(error));"#
    );
    let names = |text: String| -> Vec<String> { serde_json::from_str(&text).expect("an array of names") };
    let (ours, mut theirs) = (names(eval(&body)), names(node(&body)));
    // Node.js has a name of its own for keys that are not extractable, and looks at that before the algorithm.
    for (index, standard) in [(25, "InvalidAccessError"), (26, "NotSupportedError"), (27, "NotSupportedError")] {
        assert_ne!(theirs[index], standard);
        theirs[index] = standard.to_owned();
    }
    assert_eq!(ours, theirs);
}

// Checklist: crypto.randomUUID works in M; generateKey refused in M.
#[test]
fn what_needs_fresh_randomness_is_refused_in_queries_and_mutations() {
    let text = "Can't use cryptographic randomness in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.";
    let outcome = eval(&format!(
        r#"{}
        const of = (name) => fixtures.find(({{ algorithm }}) => algorithm.name === name);
        const key = async (format, name, usage) => subtle.importKey(format, unhex(of(name)[format]), of(name).algorithm, true, [usage]);
        const tries = [
          () => subtle.generateKey({{ name: "AES-GCM", length: 128 }}, true, ["encrypt"]),
          () => subtle.generateKey({{ name: "HMAC", hash: "SHA-256" }}, true, ["sign"]),
          () => subtle.generateKey("Ed25519", true, ["sign"]),
          () => subtle.generateKey({{ name: "ECDH", namedCurve: "P-256" }}, true, ["deriveBits"]),
          () => subtle.generateKey({{ name: "RSA-PSS", hash: "SHA-256", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }}, true, ["sign"]),
          async () => subtle.sign({{ name: "RSA-PSS", saltLength: 32 }}, await key("pkcs8", "RSA-PSS", "sign"), message),
          async () => subtle.sign({{ name: "ECDSA", hash: "SHA-256" }}, await key("pkcs8", "ECDSA", "sign"), message),
          async () => subtle.encrypt({{ name: "RSA-OAEP" }}, await key("spki", "RSA-OAEP", "encrypt"), message),
        ];
        const texts = await Promise.all(tries.map(async (run) => {{ try {{ await run(); return "done"; }} catch (e) {{ return e.message; }} }}));
        const signed = await subtle.sign("RSASSA-PKCS1-v1_5", await key("pkcs8", "RSASSA-PKCS1-v1_5", "sign"), message);
        return [[...new Set(texts)], hex(signed) === of("RSASSA-PKCS1-v1_5").made];"#,
        fixtures()
    ));
    assert_eq!(outcome, format!(r#"[["{text}"],true]"#));
}

// Spec: import phase: error.
#[test]
fn what_needs_fresh_randomness_is_refused_at_import() {
    let bundle = bundle(
        "const made = crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']).then(() => 'made', (e) => e.message);
         export const f = query(async () => made);",
    );
    let executor = crate::Executor::new(crate::ExecutorOptions::default());
    let done = executor.run(&bundle, &call("f"), &mut TestHost::echo()).unwrap();
    assert!(
        done.result_json.starts_with("\"Can't use cryptographic randomness in queries and mutations."),
        "{}",
        done.result_json
    );
}

#[test]
fn a_key_made_while_a_module_is_imported_works_in_every_call() {
    let bundle = bundle(
        "const ready = crypto.subtle.importKey('raw', new Uint8Array(16), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
         let used = 0;
         export const f = query(async () => [used++, new Uint8Array(await crypto.subtle.sign('HMAC', await ready, new Uint8Array(3)))[0], crypto.subtle === crypto.subtle]);",
    );
    let executor = crate::Executor::new(crate::ExecutorOptions::default());
    for _ in 0..3 {
        let done = executor.run(&bundle, &call("f"), &mut TestHost::echo()).unwrap();
        assert_eq!(done.result_json, "[0,231,true]");
    }
}

#[test]
fn a_derivation_without_end_is_ended_by_the_time_limit() {
    let bundle = bundle(
        "export const f = query(async () => {
           const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']);
           try { await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations: 4e9 }, key, 256); } catch {}
         });",
    );
    let limits = crate::CallLimits { user_time: std::time::Duration::from_millis(100), ..Default::default() };
    let call = crate::Call { limits, ..call("f") };
    let outcome = crate::Executor::new(crate::ExecutorOptions::default()).run(&bundle, &call, &mut TestHost::echo());
    let error = outcome.unwrap_err();
    assert!(matches!(error, crate::JsError::Timeout { .. }), "{error}");
}

#[test]
fn what_a_key_is_made_of_stays_out_of_sight() {
    let body = "const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']);
      key.usages.push('decrypt'); key.algorithm.name = 'AES-CBC';
      const outcome = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array(20)).catch((e) => e.name);
      return [Reflect.ownKeys(key), JSON.stringify(key), String(key), key instanceof CryptoKey, String(crypto.subtle), outcome];";
    assert_eq!(eval(body), r#"[[],"{}","[object CryptoKey]",true,"[object SubtleCrypto]","InvalidAccessError"]"#);
}
