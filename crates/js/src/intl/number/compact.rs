//! Compact notation: `1.2K`, `3 million`.

use super::pattern::Pattern;
use super::{CompactDisplay, Config, CurrencyDisplay, Notation, Style};
use crate::intl::data::Tree;
use crate::intl::decimal::{Decimal, Digits, Rounded};

/// The patterns by power of ten and plural category.
pub(super) struct Patterns {
    tree: Tree,
    /// The largest power of ten that has a pattern.
    power_max: i32,
}

impl Patterns {
    /// A numbering system without compact patterns takes those of `latn`.
    pub(super) fn new(config: &Config, formats: &Tree, latin: &Tree) -> Patterns {
        if config.notation != Notation::Compact {
            return Patterns { tree: Tree::default(), power_max: 0 };
        }
        let of_currency = config.style == Style::Currency && config.currency_display != CurrencyDisplay::Name;
        let path = match config.compact_display {
            _ if of_currency => ["currencyFormats", "short", "standard"],
            CompactDisplay::Short => ["decimalFormats", "short", "decimalFormat"],
            CompactDisplay::Long => ["decimalFormats", "long", "decimalFormat"],
        };
        let own = formats.at(&path);
        let tree = if own.is_empty() { latin.at(&path) } else { own };
        let lengths = tree.keys().into_iter().filter_map(|key| key.split('-').next()).map(str::len);
        let power_max = lengths.max().map_or(0, |length| length as i32 - 1);
        Patterns { tree, power_max }
    }

    /// The number as it is shown, and the power of ten that its pattern stands for.
    pub(super) fn scale(&self, decimal: &Decimal, digits: &Digits) -> (Rounded, i32) {
        let at = |magnitude: i32| {
            let exponent = self.exponent(magnitude);
            (digits.round(&decimal.clone().times_ten_to(-exponent)), exponent)
        };
        let (rounded, exponent) = at(decimal.magnitude());
        let magnitude = rounded.value.magnitude() + exponent;
        if !rounded.value.is_zero() && magnitude > decimal.magnitude() && self.exponent(magnitude) != exponent {
            return at(magnitude);
        }
        (rounded, exponent)
    }

    /// The pattern for numbers of this magnitude, unless it is that of plain numbers.
    pub(super) fn pattern(&self, magnitude: i32, shown: &Rounded, category: &str) -> Option<Pattern> {
        let exact = if shown.value.plain(shown.fraction_digits_min) == "1" { self.text(magnitude, "1") } else { None };
        let text = exact.or_else(|| self.text(magnitude, category)).or_else(|| self.text(magnitude, super::OTHER))?;
        (text != "0").then(|| Pattern::read_compact(text))
    }

    fn exponent(&self, magnitude: i32) -> i32 {
        match self.text(magnitude, super::OTHER) {
            None | Some("0") => 0,
            Some(text) => {
                let zeros = Pattern::read(text).zeros as i32;
                magnitude.min(self.power_max) - (zeros.max(1) - 1)
            }
        }
    }

    fn text(&self, magnitude: i32, category: &str) -> Option<&'static str> {
        if magnitude < 3 {
            return None;
        }
        let power = 10_u64.pow(magnitude.min(self.power_max) as u32);
        self.tree.text(&format!("{power}-count-{category}"))
    }
}
