//! Digests and what is built from them: HMAC, HKDF, PBKDF2.

use ::hkdf::Hkdf;
use ::hkdf::hmac::{Hmac, Mac};
use ::rsa::sha2::{Digest, Sha256, Sha384, Sha512};
use serde::Deserialize;
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{Caller, Failure, Input, Outputs, Params, UNKNOWN, verdict};

/// Iterations of PBKDF2 between two looks at the clock.
const PBKDF2_ITERATIONS_PER_CHECK: u32 = 2048;

/// A hash function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Hash {
    #[serde(rename = "SHA-1")]
    Sha1,
    #[default]
    #[serde(rename = "SHA-256")]
    Sha256,
    #[serde(rename = "SHA-384")]
    Sha384,
    #[serde(rename = "SHA-512")]
    Sha512,
}

/// Runs an expression with `$D` standing for the type of a hash.
macro_rules! with_hash {
    ($hash:expr, $D:ident => $body:expr) => {
        match $hash {
            crate::crypto::hash::Hash::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            crate::crypto::hash::Hash::Sha256 => {
                type $D = ::rsa::sha2::Sha256;
                $body
            }
            crate::crypto::hash::Hash::Sha384 => {
                type $D = ::rsa::sha2::Sha384;
                $body
            }
            crate::crypto::hash::Hash::Sha512 => {
                type $D = ::rsa::sha2::Sha512;
                $body
            }
        }
    };
}
pub(super) use with_hash;

impl Hash {
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut state = D::new();
            for part in parts {
                state.update(part);
            }
            state.finalize().to_vec()
        }
        match self {
            Hash::Sha1 => of::<Sha1>(parts),
            Hash::Sha256 => of::<Sha256>(parts),
            Hash::Sha384 => of::<Sha384>(parts),
            Hash::Sha512 => of::<Sha512>(parts),
        }
    }

    /// Length of a digest in bytes.
    pub(super) fn output_bytes(self) -> usize {
        match self {
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }

    fn mac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        with_hash!(self, D => {
            let mut mac = Hmac::<D>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.update(data);
            mac.finalize().into_bytes().to_vec()
        })
    }
}

/// `sign(key, data)` and `verify(key, signature, data)`.
pub(super) fn hmac(operation: &str, params: &Params, input: &Input<'_>) -> Outputs {
    match operation {
        "sign" => Ok(vec![params.hash.mac(input.at(0), input.at(1))]),
        "verify" => {
            let expected = params.hash.mac(input.at(0), input.at(2));
            verdict(expected.ct_eq(input.at(1)).into())
        }
        _ => Err(UNKNOWN),
    }
}

/// `(key, salt, info)` to `bits` bits.
pub(super) fn hkdf(params: &Params, input: &Input<'_>) -> Outputs {
    let length = params.bits / 8;
    if length > 255 * params.hash.output_bytes() {
        return Err(Failure::Operation("The requested length is too large"));
    }
    let mut output = vec![0; length];
    let expanded = with_hash!(params.hash, D => {
        Hkdf::<D>::new(Some(input.at(1)), input.at(0)).expand(input.at(2), &mut output)
    });
    expanded.map(|()| vec![output]).map_err(|_| Failure::Operation("The requested length is too large"))
}

/// `(password, salt)` to `bits` bits.
pub(super) fn pbkdf2(params: &Params, input: &Input<'_>, caller: &mut dyn Caller) -> Outputs {
    if params.iterations == 0 {
        return Err(Failure::Operation("The iteration count must not be zero"));
    }
    let mut output = vec![0; params.bits / 8];
    let (password, salt) = (input.at(0), input.at(1));
    let mut work = 0;
    for (index, block) in (1u32..).zip(output.chunks_mut(params.hash.output_bytes())) {
        with_hash!(params.hash, D => {
            let keyed = Hmac::<D>::new_from_slice(password).expect("HMAC takes keys of any length");
            let mut first = keyed.clone();
            first.update(salt);
            first.update(&index.to_be_bytes());
            let mut round = first.finalize().into_bytes();
            let mut sum = round;
            for _ in 1..params.iterations {
                work += 1;
                if work == PBKDF2_ITERATIONS_PER_CHECK {
                    work = 0;
                    if caller.out_of_time() {
                        return Err(Failure::Stopped);
                    }
                }
                let mut next = keyed.clone();
                next.update(&round);
                round = next.finalize().into_bytes();
                sum.iter_mut().zip(&round).for_each(|(sum, byte)| *sum ^= byte);
            }
            block.copy_from_slice(&sum[..block.len()]);
        });
    }
    Ok(vec![output])
}
