//! The work behind `Intl`: formats, orders and borders of texts in the languages of CLDR.
//!
//! An operation is a name, a configuration in JSON and some texts; its answer is a text. What a configuration makes
//! (patterns, rules, tables) is kept per thread by its JSON, because nothing that Rust owns may hang off a JavaScript
//! object. ICU4X gives plural rules, collation, segmentation, calendars and the algebra of locale tags; CLDR, in
//! `data`, gives the patterns and names; jiff gives the time zones.
//!
//! **Invariant:** answers depend on nothing but the question: no clock, no environment, no system time zone.

mod collate;
mod data;
mod date;
mod decimal;
mod list;
mod locale;
mod names;
mod number;
mod parts;
mod plural;
mod relative;
mod segment;
mod services;
mod tags;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use icu_casemap::CaseMapper;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::limits;

/// Why there is no answer: the text of a `RangeError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    fn range(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }
}

type Answer = Result<String, Failure>;

/// Answers one question.
pub(crate) fn run(operation: &str, config: &str, texts: &[String]) -> Answer {
    let Some((service, verb)) = operation.split_once('.') else { return Err(unknown(operation)) };
    let question = Question { verb, texts };
    match service {
        "number" => ask::<NumberFormat>(config, &question),
        "date" => ask::<DateTimeFormat>(config, &question),
        "plural" => ask::<Selector>(config, &question),
        "relative" => ask::<RelativeTimeFormat>(config, &question),
        "list" => ask::<ListFormat>(config, &question),
        "collator" => ask::<Collator>(config, &question),
        "segmenter" => ask::<Segmenter>(config, &question),
        "names" => ask::<DisplayNames>(config, &question),
        "locale" => about_locales(verb, config, texts),
        "case" => Ok(in_case(verb, config, texts.first().map_or("", String::as_str))),
        _ => Err(unknown(operation)),
    }
}

fn about_locales(verb: &str, config: &str, texts: &[String]) -> Answer {
    match verb {
        "canonical" => locale::canonical(config),
        "available" => Ok(locale::best_available(config).unwrap_or_default()),
        "change" => tags::change(config, texts.first().map_or("{}", String::as_str)),
        "describe" => Ok(json(tags::describe(config))),
        "maximize" => Ok(tags::likely(config, true)),
        "minimize" => Ok(tags::likely(config, false)),
        "information" => Ok(json(tags::information(config))),
        "values" => tags::values(config).map(|values| json(json!(values))),
        "currencyDigits" => Ok(json(tags::currency_digits())),
        "zone" => Ok(if date::zone::exists(config) { "true" } else { "" }.to_owned()),
        _ => Err(unknown(verb)),
    }
}

/// Upper or lower case as a language has it.
fn in_case(verb: &str, tag: &str, text: &str) -> String {
    let id = locale::parse_lenient(tag).id;
    let mapper = CaseMapper::new();
    let cased =
        if verb == "upper" { mapper.uppercase_to_string(text, &id) } else { mapper.lowercase_to_string(text, &id) };
    cased.into_owned()
}

fn unknown(operation: &str) -> Failure {
    Failure::range(format!("Intl has no operation {operation}"))
}

fn json(value: Value) -> String {
    value.to_string()
}

fn read<'a, T: Deserialize<'a>>(config: &'a str) -> Result<T, Failure> {
    serde_json::from_str(config).map_err(|error| Failure::range(format!("Invalid options: {error}")))
}

use collate::Collator;
use date::DateTimeFormat;
use list::ListFormat;
use names::DisplayNames;
use number::NumberFormat;
use plural::Selector;
use relative::RelativeTimeFormat;
use segment::Segmenter;
use services::{Question, Service};

type Kept<T> = HashMap<String, Rc<T>>;

/// What configurations made, by their JSON.
#[derive(Default)]
struct Cache {
    number: Kept<NumberFormat>,
    date: Kept<DateTimeFormat>,
    plural: Kept<Selector>,
    relative: Kept<RelativeTimeFormat>,
    list: Kept<ListFormat>,
    collator: Kept<Collator>,
    segmenter: Kept<Segmenter>,
    names: Kept<DisplayNames>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// Asks what `config` makes, made anew or kept from before.
fn ask<T: Service>(config: &str, question: &Question<'_>) -> Answer {
    let kept = CACHE.with_borrow_mut(|cache| T::kept(cache).get(config).cloned());
    if let Some(kept) = kept {
        return kept.answer(question);
    }
    let made = Rc::new(T::make(config)?);
    CACHE.with_borrow_mut(|cache| {
        let kept = T::kept(cache);
        if kept.len() >= limits::INTL_FORMATS {
            kept.clear();
        }
        kept.insert(config.to_owned(), made.clone());
    });
    made.answer(question)
}

#[cfg(test)]
mod tests;
