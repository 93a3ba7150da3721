//! The `Range` header, against a file of known size.

use std::ops::Range;

use axum::http::{HeaderMap, header};

/// The part of a file that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    Whole,
    /// Bytes, never empty and inside the file.
    Range(Range<u64>),
    /// Several ranges, or one that lies outside.
    Unsatisfiable,
}

impl Selection {
    /// Reads the header; one that is not about bytes or does not parse counts as absent.
    ///
    /// Source: RFC 9110, section 14.
    pub fn of(headers: &HeaderMap, size: u64) -> Selection {
        let mut values = headers.get_all(header::RANGE).iter();
        let Some(value) = values.next() else { return Selection::Whole };
        if values.next().is_some() {
            return Selection::Unsatisfiable;
        }
        match value.to_str().ok().and_then(byte_ranges) {
            None => Selection::Whole,
            Some(ranges) => select(&ranges, size),
        }
    }
}

/// One range of the header: from a byte, possibly to a last one; or the last bytes.
#[derive(Clone, Copy, Debug)]
enum Asked {
    From(u64, Option<u64>),
    Last(u64),
}

fn byte_ranges(text: &str) -> Option<Vec<Asked>> {
    let (unit, list) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    list.split(',').map(|range| asked(range.trim())).collect()
}

fn asked(text: &str) -> Option<Asked> {
    let (first, last) = text.split_once('-')?;
    match (first, last) {
        ("", last) => number(last).map(Asked::Last),
        (first, "") => number(first).map(|first| Asked::From(first, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Asked::From(first, Some(last)))
        }
    }
}

/// Digits only; what is too large to count is beyond every file all the same.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn select(ranges: &[Asked], size: u64) -> Selection {
    let [asked] = ranges else { return Selection::Unsatisfiable };
    if size == 0 {
        return Selection::Whole;
    }
    let range = match *asked {
        Asked::From(first, last) => first..last.map_or(size, |last| last.saturating_add(1)).min(size),
        Asked::Last(count) => size.saturating_sub(count)..size,
    };
    if range.is_empty() { Selection::Unsatisfiable } else { Selection::Range(range) }
}

#[cfg(test)]
mod tests;
