//! The stored form reads back exactly, and damage is an error.

use proptest::prelude::*;

use super::*;
use crate::arbitrary;

/// The layout is on disk: a change needs a new format version.
#[test]
fn layout_is_fixed() {
    let bytes = |text: &str| encode_value(&Value::parse_json(text).unwrap());
    assert_eq!(bytes("null"), [1, 0]);
    assert_eq!(bytes("false"), [1, 1]);
    assert_eq!(bytes("true"), [1, 2]);
    assert_eq!(bytes(r#"{"$integer":"//////////8="}"#), [1, 3, 1]);
    assert_eq!(bytes("0.5"), [1, 4, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f]);
    assert_eq!(bytes("100"), [1, 5, 0xc8, 1]);
    assert_eq!(bytes(r#"{"$float":"AAAAAAAAAIA="}"#), [1, 4, 0, 0, 0, 0, 0, 0, 0, 0x80]);
    assert_eq!(bytes(r#""hé""#), [1, 6, 3, b'h', 0xc3, 0xa9]);
    assert_eq!(bytes(r#"{"$bytes":"ABCD"}"#), [1, 7, 3, 0, 0x10, 0x83]);
    assert_eq!(bytes("[null,[]]"), [1, 8, 2, 0, 8, 0]);
    assert_eq!(bytes(r#"{"k":true}"#), [1, 9, 1, 1, b'k', 2]);
    assert_eq!(bytes(r#"{"$commitTs":null}"#), [1, 10]);
}

#[test]
fn damage_is_an_error() {
    let damaged: [(&[u8], DecodeError); 10] = [
        (&[], DecodeError::Truncated),
        (&[2, 0], DecodeError::Version(2)),
        (&[1], DecodeError::Truncated),
        (&[1, 0, 0], DecodeError::Trailing),
        (&[1, 77], DecodeError::Tag(77)),
        (&[1, 6, 5, b'a'], DecodeError::Truncated),
        (&[1, 6, 1, 0xff], DecodeError::Utf8),
        (&[1, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2], DecodeError::Malformed),
        (&[1, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], DecodeError::Truncated),
        (&[1, 9, 2, 1, b'b', 0, 1, b'a', 0], DecodeError::KeyOrder),
    ];
    for (bytes, error) in damaged {
        assert_eq!(decode_value(bytes), Err(error), "{bytes:?}");
    }
    let deep: Vec<u8> = [1].into_iter().chain([8, 1].repeat(1000)).collect();
    assert_eq!(decode_value(&deep), Err(DecodeError::TooNested));
    assert_eq!(decode_object(&[1, 0]), Err(DecodeError::Malformed));
}

proptest! {
    #[test]
    fn every_value_reads_back(value in arbitrary::value()) {
        let read = decode_value(&encode_value(&value)).unwrap();
        // The text tells the placeholder from the integer it equals.
        prop_assert_eq!(read.to_json(), value.to_json());
        prop_assert_eq!(read, value);
    }

    #[test]
    fn every_object_reads_back(object in arbitrary::object()) {
        prop_assert_eq!(decode_object(&encode_object(&object)).unwrap(), object);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(prop_oneof![0..12u8, any::<u8>()], 0..40)) {
        let _ = decode_value(&bytes);
        let _ = decode_value(&[&[1], &bytes[..]].concat());
    }

    #[test]
    fn cut_bytes_are_refused(object in arbitrary::object(), at: prop::sample::Index) {
        let bytes = encode_object(&object);
        prop_assert!(decode_object(&bytes[..at.index(bytes.len())]).is_err());
    }
}
