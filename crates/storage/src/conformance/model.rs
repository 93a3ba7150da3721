//! Random operations against a model: the list of all commits, replayed for every question.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use value::Timestamp;

use super::Harness;
use crate::engine::{Commit, Engine, Order, Page, Scan, Version, Write};
use crate::error::ReadError;

/// Random histories tried per engine, and operations in each. Counts.
const CASES: u32 = 48;
const OPERATIONS_MAX: usize = 60;

/// Keys that are prefixes of one another, with the bytes that escaping and timestamps use.
const KEYS: [&[u8]; 14] = [
    b"\0",
    b"\0\0",
    b"\0\xFF",
    b"a",
    b"a\0",
    b"a\0\0",
    b"a\0\0\0\0\0\0\0\0\x05",
    b"a\0\x01",
    b"a\0\xFF",
    b"a\xFF",
    b"ab",
    b"b",
    b"\xFF",
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
];

type Writes = Vec<(usize, Option<u8>)>;

#[derive(Clone, Debug)]
enum Operation {
    /// Commits, each with its distance from the one before.
    Append(Vec<(u64, Writes)>),
    Get {
        key: usize,
        at: u64,
    },
    Scan {
        start: usize,
        end: usize,
        order: Order,
        limit: usize,
        at: u64,
    },
    Tail {
        after: u64,
        limit: usize,
    },
    Trim {
        before: u64,
        budget: usize,
    },
    Settle,
    Reopen,
}

pub(super) fn engine_agrees_with_the_model<H: Harness>(make: &impl Fn() -> H) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&vec(operation(), 1..OPERATIONS_MAX), |operations| {
        let mut harness = make();
        let mut model = Model::default();
        for operation in &operations {
            step(&mut harness, &mut model, operation);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0..KEYS.len();
    let order = || prop_oneof![Just(Order::Ascending), Just(Order::Descending)];
    let writes = || vec((key(), proptest::option::weighted(0.7, any::<u8>())), 0..5);
    let at = || 0..=100u64;
    prop_oneof![
        6 => vec((1..4u64, writes()), 0..5).prop_map(Operation::Append),
        4 => (key(), at()).prop_map(|(key, at)| Operation::Get { key, at }),
        6 => (key(), key(), order(), 0..8usize, at()).prop_map(|(start, end, order, limit, at)| {
            Operation::Scan { start, end, order, limit, at }
        }),
        2 => (at(), 0..6usize).prop_map(|(after, limit)| Operation::Tail { after, limit }),
        1 => (at(), 0..12usize).prop_map(|(before, budget)| Operation::Trim { before, budget }),
        1 => Just(Operation::Settle),
        1 => Just(Operation::Reopen),
    ]
}

fn step(harness: &mut impl Harness, model: &mut Model, operation: &Operation) {
    let engine = harness.engine();
    match operation {
        Operation::Append(commits) => {
            let latest = model.latest();
            let commits = model.append(commits);
            engine.append(latest, &commits).unwrap();
        }
        Operation::Get { key, at } => {
            let at = model.pick(*at);
            let found = model.expect_readable(at, engine.get(KEYS[*key], at));
            let Some(found) = found else { return };
            assert_eq!(found, model.rows(at).remove(KEYS[*key]), "{:?} at {at}", KEYS[*key]);
        }
        Operation::Scan { start, end, order, limit, at } => {
            let (start, end) = (Bytes::from_static(KEYS[*start]), Bytes::from_static(KEYS[*end]));
            let scan = Scan { start, end, order: *order, limit: *limit };
            let at = model.pick(*at);
            let Some(page) = model.expect_readable(at, engine.scan(&scan, at)) else {
                return;
            };
            assert_eq!(page, model.scan(&scan, at), "{scan:?} at {at}");
        }
        Operation::Tail { after, limit } => {
            let after = model.pick(*after);
            let tail = model.expect_readable(after, engine.tail(after, *limit));
            let Some(tail) = tail else { return };
            assert_eq!(sorted(tail), model.tail(after, *limit));
        }
        Operation::Trim { before, budget } => check_trim(engine, model, *before, *budget),
        Operation::Settle => engine.settle().unwrap(),
        Operation::Reopen => harness.reopen(),
    }
    assert_eq!(harness.engine().latest(), model.latest());
    assert_eq!(harness.engine().oldest_readable(), model.oldest);
}

fn check_trim(engine: &dyn Engine, model: &mut Model, before: u64, budget: usize) {
    let before = model.pick(before);
    let report = engine.trim(before, budget).unwrap();
    let goal = before.min(model.latest()).max(model.oldest);
    let oldest = engine.oldest_readable();
    let gone = |commit: &&Commit| commit.ts > model.oldest && commit.ts <= oldest;
    assert_eq!(report.commits, model.commits.iter().filter(gone).count());
    assert!(oldest >= model.oldest && oldest <= goal);
    assert_eq!(report.done, oldest == goal || report.commits == 0);
    assert!(report.done || report.commits > 0, "a trim that is not done made progress");
    model.oldest = oldest;
}

#[derive(Default)]
struct Model {
    commits: Vec<Commit>,
    oldest: Timestamp,
}

impl Model {
    fn latest(&self) -> Timestamp {
        self.commits.last().map_or(Timestamp::ZERO, |commit| commit.ts)
    }

    /// Turns a percentage into a timestamp from before the first commit to after the last.
    fn pick(&self, percent: u64) -> Timestamp {
        Timestamp((self.latest().0 + 2) * percent / 100)
    }

    fn append(&mut self, commits: &[(u64, Writes)]) -> Vec<Commit> {
        let before = self.commits.len();
        for (distance, writes) in commits {
            let ts = Timestamp(self.latest().0 + distance);
            let write = |(key, value): &(usize, Option<u8>)| Write {
                key: Bytes::from_static(KEYS[*key]),
                value: value.map(|byte| vec![byte; usize::from(byte % 40)].into()),
            };
            self.commits.push(Commit { ts, writes: writes.iter().map(write).collect() });
        }
        self.commits[before..].to_vec()
    }

    fn rows(&self, at: Timestamp) -> BTreeMap<Bytes, Version> {
        let mut rows = BTreeMap::new();
        for commit in self.commits.iter().filter(|commit| commit.ts <= at) {
            for Write { key, value } in &commit.writes {
                match value.clone() {
                    Some(value) => rows.insert(key.clone(), Version { ts: commit.ts, value }),
                    None => rows.remove(key),
                };
            }
        }
        rows
    }

    fn scan(&self, scan: &Scan, at: Timestamp) -> Page {
        let mut rows: Vec<_> = self.rows(at).into_iter().collect();
        rows.retain(|(key, _)| *key >= scan.start && *key < scan.end);
        if scan.order == Order::Descending {
            rows.reverse();
        }
        let more = rows.len() > scan.limit;
        rows.truncate(scan.limit);
        Page { rows, more }
    }

    fn tail(&self, after: Timestamp, limit: usize) -> Vec<Commit> {
        let newer = self.commits.iter().filter(|commit| commit.ts > after);
        sorted(newer.take(limit).cloned().collect())
    }

    /// Checks that a read fails exactly when it is too old; returns what it found otherwise.
    fn expect_readable<T>(&self, at: Timestamp, read: Result<T, ReadError>) -> Option<T> {
        match read {
            Ok(found) => {
                assert!(at >= self.oldest, "{at} is older than {}", self.oldest);
                Some(found)
            }
            Err(ReadError::SnapshotExpired { .. }) => {
                assert!(at < self.oldest, "{at} is not older than {}", self.oldest);
                None
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Puts the writes of each commit into key order, the last of each key only.
fn sorted(mut commits: Vec<Commit>) -> Vec<Commit> {
    for commit in &mut commits {
        let writes = commit.writes.drain(..).map(|write| (write.key, write.value));
        let writes: BTreeMap<_, _> = writes.collect();
        commit.writes = writes.into_iter().map(|(key, value)| Write { key, value }).collect();
    }
    commits
}
