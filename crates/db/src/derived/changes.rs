//! What a commit changes in search and vector indexes.

use search::{FilterValue, TextDocument, VectorDocument};
use sha2::{Digest, Sha256};
use value::{InternalId, Value, encode_key};

use crate::{
    catalog::DerivedIndex,
    document::Document,
    keys::IndexId,
    limits::FILTER_VALUE_BYTES_MAX,
    schema::{DerivedDefinition, DerivedKind, FieldPath},
};

/// What an index keeps of one version of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(TextDocument),
    Vector(VectorDocument),
}

impl Change {
    /// What it takes in memory, in index keys of about a hundred bytes.
    pub fn weight(&self) -> usize {
        let contents = self.before.iter().chain(&self.after);
        contents
            .map(|content| match content {
                Content::Text(document) => 1 + document.distinct() / 3,
                Content::Vector(document) => 1 + document.dimensions() / 25,
            })
            .sum()
    }
}

impl Content {
    pub fn as_text(&self) -> Option<&TextDocument> {
        match self {
            Content::Text(document) => Some(document),
            Content::Vector(_) => None,
        }
    }
}

/// What one commit does to one document of one index; `None` is a document the index does not have.
#[derive(Debug)]
pub struct Change {
    pub index: IndexId,
    pub internal: InternalId,
    pub before: Option<Content>,
    pub after: Option<Content>,
}

/// Returns what writing a document changes in an index, if it was or is in it.
pub fn change_of(
    index: &DerivedIndex,
    internal: InternalId,
    before: Option<&Document>,
    after: Option<&Document>,
) -> Option<Change> {
    let content = |document: &Document| content_of(&index.definition, document);
    let (before, after) = (before.and_then(content), after.and_then(content));
    (before.is_some() || after.is_some()).then_some(Change { index: index.id, internal, before, after })
}

/// Returns what an index keeps of a document; `None` if the document is not in it, because its field is something
/// else than a string, or than a vector of the right length.
pub fn content_of(definition: &DerivedDefinition, document: &Document) -> Option<Content> {
    let id = document.id.internal.0;
    let filters = || -> Box<[FilterValue]> {
        let value = |field: &FieldPath| filter_value(field.find(&document.value));
        definition.filter_fields.iter().map(value).collect()
    };
    match &definition.kind {
        DerivedKind::Text { field } => {
            let text = field.find(&document.value)?.as_str()?;
            Some(Content::Text(TextDocument::new(id, document.creation_time, text, filters())))
        }
        DerivedKind::Vector { field, dimensions } => {
            let vector = as_vector(field.find(&document.value)?, *dimensions as usize)?;
            VectorDocument::new(id, &vector, filters()).map(Content::Vector)
        }
    }
}

fn as_vector(value: &Value, dimensions: usize) -> Option<Vec<f64>> {
    let Value::Array(components) = value else {
        return None;
    };
    if components.len() != dimensions {
        return None;
    }
    let number = |component: &Value| match component {
        Value::Float64(number) => Some(*number),
        _ => None,
    };
    components.iter().map(number).collect()
}

/// Returns the value of a filter field in a form whose bytes are equal exactly when values are.
pub fn filter_value(value: Option<&Value>) -> FilterValue {
    let mut bytes = Vec::new();
    encode_key(&mut bytes, value);
    if bytes.len() > FILTER_VALUE_BYTES_MAX {
        // A digest is shorter than what is kept as it is, and no key begins with its first byte.
        let digest = Sha256::digest(&bytes);
        bytes.clear();
        bytes.push(0xff);
        bytes.extend_from_slice(&digest);
    }
    bytes.into()
}
