//! Labels, streaming state and searching.

use super::*;

fn whole(bytes: &[u8]) -> Input<'_> {
    Input { before: b"", bytes, is_last: true, fatal: true }
}

#[test]
fn labels_are_case_insensitive_and_trimmed() {
    assert_eq!(name_of(" Latin1 "), Some("windows-1252".to_owned()));
    assert_eq!(name_of("sjis"), Some("shift_jis".to_owned()));
    assert_eq!(name_of("iso-2022-cn"), None);
    assert_eq!(name_of("nonsense"), None);
}

#[test]
fn the_state_of_a_stream_is_rebuilt_from_what_came_before() {
    assert_eq!(decode("shift_jis", &whole(&[0x82, 0xa0])).as_deref(), Some("あ"));
    let second = Input { before: &[0x82], bytes: &[0xa0], is_last: true, fatal: true };
    assert_eq!(decode("shift_jis", &second).as_deref(), Some("あ"));
    assert_eq!(decode("shift_jis", &whole(&[0x82])), None);
}

#[test]
fn a_needle_is_found_from_a_place_on() {
    assert_eq!(find(b"abcabc", b"abc", 0), Some(0));
    assert_eq!(find(b"abcabc", b"abc", 1), Some(3));
    assert_eq!(find(b"abcab", b"abc", 1), None);
    assert_eq!(find(b"ab", b"abc", 9), None);
}
