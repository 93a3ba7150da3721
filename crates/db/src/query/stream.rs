//! Consuming a query one document at a time.
//!
//! The rows of the snapshot are read in pages; own writes are merged in at each fetch, so that a document written
//! ahead of the stream appears and one written behind it does not come again. After each row the interval from the
//! start of the range to that row is recorded as read; at the end, all of it.

use std::{collections::VecDeque, ops::Bound, sync::Arc};

use bytes::Bytes;
use value::InternalId;

use super::{
    Operator, Order, Query, RangeBound, Source,
    cursor::Position,
    range::{KeyRange, Ranged, id_range, index_range},
    search::SearchScan,
};
use crate::{
    IndexState, Namespace,
    catalog::Table,
    document::Document,
    error::Error,
    keys::{DocKey, Interval, Space, index_key_exact, key_after, row_internal},
    limits::{SCAN_ROWS_FIRST, SCAN_ROWS_MAX},
    schema::FieldPath,
    snapshot::{Row, goes_after},
    transaction::Transaction,
};

/// A query being consumed.
pub struct QueryStream {
    /// `None` when the table does not exist, or everything was returned.
    scan: Option<Scan>,
    operators: Vec<OperatorState>,
}

/// Where documents come from.
pub enum Scan {
    Table(TableScan),
    Search(SearchScan),
}

struct OperatorState {
    operator: Operator,
    /// Documents a limit let through. Count.
    passed: usize,
}

/// A scan of one interval of one index.
pub struct TableScan {
    table: Arc<Table>,
    pub space: Space,
    fields: Vec<FieldPath>,
    pub range: KeyRange,
    pub order: Order,
    /// Rows of the snapshot that were read ahead.
    ahead: VecDeque<Row>,
    /// The part of the interval not read ahead yet; empty when the snapshot has no more.
    unread: Interval,
    /// The last row that was returned.
    position: Option<Bytes>,
    page_rows: usize,
}

/// One row or result a scan went over.
pub struct Scanned {
    pub position: Position,
    pub document: Arc<Document>,
    /// Whether it passed the filters.
    pub accepted: bool,
}

impl Transaction {
    /// Checks a query and returns a stream over its documents. Reads nothing yet but the catalog.
    pub fn query(&mut self, ns: Namespace, query: Query) -> Result<QueryStream, Error> {
        let scan = self.resolve(ns, &query.source)?;
        Ok(QueryStream::new(scan, query.operators))
    }

    /// Returns the next document of a stream.
    pub fn next(&mut self, stream: &mut QueryStream) -> Result<Option<Arc<Document>>, Error> {
        while let Some(scanned) = self.step(stream)? {
            if scanned.accepted {
                return Ok(Some(scanned.document));
            }
        }
        Ok(None)
    }

    /// Returns how many documents a table has, own writes included. All of the table is recorded as read.
    pub fn count(&mut self, ns: Namespace, table: &str) -> Result<u64, Error> {
        let Some(table) = self.table(ns, table) else {
            return Ok(0);
        };
        let whole = Space::Index(table.by_creation_time()).whole();
        self.record_interval(whole.clone())?;
        let mut count = self.count_rows(whole)? as i64;
        for (_, entry) in self.writes.iter().filter(|(key, _)| key.tablet == table.tablet) {
            count += i64::from(entry.after.is_some()) - i64::from(entry.before.document.is_some());
        }
        Ok(u64::try_from(count).expect("a document that went was there before"))
    }

    /// Returns how many index entries a range has as of the snapshot, own writes left out. Nothing is recorded as read.
    pub fn count_stored(&mut self, ns: Namespace, source: &Source) -> Result<u64, Error> {
        match self.resolve(ns, source)? {
            Some(Scan::Table(scan)) => self.count_rows(scan.range.interval),
            Some(Scan::Search(_)) | None => Ok(0),
        }
    }

    fn count_rows(&self, mut unread: Interval) -> Result<u64, Error> {
        let mut count = 0;
        while !unread.is_empty() {
            let page = self.shared().read_rows(&unread, storage::Order::Ascending, SCAN_ROWS_MAX, self.view())?;
            count += page.rows.len() as u64;
            unread.start = page.covered_to.map_or(unread.end.clone(), |last| key_after(&last));
        }
        Ok(count)
    }

    /// Finds the index of a source and the keys it asks for; `None` when the table does not exist.
    pub(super) fn resolve(&mut self, ns: Namespace, source: &Source) -> Result<Option<Scan>, Error> {
        match source {
            Source::FullScan { table, order } => {
                let Some(table) = self.table(ns, table) else {
                    return Ok(None);
                };
                let space = Space::Index(table.by_creation_time());
                let interval = space.whole();
                let range = KeyRange { interval, exact: None };
                Ok(Some(Scan::Table(TableScan::new(table, space, &[], range, *order))))
            }
            Source::IndexRange { table, index, range, order } => {
                let name = format!("{table}.{index}");
                match self.table(ns, table) {
                    Some(table) => {
                        let scan = self.resolve_range(table, index, &name, range, *order)?;
                        Ok(Some(Scan::Table(scan)))
                    }
                    None if matches!(index.as_str(), "by_id" | "by_creation_time") => Ok(None),
                    None => Err(index_missing(&name)),
                }
            }
            Source::Search { table, index, filters } => {
                let scan = self.resolve_search(ns, table, index, filters)?;
                Ok(Some(Scan::Search(scan)))
            }
        }
    }

    fn resolve_range(
        &self,
        table: Arc<Table>,
        index: &str,
        name: &str,
        range: &[RangeBound],
        order: Order,
    ) -> Result<TableScan, Error> {
        if index == "by_id" {
            let space = Space::Documents(table.tablet);
            let range = id_range(name, space, table.number, range)?;
            return Ok(TableScan::new(table, space, &[], range, order));
        }
        if index == "by_creation_time" {
            let space = Space::Index(table.by_creation_time());
            let range = index_range(&Ranged { name, space, table: table.number, fields: &[] }, range)?;
            return Ok(TableScan::new(table, space, &[], range, order));
        }
        let Some(index) = table.index(index).cloned() else {
            return Err(index_missing(name));
        };
        check_queryable(name, index.staged, index.state)?;
        let space = Space::Index(index.id);
        let names: Vec<String> = index.fields.iter().map(FieldPath::to_string).collect();
        let range = index_range(&Ranged { name, space, table: table.number, fields: &names }, range)?;
        Ok(TableScan::new(table, space, &index.fields, range, order))
    }

    /// Goes over one row; `None` at the end.
    pub(super) fn step(&mut self, stream: &mut QueryStream) -> Result<Option<Scanned>, Error> {
        if stream.is_finished() {
            return Ok(None);
        }
        let Some(scan) = &mut stream.scan else {
            return Ok(None);
        };
        let next = match scan {
            Scan::Table(scan) => self.next_row(scan)?.map(|(key, document)| (Position::after(&key), document)),
            Scan::Search(scan) => self.next_hit(scan)?.map(|(rank, document)| (Position::AfterHit(rank), document)),
        };
        let Some((position, document)) = next else {
            stream.scan = None;
            return Ok(None);
        };
        self.count_read(&document)?;
        let accepted = stream.accept(&document)?;
        Ok(Some(Scanned { position, document, accepted }))
    }

    /// Returns the next row of a scan and its document, and records how far the scan came.
    fn next_row(&mut self, scan: &mut TableScan) -> Result<Option<(Bytes, Arc<Document>)>, Error> {
        loop {
            let own = self.next_own_row(scan);
            let stored = self.next_stored_row(scan)?;
            let order = scan.order.into();
            let own_is_nearer = match (&own, &stored) {
                (None, None) => {
                    self.record_interval(scan.range.interval.clone())?;
                    return Ok(None);
                }
                (Some((own, _)), Some(stored)) => goes_after(&stored.key, own, order),
                (own, _) => own.is_some(),
            };
            let (key, document) = match (own, stored) {
                (Some((key, internal)), stored) if own_is_nearer => {
                    if let Some(stored) = stored {
                        scan.ahead.push_front(stored);
                    }
                    let document = self.peek(&scan.table, internal)?;
                    (key, document)
                }
                (_, Some(stored)) => {
                    let document = self.document_of(scan, &stored)?;
                    (stored.key, document)
                }
                _ => unreachable!("one of the two was chosen"),
            };
            scan.position = Some(key.clone());
            self.record_interval(scan.scanned_until(&key))?;
            let document =
                document.ok_or_else(|| Error::Corrupt(format!("row {} has no document", key.escape_ascii())))?;
            if scan.is_exactly_inside(&document) {
                return Ok(Some((key, document)));
            }
        }
    }

    /// Returns the next row of the snapshot whose document was not written by this transaction, taking it.
    fn next_stored_row(&mut self, scan: &mut TableScan) -> Result<Option<Row>, Error> {
        let written = self.writes.touches(scan.table.tablet);
        loop {
            while let Some(row) = scan.ahead.pop_front() {
                let internal = scan.internal_of(&row.key)?;
                if !written || self.writes.get(&DocKey::new(scan.table.tablet, internal)).is_none() {
                    return Ok(Some(row));
                }
            }
            if scan.unread.is_empty() {
                return Ok(None);
            }
            let page = self.shared().read_rows(&scan.unread, scan.order.into(), scan.page_rows, self.view())?;
            scan.page_rows = (scan.page_rows * 4).min(SCAN_ROWS_MAX);
            scan.ahead.extend(page.rows);
            scan.unread = match page.covered_to {
                None => Interval { start: Bytes::new(), end: Bytes::new() },
                Some(last) => scan.order.rest_after(&scan.unread, &last),
            };
        }
    }

    /// Returns the next row of this transaction's own writes, without taking it.
    fn next_own_row(&mut self, scan: &TableScan) -> Option<(Bytes, InternalId)> {
        if !self.writes.touches(scan.table.tablet) {
            return None;
        }
        let interval = &scan.range.interval;
        let rest = match &scan.position {
            None => interval.clone(),
            Some(position) => scan.order.rest_after(interval, position),
        };
        if rest.is_empty() {
            return None;
        }
        let rows = self.writes.rows(scan.space, scan.table.tablet, &scan.fields);
        let mut rest = rows.range::<Bytes, _>((Bound::Included(&rest.start), Bound::Excluded(&rest.end)));
        let (key, internal) = match scan.order {
            Order::Ascending => rest.next()?,
            Order::Descending => rest.next_back()?,
        };
        Some((key.clone(), *internal))
    }

    fn document_of(&self, scan: &TableScan, row: &Row) -> Result<Option<Arc<Document>>, Error> {
        let internal = scan.internal_of(&row.key)?;
        let key = DocKey::new(scan.table.tablet, internal);
        if let (Space::Documents(_), Some(stored)) = (scan.space, row.stored_at(self.view())) {
            // The row is the document: no second read. The cache may still have it decoded.
            if let Some(seen) = self.shared().cache.get(&key, self.view().at) {
                return Ok(seen.document);
            }
            return Ok(self.shared().decode_and_fill(&scan.table, key, Some(stored), self.view())?.document);
        }
        Ok(self.peek_base(&scan.table, key)?.document)
    }
}

impl QueryStream {
    pub(super) fn new(mut scan: Option<Scan>, operators: Vec<Operator>) -> QueryStream {
        if let (Some(scan), Some(Operator::Limit(limit))) = (&mut scan, operators.first()) {
            match scan {
                Scan::Table(scan) => scan.page_rows = (*limit).clamp(1, SCAN_ROWS_MAX),
                Scan::Search(scan) => scan.limit(*limit),
            }
        }
        let operators = operators.into_iter().map(|operator| OperatorState { operator, passed: 0 });
        QueryStream { scan, operators: operators.collect() }
    }

    /// Returns whether a limit was reached, so that nothing more has to be read.
    fn is_finished(&self) -> bool {
        self.operators.iter().any(|state| matches!(state.operator, Operator::Limit(limit) if state.passed >= limit))
    }

    fn accept(&mut self, document: &Document) -> Result<bool, Error> {
        for state in &mut self.operators {
            match &state.operator {
                Operator::Limit(_) => state.passed += 1,
                Operator::Filter(filter) => {
                    if !filter.accepts(&document.value)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }
}

impl Scan {
    /// Returns the fields of its index, which cursors are bound to.
    pub(super) fn field_names(&self) -> Vec<String> {
        match self {
            Scan::Table(scan) => scan.field_names(),
            Scan::Search(scan) => scan.field_names(),
        }
    }

    /// Narrows the scan to what comes behind `start`, up to and including `end`.
    pub(super) fn narrow(&mut self, start: Option<&Position>, end: Option<&Position>) {
        match self {
            Scan::Table(scan) => scan.narrow(scan.between(start, end)),
            Scan::Search(scan) => scan.narrow(start, end),
        }
    }
}

impl TableScan {
    fn new(table: Arc<Table>, space: Space, fields: &[FieldPath], range: KeyRange, order: Order) -> TableScan {
        let unread = range.interval.clone();
        let page_rows = SCAN_ROWS_FIRST;
        TableScan {
            table,
            space,
            fields: fields.to_vec(),
            range,
            order,
            ahead: VecDeque::new(),
            unread,
            position: None,
            page_rows,
        }
    }

    /// Narrows the scan to a part of its range.
    pub(super) fn narrow(&mut self, interval: Interval) {
        self.unread = interval.clone();
        self.range.interval = interval;
    }

    /// Returns the fields of the index, in text.
    pub(super) fn field_names(&self) -> Vec<String> {
        self.fields.iter().map(FieldPath::to_string).collect()
    }

    fn scanned_until(&self, key: &Bytes) -> Interval {
        let whole = &self.range.interval;
        match self.order {
            Order::Ascending => Interval { start: whole.start.clone(), end: key_after(key) },
            Order::Descending => Interval { start: key.clone(), end: whole.end.clone() },
        }
    }

    /// Checks a document against bounds that were too long for keys.
    fn is_exactly_inside(&self, document: &Document) -> bool {
        let (Some((start, end)), Space::Index(index)) = (&self.range.exact, self.space) else {
            return true;
        };
        let mut key = index_key_exact(index, &self.fields, &document.value);
        key.extend_from_slice(&document.id.internal.0);
        *start <= key && key < *end
    }

    fn internal_of(&self, key: &Bytes) -> Result<InternalId, Error> {
        row_internal(key).ok_or_else(|| Error::Corrupt(format!("row {} is too short", key.escape_ascii())))
    }
}

impl Order {
    /// Returns what is left of an interval behind `key`.
    pub(super) fn rest_after(self, interval: &Interval, key: &Bytes) -> Interval {
        match self {
            Order::Ascending => Interval { start: key_after(key), end: interval.end.clone() },
            Order::Descending => Interval { start: interval.start.clone(), end: key.clone() },
        }
    }
}

fn index_missing(name: &str) -> Error {
    Error::developer("IndexNotFoundError", format!("Index {name} not found."))
}

pub fn check_queryable(name: &str, staged: bool, state: IndexState) -> Result<(), Error> {
    if staged {
        let message = format!("Index {name} is currently staged and not available to query until it is enabled.");
        return Err(Error::developer("IndexStaged", message));
    }
    match state {
        IndexState::Enabled => Ok(()),
        IndexState::Backfilling | IndexState::Backfilled => {
            let message = format!("Index {name} is currently backfilling and not available to query yet.");
            Err(Error::developer("IndexBackfilling", message))
        }
    }
}
