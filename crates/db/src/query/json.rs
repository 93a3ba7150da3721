//! Reading queries from the JSON the client library builds.

use serde_json::Value as Json;
use value::Value;

use super::{ArithmeticOp, CompareOp, Expr, Operator, Order, Query, RangeBound, RangeOp, SearchFilter, Source};
use crate::{error::Error, limits::QUERY_OPERATORS_MAX};

/// Deepest filter expression, to bound recursion. Count.
const EXPR_DEPTH_MAX: usize = 256;

impl Query {
    /// Reads the JSON form of a query.
    ///
    /// Errors: a developer error for anything the client library would not have built.
    pub fn from_json(json: &Json) -> Result<Query, Error> {
        let operators = json.get("operators").and_then(Json::as_array).ok_or_else(|| malformed("`operators`"))?;
        if operators.len() > QUERY_OPERATORS_MAX {
            let message = format!("Query has too many operators: {} > {QUERY_OPERATORS_MAX}.", operators.len());
            return Err(Error::developer("TooManyOperators", message));
        }
        Ok(Query {
            source: source(json.get("source").ok_or_else(|| malformed("`source`"))?)?,
            operators: operators.iter().map(operator).collect::<Result<_, _>>()?,
        })
    }
}

fn source(json: &Json) -> Result<Source, Error> {
    match text(json, "type")? {
        "FullTableScan" => Ok(Source::FullScan { table: text(json, "tableName")?.to_owned(), order: order(json)? }),
        "IndexRange" => {
            let (table, index) = index_name(json)?;
            let range = list(json, "range")?.iter().map(range_bound).collect::<Result<_, _>>()?;
            Ok(Source::IndexRange { table, index, range, order: order(json)? })
        }
        "Search" => {
            let (table, index) = index_name(json)?;
            let filters = list(json, "filters")?.iter().map(search_filter).collect::<Result<_, _>>()?;
            Ok(Source::Search { table, index, filters })
        }
        _ => Err(malformed("the source's `type`")),
    }
}

fn order(json: &Json) -> Result<Order, Error> {
    match json.get("order") {
        None | Some(Json::Null) => Ok(Order::Ascending),
        Some(Json::String(order)) if order == "asc" => Ok(Order::Ascending),
        Some(Json::String(order)) if order == "desc" => Ok(Order::Descending),
        Some(_) => Err(malformed("`order`")),
    }
}

fn index_name(json: &Json) -> Result<(String, String), Error> {
    let name = text(json, "indexName")?;
    let (table, index) = name.split_once('.').ok_or_else(|| malformed("`indexName`"))?;
    Ok((table.to_owned(), index.to_owned()))
}

fn range_bound(json: &Json) -> Result<RangeBound, Error> {
    let op = match text(json, "type")? {
        "Eq" => RangeOp::Eq,
        "Gt" => RangeOp::Gt,
        "Gte" => RangeOp::Gte,
        "Lt" => RangeOp::Lt,
        "Lte" => RangeOp::Lte,
        _ => return Err(malformed("the `type` of a range")),
    };
    Ok(RangeBound { field: text(json, "fieldPath")?.to_owned(), op, value: operand(json)? })
}

fn search_filter(json: &Json) -> Result<SearchFilter, Error> {
    let field = text(json, "fieldPath")?.to_owned();
    match text(json, "type")? {
        "Search" => Ok(SearchFilter::Search { field, text: text(json, "value")?.to_owned() }),
        "Eq" => Ok(SearchFilter::Eq { field, value: operand(json)? }),
        _ => Err(malformed("the `type` of a search filter")),
    }
}

fn operator(json: &Json) -> Result<Operator, Error> {
    if let Some(limit) = json.get("limit") {
        // JavaScript numbers may be written as floats.
        let limit =
            limit.as_u64().or_else(|| limit.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64));
        return Ok(Operator::Limit(limit.ok_or_else(|| malformed("`limit`"))? as usize));
    }
    let filter = json.get("filter").ok_or_else(|| malformed("an operator"))?;
    Ok(Operator::Filter(expr(filter, EXPR_DEPTH_MAX)?))
}

fn expr(json: &Json, depth: usize) -> Result<Expr, Error> {
    if depth == 0 {
        return Err(Error::developer("InvalidQuery", "Filter expression is nested too deeply."));
    }
    let single = json.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    let Some((name, argument)) = single else {
        return literal(json);
    };
    let nested = |json: &Json| expr(json, depth - 1).map(Box::new);
    let many = || -> Result<Vec<Expr>, Error> {
        let parts = argument.as_array().ok_or_else(|| malformed(name))?;
        parts.iter().map(|part| expr(part, depth - 1)).collect()
    };
    let pair = || -> Result<(Box<Expr>, Box<Expr>), Error> {
        match argument.as_array().map(Vec::as_slice) {
            Some([left, right]) => Ok((nested(left)?, nested(right)?)),
            _ => Err(malformed(name)),
        }
    };
    let compare = |op| pair().map(|(left, right)| Expr::Compare(op, left, right));
    let arithmetic = |op| pair().map(|(left, right)| Expr::Arithmetic(op, left, right));
    match name.as_str() {
        "$eq" => compare(CompareOp::Eq),
        "$neq" => compare(CompareOp::Neq),
        "$lt" => compare(CompareOp::Lt),
        "$lte" => compare(CompareOp::Lte),
        "$gt" => compare(CompareOp::Gt),
        "$gte" => compare(CompareOp::Gte),
        "$add" => arithmetic(ArithmeticOp::Add),
        "$sub" => arithmetic(ArithmeticOp::Sub),
        "$mul" => arithmetic(ArithmeticOp::Mul),
        "$div" => arithmetic(ArithmeticOp::Div),
        "$mod" => arithmetic(ArithmeticOp::Mod),
        "$neg" => Ok(Expr::Negate(nested(argument)?)),
        "$not" => Ok(Expr::Not(nested(argument)?)),
        "$and" => Ok(Expr::And(many()?)),
        "$or" => Ok(Expr::Or(many()?)),
        "$field" => {
            let path = argument.as_str().ok_or_else(|| malformed("$field"))?;
            Ok(Expr::Field(path.split('.').map(str::to_owned).collect()))
        }
        "$literal" => literal(argument),
        _ => literal(json),
    }
}

fn literal(json: &Json) -> Result<Expr, Error> {
    Ok(Expr::Literal(Value::from_json_or_undefined(json)?))
}

fn operand(json: &Json) -> Result<Option<Value>, Error> {
    let value = json.get("value").ok_or_else(|| malformed("`value`"))?;
    Ok(Value::from_json_or_undefined(value)?)
}

fn text<'a>(json: &'a Json, field: &str) -> Result<&'a str, Error> {
    json.get(field).and_then(Json::as_str).ok_or_else(|| malformed(field))
}

fn list<'a>(json: &'a Json, field: &str) -> Result<&'a Vec<Json>, Error> {
    json.get(field).and_then(Json::as_array).ok_or_else(|| malformed(field))
}

fn malformed(what: &str) -> Error {
    Error::developer("InvalidQuery", format!("Query is malformed at {what}."))
}
