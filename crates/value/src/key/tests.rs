//! Key order is value order, and every key reads back.

use proptest::prelude::*;

use super::*;
use crate::{arbitrary, order};

fn key(value: Option<&Value>) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(&mut out, value);
    out
}

// total order across all types drives index order, filters and range bounds identically
#[test]
fn keys_of_the_chain_ascend() {
    let chain = order::tests::chain();
    for pair in chain.windows(2) {
        assert!(key(pair[0].as_ref()) < key(pair[1].as_ref()), "{pair:?}");
    }
    for value in &chain {
        let bytes = key(value.as_ref());
        assert_eq!(decode_key(&bytes), Ok((value.clone(), bytes.len())));
    }
}

/// The layout is on disk: a change needs a new format version.
#[test]
fn layout_is_fixed() {
    let bytes = |text: &str| key(Value::parse_json_or_undefined(text).unwrap().as_ref());
    assert_eq!(bytes(r#"{"$undefined":null}"#), [1]);
    assert_eq!(bytes("null"), [2]);
    assert_eq!(bytes(r#"{"$integer":"AQAAAAAAAAA="}"#), [3, 0x80, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(bytes(r#"{"$commitTs":null}"#), [3, 255, 255, 255, 255, 255, 255, 255, 255]);
    assert_eq!(bytes("1"), [4, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes("-1"), [4, 0x40, 0x0f, 255, 255, 255, 255, 255, 255]);
    assert_eq!(bytes("false"), [5]);
    assert_eq!(bytes("true"), [6]);
    assert_eq!(bytes(r#""a\u0000b""#), [7, b'a', 0, 255, b'b', 0, 0]);
    assert_eq!(bytes(r#"{"$bytes":"AP8="}"#), [8, 0, 255, 255, 0, 0]);
    assert_eq!(bytes("[null,[]]"), [9, 2, 9, 0, 0]);
    assert_eq!(bytes(r#"{"k":true}"#), [10, 7, b'k', 0, 0, 6, 0]);
}

#[test]
fn damaged_keys_are_refused() {
    let damaged: [(&[u8], DecodeError); 9] = [
        (&[], DecodeError::Truncated),
        (&[0], DecodeError::Tag(0)),
        (&[99], DecodeError::Tag(99)),
        (&[3, 1, 2], DecodeError::Truncated),
        (&[7, b'a'], DecodeError::Truncated),
        (&[7, 0, 7], DecodeError::Malformed),
        (&[7, 0xff, 0, 0], DecodeError::Utf8),
        (&[9, 1, 0], DecodeError::Tag(1)),
        (&[10, 7, b'b', 0, 0, 2, 7, b'a', 0, 0, 2, 0], DecodeError::KeyOrder),
    ];
    for (bytes, error) in damaged {
        assert_eq!(decode_key(bytes), Err(error), "{bytes:?}");
    }
    assert_eq!(decode_key(&[9; 1000]), Err(DecodeError::TooNested));
}

#[test]
fn prefix_end_is_the_next_key_without_the_prefix() {
    assert_eq!(key_prefix_end(&[1, 2]), Some(vec![1, 3]));
    assert_eq!(key_prefix_end(&[1, 255, 255]), Some(vec![2]));
    assert_eq!(key_prefix_end(&[255, 255]), None);
    assert_eq!(key_prefix_end(&[]), None);
}

proptest! {
    #[test]
    fn key_order_is_value_order(a in arbitrary::value(), b in arbitrary::value()) {
        let (a_key, b_key) = (key(Some(&a)), key(Some(&b)));
        prop_assert_eq!(a_key.cmp(&b_key), a.cmp(&b));
        prop_assert!(key(None) < a_key);
    }

    /// Neighbouring values differ in their last bytes, where an escape or an end mark could go wrong.
    #[test]
    fn joined_keys_sort_like_tuples(
        a in (arbitrary::scalar(), arbitrary::scalar()), b in (arbitrary::scalar(), arbitrary::scalar()), suffix: [u8; 2],
    ) {
        let join = |pair: &(Value, Value)| {
            let mut out = key(Some(&pair.0));
            encode_key(&mut out, Some(&pair.1));
            out.extend_from_slice(&suffix);
            out
        };
        prop_assert_eq!(join(&a).cmp(&join(&b)), a.cmp(&b));
    }

    #[test]
    fn every_key_reads_back_and_tells_its_end(value in arbitrary::value(), rest: Vec<u8>) {
        let mut bytes = key(Some(&value));
        let length = bytes.len();
        bytes.extend_from_slice(&rest);
        prop_assert_eq!(decode_key(&bytes), Ok((Some(value), length)));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(prop_oneof![0..12u8, any::<u8>()], 0..40)) {
        if let Ok((value, length)) = decode_key(&bytes) {
            prop_assert_eq!(key(value.as_ref()), &bytes[..length], "only one spelling is accepted");
        }
    }
}
