//! ECDSA and ECDH over P-256, P-384 and P-521. A private key is its scalar, a public key an uncompressed point.

use ::rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ecdsa::hazmat::{SignPrimitive, VerifyPrimitive};
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::ToEncodedPoint;

use super::{Caller, Failure, Input, Outputs, Params, Randomness, UNKNOWN, verdict};

const INVALID: Failure = Failure::Data("Invalid key data");
const FAILED: Failure = Failure::Operation("The signature could not be made");

/// Operations on one curve, each yielding byte strings:
/// `generate()` and `import(der | scalar)` a scalar and a point, `point(bytes)` a point, `sign(scalar, data)` a
/// signature, `verify(point, signature, data)` a verdict, `derive(scalar, point)` a shared secret, `export(key)` DER.
pub(super) fn run(operation: &str, params: &Params, input: &Input<'_>, caller: &mut dyn Caller) -> Outputs {
    match params.curve.as_str() {
        "P-256" => nist256::run(operation, params, input, caller),
        "P-384" => nist384::run(operation, params, input, caller),
        "P-521" => nist521::run(operation, params, input, caller),
        _ => Err(Failure::NotSupported("Unrecognized curve")),
    }
}

/// The leftmost bits of a digest as a number as long as the curve's order.
fn fit_digest(digest: &[u8], length: usize) -> Vec<u8> {
    let kept = &digest[..digest.len().min(length)];
    let mut number = vec![0; length - kept.len()];
    number.extend_from_slice(kept);
    number
}

/// One curve's operations: the crates share an interface but no trait short enough to be generic over.
macro_rules! curve {
    ($module:ident, $curve:ident, $point:ty) => {
        mod $module {
            use ::$curve::{AffinePoint, FieldBytes, NonZeroScalar, PublicKey, SecretKey};

            use super::*;

            type Signature = ecdsa::Signature<$point>;

            pub(super) fn run(operation: &str, params: &Params, input: &Input<'_>, caller: &mut dyn Caller) -> Outputs {
                let key = input.at(0);
                match operation {
                    "generate" => {
                        let mut randomness = Randomness::fresh(caller)?;
                        Ok(pair(&SecretKey::random(&mut randomness)))
                    }
                    "import" => Ok(pair(&match params.format.as_str() {
                        "pkcs8" => SecretKey::from_pkcs8_der(key).map_err(|_| INVALID)?,
                        _ => secret(key)?,
                    })),
                    "point" => Ok(vec![point(&match params.format.as_str() {
                        "spki" => PublicKey::from_public_key_der(key).map_err(|_| INVALID)?,
                        _ => public(key)?,
                    })]),
                    "export" => export(&params.format, key),
                    "sign" => sign(&secret(key)?, &params.hash.digest(&[input.at(1)]), caller),
                    "verify" => verify(&public(key)?, input.at(1), &params.hash.digest(&[input.at(2)])),
                    "derive" => {
                        let (secret, public) = (secret(key)?, public(input.at(1))?);
                        let shared = diffie_hellman(secret.to_nonzero_scalar(), public.as_affine());
                        Ok(vec![shared.raw_secret_bytes().to_vec()])
                    }
                    _ => Err(UNKNOWN),
                }
            }

            fn secret(bytes: &[u8]) -> Result<SecretKey, Failure> {
                if bytes.len() != FieldBytes::default().len() {
                    return Err(INVALID);
                }
                SecretKey::from_slice(bytes).map_err(|_| INVALID)
            }

            fn public(bytes: &[u8]) -> Result<PublicKey, Failure> {
                PublicKey::from_sec1_bytes(bytes).map_err(|_| INVALID)
            }

            fn point(key: &PublicKey) -> Vec<u8> {
                key.to_encoded_point(false).as_bytes().to_vec()
            }

            fn pair(key: &SecretKey) -> Vec<Vec<u8>> {
                vec![key.to_bytes().to_vec(), point(&key.public_key())]
            }

            fn export(format: &str, key: &[u8]) -> Outputs {
                let der = match format {
                    "pkcs8" => secret(key)?.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).ok(),
                    _ => public(key)?.to_public_key_der().map(|der| der.into_vec()).ok(),
                };
                der.map(|der| vec![der]).ok_or(INVALID)
            }

            /// The nonce depends on key, message and fresh randomness, so that none of them alone can spoil it.
            fn sign(key: &SecretKey, digest: &[u8], caller: &mut dyn Caller) -> Outputs {
                let mut fresh = [0; 32];
                caller.entropy(&mut fresh).map_err(Failure::Refused)?;
                let scalar = key.to_nonzero_scalar();
                let mut randomness = Randomness::from_secrets(&[&key.to_bytes(), digest, &fresh]);
                let nonce = NonZeroScalar::random(&mut randomness);
                let number = number(digest);
                let (signature, _) =
                    scalar.as_ref().try_sign_prehashed(*nonce.as_ref(), &number).map_err(|_| FAILED)?;
                Ok(vec![signature.to_bytes().to_vec()])
            }

            fn verify(key: &PublicKey, signature: &[u8], digest: &[u8]) -> Outputs {
                let affine: &AffinePoint = key.as_affine();
                let number = number(digest);
                let holds = Signature::from_slice(signature)
                    .is_ok_and(|signature| affine.verify_prehashed(&number, &signature).is_ok());
                verdict(holds)
            }

            fn number(digest: &[u8]) -> FieldBytes {
                let mut number = FieldBytes::default();
                let fitted = fit_digest(digest, number.len());
                number.copy_from_slice(&fitted);
                number
            }
        }
    };
}

curve!(nist256, p256, p256::NistP256);
curve!(nist384, p384, p384::NistP384);
curve!(nist521, p521, p521::NistP521);
