use std::{
    sync::{Arc, atomic::Ordering, mpsc},
    thread,
};

use value::{DocumentId, Value};

use crate::testing::*;
use crate::*;

fn gated() -> (Arc<GateEngine>, Database) {
    let engine = Arc::new(GateEngine::default());
    let db = open(engine.clone());
    (engine, db)
}

fn add_one(tx: &mut Transaction, id: DocumentId) -> i64 {
    let document = tx.get(ROOT, id).unwrap().unwrap();
    let Some(Value::Int64(old)) = document.value.get("n") else { panic!("{document:?}") };
    tx.patch(ROOT, id, vec![("n".into(), Some(Value::Int64(old + 1)))]).unwrap();
    old + 1
}

fn counter(db: &Database) -> DocumentId {
    mutate(db, |tx| tx.insert(ROOT, "t", object(&[("n", Value::Int64(0))])).unwrap())
}

#[test]
fn commits_that_wait_for_one_sync_share_the_next() {
    let (engine, db) = gated();
    let id = counter(&db);
    let appended = engine.appends();
    engine.close();
    let begin_and_commit = |expected: i64| {
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        assert_eq!(add_one(&mut tx, id), expected);
        db.commit(tx, CommitOptions::default()).unwrap()
    };
    let first = begin_and_commit(1);
    engine.await_appends(appended + 1);
    // The first is on its way to the disk; each of these sees the one before, although nothing is durable.
    let rest: Vec<_> = (2..=50).map(begin_and_commit).collect();
    let durable = db.durable_ts();
    let mut reader = db.begin(BeginAt::Durable).unwrap();
    assert_eq!(reader.get(ROOT, id).unwrap().unwrap().value.get("n"), Some(&Value::Int64(0)));
    assert!(first.ts > durable && rest[0].ts > first.ts);
    engine.open();
    let last = rest.last().unwrap().ts;
    first.wait().unwrap();
    for pending in rest {
        pending.wait().unwrap();
    }
    assert_eq!(engine.appends(), appended + 2);
    assert_eq!(db.durable_ts(), last);
    let mut reader = db.begin(BeginAt::Durable).unwrap();
    assert_eq!(reader.get(ROOT, id).unwrap().unwrap().value.get("n"), Some(&Value::Int64(50)));
}

#[test]
fn nothing_is_acknowledged_before_it_is_durable() {
    let (engine, db) = gated();
    let id = counter(&db);
    let mut watch = db.watch_durable();
    engine.close();
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    add_one(&mut tx, id);
    let written = db.commit(tx, CommitOptions::default()).unwrap();
    // A reader of what is not durable waits for it, too.
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.get(ROOT, id).unwrap();
    let read = db.commit(tx, CommitOptions::default()).unwrap();
    assert_eq!(read.ts, written.ts);
    let (told, acknowledged) = mpsc::channel();
    for pending in [written, read] {
        let (told, db) = (told.clone(), db.clone());
        thread::spawn(move || {
            let ts = pending.wait().unwrap();
            told.send(db.durable_ts() >= ts).unwrap();
        });
    }
    assert!(acknowledged.try_recv().is_err());
    assert!(!watch.has_changed().unwrap());
    engine.open();
    assert!(acknowledged.recv().unwrap() && acknowledged.recv().unwrap());
    assert_eq!(*watch.borrow_and_update(), db.durable_ts());
}

#[test]
fn failed_sync_fails_everything_and_refuses_from_then_on() {
    let (engine, db) = gated();
    let id = counter(&db);
    let appended = engine.appends();
    let durable = db.durable_ts();
    engine.close();
    engine.failing.store(true, Ordering::SeqCst);
    let mut pendings = Vec::new();
    for _ in 0..3 {
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        add_one(&mut tx, id);
        pendings.push(db.commit(tx, CommitOptions::default()).unwrap());
    }
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.get(ROOT, id).unwrap();
    pendings.push(db.commit(tx, CommitOptions::default()).unwrap());
    let mut late = db.begin(BeginAt::Validated).unwrap();
    add_one(&mut late, id);
    engine.await_appends(appended + 1);
    engine.open();
    for pending in pendings {
        assert!(matches!(pending.wait(), Err(Error::Refused(reason)) if reason.contains("disk is full")));
    }
    engine.failing.store(false, Ordering::SeqCst);
    assert!(matches!(db.commit(late, CommitOptions::default()), Err(CommitError::Failed(Error::Refused(_)))));
    assert!(matches!(db.begin(BeginAt::Validated), Err(Error::Refused(_))));
    assert_eq!(db.durable_ts(), durable);
    // What is durable can still be read.
    let mut reader = db.begin(BeginAt::Durable).unwrap();
    assert_eq!(reader.get(ROOT, id).unwrap().unwrap().value.get("n"), Some(&Value::Int64(0)));
}

// A panic in the engine or in a subscriber ended the sync thread, and later commits were accepted and never answered.
// Nothing marked the committer as refusing when its thread was gone.
#[test]
fn a_panic_of_the_sync_thread_refuses_everything() {
    let (engine, db) = gated();
    let id = counter(&db);
    let appended = engine.appends();
    engine.close();
    engine.panicking.store(true, Ordering::SeqCst);
    let mut late = db.begin(BeginAt::Validated).unwrap();
    late.insert(ROOT, "u", doc("{}")).unwrap();
    let mut pendings = Vec::new();
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    add_one(&mut tx, id);
    pendings.push(db.commit(tx, CommitOptions::default()).unwrap());
    engine.await_appends(appended + 1);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    add_one(&mut tx, id);
    pendings.push(db.commit(tx, CommitOptions::default()).unwrap());
    let reader = db.begin(BeginAt::Validated).unwrap();
    pendings.push(db.pending_read(&reader));
    engine.open();
    for pending in pendings {
        assert!(matches!(pending.wait(), Err(Error::Refused(_))));
    }
    assert!(matches!(db.commit(late, CommitOptions::default()), Err(CommitError::Failed(Error::Refused(_)))));
    assert!(matches!(db.begin(BeginAt::Validated), Err(Error::Refused(_))));
    assert!(db.begin(BeginAt::Durable).is_ok(), "what is durable can still be read");
}

#[test]
fn waiting_for_a_timestamp_ends_when_it_can_never_be_durable() {
    let (engine, db) = gated();
    let id = counter(&db);
    let durable = db.durable_ts();
    engine.close();
    engine.failing.store(true, Ordering::SeqCst);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    add_one(&mut tx, id);
    let pending = db.commit(tx, CommitOptions::default()).unwrap();
    let waiter = {
        let (db, ts) = (db.clone(), pending.ts);
        thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(db.wait_durable(ts))
        })
    };
    engine.open();
    assert!(matches!(waiter.join().unwrap(), Err(Error::Refused(reason)) if reason.contains("disk is full")));
    assert!(pending.wait().is_err());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(db.wait_durable(durable)).unwrap(), durable, "what is durable stays so");
}

#[test]
fn serial_lane_cannot_conflict_and_others_wait() {
    let db = database();
    let id = counter(&db);
    let lane = db.serial_lane();
    let mut tx = lane.begin(BeginAt::Validated).unwrap();
    add_one(&mut tx, id);
    let rival = {
        let db = db.clone();
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        thread::spawn(move || {
            add_one(&mut tx, id);
            db.commit(tx, CommitOptions::default()).map(|pending| pending.ts)
        })
    };
    let ts = lane.commit(tx, CommitOptions::default()).unwrap().wait().unwrap();
    assert!(ts <= db.durable_ts());
    drop(lane);
    // It waited for the holder, and then lost to it.
    assert!(matches!(rival.join().unwrap(), Err(CommitError::Conflict(_))));
}

#[test]
fn everybody_gets_through_the_serial_lane() {
    let db = database();
    let id = counter(&db);
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let db = db.clone();
            thread::spawn(move || {
                for _ in 0..20 {
                    if number % 2 == 0 {
                        let lane = db.serial_lane();
                        let mut tx = lane.begin(BeginAt::Validated).unwrap();
                        add_one(&mut tx, id);
                        lane.commit(tx, CommitOptions::default()).unwrap().wait().unwrap();
                        continue;
                    }
                    loop {
                        let mut tx = db.begin(BeginAt::Validated).unwrap();
                        add_one(&mut tx, id);
                        match db.commit(tx, CommitOptions::default()) {
                            Ok(pending) => {
                                pending.wait().unwrap();
                                break;
                            }
                            Err(CommitError::Conflict(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    assert_eq!(tx.get(ROOT, id).unwrap().unwrap().value.get("n"), Some(&Value::Int64(160)));
}

#[test]
fn scans_see_validated_rows_while_they_move_to_the_store() {
    let (engine, db) = gated();
    insert(&db, "t", "{'n':0}");
    engine.close();
    let pendings: Vec<_> = (1..200)
        .map(|n| {
            let mut tx = db.begin(BeginAt::Validated).unwrap();
            tx.insert(ROOT, "t", object(&[("n", Value::Int64(n))])).unwrap();
            let seen = collect(&mut tx, Query::full_scan("t")).unwrap();
            assert_eq!(seen.len() as i64, n + 1);
            assert!(seen.is_sorted_by(|a, b| a.creation_time <= b.creation_time));
            // Scans conflict with nothing here: everything happens in one thread.
            db.commit(tx, CommitOptions::default()).unwrap()
        })
        .collect();
    let reader = {
        let db = db.clone();
        thread::spawn(move || {
            while db.durable_ts() < db.begin(BeginAt::Validated).unwrap().snapshot() {
                let mut tx = db.begin(BeginAt::Validated).unwrap();
                assert_eq!(collect(&mut tx, Query::full_scan("t")).unwrap().len(), 200);
                assert_eq!(tx.count(ROOT, "t").unwrap(), 200);
                let mut by_id = query_json(
                    "{'source':{'type':'IndexRange','indexName':'t.by_id','range':[],'order':'desc'},'operators':[]}",
                );
                by_id.operators.push(Operator::Limit(150));
                assert_eq!(collect(&mut tx, by_id).unwrap().len(), 150);
            }
        })
    };
    engine.open();
    for pending in pendings {
        pending.wait().unwrap();
    }
    reader.join().unwrap();
    assert_eq!(db.shared().durable(), db.shared().validated());
}

#[test]
fn commits_after_shutdown_are_refused() {
    let db = database();
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.insert(ROOT, "t", doc("{}")).unwrap();
    let mut late = db.begin(BeginAt::Validated).unwrap();
    late.insert(ROOT, "u", doc("{}")).unwrap();
    let pending = db.commit(tx, CommitOptions::default()).unwrap();
    db.shutdown();
    pending.wait().unwrap();
    assert!(matches!(db.commit(late, CommitOptions::default()), Err(CommitError::Failed(Error::Refused(_)))));
}

#[test]
fn validated_hook_runs_before_anybody_reads_the_commit() {
    let db = database();
    let (told, calls) = mpsc::channel();
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.insert(ROOT, "t", doc("{}")).unwrap();
    let shared = Arc::downgrade(db.shared());
    let on_validated = Box::new(move |ts| {
        let validated = shared.upgrade().unwrap().validated();
        told.send((ts, validated < ts)).unwrap();
    });
    let pending = db.commit(tx, CommitOptions { source: String::new(), on_validated: Some(on_validated) }).unwrap();
    assert_eq!(calls.recv().unwrap(), (pending.ts, true));
    pending.wait().unwrap();
}
