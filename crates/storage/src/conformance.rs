//! The suite that every engine passes: named behaviours, a model check, and readers beside a writer.

use bytes::Bytes;
use value::Timestamp;

use crate::engine::{Commit, Engine, Order, Page, Scan, Version, Write};
use crate::error::{AppendError, ReadError};
use crate::limits::KEY_BYTES_MAX;

mod concurrent;
mod model;

/// An engine under test that can be closed and opened again.
pub trait Harness: Send + Sync {
    fn engine(&self) -> &dyn Engine;
    fn reopen(&mut self);
}

/// Runs the whole suite, each part on a fresh engine from `make`.
pub fn run<H: Harness>(make: impl Fn() -> H) {
    empty_engine_has_no_past(&make());
    reads_see_the_commits_up_to_their_timestamp(&make());
    one_append_may_write_a_key_many_times(&make());
    later_write_of_a_commit_wins(&make());
    moved_head_is_reported_and_nothing_is_written(&make());
    keys_too_long_are_refused_before_writing(&make());
    scans_stop_at_their_limit(&make());
    odd_ranges_are_empty(&make());
    tail_returns_values_as_they_were(&make());
    trim_keeps_the_readable_past_exact(&make());
    newest_position_survives_a_full_trim(&mut make());
    commits_without_writes_move_the_log(&mut make());
    settled_data_stays_readable(&mut make());
    concurrent::readers_see_whole_commits(&make());
    model::engine_agrees_with_the_model(&make);
}

/// Makes a commit from text; `None` deletes.
pub(crate) fn commit(ts: u64, writes: &[(&str, Option<&str>)]) -> Commit {
    let write = |(key, value): &(&str, Option<&str>)| Write {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
    };
    Commit { ts: Timestamp(ts), writes: writes.iter().map(write).collect() }
}

/// Appends to the present head.
pub(crate) fn append(engine: &dyn Engine, commits: &[Commit]) {
    engine.append(engine.latest(), commits).unwrap();
}

/// Reads `key` at `at` as `value@ts`.
pub(crate) fn read(engine: &dyn Engine, key: &str, at: u64) -> Option<String> {
    engine.get(key.as_bytes(), Timestamp(at)).unwrap().map(|version| show(&version))
}

pub(crate) fn scan(start: &str, end: &str, order: Order, limit: usize) -> Scan {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    Scan { start: bytes(start), end: bytes(end), order, limit }
}

fn rows(page: &Page) -> String {
    let row = |(key, version): &(Bytes, Version)| format!("{}={}", key.escape_ascii(), show(version));
    let rows: Vec<String> = page.rows.iter().map(row).collect();
    rows.join(" ") + if page.more { " more" } else { "" }
}

fn show(version: &Version) -> String {
    format!("{}@{}", version.value.escape_ascii(), version.ts.0)
}

fn empty_engine_has_no_past(harness: &impl Harness) {
    let engine = harness.engine();
    assert_eq!(engine.latest(), Timestamp::ZERO);
    assert_eq!(engine.oldest_readable(), Timestamp::ZERO);
    assert_eq!(read(engine, "a", 0), None);
    assert_eq!(read(engine, "a", u64::MAX), None);
    assert_eq!(engine.tail(Timestamp::ZERO, 10).unwrap(), []);
    assert!(engine.trim(Timestamp::MAX, 10).unwrap().done);
    engine.append(Timestamp::ZERO, &[]).unwrap();
    assert_eq!(engine.latest(), Timestamp::ZERO);
}

fn reads_see_the_commits_up_to_their_timestamp(harness: &impl Harness) {
    let engine = harness.engine();
    append(engine, &[commit(10, &[("a", Some("1")), ("b", Some("1"))])]);
    append(engine, &[commit(20, &[("a", Some("2"))])]);
    append(engine, &[commit(30, &[("a", None), ("c", Some(""))])]);
    append(engine, &[commit(40, &[("a", Some("4"))])]);
    let at = |ts| {
        let page = engine.scan(&scan("", "z", Order::Ascending, 9), Timestamp(ts)).unwrap();
        (read(engine, "a", ts).unwrap_or_default(), rows(&page))
    };
    assert_eq!(at(9), ("".into(), "".into()));
    assert_eq!(at(10), ("1@10".into(), "a=1@10 b=1@10".into()));
    assert_eq!(at(19), ("1@10".into(), "a=1@10 b=1@10".into()));
    assert_eq!(at(20), ("2@20".into(), "a=2@20 b=1@10".into()));
    assert_eq!(at(35), ("".into(), "b=1@10 c=@30".into()));
    assert_eq!(at(40), ("4@40".into(), "a=4@40 b=1@10 c=@30".into()));
    assert_eq!(at(u64::MAX), ("4@40".into(), "a=4@40 b=1@10 c=@30".into()));
}

fn one_append_may_write_a_key_many_times(harness: &impl Harness) {
    let engine = harness.engine();
    let versions = [
        commit(1, &[("k", Some("x"))]),
        commit(2, &[("k", None)]),
        commit(3, &[("k", Some("y"))]),
        commit(4, &[("k", Some("z"))]),
    ];
    append(engine, &versions);
    let seen: Vec<_> = (1..=4).map(|ts| read(engine, "k", ts).unwrap_or_default()).collect();
    assert_eq!(seen, ["x@1", "", "y@3", "z@4"]);
    assert_eq!(engine.tail(Timestamp::ZERO, 10).unwrap(), versions);
}

fn later_write_of_a_commit_wins(harness: &impl Harness) {
    let engine = harness.engine();
    append(engine, &[commit(1, &[("k", Some("first")), ("k", Some("last"))])]);
    append(engine, &[commit(2, &[("k", Some("gone")), ("k", None)])]);
    assert_eq!(read(engine, "k", 1).as_deref(), Some("last@1"));
    assert_eq!(read(engine, "k", 2), None);
    let tail = engine.tail(Timestamp::ZERO, 10).unwrap();
    assert_eq!(tail, [commit(1, &[("k", Some("last"))]), commit(2, &[("k", None)])]);
}

fn moved_head_is_reported_and_nothing_is_written(harness: &impl Harness) {
    let engine = harness.engine();
    append(engine, &[commit(5, &[("a", Some("1"))])]);
    for expected in [Timestamp::ZERO, Timestamp(4), Timestamp(6)] {
        let refused = engine.append(expected, &[commit(7, &[("a", Some("2"))])]).unwrap_err();
        assert!(matches!(refused, AppendError::HeadMoved { latest: Timestamp(5), .. }));
    }
    assert_eq!(engine.latest(), Timestamp(5));
    assert_eq!(read(engine, "a", 7).as_deref(), Some("1@5"));
}

fn keys_too_long_are_refused_before_writing(harness: &impl Harness) {
    let engine = harness.engine();
    let longest = "\0".repeat(KEY_BYTES_MAX);
    let longer = "\0".repeat(KEY_BYTES_MAX + 1);
    let commits = [commit(1, &[("a", Some("1"))]), commit(2, &[(&longer, Some("1"))])];
    let refused = engine.append(Timestamp::ZERO, &commits).unwrap_err();
    assert!(matches!(refused, AppendError::KeyTooLong { .. }));
    assert_eq!(engine.latest(), Timestamp::ZERO);
    append(engine, &[commit(1, &[(&longest, Some("1"))])]);
    append(engine, &[commit(2, &[(&longest, Some("2"))])]);
    assert_eq!(read(engine, &longest, 1).as_deref(), Some("1@1"));
    assert_eq!(read(engine, &longest, 2).as_deref(), Some("2@2"));
}

fn scans_stop_at_their_limit(harness: &impl Harness) {
    let engine = harness.engine();
    append(engine, &[commit(1, &[("a", Some("1")), ("b", Some("1")), ("c", Some("1"))])]);
    append(engine, &[commit(2, &[("b", None)])]);
    let page = |order, limit, at| rows(&engine.scan(&scan("a", "d", order, limit), Timestamp(at)).unwrap());
    assert_eq!(page(Order::Ascending, 2, 1), "a=1@1 b=1@1 more");
    assert_eq!(page(Order::Descending, 2, 1), "c=1@1 b=1@1 more");
    assert_eq!(page(Order::Ascending, 3, 1), "a=1@1 b=1@1 c=1@1");
    assert_eq!(page(Order::Descending, 2, 2), "c=1@1 a=1@1");
    assert_eq!(page(Order::Ascending, 0, 2), " more");
}

fn odd_ranges_are_empty(harness: &impl Harness) {
    let engine = harness.engine();
    append(engine, &[commit(1, &[("a", Some("1")), ("b", Some("1"))])]);
    append(engine, &[commit(2, &[("a", None), ("b", None)])]);
    for (start, end) in [("b", "a"), ("a", "a"), ("c", "d"), ("", "")] {
        for order in [Order::Ascending, Order::Descending] {
            for at in [1, 2] {
                let page = engine.scan(&scan(start, end, order, 9), Timestamp(at)).unwrap();
                assert_eq!(page, Page::default(), "{start:?}..{end:?}");
            }
        }
    }
}

fn tail_returns_values_as_they_were(harness: &impl Harness) {
    let engine = harness.engine();
    let log = [
        commit(1, &[("a", Some("1")), ("b", Some("1"))]),
        commit(3, &[("a", Some("3"))]),
        commit(4, &[("a", None), ("missing", None)]),
        commit(9, &[("a", Some("9"))]),
    ];
    for one in &log {
        append(engine, std::slice::from_ref(one));
    }
    let tail = |after, limit| engine.tail(Timestamp(after), limit).unwrap();
    assert_eq!(tail(0, 10), log);
    assert_eq!(tail(0, 2), log[..2]);
    assert_eq!(tail(1, 1), log[1..2]);
    assert_eq!(tail(2, 10), log[1..]);
    assert_eq!(tail(9, 10), []);
    assert_eq!(tail(u64::MAX, 10), []);
}

fn trim_keeps_the_readable_past_exact(harness: &impl Harness) {
    let engine = harness.engine();
    for ts in 1..=6 {
        let value = ts.to_string();
        append(engine, &[commit(ts, &[("hot", Some(&value)), (&value, Some("once"))])]);
    }
    let report = engine.trim(Timestamp(4), 2).unwrap();
    assert_eq!((report.commits, report.done), (1, false));
    assert_eq!(engine.oldest_readable(), Timestamp(1));
    let report = engine.trim(Timestamp(4), 100).unwrap();
    assert_eq!((report.commits, report.versions, report.done), (3, 3, true));
    assert_eq!(engine.oldest_readable(), Timestamp(4));
    let expired = engine.get(b"hot", Timestamp(3)).unwrap_err();
    assert!(matches!(expired, ReadError::SnapshotExpired { oldest: Timestamp(4), .. }));
    assert!(engine.scan(&scan("", "z", Order::Ascending, 9), Timestamp(3)).is_err());
    assert!(engine.tail(Timestamp(3), 9).is_err());
    assert_eq!(read(engine, "hot", 4).as_deref(), Some("4@4"));
    assert_eq!(read(engine, "hot", 5).as_deref(), Some("5@5"));
    assert_eq!(read(engine, "1", 6).as_deref(), Some("once@1"));
    assert_eq!(engine.tail(Timestamp(4), 9).unwrap().len(), 2);
}

fn newest_position_survives_a_full_trim(harness: &mut impl Harness) {
    append(harness.engine(), &[commit(7, &[("a", Some("1"))])]);
    append(harness.engine(), &[commit(8, &[("a", Some("2"))])]);
    let report = harness.engine().trim(Timestamp::MAX, 100).unwrap();
    assert_eq!((report.commits, report.versions, report.done), (2, 1, true));
    harness.reopen();
    let engine = harness.engine();
    assert_eq!(engine.latest(), Timestamp(8));
    assert_eq!(engine.oldest_readable(), Timestamp(8));
    assert!(engine.append(Timestamp::ZERO, &[commit(9, &[])]).is_err());
    append(engine, &[commit(9, &[("a", Some("3"))])]);
    assert_eq!(read(engine, "a", 8).as_deref(), Some("2@8"));
}

fn commits_without_writes_move_the_log(harness: &mut impl Harness) {
    append(harness.engine(), &[commit(3, &[]), commit(5, &[])]);
    harness.reopen();
    assert_eq!(harness.engine().latest(), Timestamp(5));
    let tail = harness.engine().tail(Timestamp::ZERO, 9).unwrap();
    assert_eq!(tail, [commit(3, &[]), commit(5, &[])]);
}

fn settled_data_stays_readable(harness: &mut impl Harness) {
    let large = "x".repeat(300_000);
    for ts in 1..=8 {
        append(harness.engine(), &[commit(ts, &[("a", Some(&large)), ("b", Some("1"))])]);
    }
    harness.engine().settle().unwrap();
    append(harness.engine(), &[commit(9, &[("a", Some("small"))])]);
    for _ in 0..2 {
        let engine = harness.engine();
        // Trims in a row, with nothing appended in between, give memory back.
        for _ in 0..3 {
            engine.trim(Timestamp(1), 1).unwrap();
        }
        assert_eq!(read(engine, "a", 9).as_deref(), Some("small@9"));
        assert_eq!(read(engine, "a", 3), Some(format!("{large}@3")));
        assert_eq!(read(engine, "b", 8).as_deref(), Some("1@8"));
        harness.reopen();
    }
}
