use axum::http::{HeaderMap, HeaderValue, header};

use super::Selection;

fn check(values: &[&str], size: u64, expected: Selection) {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header::RANGE, HeaderValue::from_str(value).unwrap());
    }
    assert_eq!(Selection::of(&headers, size), expected, "{values:?} of {size}");
}

fn range(values: &[&str], size: u64, start: u64, end: u64) {
    check(values, size, Selection::Range(start..end));
}

#[test]
fn one_range_selects_its_bytes() {
    range(&["bytes=0-0"], 10, 0, 1);
    range(&["bytes=2-4"], 10, 2, 5);
    range(&["bytes=2-"], 10, 2, 10);
    range(&["bytes=9-"], 10, 9, 10);
    range(&["BYTES = 2-400"], 10, 2, 10);
    range(&["bytes=0-18446744073709551615"], 10, 0, 10);
    range(&["bytes=0-99999999999999999999999"], 10, 0, 10);
}

#[test]
fn suffix_ranges_count_from_the_end() {
    range(&["bytes=-3"], 10, 7, 10);
    range(&["bytes=-10"], 10, 0, 10);
    range(&["bytes=-11"], 10, 0, 10);
    check(&["bytes=-0"], 10, Selection::Unsatisfiable);
}

#[test]
fn several_ranges_and_ranges_outside_cannot_be_satisfied() {
    check(&["bytes=10-"], 10, Selection::Unsatisfiable);
    check(&["bytes=10-20"], 10, Selection::Unsatisfiable);
    check(&["bytes=0-1,4-5"], 10, Selection::Unsatisfiable);
    check(&["bytes=0-1", "bytes=4-5"], 10, Selection::Unsatisfiable);
    check(&["bytes=0-1,4-5"], 0, Selection::Unsatisfiable);
}

#[test]
fn an_empty_file_is_always_whole() {
    check(&["bytes=0-"], 0, Selection::Whole);
    check(&["bytes=-5"], 0, Selection::Whole);
    check(&[], 0, Selection::Whole);
}

#[test]
fn what_is_not_a_byte_range_is_ignored() {
    for value in ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=+1-2", "pages=1-2", "bytes=1-2,x"]
    {
        check(&[value], 10, Selection::Whole);
    }
}
