//! The recent writes answer exactly, or say that they do not know.

use bytes::Bytes;
use value::Timestamp;

use super::RecentWrites;
use crate::conformance::{commit, scan};
use crate::engine::Order;
use crate::limits::{RECENT_KEY_BYTES_MAX, RECENT_WRITES_MAX};

#[test]
fn changes_are_found_by_key_and_range() {
    let mut recent = RecentWrites::since(Timestamp(5));
    let first = commit(6, &[("b", Some("1")), ("a", None)]);
    recent.extend(&[first, commit(8, &[("c", Some("1")), ("a", Some("2"))])]);
    assert_eq!(recent.changed(b"b", Timestamp(5)), Some(true));
    assert_eq!(recent.changed(b"b", Timestamp(6)), Some(false));
    assert_eq!(recent.changed(b"b", Timestamp(4)), None);
    let within = |ts| recent.changed_within(&scan("a", "c", Order::Ascending, 1), Timestamp(ts));
    assert_eq!(within(5), Some(vec![Bytes::from("a"), Bytes::from("b")]));
    assert_eq!(within(7), Some(vec![Bytes::from("a")]));
    assert_eq!(within(8), Some(vec![]));
    assert_eq!(within(4), None);
}

#[test]
fn old_writes_are_forgotten_and_admitted_to_be() {
    let mut recent = RecentWrites::since(Timestamp::ZERO);
    for ts in 1..=RECENT_WRITES_MAX as u64 + 10 {
        recent.extend(&[commit(ts, &[("k", None)])]);
    }
    assert_eq!(recent.changed(b"k", Timestamp(9)), None);
    assert_eq!(recent.changed(b"other", Timestamp(10)), Some(false));
    let long = "x".repeat(RECENT_KEY_BYTES_MAX + 1);
    let newest = RECENT_WRITES_MAX as u64 + 11;
    recent.extend(&[commit(newest, &[(&long, None)])]);
    assert_eq!(recent.changed(b"k", Timestamp(newest - 1)), None);
    assert_eq!(recent.changed(b"k", Timestamp(newest)), Some(false));
}
