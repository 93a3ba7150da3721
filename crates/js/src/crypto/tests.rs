//! Known answers of the published test vectors, round trips, and arbitrary bytes where keys are expected.

use proptest::prelude::*;

use super::*;

/// Counts up instead of being random, and never runs out of time.
struct Counting(u8);

impl Caller for Counting {
    fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
    fn out_of_time(&mut self) -> bool {
        false
    }
}

/// Refuses randomness, and is out of time.
struct Strict;

impl Caller for Strict {
    fn entropy(&mut self, _bytes: &mut [u8]) -> Result<(), String> {
        Err("no randomness here".to_owned())
    }
    fn out_of_time(&mut self) -> bool {
        true
    }
}

fn go(name: &str, params: &str, input: &[&[u8]]) -> Outputs {
    run(name, params, input, &mut Counting(0))
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

#[track_caller]
fn check(name: &str, params: &str, input: &[&str], expected: &str) {
    let input: Vec<Vec<u8>> = input.iter().map(|hex| bytes(hex)).collect();
    let input: Vec<&[u8]> = input.iter().map(Vec::as_slice).collect();
    assert_eq!(go(name, params, &input), Ok(vec![bytes(expected)]), "{name} {params}");
}

fn sole(output: Outputs) -> Vec<u8> {
    output.unwrap().remove(0)
}

#[test]
fn digests_of_abc() {
    let abc = "616263";
    check("digest", r#"{"hash":"SHA-1"}"#, &[abc], "a9993e364706816aba3e25717850c26c9cd0d89d");
    check(
        "digest",
        r#"{"hash":"SHA-256"}"#,
        &[abc],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    check(
        "digest",
        r#"{"hash":"SHA-384"}"#,
        &[abc],
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    );
    check(
        "digest",
        r#"{"hash":"SHA-512"}"#,
        &[abc],
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
}

// RFC 4231, test case 2.
#[test]
fn hmac_signs_and_verifies() {
    let (key, data) = ("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f");
    let mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    check("hmac.sign", r#"{"hash":"SHA-256"}"#, &[key, data], mac);
    check("hmac.verify", r#"{"hash":"SHA-256"}"#, &[key, mac, data], "01");
    check("hmac.verify", r#"{"hash":"SHA-256"}"#, &[key, "5bdcc1", data], "00");
}

// RFC 5869, test case 1.
#[test]
fn hkdf_expands() {
    check(
        "hkdf",
        r#"{"hash":"SHA-256","bits":336}"#,
        &["0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9"],
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
    let too_long = go("hkdf", r#"{"hash":"SHA-256","bits":65288}"#, &[b"k"]);
    assert!(matches!(too_long, Err(Failure::Operation(_))));
}

// RFC 6070, test cases 2 and 5.
#[test]
fn pbkdf2_iterates() {
    check(
        "pbkdf2",
        r#"{"hash":"SHA-1","bits":160,"iterations":2}"#,
        &["70617373776f7264", "73616c74"],
        "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
    );
    let (password, salt) = (b"passwordPASSWORDpassword", b"saltSALTsaltSALTsaltSALTsaltSALTsalt");
    let derived = go("pbkdf2", r#"{"hash":"SHA-1","bits":200,"iterations":4096}"#, &[password, salt]);
    assert_eq!(sole(derived), bytes("3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"));
}

// RFC 7914, section 12.
#[test]
fn scrypt_known_answers() {
    let costs = |cost: u32, block_size: u32, parallelization: u32| {
        format!(r#"{{"cost":{cost},"blockSize":{block_size},"parallelization":{parallelization},"bits":512}}"#)
    };
    let hash = |costs: &str, password: &str, salt: &str| go("scrypt", costs, &[password.as_bytes(), salt.as_bytes()]);
    assert_eq!(
        hash(&costs(1024, 8, 16), "password", "NaCl"),
        Ok(vec![bytes(
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830da
             c727afb94a83ee6d8360cbdfa2cc0640"
        )])
    );
    assert_eq!(
        hash(&costs(16384, 8, 1), "pleaseletmein", "SodiumChloride"),
        Ok(vec![bytes(
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9
             e61e85dc0d651e40dfcf017b45575887"
        )])
    );
    let not_offered = [costs(1 << 20, 8, 1), costs(1000, 8, 1), costs(0, 8, 1), costs(16, 0, 1), costs(16, 8, 0)];
    for costs in not_offered {
        assert!(matches!(hash(&costs, "a", "b"), Err(Failure::NotSupported(_))), "{costs}");
    }
    let late = run("scrypt", &costs(16, 8, 1), &[b"a", b"b"], &mut Strict);
    assert_eq!(late, Err(Failure::Stopped));
}

#[test]
fn pbkdf2_ends_when_time_is_up() {
    let outcome = run("pbkdf2", r#"{"bits":256,"iterations":4000000000}"#, &[b"p", b"s"], &mut Strict);
    assert_eq!(outcome, Err(Failure::Stopped));
}

// The GCM specification, test cases 4, 5 and 6: nonces of 96, 64 and 480 bits.
#[test]
fn gcm_with_nonces_of_any_length() {
    let key = "feffe9928665731c6d6a8f9467308308";
    let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    let additional = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    let cases = [
        (
            "cafebabefacedbaddecaf888",
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
            "5bc94fbc3221a5db94fae95ae7121a47",
        ),
        (
            "cafebabefacedbad",
            "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c742373806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
            "3612d2e79e3b0785561be14aaca2fccb",
        ),
        (
            "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
            "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca701e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5",
            "619cc5aefffe0bfa462af43c1699d050",
        ),
    ];
    for (iv, sealed, tag) in cases {
        let gcm = r#"{"mode":"gcm","tagLength":128}"#;
        check("aes.encrypt", gcm, &[key, iv, plain, additional], &format!("{sealed}{tag}"));
        check("aes.decrypt", gcm, &[key, iv, &format!("{sealed}{tag}"), additional], plain);
        let short = r#"{"mode":"gcm","tagLength":96}"#;
        check("aes.encrypt", short, &[key, iv, plain, additional], &format!("{sealed}{}", &tag[..24]));
        let forged = bytes(&format!("{sealed}{}00", &tag[..30]));
        let input = [&*bytes(key), &bytes(iv), &forged, &bytes(additional)];
        assert!(matches!(go("aes.decrypt", gcm, &input), Err(Failure::Operation(_))));
    }
}

// NIST SP 800-38A, F.2.1 and F.5.1, first blocks.
#[test]
fn cbc_and_ctr() {
    let key = "2b7e151628aed2a6abf7158809cf4f3c";
    let plain = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
    let sealed = sole(go(
        "aes.encrypt",
        r#"{"mode":"cbc"}"#,
        &[&bytes(key), &bytes("000102030405060708090a0b0c0d0e0f"), &bytes(plain)],
    ));
    assert_eq!(sealed[..32], bytes("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"));
    assert_eq!(sealed.len(), 48, "a whole block of padding");
    let opened =
        go("aes.decrypt", r#"{"mode":"cbc"}"#, &[&bytes(key), &bytes("000102030405060708090a0b0c0d0e0f"), &sealed]);
    assert_eq!(sole(opened), bytes(plain));
    check(
        "aes.encrypt",
        r#"{"mode":"ctr","bits":64}"#,
        &[key, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", plain],
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
    );
}

#[test]
fn a_short_counter_wraps_within_its_bits_and_never_repeats() {
    let key = [7; 16];
    let counter = bytes("000000000000000000000000000000ff");
    let zeros = [0; 32];
    let stream = sole(go("aes.encrypt", r#"{"mode":"ctr","bits":8}"#, &[&key, &counter, &zeros]));
    let wrapped = sole(go("aes.encrypt", r#"{"mode":"ctr","bits":8}"#, &[&key, &[0; 16], &zeros]));
    assert_eq!(stream[16..], wrapped[..16], "after ff comes 00, and nothing is carried out of the counter");
    let too_much = go("aes.encrypt", r#"{"mode":"ctr","bits":1}"#, &[&key, &counter, &[0; 33]]);
    assert!(matches!(too_much, Err(Failure::Operation(_))));
}

// RFC 3394, sections 4.1 and 4.6.
#[test]
fn key_wrap() {
    check(
        "aes.wrap",
        "{}",
        &["000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff"],
        "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
    );
    let (key, data) = (
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
    );
    let wrapped = "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21";
    check("aes.wrap", "{}", &[key, data], wrapped);
    check("aes.unwrap", "{}", &[key, wrapped], data);
    let spoiled = go("aes.unwrap", "{}", &[&bytes(key), &bytes(&wrapped.replace("28c9", "28c8"))]);
    assert!(matches!(spoiled, Err(Failure::Operation(_))));
}

// RFC 8032, section 7.1, test 2.
#[test]
fn ed25519_signs() {
    let ed = r#"{"curve":"Ed25519"}"#;
    let secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    check("okp.public", ed, &[secret], public);
    check("okp.sign", ed, &[secret, "72"], signature);
    check("okp.verify", ed, &[public, signature, "72"], "01");
    check("okp.verify", ed, &[public, signature, "73"], "00");
    check("okp.verify", ed, &[public, "00", "72"], "00");
}

// RFC 7748, section 6.1.
#[test]
fn x25519_agrees() {
    let x = r#"{"curve":"X25519"}"#;
    let (a, b) = (
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    );
    let public = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    check("okp.public", x, &[b], public);
    check("okp.derive", x, &[a, public], "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    let small_order = go("okp.derive", x, &[&bytes(a), &[0; 32]]);
    assert!(matches!(small_order, Err(Failure::Operation(_))));
}

// RFC 6979, appendices A.2.5 and A.2.6: verification of signatures of "sample".
#[test]
fn ecdsa_verifies() {
    let sample = "73616d706c65";
    check(
        "ec.verify",
        r#"{"curve":"P-256","hash":"SHA-256"}"#,
        &[
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            sample,
        ],
        "01",
    );
}

#[test]
fn curves_generate_export_import_sign_and_agree() {
    for curve in ["P-256", "P-384", "P-521"] {
        for hash in ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] {
            let params = |format: &str| format!(r#"{{"curve":"{curve}","hash":"{hash}","format":"{format}"}}"#);
            let mut caller = Counting(hash.len() as u8);
            let pair = run("ec.generate", &params(""), &[], &mut caller).unwrap();
            let other = run("ec.generate", &params(""), &[], &mut caller).unwrap();
            assert_ne!(pair, other);
            let pkcs8 = sole(go("ec.export", &params("pkcs8"), &[&pair[0]]));
            assert_eq!(go("ec.import", &params("pkcs8"), &[&pkcs8]), Ok(pair.clone()));
            let spki = sole(go("ec.export", &params("spki"), &[&pair[1]]));
            assert_eq!(sole(go("ec.point", &params("spki"), &[&spki])), pair[1]);
            let signature = sole(go("ec.sign", &params(""), &[&pair[0], b"hello"]));
            assert_eq!(sole(go("ec.verify", &params(""), &[&pair[1], &signature, b"hello"])), [1]);
            assert_eq!(sole(go("ec.verify", &params(""), &[&pair[1], &signature, b"hullo"])), [0]);
            assert_eq!(sole(go("ec.verify", &params(""), &[&other[1], &signature, b"hello"])), [0]);
            let shared = go("ec.derive", &params(""), &[&pair[0], &other[1]]);
            assert_eq!(shared, go("ec.derive", &params(""), &[&other[0], &pair[1]]));
        }
    }
}

#[test]
fn rsa_generates_signs_and_encrypts() {
    let pair = go("rsa.generate", r#"{"bits":1024}"#, &[&[1, 0, 1]]).unwrap();
    let parts = go("rsa.parts", "{}", &[&pair[0]]).unwrap();
    let numbers: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    assert_eq!(sole(go("rsa.assemble", "{}", &numbers)), pair[0]);
    assert_eq!(sole(go("rsa.assemble", r#"{"public":true}"#, &numbers[..2])), pair[1]);
    for params in [
        r#"{"mode":"pkcs1","hash":"SHA-1"}"#,
        r#"{"mode":"pss","hash":"SHA-256","saltLength":20}"#,
        r#"{"mode":"pss","hash":"SHA-512","saltLength":0}"#,
    ] {
        let signature = sole(go("rsa.sign", params, &[&pair[0], b"hello"]));
        assert_eq!(sole(go("rsa.verify", params, &[&pair[1], &signature, b"hello"])), [1]);
        assert_eq!(sole(go("rsa.verify", params, &[&pair[1], &signature, b"hullo"])), [0]);
        assert_eq!(sole(go("rsa.verify", params, &[&pair[1], &signature[1..], b"hello"])), [0]);
    }
    for message in [&b""[..], b"\0\x01\0", &[9; 62]] {
        let params = r#"{"hash":"SHA-256"}"#;
        let label = [0xff, 0];
        let sealed = sole(go("rsa.encrypt", params, &[&pair[1], message, &label]));
        assert_eq!(sole(go("rsa.decrypt", params, &[&pair[0], &sealed, &label])), message);
        let wrong = go("rsa.decrypt", params, &[&pair[0], &sealed, b""]);
        assert!(matches!(wrong, Err(Failure::Operation(_))));
    }
    let too_long = go("rsa.encrypt", r#"{"hash":"SHA-256"}"#, &[&pair[1], &[9; 63]]);
    assert!(matches!(too_long, Err(Failure::Operation(_))));
}

#[test]
fn inconsistent_rsa_numbers_are_refused() {
    let pair = go("rsa.generate", r#"{"bits":512}"#, &[&[1, 0, 1]]).unwrap();
    let mut parts = go("rsa.parts", "{}", &[&pair[0]]).unwrap();
    parts[5][0] ^= 1;
    let numbers: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    assert!(matches!(go("rsa.assemble", "{}", &numbers), Err(Failure::Data(_))));
}

#[test]
fn what_needs_randomness_says_when_it_is_refused() {
    let pair = go("ec.generate", r#"{"curve":"P-256"}"#, &[]).unwrap();
    let refused = Err(Failure::Refused("no randomness here".to_owned()));
    assert_eq!(run("ec.generate", r#"{"curve":"P-256"}"#, &[], &mut Strict), refused);
    assert_eq!(run("ec.sign", r#"{"curve":"P-256"}"#, &[&pair[0], b"x"], &mut Strict), refused);
    assert_eq!(run("rsa.generate", r#"{"bits":1024}"#, &[&[3]], &mut Strict), refused);
}

fn operation() -> impl Strategy<Value = (&'static str, &'static str)> {
    proptest::sample::select(vec![
        ("rsa.import", "{}"),
        ("rsa.import", r#"{"public":true}"#),
        ("rsa.decrypt", "{}"),
        ("rsa.assemble", "{}"),
        ("ec.import", r#"{"curve":"P-256","format":"pkcs8"}"#),
        ("ec.import", r#"{"curve":"P-384"}"#),
        ("ec.point", r#"{"curve":"P-521","format":"spki"}"#),
        ("ec.point", r#"{"curve":"P-256"}"#),
        ("ec.verify", r#"{"curve":"P-256"}"#),
        ("okp.import", r#"{"curve":"Ed25519","format":"pkcs8"}"#),
        ("okp.import", r#"{"curve":"X25519","format":"spki"}"#),
        ("okp.verify", r#"{"curve":"Ed25519"}"#),
        ("aes.decrypt", r#"{"mode":"cbc"}"#),
        ("aes.decrypt", r#"{"mode":"gcm","tagLength":128}"#),
        ("aes.unwrap", "{}"),
        ("nothing.such", "{}"),
    ])
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        (name, params) in operation(),
        input in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..8),
    ) {
        let input: Vec<&[u8]> = input.iter().map(Vec::as_slice).collect();
        let _ = go(name, params, &input);
    }

    #[test]
    fn damaged_keys_never_panic(position in 0usize..1200, flip in 1u8..) {
        let pair = go("ec.generate", r#"{"curve":"P-256"}"#, &[]).unwrap();
        let pkcs8 = r#"{"curve":"P-256","format":"pkcs8"}"#;
        let mut der = sole(go("ec.export", pkcs8, &[&pair[0]]));
        let length = der.len();
        der[position % length] ^= flip;
        let _ = go("ec.import", pkcs8, &[&der]);
    }

    #[test]
    fn every_mode_opens_what_it_sealed(
        data in proptest::collection::vec(any::<u8>(), 0..3000),
        key in proptest::sample::select(vec![16usize, 24, 32]),
        params in proptest::sample::select(vec![
            r#"{"mode":"cbc"}"#, r#"{"mode":"ctr","bits":32}"#, r#"{"mode":"ctr","bits":128}"#, r#"{"mode":"gcm","tagLength":128}"#,
        ]),
    ) {
        let (key, iv) = (vec![3; key], [0xff; 16]);
        let sealed = sole(go("aes.encrypt", params, &[&key, &iv, &data]));
        prop_assert_eq!(sole(go("aes.decrypt", params, &[&key, &iv, &sealed])), data);
    }
}
