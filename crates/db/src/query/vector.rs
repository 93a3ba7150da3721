//! Vector search: reading it from JSON, checking it, asking the index.

use search::VectorQuery;
use serde_json::Value as Json;
use value::{DocumentId, InternalId, Value};

use super::stream::check_queryable;
use crate::{
    Namespace,
    derived::{Kind, filter_value},
    error::Error,
    limits::{VECTOR_FILTERS_MAX, VECTOR_RESULTS_DEFAULT, VECTOR_RESULTS_MAX},
    schema::{DerivedKind, FieldPath},
    transaction::Transaction,
};

/// A search for the documents nearest to a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSearch {
    pub table: String,
    pub index: String,
    pub vector: Vec<f64>,
    /// A document is wanted if one of these fields has its value; without filters every one is.
    pub filters: Option<Vec<(String, Option<Value>)>>,
    /// Most results. Count.
    pub limit: usize,
}

impl VectorSearch {
    /// Reads the JSON form of a vector search.
    ///
    /// Errors: a developer error for anything the client library would not have built, and for what is over a limit.
    pub fn from_json(json: &Json) -> Result<VectorSearch, Error> {
        let name = json.get("indexName").and_then(Json::as_str).and_then(|name| name.split_once('.'));
        let (table, index) = name.ok_or_else(|| malformed("`indexName`"))?;
        let components = json.get("vector").and_then(Json::as_array).ok_or_else(|| malformed("`vector`"))?;
        let vector = components.iter().map(|number| number.as_f64().ok_or_else(|| malformed("`vector`")));
        let filters = match json.get("expressions") {
            None | Some(Json::Null) => None,
            Some(expressions) => Some(filters(expressions)?),
        };
        let count = filters.as_ref().map_or(0, Vec::len);
        if count > VECTOR_FILTERS_MAX {
            let message =
                format!("A vector query can compare with at most {VECTOR_FILTERS_MAX} values, this one has {count}.");
            return Err(Error::developer("TooManyElementsInVectorQueryError", message));
        }
        Ok(VectorSearch {
            table: table.to_owned(),
            index: index.to_owned(),
            vector: vector.collect::<Result<_, _>>()?,
            filters,
            limit: limit(json)?,
        })
    }
}

fn limit(json: &Json) -> Result<usize, Error> {
    let limit = match json.get("limit") {
        None | Some(Json::Null) => return Ok(VECTOR_RESULTS_DEFAULT),
        Some(limit) => limit.as_f64().filter(|limit| limit.fract() == 0.0).ok_or_else(|| malformed("`limit`"))?,
    };
    if limit < 1.0 {
        let message = format!("Vector queries must fetch at least 1 result, requested {limit}.");
        return Err(Error::developer("InvalidVectorQuery", message));
    }
    if limit > VECTOR_RESULTS_MAX as f64 {
        let message = format!("Vector queries can fetch at most {VECTOR_RESULTS_MAX} results, requested {limit}.");
        return Err(Error::developer("InvalidVectorQuery", message));
    }
    Ok(limit as usize)
}

/// Reads an equality, or alternatives of such.
fn filters(json: &Json) -> Result<Vec<(String, Option<Value>)>, Error> {
    if let Some(alternatives) = json.get("$or") {
        let alternatives = alternatives.as_array().ok_or_else(|| malformed("`$or`"))?;
        let mut all = Vec::new();
        for alternative in alternatives {
            all.push(equality(alternative)?);
        }
        return Ok(all);
    }
    Ok(vec![equality(json)?])
}

fn equality(json: &Json) -> Result<(String, Option<Value>), Error> {
    let operands = json.get("$eq").and_then(Json::as_array).map(Vec::as_slice);
    let Some([field, value]) = operands else {
        return Err(malformed("the filter, which may only use `eq` and `or` of such"));
    };
    let field = field.get("$field").and_then(Json::as_str).ok_or_else(|| malformed("`$field`"))?;
    let value = value.get("$literal").ok_or_else(|| malformed("`$literal`"))?;
    Ok((field.to_owned(), Value::from_json_or_undefined(value)?))
}

fn malformed(what: &str) -> Error {
    Error::developer("InvalidVectorQuery", format!("Vector query is malformed at {what}."))
}

impl Transaction {
    /// Returns the documents nearest to a vector, by descending score. Own writes are not seen, and nothing but the
    /// index's definition is recorded as read.
    pub fn vector_search(&mut self, ns: Namespace, search: &VectorSearch) -> Result<Vec<(DocumentId, f64)>, Error> {
        let name = format!("{}.{}", search.table, search.index);
        let missing = || Error::developer("IndexNotFoundError", format!("Index {name} not found."));
        let table = self.table(ns, &search.table).ok_or_else(missing)?;
        let index = table.derived(&search.index).cloned().ok_or_else(missing)?;
        let DerivedKind::Vector { dimensions, .. } = &index.definition.kind else {
            return Err(missing());
        };
        check_queryable(&name, index.definition.staged, index.state)?;
        if search.vector.len() != *dimensions as usize {
            let length = search.vector.len();
            let message = format!("Expected a vector with dimensions {dimensions}, received {length}.");
            return Err(Error::developer("InvalidVectorQuery", message));
        }
        let fields = &index.definition.filter_fields;
        let condition = |(field, value): &(String, Option<Value>)| {
            let position = fields.iter().position(|own| own.to_string() == *field);
            let position = position.ok_or_else(|| incorrect_filter(&name, field, fields))?;
            Ok((position, filter_value(value.as_ref())))
        };
        let conditions = |filters: &Vec<_>| filters.iter().map(condition).collect::<Result<Vec<_>, Error>>();
        let filters = search.filters.as_ref().map(conditions).transpose()?;
        let query = VectorQuery::new(&search.vector, filters, search.limit);
        let query = query.ok_or_else(|| malformed("`vector`, which has a component that is not finite"))?;
        let at = self.snapshot();
        let found = self.shared().derived.read(index.id, at, |kind| match kind {
            Kind::Vector(index) => Ok(index.search(&query, at.0)),
            Kind::Text(_) => Err(Error::Corrupt("a vector index holds texts".into())),
        })??;
        let id = |internal| DocumentId { table: table.number, internal: InternalId(internal) };
        Ok(found.into_iter().map(|neighbour| (id(neighbour.id), neighbour.score)).collect())
    }
}

fn incorrect_filter(name: &str, field: &str, fields: &[FieldPath]) -> Error {
    let declared: Vec<String> = fields.iter().map(FieldPath::to_string).collect();
    let message = format!(
        "A vector query on {name} filters by `{field}`, which is not among the index's filter fields: [{}].",
        declared.join(", ")
    );
    Error::developer("IncorrectVectorFilterField", message)
}

#[cfg(test)]
mod tests;
