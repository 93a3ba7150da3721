//! After a crash: what was acknowledged is all there, and a torn last append is not there at all.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use value::Timestamp;

use super::{OnDisk, copy_directory, open};
use crate::conformance::{Harness, append, commit, read};
use crate::engine::{Engine, Order};

const COMMITS: u64 = 50;

fn append_one(engine: &dyn Engine, ts: u64) {
    let (value, own) = (ts.to_string(), format!("key {ts:02}"));
    append(engine, &[commit(ts, &[("hot", Some(&value)), (&own, Some(&value))])]);
}

#[test]
fn acknowledged_commits_survive_a_kill() {
    let disk = OnDisk::new();
    for ts in 1..=COMMITS {
        append_one(disk.engine(), ts);
        if ts == COMMITS / 2 {
            disk.engine().settle().unwrap();
        }
        if ts % 10 != 0 {
            continue;
        }
        // The engine is still open and was never told to stop.
        let copy = copy_directory(disk.path());
        let engine = open(copy.path());
        assert_eq!(engine.latest(), Timestamp(ts));
        assert_eq!(engine.tail(Timestamp::ZERO, 100).unwrap().len(), ts as usize);
        assert_eq!(read(&engine, "hot", ts - 3), Some(format!("{0}@{0}", ts - 3)));
        let all = crate::conformance::scan("key", "kez", Order::Descending, 100);
        assert_eq!(engine.scan(&all, Timestamp(ts)).unwrap().rows.len(), ts as usize);
    }
}

#[test]
fn torn_append_disappears_and_the_rest_stays() {
    let disk = OnDisk::new();
    append_one(disk.engine(), 1);
    let journal = journal(disk.path());
    let acknowledged = written_bytes(&journal);
    append_one(disk.engine(), 2);
    let written = written_bytes(&journal);
    for length in (acknowledged..written - 1).step_by(7) {
        let copy = copy_directory(disk.path());
        let torn = copy.path().join(journal.strip_prefix(disk.path()).unwrap());
        OpenOptions::new().write(true).open(torn).unwrap().set_len(length).unwrap();
        let engine = open(copy.path());
        assert_eq!(engine.latest(), Timestamp(1), "torn at {length}");
        assert_eq!(read(&engine, "hot", 9).as_deref(), Some("1@1"));
        append_one(&engine, 2);
        drop(engine);
        assert_eq!(read(&open(copy.path()), "hot", 9).as_deref(), Some("2@2"));
    }
}

#[test]
fn trimmed_past_stays_trimmed_or_is_trimmed_again() {
    let mut disk = OnDisk::new();
    for ts in 1..=COMMITS {
        append_one(disk.engine(), ts);
    }
    disk.engine().trim(Timestamp(30), 1000).unwrap();
    let copy = copy_directory(disk.path());
    let engine = open(copy.path());
    assert!(engine.trim(Timestamp(30), 1000).unwrap().done);
    assert_eq!(engine.oldest_readable(), Timestamp(30));
    assert_eq!(read(&engine, "hot", 30).as_deref(), Some("30@30"));
    disk.reopen();
    assert_eq!(disk.engine().oldest_readable(), Timestamp(30));
}

fn journal(directory: &Path) -> PathBuf {
    let files = fs::read_dir(directory.join("db")).unwrap().map(|entry| entry.unwrap().path());
    let mut journals = files.filter(|path| path.extension().is_some_and(|end| end == "jnl"));
    journals.next().expect("fjall keeps its journal beside its keyspaces")
}

/// Length of the file without the zeros it was preallocated with.
fn written_bytes(journal: &Path) -> u64 {
    let bytes = fs::read(journal).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}
