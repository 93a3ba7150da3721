//! Function addresses: parsing and display.

use super::*;

fn parsed(text: &str) -> String {
    FunctionPath::parse(text).map(|path| path.to_string()).unwrap_or_else(|error| format!("error: {error}"))
}

#[test]
fn addresses_have_one_canonical_form() {
    assert_eq!(parsed("messages:list"), "messages.js:list");
    assert_eq!(parsed("messages.js:list"), "messages.js:list");
    assert_eq!(parsed("a/b"), "a/b.js:default");
    assert_eq!(FunctionPath::parse("a/b").map(|p| p.display_name()), Ok("a/b".to_owned()));
    assert_eq!(FunctionPath::parse("a/b:c").map(|p| p.display_name()), Ok("a/b:c".to_owned()));
}

// - [ ] invalid module path component refused
#[test]
fn bad_addresses_are_refused() {
    for bad in ["", ":x", "a//b:c", "a-b:c", "/a:b", "a:1x", "a:__", "a.ts:b", "..:x", "a/../b:c"] {
        assert!(FunctionPath::parse(bad).is_err(), "{bad} was accepted");
    }
}
