//! `Intl.Collator`: the order of texts, over ICU4X.

use std::cmp::Ordering;
use std::rc::Rc;

use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, MaxVariable, Strength};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use serde::Deserialize;
use serde_json::{Value, json};

use super::locale::{self, Keyword, Resolved};
use super::{Failure, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    locales: Vec<Rc<str>>,
    usage: String,
    #[serde(default)]
    collation: Option<String>,
    #[serde(default)]
    numeric: Option<bool>,
    #[serde(default)]
    case_first: Option<String>,
    #[serde(default)]
    sensitivity: Option<String>,
    #[serde(default)]
    ignore_punctuation: Option<bool>,
}

pub(super) struct Collator {
    resolved: Resolved,
    config: Config,
    collator: CollatorBorrowed<'static>,
}

impl Collator {
    pub(super) fn new(config: &str) -> Result<Collator, Failure> {
        let config: Config = read(config)?;
        let resolved = resolve(&config);
        let mut tag = resolved.base.clone();
        let collation = if config.usage == "search" { Some("search") } else { resolved.keyword("co") };
        if let Some(collation) = collation {
            tag = format!("{tag}-u-co-{collation}");
        }
        let mut preferences = CollatorPreferences::from(&locale::parse_lenient(&tag));
        preferences.numeric_ordering = Some(match resolved.keyword("kn") {
            Some("true") => CollationNumericOrdering::True,
            _ => CollationNumericOrdering::False,
        });
        preferences.case_first = match resolved.keyword("kf") {
            Some("upper") => Some(CollationCaseFirst::Upper),
            Some("lower") => Some(CollationCaseFirst::Lower),
            Some("false") => Some(CollationCaseFirst::False),
            _ => None,
        };
        let make = |preferences| CollatorBorrowed::try_new(preferences, options_of(&config));
        let collator = make(preferences).or_else(|_| make(CollatorPreferences::default()));
        let collator = collator.map_err(|error| Failure::range(error.to_string()))?;
        Ok(Collator { resolved, config, collator })
    }

    pub(super) fn resolved(&self) -> Value {
        let options = self.collator.resolved_options();
        let case_first = match options.case_first {
            CollationCaseFirst::Upper => "upper",
            CollationCaseFirst::Lower => "lower",
            _ => "false",
        };
        json!({
            "locale": self.resolved.tag,
            "collation": self.resolved.keyword("co").unwrap_or("default"),
            "numeric": self.resolved.keyword("kn") == Some("true"),
            "caseFirst": case_first,
            "sensitivity": self.config.sensitivity.as_deref().unwrap_or("variant"),
            "ignorePunctuation": self.config.ignore_punctuation.unwrap_or(self.resolved.language() == "th"),
        })
    }

    pub(super) fn compare(&self, left: &str, right: &str) -> i32 {
        match self.collator.compare(left, right) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }
}

fn resolve(config: &Config) -> Resolved {
    let numeric = config.numeric.map(|numeric| if numeric { "true" } else { "false" });
    let language = config.locales.first().map(|tag| tag.to_string()).unwrap_or_default();
    let known = |value: &str| collations_of(&language).contains(&value);
    let case_first = |value: &str| matches!(value, "upper" | "lower" | "false");
    locale::resolve(
        &config.locales,
        &[
            Keyword { key: "co", option: config.collation.as_deref(), is_valid: &known },
            Keyword { key: "kn", option: numeric, is_valid: &|value| matches!(value, "true" | "false") },
            Keyword { key: "kf", option: config.case_first.as_deref(), is_valid: &case_first },
        ],
    )
}

/// The orders that a language has besides its usual one, as far as ICU4X has them.
pub(super) fn collations_of(tag: &str) -> Vec<&'static str> {
    match tag.split('-').next().unwrap_or_default() {
        "ar" => vec!["compat"],
        "bn" | "es" | "fi" | "kn" | "sv" | "vi" => vec!["trad"],
        "de" => vec!["phonebk"],
        "ja" | "ko" => vec!["unihan"],
        "ln" => vec!["phonetic"],
        "si" => vec!["dict"],
        "yue" | "zh" => vec!["pinyin", "stroke", "unihan", "zhuyin"],
        _ => Vec::new(),
    }
}

fn options_of(config: &Config) -> CollatorOptions {
    let mut options = CollatorOptions::default();
    let sensitivity = config.sensitivity.as_deref().unwrap_or("variant");
    options.strength = Some(match sensitivity {
        "base" | "case" => Strength::Primary,
        "accent" => Strength::Secondary,
        _ => Strength::Tertiary,
    });
    if sensitivity == "case" {
        options.case_level = Some(CaseLevel::On);
    }
    if let Some(ignored) = config.ignore_punctuation {
        options.alternate_handling =
            Some(if ignored { AlternateHandling::Shifted } else { AlternateHandling::NonIgnorable });
        options.max_variable = ignored.then_some(MaxVariable::Punctuation);
    }
    options
}
