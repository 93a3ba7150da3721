use proptest::prelude::*;
use std::collections::BTreeMap;
use value::{DocumentId, InternalId, Object, TableNumber, Value};

use super::*;
use crate::keys::TabletId;

fn key(n: u8) -> DocKey {
    DocKey::new(TabletId(20), InternalId([n; 16]))
}

fn seen(since: u64, n: Option<i64>) -> Seen {
    let document = n.map(|n| {
        let id = DocumentId { table: TableNumber(10_001), internal: InternalId([0; 16]) };
        let value = Object::from_iter([("n".to_owned(), Value::Int64(n))]);
        Arc::new(Document::new(id, 1.0, value))
    });
    Seen { since: Timestamp(since), document }
}

fn number(seen: &Seen) -> Option<i64> {
    match seen.document.as_ref()?.value.get("n") {
        Some(Value::Int64(n)) => Some(*n),
        other => panic!("{other:?}"),
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(u8, Option<i64>),
    Sync,
    /// Forgets what is durable.
    Clear,
    /// Reads a key at so many commits before the newest, filling the cache on a miss.
    Read(u8, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..4, prop::option::of(0i64..100)).prop_map(|(key, n)| Step::Write(key, n)),
        1 => Just(Step::Sync),
        1 => Just(Step::Clear),
        4 => (0u8..4, 0u64..6).prop_map(|(key, back)| Step::Read(key, back)),
    ]
}

proptest! {
    /// Whatever is found is what the snapshot holds, with hardly any room and with plenty.
    #[test]
    fn never_lies(steps in prop::collection::vec(step(), 1..120), room in prop_oneof![Just(0usize), Just(64 * 1024), Just(64 << 20)]) {
        let cache = DocumentCache::new(room, Timestamp(10));
        let mut history: BTreeMap<u8, BTreeMap<u64, Option<i64>>> = BTreeMap::new();
        let at = |history: &BTreeMap<u8, BTreeMap<u64, Option<i64>>>, key: u8, at: u64| {
            let versions = history.get(&key)?;
            let (since, n) = versions.range(..=at).next_back()?;
            Some((*since, *n))
        };
        let (mut now, mut durable) = (10u64, 10u64);
        for step in steps {
            match step {
                Step::Write(n, value) => {
                    let before = at(&history, n, now).map_or(seen(now, None), |(since, value)| seen(since, value));
                    now += 1;
                    cache.push(key(n), Some(before), seen(now, value), Timestamp(durable));
                    history.entry(n).or_default().insert(now, value);
                }
                Step::Sync => durable = now,
                Step::Clear => cache.clear(Timestamp(durable)),
                Step::Read(n, back) => {
                    let snapshot = now.saturating_sub(back).max(10);
                    let expected = at(&history, n, snapshot);
                    match cache.get(&key(n), Timestamp(snapshot)) {
                        Some(found) => prop_assert_eq!(number(&found), expected.and_then(|(_, value)| value)),
                        None => {
                            // The store has what is durable; everything else has to be found here.
                            prop_assert!(expected.is_none_or(|(since, _)| since <= durable), "a version was lost");
                            let stored = expected.filter(|(_, value)| value.is_some());
                            let stored = stored.map_or(seen(snapshot, None), |(since, value)| seen(since, value));
                            cache.fill(key(n), &stored, Timestamp(snapshot), Timestamp(durable));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn keeps_within_its_bytes_once_everything_is_durable() {
    let cache = DocumentCache::new(64 * 1024, Timestamp(1));
    for n in 0..=255u8 {
        for m in 0..10u8 {
            let mut id = [n; 16];
            id[3] = m;
            let key = DocKey::new(TabletId(20), InternalId(id));
            cache.push(key, None, seen(2, Some(1)), Timestamp(2));
        }
    }
    assert!(cache.bytes() <= 64 * 1024);
}
