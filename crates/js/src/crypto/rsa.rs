//! RSA: PKCS#1 v1.5 and PSS signatures, OAEP encryption. A private key is PKCS#8, a public key
//! SubjectPublicKeyInfo.
//!
//! Private operations are blinded with randomness derived from the key and the message, which neither shows in
//! their results nor needs a source of entropy.

use ::rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use ::rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use ::rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, ObjectIdentifier};
use ::rsa::traits::{PrivateKeyParts, PublicKeyParts};
use ::rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey, pkcs1};
use subtle::{Choice, ConstantTimeEq};

use super::hash::{Hash, with_hash};
use super::{Caller, Failure, Input, Outputs, Params, Randomness, UNKNOWN, verdict};

/// Largest modulus that is imported, in bits.
const MODULUS_BITS_MAX: usize = 8192;

/// Sizes of moduli that are generated, in bits.
const GENERATED_BITS: std::ops::RangeInclusive<usize> = 512..=4096;

const INVALID: Failure = Failure::Data("Invalid key data");
const FAILED: Failure = Failure::Operation("The operation failed for an operation-specific reason");

/// Operations: `generate(exponent)` yields a private and a public key; `import(der)` and `assemble(numbers…)` a key;
/// `parts(key)` its numbers in the order of a JWK: n, e, then d, p, q, dp, dq, qi; `sign(key, data)`,
/// `verify(key, signature, data)`, `encrypt(key, data, label)`, `decrypt(key, data, label)`.
pub(super) fn run(operation: &str, params: &Params, input: &Input<'_>, caller: &mut dyn Caller) -> Outputs {
    let key = input.at(0);
    match operation {
        "generate" => generate(params.bits, key, caller),
        "import" if params.public => Ok(vec![public_der(&public(key)?)?]),
        "import" => Ok(vec![private_der(&private(key)?)?]),
        "assemble" => assemble(params.public, input),
        "parts" if params.public => Ok(public_parts(&public(key)?)),
        "parts" => private_parts(&mut private(key)?),
        "sign" => sign(params, &private(key)?, input.at(1), caller),
        "verify" => verify(params, &public(key)?, input.at(1), input.at(2)),
        "encrypt" => encrypt(params.hash, &public(key)?, input.at(1), input.at(2), caller),
        "decrypt" => decrypt(params.hash, &private(key)?, input.at(1), input.at(2)),
        _ => Err(UNKNOWN),
    }
}

fn private(der: &[u8]) -> Result<RsaPrivateKey, Failure> {
    let key = RsaPrivateKey::from_pkcs8_der(der).map_err(|_| INVALID)?;
    checked(key)
}

/// Refuses what later operations cannot work with.
fn checked(key: RsaPrivateKey) -> Result<RsaPrivateKey, Failure> {
    let fits = key.n().bits() <= MODULUS_BITS_MAX && key.primes().len() == 2 && key.validate().is_ok();
    fits.then_some(key).ok_or(INVALID)
}

fn public(der: &[u8]) -> Result<RsaPublicKey, Failure> {
    const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| INVALID)?;
    if info.algorithm.oid != RSA_ENCRYPTION {
        return Err(INVALID);
    }
    let bytes = info.subject_public_key.as_bytes().ok_or(INVALID)?;
    let key = pkcs1::RsaPublicKey::try_from(bytes).map_err(|_| INVALID)?;
    public_of(key.modulus.as_bytes(), key.public_exponent.as_bytes())
}

fn public_of(modulus: &[u8], exponent: &[u8]) -> Result<RsaPublicKey, Failure> {
    let (n, e) = (BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent));
    RsaPublicKey::new_with_max_size(n, e, MODULUS_BITS_MAX).map_err(|_| INVALID)
}

fn private_der(key: &RsaPrivateKey) -> Result<Vec<u8>, Failure> {
    key.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).map_err(|_| INVALID)
}

fn public_der(key: &RsaPublicKey) -> Result<Vec<u8>, Failure> {
    key.to_public_key_der().map(|der| der.into_vec()).map_err(|_| INVALID)
}

fn generate(bits: usize, exponent: &[u8], caller: &mut dyn Caller) -> Outputs {
    let exponent = BigUint::from_bytes_be(exponent);
    if !GENERATED_BITS.contains(&bits) || !bits.is_multiple_of(8) {
        return Err(Failure::Operation("Unsupported modulus length"));
    }
    if exponent != BigUint::from(3u8) && exponent != BigUint::from(65537u32) {
        return Err(Failure::Operation("The public exponent must be 3 or 65537"));
    }
    let mut randomness = Randomness::fresh(caller)?;
    let key = RsaPrivateKey::new_with_exp(&mut randomness, bits, &exponent).map_err(|_| FAILED)?;
    Ok(vec![private_der(&key)?, public_der(&key.to_public_key())?])
}

fn assemble(is_public: bool, input: &Input<'_>) -> Outputs {
    if is_public {
        return Ok(vec![public_der(&public_of(input.at(0), input.at(1))?)?]);
    }
    let number = |index| BigUint::from_bytes_be(input.at(index));
    let longest = (0..8).map(|index| input.at(index).len()).max().unwrap_or(0);
    if longest > MODULUS_BITS_MAX / 8 {
        return Err(INVALID);
    }
    let primes = vec![number(3), number(4)];
    let key = RsaPrivateKey::from_components(number(0), number(1), number(2), primes).map_err(|_| INVALID)?;
    let mut key = checked(key)?;
    let parts = private_parts(&mut key)?;
    // The remaining numbers follow from the others.
    let agree = (5..8).all(|index| BigUint::from_bytes_be(&parts[index]) == number(index));
    if !agree {
        return Err(INVALID);
    }
    Ok(vec![private_der(&key)?])
}

fn public_parts(key: &RsaPublicKey) -> Vec<Vec<u8>> {
    vec![key.n().to_bytes_be(), key.e().to_bytes_be()]
}

fn private_parts(key: &mut RsaPrivateKey) -> Outputs {
    key.precompute().map_err(|_| INVALID)?;
    let (Some(dp), Some(dq), Some(qi)) = (key.dp(), key.dq(), key.crt_coefficient()) else {
        return Err(INVALID);
    };
    let numbers = [key.n(), key.e(), key.d(), &key.primes()[0], &key.primes()[1], dp, dq, &qi];
    Ok(numbers.map(BigUint::to_bytes_be).to_vec())
}

fn blinding(key: &RsaPrivateKey, message: &[u8]) -> Randomness {
    Randomness::from_secrets(&[&key.d().to_bytes_be(), message])
}

fn sign(params: &Params, key: &RsaPrivateKey, data: &[u8], caller: &mut dyn Caller) -> Outputs {
    let digest = params.hash.digest(&[data]);
    let signature = if params.mode == "pss" {
        // The same generator makes the salt and the blinding.
        let mut randomness = Randomness::fresh(caller)?;
        let scheme = with_hash!(params.hash, D => Pss::new_blinded_with_salt::<D>(params.salt_length));
        key.sign_with_rng(&mut randomness, scheme, &digest)
    } else {
        let scheme = with_hash!(params.hash, D => Pkcs1v15Sign::new::<D>());
        key.sign_with_rng(&mut blinding(key, data), scheme, &digest)
    };
    signature.map(|signature| vec![signature]).map_err(|_| FAILED)
}

fn verify(params: &Params, key: &RsaPublicKey, signature: &[u8], data: &[u8]) -> Outputs {
    let digest = params.hash.digest(&[data]);
    let outcome = if params.mode == "pss" {
        let scheme = with_hash!(params.hash, D => Pss::new_with_salt::<D>(params.salt_length));
        key.verify(scheme, &digest, signature)
    } else {
        let scheme = with_hash!(params.hash, D => Pkcs1v15Sign::new::<D>());
        key.verify(scheme, &digest, signature)
    };
    verdict(outcome.is_ok())
}

/// OAEP's mask: XORs the hashes of `seed` and a counter onto `target`.
fn mask(hash: Hash, seed: &[u8], target: &mut [u8]) {
    for (counter, chunk) in (0u32..).zip(target.chunks_mut(hash.output_bytes())) {
        let stream = hash.digest(&[seed, &counter.to_be_bytes()]);
        chunk.iter_mut().zip(stream).for_each(|(byte, key)| *byte ^= key);
    }
}

fn encrypt(hash: Hash, key: &RsaPublicKey, data: &[u8], label: &[u8], caller: &mut dyn Caller) -> Outputs {
    let (size, length) = (key.size(), hash.output_bytes());
    if data.len() + 2 * length + 2 > size {
        return Err(Failure::Operation("The message is too long for the key"));
    }
    let mut seed = vec![0; length];
    caller.entropy(&mut seed).map_err(Failure::Refused)?;
    let mut block = hash.digest(&[label]);
    block.resize(size - length - 1 - data.len() - 1, 0);
    block.push(1);
    block.extend_from_slice(data);
    mask(hash, &seed, &mut block);
    mask(hash, &block, &mut seed);
    let message = BigUint::from_bytes_be(&[seed, block].concat());
    let sealed = rsa_encrypt(key, &message).map_err(|_| FAILED)?;
    Ok(vec![fixed_width(&sealed, size)])
}

fn decrypt(hash: Hash, key: &RsaPrivateKey, data: &[u8], label: &[u8]) -> Outputs {
    let (size, length) = (key.size(), hash.output_bytes());
    if data.len() != size || size < 2 * length + 2 {
        return Err(FAILED);
    }
    let sealed = BigUint::from_bytes_be(data);
    let message = rsa_decrypt_and_check(key, Some(&mut blinding(key, data)), &sealed).map_err(|_| FAILED)?;
    let mut encoded = fixed_width(&message, size);
    let (head, block) = encoded.split_at_mut(length + 1);
    mask(hash, block, &mut head[1..]);
    mask(hash, &head[1..], block);
    let expected = hash.digest(&[label]);
    // Which of the checks fails must not show, not even in the time taken.
    let mut good = head[0].ct_eq(&0) & block[..length].ct_eq(&expected);
    let (mut found, mut start) = (Choice::from(0), 0u32);
    for (index, byte) in (0u32..).zip(&block[length..]) {
        let one = byte.ct_eq(&1);
        good &= found | one | byte.ct_eq(&0);
        start |= index & u32::from((one & !found).unwrap_u8()).wrapping_neg();
        found |= one;
    }
    if !bool::from(good & found) {
        return Err(FAILED);
    }
    Ok(vec![block[length + start as usize + 1..].to_vec()])
}

fn fixed_width(number: &BigUint, size: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let mut padded = vec![0; size.saturating_sub(bytes.len())];
    padded.extend_from_slice(&bytes);
    padded
}
