//! Patterns for any set of fields, made of those that CLDR lists.
//!
//! Source: Unicode Technical Standard 35, "Matching Skeletons" and "Missing Skeleton Fields"; ties and lengths are
//! decided as ICU's generator of patterns does.

use super::pattern::{Item, items, quote, write};
use super::skeleton::{DATE_MASK, Distance, Field, Letters, Skeleton, TIME_MASK, row_of};
use crate::intl::data::Tree;
use crate::intl::parts::fill_text;

/// The patterns of one calendar in one locale.
pub(super) struct Generator {
    entries: Vec<Entry>,
    sources: Sources,
    /// The hours that people there use.
    hour_letter: char,
    decimal: &'static str,
}

/// Where patterns come from.
pub(super) struct Sources {
    pub(super) calendar: Tree,
    /// What joins dates and times, in every calendar.
    pub(super) glue: Tree,
    /// Names of fields.
    pub(super) fields: Tree,
}

struct Entry {
    skeleton: Skeleton,
    pattern: String,
    /// The skeleton was given, not read off the pattern.
    specified: bool,
}

/// What is asked for, while a pattern is made for it.
struct Request<'a> {
    wanted: &'a Skeleton,
    hours: HourLength,
    join_fraction: bool,
}

/// Whether hours are as long as asked for, or as the pattern that was found has them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HourLength {
    Asked,
    Found,
}

impl Generator {
    pub(super) fn new(sources: Sources, hour_letter: char, decimal: &'static str) -> Generator {
        let mut generator = Generator { entries: Vec::new(), sources, hour_letter, decimal };
        for kind in ["date", "time"] {
            let patterns = generator.sources.calendar.child(kind);
            for style in ["full", "long", "medium", "short"] {
                if let Some((pattern, _)) = patterns.pattern(style) {
                    generator.add(pattern, None);
                }
            }
        }
        for letter in ["G", "y", "Q", "M", "w", "W", "E", "d", "D", "F", "a", "H", "m", "s", "S", "v"] {
            generator.add(letter, None);
        }
        let available = generator.sources.calendar.child("available");
        for key in available.keys() {
            if let Some((pattern, _)) = available.pattern(key) {
                generator.add(pattern, Some(key));
            }
        }
        generator
    }

    fn add(&mut self, pattern: &str, key: Option<&str>) {
        let skeleton = Skeleton::of(key.unwrap_or(pattern));
        let specified = key.is_some();
        let same_base = self.entries.iter().any(|entry| entry.skeleton.base == skeleton.base);
        if !specified && same_base {
            return;
        }
        let entry = Entry { skeleton, pattern: pattern.to_owned(), specified };
        match self.entries.iter_mut().find(|known| known.skeleton.original == entry.skeleton.original) {
            Some(known) if known.specified => {}
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }

    /// The best pattern for the letters of a skeleton.
    pub(super) fn pattern(&self, letters: &str, hours: HourLength) -> String {
        let wanted = Skeleton::of(letters);
        let (best, distance) = self.nearest(&wanted, u32::MAX);
        let request = Request { wanted: &wanted, hours, join_fraction: false };
        if distance.missing == 0 && distance.extra == 0 {
            return self.adjust(&best.pattern, best, &request);
        }
        let date = self.appended(&request, wanted.mask() & DATE_MASK);
        let time = self.appended(&request, wanted.mask() & TIME_MASK);
        match (date, time) {
            (Some(date), Some(time)) => fill_text(&self.glue(&wanted), &[&time, &date]),
            (date, time) => date.or(time).unwrap_or_default(),
        }
    }

    /// What joins a date and a time: the more of the date is spelled out, the longer.
    fn glue(&self, wanted: &Skeleton) -> String {
        let style = match wanted.base[Field::Month as usize].count {
            4 if wanted.has(Field::Weekday) => "full",
            4 => "long",
            3 => "medium",
            _ => "short",
        };
        self.sources.glue.text(style).unwrap_or("{1} {0}").to_owned()
    }

    /// The nearest pattern for the fields in `mask`, and the fields it lacks appended one by one.
    fn appended(&self, request: &Request<'_>, mask: u32) -> Option<String> {
        let wanted = request.wanted;
        if mask == 0 {
            return None;
        }
        let (best, mut distance) = self.nearest(wanted, mask);
        let with_fraction = Request { join_fraction: true, ..*request };
        let mut specified = best;
        let mut pattern = self.adjust(&best.pattern, best, request);
        let mut last = 0;
        let second_and_fraction = Field::Second.bit() | Field::FractionalSecond.bit();
        while distance.missing != 0 && distance.missing != last {
            let only_fraction = distance.missing & second_and_fraction == Field::FractionalSecond.bit();
            if only_fraction && mask & second_and_fraction == second_and_fraction {
                pattern = self.adjust(&pattern, specified, &with_fraction);
                distance.missing &= !Field::FractionalSecond.bit();
                continue;
            }
            last = distance.missing;
            let (next, rest) = self.nearest(wanted, last);
            let more = self.adjust(&next.pattern, next, request);
            specified = next;
            let found = last & !rest.missing;
            let top = Field::by_index(u32::BITS as usize - 1 - found.leading_zeros().min(31) as usize);
            pattern = self.append(&pattern, &more, top);
            distance = rest;
        }
        Some(pattern)
    }

    fn append(&self, pattern: &str, more: &str, field: Field) -> String {
        let (key, name) = match field {
            Field::Era => ("G", "era"),
            Field::Year => ("y", "year"),
            Field::Quarter => ("Q", "quarter"),
            Field::Month => ("M", "month"),
            Field::WeekOfYear | Field::WeekOfMonth => ("w", "week"),
            Field::Weekday => ("E", "weekday"),
            Field::Day | Field::DayOfYear | Field::DayOfWeekInMonth => ("d", "day"),
            Field::DayPeriod => ("a", "dayperiod"),
            Field::Hour => ("h", "hour"),
            Field::Minute => ("m", "minute"),
            Field::Second => ("s", "second"),
            Field::FractionalSecond => ("S", "second"),
            Field::Zone => ("v", "zone"),
        };
        let joiner = self.sources.calendar.child("append").text(key).unwrap_or("{0} ({2}: {1})");
        let name = quote(self.sources.fields.child(name).text("name").unwrap_or_default());
        fill_text(joiner, &[pattern, more, &name])
    }

    fn nearest(&self, wanted: &Skeleton, mask: u32) -> (&Entry, Distance) {
        let mut best: Option<(&Entry, Distance)> = None;
        for entry in &self.entries {
            let distance = wanted.distance(&entry.skeleton, mask);
            let is_better = best.as_ref().is_none_or(|(_, known)| {
                distance.total < known.total || (distance.total == known.total && known.missing < distance.missing)
            });
            if is_better {
                best = Some((entry, distance));
            }
        }
        best.expect("there are always patterns of single fields")
    }

    /// Gives the fields of a found pattern the lengths that were asked for.
    fn adjust(&self, pattern: &str, found: &Entry, request: &Request<'_>) -> String {
        let mut adjusted = Vec::new();
        for item in items(pattern) {
            match item {
                Item::Field { letter, count } => {
                    self.adjust_field(&mut adjusted, Letters { letter, count }, found, request)
                }
                text => adjusted.push(text),
            }
        }
        write(&adjusted)
    }

    fn adjust_field(&self, into: &mut Vec<Item>, letters: Letters, found: &Entry, request: &Request<'_>) {
        let Letters { letter, count } = letters;
        let Some(row) = row_of(letter, count) else {
            into.push(Item::Field { letter, count });
            return;
        };
        let index = row.field as usize;
        if request.join_fraction {
            into.push(Item::Field { letter, count });
            if row.field == Field::Second {
                into.push(Item::Text(self.decimal.to_owned()));
                let fraction = request.wanted.original[Field::FractionalSecond as usize];
                into.push(Item::Field { letter: 'S', count: fraction.count });
            }
            return;
        }
        if !request.wanted.has(row.field) {
            into.push(Item::Field { letter, count });
            return;
        }
        let asked = request.wanted.original[index];
        let asked_count = if asked.letter == 'E' { asked.count.max(3) } else { asked.count };
        let asked_is_number = request.wanted.kinds[index] > 0;
        let count = match row.field {
            Field::Minute | Field::Second => count,
            Field::Hour if request.hours == HourLength::Found => count,
            _ if found.specified && !matches!(asked.letter, 'c' | 'e') => {
                let same = found.skeleton.original[index].count == asked_count;
                if same || (row.kind > 0) != asked_is_number { count } else { asked_count }
            }
            _ => asked_count,
        };
        let keeps_letter = matches!(row.field, Field::Hour | Field::Month | Field::Weekday)
            || (row.field == Field::Year && asked.letter != 'Y');
        let mut letter = if keeps_letter { letter } else { asked.letter };
        if letter == 'E' && count < 3 {
            letter = 'e';
        }
        if row.field == Field::Hour && asked.letter == self.hour_letter {
            letter = self.hour_letter;
        }
        into.push(Item::Field { letter, count });
    }
}
