//! The source of a full-text search: its conditions, its results one by one, its place in pages.

use std::{sync::Arc, vec};

use search::{Hit, Layer, Rank, TextQuery, Window};
use value::InternalId;

use super::{SearchFilter, cursor::Position, stream::check_queryable};
use crate::{
    Document, Namespace,
    catalog::{DerivedIndex, Table},
    derived::{Kind, OwnTexts, SearchRead, filter_value},
    error::Error,
    limits::{SEARCH_FILTERS_MAX, SEARCH_RESULTS_MAX},
    schema::{DerivedDefinition, DerivedKind, FieldPath},
    transaction::Transaction,
};

/// A search whose results are read one by one.
pub struct SearchScan {
    table: Arc<Table>,
    index: Arc<DerivedIndex>,
    query: Arc<TextQuery>,
    window: Window,
    /// `None` before the first result was asked for.
    hits: Option<vec::IntoIter<Hit>>,
    /// Results gone over. Count.
    scanned: usize,
}

impl SearchScan {
    /// Returns what a cursor of this search is bound to besides the query.
    pub fn field_names(&self) -> Vec<String> {
        let definition = &self.index.definition;
        let filters = definition.filter_fields.iter().map(FieldPath::to_string);
        filters.chain([format!("{:?}", definition.kind)]).collect()
    }

    /// Asks for no more results than these.
    pub fn limit(&mut self, limit: usize) {
        self.window.limit = self.window.limit.min(limit);
    }

    /// Narrows the search to the results behind `start`, up to and including `end`.
    pub fn narrow(&mut self, start: Option<&Position>, end: Option<&Position>) {
        let rank = |position: Option<&Position>| match position {
            Some(Position::AfterHit(rank)) => Some(*rank),
            Some(Position::After(_) | Position::End) | None => None,
        };
        (self.window.after, self.window.until) = (rank(start), rank(end));
    }
}

impl Transaction {
    /// Finds the index of a search and checks its conditions.
    pub(super) fn resolve_search(
        &mut self,
        ns: Namespace,
        table: &str,
        index: &str,
        filters: &[SearchFilter],
    ) -> Result<SearchScan, Error> {
        let name = format!("{table}.{index}");
        let missing = || Error::developer("IndexNotFoundError", format!("Index {name} not found."));
        let table = self.table(ns, table).ok_or_else(missing)?;
        let index = table.derived(index).cloned().ok_or_else(missing)?;
        let DerivedKind::Text { field } = &index.definition.kind else {
            return Err(missing());
        };
        check_queryable(&name, index.definition.staged, index.state)?;
        let query = Arc::new(Conditions { name: &name, field, definition: &index.definition }.read(filters)?);
        // One more than may be read, to tell whether there are more.
        let window = Window { limit: SEARCH_RESULTS_MAX + 1, ..Window::default() };
        Ok(SearchScan { table, index, query, window, hits: None, scanned: 0 })
    }

    /// Returns the next result of a search and its place among the results.
    pub(super) fn next_hit(&mut self, scan: &mut SearchScan) -> Result<Option<(Rank, Arc<Document>)>, Error> {
        let hits = match &mut scan.hits {
            Some(hits) => hits,
            None => {
                let found = self.search(scan)?;
                scan.hits.insert(found.into_iter())
            }
        };
        for hit in hits {
            if scan.scanned == SEARCH_RESULTS_MAX {
                return Err(too_many_scanned());
            }
            scan.scanned += 1;
            // What this transaction has deleted since is passed over.
            if let Some(document) = self.peek(&scan.table, InternalId(hit.id))? {
                return Ok(Some((hit, document)));
            }
        }
        Ok(None)
    }

    /// Runs a search over the snapshot and own writes, and records it as read.
    fn search(&mut self, scan: &SearchScan) -> Result<Vec<Hit>, Error> {
        let SearchScan { table, index, query, window, .. } = scan;
        if query.is_empty() {
            return Ok(Vec::new());
        }
        self.record_search(SearchRead { index: index.id, query: query.clone() })?;
        let (at, shared) = (self.snapshot(), self.shared().clone());
        let own = self.writes.touches(table.tablet).then(|| self.writes.texts(index, table.tablet));
        shared.derived.read(index.id, at, |kind| {
            let Kind::Text(segment) = kind else {
                return Err(Error::Corrupt("a text index holds vectors".into()));
            };
            let base = Layer { segment, at: at.0, hidden: own.map(OwnTexts::hidden) };
            let layers: Vec<_> = [base].into_iter().chain(own.map(OwnTexts::layer)).collect();
            Ok(search::text::search(&layers, query, window))
        })?
    }
}

/// What the conditions of a search may name.
struct Conditions<'a> {
    /// Of the index, for messages.
    name: &'a str,
    field: &'a FieldPath,
    definition: &'a DerivedDefinition,
}

impl Conditions<'_> {
    fn read(&self, filters: &[SearchFilter]) -> Result<TextQuery, Error> {
        let (name, mut text, mut equal) = (self.name, None, Vec::new());
        for filter in filters {
            match filter {
                SearchFilter::Search { field, text: wanted } => {
                    self.check_search_field(field)?;
                    if text.replace(wanted).is_some() {
                        let message = format!("A search of {name} has two `.search` conditions; use exactly one.");
                        return Err(Error::developer("DuplicateSearchFiltersError", message));
                    }
                }
                SearchFilter::Eq { field, value } => {
                    equal.push((self.filter_field(field)?, filter_value(value.as_ref())));
                }
            }
        }
        let Some(text) = text else {
            let message = format!(
                "A search of {name} has no `.search` condition. Add `q.search(\"{}\", text)`; to read documents without one, use another index.",
                self.field
            );
            return Err(Error::developer("MissingSearchFilterError", message));
        };
        if equal.len() > SEARCH_FILTERS_MAX {
            let message = format!(
                "A search of {name} has too many `.eq` conditions: {} > maximum {SEARCH_FILTERS_MAX}.",
                equal.len()
            );
            return Err(Error::developer("TooManyFilterConditionsInSearchQueryError", message));
        }
        Ok(TextQuery::new(text, equal))
    }

    fn check_search_field(&self, field: &str) -> Result<(), Error> {
        if *field == self.field.to_string() {
            return Ok(());
        }
        let message =
            format!("A search of {} looks for text in `{field}`, but the index is over `{}`.", self.name, self.field);
        Err(Error::developer("IncorrectSearchField", message))
    }

    fn filter_field(&self, field: &str) -> Result<usize, Error> {
        let fields = &self.definition.filter_fields;
        fields.iter().position(|own| own.to_string() == field).ok_or_else(|| {
            let declared: Vec<String> = fields.iter().map(FieldPath::to_string).collect();
            let message = format!(
                "A search of {} filters by `{field}`, which is not among the index's filter fields: [{}].",
                self.name,
                declared.join(", ")
            );
            Error::developer("IncorrectFilterFieldError", message)
        })
    }
}

fn too_many_scanned() -> Error {
    let message = format!(
        "Search query scanned too many documents (fetched {SEARCH_RESULTS_MAX}). Consider using a smaller limit, paginating the query, or using a filter field to limit the number of documents pulled from the search index."
    );
    Error::developer("SearchQueryScannedTooManyDocumentsError", message)
}

#[cfg(test)]
mod tests;
