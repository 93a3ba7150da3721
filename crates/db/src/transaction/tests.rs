use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use value::{DocumentId, Value};

use crate::testing::*;
use crate::*;

fn value(document: &Document, name: &str) -> Value {
    document.value.get(name).cloned().unwrap_or(Value::Null)
}

#[test]
fn first_user_table_is_numbered_10001_and_ids_carry_it() {
    let db = database();
    let first = insert(&db, "users", "{'name':'a'}");
    let second = insert(&db, "posts", "{}");
    assert_eq!((first.table.0, second.table.0), (10_001, 10_002));
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    let stored = tx.get(ROOT, first).unwrap().unwrap();
    assert_eq!(value(&stored, "_id"), Value::String(first.to_string()));
    assert_eq!(value(&stored, "name"), Value::String("a".into()));
    assert_eq!(tx.table_name(ROOT, first.table), Some("users".into()));
    assert_eq!(tx.table_number(ROOT, "posts"), Some(second.table));
}

#[test]
fn namespaces_do_not_see_each_other() {
    let db = database();
    let id = insert(&db, "users", "{}");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert!(tx.get(Namespace(1), id).unwrap().is_none());
    let other = tx.insert(Namespace(1), "users", doc("{}")).unwrap();
    assert_eq!(other.table, id.table);
    assert!(tx.get(ROOT, other).unwrap().is_none());
}

// [ ] patch removes fields with undefined, keeps others; replace keeps `_creationTime`
#[test]
fn patch_and_replace() {
    let db = database();
    let id = insert(&db, "t", "{'a':1,'b':2,'c':{'d':1}}");
    let created = mutate(&db, |tx| tx.get(ROOT, id).unwrap().unwrap().creation_time);
    let patch = vec![("a".into(), None), ("c".into(), Some(json("{}"))), ("e".into(), Some(Value::Null))];
    let patched = mutate(&db, |tx| tx.patch(ROOT, id, patch.clone()).unwrap());
    assert_eq!(patched.user_fields(), doc("{'b':2,'c':{},'e':null}"));
    let replaced = mutate(&db, |tx| tx.replace(ROOT, id, doc("{'z':1}")).unwrap());
    assert_eq!(replaced.user_fields(), doc("{'z':1}"));
    assert_eq!(replaced.creation_time, created);
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    assert_eq!(tx.get(ROOT, id).unwrap().unwrap(), replaced);
}

// A placeholder sorts like the largest integer: that made a patch of one by the other no write.
#[test]
fn a_commit_timestamp_is_not_the_largest_integer() {
    let db = database();
    let never = object(&[("at", Value::Int64(i64::MAX))]);
    let id = mutate(&db, |tx| tx.insert(ROOT, "t", never.clone()).unwrap());
    let set = |at: Value| vec![("at".to_owned(), Some(at))];
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.patch(ROOT, id, set(Value::CommitTs)).unwrap();
    assert!(!tx.is_read_only());
    let ts = commit(&db, tx);
    let stored = |id| db.begin(BeginAt::Durable).unwrap().get(ROOT, id).unwrap().unwrap();
    assert_eq!(value(&stored(id), "at"), Value::Int64(ts.0 as i64));
    let other = mutate(&db, |tx| {
        let other = tx.insert(ROOT, "t", object(&[("at", Value::CommitTs)])).unwrap();
        tx.patch(ROOT, other, set(Value::Int64(i64::MAX))).unwrap();
        other
    });
    assert_eq!(value(&stored(other), "at"), Value::Int64(i64::MAX));
}

// [ ] replace/patch that changes `_id` refused; no-op patch produces no write and no conflict
#[test]
fn system_fields_may_only_be_repeated() {
    let db = database();
    let id = insert(&db, "t", "{'a':1}");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    let stored = tx.get(ROOT, id).unwrap().unwrap();
    tx.replace(ROOT, id, stored.value.clone()).unwrap();
    tx.patch(ROOT, id, vec![("_id".into(), Some(value(&stored, "_id")))]).unwrap();
    assert!(tx.is_read_only());
    let changed = tx.patch(ROOT, id, vec![("_id".into(), Some(Value::String("x".into())))]);
    assert!(message(changed).starts_with("InvalidDocumentError"));
    let changed = tx.replace(ROOT, id, object(&[("_creationTime", Value::Float64(1.0))]));
    assert!(message(changed).starts_with("InvalidDocumentError"));
    assert!(message(tx.insert(ROOT, "t", object(&[("_x", Value::Null)]))).starts_with("InvalidDocumentError"));
}

#[test]
fn no_op_patch_does_not_conflict_with_anybody() {
    let db = database();
    let id = insert(&db, "t", "{'a':1}");
    let mut reader = db.begin(BeginAt::Validated).unwrap();
    reader.get(ROOT, id).unwrap();
    reader.insert(ROOT, "t", doc("{}")).unwrap();
    mutate(&db, |tx| tx.patch(ROOT, id, vec![("a".into(), Some(json("1")))]).unwrap());
    commit(&db, reader);
}

// [ ] patch/replace/delete of missing id give the three distinct texts
#[test]
fn updates_of_nonexistent_documents() {
    let db = database();
    let id = insert(&db, "t", "{}");
    mutate(&db, |tx| tx.delete(ROOT, id).unwrap());
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert_eq!(
        message(tx.patch(ROOT, id, vec![])),
        format!("NonexistentDocument: Update on nonexistent document ID {id}")
    );
    assert_eq!(
        message(tx.replace(ROOT, id, doc("{}"))),
        format!("NonexistentDocument: Replace on nonexistent document ID {id}")
    );
    assert_eq!(message(tx.delete(ROOT, id)), format!("NonexistentDocument: Delete on nonexistent document ID {id}"));
}

// [ ] `_creationTime` strictly increasing within a transaction
#[test]
fn creation_times_ascend_by_the_smallest_step() {
    let db = database();
    mutate(&db, |tx| {
        let ids: Vec<_> = (0..3).map(|_| tx.insert(ROOT, "t", doc("{}")).unwrap()).collect();
        let times: Vec<_> = ids.iter().map(|id| tx.get(ROOT, *id).unwrap().unwrap().creation_time).collect();
        assert_eq!(times[1], times[0].next_up());
        assert_eq!(times[2], times[1].next_up());
    });
}

#[test]
fn documents_that_are_too_large_or_too_nested_are_refused() {
    let db = database();
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    let large = object(&[("a", Value::String("x".repeat(1 << 20)))]);
    assert_eq!(
        message(tx.insert(ROOT, "t", large)),
        "ValueTooLargeError: Value is too large (1.00 MiB > maximum size 1 MiB)"
    );
    let nested = (0..15).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    tx.insert(ROOT, "t", object(&[("a", nested.clone())])).unwrap();
    let nested = Value::Array(vec![nested]);
    assert!(
        message(tx.insert(ROOT, "t", object(&[("a", nested)])))
            .starts_with("InvalidDocumentError: Document is too nested")
    );
}

// [ ] read/write/doc/range/args/result limits with exact texts; warnings at 80%
#[test]
fn limits_are_errors_that_stay() {
    let db = database();
    let ids = mutate(&db, |tx| (0..3).map(|_| tx.insert(ROOT, "t", doc("{}")).unwrap()).collect::<Vec<_>>());
    let check = |limits: Limits, expected: &str| {
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        *tx.limits_mut() = limits;
        tx.get(ROOT, ids[0]).unwrap();
        tx.get(ROOT, ids[0]).map(drop).ok();
        for _ in 0..2 {
            assert_eq!(message(tx.get(ROOT, ids[1])), expected);
        }
    };
    let help = "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";
    let size = mutate(&db, |tx| tx.get(ROOT, ids[0]).unwrap().unwrap().size);
    let limits = Limits::default();
    check(
        Limits { documents_read: 2, ..limits },
        &format!("TooManyDocumentsRead: Too many documents read in a single function execution (limit: 2). {help}"),
    );
    check(
        Limits { bytes_read: 2 * size, ..limits },
        &format!(
            "TooManyBytesRead: Too many bytes read in a single function execution (limit: {} bytes). {help}",
            2 * size
        ),
    );
    // Repeated reads of one document count once.
    check(
        Limits { reads: 1, ..limits },
        &format!("TooManyReads: Too many reads in a single function execution (limit: 1). {help}"),
    );
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    *tx.limits_mut() = Limits { documents_written: 1, ..limits };
    tx.delete(ROOT, ids[0]).unwrap();
    assert_eq!(
        message(tx.delete(ROOT, ids[1])),
        "TooManyWrites: Too many writes in a single function execution (limit: 1)"
    );
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    *tx.limits_mut() = Limits { bytes_written: 10, ..limits };
    assert_eq!(
        message(tx.delete(ROOT, ids[1])),
        "TooManyBytesWritten: Too many bytes written in a single function execution (limit: 10 bytes)"
    );
}

// [ ] phantom insert into a read range conflicts
#[test]
fn phantoms_conflict() {
    let db = database();
    insert(&db, "t", "{}");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert_eq!(collect(&mut tx, Query::full_scan("t")).unwrap().len(), 1);
    tx.insert(ROOT, "other", doc("{}")).unwrap();
    insert(&db, "t", "{}");
    let conflict = db.commit(tx, CommitOptions { source: "late".into(), ..Default::default() });
    assert!(matches!(conflict, Err(CommitError::Conflict(Conflict { table, .. })) if table == "t"));
}

#[test]
fn conflicts_name_the_writer() {
    let db = database();
    let id = insert(&db, "t", "{'a':1}");
    let mut slow = db.begin(BeginAt::Validated).unwrap();
    slow.patch(ROOT, id, vec![("a".into(), Some(json("2")))]).unwrap();
    let mut fast = db.begin(BeginAt::Validated).unwrap();
    fast.patch(ROOT, id, vec![("a".into(), Some(json("3")))]).unwrap();
    let options = CommitOptions { source: "fast:one".into(), ..Default::default() };
    db.commit(fast, options).unwrap().wait().unwrap();
    let error = db.commit(slow, CommitOptions::default()).unwrap_err();
    let expected = Conflict { table: "t".into(), source_of_write: Some("fast:one".into()) };
    assert!(matches!(error, CommitError::Conflict(conflict) if conflict == expected));
}

#[test]
fn concurrent_first_inserts_make_one_table() {
    let db = database();
    let mut first = db.begin(BeginAt::Validated).unwrap();
    let mut second = db.begin(BeginAt::Validated).unwrap();
    first.insert(ROOT, "t", doc("{}")).unwrap();
    second.insert(ROOT, "t", doc("{}")).unwrap();
    commit(&db, first);
    assert!(matches!(db.commit(second, CommitOptions::default()), Err(CommitError::Conflict(_))));
    insert(&db, "t", "{}");
    assert_eq!(db.list_tables(ROOT).iter().filter(|table| table.name == "t").count(), 1);
    assert_eq!(mutate(&db, |tx| tx.count(ROOT, "t").unwrap()), 2);
}

// [ ] runMutation error caught: only child's writes rolled back; reads kept
#[test]
fn savepoints_undo_writes_and_keep_reads() {
    let db = database();
    let add = |tx: &mut Transaction, text: &str| tx.insert(ROOT, "t", doc(text)).unwrap();
    let (kept, read) = mutate(&db, |tx| (add(tx, "{'n':1}"), add(tx, "{'n':2}")));
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.patch(ROOT, kept, vec![("n".into(), Some(json("10")))]).unwrap();
    let outer = tx.savepoint();
    tx.patch(ROOT, kept, vec![("n".into(), Some(json("11")))]).unwrap();
    let inner = tx.savepoint();
    tx.get(ROOT, read).unwrap();
    tx.delete(ROOT, kept).unwrap();
    tx.insert(ROOT, "made", doc("{}")).unwrap();
    tx.rollback_to(inner);
    assert_eq!(value(&tx.get(ROOT, kept).unwrap().unwrap(), "n"), json("11"));
    assert_eq!(tx.table_number(ROOT, "made"), None);
    tx.rollback_to(outer);
    assert_eq!(value(&tx.get(ROOT, kept).unwrap().unwrap(), "n"), json("10"));
    assert_eq!(field(&collect(&mut tx, Query::full_scan("t")).unwrap(), "n"), "10.0 2.0");
    mutate(&db, |tx| tx.delete(ROOT, read).unwrap());
    assert!(matches!(db.commit(tx, CommitOptions::default()), Err(CommitError::Conflict(_))));
}

// [ ] nested runQuery sees parent's uncommitted writes; snapshotQuery does not
#[test]
fn snapshot_children_see_the_beginning() {
    let db = database();
    let id = insert(&db, "t", "{'n':1}");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.patch(ROOT, id, vec![("n".into(), Some(json("2")))]).unwrap();
    let mut child = tx.snapshot_child();
    assert_eq!(value(&child.get(ROOT, id).unwrap().unwrap(), "n"), json("1"));
    child.delete(ROOT, id).unwrap();
    assert!(matches!(db.commit(child, CommitOptions::default()), Err(CommitError::Failed(Error::Refused(_)))));
}

// [ ] commit timestamps: placeholder in doc, index query, return value, nested return; refused in schedule args and query return
#[test]
fn commit_timestamps_are_filled_in_documents_and_indexes() {
    let db = database();
    deploy(&db, "{'tables':[{'tableName':'t','indexes':[{'indexDescriptor':'by_at','fields':['at']}]}]}");
    let by_at = "{'source':{'type':'IndexRange','indexName':'t.by_at','range':[{'type':'Eq','fieldPath':'at','value':{'$commitTs':null}}],'order':null},'operators':[]}";
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    let nested = object(&[("at", Value::CommitTs), ("deep", Value::Array(vec![Value::CommitTs]))]);
    let id = tx.insert(ROOT, "t", nested).unwrap();
    assert!(matches!(tx.get(ROOT, id).unwrap().unwrap().value.get("at"), Some(Value::CommitTs)));
    assert_eq!(collect(&mut tx, query_json(by_at)).unwrap().len(), 1);
    let ts = commit(&db, tx);
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    let at = Value::Int64(ts.0 as i64);
    let stored = tx.get(ROOT, id).unwrap().unwrap();
    assert_eq!((value(&stored, "at"), value(&stored, "deep")), (at.clone(), Value::Array(vec![at.clone()])));
    let bound = RangeBound { field: "at".into(), op: RangeOp::Eq, value: Some(at) };
    let source =
        Source::IndexRange { table: "t".into(), index: "by_at".into(), range: vec![bound], order: Order::Ascending };
    assert_eq!(collect(&mut tx, Query { source, operators: vec![] }).unwrap().len(), 1);
    assert_eq!(collect(&mut tx, query_json(by_at)).unwrap().len(), 0);
}

#[test]
fn past_snapshots_stay_readable_and_are_read_only() {
    let db = database();
    let id = insert(&db, "t", "{'n':1}");
    let before = db.durable_ts();
    mutate(&db, |tx| tx.patch(ROOT, id, vec![("n".into(), Some(json("2")))]).unwrap());
    insert(&db, "later", "{}");
    let mut tx = db.begin(BeginAt::At(before)).unwrap();
    assert_eq!(value(&tx.get(ROOT, id).unwrap().unwrap(), "n"), json("1"));
    assert_eq!(tx.table_number(ROOT, "later"), None);
    tx.delete(ROOT, id).unwrap();
    assert!(db.commit(tx, CommitOptions::default()).is_err());
    let future = value::Timestamp(db.durable_ts().0 + 1);
    assert!(matches!(db.begin(BeginAt::At(future)), Err(Error::OutOfRetention)));
}

#[test]
fn dropped_tables_are_gone_and_their_number_is_not_used_again() {
    let db = database();
    let id = insert(&db, "t", "{}");
    assert!(mutate(&db, |tx| tx.drop_table(ROOT, "t").unwrap()));
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert!(tx.get(ROOT, id).unwrap().is_none());
    assert_eq!(collect(&mut tx, Query::full_scan("t")).unwrap().len(), 0);
    drop(tx);
    assert_eq!(insert(&db, "t", "{}").table.0, id.table.0 + 1);
}

#[test]
fn given_ids_are_taken_once() {
    let db = database();
    let id = insert(&db, "t", "{'n':1}");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert!(message(tx.insert_with_id(ROOT, id, 5.0, doc("{}"))).starts_with("DocumentExists"));
    tx.delete(ROOT, id).unwrap();
    tx.insert_with_id(ROOT, id, 5.0, doc("{'n':2}")).unwrap();
    assert_eq!(tx.get(ROOT, id).unwrap().unwrap().creation_time, 5.0);
    let mut other = db.begin(BeginAt::Validated).unwrap();
    let own = value::InternalId([9; 16]);
    let mut rival = db.begin(BeginAt::Validated).unwrap();
    other.insert_with_internal_id(ROOT, "_s", own, doc("{}")).unwrap();
    rival.insert_with_internal_id(ROOT, "_s", own, doc("{}")).unwrap();
    commit(&db, other);
    assert!(matches!(db.commit(rival, CommitOptions::default()), Err(CommitError::Conflict(_))));
}

/// A step of one of several interleaved transactions, each adding to counters it reads.
#[derive(Clone, Debug)]
enum Step {
    Read(usize),
    Add(usize, i64),
    Delete(usize),
    Sum,
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4usize).prop_map(Step::Read),
        4 => (0..4usize, 1..5i64).prop_map(|(key, amount)| Step::Add(key, amount)),
        1 => (0..4usize).prop_map(Step::Delete),
        1 => Just(Step::Sum),
        3 => Just(Step::Commit),
    ]
}

/// What a transaction did, with what it saw, to be repeated on the model.
type History = Vec<(Step, i64)>;

fn number(document: Option<Arc<Document>>) -> Option<i64> {
    match document?.value.get("n") {
        Some(Value::Int64(number)) => Some(*number),
        other => panic!("{other:?}"),
    }
}

fn run_step(tx: &mut Transaction, ids: &[DocumentId], step: &Step) -> i64 {
    match step {
        Step::Read(key) => number(tx.get(ROOT, ids[*key]).unwrap()).unwrap_or(-1),
        Step::Add(key, amount) => match number(tx.get(ROOT, ids[*key]).unwrap()) {
            None => -1,
            Some(old) => {
                let patch = vec![("n".into(), Some(Value::Int64(old + amount)))];
                tx.patch(ROOT, ids[*key], patch).unwrap();
                old + amount
            }
        },
        Step::Delete(key) => match tx.get(ROOT, ids[*key]).unwrap() {
            None => -1,
            Some(_) => number(Some(tx.delete(ROOT, ids[*key]).unwrap())).unwrap(),
        },
        Step::Sum => collect(tx, Query::full_scan("t")).unwrap().into_iter().map(|d| number(Some(d)).unwrap()).sum(),
        Step::Commit => 0,
    }
}

fn run_model(model: &mut BTreeMap<usize, i64>, step: &Step) -> i64 {
    match step {
        Step::Read(key) => model.get(key).copied().unwrap_or(-1),
        Step::Add(key, amount) => model.get_mut(key).map_or(-1, |n| {
            *n += amount;
            *n
        }),
        Step::Delete(key) => model.remove(key).unwrap_or(-1),
        Step::Sum => model.values().sum(),
        Step::Commit => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever the interleaving, the transactions that commit saw what they would have seen one after another.
    #[test]
    fn committed_transactions_are_serializable(steps in prop::collection::vec((0..3usize, step()), 1..80)) {
        let db = database();
        let ids = mutate(&db, |tx| {
            (0..4).map(|n| tx.insert(ROOT, "t", object(&[("n", Value::Int64(n))])).unwrap()).collect::<Vec<_>>()
        });
        let mut running: Vec<Option<(Transaction, History)>> = (0..3).map(|_| None).collect();
        let mut committed: Vec<(value::Timestamp, bool, History)> = Vec::new();
        for (slot, step) in steps {
            let (tx, history) = running[slot].get_or_insert_with(|| (db.begin(BeginAt::Validated).unwrap(), Vec::new()));
            if !matches!(step, Step::Commit) {
                let seen = run_step(tx, &ids, &step);
                history.push((step, seen));
                continue;
            }
            let (tx, history) = running[slot].take().unwrap();
            let reads_only = tx.is_read_only();
            match db.commit(tx, CommitOptions::default()) {
                Ok(pending) => committed.push((pending.ts, reads_only, history)),
                Err(CommitError::Conflict(_)) => prop_assert!(!reads_only, "a reader conflicted"),
                Err(CommitError::Failed(error)) => panic!("{error}"),
            }
        }
        // A reader belongs right after the writer whose timestamp it read.
        committed.sort_by_key(|(ts, reads_only, _)| (*ts, *reads_only));
        let mut model: BTreeMap<usize, i64> = (0..4).map(|n| (n, n as i64)).collect();
        for (_, _, history) in &committed {
            for (step, seen) in history {
                prop_assert_eq!(run_model(&mut model, step), *seen, "at {:?} of {:?}", step, history);
            }
        }
    }
}
