//! Records come back as they were, and no flipped bit goes unnoticed.

use bytes::Bytes;
use value::Timestamp;

use super::{LogEntry, decode_log, decode_timestamp, decode_version, encode_log, encode_timestamp, encode_version};

#[test]
fn versions_come_back() {
    let record = encode_version(b"key", Timestamp(7), b"value");
    assert_eq!(decode_version(b"key", &record), Some((Timestamp(7), &b"value"[..])));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let record = encode_version(b"key", Timestamp(7), b"value");
    for bit in 0..record.len() * 8 {
        let mut flipped = record.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(decode_version(b"key", &flipped), None, "bit {bit}");
    }
}

#[test]
fn cut_records_and_wrong_keys_are_noticed() {
    let record = encode_version(b"key", Timestamp(7), b"value");
    for length in 0..record.len() {
        assert_eq!(decode_version(b"key", &record[..length]), None);
    }
    assert_eq!(decode_version(b"other", &record), None);
}

#[test]
fn log_entries_come_back() {
    let entry =
        |key: &'static [u8], deleted, superseded| LogEntry { key: Bytes::from_static(key), deleted, superseded };
    let entries =
        vec![entry(b"", false, false), entry(b"a", true, false), entry(b"b", false, true), entry(b"c", true, true)];
    let record = encode_log(b"ts", &entries);
    assert_eq!(decode_log(b"ts", &record), Some(entries));
    assert_eq!(decode_log(b"ts", &encode_log(b"ts", &[])), Some(vec![]));
    assert_eq!(decode_log(b"ts", &record[..record.len() - 1]), None);
}

#[test]
fn timestamps_come_back() {
    let record = encode_timestamp(b"name", Timestamp(9));
    assert_eq!(decode_timestamp(b"name", &record), Some(Timestamp(9)));
    assert_eq!(decode_timestamp(b"other", &record), None);
    assert_eq!(decode_timestamp(b"name", &encode_version(b"name", Timestamp(9), b"x")), None);
}
