//! Cryptography behind `crypto.subtle`: stateless operations over bytes.
//!
//! An operation is a name, JSON parameters and byte strings; the answer is byte strings. Keys are passed as bytes
//! each time, in one canonical form per kind: raw for secrets and Curve25519, PKCS#8 and SubjectPublicKeyInfo for
//! RSA, a scalar and an uncompressed point for NIST curves. Checking usages and formats is the platform's job
//! (`platform/subtle.js`); everything about the bytes is checked here.

mod aes;
mod ec;
mod hash;
mod okp;
mod rsa;
mod scrypt;

use ::rsa::rand_core::{CryptoRng, Error, RngCore};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};
use serde::Deserialize;

use self::hash::Hash;

/// Why an operation gave no answer; the name of a `DOMException` for all but the last two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The key data is malformed or does not fit the algorithm.
    Data(&'static str),
    /// The operation itself failed.
    Operation(&'static str),
    /// The combination is not offered.
    NotSupported(&'static str),
    /// Randomness is refused here; the text to throw.
    Refused(String),
    /// The call's time is up.
    Stopped,
}

/// What an operation may ask of the running call.
pub(crate) trait Caller {
    /// Fills `bytes` with fresh randomness.
    fn entropy(&mut self, bytes: &mut [u8]) -> Result<(), String>;
    /// Whether the call's time is up.
    fn out_of_time(&mut self) -> bool;
}

/// Parameters of an operation; each uses its own few.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Params {
    hash: Hash,
    curve: String,
    mode: String,
    format: String,
    bits: usize,
    iterations: u32,
    cost: u32,
    block_size: u32,
    parallelization: u32,
    salt_length: usize,
    tag_length: usize,
    public: bool,
}

type Outputs = Result<Vec<Vec<u8>>, Failure>;

/// Runs the operation called `name`.
///
/// Errors: `NotSupported` for an unknown operation, otherwise as the operation says.
pub(crate) fn run(name: &str, params: &str, input: &[&[u8]], caller: &mut dyn Caller) -> Outputs {
    let params: Params = serde_json::from_str(params).map_err(|_| Failure::NotSupported("Unrecognized parameters"))?;
    let input = Input(input);
    let (family, operation) = name.split_once('.').unwrap_or((name, ""));
    match family {
        "digest" => Ok(vec![params.hash.digest(&[input.at(0)])]),
        "hmac" => hash::hmac(operation, &params, &input),
        "hkdf" => hash::hkdf(&params, &input),
        "pbkdf2" => hash::pbkdf2(&params, &input, caller),
        "scrypt" => scrypt::derive(&params, &input, caller),
        "aes" => aes::run(operation, &params, &input),
        "rsa" => rsa::run(operation, &params, &input, caller),
        "ec" => ec::run(operation, &params, &input, caller),
        "okp" => okp::run(operation, &params, &input),
        _ => Err(UNKNOWN),
    }
}

const UNKNOWN: Failure = Failure::NotSupported("Unknown operation");

/// The byte strings of an operation; those left out are empty.
struct Input<'a>(&'a [&'a [u8]]);

impl<'a> Input<'a> {
    fn at(&self, index: usize) -> &'a [u8] {
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// The answer of a verification.
fn verdict(holds: bool) -> Outputs {
    Ok(vec![vec![u8::from(holds)]])
}

/// A generator for key material, in the form the key crates ask for.
struct Randomness(ChaCha20Rng);

impl Randomness {
    /// From the call's own randomness.
    fn fresh(caller: &mut dyn Caller) -> Result<Randomness, Failure> {
        let mut seed = [0; 32];
        caller.entropy(&mut seed).map_err(Failure::Refused)?;
        Ok(Randomness(ChaCha20Rng::from_seed(seed)))
    }

    /// From secrets: unpredictable to whoever does not know them, and repeatable.
    fn from_secrets(secrets: &[&[u8]]) -> Randomness {
        let mut seed = [0; 32];
        seed.copy_from_slice(&Hash::Sha256.digest(secrets));
        Randomness(ChaCha20Rng::from_seed(seed))
    }
}

impl RngCore for Randomness {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Randomness {}

#[cfg(test)]
mod tests;
