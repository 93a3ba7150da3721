//! Admin keys: `<instance name>|<hex>`, where the hex part is a small record sealed with the instance secret.
//!
//! ```text
//! 01 │ nonce (12) │ AES-128-GCM-SIV ciphertext of the record, tag (16) behind it; associated data is the byte 01
//! ```
//! The record is a protobuf message: field 2 seconds of issue, field 3 member id or field 4 "system", field 5 read-only.
//! The layout is shared with existing tools, so that keys minted by them keep working.

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes128GcmSiv, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::ApiError;

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;

/// Longest key looked at, in bytes.
const KEY_LEN_MAX: usize = 1024;

/// Mints and verifies the admin keys of one instance.
pub struct AdminKeys {
    instance: String,
    cipher: Aes128GcmSiv,
}

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("an instance secret is 64 hexadecimal digits")]
    Secret,
}

/// Reads the 64 hex digits of an instance secret.
pub fn instance_secret_from_hex(text: &str) -> Result<[u8; 32], KeyError> {
    let mut secret = [0; 32];
    hex::decode_to_slice(text.trim(), &mut secret).map_err(|_| KeyError::Secret)?;
    Ok(secret)
}

impl AdminKeys {
    pub fn new(instance: &str, secret: &[u8; 32]) -> AdminKeys {
        let cipher = Aes128GcmSiv::new(&derive_key(secret).into());
        AdminKeys { instance: instance.to_owned(), cipher }
    }

    /// A fresh key. `nonce` must be random; `issued_s` is seconds since the Unix epoch.
    pub fn mint(&self, issued_s: u64, nonce: [u8; NONCE_LEN], read_only: bool) -> String {
        let record = Record { issued_s, read_only }.encode();
        let payload = Payload { msg: &record, aad: &[VERSION] };
        let sealed =
            self.cipher.encrypt(&Nonce::from(nonce), payload).expect("a record is far below the cipher's limit");
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        format!("{}|{}", self.instance, hex::encode(bytes))
    }

    /// Checks a key without type prefix and returns whether it is read-only.
    ///
    /// Errors: 401 `BadAdminKey`; 403 `BadDeployKey` when the key names another instance.
    pub fn verify(&self, key: &str) -> Result<bool, ApiError> {
        let (name, sealed) = match key.split_once('|') {
            Some((name, sealed)) => (Some(name), sealed),
            None => (None, key),
        };
        let record = self.open(sealed).ok_or_else(bad_admin_key)?;
        if name.is_some_and(|name| name != self.instance) {
            return Err(ApiError::forbidden(
                "BadDeployKey",
                format!("The provided deploy key is for another deployment than {:?}.", self.instance),
            ));
        }
        Ok(record.read_only)
    }

    fn open(&self, sealed: &str) -> Option<Record> {
        if sealed.len() > KEY_LEN_MAX {
            return None;
        }
        let bytes = hex::decode(sealed).ok()?;
        let (&VERSION, rest) = bytes.split_first()? else { return None };
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
        let payload = Payload { msg: ciphertext, aad: &[VERSION] };
        let record = self.cipher.decrypt(&Nonce::from(nonce), payload).ok()?;
        Record::decode(&record)
    }
}

fn bad_admin_key() -> ApiError {
    ApiError::unauthenticated("BadAdminKey", "The provided admin key was invalid for this instance")
}

/// First 16 bytes of counter-mode key derivation with HMAC-SHA256 over the label.
///
/// Source: NIST SP 800-108r1, section 4.1.
fn derive_key(secret: &[u8; 32]) -> [u8; 16] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&1u32.to_be_bytes());
    mac.update(b"admin key");
    let block = mac.finalize().into_bytes();
    let mut key = [0; 16];
    key.copy_from_slice(&block[..16]);
    key
}

struct Record {
    issued_s: u64,
    read_only: bool,
}

/// Protobuf wire types used by the record.
const WIRE_VARINT: u64 = 0;
const WIRE_BYTES: u64 = 2;

impl Record {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_field(&mut out, 2, self.issued_s);
        // The member id: zero, and present because one of member and system has to be.
        put_field(&mut out, 3, 0);
        if self.read_only {
            put_field(&mut out, 5, 1);
        }
        out
    }

    fn decode(mut bytes: &[u8]) -> Option<Record> {
        let mut record = Record { issued_s: 0, read_only: false };
        let mut has_subject = false;
        while !bytes.is_empty() {
            let tag = take_varint(&mut bytes)?;
            match (tag >> 3, tag & 7) {
                (2, WIRE_VARINT) => record.issued_s = take_varint(&mut bytes)?,
                (3, WIRE_VARINT) => {
                    take_varint(&mut bytes)?;
                    has_subject = true;
                }
                (4, WIRE_BYTES) => {
                    take_bytes(&mut bytes)?;
                    has_subject = true;
                }
                (5, WIRE_VARINT) => record.read_only = take_varint(&mut bytes)? != 0,
                (_, WIRE_VARINT) => {
                    take_varint(&mut bytes)?;
                }
                (_, WIRE_BYTES) => {
                    take_bytes(&mut bytes)?;
                }
                _ => return None,
            }
        }
        (record.issued_s != 0 && has_subject).then_some(record)
    }
}

fn put_field(out: &mut Vec<u8>, field: u64, value: u64) {
    put_varint(out, field << 3 | WIRE_VARINT);
    put_varint(out, value);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_varint(bytes)?).ok()?;
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}
