//! Pages of a query, between two cursors.

use bytes::Bytes;

use super::{
    Order, PageRequest, PageResult, PageStatus, Query, QueryStream,
    cursor::{Fingerprint, Position},
    stream::{Scan, TableScan},
};
use crate::{
    Namespace,
    error::Error,
    keys::{Interval, SPACE_BYTES, key_after},
    limits::{Limits, PAGE_SIZE_MAX},
    transaction::Transaction,
};

/// Pages longer than this are better split.
const PAGE_LENGTH_COMFORTABLE: usize = 6144;

/// What was read of a page so far.
#[derive(Default)]
struct Progress {
    page: Vec<std::sync::Arc<crate::Document>>,
    bytes: usize,
    /// The places gone over, filtered ones included.
    scanned: Vec<Position>,
}

impl Transaction {
    /// Returns one page of a query and where the next one starts.
    ///
    /// Errors: `InvalidCursor` for a cursor that is not this query's, with data that makes clients start over.
    pub fn paginate(&mut self, ns: Namespace, query: Query, request: PageRequest) -> Result<PageResult, Error> {
        check_request(&request)?;
        let scan = self.resolve(ns, &query.source)?;
        let fields = scan.as_ref().map(Scan::field_names).unwrap_or_default();
        let fingerprint = Fingerprint::of(ns, &query, &fields);
        let open = |cursor: &Option<String>| -> Result<Option<Position>, Error> {
            cursor.as_ref().map(|cursor| self.shared().seal.open(&fingerprint, cursor)).transpose()
        };
        let (start, end) = (open(&request.cursor)?, open(&request.end_cursor)?);
        let seal = |tx: &Transaction, position: &Position| tx.shared().seal.seal(&fingerprint, position);
        let Some(mut scan) = scan.filter(|_| start != Some(Position::End)) else {
            let end = end.unwrap_or(Position::End);
            return Ok(PageResult {
                page: Vec::new(),
                is_done: end == Position::End,
                continue_cursor: seal(self, &end),
                split_cursor: None,
                page_status: None,
            });
        };
        scan.narrow(start.as_ref(), end.as_ref());
        // Results of a search have no middle that stays: their order shifts with what matches.
        let splittable = matches!(scan, Scan::Table(_));
        let mut stream = QueryStream::new(Some(scan), query.operators);
        let mut progress = Progress::default();
        let cut = self.fill_page(&mut stream, &request, end.is_some(), &mut progress)?;
        let reached = match (end, cut) {
            (Some(end), _) => end,
            (None, Cut::Exhausted) => Position::End,
            (None, Cut::Full | Cut::Maximum) => {
                progress.scanned.last().expect("a page is only cut after at least one row").clone()
            }
        };
        let scanned = &progress.scanned;
        let middle = (splittable && scanned.len() > 2).then(|| &scanned[scanned.len() / 2]);
        Ok(PageResult {
            is_done: reached == Position::End,
            continue_cursor: seal(self, &reached),
            split_cursor: middle.map(|position| seal(self, position)),
            page_status: progress.status(&request, cut),
            page: progress.page,
        })
    }

    fn fill_page(
        &mut self,
        stream: &mut QueryStream,
        request: &PageRequest,
        pinned: bool,
        progress: &mut Progress,
    ) -> Result<Cut, Error> {
        loop {
            if !pinned && progress.page.len() >= request.page_size {
                return Ok(Cut::Full);
            }
            if !pinned && progress.is_over(request) {
                return Ok(Cut::Maximum);
            }
            let Some(scanned) = self.step(stream)? else {
                return Ok(Cut::Exhausted);
            };
            progress.scanned.push(scanned.position);
            if scanned.accepted {
                progress.bytes += scanned.document.size;
                progress.page.push(scanned.document);
            }
        }
    }
}

/// Why a page ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Full,
    Maximum,
    Exhausted,
}

impl Progress {
    fn is_over(&self, request: &PageRequest) -> bool {
        request.maximum_rows_read.is_some_and(|maximum| self.scanned.len() >= maximum)
            || request.maximum_bytes_read.is_some_and(|maximum| self.bytes >= maximum)
    }

    fn status(&self, request: &PageRequest, cut: Cut) -> Option<PageStatus> {
        if cut == Cut::Maximum {
            return Some(PageStatus::SplitRequired);
        }
        let defaults = Limits::default();
        let rows_max = request.maximum_rows_read.unwrap_or(defaults.documents_read);
        let bytes_max = request.maximum_bytes_read.unwrap_or(defaults.bytes_read);
        let much = |used: usize, max: usize| used as f64 > max as f64 * 0.75;
        let large = much(self.scanned.len(), rows_max)
            || much(self.bytes, bytes_max)
            || self.page.len() > PAGE_LENGTH_COMFORTABLE;
        large.then_some(PageStatus::SplitRecommended)
    }
}

impl TableScan {
    /// Returns the part of the range behind `start`, up to and including `end`.
    pub(super) fn between(&self, start: Option<&Position>, end: Option<&Position>) -> Interval {
        let mut interval = self.range.interval.clone();
        let key = |position: Option<&Position>| match position {
            Some(Position::After(suffix)) => {
                let mut key = self.space.prefix().to_vec();
                key.extend_from_slice(suffix);
                Some(Bytes::from(key))
            }
            Some(Position::AfterHit(_) | Position::End) | None => None,
        };
        match self.order {
            Order::Ascending => {
                interval.start = key(start).map_or(interval.start, |key| key_after(&key));
                interval.end = key(end).map_or(interval.end, |key| key_after(&key));
            }
            Order::Descending => {
                interval.end = key(start).unwrap_or(interval.end);
                interval.start = key(end).unwrap_or(interval.start);
            }
        }
        interval
    }
}

impl Position {
    /// Returns the place right after a row.
    pub fn after(key: &Bytes) -> Position {
        Position::After(key.slice(SPACE_BYTES..))
    }
}

fn check_request(request: &PageRequest) -> Result<(), Error> {
    if request.page_size == 0 {
        let message = "Must request at least 1 document while paginating";
        return Err(Error::developer("NoDocumentsForPagination", message));
    }
    if request.page_size > PAGE_SIZE_MAX {
        let message = format!("Requested too many items: {}", request.page_size);
        return Err(Error::developer("PageSizeTooLarge", message));
    }
    if request.maximum_rows_read == Some(0) || request.maximum_bytes_read == Some(0) {
        let message = "maximumRowsRead and maximumBytesRead must be greater than 0";
        return Err(Error::developer("InvalidPaginationLimit", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
