//! What a time zone is called at a time.

use super::DateTimeFormat;
use super::fields::View;
use super::zone::Zone;
use crate::intl::data::{self, Tree};
use crate::intl::parts::fill_text;

/// The text of a zone field.
pub(super) fn name(format: &DateTimeFormat, letter: char, count: usize, view: &View) -> String {
    let (is_long, width) = if count >= 4 { (true, "long") } else { (false, "short") };
    let found = match letter {
        'z' => specific(format, width, view),
        'v' => generic(format, width, view).or_else(|| location(format)),
        _ => None,
    };
    found.unwrap_or_else(|| offset(format, is_long, view.clock.offset_seconds))
}

fn names_of(format: &DateTimeFormat) -> Tree {
    format.data().child("zones")
}

/// The names of the zone itself, then those of its metazone.
fn named(format: &DateTimeFormat, width: &str, kind: &str, ms: f64) -> Option<&'static str> {
    let names = names_of(format);
    let own = names.at(&["zones", format.zone().cldr_name(), width]).text(kind);
    own.or_else(|| in_metazone(&names, format.zone().metazone(ms)?, width, kind))
}

fn in_metazone(names: &Tree, metazone: &str, width: &str, kind: &str) -> Option<&'static str> {
    names.at(&["metazones", metazone, width]).text(kind)
}

/// Standard or daylight time.
fn specific(format: &DateTimeFormat, width: &str, view: &View) -> Option<String> {
    let kind = if view.clock.is_daylight { "daylight" } else { "standard" };
    named(format, width, kind, view.ms).map(str::to_owned)
}

/// A name for both, such as "Pacific Time".
fn generic(format: &DateTimeFormat, width: &str, view: &View) -> Option<String> {
    let names = names_of(format);
    let zone = format.zone();
    if let Some(own) = names.at(&["zones", zone.cldr_name(), width]).text("generic") {
        return Some(own.to_owned());
    }
    let metazone = zone.metazone(view.ms)?;
    let shared = in_metazone(&names, metazone, width, "generic");
    if !view.clock.is_daylight && !zone.has_daylight_near(view.ms) {
        let standard = named(format, width, "standard", view.ms);
        if let Some(standard) = standard.filter(|standard| Some(*standard) != shared) {
            return Some(standard.to_owned());
        }
    }
    let shared = shared?;
    if speaks_for(metazone, format, view) {
        return Some(shared.to_owned());
    }
    Some(fill_text(names.text("fallback").unwrap_or("{1} ({0})"), &[&place_in(metazone, format), shared]))
}

/// Whether the zone shows the same time as the one that its metazone is known for.
fn speaks_for(metazone: &str, format: &DateTimeFormat, view: &View) -> bool {
    let Some(zones) = data::supplemental("metazoneZones").table(metazone) else { return true };
    let Some(golden) = zones.text(&format.region()).or_else(|| zones.text("001")) else { return true };
    golden == format.zone().cldr_name() || Zone::find(golden).is_none_or(|golden| golden.clock(view.ms) == view.clock)
}

/// "Los Angeles Time", or "Japan Time" where a country has one zone.
fn location(format: &DateTimeFormat) -> Option<String> {
    let pattern = names_of(format).text("region")?;
    (format.zone().name.contains('/') && !format.zone().name.starts_with("Etc/"))
        .then(|| fill_text(pattern, &[&place(format)]))
}

fn place(format: &DateTimeFormat) -> String {
    let name = format.zone().cldr_name();
    let country = region_of(name).filter(|region| stands_for(name, region));
    country.and_then(|region| country_name(format, region)).unwrap_or_else(|| city(format))
}

/// The country, where the metazone is known for this zone in it; the city otherwise.
fn place_in(metazone: &str, format: &DateTimeFormat) -> String {
    let name = format.zone().cldr_name();
    let zones = data::supplemental("metazoneZones").table(metazone);
    let golden = |region: &&str| zones.and_then(|zones| zones.text(region)) == Some(name);
    let country = region_of(name).filter(golden);
    country.and_then(|region| country_name(format, region)).unwrap_or_else(|| city(format))
}

fn region_of(zone: &str) -> Option<&'static str> {
    data::supplemental("zoneAliases").table(zone)?.text("region")
}

fn country_name(format: &DateTimeFormat, region: &str) -> Option<String> {
    format.data().at(&["names", "territories"]).text(region).map(str::to_owned)
}

fn city(format: &DateTimeFormat) -> String {
    let name = format.zone().cldr_name();
    let city = names_of(format).at(&["zones", name]).text("city");
    city.map_or_else(|| name.rsplit('/').next().unwrap_or(name).replace('_', " "), str::to_owned)
}

/// Whether a zone is the only one of its country, or the one everybody means.
fn stands_for(zone: &str, region: &str) -> bool {
    if let Some(primary) = data::supplemental("primaryZones").text(region) {
        return primary == zone;
    }
    let mut others = data::supplemental("zoneAliases").entries().filter_map(|(_, value)| match value {
        data::Value::Table(alias) if alias.text("region") == Some(region) => alias.text("to"),
        _ => None,
    });
    others.all(|other| other == zone)
}

/// "GMT-8" or "GMT-08:00".
fn offset(format: &DateTimeFormat, is_long: bool, seconds: i32) -> String {
    let names = names_of(format);
    let patterns = names.text("hourFormat").unwrap_or("+HH:mm;-HH:mm");
    let (positive, negative) = patterns.split_once(';').unwrap_or((patterns, patterns));
    let pattern = if seconds < 0 { negative } else { positive };
    let size = seconds.unsigned_abs();
    let (hours, minutes, rest) = (size / 3600, size / 60 % 60, size % 60);
    let hours = if is_long { format!("{hours:02}") } else { hours.to_string() };
    let between: String = pattern.split('H').next_back().unwrap_or(":").split('m').next().unwrap_or(":").to_owned();
    let mut text = if is_long || minutes > 0 || rest > 0 { format!("{hours}{between}{minutes:02}") } else { hours };
    if rest > 0 {
        text.push_str(&format!("{between}{rest:02}"));
    }
    let sign = pattern.split('H').next().unwrap_or_default();
    let shows_minutes = is_long || minutes > 0 || rest > 0;
    let after = if shows_minutes { pattern.rsplit('m').next().unwrap_or_default() } else { "" };
    let shown = format!("{sign}{}{after}", format.symbols().localize(&text));
    fill_text(names.text("gmtFormat").unwrap_or("GMT{0}"), &[&shown])
}
