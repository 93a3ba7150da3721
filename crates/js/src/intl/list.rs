//! `Intl.ListFormat`: "a, b, and c".

use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::data::Tree;
use super::locale::{self, Resolved};
use super::parts::{LITERAL, Part, Parts, Slot, Source, fill};
use super::{Failure, read};

#[derive(Deserialize)]
struct Config {
    locales: Vec<Rc<str>>,
    r#type: String,
    style: String,
}

pub(super) struct ListFormat {
    resolved: Resolved,
    config: Config,
    patterns: Tree,
}

impl ListFormat {
    pub(super) fn new(config: &str) -> Result<ListFormat, Failure> {
        let config: Config = read(config)?;
        let resolved = locale::resolve(&config.locales, &[]);
        let kind = match config.r#type.as_str() {
            "conjunction" => "standard",
            "disjunction" => "or",
            _ => "unit",
        };
        // A list that is as short as another one is not listed again.
        let styles: &[&str] = match config.style.as_str() {
            "long" => &[""],
            "short" => &["-short", ""],
            _ => &["-narrow", "-short", ""],
        };
        let lists = styles.iter().map(|style| resolved.data.at(&["lists", &format!("{kind}{style}")]));
        let patterns = lists.into_iter().find(|list| list.text("2").is_some()).unwrap_or_default();
        Ok(ListFormat { resolved, config, patterns })
    }

    pub(super) fn resolved(&self) -> Value {
        json!({ "locale": self.resolved.tag })
    }

    pub(super) fn format(&self, items: &[String]) -> Parts {
        let element = |text: &str| {
            let mut parts = Parts::default();
            // An empty element is still an element.
            parts.0.push(Part { kind: "element", text: text.to_owned(), source: Source::Shared });
            parts
        };
        match items {
            [] => Parts::default(),
            [only] => element(only),
            [first, second] => self.join("2", element(first), element(second), second),
            [first, middle @ .., last] => {
                let mut joined = None;
                for (index, item) in middle.iter().enumerate() {
                    let pattern = if index == 0 { "start" } else { "middle" };
                    let before = joined.take().unwrap_or_else(|| element(first));
                    joined = Some(self.join(pattern, before, element(item), item));
                }
                self.join("end", joined.unwrap_or_default(), element(last), last)
            }
        }
    }

    fn join(&self, key: &str, before: Parts, after: Parts, following: &str) -> Parts {
        let pattern = self.patterns.text(key).unwrap_or("{0}, {1}");
        let pattern = self.in_front_of(pattern, following);
        let mut parts = Parts::default();
        let mut ends = [Some(before), Some(after)];
        fill(&pattern, |slot| match slot {
            Slot::Text(text) => parts.push(LITERAL, text),
            Slot::Index(index) => {
                if let Some(Parts(end)) = ends.get_mut(index).and_then(Option::take) {
                    parts.0.extend(end);
                }
            }
        });
        parts
    }

    /// Spanish "y" and "o" change before words that begin with their own sound, Hebrew "and" takes a hyphen before
    /// other scripts.
    fn in_front_of(&self, pattern: &str, following: &str) -> String {
        let lower = following.to_lowercase();
        let conjunction = self.config.r#type == "conjunction";
        match self.resolved.language() {
            "es" if self.config.r#type != "disjunction" && sounds_like_i(&lower) => pattern.replace(" y ", " e "),
            "es" if self.config.r#type == "disjunction" && sounds_like_o(&lower) => pattern.replace(" o ", " u "),
            "he" if conjunction && !following.starts_with(|char| ('\u{590}'..='\u{5ff}').contains(&char)) => {
                pattern.replace(" ו{1}", " ו-{1}")
            }
            _ => pattern.to_owned(),
        }
    }
}

fn sounds_like_i(text: &str) -> bool {
    let diphthong = ["hia", "hie", "hya", "hye"].iter().any(|start| text.starts_with(start));
    !diphthong && (text == "y" || ["i", "hi", "hy"].iter().any(|start| text.starts_with(start)))
}

fn sounds_like_o(text: &str) -> bool {
    let is_digit = |char: char| char.is_ascii_digit();
    let eleven = text.strip_prefix("11").is_some_and(|rest| !rest.starts_with(is_digit));
    eleven || ["o", "ho", "8"].iter().any(|start| text.starts_with(start))
}
