//! Full-text and vector indexes over versions of documents.
//!
//! An index holds each version of a document with the time it is valid, `[from, to)`, so that whoever asks as of
//! some time gets exactly what was true then. Times are numbers that grow; what they count is the caller's business,
//! and so are transactions: own writes are one more [`text::Layer`] on top of the index.

pub mod text;
pub mod vector;

mod limits;
mod tokenizer;
mod versions;

pub use text::{Hit, Layer, Rank, TextDocument, TextIndex, TextQuery, Window};
pub use vector::{Neighbour, VectorDocument, VectorIndex, VectorQuery};
pub use versions::{FilterValue, Time};

/// Names a document within an index.
pub type DocId = [u8; 16];
