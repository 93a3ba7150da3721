//! The services that keep what their configurations make, and the verbs each of them knows.

use super::collate::Collator;
use super::date::DateTimeFormat;
use super::list::ListFormat;
use super::names::DisplayNames;
use super::number::NumberFormat;
use super::plural::Selector;
use super::relative::RelativeTimeFormat;
use super::segment::Segmenter;
use super::{Answer, Cache, Failure, Kept, json};

/// A verb and the texts it is about.
pub(super) struct Question<'a> {
    pub(super) verb: &'a str,
    pub(super) texts: &'a [String],
}

impl Question<'_> {
    fn text(&self, index: usize) -> &str {
        self.texts.get(index).map_or("", String::as_str)
    }

    fn time(&self, index: usize) -> f64 {
        self.text(index).parse().unwrap_or(0.0)
    }
}

/// What a configuration makes.
pub(super) trait Service: Sized {
    fn make(config: &str) -> Result<Self, Failure>;

    /// Where a thread keeps those it made.
    fn kept(cache: &mut Cache) -> &mut Kept<Self>;

    fn answer(&self, question: &Question<'_>) -> Answer;
}

macro_rules! service {
    ($name:ident, $place:ident, |$this:ident, $question:ident| $answer:expr) => {
        impl Service for $name {
            fn make(config: &str) -> Result<$name, Failure> {
                $name::new(config)
            }

            fn kept(cache: &mut Cache) -> &mut Kept<$name> {
                &mut cache.$place
            }

            fn answer(&self, $question: &Question<'_>) -> Answer {
                let $this = self;
                $answer
            }
        }
    };
}

service!(NumberFormat, number, |format, question| {
    let (first, second) = (question.text(0), question.text(1));
    Ok(match question.verb {
        "resolved" => json(format.resolved()),
        "format" => format.format(first).text(),
        "parts" => json(format.format(first).json()),
        "range" => format.format_range(first, second).text(),
        _ => json(format.format_range(first, second).json_with_source()),
    })
});

service!(DateTimeFormat, date, |format, question| {
    let (first, second) = (question.time(0), question.time(1));
    Ok(match question.verb {
        "resolved" => json(format.resolved()),
        "format" => format.format_text(first),
        "parts" => json(format.format(first).json()),
        "range" => format.format_range_text(first, second),
        _ => json(format.format_range(first, second).json_with_source()),
    })
});

service!(Selector, plural, |selector, question| {
    Ok(match question.verb {
        "resolved" => json(selector.resolved()),
        "select" => selector.select(question.text(0)).to_owned(),
        _ => selector.select_range(question.text(0), question.text(1)).to_owned(),
    })
});

service!(RelativeTimeFormat, relative, |format, question| {
    let (value, unit) = (question.text(0), question.text(1));
    Ok(match question.verb {
        "resolved" => json(format.resolved()),
        "format" => format.format(value, unit).text(),
        _ => json(format.format(value, unit).json()),
    })
});

service!(ListFormat, list, |format, question| {
    Ok(match question.verb {
        "resolved" => json(format.resolved()),
        "format" => format.format(question.texts).text(),
        _ => json(format.format(question.texts).json()),
    })
});

service!(Collator, collator, |collator, question| {
    Ok(match question.verb {
        "resolved" => json(collator.resolved()),
        _ => collator.compare(question.text(0), question.text(1)).to_string(),
    })
});

service!(Segmenter, segmenter, |segmenter, question| {
    Ok(match question.verb {
        "resolved" => json(segmenter.resolved()),
        _ => json(segmenter.ends(question.text(0))),
    })
});

service!(DisplayNames, names, |names, question| {
    match question.verb {
        "resolved" => Ok(json(names.resolved())),
        _ => names.of(question.text(0)).map(json),
    }
});
