//! `Intl.Segmenter`: where characters, words and sentences end, over ICU4X.

use std::rc::Rc;

use icu_segmenter::options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};
use serde::Deserialize;
use serde_json::{Value, json};

use super::locale::{self, Resolved};
use super::{Failure, read};

#[derive(Deserialize)]
struct Config {
    locales: Vec<Rc<str>>,
    granularity: String,
}

pub(super) struct Segmenter {
    resolved: Resolved,
    config: Config,
}

impl Segmenter {
    pub(super) fn new(config: &str) -> Result<Segmenter, Failure> {
        let config: Config = read(config)?;
        Ok(Segmenter { resolved: locale::resolve(&config.locales, &[]), config })
    }

    pub(super) fn resolved(&self) -> Value {
        json!({ "locale": self.resolved.tag })
    }

    /// Ends of the segments in UTF-16 units; of words, negated where they are none.
    pub(super) fn ends(&self, text: &str) -> Value {
        let mut position = Position { text, bytes: 0, units: 0 };
        match self.config.granularity.as_str() {
            "word" => {
                let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
                let mut start = 0;
                let ends = segmenter.segment_str(text).skip(1);
                ends.map(|end| {
                    let is_word = text.get(start..end).unwrap_or_default().contains(char::is_alphanumeric);
                    start = end;
                    let units = position.advance(end) as i64;
                    json!(if is_word { units } else { -units })
                })
                .collect()
            }
            "sentence" => {
                let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
                segmenter.segment_str(text).skip(1).map(|end| json!(position.advance(end))).collect()
            }
            _ => {
                let segmenter = GraphemeClusterSegmenter::new();
                segmenter.segment_str(text).skip(1).map(|end| json!(position.advance(end))).collect()
            }
        }
    }
}

/// A place in a text, counted both ways.
struct Position<'a> {
    text: &'a str,
    bytes: usize,
    units: usize,
}

impl Position<'_> {
    fn advance(&mut self, bytes: usize) -> usize {
        let passed = self.text.get(self.bytes..bytes).unwrap_or_default();
        self.units += passed.chars().map(char::len_utf16).sum::<usize>();
        self.bytes = bytes;
        self.units
    }
}
