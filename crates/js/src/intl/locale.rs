//! Language tags: canonical forms, which ones there is data for, and which one a service uses.

use std::collections::BTreeMap;
use std::rc::Rc;

use icu_locale::extensions::unicode::Key;
use icu_locale::{Locale, LocaleCanonicalizer, LocaleExpander};

use super::Failure;
use super::data::{self, Tree};

/// What is spoken when nobody asks for anything that we have.
pub(super) const DEFAULT: &str = "en-US";

/// What a service found for the locales that were asked for.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// The tag as `resolvedOptions` shows it.
    pub(super) tag: String,
    /// Language, script and region only.
    pub(super) base: String,
    pub(super) data: Tree,
    /// Values of the keys that were asked about.
    keywords: BTreeMap<&'static str, String>,
}

/// A Unicode extension key that matters to a service.
pub(super) struct Keyword<'a> {
    pub(super) key: &'static str,
    /// The value of the option, which goes before the tag.
    pub(super) option: Option<&'a str>,
    pub(super) is_valid: &'a dyn Fn(&str) -> bool,
}

impl Resolved {
    pub(super) fn keyword(&self, key: &str) -> Option<&str> {
        self.keywords.get(key).map(String::as_str)
    }

    pub(super) fn locale(&self) -> Locale {
        parse_lenient(&self.base)
    }

    /// The region, by likelihood when the tag has none.
    pub(super) fn region(&self) -> String {
        let mut id = self.locale().id;
        expander(|expander| expander.maximize(&mut id));
        id.region.map_or_else(|| "001".to_owned(), |region| region.to_string())
    }

    pub(super) fn language(&self) -> &str {
        self.base.split('-').next().unwrap_or_default()
    }
}

/// The first of `requested`, canonical tags, that there is data for, with the values of `keywords`.
pub(super) fn resolve(requested: &[Rc<str>], keywords: &[Keyword<'_>]) -> Resolved {
    let found = requested.iter().find_map(|tag| Some((tag.clone(), best_available(tag)?)));
    let (tag, base) = found.unwrap_or_else(|| (DEFAULT.into(), DEFAULT.to_owned()));
    let asked = parse_lenient(&tag);
    let mut resolved = Resolved { tag: base.clone(), data: data_of(&base), base, keywords: BTreeMap::new() };
    let mut kept = Vec::new();
    for keyword in keywords {
        let from_tag = keyword_of(&asked, keyword.key).filter(|value| (keyword.is_valid)(value));
        let from_option = keyword.option.filter(|value| (keyword.is_valid)(value)).map(str::to_owned);
        if let Some(value) = &from_tag
            && from_option.as_ref().is_none_or(|option| option == value)
        {
            kept.push(if value == "true" { keyword.key.to_owned() } else { format!("{}-{value}", keyword.key) });
        }
        if let Some(value) = from_option.or(from_tag) {
            resolved.keywords.insert(keyword.key, value);
        }
    }
    kept.sort();
    if !kept.is_empty() {
        resolved.tag = format!("{}-u-{}", resolved.tag, kept.join("-"));
    }
    resolved
}

/// What there is of `tag`, cut at its end until there is something.
pub(super) fn best_available(tag: &str) -> Option<String> {
    let names = data::locale_names();
    let mut candidate = parse_lenient(tag).id.to_string();
    loop {
        if names.text(&candidate).is_some() {
            return Some(candidate);
        }
        candidate.truncate(candidate.rfind('-')?);
    }
}

/// Everything CLDR says for an available locale.
pub(super) fn data_of(base: &str) -> Tree {
    Tree::of_locale(data::locale_names().text(base).unwrap_or("und"))
}

/// The canonical form of a tag; an error when it is not well-formed.
pub(super) fn canonical(tag: &str) -> Result<String, Failure> {
    parse(tag).map(|locale| locale.to_string())
}

pub(super) fn parse(tag: &str) -> Result<Locale, Failure> {
    let incorrect = || Failure::range("Incorrect locale information provided");
    let first = tag.split('-').next().unwrap_or_default();
    let well_formed = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && (2..=8).contains(&first.len())
        && first.len() != 4
        && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !well_formed {
        return Err(incorrect());
    }
    if has_duplicates(tag) {
        return Err(Failure::range(format!("Invalid language tag: {tag}")));
    }
    let mut locale = Locale::try_from_str(tag).map_err(|_| incorrect())?;
    replace_old_calendars(&mut locale);
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    Ok(locale)
}

/// Calendars go by their newer names.
fn replace_old_calendars(locale: &mut Locale) {
    let newer = match keyword_of(locale, "ca").as_deref() {
        Some("islamicc") => "islamic-civil",
        Some("ethiopic-amete-alem") => "ethioaa",
        _ => return,
    };
    if let (Ok(key), Ok(value)) = (Key::try_from_str("ca"), newer.parse()) {
        locale.extensions.unicode.keywords.set(key, value);
    }
}

/// Whether a variant or a singleton stands twice in a tag.
fn has_duplicates(tag: &str) -> bool {
    let lower = tag.to_ascii_lowercase();
    let mut singletons = Vec::new();
    let mut variants = Vec::new();
    for subtag in lower.split('-').skip(1) {
        if subtag.len() == 1 {
            if singletons.contains(&subtag) {
                return true;
            }
            singletons.push(subtag);
            if subtag == "x" {
                break;
            }
        }
        let is_variant = subtag.len() >= 5 || (subtag.len() == 4 && subtag.as_bytes()[0].is_ascii_digit());
        if singletons.is_empty() && is_variant {
            if variants.contains(&subtag) {
                return true;
            }
            variants.push(subtag);
        }
    }
    false
}

/// A tag that is known to be well-formed.
pub(super) fn parse_lenient(tag: &str) -> Locale {
    Locale::try_from_str(tag).unwrap_or(Locale::UNKNOWN)
}

/// The value of a Unicode extension key; `true` when it stands alone.
pub(super) fn keyword_of(locale: &Locale, key: &str) -> Option<String> {
    let key = Key::try_from_str(key).ok()?;
    let value = locale.extensions.unicode.keywords.get(&key)?.to_string();
    Some(if value.is_empty() { "true".to_owned() } else { value })
}

/// Lends what adds and removes likely subtags.
pub(super) fn expander<T>(work: impl FnOnce(&LocaleExpander) -> T) -> T {
    work(&LocaleExpander::new_extended())
}
