//! After a failed sync: a clear refusal until reopened, and reads that go on.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use value::Timestamp;

use super::OnDisk;
use crate::conformance::{Harness, append, commit, read};
use crate::embedded::FjallOptions;
use crate::error::AppendError;

/// An engine whose syncs fail with `kind` once the switch is on.
fn failing(kind: io::ErrorKind) -> (OnDisk, Arc<AtomicBool>) {
    let switch = Arc::new(AtomicBool::new(false));
    let hook = {
        let switch = switch.clone();
        move || {
            if switch.load(SeqCst) { Err(kind.into()) } else { Ok(()) }
        }
    };
    let options = FjallOptions { sync_hook: Some(Arc::new(hook)), ..FjallOptions::default() };
    (OnDisk::with(options), switch)
}

// A failed write or sync is never retried and acknowledged: the engine refuses further commits until
// it is reopened, and says so.
#[test]
fn failed_sync_refuses_commits_until_reopened() {
    let (mut disk, switch) = failing(io::ErrorKind::Other);
    append(disk.engine(), &[commit(1, &[("a", Some("1"))])]);
    switch.store(true, SeqCst);
    let failed = disk.engine().append(Timestamp(1), &[commit(2, &[("a", Some("2"))])]);
    assert!(matches!(failed, Err(AppendError::Refused { .. })));
    switch.store(false, SeqCst);
    let refused = disk.engine().append(Timestamp(1), &[commit(2, &[("a", Some("2"))])]);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the store refuses further commits until it is reopened: a write or sync to disk failed"
    );
    assert!(matches!(disk.engine().trim(Timestamp(1), 10), Err(AppendError::Refused { .. })));
    assert_eq!(disk.engine().latest(), Timestamp(1));
    assert_eq!(read(disk.engine(), "a", 1).as_deref(), Some("1@1"));
    assert_eq!(read(disk.engine(), "a", 2).as_deref(), Some("1@1"));
    disk.reopen();
    assert_eq!(disk.engine().latest(), Timestamp(1));
    append(disk.engine(), &[commit(2, &[("a", Some("3"))])]);
    assert_eq!(read(disk.engine(), "a", 2).as_deref(), Some("3@2"));
}

#[test]
fn full_disk_is_named_and_kept_as_source() {
    let (disk, switch) = failing(io::ErrorKind::StorageFull);
    append(disk.engine(), &[commit(1, &[("a", Some("1"))])]);
    switch.store(true, SeqCst);
    for _ in 0..2 {
        let refused = disk.engine().append(Timestamp(1), &[commit(2, &[("b", None)])]);
        let refused = refused.unwrap_err();
        assert!(refused.to_string().ends_with("the disk is full"), "{refused}");
        let source = refused.source().and_then(|source| source.downcast_ref::<Arc<io::Error>>());
        assert_eq!(source.unwrap().kind(), io::ErrorKind::StorageFull);
    }
    assert_eq!(read(disk.engine(), "a", 1).as_deref(), Some("1@1"));
}

#[test]
fn refused_writes_are_never_seen() {
    let (disk, switch) = failing(io::ErrorKind::Other);
    append(disk.engine(), &[commit(1, &[("a", Some("1"))])]);
    switch.store(true, SeqCst);
    let refused = [commit(2, &[("a", None), ("b", Some("2"))])];
    disk.engine().append(Timestamp(1), &refused).unwrap_err();
    for at in [1, 2, u64::MAX] {
        assert_eq!(read(disk.engine(), "a", at).as_deref(), Some("1@1"));
        assert_eq!(read(disk.engine(), "b", at), None);
    }
    assert_eq!(disk.engine().tail(Timestamp::ZERO, 9).unwrap().len(), 1);
}
