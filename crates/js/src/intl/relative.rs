//! `Intl.RelativeTimeFormat`: "in 3 days", "yesterday".

use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::data::Tree;
use super::decimal::{Decimal, Number};
use super::locale::Resolved;
use super::number::{self, NumberFormat};
use super::parts::{LITERAL, Parts, Slot, fill};
use super::{Failure, plural, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    locales: Vec<Rc<str>>,
    #[serde(default)]
    numbering_system: Option<String>,
    style: String,
    numeric: String,
}

pub(super) struct RelativeTimeFormat {
    resolved: Resolved,
    config: Config,
    numbers: NumberFormat,
}

impl RelativeTimeFormat {
    pub(super) fn new(config: &str) -> Result<RelativeTimeFormat, Failure> {
        let config: Config = read(config)?;
        let resolved = number::resolve(&config.locales, config.numbering_system.as_deref());
        let numbers = NumberFormat::plain(&resolved, &number::numbering_system(&resolved));
        Ok(RelativeTimeFormat { resolved, config, numbers })
    }

    pub(super) fn resolved(&self) -> Value {
        json!({ "locale": self.resolved.tag, "numberingSystem": self.numbers.symbols.system })
    }

    pub(super) fn format(&self, value: &str, unit: &str) -> Parts {
        let fields = self.fields(unit);
        let mut parts = Parts::default();
        if self.config.numeric == "auto"
            && let Some(name) = fields.child("relative").text(if value == "-0" { "0" } else { value })
        {
            parts.push(LITERAL, name);
            return parts;
        }
        let number = Number::parse(value);
        let tense = if number.is_negative() { "past" } else { "future" };
        let size = match number {
            Number::Finite(decimal) => Number::Finite(Decimal::abs(decimal)),
            other => other,
        };
        let pattern = plural::choose(&fields.child(tense), self.numbers.category(&size)).unwrap_or("{0}");
        fill(pattern, |slot| match slot {
            Slot::Text(text) => parts.push(LITERAL, text),
            Slot::Index(_) => parts.append(self.numbers.format_number(&size)),
        });
        parts
    }

    fn fields(&self, unit: &str) -> Tree {
        let fields = self.resolved.data.child("fields");
        match self.config.style.as_str() {
            "long" => fields.child(unit),
            style => fields.child(&format!("{unit}-{style}")),
        }
    }
}
