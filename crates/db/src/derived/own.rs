//! The texts a transaction wrote, as one more layer over a text index.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use search::{DocId, Layer, TextIndex};
use value::InternalId;

use super::{Content, content_of};
use crate::{catalog::DerivedIndex, document::Document};

/// What a transaction's own writes are to one text index.
pub struct OwnTexts {
    index: Arc<DerivedIndex>,
    /// Documents written, whatever they are now.
    hidden: FxHashSet<DocId>,
    texts: TextIndex,
    /// Counts the writes: each is a version of its own.
    now: u64,
}

impl OwnTexts {
    pub fn new(index: &Arc<DerivedIndex>) -> OwnTexts {
        let texts = TextIndex::new(index.definition.filter_fields.len());
        OwnTexts { index: index.clone(), hidden: FxHashSet::default(), texts, now: 0 }
    }

    /// Notes what a document is after a write; `None` when the write was undone.
    pub fn set(&mut self, internal: InternalId, after: Option<Option<&Document>>) {
        self.now += 1;
        self.texts.end(&internal.0, self.now);
        match after {
            None => self.hidden.remove(&internal.0),
            Some(_) => self.hidden.insert(internal.0),
        };
        let content = after.flatten().and_then(|document| content_of(&self.index.definition, document));
        if let Some(Content::Text(document)) = content {
            self.texts.add(&document, self.now);
        }
        self.texts.prune(self.now);
    }

    /// Returns the documents that the layers below must not show.
    pub fn hidden(&self) -> &FxHashSet<DocId> {
        &self.hidden
    }

    pub fn layer(&self) -> Layer<'_> {
        Layer { segment: &self.texts, at: self.now, hidden: None }
    }
}
