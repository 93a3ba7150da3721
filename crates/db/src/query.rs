//! Queries: what to scan, how to filter it, where to stop.

use value::Value;

use crate::Error;

/// A source and what is done to its documents, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub source: Source,
    pub operators: Vec<Operator>,
}

/// Direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// Where documents come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    FullScan { table: String, order: Order },
    IndexRange { table: String, index: String, range: Vec<RangeBound>, order: Order },
    Search { table: String, index: String, filters: Vec<SearchFilter> },
}

/// One condition of an index range.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeBound {
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

/// A filter expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Literal(Option<Value>),
}

/// A query being consumed.
pub struct QueryStream {}

/// Which page of a paginated query is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageRequest {
    pub cursor: Option<String>,
    pub end_cursor: Option<String>,
    pub page_size: usize,
    pub maximum_rows_read: Option<usize>,
    pub maximum_bytes_read: Option<usize>,
}

/// Whether a page should be read in two halves next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStatus {
    SplitRecommended,
    SplitRequired,
}

/// A page of a paginated query.
#[derive(Clone, Debug, PartialEq)]
pub struct PageResult {
    pub page: Vec<std::sync::Arc<crate::Document>>,
    pub is_done: bool,
    pub continue_cursor: String,
    pub split_cursor: Option<String>,
    pub page_status: Option<PageStatus>,
}

impl Query {
    /// Reads the JSON form of a query.
    pub fn from_json(_json: &serde_json::Value) -> Result<Query, Error> {
        todo!()
    }
}
