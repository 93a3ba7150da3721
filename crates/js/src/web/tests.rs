//! Edge cases that are awkward to reach through JavaScript.

use super::*;

#[test]
fn a_bad_base_is_no_url() {
    assert_eq!(url_parse("x", Some("also bad")), None);
    assert_eq!(url_parse("x", None), None);
}

#[test]
fn setting_a_part_to_nonsense_changes_nothing() {
    let parts = url_set("https://a.b/", "port", "letters").expect("the URL itself is fine");
    assert_eq!(parts[0], "https://a.b/");
    assert_eq!(url_set("https://a.b/", "href", "nope"), None);
    assert_eq!(url_set("nope", "port", "1"), None);
}

#[test]
fn unpaired_surrogates_are_replaced_or_refused() {
    assert_eq!(utf16_decode(&[0x3d, 0xd8], false), Some(vec![0xfffd]));
    assert_eq!(utf16_decode(&[0x3d, 0xd8], true), None);
    assert_eq!(utf16_decode(&[0x61, 0, 0x62], false), Some(vec![0x61, 0xfffd]));
    assert_eq!(utf16_decode(&[0x61, 0, 0x62], true), None);
}
