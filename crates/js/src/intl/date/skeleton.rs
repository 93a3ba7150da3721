//! Skeletons: which fields a date pattern has and how each is written, and how far two of them are apart.
//!
//! Source: Unicode Technical Standard 35, "Matching Skeletons", with the weights that ICU gives.

use super::pattern::{Item, items};

/// The fields in their order of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Era,
    Year,
    Quarter,
    Month,
    WeekOfYear,
    WeekOfMonth,
    Weekday,
    DayOfYear,
    DayOfWeekInMonth,
    Day,
    DayPeriod,
    Hour,
    Minute,
    Second,
    FractionalSecond,
    Zone,
}

pub(super) const FIELDS: usize = 16;

impl Field {
    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }

    pub(super) fn by_index(index: usize) -> Field {
        use Field::*;
        [
            Era,
            Year,
            Quarter,
            Month,
            WeekOfYear,
            WeekOfMonth,
            Weekday,
            DayOfYear,
            DayOfWeekInMonth,
            Day,
            DayPeriod,
            Hour,
            Minute,
            Second,
            FractionalSecond,
            Zone,
        ][index.min(FIELDS - 1)]
    }
}

/// The fields of a date, and those of a time of day.
pub(super) const DATE_MASK: u32 = Field::DayPeriod.bit_const() - 1;
pub(super) const TIME_MASK: u32 = !DATE_MASK & ((1 << FIELDS) - 1);

impl Field {
    const fn bit_const(self) -> u32 {
        1 << self as u32
    }
}

const NARROW: i32 = -0x101;
const SHORTER: i32 = -0x102;
const SHORT: i32 = -0x103;
const LONG: i32 = -0x104;
const NUMERIC: i32 = 0x100;
const DELTA: i32 = 0x10;

/// How a letter is understood when there are at least `length` of it.
pub(super) struct Row {
    letter: char,
    pub(super) field: Field,
    pub(super) kind: i32,
    length: usize,
}

const fn row(letter: char, field: Field, kind: i32, length: usize) -> Row {
    Row { letter, field, kind, length }
}

const ROWS: &[Row] = &[
    row('G', Field::Era, SHORT, 1),
    row('G', Field::Era, LONG, 4),
    row('G', Field::Era, NARROW, 5),
    row('y', Field::Year, NUMERIC, 1),
    row('Y', Field::Year, NUMERIC + DELTA, 1),
    row('u', Field::Year, NUMERIC + 2 * DELTA, 1),
    row('r', Field::Year, NUMERIC + 3 * DELTA, 1),
    row('U', Field::Year, SHORT, 1),
    row('U', Field::Year, LONG, 4),
    row('U', Field::Year, NARROW, 5),
    row('Q', Field::Quarter, NUMERIC, 1),
    row('Q', Field::Quarter, SHORT, 3),
    row('Q', Field::Quarter, LONG, 4),
    row('Q', Field::Quarter, NARROW, 5),
    row('M', Field::Month, NUMERIC, 1),
    row('M', Field::Month, SHORT, 3),
    row('M', Field::Month, LONG, 4),
    row('M', Field::Month, NARROW, 5),
    row('L', Field::Month, NUMERIC + DELTA, 1),
    row('L', Field::Month, SHORT - DELTA, 3),
    row('L', Field::Month, LONG - DELTA, 4),
    row('L', Field::Month, NARROW - DELTA, 5),
    row('w', Field::WeekOfYear, NUMERIC, 1),
    row('W', Field::WeekOfMonth, NUMERIC, 1),
    row('E', Field::Weekday, SHORT, 1),
    row('E', Field::Weekday, LONG, 4),
    row('E', Field::Weekday, NARROW, 5),
    row('E', Field::Weekday, SHORTER, 6),
    row('c', Field::Weekday, NUMERIC + 2 * DELTA, 1),
    row('c', Field::Weekday, SHORT - 2 * DELTA, 3),
    row('c', Field::Weekday, LONG - 2 * DELTA, 4),
    row('c', Field::Weekday, NARROW - 2 * DELTA, 5),
    row('c', Field::Weekday, SHORTER - 2 * DELTA, 6),
    row('e', Field::Weekday, NUMERIC + DELTA, 1),
    row('e', Field::Weekday, SHORT - DELTA, 3),
    row('e', Field::Weekday, LONG - DELTA, 4),
    row('e', Field::Weekday, NARROW - DELTA, 5),
    row('e', Field::Weekday, SHORTER - DELTA, 6),
    row('d', Field::Day, NUMERIC, 1),
    row('g', Field::Day, NUMERIC + DELTA, 1),
    row('D', Field::DayOfYear, NUMERIC, 1),
    row('F', Field::DayOfWeekInMonth, NUMERIC, 1),
    row('a', Field::DayPeriod, SHORT, 1),
    row('a', Field::DayPeriod, LONG, 4),
    row('a', Field::DayPeriod, NARROW, 5),
    row('b', Field::DayPeriod, SHORT - DELTA, 1),
    row('b', Field::DayPeriod, LONG - DELTA, 4),
    row('b', Field::DayPeriod, NARROW - DELTA, 5),
    row('B', Field::DayPeriod, SHORT - 3 * DELTA, 1),
    row('B', Field::DayPeriod, LONG - 3 * DELTA, 4),
    row('B', Field::DayPeriod, NARROW - 3 * DELTA, 5),
    row('H', Field::Hour, NUMERIC + 10 * DELTA, 1),
    row('k', Field::Hour, NUMERIC + 11 * DELTA, 1),
    row('h', Field::Hour, NUMERIC, 1),
    row('K', Field::Hour, NUMERIC + DELTA, 1),
    row('m', Field::Minute, NUMERIC, 1),
    row('s', Field::Second, NUMERIC, 1),
    row('A', Field::Second, NUMERIC + DELTA, 1),
    row('S', Field::FractionalSecond, NUMERIC, 1),
    row('v', Field::Zone, SHORT - 2 * DELTA, 1),
    row('v', Field::Zone, LONG - 2 * DELTA, 4),
    row('z', Field::Zone, SHORT, 1),
    row('z', Field::Zone, LONG, 4),
    row('Z', Field::Zone, NARROW - DELTA, 1),
    row('Z', Field::Zone, LONG - DELTA, 4),
    row('O', Field::Zone, SHORT - DELTA, 1),
    row('O', Field::Zone, LONG - DELTA, 4),
    row('V', Field::Zone, SHORT - DELTA, 1),
    row('V', Field::Zone, LONG - DELTA, 2),
];

/// How a run of letters is understood.
pub(super) fn row_of(letter: char, length: usize) -> Option<&'static Row> {
    let mut rows = ROWS.iter().filter(|row| row.letter == letter);
    let first = rows.next()?;
    Some(rows.take_while(|row| row.length <= length).last().unwrap_or(first))
}

/// A field as written: its letter and how often it stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) letter: char,
    pub(super) count: usize,
}

/// Which fields there are, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Skeleton {
    /// Zero where a field is absent.
    pub(super) kinds: [i32; FIELDS],
    pub(super) original: [Letters; FIELDS],
    /// The same with the least letters that mean the same.
    pub(super) base: [Letters; FIELDS],
}

impl Skeleton {
    /// Of a pattern or of letters alone.
    pub(super) fn of(pattern: &str) -> Skeleton {
        let mut skeleton = Skeleton::default();
        for item in items(pattern) {
            if let Item::Field { letter, count } = item {
                skeleton.put(letter, count);
            }
        }
        skeleton.complete_seconds();
        skeleton.complete_day_period();
        skeleton
    }

    fn put(&mut self, letter: char, count: usize) {
        let Some(row) = row_of(letter, count) else { return };
        let index = row.field as usize;
        self.original[index] = Letters { letter, count };
        self.base[index] = Letters { letter, count: row.length };
        self.kinds[index] = if row.kind > 0 { row.kind + count as i32 } else { row.kind };
    }

    /// Fractions of a minute make no sense without seconds.
    fn complete_seconds(&mut self) {
        if self.has(Field::Minute) && self.has(Field::FractionalSecond) && !self.has(Field::Second) {
            self.put('s', 1);
        }
    }

    /// Twelve hours need a half of the day; twenty-four must not have one.
    fn complete_day_period(&mut self) {
        match self.original[Field::Hour as usize].letter {
            'h' | 'K' if !self.has(Field::DayPeriod) => self.put('a', 1),
            'H' | 'k' => {
                let index = Field::DayPeriod as usize;
                self.kinds[index] = 0;
                self.original[index] = Letters::default();
                self.base[index] = Letters::default();
            }
            _ => {}
        }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.kinds[field as usize] != 0
    }

    pub(super) fn mask(&self) -> u32 {
        (0..FIELDS).filter(|index| self.kinds[*index] != 0).map(|index| 1 << index).sum()
    }

    /// How far `other` is from what is wanted of the fields in `mask`.
    pub(super) fn distance(&self, other: &Skeleton, mask: u32) -> Distance {
        let mut distance = Distance::default();
        for (index, (own, theirs)) in self.kinds.into_iter().zip(other.kinds).enumerate() {
            let mine = if mask & (1 << index) == 0 { 0 } else { own };
            if mine == theirs {
                continue;
            }
            if mine == 0 {
                distance.total += 0x10000;
                distance.extra |= 1 << index;
            } else if theirs == 0 {
                distance.total += 0x1000;
                distance.missing |= 1 << index;
            } else {
                distance.total += (mine - theirs).abs();
            }
        }
        distance
    }
}

/// The result of a comparison; masks of fields that only one side has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Distance {
    pub(super) total: i32,
    /// Wanted and not there.
    pub(super) missing: u32,
    /// There and not wanted.
    pub(super) extra: u32,
}
