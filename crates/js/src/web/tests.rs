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

// Known to be wrong: only in special URLs does a backslash end the port, so this should be no URL at all.
#[test]
fn a_backslash_ends_the_port_of_any_url() {
    let parts = url_parse("x-y://h:1\\e", None).expect("is taken for a URL");
    assert_eq!(parts[0], "x-y://h:1/\\e");
}

#[test]
fn blobs_have_the_origin_of_a_page() {
    let origin = |url: &str| url_parse(url, None).expect("is a URL")[1].clone();
    assert_eq!(origin("blob:https://a.b/x"), "https://a.b");
    for url in ["blob:ftp://a.b/x", "blob:x", "blob:blob:https://a.b/x"] {
        assert_eq!(origin(url), "null", "{url}");
    }
}

#[test]
fn unpaired_surrogates_are_replaced_or_refused() {
    assert_eq!(utf16_decode(&[0x3d, 0xd8], false), Some(vec![0xfffd]));
    assert_eq!(utf16_decode(&[0x3d, 0xd8], true), None);
    assert_eq!(utf16_decode(&[0x61, 0, 0x62], false), Some(vec![0x61, 0xfffd]));
    assert_eq!(utf16_decode(&[0x61, 0, 0x62], true), None);
    assert_eq!(
        utf16_decode(&[0x3d, 0xd8, 0x62], false),
        Some(vec![0xfffd]),
        "half a pair and half a unit are one error"
    );
    assert_eq!(utf16_decode(&[0x3d, 0xdc, 0x62], false), Some(vec![0xfffd, 0xfffd]));
}
