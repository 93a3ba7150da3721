//! The fields of a date pattern as text.

use super::calendar::Moment;
use super::zone::Clock;
use super::{DateTimeFormat, zone_names};
use crate::intl::data::{self, Tree, Value};

/// A time, as one format sees it.
pub(super) struct View {
    pub(super) ms: f64,
    pub(super) moment: Moment,
    pub(super) clock: Clock,
}

/// Width of a name by the count of its letters.
fn width(count: usize) -> &'static str {
    match count {
        4 => "wide",
        5 => "narrow",
        6 => "short",
        _ => "abbreviated",
    }
}

impl DateTimeFormat {
    /// A field, and the name that `formatToParts` gives it.
    pub(super) fn field(&self, letter: char, count: usize, view: &View) -> (&'static str, String) {
        let moment = &view.moment;
        let hour = i64::from(moment.hour);
        let number = |value: i64, digits: usize| self.number(letter, value, digits);
        match letter {
            'G' => ("era", self.era(count, moment)),
            'y' if self.calendar_is_cyclic() => ("relatedYear", number(moment.related_year, count)),
            'y' if count == 2 => ("year", number(moment.year % 100, 2)),
            'y' => ("year", number(moment.year, count)),
            'Y' | 'u' => ("year", number(moment.related_year, count)),
            'r' => ("relatedYear", number(moment.related_year, count)),
            'U' => ("yearName", self.year_name(count, moment)),
            'Q' | 'q' => ("literal", self.quarter(letter, count, moment)),
            'M' | 'L' => ("month", self.month(letter, count, moment)),
            'E' | 'c' | 'e' => ("weekday", self.weekday(letter, count, moment)),
            'd' => ("day", number(i64::from(moment.day), count)),
            'D' => ("day", number(i64::from(moment.day_of_year), count)),
            'a' | 'b' => ("dayPeriod", self.half_day(count, moment)),
            'B' => ("dayPeriod", self.part_of_day(count, moment)),
            'h' => ("hour", number(if hour % 12 == 0 { 12 } else { hour % 12 }, count)),
            'K' => ("hour", number(hour % 12, count)),
            'H' => ("hour", number(hour, count)),
            'k' => ("hour", number(if hour == 0 { 24 } else { hour }, count)),
            'm' => ("minute", number(i64::from(moment.minute), count)),
            's' => ("second", number(i64::from(moment.second), count)),
            'S' => {
                let digits = format!("{:03}", moment.millisecond);
                ("fractionalSecond", self.symbols().localize(digits.get(..count.min(3)).unwrap_or(&digits)))
            }
            'z' | 'Z' | 'O' | 'v' | 'V' => ("timeZoneName", zone_names::name(self, letter, count, view)),
            _ => ("literal", String::new()),
        }
    }

    fn number(&self, letter: char, value: i64, digits: usize) -> String {
        let plain = format!("{:0digits$}", value.unsigned_abs());
        let sign = if value < 0 { self.symbols().minus_sign() } else { "" };
        match self.numbering_of(letter) {
            Some("hebr") => super::hebrew::numeral(value),
            Some("hanidays") => super::hanidays(value),
            Some("jpanyear") if value == 1 => "元".to_owned(),
            _ => format!("{sign}{}", self.symbols().localize(&plain)),
        }
    }

    fn era(&self, count: usize, moment: &Moment) -> String {
        let kind = match count {
            4 => "eraNames",
            5 => "eraNarrow",
            _ => "eraAbbr",
        };
        let key = moment.era.to_string();
        let name = |tree: &Tree| tree.at(&["eras", kind]).text(&key);
        name(self.calendar_names()).unwrap_or_default().to_owned()
    }

    fn year_name(&self, count: usize, moment: &Moment) -> String {
        let names = self.calendar_names().at(&["cyclicNameSets", "years", "format", width(count)]);
        let number = || self.number('U', moment.year, 1);
        names.text(&moment.year.to_string()).map_or_else(number, str::to_owned)
    }

    fn quarter(&self, letter: char, count: usize, moment: &Moment) -> String {
        let number = (moment.month - 1) / 3 + 1;
        if count <= 2 {
            return self.number(letter, i64::from(number), count);
        }
        let context = if letter == 'q' { "stand-alone" } else { "format" };
        let names = self.common_names().at(&["quarters", context, width(count)]);
        names.text(&number.to_string()).unwrap_or_default().to_owned()
    }

    fn month(&self, letter: char, count: usize, moment: &Moment) -> String {
        let is_hebrew = self.calendar_name() == "hebrew";
        let key = if is_hebrew { hebrew_month(moment) } else { moment.month.to_string() };
        if count <= 2 {
            let number = if is_hebrew { hebrew_month_number(moment) } else { i64::from(moment.month) };
            return self.in_leap_pattern("numeric", "all", self.number(letter, number, count), moment);
        }
        let context = if letter == 'L' { "stand-alone" } else { "format" };
        let months = self.calendar_names().at(&["months", context, width(count)]);
        let name = months.text(&key).unwrap_or(&key).to_owned();
        self.in_leap_pattern(context, width(count), name, moment)
    }

    /// A leap month is named after the one before it.
    fn in_leap_pattern(&self, context: &str, width: &str, name: String, moment: &Moment) -> String {
        if !moment.is_leap_month || !self.calendar_is_cyclic() {
            return name;
        }
        let pattern = self.calendar_names().at(&["monthPatterns", context, width]).text("leap").unwrap_or("{0}bis");
        pattern.replace("{0}", &name)
    }

    fn weekday(&self, letter: char, count: usize, moment: &Moment) -> String {
        const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        let context = if letter == 'c' { "stand-alone" } else { "format" };
        let names = self.common_names().at(&["days", context, width(count)]);
        DAYS.get(usize::from(moment.weekday)).and_then(|day| names.text(day)).unwrap_or_default().to_owned()
    }

    fn half_day(&self, count: usize, moment: &Moment) -> String {
        let key = if moment.hour < 12 { "am" } else { "pm" };
        let names = self.common_names().at(&["dayPeriods", "format", width(count)]);
        names.text(key).unwrap_or_default().to_owned()
    }

    /// Morning, afternoon and the like; halves of the day where a language has no such rules.
    fn part_of_day(&self, count: usize, moment: &Moment) -> String {
        let Some(rules) = self.day_period_rules() else { return self.half_day(count, moment) };
        let names = self.common_names().at(&["dayPeriods", "format", width(count)]);
        let (minute, second) = self.shown_minutes(moment);
        let exact = match (moment.hour, minute, second) {
            (12, 0, 0) => Some("noon"),
            _ => None,
        };
        let exact = exact.filter(|name| rules.table(name).is_some()).and_then(|name| names.text(name));
        let usual = || period_at(rules, moment.hour).and_then(|name| names.text(name));
        exact.or_else(usual).map_or_else(|| self.half_day(count, moment), str::to_owned)
    }
}

/// The part of the day that holds an hour.
fn period_at(rules: data::Table, hour: u8) -> Option<&'static str> {
    let hour_of = |text: &str| text.split(':').next().and_then(|text| text.parse::<u8>().ok());
    rules.entries().find_map(|(name, value)| {
        let Value::Table(rule) = value else { return None };
        let (from, before) = (hour_of(rule.text("_from")?)?, hour_of(rule.text("_before")?)?);
        let holds = if from < before { (from..before).contains(&hour) } else { hour >= from || hour < before };
        holds.then_some(name)
    })
}

/// CLDR counts Adar I as the sixth month of every year.
fn hebrew_month(moment: &Moment) -> String {
    match (moment.month, moment.is_leap_month) {
        (5, true) => "6".to_owned(),
        (6, _) if moment.is_leap_year => "7-yeartype-leap".to_owned(),
        (month, _) if month >= 6 => (month + 1).to_string(),
        (month, _) => month.to_string(),
    }
}

fn hebrew_month_number(moment: &Moment) -> i64 {
    let month = i64::from(moment.month);
    if moment.is_leap_month || (moment.is_leap_year && month >= 6) { month + 1 } else { month }
}
