//! Full-text search: documents as their terms, queries, and the index between them.

mod index;
mod postings;
mod rank;

use crate::{DocId, FilterValue, limits::QUERY_TOKENS_MAX, tokenizer::Tokens};
pub use index::TextIndex;
pub use rank::{Hit, Layer, Rank, Segment, View, Window, search};

/// What a text index keeps of one version of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct TextDocument {
    pub id: DocId,
    /// When the document was created, for the order of equal scores.
    pub created: f64,
    /// The values of the filter fields, in the index's order.
    pub filters: Box<[FilterValue]>,
    /// Tokens of the text. Count.
    pub length: u32,
    /// Ascending, each with how often it occurs.
    terms: Box<[(Box<str>, u32)]>,
}

/// What to look for: any of some terms, and all of some filter values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextQuery {
    /// Distinct, in the order of the query.
    terms: Vec<Box<str>>,
    /// The last token of the query, which stands for all terms it begins.
    prefix: Option<Box<str>>,
    /// Filter fields by their place in the index, each with the value it must have.
    filters: Vec<(usize, FilterValue)>,
}

impl TextDocument {
    pub fn new(id: DocId, created: f64, text: &str, filters: Box<[FilterValue]>) -> TextDocument {
        let tokens = Tokens::of(text, usize::MAX);
        let length = tokens.len() as u32;
        TextDocument { id, created, filters, length, terms: tokens.counted().into() }
    }

    /// Returns the distinct terms in order, each with how often it occurs.
    pub fn terms(&self) -> impl Iterator<Item = (&str, u32)> {
        self.terms.iter().map(|(term, count)| (&**term, *count))
    }

    /// Different terms it has. Count.
    pub fn distinct(&self) -> usize {
        self.terms.len()
    }

    pub fn has_term(&self, term: &str) -> bool {
        self.terms.binary_search_by(|(own, _)| (**own).cmp(term)).is_ok()
    }

    /// Returns whether some term begins with `prefix`.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        let first = self.terms.partition_point(|(own, _)| &**own < prefix);
        self.terms.get(first).is_some_and(|(term, _)| term.starts_with(prefix))
    }
}

impl TextQuery {
    /// Reads a query; what is beyond the first tokens is ignored.
    pub fn new(text: &str, filters: Vec<(usize, FilterValue)>) -> TextQuery {
        let tokens = Tokens::of(text, QUERY_TOKENS_MAX);
        let prefix = tokens.iter().last().map(Box::from);
        let mut terms: Vec<Box<str>> = Vec::new();
        for token in tokens.iter() {
            if !terms.iter().any(|term| **term == *token) {
                terms.push(token.into());
            }
        }
        TextQuery { terms, prefix, filters }
    }

    /// Returns whether it can find anything at all.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn terms(&self) -> &[Box<str>] {
        &self.terms
    }

    /// Returns what a term may begin with to be found too.
    pub fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    pub fn filters(&self) -> &[(usize, FilterValue)] {
        &self.filters
    }

    /// Returns whether a document may be among the results: without it, the results are the same.
    pub fn matches(&self, document: &TextDocument) -> bool {
        self.filters.iter().all(|(field, value)| document.filters[*field] == *value)
            && (self.terms.iter().any(|term| document.has_term(term))
                || self.prefix.as_ref().is_some_and(|prefix| document.has_prefix(prefix)))
    }
}

#[cfg(test)]
mod tests;
