//! `Intl.NumberFormat`: numbers as text.

mod compact;
pub(super) mod pattern;
mod range;
mod symbols;
mod unit;

use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Value, json};

use self::pattern::{Affix, Pattern};
pub(super) use self::symbols::Symbols;
use super::data::{self, Tree};
use super::decimal::{Decimal, Digits, Number, Rounded};
use super::locale::{self, Keyword, Resolved};
use super::parts::{LITERAL, Parts};
use super::plural::Plurals;
use super::{Failure, read};

/// The plural category that every pattern has.
pub(super) const OTHER: &str = "other";

/// The options of a format, as the JavaScript side read them.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Config {
    locales: Vec<Rc<str>>,
    numbering_system: Option<String>,
    style: Style,
    currency: String,
    currency_display: CurrencyDisplay,
    currency_sign: CurrencySign,
    unit: String,
    unit_display: String,
    notation: Notation,
    compact_display: CompactDisplay,
    sign_display: SignDisplay,
    use_grouping: Grouping,
    #[serde(flatten)]
    digits: Digits,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            locales: Vec::new(),
            numbering_system: None,
            style: Style::Decimal,
            currency: String::new(),
            currency_display: CurrencyDisplay::Symbol,
            currency_sign: CurrencySign::Standard,
            unit: String::new(),
            unit_display: String::new(),
            notation: Notation::Standard,
            compact_display: CompactDisplay::Short,
            sign_display: SignDisplay::Auto,
            use_grouping: Grouping::Auto,
            digits: Digits { minimum_integer_digits: 1, rounding_increment: 1, ..Digits::default() },
        }
    }
}

impl Config {
    /// Whether the locale's pattern for percentages is used, rather than the unit.
    fn is_plain_percent(&self) -> bool {
        let as_unit = self.style == Style::Unit && self.unit == "percent" && self.unit_display != "long";
        (self.style == Style::Percent || as_unit) && self.notation != Notation::Compact
    }
}

macro_rules! choices {
    ($($name:ident { $($choice:ident),* })*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) enum $name { $($choice),* }
    )*};
}

choices! {
    Style { Decimal, Percent, Currency, Unit }
    CurrencyDisplay { Symbol, NarrowSymbol, Code, Name }
    CurrencySign { Standard, Accounting }
    Notation { Standard, Scientific, Engineering, Compact }
    CompactDisplay { Short, Long }
    SignDisplay { Auto, Always, Never, ExceptZero, Negative }
    Grouping { Auto, Always, Min2, False }
}

/// A format, ready for use.
pub(super) struct NumberFormat {
    resolved: Resolved,
    config: Config,
    pub(super) symbols: Symbols,
    pattern: Pattern,
    plurals: Plurals,
    compact: compact::Patterns,
    currency: unit::CurrencyText,
}

/// The sign a number is shown with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    None,
    Minus,
    Plus,
}

/// What stands before and after.
type Affixes = (Vec<Affix>, Vec<Affix>);

/// A number taken apart, before its pieces are put in order.
struct Shaped {
    sign: Sign,
    digits: Parts,
    /// Sign, symbol of a currency, compact words.
    middle: Affixes,
    /// Names of units and currencies.
    outer: Affixes,
    rounded: Option<Rounded>,
    has_exponent: bool,
}

impl NumberFormat {
    pub(super) fn new(config: &str) -> Result<NumberFormat, Failure> {
        Ok(NumberFormat::with_config(read(config)?))
    }

    /// Plain decimal numbers, for formats that hold numbers in a text.
    pub(super) fn plain(resolved: &Resolved, system: &str) -> NumberFormat {
        let digits = Digits {
            minimum_integer_digits: 1,
            maximum_fraction_digits: Some(3),
            rounding_increment: 1,
            ..Digits::default()
        };
        let locales = vec![Rc::from(resolved.base.as_str())];
        let numbering_system = Some(system.to_owned());
        NumberFormat::with_config(Config { locales, numbering_system, digits, ..Config::default() })
    }

    fn with_config(config: Config) -> NumberFormat {
        let resolved = resolve(&config.locales, config.numbering_system.as_deref());
        let system = numbering_system(&resolved);
        let symbols = Symbols::new(&resolved.data, &system, config.style == Style::Currency);
        let formats = formats_of(&resolved.data, &system);
        let pattern = Pattern::read(standard_pattern(&config, &formats));
        let compact = compact::Patterns::new(&config, &formats, &formats_of(&resolved.data, "latn"));
        let currency = unit::CurrencyText::new(&config, &resolved.data, &formats);
        let plurals = Plurals::cardinal(&resolved);
        NumberFormat { resolved, config, symbols, pattern, plurals, compact, currency }
    }

    pub(super) fn resolved(&self) -> Value {
        json!({ "locale": self.resolved.tag, "numberingSystem": self.symbols.system })
    }

    pub(super) fn format(&self, number: &str) -> Parts {
        self.format_number(&Number::parse(number))
    }

    pub(super) fn format_number(&self, number: &Number) -> Parts {
        let shaped = self.shape(number);
        self.assemble(&shaped)
    }

    /// The plural category under which this format shows a number.
    pub(super) fn category(&self, number: &Number) -> &'static str {
        let Number::Finite(decimal) = number else { return OTHER };
        self.plurals.select(&self.config.digits.round(&decimal.clone().abs()), 0)
    }

    fn shape(&self, number: &Number) -> Shaped {
        let negative = number.is_negative();
        let number = match number {
            Number::Finite(decimal) if self.config.style == Style::Percent => {
                Number::Finite(decimal.clone().times_ten_to(2))
            }
            other => other.clone(),
        };
        let Number::Finite(decimal) = number else {
            let mut digits = Parts::default();
            match number {
                Number::Nan => digits.push("nan", self.symbols.nan),
                _ => digits.push("infinity", self.symbols.infinity),
            }
            let sign = self.sign(negative, number == Number::Nan);
            return Shaped {
                sign,
                digits,
                middle: self.affixes(sign, &self.pattern),
                outer: self.outer(OTHER).affixes,
                rounded: None,
                has_exponent: false,
            };
        };
        match self.config.notation {
            Notation::Compact => self.shape_compact(&decimal),
            Notation::Scientific | Notation::Engineering => self.shape_scientific(&decimal),
            Notation::Standard => self.shape_standard(&decimal),
        }
    }

    fn shape_standard(&self, decimal: &Decimal) -> Shaped {
        let rounded = self.config.digits.round(decimal);
        let sign = self.sign(decimal.negative, rounded.value.is_zero());
        let outer = self.outer(self.plurals.select(&rounded, 0));
        let middle = self.affixes(sign, &self.pattern);
        Shaped::new(sign, self.digits(&rounded), middle, outer).of(rounded)
    }

    fn shape_scientific(&self, decimal: &Decimal) -> Shaped {
        let step = if self.config.notation == Notation::Engineering { 3 } else { 1 };
        let exponent_of = |decimal: &Decimal| decimal.magnitude().div_euclid(step) * step;
        let mut exponent = exponent_of(decimal);
        let scaled = |exponent: i32| self.config.digits.round(&decimal.clone().times_ten_to(-exponent));
        let mut rounded = scaled(exponent);
        if !rounded.value.is_zero() && rounded.value.magnitude() >= step {
            exponent += step;
            rounded = scaled(exponent);
        }
        let sign = self.sign(decimal.negative, rounded.value.is_zero());
        let mut digits = self.digits(&rounded);
        digits.push("exponentSeparator", self.symbols.exponential);
        if exponent < 0 {
            push_sign(&mut digits, "exponentMinusSign", self.symbols.minus);
        }
        digits.push("exponentInteger", self.symbols.localize(&exponent.unsigned_abs().to_string()));
        let outer = self.outer(self.plurals.select(&rounded, exponent));
        let shaped = Shaped::new(sign, digits, self.affixes(sign, &self.pattern), outer);
        Shaped { has_exponent: true, ..shaped.of(rounded) }
    }

    fn shape_compact(&self, decimal: &Decimal) -> Shaped {
        let (rounded, exponent) = self.compact.scale(decimal, &self.config.digits);
        let sign = self.sign(decimal.negative, rounded.value.is_zero());
        let category = self.plurals.select(&rounded, exponent);
        let scaled_category = self.plurals.select(&rounded, 0);
        let magnitude = if rounded.value.is_zero() { 0 } else { rounded.value.magnitude() + exponent };
        let pattern = self.compact.pattern(magnitude, &rounded, scaled_category);
        let has_digits = pattern.as_ref().is_none_or(|pattern| pattern.zeros > 0);
        let middle = self.affixes(sign, pattern.as_ref().unwrap_or(&self.pattern));
        let digits = if has_digits { self.digits(&rounded) } else { Parts::default() };
        Shaped::new(sign, digits, middle, self.outer(category)).of(rounded)
    }

    fn sign(&self, negative: bool, is_zero: bool) -> Sign {
        let minus = if negative { Sign::Minus } else { Sign::None };
        let plus = if negative { Sign::Minus } else { Sign::Plus };
        match self.config.sign_display {
            SignDisplay::Auto => minus,
            SignDisplay::Always => plus,
            SignDisplay::Never => Sign::None,
            SignDisplay::ExceptZero if is_zero => Sign::None,
            SignDisplay::ExceptZero => plus,
            SignDisplay::Negative if is_zero => Sign::None,
            SignDisplay::Negative => minus,
        }
    }

    /// What a pattern has around the digits, the sign among it.
    fn affixes(&self, sign: Sign, pattern: &Pattern) -> Affixes {
        let has_sign = |(before, after): &Affixes| before.contains(&Affix::Minus) || after.contains(&Affix::Minus);
        let own = pattern.negative.as_ref().filter(|own| sign == Sign::Minus || (sign == Sign::Plus && has_sign(own)));
        let (mut before, after) = own.cloned().unwrap_or_else(|| (pattern.prefix.clone(), pattern.suffix.clone()));
        if own.is_none() && sign != Sign::None {
            before.insert(0, Affix::Minus);
        }
        (before, after)
    }

    fn outer(&self, category: &str) -> unit::Outer {
        unit::outer(self, category)
    }

    /// Digits with their groups and fraction.
    fn digits(&self, rounded: &Rounded) -> Parts {
        let minimum = self.config.digits.minimum_integer_digits;
        let (whole, fraction) = rounded.value.split(minimum, rounded.fraction_digits_min);
        let mut parts = Parts::default();
        let (last, others) = self.group_sizes(whole.len());
        let mut group = String::new();
        for (index, digit) in whole.iter().enumerate() {
            let left = whole.len() - index;
            let at_border = last > 0 && left >= last && (left - last).is_multiple_of(others);
            if at_border && index > 0 {
                parts.push("integer", std::mem::take(&mut group));
                parts.push("group", self.symbols.group);
            }
            group.push(self.symbols.digit(*digit));
        }
        parts.push("integer", group);
        if !fraction.is_empty() {
            parts.push("decimal", self.symbols.decimal);
            parts.push("fraction", fraction.iter().map(|digit| self.symbols.digit(*digit)).collect::<String>());
        }
        parts
    }

    fn group_sizes(&self, whole_digits: usize) -> (usize, usize) {
        let (last, others) = self.pattern.groups;
        let fewest = match self.config.use_grouping {
            Grouping::False => return (0, 0),
            Grouping::Always => 1,
            Grouping::Auto => self.symbols.grouping_min,
            Grouping::Min2 => self.symbols.grouping_min.max(2),
        };
        let (last, others) =
            if last == 0 && self.config.use_grouping == Grouping::Always { (3, 3) } else { (last, others) };
        let scientific = matches!(self.config.notation, Notation::Scientific | Notation::Engineering);
        if last == 0 || scientific || whole_digits < last + fewest { (0, 0) } else { (last, others) }
    }

    fn assemble(&self, shaped: &Shaped) -> Parts {
        let mut parts = Parts::default();
        self.push_all(&mut parts, &shaped.outer.0, shaped);
        self.push_inner(&mut parts, shaped);
        self.push_all(&mut parts, &shaped.outer.1, shaped);
        parts
    }

    /// The digits with what is nearest to them.
    fn push_inner(&self, parts: &mut Parts, shaped: &Shaped) {
        self.push_before(parts, shaped);
        parts.append(shaped.digits.clone());
        self.push_after(parts, shaped);
    }

    fn push_before(&self, parts: &mut Parts, shaped: &Shaped) {
        self.push_all(parts, &shaped.middle.0, shaped);
        self.space_before_digits(parts, shaped);
    }

    fn push_after(&self, parts: &mut Parts, shaped: &Shaped) {
        self.space_after_digits(parts, shaped);
        self.push_all(parts, &shaped.middle.1, shaped);
    }

    fn push_all(&self, parts: &mut Parts, affixes: &[Affix], shaped: &Shaped) {
        for affix in affixes {
            self.push_affix(parts, affix, shaped.sign);
        }
    }

    fn push_affix(&self, parts: &mut Parts, affix: &Affix, sign: Sign) {
        match affix {
            Affix::Text(text) => parts.push(LITERAL, text),
            Affix::Currency => parts.push("currency", &self.currency.text),
            Affix::Percent if self.config.style == Style::Unit => push_sign(parts, "unit", self.symbols.percent),
            Affix::Percent => push_sign(parts, "percentSign", self.symbols.percent),
            Affix::Minus if sign == Sign::Plus => push_sign(parts, "plusSign", self.symbols.plus),
            Affix::Minus if sign == Sign::None => {}
            Affix::Minus => push_sign(parts, "minusSign", self.symbols.minus),
            Affix::Plus => push_sign(parts, "plusSign", self.symbols.plus),
            Affix::Compact(text) => parts.push("compact", text),
            Affix::Unit(text) if self.config.style == Style::Currency => parts.push("currency", text),
            Affix::Unit(text) => parts.push("unit", text),
        }
    }

    /// A currency that ends in a letter keeps a distance from the digits.
    fn space_before_digits(&self, parts: &mut Parts, shaped: &Shaped) {
        let touches = shaped.middle.0.last() == Some(&Affix::Currency);
        if touches
            && self.currency.text.chars().next_back().is_some_and(unit::keeps_distance)
            && starts_with_digit(shaped)
        {
            parts.push(LITERAL, self.currency.space_before_digits);
        }
    }

    fn space_after_digits(&self, parts: &mut Parts, shaped: &Shaped) {
        let touches = shaped.middle.1.first() == Some(&Affix::Currency);
        if touches && self.currency.text.chars().next().is_some_and(unit::keeps_distance) && starts_with_digit(shaped) {
            parts.push(LITERAL, self.currency.space_after_digits);
        }
    }
}

/// A sign without the marks of direction around it, which belong to no part.
fn push_sign(parts: &mut Parts, kind: &'static str, text: &str) {
    let is_mark = |char: char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{61c}');
    let sign = text.trim_matches(is_mark);
    let start = text.find(sign).unwrap_or(0);
    parts.push(LITERAL, &text[..start]);
    parts.push(kind, sign);
    parts.push(LITERAL, &text[start + sign.len()..]);
}

impl Shaped {
    /// A unit may say how many there are, as Arabic does for one and two; then there are no digits.
    fn new(sign: Sign, digits: Parts, middle: Affixes, outer: unit::Outer) -> Shaped {
        let (digits, middle) =
            if outer.speaks_for_digits { (Parts::default(), Affixes::default()) } else { (digits, middle) };
        Shaped { sign, digits, middle, outer: outer.affixes, rounded: None, has_exponent: false }
    }

    fn of(self, rounded: Rounded) -> Shaped {
        Shaped { rounded: Some(rounded), ..self }
    }
}

fn starts_with_digit(shaped: &Shaped) -> bool {
    shaped.digits.0.first().is_some_and(|part| part.kind == "integer")
}

/// Finds locale and numbering system.
pub(super) fn resolve(locales: &[Rc<str>], numbering_system: Option<&str>) -> Resolved {
    locale::resolve(locales, &[numbering_keyword(numbering_system)])
}

pub(super) fn numbering_keyword(option: Option<&str>) -> Keyword<'_> {
    Keyword { key: "nu", option, is_valid: &|value| data::supplemental("digits").text(value).is_some() }
}

/// The numbering system a locale asks for or usually has.
pub(super) fn numbering_system(resolved: &Resolved) -> String {
    let usual = || resolved.data.child("numbers").text("system").unwrap_or("latn").to_owned();
    resolved.keyword("nu").map_or_else(usual, str::to_owned)
}

/// The patterns and symbols of a numbering system, which are those of `latn` where it has none.
pub(super) fn formats_of(data: &Tree, system: &str) -> Tree {
    let systems = data.at(&["numbers", "systems"]);
    let own = systems.child(system);
    if own.is_empty() { systems.child("latn") } else { own }
}

fn standard_pattern(config: &Config, formats: &Tree) -> &'static str {
    let decimal = || formats.child("decimalFormats").text("standard").unwrap_or("#,##0.###");
    match config.style {
        _ if config.is_plain_percent() => formats.child("percentFormats").text("standard").unwrap_or("#,##0%"),
        Style::Currency if config.currency_display != CurrencyDisplay::Name => {
            let accounting = config.currency_sign == CurrencySign::Accounting;
            let key = if accounting { "accounting" } else { "standard" };
            formats.child("currencyFormats").text(key).unwrap_or("¤#,##0.00")
        }
        _ => decimal(),
    }
}
