//! Points in time as dates and times of day of a calendar.

use icu_calendar::types::{RataDie, YearInfo};
use icu_calendar::{AnyCalendar, AnyCalendarKind, Date, Ref};

/// The calendars, by the names that CLDR's tags give them, with the kind that ICU4X has for each.
pub(in crate::intl) const CALENDARS: &[(&str, Option<AnyCalendarKind>)] = &[
    ("buddhist", None),
    ("chinese", Some(AnyCalendarKind::Chinese)),
    ("coptic", Some(AnyCalendarKind::Coptic)),
    ("dangi", Some(AnyCalendarKind::Dangi)),
    ("ethioaa", Some(AnyCalendarKind::EthiopianAmeteAlem)),
    ("ethiopic", Some(AnyCalendarKind::Ethiopian)),
    ("gregory", None),
    ("hebrew", Some(AnyCalendarKind::Hebrew)),
    ("indian", Some(AnyCalendarKind::Indian)),
    ("islamic", Some(AnyCalendarKind::HijriSimulatedMecca)),
    ("islamic-civil", Some(AnyCalendarKind::HijriTabularTypeIIFriday)),
    ("islamic-rgsa", Some(AnyCalendarKind::HijriSimulatedMecca)),
    ("islamic-tbla", Some(AnyCalendarKind::HijriTabularTypeIIThursday)),
    ("islamic-umalqura", Some(AnyCalendarKind::HijriUmmAlQura)),
    ("iso8601", None),
    ("japanese", None),
    ("persian", Some(AnyCalendarKind::Persian)),
    ("roc", None),
];

/// A calendar that dates can be shown in.
pub(super) struct Calendar {
    pub(super) name: &'static str,
    other: Option<AnyCalendar>,
}

/// What calendar and clock say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// The key of the era's name.
    pub(super) era: u32,
    /// The year of its era, or of its cycle.
    pub(super) year: i64,
    /// The Gregorian year in which a year of a cycle begins.
    pub(super) related_year: i64,
    /// From one; of the month's name, not of its place in the year.
    pub(super) month: u8,
    pub(super) is_leap_month: bool,
    pub(super) is_leap_year: bool,
    pub(super) day: u8,
    pub(super) day_of_year: u16,
    /// From zero for Sunday.
    pub(super) weekday: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) millisecond: u16,
}

const DAY_MS: f64 = 86_400_000.0;

/// From the first day of the year one to 1970.
const EPOCH_RATA_DIE: i64 = 719_163;

impl Calendar {
    pub(super) fn new(name: &str) -> Calendar {
        let known = CALENDARS.iter().find(|(known, _)| *known == name);
        let (name, kind) = known.copied().unwrap_or(("gregory", None));
        Calendar { name, other: kind.map(AnyCalendar::new) }
    }

    /// Takes apart `ms` milliseconds since 1970, which are already those of the local clock.
    pub(super) fn moment(&self, ms: f64) -> Moment {
        let days = (ms / DAY_MS).floor();
        let of_day = (ms - days * DAY_MS) as u32;
        let days = days as i64;
        let mut moment = match &self.other {
            None => gregorian(days),
            Some(calendar) => date_of(calendar, days),
        };
        moment.weekday = (days + 4).rem_euclid(7) as u8;
        moment.hour = (of_day / 3_600_000) as u8;
        moment.minute = (of_day / 60_000 % 60) as u8;
        moment.second = (of_day / 1000 % 60) as u8;
        moment.millisecond = (of_day % 1000) as u16;
        self.count_years(&mut moment, days);
        moment
    }

    /// Years of the calendars that differ from the Gregorian one only there.
    fn count_years(&self, moment: &mut Moment, days: i64) {
        let year = moment.related_year;
        (moment.era, moment.year) = match self.name {
            "buddhist" => (0, year + 543),
            "roc" if year >= 1912 => (1, year - 1911),
            "roc" => (0, 1912 - year),
            "japanese" => japanese(days, year).unwrap_or(western(year)),
            "gregory" | "iso8601" => western(year),
            _ => return,
        };
    }
}

fn western(year: i64) -> (u32, i64) {
    if year > 0 { (1, year) } else { (0, 1 - year) }
}

/// Eras since 1868: the day each began, its key in CLDR and its first year.
fn japanese(days: i64, year: i64) -> Option<(u32, i64)> {
    const ERAS: [(i64, u32, i64); 5] =
        [(18_017, 236, 2019), (6_947, 235, 1989), (-15_713, 234, 1926), (-20_974, 233, 1912), (-37_183, 232, 1868)];
    let (_, era, first) = ERAS.iter().find(|(begin, ..)| days >= *begin)?;
    Some((*era, year - first + 1))
}

fn gregorian(days: i64) -> Moment {
    let shifted = days + 719_468;
    let cycle = shifted.div_euclid(146_097);
    let day_of_cycle = shifted.rem_euclid(146_097);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_from_march = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_from_march + 2) / 153;
    let day = day_from_march - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
    let is_leap_year = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    const BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let day_of_year = BEFORE[month as usize - 1] + day as u16 + u16::from(is_leap_year && month > 2);
    Moment { related_year: year, month: month as u8, day: day as u8, day_of_year, is_leap_year, ..Moment::zero() }
}

fn date_of(calendar: &AnyCalendar, days: i64) -> Moment {
    let date = Date::from_rata_die(RataDie::new(days + EPOCH_RATA_DIE), Ref(calendar));
    let (era, year, related_year) = match date.year() {
        YearInfo::Era(era) => (era_key(calendar.kind(), &era.era), i64::from(era.year), i64::from(era.extended_year)),
        YearInfo::Cyclic(cyclic) => (0, i64::from(cyclic.year), i64::from(cyclic.related_iso)),
        other => (0, i64::from(other.extended_year()), i64::from(other.extended_year())),
    };
    let month = date.month().to_input();
    Moment {
        era,
        year,
        related_year,
        month: month.number(),
        is_leap_month: month.is_leap(),
        is_leap_year: date.is_in_leap_year(),
        day: date.day_of_month().0,
        day_of_year: date.day_of_year().0,
        ..Moment::zero()
    }
}

/// The key under which CLDR names an era.
fn era_key(kind: AnyCalendarKind, code: &str) -> u32 {
    match (kind, code) {
        (AnyCalendarKind::Ethiopian | AnyCalendarKind::Coptic, "am") => 1,
        (
            AnyCalendarKind::HijriTabularTypeIIFriday
            | AnyCalendarKind::HijriTabularTypeIIThursday
            | AnyCalendarKind::HijriUmmAlQura
            | AnyCalendarKind::HijriSimulatedMecca,
            "bh",
        ) => 1,
        _ => 0,
    }
}

impl Moment {
    fn zero() -> Moment {
        Moment {
            era: 0,
            year: 0,
            related_year: 0,
            month: 1,
            is_leap_month: false,
            is_leap_year: false,
            day: 1,
            day_of_year: 1,
            weekday: 0,
            hour: 0,
            minute: 0,
            second: 0,
            millisecond: 0,
        }
    }
}
