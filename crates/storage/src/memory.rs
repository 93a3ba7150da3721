//! The in-memory engine: every version of every key in ordered maps behind one lock.
//!
//! It is the plain statement of what an engine means, kept for tests and simulation; nothing survives
//! the process.

use std::collections::BTreeMap;

use bytes::Bytes;
use parking_lot::RwLock;
use value::Timestamp;

use crate::engine::{Commit, Engine, Order, Page, Scan, TrimReport, Version, Write, check_append};
use crate::error::{AppendError, ReadError};

#[cfg(test)]
mod tests;

/// An engine whose data lives in memory only.
#[derive(Default)]
pub struct MemoryEngine {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    latest: Timestamp,
    oldest: Timestamp,
    /// Versions of each key, ascending; `None` is a deletion.
    keys: BTreeMap<Bytes, BTreeMap<Timestamp, Option<Bytes>>>,
    log: BTreeMap<Timestamp, BTreeMap<Bytes, Option<Bytes>>>,
}

impl MemoryEngine {
    /// Makes an empty engine.
    pub fn new() -> MemoryEngine {
        MemoryEngine::default()
    }
}

impl Engine for MemoryEngine {
    fn append(&self, expected: Timestamp, commits: &[Commit]) -> Result<(), AppendError> {
        let mut state = self.state.write();
        check_append(state.latest, expected, commits)?;
        for commit in commits {
            state.apply(commit);
        }
        Ok(())
    }

    fn latest(&self) -> Timestamp {
        self.state.read().latest
    }

    fn oldest_readable(&self) -> Timestamp {
        self.state.read().oldest
    }

    fn get(&self, key: &[u8], at: Timestamp) -> Result<Option<Version>, ReadError> {
        let state = self.state.read();
        state.check_readable(at)?;
        Ok(state.keys.get(key).and_then(|versions| visible(versions, at)))
    }

    fn scan(&self, scan: &Scan, at: Timestamp) -> Result<Page, ReadError> {
        let state = self.state.read();
        state.check_readable(at)?;
        if scan.start >= scan.end {
            return Ok(Page::default());
        }
        let range = state.keys.range(scan.start.clone()..scan.end.clone());
        Ok(match scan.order {
            Order::Ascending => page(range, scan.limit, at),
            Order::Descending => page(range.rev(), scan.limit, at),
        })
    }

    fn tail(&self, after: Timestamp, limit: usize) -> Result<Vec<Commit>, ReadError> {
        let state = self.state.read();
        state.check_readable(after)?;
        let newer = state.log.range(after..).filter(|(ts, _)| **ts > after);
        Ok(newer.take(limit).map(|(ts, writes)| to_commit(*ts, writes)).collect())
    }

    fn trim(&self, before: Timestamp, budget: usize) -> Result<TrimReport, AppendError> {
        let mut state = self.state.write();
        let before = before.min(state.latest);
        let mut report = TrimReport::default();
        let mut looked_at = 0;
        while let Some(ts) = state.log.keys().next().copied().filter(|ts| *ts <= before) {
            if report.commits > 0 && looked_at >= budget {
                return Ok(report);
            }
            looked_at += state.forget(ts, &mut report);
        }
        state.oldest = state.oldest.max(before);
        report.done = true;
        Ok(report)
    }
}

impl State {
    fn apply(&mut self, commit: &Commit) {
        let mut writes = BTreeMap::new();
        for Write { key, value } in &commit.writes {
            writes.insert(key.clone(), value.clone());
        }
        for (key, value) in &writes {
            let versions = self.keys.entry(key.clone()).or_default();
            versions.insert(commit.ts, value.clone());
        }
        self.log.insert(commit.ts, writes);
        self.latest = commit.ts;
    }

    fn check_readable(&self, at: Timestamp) -> Result<(), ReadError> {
        if at < self.oldest {
            return Err(ReadError::SnapshotExpired { at, oldest: self.oldest });
        }
        Ok(())
    }

    /// Takes the oldest commit out of the log, with what it superseded; returns how many writes it had.
    fn forget(&mut self, ts: Timestamp, report: &mut TrimReport) -> usize {
        let writes = self.log.remove(&ts).expect("the caller found it in the log");
        for key in writes.keys() {
            let Some(versions) = self.keys.get_mut(key) else {
                continue;
            };
            let kept = versions.split_off(&ts);
            report.versions += versions.values().flatten().count();
            *versions = kept;
            if versions.len() == 1 && versions[&ts].is_none() {
                self.keys.remove(key);
            }
        }
        report.commits += 1;
        self.oldest = ts;
        writes.len()
    }
}

fn visible(versions: &BTreeMap<Timestamp, Option<Bytes>>, at: Timestamp) -> Option<Version> {
    let (ts, value) = versions.range(..=at).next_back()?;
    let value = value.clone()?;
    Some(Version { ts: *ts, value })
}

fn page<'a>(
    range: impl Iterator<Item = (&'a Bytes, &'a BTreeMap<Timestamp, Option<Bytes>>)>,
    limit: usize,
    at: Timestamp,
) -> Page {
    let mut page = Page::default();
    for (key, versions) in range {
        let Some(version) = visible(versions, at) else {
            continue;
        };
        if page.rows.len() == limit {
            page.more = true;
            break;
        }
        page.rows.push((key.clone(), version));
    }
    page
}

fn to_commit(ts: Timestamp, writes: &BTreeMap<Bytes, Option<Bytes>>) -> Commit {
    let writes = writes.iter();
    let writes = writes.map(|(key, value)| Write { key: key.clone(), value: value.clone() });
    Commit { ts, writes: writes.collect() }
}
