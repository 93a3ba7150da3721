//! Digits and signs of a numbering system in a locale.

use crate::intl::data::{self, Tree};

pub(in crate::intl) struct Symbols {
    pub(in crate::intl) system: String,
    digits: Vec<char>,
    pub(super) decimal: &'static str,
    pub(super) group: &'static str,
    pub(super) minus: &'static str,
    pub(super) plus: &'static str,
    pub(super) percent: &'static str,
    pub(super) exponential: &'static str,
    pub(super) infinity: &'static str,
    pub(super) nan: &'static str,
    pub(super) approximately: &'static str,
    pub(super) range: &'static str,
    /// Digits that must stand before the first group for groups to be shown.
    pub(super) grouping_min: usize,
}

impl Symbols {
    pub(super) fn new(data: &Tree, system: &str, of_currency: bool) -> Symbols {
        let formats = super::formats_of(data, system);
        let symbols = formats.child("symbols");
        let text = |key: &str, otherwise: &'static str| symbols.text(key).unwrap_or(otherwise);
        let money = |key: &str, key_of_money: &str, otherwise: &'static str| {
            let own = if of_currency { symbols.text(key_of_money) } else { None };
            own.unwrap_or_else(|| text(key, otherwise))
        };
        let grouping = data.child("numbers").text("grouping").and_then(|text| text.parse().ok());
        Symbols {
            system: system.to_owned(),
            digits: data::supplemental("digits").text(system).unwrap_or("0123456789").chars().collect(),
            decimal: money("decimal", "currencyDecimal", "."),
            group: money("group", "currencyGroup", ","),
            minus: text("minusSign", "-"),
            plus: text("plusSign", "+"),
            percent: text("percentSign", "%"),
            exponential: text("exponential", "E"),
            infinity: text("infinity", "∞"),
            nan: text("nan", "NaN"),
            approximately: text("approximatelySign", "~"),
            range: formats.child("miscPatterns").text("range").unwrap_or("{0}–{1}"),
            grouping_min: grouping.unwrap_or(1),
        }
    }

    pub(in crate::intl) fn digit(&self, digit: u8) -> char {
        self.digits.get(usize::from(digit)).copied().unwrap_or('0')
    }

    /// Decimal digits in this numbering system.
    pub(in crate::intl) fn localize(&self, text: &str) -> String {
        let localize = |char: char| match char.to_digit(10) {
            Some(digit) => self.digit(digit as u8),
            None => char,
        };
        text.chars().map(localize).collect()
    }

    pub(in crate::intl) fn minus_sign(&self) -> &'static str {
        self.minus
    }

    pub(in crate::intl) fn decimal_point(&self) -> &'static str {
        self.decimal
    }
}
