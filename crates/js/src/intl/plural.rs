//! Plural categories of numbers, over ICU4X.

use std::str::FromStr;

use fixed_decimal::UnsignedDecimal;
use icu_plurals::{
    PluralCategory, PluralOperands, PluralRuleType, PluralRules, PluralRulesOptions, PluralRulesPreferences,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::rc::Rc;

use super::decimal::{Decimal, Digits, Number, Rounded};
use super::locale::{self, Resolved};
use super::{Failure, data, number};

/// The rules of one language.
pub(super) struct Plurals {
    rules: PluralRules,
    language: String,
}

impl Plurals {
    pub(super) fn cardinal(resolved: &Resolved) -> Plurals {
        Plurals::new(resolved, PluralRuleType::Cardinal)
    }

    fn new(resolved: &Resolved, kind: PluralRuleType) -> Plurals {
        let make = |preferences: PluralRulesPreferences| {
            PluralRules::try_new(preferences, PluralRulesOptions::default().with_type(kind))
        };
        let rules = make(PluralRulesPreferences::from(&resolved.locale()));
        let rules = rules.or_else(|_| make(PluralRulesPreferences::default()));
        Plurals { rules: rules.expect("the root has plural rules"), language: resolved.language().to_owned() }
    }

    /// The category of a number as it is shown; `exponent` is that of a compact form.
    pub(super) fn select(&self, shown: &Rounded, exponent: i32) -> &'static str {
        name(self.rules.category_for(operands(shown, exponent)))
    }

    pub(super) fn select_range(&self, start: &Rounded, end: &Rounded) -> &'static str {
        let (start, end) = (self.select(start, 0), self.select(end, 0));
        let ranges = data::supplemental("pluralRanges").table(&self.language);
        ranges.and_then(|ranges| ranges.text(&format!("pluralRange-start-{start}-end-{end}"))).unwrap_or(number::OTHER)
    }
}

fn operands(shown: &Rounded, exponent: i32) -> PluralOperands {
    let text = shown.value.plain(shown.fraction_digits_min);
    let significand = UnsignedDecimal::from_str(&text).unwrap_or_else(|_| UnsignedDecimal::from(u32::MAX));
    PluralOperands::from_significand_and_exponent(&significand, u8::try_from(exponent).unwrap_or(0))
}

fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[derive(Deserialize)]
struct Config {
    locales: Vec<Rc<str>>,
    r#type: String,
    #[serde(flatten)]
    digits: Digits,
}

/// `Intl.PluralRules`.
pub(super) struct Selector {
    resolved: Resolved,
    plurals: Plurals,
    digits: Digits,
}

impl Selector {
    pub(super) fn new(config: &str) -> Result<Selector, Failure> {
        let config: Config = super::read(config)?;
        let mut resolved = locale::resolve(&config.locales, &[]);
        // Only Portuguese has rules that depend on the region.
        if resolved.base != "pt-PT" {
            resolved.tag = resolved.language().to_owned();
        }
        let kind = if config.r#type == "ordinal" { PluralRuleType::Ordinal } else { PluralRuleType::Cardinal };
        Ok(Selector { plurals: Plurals::new(&resolved, kind), resolved, digits: config.digits })
    }

    pub(super) fn resolved(&self) -> Value {
        let order = ["few", "many", "one", "two", "zero", "other"];
        let known: Vec<&str> = self.plurals.rules.categories().map(name).collect();
        let categories: Vec<&str> = order.into_iter().filter(|name| known.contains(name)).collect();
        json!({ "locale": self.resolved.tag, "pluralCategories": categories })
    }

    pub(super) fn select(&self, number: &str) -> &'static str {
        self.rounded(number).map_or("other", |shown| self.plurals.select(&shown, 0))
    }

    pub(super) fn select_range(&self, start: &str, end: &str) -> &'static str {
        match (self.rounded(start), self.rounded(end)) {
            (Some(start), Some(end)) => self.plurals.select_range(&start, &end),
            _ => "other",
        }
    }

    fn rounded(&self, number: &str) -> Option<Rounded> {
        match Number::parse(number) {
            Number::Finite(decimal) => Some(self.digits.round(&Decimal::abs(decimal))),
            _ => None,
        }
    }
}

/// Reads the choices of a pattern by plural category, falling back to `other`.
pub(super) fn choose(tree: &super::data::Tree, category: &str) -> Option<&'static str> {
    tree.text(category).or_else(|| tree.text(number::OTHER))
}
