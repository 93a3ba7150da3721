//! A search as something a transaction read.

use std::sync::Arc;

use search::TextQuery;

use super::{Change, Content};
use crate::keys::IndexId;

/// That a query on a text index has these results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRead {
    pub index: IndexId,
    pub query: Arc<TextQuery>,
}

impl SearchRead {
    /// Returns whether a commit may have changed the results, or a document among them.
    pub fn is_changed_by(&self, change: &Change) -> bool {
        let matches = |content: &Option<Content>| {
            let document = content.as_ref().and_then(Content::as_text);
            document.is_some_and(|document| self.query.matches(document))
        };
        change.index == self.index && (matches(&change.before) || matches(&change.after))
    }
}
