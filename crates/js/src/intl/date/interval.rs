//! Ranges of times: what both ends share is written once.
//!
//! Source: Unicode Technical Standard 35, "Interval Formats"; how patterns are chosen and widened follows ICU.

use super::DateTimeFormat;
use super::calendar::Moment;
use super::fields::View;
use super::generator::HourLength;
use super::pattern::{Item, items, write};
use super::skeleton::{Field, Letters, Skeleton};
use crate::intl::parts::{LITERAL, Part, Parts, Slot, Source, fill, fill_text};

/// The largest thing in which two times differ, with the letters CLDR files its pattern under.
const DIFFERENCES: &[(&[&str], Same)] = &[
    (&["G"], |left, right| left.era == right.era),
    (&["y"], |left, right| left.year == right.year),
    (&["M"], |left, right| (left.month, left.is_leap_month) == (right.month, right.is_leap_month)),
    (&["d"], |left, right| left.day == right.day),
    (&["a", "B"], |left, right| left.hour / 12 == right.hour / 12),
    (&["h", "H"], |left, right| left.hour == right.hour),
    (&["m"], |left, right| left.minute == right.minute),
    (&["s"], |left, right| left.second == right.second),
    (&["S"], |left, right| left.millisecond == right.millisecond),
];
const DAY: usize = 3;
const HALF_DAY: usize = 4;
const HOUR: usize = 5;
const MINUTE: usize = 6;

type Same = fn(&Moment, &Moment) -> bool;

/// How a range is written.
enum Plan {
    /// Both ends look the same.
    Single,
    /// A pattern in which the fields of the second end follow those of the first.
    Interval(Vec<Item>),
    /// Each end in full.
    Both(Vec<Item>),
    /// The date once, then each time.
    OneDate { date: Vec<Item>, time: Vec<Item> },
}

/// A skeleton of CLDR and how well it fits what is wanted.
struct Match {
    key: &'static str,
    /// Fields are the same, at most their lengths differ.
    fits: bool,
    exact: bool,
}

impl DateTimeFormat {
    pub(in crate::intl) fn format_range(&self, start: f64, end: f64) -> Parts {
        let (left, right) = (self.view(start), self.view(end));
        match self.plan(&left.moment, &right.moment) {
            Plan::Single => self.format_items(&self.items, &left),
            Plan::Interval(items) => self.interval(&items, &left, &right),
            Plan::Both(items) => self.both(&items, &left, &right),
            Plan::OneDate { date, time } => {
                let times = self.both(&time, &left, &right);
                let dates = self.format_items(&date, &left);
                let mut parts = Parts::default();
                fill(&self.interval_glue(), |slot| match slot {
                    Slot::Text(text) => parts.push(LITERAL, text),
                    Slot::Index(0) => parts.append(times.clone()),
                    Slot::Index(_) => parts.append(dates.clone()),
                });
                parts
            }
        }
    }

    /// A range whose ends look the same is the text of one of them.
    pub(in crate::intl) fn format_range_text(&self, start: f64, end: f64) -> String {
        match self.plan(&self.view(start).moment, &self.view(end).moment) {
            Plan::Single => self.format_text(start),
            _ => self.format_range(start, end).text(),
        }
    }

    fn plan(&self, left: &Moment, right: &Moment) -> Plan {
        let Some(difference) = DIFFERENCES.iter().position(|(_, same)| !same(left, right)) else { return Plan::Single };
        if self.is_beyond(&self.items, difference) {
            return Plan::Single;
        }
        let (date, time) = normalized(&self.pattern);
        match (date.is_empty(), time.is_empty()) {
            (false, true) => self.plan_date(&date, difference),
            (true, false) if difference <= DAY => {
                Plan::Both(items(&self.in_own_hours(&format!("yMd{}", letters(&self.pattern)))))
            }
            (true, false) => self.plan_time(&time, difference),
            (false, false) if difference <= DAY => Plan::Both(self.with_whole_date(difference)),
            (false, false) => self.plan_time_on_date(&date, &time, difference),
            (true, true) => Plan::Both(self.own_items()),
        }
    }

    fn plan_date(&self, date: &str, difference: usize) -> Plan {
        let found = self.nearest_interval(date).filter(|found| found.fits);
        let Some(found) = found else { return Plan::Both(self.own_items()) };
        if let Some(pattern) = self.interval_pattern(found.key, difference) {
            return Plan::Interval(widened(pattern, date, &found));
        }
        let letter = DIFFERENCES[difference].0[0];
        let (wider, key) = (format!("{letter}{date}"), format!("{letter}{}", found.key));
        if let Some(pattern) = self.interval_pattern(&key, difference) {
            return Plan::Interval(widened(pattern, &wider, &Match { key: found.key, fits: true, exact: found.exact }));
        }
        let next = self.nearest_interval(&key).filter(|next| next.fits && found.exact);
        match next.and_then(|next| Some((self.interval_pattern(next.key, difference)?, next))) {
            Some((pattern, next)) => Plan::Interval(widened(pattern, &wider, &next)),
            None => Plan::Both(self.own_items()),
        }
    }

    fn plan_time(&self, time: &str, difference: usize) -> Plan {
        match self.time_interval(time, difference) {
            Some(items) => Plan::Interval(items),
            None => Plan::Both(self.own_items()),
        }
    }

    fn plan_time_on_date(&self, date: &str, time: &str, difference: usize) -> Plan {
        let date_letters: String = letters_where(&self.pattern, |field| field < Field::DayPeriod);
        let date_pattern = self.generator.pattern(&date_letters, HourLength::Found);
        if let Some(times) = self.time_interval(time, difference) {
            return Plan::Interval(items(&fill_text(&self.interval_glue(), &[&write(&times), &date_pattern])));
        }
        let date = items(&self.generator.pattern(date, HourLength::Found));
        Plan::OneDate { date, time: items(&self.in_own_hours(time)) }
    }

    fn time_interval(&self, time: &str, difference: usize) -> Option<Vec<Item>> {
        let found = self.nearest_interval(time).filter(|found| found.fits)?;
        let own = self.interval_pattern(found.key, difference);
        let pattern =
            own.or_else(|| (difference == HALF_DAY).then(|| self.interval_pattern(found.key, HOUR)).flatten())?;
        let mut items = widened(pattern, time, &found);
        for item in &mut items {
            if let (Item::Field { letter, .. }, Some(hours)) = (item, self.hours)
                && matches!(letter, 'h' | 'H' | 'K' | 'k')
            {
                *letter = hours;
            }
        }
        Some(items)
    }

    /// Everything the format shows, and a whole date with it, because the ends are on different days.
    fn with_whole_date(&self, difference: usize) -> Vec<Item> {
        let skeleton = Skeleton::of(&self.pattern);
        let own = letters(&self.pattern);
        let mut missing = String::new();
        for (index, (field, letter)) in
            [(Field::Day, 'd'), (Field::Month, 'M'), (Field::Year, 'y'), (Field::Era, 'G')].iter().enumerate()
        {
            if !skeleton.has(*field) && DAY - index >= difference {
                missing.insert(0, *letter);
            }
        }
        items(&self.in_own_hours(&format!("{missing}{own}")))
    }

    /// Everything that the format shows, in a pattern made for its fields.
    fn own_items(&self) -> Vec<Item> {
        items(&self.in_own_hours(&letters(&self.pattern)))
    }

    fn in_own_hours(&self, letters: &str) -> String {
        let pattern = self.generator.pattern(letters, HourLength::Found);
        self.hours.map_or_else(|| pattern.clone(), |hours| super::with_hours(&pattern, hours))
    }

    fn interval_glue(&self) -> String {
        self.common.child("glue").text("medium").unwrap_or("{1} {0}").to_owned()
    }

    fn interval_pattern(&self, key: &str, difference: usize) -> Option<&'static str> {
        let patterns = self.patterns.at(&["interval", key]);
        DIFFERENCES[difference].0.iter().find_map(|letter| patterns.text(letter))
    }

    /// Whether a pattern shows nothing as small as the difference.
    fn is_beyond(&self, items: &[Item], difference: usize) -> bool {
        let level = |letter: char| match letter {
            'G' => 0,
            'y' | 'Y' | 'u' | 'r' | 'U' => 1,
            'M' | 'L' | 'Q' | 'q' => 2,
            'd' | 'E' | 'c' | 'e' | 'D' => DAY,
            'a' | 'b' | 'B' => HALF_DAY,
            'h' | 'H' | 'K' | 'k' => HOUR,
            'm' => MINUTE,
            's' => 7,
            'S' => 8,
            _ => 0,
        };
        let smallest = items.iter().filter_map(|item| match item {
            Item::Field { letter, .. } => Some(level(*letter)),
            Item::Text(_) => None,
        });
        smallest.max().unwrap_or(0) < difference
    }

    fn nearest_interval(&self, wanted: &str) -> Option<Match> {
        let has_zone = wanted.contains('z');
        let wanted = wanted.replace('z', "v").replace('k', "H").replace('K', "h");
        let mut best: Option<(usize, bool, &'static str)> = None;
        for key in self.patterns.child("interval").keys() {
            if key == "intervalFormatFallback" {
                continue;
            }
            let (distance, fits) = interval_distance(&wanted, key);
            if best.is_none_or(|(known, ..)| distance < known) {
                best = Some((distance, fits, key));
            }
        }
        best.map(|(distance, fits, key)| Match { key, fits, exact: distance == 0 && !has_zone })
    }

    fn both(&self, items: &[Item], left: &View, right: &View) -> Parts {
        let fallback = self.patterns.child("interval").text("intervalFormatFallback").unwrap_or("{0} – {1}");
        let mut parts = Parts::default();
        fill(fallback, |slot| match slot {
            Slot::Text(text) => parts.push(LITERAL, text),
            Slot::Index(0) => mark_fields(&mut parts, self.format_items(items, left), Source::Start),
            Slot::Index(_) => mark_fields(&mut parts, self.format_items(items, right), Source::End),
        });
        parts
    }

    fn interval(&self, items: &[Item], left: &View, right: &View) -> Parts {
        let border = second_half(items);
        let first = self.format_items(&items[..border], left);
        let second = self.format_items(&items[border..], right);
        let twice = |kind: &str, other: &Parts| kind != LITERAL && other.0.iter().any(|part| part.kind == kind);
        let (start, end) =
            (span(&first, |part| twice(part.kind, &second)), span(&second, |part| twice(part.kind, &first)));
        let mut parts = Parts::default();
        mark(&mut parts, first, start, Source::Start);
        mark(&mut parts, second, end, Source::End);
        parts
    }
}

/// First and last place of what belongs to one end only.
fn span(parts: &Parts, belongs: impl Fn(&Part) -> bool) -> Option<(usize, usize)> {
    let first = parts.0.iter().position(&belongs)?;
    Some((first, parts.0.iter().rposition(&belongs)?))
}

/// What stands around all fields belongs to neither end.
fn mark_fields(into: &mut Parts, parts: Parts, source: Source) {
    let fields = span(&parts, |part| part.kind != LITERAL);
    mark(into, parts, fields, source);
}

fn mark(into: &mut Parts, parts: Parts, span: Option<(usize, usize)>, source: Source) {
    for (index, part) in parts.0.into_iter().enumerate() {
        let inside = span.is_some_and(|(first, last)| (first..=last).contains(&index));
        into.push_from(if inside { source } else { Source::Shared }, part.kind, part.text);
    }
}

/// Where the fields begin to come a second time.
fn second_half(items: &[Item]) -> usize {
    let mut seen: Vec<char> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if let Item::Field { letter, .. } = item {
            let letter = if *letter == 'L' { 'M' } else { *letter };
            if seen.contains(&letter) {
                return index;
            }
            seen.push(letter);
        }
    }
    items.len()
}

/// Date and time letters of a pattern in the order and lengths by which CLDR files interval patterns.
fn normalized(pattern: &str) -> (String, String) {
    let (mut date, mut time) = (String::new(), String::new());
    let mut counts = [0_usize; 128];
    for item in items(pattern) {
        let Item::Field { letter, count } = item else { continue };
        match letter {
            'E' | 'd' | 'M' | 'y' | 'h' | 'H' | 'k' | 'K' | 'm' | 'z' | 'v' => counts[letter as usize] += count,
            'a' => {}
            's' | 'S' | 'B' | 'b' | 'O' | 'V' | 'Z' => time.extend(std::iter::repeat_n(letter, count)),
            _ => date.extend(std::iter::repeat_n(letter, count)),
        }
    }
    let count = |letter: char| counts[letter as usize];
    date.push_str(&"y".repeat(count('y')));
    let named = |letter: char, least: usize| match count(letter) {
        0 => String::new(),
        count if count < least => letter.to_string(),
        count => letter.to_string().repeat(count.min(5)),
    };
    date.push_str(&named('M', 3));
    date.push_str(&named('E', 4));
    date.push_str(&named('d', usize::MAX));
    for letter in ['h', 'H', 'k', 'K', 'm', 'z', 'v'] {
        time.push_str(&named(letter, usize::MAX));
    }
    (date, time)
}

/// The letters of a pattern's fields.
fn letters(pattern: &str) -> String {
    letters_where(pattern, |_| true)
}

fn letters_where(pattern: &str, wanted: impl Fn(Field) -> bool) -> String {
    let skeleton = Skeleton::of(pattern);
    let mut letters = String::new();
    for (index, Letters { letter, count }) in skeleton.original.iter().enumerate() {
        let is_plain_half_day = index == Field::DayPeriod as usize && *letter == 'a';
        if *count > 0 && !is_plain_half_day && wanted(Field::by_index(index)) {
            letters.extend(std::iter::repeat_n(*letter, *count));
        }
    }
    letters
}

fn counts(letters: &str) -> [usize; 128] {
    let mut counts = [0; 128];
    for letter in letters.chars().filter(char::is_ascii) {
        counts[letter as usize] += 1;
    }
    counts
}

fn interval_distance(wanted: &str, key: &str) -> (usize, bool) {
    let (left, right) = (counts(wanted), counts(key));
    let mut distance = 0;
    let mut fits = true;
    for (letter, (left, right)) in left.into_iter().zip(right).enumerate() {
        if left == right {
            continue;
        }
        if left == 0 || right == 0 {
            fits = false;
            distance += 0x1000;
        } else if letter == 'M' as usize && (left <= 2) != (right <= 2) {
            distance += 0x100;
        } else {
            distance += left.abs_diff(right);
        }
    }
    (distance, fits)
}

/// An interval pattern with its fields as long as they were asked for.
fn widened(pattern: &str, wanted: &str, found: &Match) -> Vec<Item> {
    let mut items = items(pattern);
    if found.exact {
        return items;
    }
    let (wanted_counts, found_counts) = (counts(wanted), counts(found.key));
    for item in &mut items {
        let Item::Field { letter, count } = item else { continue };
        if *letter == 'v' && wanted.contains('z') {
            *letter = 'z';
        }
        let key = if *letter == 'L' { 'M' } else { *letter } as usize;
        let asked = wanted_counts[key.min(127)];
        if *count == found_counts[key.min(127)].max(1) && asked > *count {
            *count = asked;
        }
        if *letter == 'E' && found_counts['E' as usize] == 1 && asked > 3 && *count == 1 {
            *count = asked;
        }
    }
    items
}
