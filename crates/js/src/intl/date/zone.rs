//! Time zones: offsets and transitions from the IANA database, names from CLDR.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use crate::intl::data;

/// The IANA database that is part of the binary.
fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// A time zone.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    /// As `resolvedOptions` names it.
    pub(super) name: String,
    rules: TimeZone,
}

/// What the clocks say at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) offset_seconds: i32,
    pub(super) is_daylight: bool,
}

/// Milliseconds after which daylight saving no longer says anything about a zone's usual name: half a year.
const NEARBY_MS: f64 = 184.0 * 86_400_000.0;

/// Rules repeat after 400 years, so times beyond the database's calendar are moved into it.
const CYCLE_SECONDS: i64 = 12_622_780_800;

impl Zone {
    pub(super) fn find(name: &str) -> Option<Zone> {
        if let Some(offset) = fixed_offset(name) {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.abs() / 60;
            let name = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
            return Some(Zone { name, rules: TimeZone::fixed(Offset::from_seconds(offset).ok()?) });
        }
        if name.eq_ignore_ascii_case("UTC") {
            return Some(Zone { name: "UTC".to_owned(), rules: TimeZone::UTC });
        }
        let rules = database().get(name).ok()?;
        let proper = cased_name(name, &rules)?;
        let canonical = data::supplemental("zoneAliases").table(&proper).and_then(|alias| alias.text("to"));
        let name = match canonical.unwrap_or(&proper) {
            "Etc/UTC" | "Etc/GMT" | "GMT" => "UTC".to_owned(),
            "Etc/Unknown" => return None,
            name => name.to_owned(),
        };
        Some(Zone { name, rules })
    }

    /// The name CLDR knows the zone by.
    pub(super) fn cldr_name(&self) -> &str {
        if self.name == "UTC" { "Etc/UTC" } else { &self.name }
    }

    pub(super) fn clock(&self, ms: f64) -> Clock {
        let info = self.rules.to_offset_info(timestamp(ms));
        Clock { offset_seconds: info.offset().seconds(), is_daylight: info.dst().is_dst() }
    }

    /// Whether daylight saving comes or went within half a year.
    pub(super) fn has_daylight_near(&self, ms: f64) -> bool {
        let at = timestamp(ms);
        let near = |other: Timestamp| (other.as_millisecond() as f64 - at.as_millisecond() as f64).abs() < NEARBY_MS;
        let before = self.rules.preceding(at).next().filter(|transition| near(transition.timestamp()));
        let after = self.rules.following(at).next().filter(|transition| near(transition.timestamp()));
        let was = before
            .is_some_and(|transition| self.clock(transition.timestamp().as_millisecond() as f64 - 1.0).is_daylight);
        was || after.is_some_and(|transition| self.clock(transition.timestamp().as_millisecond() as f64).is_daylight)
    }

    /// The metazone whose names the zone goes by at a time.
    pub(super) fn metazone(&self, ms: f64) -> Option<&'static str> {
        let seconds = ms / 1000.0;
        let uses = data::supplemental("metazones").table(self.cldr_name())?;
        uses.entries().find_map(|(_, value)| {
            let data::Value::Table(table) = value else { return None };
            let bound = |key: &str| table.text(key).and_then(|text| text.parse::<f64>().ok());
            let begun = bound("from").is_none_or(|from| from <= seconds);
            let goes_on = bound("to").is_none_or(|to| seconds < to);
            if begun && goes_on { table.text("name") } else { None }
        })
    }
}

/// Every zone that has a name of its own.
pub(in crate::intl) fn names() -> Vec<String> {
    let aliases = data::supplemental("zoneAliases");
    let mut names: Vec<String> = database()
        .available()
        .filter_map(|name| {
            let name = name.as_str();
            let is_canonical = aliases.table(name).and_then(|alias| alias.text("to")).is_some_and(|to| to == name);
            (is_canonical && name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("SystemV/"))
                .then(|| name.to_owned())
        })
        .collect();
    names.push("UTC".to_owned());
    names.sort();
    names
}

/// The name as the database writes it.
fn cased_name(name: &str, rules: &TimeZone) -> Option<String> {
    let aliases = data::supplemental("zoneAliases");
    let known = rules.iana_name().filter(|known| known.eq_ignore_ascii_case(name)).map(str::to_owned);
    known.or_else(|| aliases.keys().find(|known| known.eq_ignore_ascii_case(name)).map(str::to_owned))
}

/// Seconds of `+01:00` and `-0330`.
fn fixed_offset(name: &str) -> Option<i32> {
    let sign = match name.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = name.get(1..)?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "0"),
        4 => digits.split_at(2),
        5 => digits.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
        _ => return None,
    };
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i32>().ok()).flatten();
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn timestamp(ms: f64) -> Timestamp {
    let mut seconds = (ms / 1000.0).floor() as i64;
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    if seconds > last {
        seconds -= ((seconds - last) / CYCLE_SECONDS + 1) * CYCLE_SECONDS;
    }
    Timestamp::from_second(seconds.max(first)).unwrap_or(Timestamp::MIN)
}

/// Whether a name is that of a zone.
pub(in crate::intl) fn exists(name: &str) -> bool {
    Zone::find(name).is_some()
}
