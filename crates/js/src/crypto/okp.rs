//! Ed25519 and X25519. Keys are 32 raw bytes; PKCS#8 and SubjectPublicKeyInfo are wrapped around them here.

use ::rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use ::rsa::pkcs8::{ObjectIdentifier, PrivateKeyInfo};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use x25519_dalek::{PublicKey, StaticSecret};

use super::{Failure, Input, Outputs, Params, UNKNOWN, verdict};

const INVALID: Failure = Failure::Data("Invalid key data");

/// Operations on one of the two curves:
/// `public(private)`, `sign(private, data)`, `verify(public, signature, data)`, `derive(private, public)`,
/// `import(der)`, `export(raw)`, `check(public)`.
pub(super) fn run(operation: &str, params: &Params, input: &Input<'_>) -> Outputs {
    let curve = Curve::named(&params.curve)?;
    let key = || raw_key(input.at(0));
    let output = match (operation, curve) {
        ("public", Curve::Ed25519) => SigningKey::from_bytes(&key()?).verifying_key().to_bytes().to_vec(),
        ("public", Curve::X25519) => PublicKey::from(&StaticSecret::from(key()?)).to_bytes().to_vec(),
        ("sign", Curve::Ed25519) => SigningKey::from_bytes(&key()?).sign(input.at(1)).to_vec(),
        ("verify", Curve::Ed25519) => return verify(&key()?, input.at(1), input.at(2)),
        ("derive", Curve::X25519) => derive(key()?, raw_key(input.at(1))?)?,
        ("check", _) => key()?.to_vec(),
        ("import", _) => import(curve, &params.format, input.at(0))?,
        ("export", _) => curve.prefix(&params.format).iter().chain(&key()?).copied().collect(),
        _ => return Err(UNKNOWN),
    };
    Ok(vec![output])
}

#[derive(Clone, Copy)]
enum Curve {
    Ed25519,
    X25519,
}

impl Curve {
    fn named(name: &str) -> Result<Curve, Failure> {
        match name {
            "Ed25519" => Ok(Curve::Ed25519),
            "X25519" => Ok(Curve::X25519),
            _ => Err(Failure::NotSupported("Unrecognized curve")),
        }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Curve::Ed25519 => ObjectIdentifier::new_unwrap("1.3.101.112"),
            Curve::X25519 => ObjectIdentifier::new_unwrap("1.3.101.110"),
        }
    }

    /// The DER that goes before the raw key.
    fn prefix(self, format: &str) -> Vec<u8> {
        let last = match self {
            Curve::Ed25519 => 0x70,
            Curve::X25519 => 0x6e,
        };
        let algorithm = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, last];
        let (before, after): (&[u8], &[u8]) = match format {
            "pkcs8" => (&[0x30, 0x2e, 0x02, 0x01, 0x00], &[0x04, 0x22, 0x04, 0x20]),
            _ => (&[0x30, 0x2a], &[0x03, 0x21, 0x00]),
        };
        [before, &algorithm, after].concat()
    }
}

fn raw_key(bytes: &[u8]) -> Result<[u8; 32], Failure> {
    bytes.try_into().map_err(|_| INVALID)
}

fn import(curve: Curve, format: &str, der: &[u8]) -> Result<Vec<u8>, Failure> {
    let key = if format == "pkcs8" {
        let info = PrivateKeyInfo::try_from(der).map_err(|_| INVALID)?;
        if info.algorithm.oid != curve.oid() || info.algorithm.parameters.is_some() {
            return Err(INVALID);
        }
        let [0x04, 0x20, key @ ..] = info.private_key else {
            return Err(INVALID);
        };
        raw_key(key)
    } else {
        let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| INVALID)?;
        if info.algorithm.oid != curve.oid() || info.algorithm.parameters.is_some() {
            return Err(INVALID);
        }
        raw_key(info.subject_public_key.as_bytes().ok_or(INVALID)?)
    };
    Ok(key?.to_vec())
}

/// A public key that is no point of the curve verifies nothing.
fn verify(public: &[u8; 32], signature: &[u8], data: &[u8]) -> Outputs {
    let holds = VerifyingKey::from_bytes(public).is_ok_and(|key| {
        Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(data, &signature).is_ok())
    });
    verdict(holds)
}

fn derive(private: [u8; 32], public: [u8; 32]) -> Result<Vec<u8>, Failure> {
    let shared = StaticSecret::from(private).diffie_hellman(&PublicKey::from(public));
    if !shared.was_contributory() {
        return Err(Failure::Operation("The public key is of small order"));
    }
    Ok(shared.to_bytes().to_vec())
}
