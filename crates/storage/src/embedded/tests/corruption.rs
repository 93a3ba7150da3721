//! A corrupt record is reported with its key and never served; its neighbours stay readable.

use fjall::Keyspace;
use value::Timestamp;

use super::OnDisk;
use crate::conformance::{Harness, append, commit, read, scan};
use crate::embedded::keys::{history_key, log_key};
use crate::engine::{Order, Page};
use crate::error::ReadError;

/// An engine with `a`, `b` and `c`, where `b` was replaced once.
fn filled() -> OnDisk {
    let disk = OnDisk::new();
    append(disk.engine(), &[commit(1, &[("a", Some("1")), ("b", Some("1")), ("c", Some("1"))])]);
    append(disk.engine(), &[commit(2, &[("b", Some("2"))])]);
    disk
}

/// Flips one bit of the last byte stored under `key`.
fn flip(keyspace: &Keyspace, key: &[u8]) {
    let mut record = keyspace.get(key).unwrap().unwrap().to_vec();
    *record.last_mut().unwrap() ^= 1;
    keyspace.insert(key, record).unwrap();
}

fn assert_corrupt<T: std::fmt::Debug>(read: Result<T, ReadError>, place: &str, damaged: &[u8]) {
    match read {
        Err(ReadError::Corrupt { keyspace, key }) => {
            assert_eq!((keyspace, &key[..]), (place, damaged));
        }
        other => panic!("{other:?}"),
    }
}

fn scan_all(disk: &OnDisk, at: u64) -> Result<Page, ReadError> {
    disk.engine().scan(&scan("a", "d", Order::Ascending, 9), Timestamp(at))
}

// Every stored record is checksummed; a corrupt one is reported with its key, never served.
#[test]
fn corrupt_current_record_is_reported() {
    let disk = filled();
    flip(&disk.fjall().keyspaces.current, b"a");
    assert_corrupt(disk.engine().get(b"a", Timestamp(2)), "current", b"a");
    assert_corrupt(scan_all(&disk, 2), "current", b"a");
    assert_corrupt(scan_all(&disk, 1), "current", b"a");
    assert_corrupt(disk.engine().tail(Timestamp::ZERO, 9), "current", b"a");
    assert_eq!(read(disk.engine(), "c", 2).as_deref(), Some("1@1"));
}

#[test]
fn corrupt_record_can_be_overwritten_but_stays_corrupt_in_the_past() {
    let disk = filled();
    flip(&disk.fjall().keyspaces.current, b"a");
    append(disk.engine(), &[commit(3, &[("a", Some("3"))])]);
    assert_eq!(read(disk.engine(), "a", 3).as_deref(), Some("3@3"));
    assert_corrupt(disk.engine().get(b"a", Timestamp(2)), "history", b"a");
}

#[test]
fn corrupt_history_record_is_reported() {
    let disk = filled();
    flip(&disk.fjall().keyspaces.history, &history_key(b"b", Timestamp(2)));
    assert_corrupt(disk.engine().get(b"b", Timestamp(1)), "history", b"b");
    assert_corrupt(scan_all(&disk, 1), "history", b"b");
    assert_eq!(scan_all(&disk, 2).unwrap().rows.len(), 3);
}

#[test]
fn record_under_a_wrong_key_is_reported() {
    let disk = filled();
    let current = &disk.fjall().keyspaces.current;
    let record = current.get(b"a").unwrap().unwrap();
    current.insert(b"c", record).unwrap();
    assert_corrupt(disk.engine().get(b"c", Timestamp(2)), "current", b"c");
}

#[test]
fn corrupt_log_record_is_reported_and_does_not_stop_trimming() {
    let disk = filled();
    flip(&disk.fjall().keyspaces.log, &log_key(Timestamp(1)));
    let tail = disk.engine().tail(Timestamp::ZERO, 9);
    assert_corrupt(tail, "log", &log_key(Timestamp(1)));
    assert!(disk.engine().trim(Timestamp(1), 9).unwrap().done);
    assert_eq!(disk.engine().tail(Timestamp(1), 9).unwrap().len(), 1);
}

#[test]
fn missing_version_is_reported_by_the_log() {
    let disk = filled();
    disk.fjall().keyspaces.history.remove(history_key(b"b", Timestamp(2))).unwrap();
    assert_corrupt(disk.engine().tail(Timestamp::ZERO, 9), "history", b"b");
}
