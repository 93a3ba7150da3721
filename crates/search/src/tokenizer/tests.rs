use expect_test::{Expect, expect};

use super::Tokens;

fn check(text: &str, expected: Expect) {
    let tokens = Tokens::of(text, usize::MAX);
    let tokens: Vec<_> = tokens.iter().collect();
    expected.assert_eq(&tokens.join("|"));
}

#[test]
fn splits_where_neither_letter_nor_digit_is() {
    check("Hello, world! it's 2 o'clock", expect!["hello|world|it|s|2|o|clock"]);
    check("snake_case kebab-case a.b@c.de", expect!["snake|case|kebab|case|a|b|c|de"]);
    check("  \n\t--- ", expect![""]);
}

#[test]
fn lowers_letters_of_every_script() {
    check("GRÜSSE Ёж ΣΊΣΥΦΟΣ İ 東京 Ⅷ", expect!["grüsse|ёж|σίσυφοσ|i\u{307}|東京|ⅷ"]);
}

#[test]
fn drops_tokens_over_32_bytes() {
    let (fits, over) = ("a".repeat(32), "b".repeat(33));
    let text = format!("{fits} {over} c");
    let tokens = Tokens::of(&text, usize::MAX);
    assert_eq!(tokens.iter().collect::<Vec<_>>(), [fits.as_str(), "c"]);
    // Bytes count, not letters: seventeen of two bytes each are too many.
    assert_eq!(Tokens::of(&"ж".repeat(17), usize::MAX).len(), 0);
    assert_eq!(Tokens::of(&"ж".repeat(16), usize::MAX).len(), 1);
}

#[test]
fn a_limit_counts_tokens_that_are_kept() {
    let text = format!("one {} two three", "x".repeat(40));
    assert_eq!(Tokens::of(&text, 2).iter().collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn counts_distinct_tokens_in_order() {
    let counted = Tokens::of("b a B c a b", usize::MAX).counted();
    let counted: Vec<_> = counted.iter().map(|(term, count)| format!("{term}{count}")).collect();
    assert_eq!(counted, ["a2", "b3", "c1"]);
}
