//! Pieces of a formatted text, each with the name that `formatToParts` gives it.

use serde_json::{Value, json};

pub(super) const LITERAL: &str = "literal";

/// Which of the two ends of a range a piece belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Shared,
    Start,
    End,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Source::Shared => "shared",
            Source::Start => "startRange",
            Source::End => "endRange",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) source: Source,
}

/// A formatted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts(pub(super) Vec<Part>);

impl Parts {
    /// Adds text; literals that meet become one.
    pub(super) fn push(&mut self, kind: &'static str, text: impl AsRef<str>) {
        self.push_from(Source::Shared, kind, text);
    }

    pub(super) fn push_from(&mut self, source: Source, kind: &'static str, text: impl AsRef<str>) {
        let text = text.as_ref();
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.kind == kind && kind == LITERAL && last.source == source => last.text.push_str(text),
            _ => self.0.push(Part { kind, text: text.to_owned(), source }),
        }
    }

    pub(super) fn append(&mut self, other: Parts) {
        for part in other.0 {
            self.push_from(part.source, part.kind, part.text);
        }
    }

    /// The same pieces as belonging to one end of a range.
    pub(super) fn belonging_to(mut self, source: Source) -> Parts {
        for part in &mut self.0 {
            part.source = source;
        }
        self
    }

    pub(super) fn text(&self) -> String {
        self.0.iter().map(|part| part.text.as_str()).collect()
    }

    /// `[{ type, value }, …]`.
    pub(super) fn json(&self) -> Value {
        self.0.iter().map(|part| json!({ "type": part.kind, "value": part.text })).collect()
    }

    /// `[{ type, value, source }, …]`.
    pub(super) fn json_with_source(&self) -> Value {
        let part = |part: &Part| json!({ "type": part.kind, "value": part.text, "source": part.source.name() });
        self.0.iter().map(part).collect()
    }
}

/// Splits `pattern` at its `{0}` and `{1}`: calls `text` for what stands between and `slot` for each of them.
pub(super) fn fill(pattern: &str, mut each: impl FnMut(Slot<'_>)) {
    let mut rest = pattern;
    while let Some(start) = rest.find('{') {
        let Some(end) = rest[start..].find('}') else { break };
        if start > 0 {
            each(Slot::Text(&rest[..start]));
        }
        each(Slot::Index(rest[start + 1..start + end].parse().unwrap_or(0)));
        rest = &rest[start + end + 1..];
    }
    if !rest.is_empty() {
        each(Slot::Text(rest));
    }
}

/// A piece of a pattern with numbered places.
pub(super) enum Slot<'a> {
    Text(&'a str),
    Index(usize),
}

/// A pattern with its places filled.
pub(super) fn fill_text(pattern: &str, values: &[&str]) -> String {
    let mut filled = String::new();
    fill(pattern, |slot| match slot {
        Slot::Text(text) => filled.push_str(text),
        Slot::Index(index) => filled.push_str(values.get(index).copied().unwrap_or_default()),
    });
    filled
}
