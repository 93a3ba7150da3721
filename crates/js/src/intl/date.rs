//! `Intl.DateTimeFormat`: times as text.

pub(super) mod calendar;
mod fields;
mod generator;
mod hebrew;
mod interval;
mod pattern;
mod skeleton;
pub(super) mod zone;
mod zone_names;

use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::calendar::{CALENDARS, Calendar, Moment};
use self::fields::View;
use self::generator::{Generator, HourLength, Sources};
use self::pattern::{Item, items, with_hours};
use self::skeleton::Skeleton;
use self::zone::Zone;
use super::data::{self, Table, Tree};
use super::locale::{self, Keyword, Resolved};
use super::number::{self, NumberFormat, Symbols};
use super::parts::{LITERAL, Parts, fill_text};
use super::{Failure, read};

/// The options of a format, as the JavaScript side read them.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    locales: Vec<Rc<str>>,
    calendar: Option<String>,
    numbering_system: Option<String>,
    hour12: Option<bool>,
    hour_cycle: Option<String>,
    time_zone: Option<String>,
    date_style: Option<String>,
    time_style: Option<String>,
    weekday: Option<String>,
    era: Option<String>,
    year: Option<String>,
    month: Option<String>,
    day: Option<String>,
    day_period: Option<String>,
    hour: Option<String>,
    minute: Option<String>,
    second: Option<String>,
    fractional_second_digits: Option<usize>,
    time_zone_name: Option<String>,
}

/// A format, ready for use.
pub(super) struct DateTimeFormat {
    resolved: Resolved,
    config: Config,
    calendar: Calendar,
    /// Patterns of the calendar.
    patterns: Tree,
    /// Names of months and eras of the calendar.
    names: Tree,
    /// Names that all calendars share.
    common: Tree,
    zone: Zone,
    numbers: NumberFormat,
    generator: Generator,
    hours: Option<char>,
    pattern: String,
    items: Vec<Item>,
    /// Fields that are written in a numbering of their own, as in `d=hanidays`; all of them without a letter.
    numbering: Option<&'static str>,
}

impl DateTimeFormat {
    pub(super) fn new(config: &str) -> Result<DateTimeFormat, Failure> {
        let config: Config = read(config)?;
        let resolved = resolve(&config);
        let system = number::numbering_system(&resolved);
        let calendar = Calendar::new(&calendar_of(&resolved));
        let numbers = NumberFormat::plain(&resolved, &system);
        let (patterns, names) = trees_of(&resolved.data, calendar.name);
        let fields = resolved.data.child("fields");
        let usual = usual_hours(&resolved);
        let common = resolved.data.at(&["calendars", "gregory"]);
        let sources = Sources { calendar: patterns.clone(), glue: common.child("glueAtTime"), fields };
        let generator = Generator::new(sources, usual, numbers.symbols.decimal_point());
        let zone = match &config.time_zone {
            None => Zone::find("UTC"),
            Some(name) => Zone::find(name),
        };
        let zone = zone.ok_or_else(|| {
            let name = config.time_zone.as_deref().unwrap_or_default();
            Failure::range(format!("Invalid time zone specified: {name}"))
        })?;
        let hours = hours_of(&config, &resolved, usual);
        let mut format = DateTimeFormat {
            resolved,
            config,
            calendar,
            patterns,
            names,
            common,
            zone,
            numbers,
            generator,
            hours: Some(hours),
            pattern: String::new(),
            items: Vec::new(),
            numbering: None,
        };
        format.choose_pattern(hours);
        Ok(format)
    }

    fn choose_pattern(&mut self, hours: char) {
        let styled = self.config.date_style.is_some() || self.config.time_style.is_some();
        self.pattern = if styled {
            self.styled_pattern(hours)
        } else {
            with_hours(&self.generator.pattern(&self.skeleton(hours), HourLength::Asked), hours)
        };
        self.items = items(&self.pattern);
        if !self.has_hour() {
            self.hours = None;
        }
    }

    fn styled_pattern(&mut self, hours: char) -> String {
        let date = self.config.date_style.as_ref().and_then(|style| self.patterns.child("date").pattern(style));
        self.numbering = date.and_then(|(_, numbers)| numbers);
        let date = date.map(|(pattern, _)| pattern.to_owned());
        let time = self.config.time_style.as_ref().and_then(|style| self.patterns.child("time").pattern(style));
        let time = time.map(|(pattern, _)| self.in_hours(pattern, hours));
        match (date, time) {
            (Some(date), Some(time)) => {
                let style = self.config.date_style.as_deref().unwrap_or("medium");
                let glue = self.common.child("glueAtTime").text(style).unwrap_or("{1} {0}");
                fill_text(glue, &[&time, &date])
            }
            (date, time) => date.or(time).unwrap_or_default(),
        }
    }

    /// A pattern of a style with other hours than its own.
    fn in_hours(&self, pattern: &str, hours: char) -> String {
        let own = Skeleton::of(pattern).original[skeleton::Field::Hour as usize].letter;
        if own == hours {
            return pattern.to_owned();
        }
        let letters: String = items(pattern)
            .into_iter()
            .filter_map(|item| match item {
                Item::Field { letter: 'a' | 'b' | 'B', .. } | Item::Text(_) => None,
                Item::Field { letter: 'h' | 'H' | 'k' | 'K', count } => Some(hours.to_string().repeat(count)),
                Item::Field { letter, count } => Some(letter.to_string().repeat(count)),
            })
            .collect();
        with_hours(&self.generator.pattern(&letters, HourLength::Found), hours)
    }

    /// The letters of the fields that were asked for.
    fn skeleton(&self, hours: char) -> String {
        let config = &self.config;
        let mut letters = String::new();
        let mut add = |option: &Option<String>, choices: &[(&str, &str)]| {
            let found = option.as_ref().and_then(|value| choices.iter().find(|(name, _)| name == value));
            letters.push_str(found.map_or("", |(_, text)| text));
        };
        add(&config.weekday, &[("narrow", "EEEEE"), ("long", "EEEE"), ("short", "EEE")]);
        add(&config.era, &[("narrow", "GGGGG"), ("long", "GGGG"), ("short", "GGG")]);
        add(&config.year, &[("2-digit", "yy"), ("numeric", "y")]);
        let months = [("narrow", "MMMMM"), ("long", "MMMM"), ("short", "MMM"), ("2-digit", "MM"), ("numeric", "M")];
        add(&config.month, &months);
        add(&config.day, &[("2-digit", "dd"), ("numeric", "d")]);
        add(&config.day_period, &[("narrow", "BBBBB"), ("long", "BBBB"), ("short", "B")]);
        let (one, two) = (hours.to_string(), hours.to_string().repeat(2));
        add(&config.hour, &[("2-digit", &two), ("numeric", &one)]);
        add(&config.minute, &[("2-digit", "mm"), ("numeric", "m")]);
        add(&config.second, &[("2-digit", "ss"), ("numeric", "s")]);
        let digits = config.fractional_second_digits.map(|digits| digits.to_string());
        add(&digits, &[("1", "S"), ("2", "SS"), ("3", "SSS")]);
        let zones = [
            ("long", "zzzz"),
            ("short", "z"),
            ("longOffset", "OOOO"),
            ("shortOffset", "O"),
            ("longGeneric", "vvvv"),
            ("shortGeneric", "v"),
        ];
        add(&config.time_zone_name, &zones);
        letters
    }

    /// A narrow space would surprise whoever splits at spaces, so a text has none; parts have it.
    pub(super) fn format_text(&self, ms: f64) -> String {
        self.format(ms).text().replace('\u{202f}', " ")
    }

    pub(super) fn format(&self, ms: f64) -> Parts {
        self.format_items(&self.items, &self.view(ms))
    }

    fn view(&self, ms: f64) -> View {
        let clock = self.zone.clock(ms);
        let moment = self.calendar.moment(ms + f64::from(clock.offset_seconds) * 1000.0);
        View { ms, moment, clock }
    }

    fn format_items(&self, items: &[Item], view: &View) -> Parts {
        let mut parts = Parts::default();
        for item in items {
            match item {
                Item::Text(text) => parts.push(LITERAL, text),
                Item::Field { letter, count } => {
                    let (kind, text) = self.field(*letter, *count, view);
                    parts.push(kind, text);
                }
            }
        }
        parts
    }

    pub(super) fn resolved(&self) -> Value {
        let mut shown = Map::new();
        let mut put = |key: &str, value: Value| {
            shown.insert(key.to_owned(), value);
        };
        put("locale", json!(self.resolved.tag));
        put("calendar", json!(self.calendar.name));
        put("numberingSystem", json!(self.numbers.symbols.system));
        put("timeZone", json!(self.zone.name));
        if let Some(hours) = self.hours {
            put("hourCycle", json!(cycle_of(hours)));
            put("hour12", json!(matches!(hours, 'h' | 'K')));
        }
        if self.config.date_style.is_some() || self.config.time_style.is_some() {
            for (key, style) in [("dateStyle", &self.config.date_style), ("timeStyle", &self.config.time_style)] {
                if let Some(style) = style {
                    put(key, json!(style));
                }
            }
            return Value::Object(shown);
        }
        for (key, value) in self.shown_fields() {
            put(key, value);
        }
        Value::Object(shown)
    }

    /// How the fields of the pattern are written, which need not be how they were asked for.
    fn shown_fields(&self) -> Vec<(&'static str, Value)> {
        let mut shown = Vec::new();
        let text = |letters: &[char]| {
            self.items.iter().find_map(|item| match item {
                Item::Field { letter, count } if letters.contains(letter) => Some(*count),
                _ => None,
            })
        };
        let name = |count: usize| match count {
            5 => "narrow",
            4 => "long",
            _ => "short",
        };
        let number = |count: usize| if count == 2 { "2-digit" } else { "numeric" };
        let either = |count: usize| if count > 2 { name(count) } else { number(count) };
        let mut put = |key: &'static str, letters: &[char], of: &dyn Fn(usize) -> &'static str| {
            if let Some(count) = text(letters) {
                shown.push((key, json!(of(count))));
            }
        };
        put("weekday", &['E', 'c'], &name);
        put("era", &['G'], &name);
        put("year", &['y'], &number);
        put("month", &['M', 'L'], &either);
        put("day", &['d'], &number);
        put("dayPeriod", &['B'], &name);
        put("hour", &['H', 'h', 'k', 'K'], &number);
        put("minute", &['m'], &number);
        put("second", &['s'], &number);
        if let Some(count) = text(&['S']) {
            shown.push(("fractionalSecondDigits", json!(count)));
        }
        for (letter, long, short) in
            [('z', "long", "short"), ('O', "longOffset", "shortOffset"), ('v', "longGeneric", "shortGeneric")]
        {
            if let Some(count) = text(&[letter]) {
                shown.push(("timeZoneName", json!(if count >= 4 { long } else { short })));
            }
        }
        shown
    }

    fn has_hour(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Field { letter: 'h' | 'H' | 'k' | 'K', .. }))
    }

    // --- what fields ask for ----------------------------------------------------------------------------------

    fn symbols(&self) -> &Symbols {
        &self.numbers.symbols
    }

    fn data(&self) -> &Tree {
        &self.resolved.data
    }

    fn zone(&self) -> &Zone {
        &self.zone
    }

    fn region(&self) -> String {
        self.resolved.region()
    }

    fn calendar_name(&self) -> &'static str {
        self.calendar.name
    }

    fn calendar_names(&self) -> &Tree {
        &self.names
    }

    fn common_names(&self) -> &Tree {
        &self.common
    }

    fn calendar_is_cyclic(&self) -> bool {
        matches!(self.calendar.name, "chinese" | "dangi")
    }

    fn day_period_rules(&self) -> Option<Table> {
        let rules = data::supplemental("dayPeriods");
        rules.table(&self.resolved.base).or_else(|| rules.table(self.resolved.language()))
    }

    /// Minutes and seconds, as far as the pattern shows them.
    fn shown_minutes(&self, moment: &Moment) -> (u8, u8) {
        let has = |wanted: char| {
            self.items.iter().any(|item| matches!(item, Item::Field { letter, .. } if *letter == wanted))
        };
        (if has('m') { moment.minute } else { 0 }, if has('s') { moment.second } else { 0 })
    }

    fn numbering_of(&self, letter: char) -> Option<&'static str> {
        let numbering = self.numbering?;
        let Some((field, system)) = numbering.split_once('=') else { return Some(numbering) };
        field.starts_with(letter).then_some(system)
    }
}

fn resolve(config: &Config) -> Resolved {
    let is_calendar = |value: &str| CALENDARS.iter().any(|(name, _)| *name == value);
    let is_cycle = |value: &str| matches!(value, "h11" | "h12" | "h23" | "h24");
    let hour_cycle = if config.hour12.is_some() { None } else { config.hour_cycle.as_deref() };
    locale::resolve(
        &config.locales,
        &[
            Keyword { key: "ca", option: config.calendar.as_deref(), is_valid: &is_calendar },
            number::numbering_keyword(config.numbering_system.as_deref()),
            Keyword { key: "hc", option: hour_cycle, is_valid: &|value| config.hour12.is_none() && is_cycle(value) },
        ],
    )
}

/// The calendar asked for, or the one people use there.
fn calendar_of(resolved: &Resolved) -> String {
    if let Some(calendar) = resolved.keyword("ca") {
        return calendar.to_owned();
    }
    let preferred = data::supplemental("calendars").text(&resolved.region()).unwrap_or("gregorian");
    match preferred.split(' ').next().unwrap_or_default() {
        "gregorian" => "gregory".to_owned(),
        other => other.to_owned(),
    }
}

/// Where the patterns and the names of a calendar are.
fn trees_of(data: &Tree, calendar: &str) -> (Tree, Tree) {
    let calendars = data.child("calendars");
    let own = match calendar {
        "gregory" => "gregory",
        name if name.starts_with("islamic") => "islamic",
        "ethioaa" => "ethiopic",
        other => other,
    };
    let names = calendars.child(own);
    if names.child("available").is_empty() { (calendars.child("generic"), names) } else { (names.clone(), names) }
}

/// The letter of the hours that people use there.
fn usual_hours(resolved: &Resolved) -> char {
    let hours = data::supplemental("hours");
    let region = resolved.region();
    let of_language = hours.table(&format!("{}-{region}", resolved.language()));
    let preferred = of_language.or_else(|| hours.table(&region)).or_else(|| hours.table("001"));
    preferred.and_then(|table| table.text("preferred")).and_then(|text| text.chars().next()).unwrap_or('H')
}

fn hours_of(config: &Config, resolved: &Resolved, usual: char) -> char {
    let in_japan = || resolved.region() == "JP";
    match (config.hour12, resolved.keyword("hc")) {
        (Some(true), _) if matches!(usual, 'h' | 'K') => usual,
        (Some(true), _) => {
            if in_japan() {
                'K'
            } else {
                'h'
            }
        }
        (Some(false), _) => 'H',
        (None, Some("h11")) => 'K',
        (None, Some("h12")) => 'h',
        (None, Some("h23")) => 'H',
        (None, Some("h24")) => 'k',
        (None, _) => usual,
    }
}

fn cycle_of(letter: char) -> &'static str {
    match letter {
        'K' => "h11",
        'h' => "h12",
        'H' => "h23",
        _ => "h24",
    }
}

/// Days of a Chinese month.
fn hanidays(value: i64) -> String {
    const DIGITS: [&str; 11] = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let digit = |value: i64| DIGITS.get(value as usize).copied().unwrap_or_default();
    match value {
        1..=10 => format!("初{}", digit(value)),
        11..=19 => format!("十{}", digit(value - 10)),
        20 => "二十".to_owned(),
        21..=29 => format!("廿{}", digit(value - 20)),
        _ => "三十".to_owned(),
    }
}
