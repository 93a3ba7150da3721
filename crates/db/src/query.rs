//! Queries: what to scan, how to filter it, where to stop.

pub mod cursor;
mod expr;
mod json;
mod paginate;
mod range;
mod search;
mod stream;
mod vector;

use std::sync::Arc;

use value::Value;

use crate::document::Document;
pub use expr::{ArithmeticOp, CompareOp, Expr};
pub use stream::QueryStream;
pub use vector::VectorSearch;

/// A source and what is done to its documents, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub source: Source,
    pub operators: Vec<Operator>,
}

/// Direction of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Ascending,
    Descending,
}

/// Where documents come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The whole table by creation time.
    FullScan {
        table: String,
        order: Order,
    },
    IndexRange {
        table: String,
        index: String,
        range: Vec<RangeBound>,
        order: Order,
    },
    Search {
        table: String,
        index: String,
        filters: Vec<SearchFilter>,
    },
}

/// One condition of an index range.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeBound {
    /// A field path, `a.b`.
    pub field: String,
    pub op: RangeOp,
    /// `None` is a missing field.
    pub value: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeOp {
    Eq,
    Gt,
    Gte,
    Lt,
    Lte,
}

/// One condition of a search.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchFilter {
    Search { field: String, text: String },
    Eq { field: String, value: Option<Value> },
}

/// One step of a query after its source.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    Filter(Expr),
    Limit(usize),
}

/// Which page of a paginated query is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Where the page before ended; `None` is the start.
    pub cursor: Option<String>,
    /// Where this page has to end; the sizes below are ignored then.
    pub end_cursor: Option<String>,
    pub page_size: usize,
    pub maximum_rows_read: Option<usize>,
    pub maximum_bytes_read: Option<usize>,
}

/// Whether a page should be read in two halves next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStatus {
    SplitRecommended,
    /// A maximum cut the page short.
    SplitRequired,
}

/// A page of a paginated query.
#[derive(Clone, Debug, PartialEq)]
pub struct PageResult {
    pub page: Vec<Arc<Document>>,
    pub is_done: bool,
    pub continue_cursor: String,
    pub split_cursor: Option<String>,
    pub page_status: Option<PageStatus>,
}

impl Query {
    /// Returns the query for all documents of a table, by creation time.
    pub fn full_scan(table: impl Into<String>) -> Query {
        Query { source: Source::FullScan { table: table.into(), order: Order::Ascending }, operators: Vec::new() }
    }
}

impl Source {
    /// Returns the table it reads.
    pub fn table(&self) -> &str {
        match self {
            Source::FullScan { table, .. } | Source::IndexRange { table, .. } | Source::Search { table, .. } => table,
        }
    }
}

impl From<Order> for storage::Order {
    fn from(order: Order) -> storage::Order {
        match order {
            Order::Ascending => storage::Order::Ascending,
            Order::Descending => storage::Order::Descending,
        }
    }
}

#[cfg(test)]
mod tests;
