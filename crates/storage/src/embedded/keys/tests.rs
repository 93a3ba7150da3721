//! Escaped keys keep the order of keys, and none is a prefix of another.

use proptest::collection::vec;
use proptest::prelude::*;
use value::Timestamp;

use super::{escape, escaped_part, history_key, log_key, parse_log_key, unescape};

/// Keys from few byte values, so that prefixes and zeros are common.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(0u8), Just(1), Just(0xFE), Just(0xFF)], 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn escaping_is_undone(key in key()) {
        prop_assert_eq!(unescape(&escape(&key)), Some(key));
    }

    #[test]
    fn escaping_keeps_order(a in key(), b in key()) {
        prop_assert_eq!(escape(&a).cmp(&escape(&b)), a.cmp(&b));
    }

    #[test]
    fn no_escaped_key_begins_another(a in key(), b in key()) {
        prop_assert_eq!(escape(&b).starts_with(&escape(&a)), a == b);
    }

    #[test]
    fn histories_do_not_interleave(a in key(), b in key(), s in any::<u64>(), t in any::<u64>()) {
        let (s, t) = (Timestamp(s), Timestamp(t));
        let expected = (&a, s).cmp(&(&b, t));
        prop_assert_eq!(history_key(&a, s).cmp(&history_key(&b, t)), expected);
    }

    #[test]
    fn history_keys_give_their_key_back(key in key(), ts in any::<u64>()) {
        let stored = history_key(&key, Timestamp(ts));
        prop_assert_eq!(escaped_part(&stored).and_then(unescape), Some(key));
    }

    #[test]
    fn bytes_that_are_no_escaped_key_are_noticed(bytes in key()) {
        if let Some(key) = unescape(&bytes) {
            prop_assert_eq!(escape(&key), bytes);
        }
    }
}

#[test]
fn log_keys_are_timestamps() {
    assert_eq!(parse_log_key(&log_key(Timestamp(258))), Some(Timestamp(258)));
    assert_eq!(parse_log_key(b"short"), None);
}
