//! The rules for names.

use super::*;

#[test]
fn identifiers_follow_the_grammar() {
    let longest = "a".repeat(64);
    for good in ["a", "_a", "__1", "A9_", "_id", "_creationTime", &longest] {
        assert!(is_identifier(good), "{good}");
    }
    let too_long = "a".repeat(65);
    for bad in ["", "_", "___", "1a", "a b", "a-b", "é", "a.b", "$a", &too_long] {
        assert!(!is_identifier(bad), "{bad}");
    }
}

// `$`-keys, multi-key wrappers, non-ASCII and over-long keys are rejected.
#[test]
fn field_names_are_printable_ascii_without_a_dollar() {
    let longest = "k".repeat(1024);
    for good in ["", "a", "_x", "a b", " ", "~", "a$", "1", &longest] {
        assert_eq!(check_field_name(good), Ok(()), "{good}");
    }
    let too_long = "k".repeat(1025);
    for bad in ["$a", "$", "é", "\u{7f}", "\n", "a\0", &too_long] {
        let error = check_field_name(bad).unwrap_err();
        assert_eq!(error.code(), "InvalidFieldNameError", "{bad}");
    }
    let reserved = check_field_name("$a").unwrap_err().to_string();
    assert_eq!(reserved, "Field name \"$a\" starts with a '$', which is reserved.");
}
