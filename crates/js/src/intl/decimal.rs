//! Decimal numbers of any length, and rounding them as ECMA-402 says.

use std::cmp::Ordering;

use serde::Deserialize;

use crate::limits;

/// `digits × 10^exponent`; no digits at all is zero. Digits have no zeros in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    digits: Vec<u8>,
    exponent: i32,
}

/// What there is to format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Nan,
    Infinite { negative: bool },
    Finite(Decimal),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RoundingMode {
    Ceil,
    Floor,
    Expand,
    Trunc,
    HalfCeil,
    HalfFloor,
    #[default]
    HalfExpand,
    HalfTrunc,
    HalfEven,
}

impl Number {
    /// Reads what JavaScript's `String(number)` and decimal literals look like.
    pub(super) fn parse(text: &str) -> Number {
        let (negative, size) = match text.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if size == "Infinity" {
            return Number::Infinite { negative };
        }
        Decimal::parse(negative, size).map_or(Number::Nan, Number::Finite)
    }

    pub(super) fn is_negative(&self) -> bool {
        match self {
            Number::Nan => false,
            Number::Infinite { negative } => *negative,
            Number::Finite(decimal) => decimal.negative,
        }
    }
}

impl Decimal {
    fn parse(negative: bool, text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte.wrapping_sub(b'0')).collect();
        if digits.iter().any(|digit| *digit > 9) {
            return None;
        }
        if exponent.abs() > limits::INTL_EXPONENT_MAX {
            return None;
        }
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        Some(Decimal { negative, digits, exponent }.tidy())
    }

    fn tidy(mut self) -> Decimal {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        while self.digits.last() == Some(&0) {
            self.digits.pop();
            self.exponent += 1;
        }
        if self.digits.is_empty() {
            self.exponent = 0;
        }
        self
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// The power of ten of the first digit; zero for zero.
    pub(super) fn magnitude(&self) -> i32 {
        if self.is_zero() { 0 } else { self.exponent + self.digits.len() as i32 - 1 }
    }

    pub(super) fn times_ten_to(mut self, power: i32) -> Decimal {
        if !self.is_zero() {
            self.exponent = self.exponent.saturating_add(power);
        }
        self
    }

    pub(super) fn abs(mut self) -> Decimal {
        self.negative = false;
        self
    }

    /// Whole digits, at least `minimum` of them, and exactly as many fraction digits as there are or `pad` asks for.
    pub(super) fn split(&self, minimum: usize, pad: usize) -> (Vec<u8>, Vec<u8>) {
        let digit = |power: i32| -> u8 {
            let index = self.magnitude() - power;
            if self.is_zero() || index < 0 { 0 } else { self.digits.get(index as usize).copied().unwrap_or(0) }
        };
        let first = if self.is_zero() { -1 } else { self.magnitude() };
        let whole = (first + 1).max(i32::try_from(minimum).unwrap_or(0));
        let fraction = (-self.exponent).max(i32::try_from(pad).unwrap_or(0));
        ((0..whole).rev().map(digit).collect(), (1..=fraction).map(|place| digit(-place)).collect())
    }

    /// As plain digits with at least `pad` of them after the point.
    pub(super) fn plain(&self, pad: usize) -> String {
        let (whole, fraction) = self.split(1, pad);
        let text = |digits: Vec<u8>| digits.into_iter().map(|digit| char::from(b'0' + digit)).collect::<String>();
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{}", text(whole), text(fraction))
    }

    /// Rounds to a multiple of `increment × 10^place`.
    pub(super) fn round(&self, place: i32, increment: u32, mode: RoundingMode) -> Decimal {
        let increment = u64::from(increment.max(1));
        if self.exponent >= place && increment == 1 {
            return self.clone();
        }
        let count = (self.magnitude() - place + 1).max(0) as usize;
        let mut kept: Vec<u8> = self.digits.iter().copied().take(count).collect();
        kept.resize(if self.is_zero() { 0 } else { count }, 0);
        let nothing = Vec::new();
        let tail = if self.is_zero() || self.magnitude() < place - 1 { &nothing } else { &self.digits };
        let far_below = !self.is_zero() && self.magnitude() < place - 1;
        let tail: Vec<u8> = tail.iter().copied().skip(count).collect();
        let (remainder, odd) = divide(&kept, increment);
        let exact = remainder == 0 && !far_below && tail.iter().all(|digit| *digit == 0);
        let half = compare_to_half(remainder, increment, &tail);
        if self.is_up(mode, exact, half, odd) {
            add(&mut kept, increment - remainder);
        } else {
            subtract(&mut kept, remainder);
        }
        Decimal { negative: self.negative, digits: kept, exponent: place }.tidy()
    }

    /// Whether rounding goes away from zero.
    fn is_up(&self, mode: RoundingMode, exact: bool, half: Ordering, odd: bool) -> bool {
        if exact {
            return false;
        }
        let at_half = match mode {
            RoundingMode::Ceil => return !self.negative,
            RoundingMode::Floor => return self.negative,
            RoundingMode::Expand => return true,
            RoundingMode::Trunc => return false,
            RoundingMode::HalfCeil => !self.negative,
            RoundingMode::HalfFloor => self.negative,
            RoundingMode::HalfExpand => true,
            RoundingMode::HalfTrunc => false,
            RoundingMode::HalfEven => odd,
        };
        half == Ordering::Greater || (half == Ordering::Equal && at_half)
    }
}

/// The remainder of `digits / divisor`, and whether the quotient is odd.
fn divide(digits: &[u8], divisor: u64) -> (u64, bool) {
    digits.iter().fold((0, false), |(remainder, _), digit| {
        let value = remainder * 10 + u64::from(*digit);
        (value % divisor, (value / divisor) % 2 == 1)
    })
}

/// How `remainder` and the fraction digits `tail` compare with half of `increment`.
fn compare_to_half(remainder: u64, increment: u64, tail: &[u8]) -> Ordering {
    let rest_is_zero = |skip: usize| tail.iter().skip(skip).all(|digit| *digit == 0);
    match (2 * remainder).cmp(&increment) {
        Ordering::Greater => Ordering::Greater,
        Ordering::Equal if rest_is_zero(0) => Ordering::Equal,
        Ordering::Equal => Ordering::Greater,
        Ordering::Less if 2 * remainder + 1 == increment => tail
            .first()
            .copied()
            .unwrap_or(0)
            .cmp(&5)
            .then(if rest_is_zero(1) { Ordering::Equal } else { Ordering::Greater }),
        Ordering::Less => Ordering::Less,
    }
}

fn add(digits: &mut Vec<u8>, amount: u64) {
    let mut carry = amount;
    for digit in digits.iter_mut().rev() {
        let sum = u64::from(*digit) + carry;
        *digit = (sum % 10) as u8;
        carry = sum / 10;
    }
    while carry > 0 {
        digits.insert(0, (carry % 10) as u8);
        carry /= 10;
    }
}

fn subtract(digits: &mut [u8], amount: u64) {
    let mut borrow = amount;
    for digit in digits.iter_mut().rev() {
        let taken = borrow % 10;
        borrow /= 10;
        if u64::from(*digit) < taken {
            *digit += 10;
            borrow += 1;
        }
        *digit -= taken as u8;
    }
}

/// How many digits to show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Digits {
    pub(super) minimum_integer_digits: usize,
    pub(super) minimum_fraction_digits: Option<i32>,
    pub(super) maximum_fraction_digits: Option<i32>,
    pub(super) minimum_significant_digits: Option<i32>,
    pub(super) maximum_significant_digits: Option<i32>,
    pub(super) rounding_increment: u32,
    pub(super) rounding_mode: RoundingMode,
    pub(super) rounding_priority: Priority,
    pub(super) trailing_zero_display: TrailingZeros,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Priority {
    #[default]
    Auto,
    MorePrecision,
    LessPrecision,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum TrailingZeros {
    #[default]
    Auto,
    StripIfInteger,
}

/// A rounded number and how many fraction digits it is shown with at least.
#[derive(Clone, Debug)]
pub(super) struct Rounded {
    pub(super) value: Decimal,
    pub(super) fraction_digits_min: usize,
}

impl Digits {
    pub(super) fn round(&self, value: &Decimal) -> Rounded {
        let rounded = self.round_untrimmed(value);
        if self.trailing_zero_display == TrailingZeros::StripIfInteger && rounded.value.is_whole() {
            return Rounded { fraction_digits_min: 0, ..rounded };
        }
        rounded
    }

    fn round_untrimmed(&self, value: &Decimal) -> Rounded {
        let by_significance = self.maximum_significant_digits;
        let by_fraction = self.maximum_fraction_digits;
        let significant_place = |maximum: i32| value.magnitude() - maximum + 1;
        match (by_significance, by_fraction) {
            (Some(significant), Some(fraction)) if self.rounding_priority != Priority::Auto => {
                let (left, right) = (significant_place(significant), -fraction);
                let more = self.rounding_priority == Priority::MorePrecision;
                if (left <= right) == more {
                    self.to_significance(value, significant)
                } else {
                    self.to_fraction(value, fraction)
                }
            }
            (Some(significant), _) => self.to_significance(value, significant),
            (None, fraction) => self.to_fraction(value, fraction.unwrap_or(0)),
        }
    }

    fn to_significance(&self, value: &Decimal, maximum: i32) -> Rounded {
        let value = value.round(value.magnitude() - maximum + 1, 1, self.rounding_mode);
        let minimum = self.minimum_significant_digits.unwrap_or(1);
        let fraction_digits_min = (minimum - 1 - value.magnitude()).max(0) as usize;
        Rounded { value, fraction_digits_min }
    }

    fn to_fraction(&self, value: &Decimal, maximum: i32) -> Rounded {
        let value = value.round(-maximum, self.rounding_increment, self.rounding_mode);
        Rounded { value, fraction_digits_min: self.minimum_fraction_digits.unwrap_or(0).max(0) as usize }
    }
}

#[cfg(test)]
mod tests;
