//! The total order over the full chain.

use std::{
    cmp::Ordering,
    hash::{BuildHasher, RandomState},
};

use proptest::prelude::*;

use crate::{Value, arbitrary};

/// Ascending; `{"$undefined":null}` stands for the missing field.
const CHAIN: &[&str] = &[
    r#"{"$undefined":null}"#,
    "null",
    r#"{"$integer":"AAAAAAAAAIA="}"#,
    r#"{"$integer":"//////////8="}"#,
    r#"{"$integer":"AAAAAAAAAAA="}"#,
    r#"{"$integer":"BQAAAAAAAAA="}"#,
    r#"{"$integer":"/////////38="}"#,
    r#"{"$float":"AAAAAAAA+P8="}"#,
    r#"{"$float":"AAAAAAAA8P8="}"#,
    "-1e308",
    "-1.0",
    "-5e-324",
    r#"{"$float":"AAAAAAAAAIA="}"#,
    "0",
    "5e-324",
    "0.5",
    "1",
    "1e308",
    r#"{"$float":"AAAAAAAA8H8="}"#,
    r#"{"$float":"AAAAAAAA+H8="}"#,
    r#"{"$float":"AQAAAAAA+H8="}"#,
    "false",
    "true",
    r#""""#,
    r#""\u0000""#,
    r#""A""#,
    r#""a""#,
    r#""a\u0000""#,
    r#""aa""#,
    r#""b""#,
    "\"\u{fffd}\"",
    "\"\u{1f600}\"",
    r#"{"$bytes":""}"#,
    r#"{"$bytes":"AA=="}"#,
    r#"{"$bytes":"AAA="}"#,
    r#"{"$bytes":"/w=="}"#,
    "[]",
    "[null]",
    "[null,null]",
    "[1]",
    r#"["a"]"#,
    r#"["a",1]"#,
    "[[]]",
    "{}",
    r#"{"a":1}"#,
    r#"{"a":1,"b":1}"#,
    r#"{"a":2}"#,
    r#"{"aa":1}"#,
    r#"{"b":0}"#,
];

pub(crate) fn chain() -> Vec<Option<Value>> {
    let texts = CHAIN.iter();
    texts.map(|text| Value::parse_json_or_undefined(text).unwrap()).collect()
}

// Order of 1.4 holds over the full chain, including NaN signs, -0/0 and astral strings.
// total order across all types drives index order, filters and range bounds identically
// int64 `1n` and float64 `1` are different keys; `-0 < 0`; NaN is largest float and equals itself
#[test]
fn chain_ascends_in_both_directions() {
    let chain = chain();
    for (i, a) in chain.iter().enumerate() {
        for (j, b) in chain.iter().enumerate() {
            assert_eq!(a.cmp(b), i.cmp(&j), "{} against {}", CHAIN[i], CHAIN[j]);
            assert_eq!(a == b, i == j);
        }
    }
}

#[test]
fn commit_timestamp_placeholder_equals_the_largest_integer() {
    let largest = Value::Int64(i64::MAX);
    assert_eq!(Value::CommitTs.cmp(&largest), Ordering::Equal);
    assert_eq!(largest, Value::CommitTs);
    assert!(Value::Int64(i64::MAX - 1) < Value::CommitTs);
    assert!(Value::CommitTs < Value::Float64(-f64::NAN));
    let hasher = RandomState::new();
    assert_eq!(hasher.hash_one(&largest), hasher.hash_one(Value::CommitTs));
}

proptest! {
    #[test]
    fn order_is_total_and_hash_agrees(a in arbitrary::value(), b in arbitrary::value(), c in arbitrary::value()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        prop_assert_eq!(a.cmp(&a.clone()), Ordering::Equal);
        let hasher = RandomState::new();
        prop_assert_eq!(hasher.hash_one(&a), hasher.hash_one(a.clone()));
        if a == b {
            prop_assert_eq!(hasher.hash_one(&a), hasher.hash_one(&b));
        }
    }
}
