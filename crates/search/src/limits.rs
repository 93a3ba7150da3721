//! Everything in this crate that can grow, with its limit and unit.

/// Longest token that is indexed or searched for. Bytes of its lower-case form.
pub const TOKEN_BYTES_MAX: usize = 32;

/// Tokens of a query that are looked at; the rest is ignored. Count.
///
/// With the expansions below a query has at most 32 distinct terms.
pub const QUERY_TOKENS_MAX: usize = 16;

/// Terms that the prefix at the end of a query stands for, the term itself not counted. Count.
pub const PREFIX_EXPANSIONS_MAX: usize = 16;
