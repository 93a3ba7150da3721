//! `Intl.DisplayNames`: what languages, regions, scripts, currencies, calendars and fields are called.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::data::Tree;
use super::locale::{self, Resolved};
use super::parts::fill_text;
use super::{Failure, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    locales: Vec<Rc<str>>,
    style: String,
    r#type: String,
    language_display: String,
}

pub(super) struct DisplayNames {
    resolved: Resolved,
    config: Config,
    names: Tree,
}

impl DisplayNames {
    pub(super) fn new(config: &str) -> Result<DisplayNames, Failure> {
        let config: Config = read(config)?;
        let resolved = locale::resolve(&config.locales, &[]);
        let names = resolved.data.child("names");
        Ok(DisplayNames { resolved, config, names })
    }

    pub(super) fn resolved(&self) -> Value {
        json!({ "locale": self.resolved.tag })
    }

    /// The canonical code, and its name if it has one.
    pub(super) fn of(&self, code: &str) -> Result<Value, Failure> {
        let invalid = || Failure::range("invalid_argument");
        let is = |least: usize, most: usize, test: fn(&u8) -> bool| {
            (least..=most).contains(&code.len()) && code.as_bytes().iter().all(test)
        };
        let (code, name) = match self.config.r#type.as_str() {
            "region" if is(2, 2, u8::is_ascii_alphabetic) || is(3, 3, u8::is_ascii_digit) => {
                let code = code.to_ascii_uppercase();
                let name = self.short("territories", &code);
                (code, name)
            }
            "script" if is(4, 4, u8::is_ascii_alphabetic) => {
                let code = format!("{}{}", code[..1].to_ascii_uppercase(), code[1..].to_ascii_lowercase());
                let name = self.names.child("scripts").text(&code).map(str::to_owned);
                (code, name)
            }
            "currency" if is(3, 3, u8::is_ascii_alphabetic) => {
                let code = code.to_ascii_uppercase();
                let name = self.currency(&code);
                (code, name)
            }
            "calendar" => self.calendar(code).ok_or_else(invalid)?,
            "dateTimeField" => (code.to_owned(), Some(self.field(code).ok_or_else(invalid)?)),
            "language" => self.language(code)?,
            _ => return Err(invalid()),
        };
        Ok(json!([code, name]))
    }

    fn short(&self, kind: &str, code: &str) -> Option<String> {
        let names = self.names.child(kind);
        let short = (self.config.style != "long").then(|| names.text(&format!("{code}/short"))).flatten();
        short.or_else(|| names.text(code)).map(str::to_owned)
    }

    /// The name of money, in any style.
    fn currency(&self, code: &str) -> Option<String> {
        self.resolved.data.at(&["currencies", code]).text("name").map(str::to_owned)
    }

    fn calendar(&self, code: &str) -> Option<(String, Option<String>)> {
        let code = code.to_ascii_lowercase();
        let well_formed =
            |part: &str| (3..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !code.split('-').all(well_formed) {
            return None;
        }
        let key = if code == "gregory" { "gregorian" } else { &code };
        let name = self.names.child("calendars").text(key).map(str::to_owned);
        Some((code, name))
    }

    fn field(&self, code: &str) -> Option<String> {
        let key = match code {
            "era" | "year" | "quarter" | "month" | "weekday" | "day" | "hour" | "minute" | "second" => code,
            "weekOfYear" => "week",
            "dayPeriod" => "dayperiod",
            "timeZoneName" => "zone",
            _ => return None,
        };
        let key = if self.config.style == "long" { key.to_owned() } else { format!("{key}-{}", self.config.style) };
        self.resolved.data.at(&["fields", &key]).text("name").map(str::to_owned)
    }

    fn language(&self, code: &str) -> Result<(String, Option<String>), Failure> {
        let parsed = locale::parse(code).map_err(|_| Failure::range("invalid_argument"))?;
        if !parsed.extensions.is_empty() {
            return Err(Failure::range("invalid_argument"));
        }
        let code = parsed.id.to_string();
        let dialect = self.config.language_display == "dialect";
        let whole = if dialect { self.short("languages", &code) } else { None };
        if whole.is_some() {
            return Ok((code, whole));
        }
        let (language, script, region) = parts_of(&code);
        let name = self.short("languages", language);
        let others: Vec<String> = [script, region].into_iter().flatten().map(|subtag| self.subtag(subtag)).collect();
        let pattern = self.names.child("pattern");
        let separator = pattern.text("localeSeparator").unwrap_or("{0}, {1}");
        let joined = others.into_iter().reduce(|left, right| fill_text(separator, &[&left, &right]));
        let Some(joined) = joined else { return Ok((code, name)) };
        let name = name.unwrap_or_else(|| language.to_owned());
        let full = fill_text(pattern.text("localePattern").unwrap_or("{0} ({1})"), &[&name, &joined]);
        Ok((code, Some(full)))
    }

    fn subtag(&self, subtag: &str) -> String {
        let name = if subtag.len() == 4 {
            self.names.child("scripts").text(subtag).map(str::to_owned)
        } else {
            self.short("territories", subtag)
        };
        name.unwrap_or_else(|| subtag.to_owned())
    }
}

/// Language, script and region of a canonical tag.
fn parts_of(code: &str) -> (&str, Option<&str>, Option<&str>) {
    let mut subtags = code.split('-');
    let language = subtags.next().unwrap_or_default();
    let rest: Vec<&str> = subtags.collect();
    let script = rest.iter().copied().find(|subtag| subtag.len() == 4 && subtag.as_bytes()[0].is_ascii_alphabetic());
    let region = rest.iter().copied().find(|subtag| (2..=3).contains(&subtag.len()));
    (language, script, region)
}
