//! `Intl.Locale` and what `Intl` itself knows of locales.

use icu_locale::Locale;
use icu_locale::extensions::unicode::{Key, Value as KeywordValue};
use icu_locale::subtags::{Language, Region, Script};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::data::{self, Table};
use super::locale::{self, expander, keyword_of};
use super::{Failure, collate, date, read};

/// Options of the constructor, which replace parts of the tag.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Changes {
    language: Option<String>,
    script: Option<String>,
    region: Option<String>,
    keywords: Map<String, Value>,
}

/// The tag with changes, canonical again.
pub(super) fn change(tag: &str, changes: &str) -> Result<String, Failure> {
    let incorrect = || Failure::range("Incorrect locale information provided");
    let changes: Changes = read(changes)?;
    let mut locale = locale::parse(tag)?;
    if let Some(language) = &changes.language {
        locale.id.language = Language::try_from_str(language).map_err(|_| incorrect())?;
    }
    if let Some(script) = &changes.script {
        locale.id.script = Some(Script::try_from_str(script).map_err(|_| incorrect())?);
    }
    if let Some(region) = &changes.region {
        locale.id.region = Some(Region::try_from_str(region).map_err(|_| incorrect())?);
    }
    for (key, value) in &changes.keywords {
        let key = Key::try_from_str(key).map_err(|_| incorrect())?;
        let value = KeywordValue::try_from_str(value.as_str().unwrap_or_default()).map_err(|_| incorrect())?;
        locale.extensions.unicode.keywords.set(key, value);
    }
    locale::canonical(&locale.to_string())
}

/// Everything that the getters of `Intl.Locale` show.
pub(super) fn describe(tag: &str) -> Value {
    let locale = locale::parse_lenient(tag);
    let keyword = |key: &str| keyword_of(&locale, key);
    json!({
        "baseName": locale.id.to_string(),
        "language": locale.id.language.to_string(),
        "script": locale.id.script.map(|script| script.to_string()),
        "region": locale.id.region.map(|region| region.to_string()),
        "calendar": keyword("ca"),
        "collation": keyword("co"),
        "hourCycle": keyword("hc"),
        "caseFirst": keyword("kf"),
        "numeric": keyword("kn"),
        "numberingSystem": keyword("nu"),
    })
}

pub(super) fn likely(tag: &str, more: bool) -> String {
    let mut locale = locale::parse_lenient(tag);
    if locale.id.is_unknown() {
        locale.id = locale::parse_lenient(locale::DEFAULT).id;
    }
    expander(|expander| if more { expander.maximize(&mut locale.id) } else { expander.minimize(&mut locale.id) });
    locale.to_string()
}

/// Facts about a locale's region: calendars, hour cycles, first days of weeks and so on.
pub(super) fn information(tag: &str) -> Value {
    let locale = locale::parse_lenient(tag);
    let mut full = locale.id.clone();
    expander(|expander| expander.maximize(&mut full));
    let region = full.region.map_or_else(|| "001".to_owned(), |region| region.to_string());
    let resolved = locale::data_of(&locale::best_available(tag).unwrap_or_else(|| locale::DEFAULT.to_owned()));
    let system = resolved.child("numbers").text("system").unwrap_or("latn");
    let right_to_left = full.script.is_some_and(|script| {
        ["Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg", "Mand", "Samr"].contains(&script.as_str())
    });
    json!({
        "calendars": or_own(&locale, "ca", calendars(&region)),
        "hourCycles": or_own(&locale, "hc", vec![hour_cycle(&full, &region)]),
        "numberingSystems": or_own(&locale, "nu", vec![system.to_owned()]),
        "collations": or_own(&locale, "co", sorted(collate::collations_of(tag))),
        "timeZones": locale.id.region.map(|region| zones_of(region.as_str())),
        "textInfo": { "direction": if right_to_left { "rtl" } else { "ltr" } },
        "weekInfo": week(&region),
    })
}

fn or_own(locale: &Locale, key: &str, usual: Vec<String>) -> Vec<String> {
    keyword_of(locale, key).map_or(usual, |own| vec![own])
}

fn sorted(names: Vec<&str>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.sort();
    names
}

fn calendars(region: &str) -> Vec<String> {
    let of_region = data::supplemental("calendars");
    let names = of_region.text(region).or_else(|| of_region.text("001")).unwrap_or("gregorian");
    let mut names: Vec<String> = names.split(' ').map(|name| name.replace("gregorian", "gregory")).collect();
    if region != "001" && names.is_empty() {
        names.push("gregory".to_owned());
    }
    names
}

fn hour_cycle(id: &icu_locale::LanguageIdentifier, region: &str) -> String {
    let hours = data::supplemental("hours");
    let table = hours.table(&format!("{}-{region}", id.language)).or_else(|| hours.table(region));
    let preferred = table.or_else(|| hours.table("001")).and_then(|table| table.text("preferred")).unwrap_or("H");
    match preferred {
        "h" => "h12",
        "K" => "h11",
        "k" => "h24",
        _ => "h23",
    }
    .to_owned()
}

fn zones_of(region: &str) -> Vec<&'static str> {
    let aliases = data::supplemental("zoneAliases");
    let mut zones: Vec<&str> = aliases
        .entries()
        .filter_map(|(_, value)| match value {
            data::Value::Table(alias) if alias.text("region") == Some(region) => alias.text("to"),
            _ => None,
        })
        .collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

fn week(region: &str) -> Value {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let weeks = data::supplemental("weeks");
    let of = |kind: &str| {
        let table: Option<Table> = weeks.table(kind);
        table.and_then(|table| table.text(region).or_else(|| table.text("001"))).unwrap_or_default()
    };
    let day = |name: &str| DAYS.iter().position(|day| *day == name).unwrap_or(0) + 1;
    let (start, end) = (day(of("weekendStart")), day(of("weekendEnd")));
    let mut weekend: Vec<usize> = (0..7).map(|step| (start - 1 + step) % 7 + 1).collect();
    let last = weekend.iter().position(|day| *day == end).unwrap_or(0);
    weekend.truncate(last + 1);
    weekend.sort_unstable();
    json!({ "firstDay": day(of("first")), "weekend": weekend, "minimalDays": of("minimum").parse::<u8>().unwrap_or(1) })
}

/// The values of `Intl.supportedValuesOf`.
pub(super) fn values(key: &str) -> Result<Vec<String>, Failure> {
    let keys = |table: &str| data::supplemental(table).keys().map(str::to_owned).collect::<Vec<_>>();
    Ok(match key {
        "calendar" => date::calendar::CALENDARS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        "collation" => {
            sorted(vec!["compat", "dict", "phonebk", "phonetic", "pinyin", "stroke", "trad", "unihan", "zhuyin"])
        }
        "currency" => keys("money"),
        "numberingSystem" => keys("digits"),
        "timeZone" => date::zone::names(),
        "unit" => keys("units"),
        _ => return Err(Failure::range(format!("Invalid key : {key}"))),
    })
}

/// Fraction digits of the currencies that do not have two.
pub(super) fn currency_digits() -> Value {
    let currencies = data::supplemental("currencies");
    let digits: Map<String, Value> =
        currencies.keys().filter_map(|code| Some((code.to_owned(), json!(currencies.text(code)?)))).collect();
    Value::Object(digits)
}
