//! Names and symbols of currencies and units.

use super::pattern::Affix;
use super::{Affixes, Config, CurrencyDisplay, Notation, NumberFormat, Style};
use crate::intl::data::Tree;
use crate::intl::parts::{Slot, fill};
use crate::intl::plural;

/// How a currency is written.
pub(super) struct CurrencyText {
    pub(super) text: String,
    pub(super) space_before_digits: &'static str,
    pub(super) space_after_digits: &'static str,
    /// Patterns that join a number and the name of its currency.
    joined: Tree,
    name: Tree,
}

impl CurrencyText {
    pub(super) fn new(config: &Config, data: &Tree, formats: &Tree) -> CurrencyText {
        let name = data.at(&["currencies", &config.currency]);
        let code = config.currency.as_str();
        let text = match config.currency_display {
            CurrencyDisplay::Symbol => name.text("symbol").unwrap_or(code),
            CurrencyDisplay::NarrowSymbol => name.text("narrow").or_else(|| name.text("symbol")).unwrap_or(code),
            CurrencyDisplay::Code | CurrencyDisplay::Name => code,
        };
        let currency_formats = formats.child("currencyFormats");
        let space =
            |side: &str| currency_formats.at(&["currencySpacing", side]).text("insertBetween").unwrap_or("\u{a0}");
        CurrencyText {
            text: text.to_owned(),
            space_before_digits: space("beforeCurrency"),
            space_after_digits: space("afterCurrency"),
            joined: currency_formats,
            name,
        }
    }

    fn name(&self, category: &str) -> String {
        let by_count = plural::choose(&self.name.child("counts"), category);
        by_count.or_else(|| self.name.text("name")).unwrap_or(&self.text).to_owned()
    }
}

/// Whether a character is neither a symbol nor a space, so that digits must not touch it.
pub(super) fn keeps_distance(char: char) -> bool {
    use icu_properties::props::{EnumeratedProperty, GeneralCategory, GeneralCategoryGroup};
    let apart = GeneralCategoryGroup::Symbol.union(GeneralCategoryGroup::Separator);
    !apart.contains(GeneralCategory::for_char(char))
}

/// The name of a unit or a currency, around everything else.
pub(super) struct Outer {
    pub(super) affixes: Affixes,
    pub(super) speaks_for_digits: bool,
}

/// The unit or the currency's name in the form that its number asks for.
pub(super) fn outer(format: &NumberFormat, category: &str) -> Outer {
    let config = &format.config;
    let pattern = match config.style {
        Style::Currency if config.currency_display == CurrencyDisplay::Name => {
            let key = format!("unitPattern-count-{category}");
            let joined = &format.currency.joined;
            let pattern = joined.text(&key).or_else(|| joined.text("unitPattern-count-other")).unwrap_or("{0} {1}");
            pattern.replace("{1}", &format.currency.name(category))
        }
        Style::Unit if !config.is_plain_percent() => {
            unit_pattern(&config.unit, &config.unit_display, &format.resolved.data, category)
        }
        Style::Percent if config.notation == Notation::Compact => {
            unit_pattern("percent", "short", &format.resolved.data, category)
        }
        _ => return Outer { affixes: Affixes::default(), speaks_for_digits: false },
    };
    Outer { affixes: split(&pattern), speaks_for_digits: !pattern.contains("{0}") }
}

/// The pattern of a unit, simple or `a-per-b`.
fn unit_pattern(unit: &str, width: &str, data: &Tree, category: &str) -> String {
    let units = data.at(&["units", width]);
    let own = units.child(unit);
    if let Some(pattern) = plural::choose(&own, category) {
        return pattern.to_owned();
    }
    let (numerator, denominator) = unit.split_once("-per-").unwrap_or((unit, ""));
    let above = plural::choose(&units.child(numerator), category).unwrap_or("{0}").to_owned();
    let below = units.child(denominator);
    if let Some(pattern) = below.text("per") {
        return pattern.replace("{0}", &above);
    }
    let single = plural::choose(&below, "one").unwrap_or("{0}").replace("{0}", "");
    let joined = units.child("per").text("pattern").unwrap_or("{0}/{1}");
    joined.replace("{0}", &above).replace("{1}", single.trim())
}

/// What a pattern has before and after its `{0}`, the white space apart from the words.
fn split(pattern: &str) -> Affixes {
    let mut sides = [Vec::new(), Vec::new()];
    let mut side = 0;
    fill(pattern, |slot| match slot {
        Slot::Index(_) => side = 1,
        Slot::Text(text) => {
            let word = text.trim();
            let start = text.find(word).unwrap_or(0);
            let (before, after) = (&text[..start], &text[start + word.len()..]);
            let pieces = [Affix::Text(before.to_owned()), Affix::Unit(word.to_owned()), Affix::Text(after.to_owned())];
            let says_something =
                |affix: &Affix| !matches!(affix, Affix::Text(text) | Affix::Unit(text) if text.is_empty());
            sides[side].extend(pieces.into_iter().filter(says_something));
        }
    });
    let [before, after] = sides;
    (before, after)
}
