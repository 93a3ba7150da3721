use std::sync::Arc;

use proptest::prelude::*;
use value::{DocumentId, Value};

use crate::testing::*;
use crate::*;

fn subscribe(db: &Database, read: impl FnOnce(&mut Transaction)) -> (Arc<Told>, Result<SubscriptionId, Invalidated>) {
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    read(&mut tx);
    let told = Arc::new(Told::default());
    let since = tx.snapshot();
    let id = db.subscribe(tx.into_read_set(), since, told.clone());
    (told, id)
}

fn patch(db: &Database, id: DocumentId, name: &str, value: i64) {
    mutate(db, |tx| drop(tx.patch(ROOT, id, vec![(name.into(), Some(Value::Int64(value)))]).unwrap()));
}

fn numbered(db: &Database, numbers: &[i64]) -> Vec<DocumentId> {
    deploy(db, "{'tables':[{'tableName':'t','indexes':[{'indexDescriptor':'by_n','fields':['n']}]}]}");
    insert_numbers(db, "t", "n", numbers.iter().copied())
}

fn by_n(op: RangeOp, n: i64, limit: Option<usize>) -> Query {
    let range = vec![RangeBound { field: "n".into(), op, value: Some(Value::Int64(n)) }];
    let source = Source::IndexRange { table: "t".into(), index: "by_n".into(), range, order: Order::Ascending };
    Query { source, operators: limit.map(Operator::Limit).into_iter().collect() }
}

// [ ] get of missing id then insert invalidates
#[test]
fn points_are_told_once() {
    let db = database();
    let id = insert(&db, "t", "{}");
    let other = insert(&db, "t", "{}");
    mutate(&db, |tx| tx.delete(ROOT, id).unwrap());
    let (told, result) = subscribe(&db, |tx| assert!(tx.get(ROOT, id).unwrap().is_none()));
    result.unwrap();
    patch(&db, other, "n", 1);
    assert_eq!(told.times(), 0);
    mutate(&db, |tx| tx.insert_with_id(ROOT, id, 1.0, doc("{}")).unwrap());
    assert_eq!(*told.0.lock(), [db.durable_ts()]);
    patch(&db, id, "n", 1);
    assert_eq!((told.times(), db.subscriptions()), (1, 0));
}

// [ ] read set precise: insert outside an interval does not invalidate, inside does; limit(n) subset
#[test]
fn read_sets_are_precise() {
    let db = database();
    let ids = numbered(&db, &[10, 20, 30, 40]);
    let watch = |query: Query| {
        let (told, result) = subscribe(&db, |tx| drop(collect(tx, query).unwrap()));
        result.unwrap();
        told
    };
    let equal = watch(by_n(RangeOp::Eq, 20, None));
    let first_two = watch(by_n(RangeOp::Gt, 15, Some(2)));
    let below = watch(by_n(RangeOp::Lt, 15, None));
    let add = |n: i64| insert_numbers(&db, "t", "n", [n]);
    let told = || [equal.times(), first_two.times(), below.times()];
    add(35);
    patch(&db, ids[3], "m", 1);
    assert_eq!(told(), [0, 0, 0]);
    // A document that moves within the unread part concerns nobody, one that leaves a read part does.
    patch(&db, ids[3], "n", 50);
    assert_eq!(told(), [0, 0, 0]);
    add(25);
    assert_eq!(told(), [0, 1, 0]);
    patch(&db, ids[1], "m", 1);
    assert_eq!(told(), [1, 1, 0]);
    patch(&db, ids[2], "n", 5);
    assert_eq!(told(), [1, 1, 1]);
}

#[test]
fn tables_and_schemas_that_were_read_count() {
    let db = database();
    let (empty, result) = subscribe(&db, |tx| assert!(collect(tx, Query::full_scan("t")).unwrap().is_empty()));
    result.unwrap();
    insert(&db, "other", "{}");
    assert_eq!(empty.times(), 0);
    insert(&db, "t", "{}");
    assert_eq!(empty.times(), 1);
    let (scan, result) = subscribe(&db, |tx| drop(collect(tx, Query::full_scan("t")).unwrap()));
    result.unwrap();
    deploy(&db, "{'tables':[{'tableName':'t','indexes':[{'indexDescriptor':'by_n','fields':['n']}]}]}");
    assert_eq!(scan.times(), 1);
}

#[test]
fn changes_between_reading_and_subscribing_are_not_lost() {
    let db = database();
    let id = insert(&db, "t", "{}");
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    tx.get(ROOT, id).unwrap();
    let since = tx.snapshot();
    let reads = tx.into_read_set();
    insert(&db, "t", "{}");
    let fresh = db.subscribe(reads.clone(), since, Arc::new(Told::default())).unwrap();
    db.unsubscribe(fresh);
    patch(&db, id, "n", 1);
    let at = db.durable_ts();
    patch(&db, id, "n", 2);
    assert_eq!(db.subscribe(reads, since, Arc::new(Told::default())), Err(Invalidated { at }));
    assert_eq!(db.subscriptions(), 0);
}

#[test]
fn subscribers_are_told_before_the_timestamp_is_published() {
    struct Checks(Database, parking_lot::Mutex<Vec<bool>>);
    impl Invalidate for Checks {
        fn invalidated(&self, at: value::Timestamp) {
            self.1.lock().push(self.0.durable_ts() < at);
        }
    }
    let db = database();
    let id = insert(&db, "t", "{}");
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    tx.get(ROOT, id).unwrap();
    let since = tx.snapshot();
    let checks = Arc::new(Checks(db.clone(), parking_lot::Mutex::default()));
    db.subscribe(tx.into_read_set(), since, checks.clone()).unwrap();
    patch(&db, id, "n", 1);
    assert_eq!(*checks.1.lock(), [true]);
}

#[test]
fn unsubscribed_are_not_told() {
    let db = database();
    let id = insert(&db, "t", "{}");
    let (stays, result) = subscribe(&db, |tx| drop(tx.get(ROOT, id).unwrap()));
    result.unwrap();
    let (leaves, result) = subscribe(&db, |tx| drop(collect(tx, Query::full_scan("t")).unwrap()));
    db.unsubscribe(result.unwrap());
    patch(&db, id, "n", 1);
    assert_eq!((stays.times(), leaves.times()), (1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// A subscription is told exactly when the documents in the read range before or after a write are concerned.
    #[test]
    fn tells_exactly_those_concerned(
        ranges in prop::collection::vec((0i64..20, 1i64..8), 1..10),
        writes in prop::collection::vec((0usize..5, 0i64..24), 1..10),
    ) {
        let db = database();
        let ids = numbered(&db, &[2, 6, 10, 14, 18]);
        let mut now = [2i64, 6, 10, 14, 18];
        let mut watching: Vec<_> = ranges.iter().map(|(start, length)| {
            let (told, result) = subscribe(&db, |tx| {
                let mut query = by_n(RangeOp::Gte, *start, None);
                let Source::IndexRange { range, .. } = &mut query.source else { unreachable!() };
                range.push(RangeBound { field: "n".into(), op: RangeOp::Lt, value: Some(Value::Int64(start + length)) });
                drop(collect(tx, query).unwrap());
            });
            result.unwrap();
            (*start..start + length, told, 0)
        }).collect();
        for (index, n) in writes {
            let changed = now[index] != n;
            for (range, _, expected) in &mut watching {
                if changed && (range.contains(&now[index]) || range.contains(&n)) {
                    *expected = 1;
                }
            }
            patch(&db, ids[index], "n", n);
            now[index] = n;
            for (range, told, expected) in &watching {
                prop_assert_eq!(told.times(), *expected, "{:?}", range);
            }
        }
    }
}
