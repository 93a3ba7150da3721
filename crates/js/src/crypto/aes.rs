//! AES in the modes of the web platform: GCM with any nonce and tag length, CBC with padding, CTR with any counter
//! length, key wrap.

use ::aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use ::aes::{Aes128, Aes192, Aes256, Block};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;

use super::{Failure, Input, Outputs, Params, UNKNOWN};

const BLOCK_BYTES: usize = 16;

/// Counter blocks enciphered at once.
const BLOCKS_AT_ONCE: usize = 64;

const FAILED: Failure = Failure::Operation("The operation failed for an operation-specific reason");

/// `encrypt` and `decrypt` of `(key, iv, data, additional data)`, `wrap` and `unwrap` of `(key, data)`.
pub(super) fn run(operation: &str, params: &Params, input: &Input<'_>) -> Outputs {
    let cipher = Cipher::new(input.at(0))?;
    let (iv, data, additional) = (input.at(1), input.at(2), input.at(3));
    let output = match (operation, params.mode.as_str()) {
        ("encrypt", "cbc") => cbc_encrypt(&cipher, iv, data)?,
        ("decrypt", "cbc") => cbc_decrypt(&cipher, iv, data)?,
        ("encrypt" | "decrypt", "ctr") => ctr(&cipher, iv, params.bits, data)?,
        ("encrypt", "gcm") => gcm_encrypt(&cipher, params.tag_length / 8, iv, data, additional),
        ("decrypt", "gcm") => gcm_decrypt(&cipher, params.tag_length / 8, iv, data, additional)?,
        ("wrap", _) => wrap(&cipher, input.at(1))?,
        ("unwrap", _) => unwrap(&cipher, input.at(1))?,
        _ => return Err(UNKNOWN),
    };
    Ok(vec![output])
}

enum Cipher {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Box<Aes256>),
}

impl Cipher {
    fn new(key: &[u8]) -> Result<Cipher, Failure> {
        const INVALID: Failure = Failure::Data("AES keys are 128, 192 or 256 bits long");
        match key.len() {
            16 => Aes128::new_from_slice(key).map(Cipher::Aes128),
            24 => Aes192::new_from_slice(key).map(Cipher::Aes192),
            _ => Aes256::new_from_slice(key).map(|cipher| Cipher::Aes256(Box::new(cipher))),
        }
        .map_err(|_| INVALID)
    }

    fn encrypt(&self, blocks: &mut [Block]) {
        match self {
            Cipher::Aes128(cipher) => cipher.encrypt_blocks(blocks),
            Cipher::Aes192(cipher) => cipher.encrypt_blocks(blocks),
            Cipher::Aes256(cipher) => cipher.encrypt_blocks(blocks),
        }
    }

    fn decrypt(&self, blocks: &mut [Block]) {
        match self {
            Cipher::Aes128(cipher) => cipher.decrypt_blocks(blocks),
            Cipher::Aes192(cipher) => cipher.decrypt_blocks(blocks),
            Cipher::Aes256(cipher) => cipher.decrypt_blocks(blocks),
        }
    }

    fn encrypt_one(&self, block: u128) -> u128 {
        let mut blocks = [Block::from(block.to_be_bytes())];
        self.encrypt(&mut blocks);
        u128::from_be_bytes(blocks[0].into())
    }

    /// XORs the key stream of successive counters onto `data`; `next` steps the counter.
    fn apply_stream(&self, data: &mut [u8], mut counter: u128, next: impl Fn(u128) -> u128) {
        let mut blocks = [Block::default(); BLOCKS_AT_ONCE];
        for chunk in data.chunks_mut(BLOCKS_AT_ONCE * BLOCK_BYTES) {
            let blocks = &mut blocks[..chunk.len().div_ceil(BLOCK_BYTES)];
            for block in &mut *blocks {
                *block = Block::from(counter.to_be_bytes());
                counter = next(counter);
            }
            self.encrypt(blocks);
            let stream = blocks.iter().flatten();
            chunk.iter_mut().zip(stream).for_each(|(byte, key)| *byte ^= key);
        }
    }
}

/// An initial vector or counter block.
fn block_of(bytes: &[u8]) -> Result<u128, Failure> {
    bytes.try_into().map(u128::from_be_bytes).map_err(|_| Failure::Operation("The initial block must be 16 bytes long"))
}

fn cbc_encrypt(cipher: &Cipher, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut previous = block_of(iv)?;
    let padding = BLOCK_BYTES - data.len() % BLOCK_BYTES;
    let mut output = data.to_vec();
    output.resize(data.len() + padding, padding as u8);
    for block in output.chunks_exact_mut(BLOCK_BYTES) {
        previous = cipher.encrypt_one(block_of(block)? ^ previous);
        block.copy_from_slice(&previous.to_be_bytes());
    }
    Ok(output)
}

fn cbc_decrypt(cipher: &Cipher, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut previous = block_of(iv)?;
    if data.is_empty() || !data.len().is_multiple_of(BLOCK_BYTES) {
        return Err(FAILED);
    }
    let mut output = Vec::with_capacity(data.len());
    for chunk in data.chunks(BLOCKS_AT_ONCE * BLOCK_BYTES) {
        let mut blocks = [Block::default(); BLOCKS_AT_ONCE];
        let blocks = &mut blocks[..chunk.len() / BLOCK_BYTES];
        for (block, source) in blocks.iter_mut().zip(chunk.chunks_exact(BLOCK_BYTES)) {
            block.copy_from_slice(source);
        }
        cipher.decrypt(blocks);
        for (block, source) in blocks.iter().zip(chunk.chunks_exact(BLOCK_BYTES)) {
            let plain = u128::from_be_bytes((*block).into()) ^ previous;
            output.extend_from_slice(&plain.to_be_bytes());
            previous = block_of(source)?;
        }
    }
    let padding = usize::from(output[output.len() - 1]);
    let padded = &output[output.len() - padding.clamp(1, BLOCK_BYTES)..];
    let whole = padded.iter().fold(0, |bad, byte| bad | (byte ^ padded.len() as u8));
    if whole != 0 {
        return Err(FAILED);
    }
    output.truncate(output.len() - padding);
    Ok(output)
}

/// The counter is the last `bits` bits of the block; the rest stays as it is.
fn ctr(cipher: &Cipher, block: &[u8], bits: usize, data: &[u8]) -> Result<Vec<u8>, Failure> {
    let start = block_of(block)?;
    if bits == 0 || bits > 128 {
        return Err(Failure::Operation("The counter length must be between 1 and 128"));
    }
    let mask = u128::MAX >> (128 - bits);
    let blocks = data.len().div_ceil(BLOCK_BYTES) as u128;
    if bits < 128 && blocks > mask + 1 {
        return Err(Failure::Operation("The counter is too short for this much data"));
    }
    let mut output = data.to_vec();
    cipher.apply_stream(&mut output, start, |counter| (counter & !mask) | (counter.wrapping_add(1) & mask));
    Ok(output)
}

/// The state GCM starts from: the hash and the first counter block.
fn gcm_start(cipher: &Cipher, iv: &[u8]) -> (GHash, u128) {
    let key = ghash::Key::from(cipher.encrypt_one(0).to_be_bytes());
    let hash = GHash::new(&key);
    let counter = if let Ok(nonce) = <[u8; 12]>::try_from(iv) {
        let mut block = [0; BLOCK_BYTES];
        block[..12].copy_from_slice(&nonce);
        u128::from_be_bytes(block) | 1
    } else {
        let mut hash = hash.clone();
        hash.update_padded(iv);
        hash.update_padded(&((iv.len() as u128) * 8).to_be_bytes());
        u128::from_be_bytes(hash.finalize().into())
    };
    (hash, counter)
}

fn gcm_stream(cipher: &Cipher, data: &mut [u8], counter: u128) {
    let next = |counter: u128| (counter & !0xffff_ffff) | u128::from((counter as u32).wrapping_add(1));
    cipher.apply_stream(data, next(counter), next);
}

fn gcm_tag(cipher: &Cipher, start: (GHash, u128), data: &[u8], additional: &[u8]) -> [u8; BLOCK_BYTES] {
    let (mut hash, counter) = start;
    hash.update_padded(additional);
    hash.update_padded(data);
    let lengths = ((additional.len() as u128 * 8) << 64) | (data.len() as u128 * 8);
    hash.update_padded(&lengths.to_be_bytes());
    let hashed = u128::from_be_bytes(hash.finalize().into());
    (hashed ^ cipher.encrypt_one(counter)).to_be_bytes()
}

fn gcm_encrypt(cipher: &Cipher, tag_bytes: usize, iv: &[u8], data: &[u8], additional: &[u8]) -> Vec<u8> {
    let start = gcm_start(cipher, iv);
    let mut output = Vec::with_capacity(data.len() + BLOCK_BYTES);
    output.extend_from_slice(data);
    gcm_stream(cipher, &mut output, start.1);
    let tag = gcm_tag(cipher, start, &output, additional);
    output.extend_from_slice(&tag[..tag_bytes.min(BLOCK_BYTES)]);
    output
}

fn gcm_decrypt(
    cipher: &Cipher,
    tag_bytes: usize,
    iv: &[u8],
    data: &[u8],
    additional: &[u8],
) -> Result<Vec<u8>, Failure> {
    let split = data.len().checked_sub(tag_bytes.clamp(4, BLOCK_BYTES)).ok_or(FAILED)?;
    let (sealed, tag) = data.split_at(split);
    let start = gcm_start(cipher, iv);
    let counter = start.1;
    let expected = gcm_tag(cipher, start, sealed, additional);
    if !bool::from(expected[..tag.len()].ct_eq(tag)) {
        return Err(FAILED);
    }
    let mut output = sealed.to_vec();
    gcm_stream(cipher, &mut output, counter);
    Ok(output)
}

/// The check value of a wrapped key (RFC 3394).
const WRAP_CHECK: u64 = 0xa6a6_a6a6_a6a6_a6a6;

fn halves(data: &[u8]) -> Vec<u64> {
    data.chunks_exact(8).map(|half| half.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))).collect()
}

fn wrap(cipher: &Cipher, data: &[u8]) -> Result<Vec<u8>, Failure> {
    if data.len() < 16 || !data.len().is_multiple_of(8) {
        return Err(Failure::Operation("The key to wrap must be a multiple of 64 bits long"));
    }
    let mut registers = halves(data);
    let mut check = WRAP_CHECK;
    let count = registers.len() as u64;
    for round in 0..6 {
        for (index, register) in (1..).zip(&mut registers) {
            let block = cipher.encrypt_one((u128::from(check) << 64) | u128::from(*register));
            check = (block >> 64) as u64 ^ (round * count + index);
            *register = block as u64;
        }
    }
    let words = std::iter::once(check).chain(registers);
    Ok(words.flat_map(u64::to_be_bytes).collect())
}

fn unwrap(cipher: &Cipher, data: &[u8]) -> Result<Vec<u8>, Failure> {
    if data.len() < 24 || !data.len().is_multiple_of(8) {
        return Err(FAILED);
    }
    let mut registers = halves(data);
    let mut check = registers.remove(0);
    let count = registers.len() as u64;
    for round in (0..6).rev() {
        for (index, register) in (1..=count).rev().zip(registers.iter_mut().rev()) {
            let mixed = check ^ (round * count + index);
            let mut block = [Block::from(((u128::from(mixed) << 64) | u128::from(*register)).to_be_bytes())];
            cipher.decrypt(&mut block);
            let plain = u128::from_be_bytes(block[0].into());
            check = (plain >> 64) as u64;
            *register = plain as u64;
        }
    }
    if !bool::from(check.to_be_bytes().ct_eq(&WRAP_CHECK.to_be_bytes())) {
        return Err(FAILED);
    }
    Ok(registers.into_iter().flat_map(u64::to_be_bytes).collect())
}
