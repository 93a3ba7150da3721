//! Timestamps on the wire.

use super::*;

#[test]
fn wire_form_is_base64_of_little_endian_bytes() {
    let vectors = [
        (Timestamp::ZERO, "AAAAAAAAAAA="),
        (Timestamp(1), "AQAAAAAAAAA="),
        (Timestamp(256), "AAEAAAAAAAA="),
        (Timestamp::MAX, "//////////8="),
    ];
    for (ts, wire) in vectors {
        assert_eq!(ts.to_wire(), wire);
        assert_eq!(Timestamp::from_wire(wire), Ok(ts));
    }
}

#[test]
fn anything_else_on_the_wire_is_refused() {
    for bad in ["", "AAAA", "AAAAAAAAAAA", "AAAAAAAAAAAA", "AAAAAAAAAAB=", "é", "1"] {
        assert_eq!(Timestamp::from_wire(bad), Err(TimestampError), "{bad}");
    }
}

#[test]
fn successor_stops_at_the_maximum() {
    assert_eq!(Timestamp(7).succ(), Timestamp(8));
    assert_eq!(Timestamp::MAX.succ(), Timestamp::MAX);
}
