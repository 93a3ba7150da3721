//! Ranges of numbers: what both ends share is written once.
//!
//! What counts as shared, and where spaces are added, follows ICU: names of units always, other affixes when they are
//! longer than one character.

use super::{NumberFormat, OTHER, Shaped};
use crate::intl::decimal::Number;
use crate::intl::parts::{LITERAL, Parts, Slot, Source, fill};

impl NumberFormat {
    pub(in crate::intl) fn format_range(&self, start: &str, end: &str) -> Parts {
        let (left, right) = (self.shape(&Number::parse(start)), self.shape(&Number::parse(end)));
        if self.assemble(&left) == self.assemble(&right) {
            return self.approximately(&left);
        }
        let shares_middle = left.middle == right.middle && left.sign == right.sign && self.middle_length(&left) > 1;
        let spaced = left.has_exponent || (!shares_middle && self.middle_length(&left) > 0);
        let outer = self.outer(self.range_category(&left, &right)).affixes;
        let mut parts = Parts::default();
        self.push_all(&mut parts, &outer.0, &left);
        if shares_middle {
            self.push_before(&mut parts, &left);
            self.join(&mut parts, left.digits.clone(), right.digits.clone(), spaced);
            self.push_after(&mut parts, &left);
        } else {
            let inner = |shaped: &Shaped| {
                let mut inner = Parts::default();
                self.push_inner(&mut inner, shaped);
                inner
            };
            self.join(&mut parts, inner(&left), inner(&right), spaced);
        }
        self.push_all(&mut parts, &outer.1, &left);
        parts
    }

    /// Both ends look the same.
    fn approximately(&self, shaped: &Shaped) -> Parts {
        let mut parts = Parts::default();
        let mut whole = self.assemble(shaped);
        let is_mark = |text: &str| text.chars().all(|char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{61c}'));
        if whole.0.first().is_some_and(|first| first.kind == LITERAL && is_mark(&first.text)) {
            parts.0.push(whole.0.remove(0));
        }
        parts.push("approximatelySign", self.symbols.approximately);
        parts.append(whole);
        parts
    }

    /// Characters around the digits, names of units not counted.
    fn middle_length(&self, shaped: &Shaped) -> usize {
        let mut parts = Parts::default();
        let (before, after) = &shaped.middle;
        self.push_all(&mut parts, before, shaped);
        self.push_all(&mut parts, after, shaped);
        parts.text().chars().count()
    }

    fn range_category(&self, left: &Shaped, right: &Shaped) -> &'static str {
        match (&left.rounded, &right.rounded) {
            (Some(left), Some(right)) => self.plurals.select_range(left, right),
            _ => OTHER,
        }
    }

    fn join(&self, parts: &mut Parts, left: Parts, right: Parts, spaced: bool) {
        let (mut left, mut right) = (left.belonging_to(Source::Start), right.belonging_to(Source::End));
        // Literals that touch what joins the ends belong to neither.
        for border in [left.0.last_mut(), right.0.first_mut()].into_iter().flatten() {
            if border.kind == LITERAL {
                border.source = Source::Shared;
            }
        }
        let mut ends = [Some(left), Some(right)];
        fill(self.symbols.range, |slot| match slot {
            Slot::Text(text) if spaced => {
                let before = if text.starts_with(char::is_whitespace) { "" } else { " " };
                let after = if text.ends_with(char::is_whitespace) { "" } else { " " };
                parts.push(LITERAL, format!("{before}{text}{after}"));
            }
            Slot::Text(text) => parts.push(LITERAL, text),
            Slot::Index(index) => {
                if let Some(end) = ends.get_mut(index).and_then(Option::take) {
                    parts.append(end);
                }
            }
        });
    }
}
