//! From the conditions of an index range to the interval of keys they mean.

use bytes::Bytes;
use value::{DocumentId, InternalId, TableNumber, Value, encode_key};

use super::{RangeBound, RangeOp};
use crate::{
    document::{CREATION_TIME, ID},
    error::Error,
    keys::{Interval, Space, cut_bound, key_after, prefix_end},
};

/// Keys a range query scans.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRange {
    pub interval: Interval,
    /// The bounds before they were cut to what keys are cut to; then every row has to be checked against them.
    pub exact: Option<(Vec<u8>, Vec<u8>)>,
}

/// The conditions, sorted out.
struct Conditions<'a> {
    /// In the order of the index fields.
    equal: Vec<&'a RangeBound>,
    lower: Option<&'a RangeBound>,
    upper: Option<&'a RangeBound>,
}

/// The index a range is about.
pub struct Ranged<'a> {
    /// As the query names it, for messages.
    pub name: &'a str,
    pub space: Space,
    pub table: TableNumber,
    /// Without the creation time and the id that every index ends with.
    pub fields: &'a [String],
}

/// Returns the keys of an index that meet all conditions.
pub fn index_range(index: &Ranged<'_>, range: &[RangeBound]) -> Result<KeyRange, Error> {
    let mut nameable = index.fields.to_vec();
    nameable.extend([CREATION_TIME.to_owned(), ID.to_owned()]);
    let conditions = Conditions::check(index.name, index.fields, &nameable, range)?;
    let mut start = index.space.prefix().to_vec();
    let mut end = prefix_end(&start).to_vec();
    for bound in &conditions.equal {
        (start, end) = index.span(&start, bound);
    }
    let prefix = start.clone();
    if let Some(bound) = conditions.lower {
        let (at, past) = index.span(&prefix, bound);
        start = if bound.op == RangeOp::Gte { at } else { past };
    }
    if let Some(bound) = conditions.upper {
        let (at, past) = index.span(&prefix, bound);
        end = if bound.op == RangeOp::Lt { at } else { past };
    }
    let exact = (start.clone(), end.clone());
    let cut_start = cut_bound(&mut start);
    let cut_end = cut_bound(&mut end);
    // Rows cut at the same place as the end belong to the scan and are checked one by one.
    let end = if cut_end { prefix_end(&end) } else { Bytes::from(end) };
    let interval = ordered(Interval { start: start.into(), end });
    Ok(KeyRange { interval, exact: (cut_start || cut_end).then_some(exact) })
}

impl Ranged<'_> {
    /// Returns the first key behind `prefix` whose next field has the value of `bound`, and the first past those.
    fn span(&self, prefix: &[u8], bound: &RangeBound) -> (Vec<u8>, Vec<u8>) {
        if bound.field == ID {
            let within = Interval { start: Bytes::copy_from_slice(prefix), end: prefix_end(prefix) };
            let (at, past) = id_bound(&within, self.table, bound.value.as_ref());
            return (at.to_vec(), past.to_vec());
        }
        let mut at = prefix.to_vec();
        encode_key(&mut at, bound.value.as_ref());
        let past = prefix_end(&at).to_vec();
        (at, past)
    }
}

/// Returns the documents of a table whose id meets all conditions.
pub fn id_range(name: &str, space: Space, table: TableNumber, range: &[RangeBound]) -> Result<KeyRange, Error> {
    let fields = [ID.to_owned()];
    let conditions = Conditions::check(name, &fields, &fields, range)?;
    let whole = space.whole();
    let (mut start, mut end) = (whole.start.clone(), whole.end.clone());
    for bound in conditions.equal.iter().copied().chain(conditions.lower).chain(conditions.upper) {
        let (at, past) = id_bound(&whole, table, bound.value.as_ref());
        match bound.op {
            RangeOp::Eq => (start, end) = (at, past),
            RangeOp::Gte => start = at,
            RangeOp::Gt => start = past,
            RangeOp::Lt => end = at,
            RangeOp::Lte => end = past,
        }
    }
    Ok(KeyRange { interval: ordered(Interval { start, end }), exact: None })
}

/// Returns the first key of `whole`, in which ids follow, whose id is at least `value`, and the first whose id is greater.
fn id_bound(whole: &Interval, table: TableNumber, value: Option<&Value>) -> (Bytes, Bytes) {
    let key = |internal: u128| {
        let mut key = whole.start.to_vec();
        key.extend_from_slice(&internal.to_be_bytes());
        Bytes::from(key)
    };
    let nothing = |at: &Bytes| (at.clone(), at.clone());
    let text = match value {
        Some(Value::String(text)) => text,
        // Ids are strings; other values sort before or after all of them.
        other if other < Some(&Value::String(String::new())) => return nothing(&whole.start),
        _ => return nothing(&whole.end),
    };
    if let Some(id) = text.parse::<DocumentId>().ok().filter(|id| id.table == table) {
        let at = key(u128::from_be_bytes(id.internal.0));
        let past = key_after(&at);
        return (at, past);
    }
    // Not an id of this table: it falls between two of them. Ids of one table sort like their internal part.
    let encoded = |internal: u128| DocumentId { table, internal: InternalId(internal.to_be_bytes()) }.encode();
    if encoded(u128::MAX) < *text {
        return nothing(&whole.end);
    }
    let (mut low, mut high) = (0u128, u128::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if encoded(middle) < *text {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    nothing(&key(low))
}

/// A range whose lower bound is above its upper bound is empty, not inside out.
fn ordered(mut interval: Interval) -> Interval {
    if interval.end < interval.start {
        interval.end = interval.start.clone();
    }
    interval
}

impl<'a> Conditions<'a> {
    fn check(
        name: &str,
        fields: &[String],
        nameable: &[String],
        range: &'a [RangeBound],
    ) -> Result<Conditions<'a>, Error> {
        let mut conditions = Conditions { equal: Vec::new(), lower: None, upper: None };
        for bound in range {
            if !nameable.contains(&bound.field) {
                let message =
                    format!("The index range of {name} names the field {}, which is not in the index.", bound.field);
                return Err(Error::developer("FieldNotInIndex", message));
            }
            conditions.add(name, bound)?;
        }
        let position = |bound: &&RangeBound| nameable.iter().position(|field| *field == bound.field);
        conditions.equal.sort_by_key(position);
        let inequality = conditions.lower.or(conditions.upper);
        let used = conditions.equal.iter().copied().chain(inequality);
        let wrong = used.zip(nameable).find(|(bound, field)| bound.field != **field);
        match wrong {
            None => Ok(conditions),
            Some((bound, _)) => Err(out_of_order(name, fields, range, &bound.field)),
        }
    }

    fn add(&mut self, name: &str, bound: &'a RangeBound) -> Result<(), Error> {
        let defined = |what: &str| {
            let message = format!("The index range of {name} has two {what} bounds on the field {}.", bound.field);
            Err(Error::developer("AlreadyDefinedBound", message))
        };
        if self.equal.iter().any(|other| other.field == bound.field) {
            return defined("equality or other");
        }
        let inequalities = [self.lower, self.upper];
        let mut others = inequalities.iter().flatten();
        if bound.op == RangeOp::Eq {
            if others.any(|other| other.field == bound.field) {
                return defined("equality or other");
            }
            self.equal.push(bound);
            return Ok(());
        }
        if others.any(|other| other.field != bound.field) {
            let message = format!("The index range of {name} has inequalities on more than one field.");
            return Err(Error::developer("BoundsOnMultipleFields", message));
        }
        let (slot, what) = match bound.op {
            RangeOp::Gt | RangeOp::Gte => (&mut self.lower, "lower"),
            RangeOp::Eq | RangeOp::Lt | RangeOp::Lte => (&mut self.upper, "upper"),
        };
        if slot.is_some() {
            return defined(what);
        }
        *slot = Some(bound);
        Ok(())
    }
}

fn out_of_order(name: &str, fields: &[String], range: &[RangeBound], wrong: &str) -> Error {
    let mut used: Vec<&str> = Vec::new();
    for bound in range {
        if !used.contains(&bound.field.as_str()) {
            used.push(&bound.field);
        }
    }
    let message = format!(
        "Tried to query index {name} but the query didn't use the index fields in order.\n\
         Index fields: [{}]\nQuery fields: [{}]\nFirst incorrect field: {wrong}\n\
         For more information see https://docs.convex.dev/using/indexes.",
        fields.join(", "),
        used.join(", "),
    );
    Error::developer("InvalidIndexRange", message)
}
