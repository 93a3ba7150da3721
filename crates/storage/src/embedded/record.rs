//! What is stored under the keys, each with a CRC-32 in front.
//!
//! The checksum covers the key as well, so a record that turns up under a wrong key is noticed. A
//! version keeps its bytes when it moves from `current` to `history`.

use bytes::Bytes;
use value::Timestamp;

const CRC_BYTES: usize = 4;
const DELETED: u8 = 1;
const SUPERSEDED: u8 = 2;

/// One key of one commit, as the log remembers it. The value is found in the other trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogEntry {
    pub(super) key: Bytes,
    pub(super) deleted: bool,
    /// Whether the write moved an older version to `history`.
    pub(super) superseded: bool,
}

/// Encodes `crc ‖ created ts ‖ value`.
pub(super) fn encode_version(key: &[u8], created: Timestamp, value: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(CRC_BYTES + 8 + value.len());
    record.extend_from_slice(&[0; CRC_BYTES]);
    record.extend_from_slice(&created.0.to_be_bytes());
    record.extend_from_slice(value);
    seal(key, record)
}

/// Returns the created timestamp and the value; `None` when the record is corrupt.
pub(super) fn decode_version<'a>(key: &[u8], record: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
    let (created, value) = unseal(key, record)?.split_first_chunk()?;
    Some((Timestamp(u64::from_be_bytes(*created)), value))
}

/// Encodes `crc ‖ (flags, key length, key)*` for the commit whose log key is `log_key`.
pub(super) fn encode_log(log_key: &[u8], entries: &[LogEntry]) -> Vec<u8> {
    let mut record = vec![0; CRC_BYTES];
    for entry in entries {
        let flags = [(entry.deleted, DELETED), (entry.superseded, SUPERSEDED)];
        record.push(flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum());
        // Key lengths were checked against `KEY_BYTES_MAX`, far below 4 GiB.
        record.extend_from_slice(&(entry.key.len() as u32).to_be_bytes());
        record.extend_from_slice(&entry.key);
    }
    seal(log_key, record)
}

/// Undoes `encode_log`; `None` when the record is corrupt.
pub(super) fn decode_log(log_key: &[u8], record: &[u8]) -> Option<Vec<LogEntry>> {
    let mut rest = unseal(log_key, record)?;
    let mut entries = Vec::new();
    while let Some((&flags, after_flags)) = rest.split_first() {
        let (length, after_length) = after_flags.split_first_chunk()?;
        let (key, next) = after_length.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        entries.push(LogEntry {
            key: Bytes::copy_from_slice(key),
            deleted: flags & DELETED != 0,
            superseded: flags & SUPERSEDED != 0,
        });
        rest = next;
    }
    Some(entries)
}

/// Encodes a timestamp of the `meta` tree.
pub(super) fn encode_timestamp(name: &[u8], ts: Timestamp) -> Vec<u8> {
    encode_version(name, ts, &[])
}

/// Undoes `encode_timestamp`; `None` when the record is corrupt.
pub(super) fn decode_timestamp(name: &[u8], record: &[u8]) -> Option<Timestamp> {
    let (ts, rest) = decode_version(name, record)?;
    rest.is_empty().then_some(ts)
}

fn seal(key: &[u8], mut record: Vec<u8>) -> Vec<u8> {
    let crc = checksum(key, &record[CRC_BYTES..]);
    record[..CRC_BYTES].copy_from_slice(&crc.to_be_bytes());
    record
}

fn unseal<'a>(key: &[u8], record: &'a [u8]) -> Option<&'a [u8]> {
    let (crc, body) = record.split_first_chunk()?;
    (u32::from_be_bytes(*crc) == checksum(key, body)).then_some(body)
}

fn checksum(key: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests;
