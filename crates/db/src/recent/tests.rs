use std::sync::Arc;

use bytes::Bytes;
use value::{InternalId, Timestamp};

use super::*;
use crate::keys::{IndexId, TabletId, key_after};

fn document(n: u8) -> DocKey {
    DocKey::new(TabletId(20), InternalId([n; 16]))
}

fn key(n: u8) -> Bytes {
    let mut key = Space::Index(IndexId(30)).prefix().to_vec();
    key.push(n);
    Bytes::from(key)
}

fn commit(ts: u64, documents: &[u8], keys: &[u8]) -> Arc<Touched> {
    Arc::new(Touched {
        ts: Timestamp(ts),
        documents: documents.iter().map(|n| document(*n)).collect(),
        keys: keys.iter().map(|n| key(*n)).collect(),
        derived: Vec::new(),
        source: format!("writer {ts}").into(),
    })
}

fn stale(recent: &RecentWrites, points: &[u8], range: Option<(u8, u8)>, snapshot: u64) -> Option<u64> {
    let mut reads = Reads::default();
    reads.points.extend(points.iter().map(|n| document(*n)));
    if let Some((start, end)) = range {
        reads.intervals.add(Interval { start: key(start), end: key(end) });
    }
    recent.find_stale(&reads, Timestamp(snapshot)).map(|stale| stale.at.0)
}

#[test]
fn finds_writes_after_the_snapshot_only() {
    let mut recent = RecentWrites::new(Timestamp(5));
    recent.push(commit(10, &[1], &[50]));
    recent.push(commit(20, &[2], &[60, 61]));
    assert_eq!(stale(&recent, &[1], None, 9), Some(10));
    assert_eq!(stale(&recent, &[1], None, 10), None);
    assert_eq!(stale(&recent, &[3], Some((40, 50)), 0), None);
    assert_eq!(stale(&recent, &[3], Some((40, 51)), 9), Some(10));
    assert_eq!(stale(&recent, &[3], Some((40, 90)), 10), Some(20));
    assert_eq!(recent.source(Timestamp(20)).as_deref(), Some("writer 20"));
}

#[test]
fn finds_documents_in_intervals_by_id() {
    let mut recent = RecentWrites::new(Timestamp(5));
    recent.push(commit(10, &[7], &[]));
    let scan = |first: u8, last: u8| {
        let interval = Interval { start: document(first).storage_key(), end: key_after(&document(last).storage_key()) };
        recent.find([].iter(), [interval].into_iter(), Timestamp(5)).map(|stale| stale.at.0)
    };
    assert_eq!([scan(1, 6), scan(1, 7), scan(8, 9)], [None, Some(10), None]);
}

#[test]
fn forgets_what_nobody_can_ask_for() {
    let mut recent = RecentWrites::new(Timestamp(5));
    recent.push(commit(10, &[1, 2], &[50]));
    recent.push(commit(20, &[1], &[50]));
    recent.prune(Timestamp(10), 100);
    assert_eq!(recent.floor(), Timestamp(10));
    assert_eq!(stale(&recent, &[1, 2], None, 10), Some(20));
    recent.prune(Timestamp(30), 100);
    assert_eq!((recent.documents.len(), recent.keys.len(), recent.keys_total), (0, 0, 0));
}

#[test]
fn the_first_change_is_found_even_behind_later_ones() {
    let mut recent = RecentWrites::new(Timestamp(5));
    recent.push(commit(10, &[1], &[]));
    recent.push(commit(20, &[1], &[]));
    recent.push(commit(30, &[2], &[]));
    let reads = ReadSet { points: [document(1)].into(), ..ReadSet::default() };
    let first = |after: u64, until: u64| recent.first_stale(&reads, Timestamp(after), Timestamp(until)).map(|ts| ts.0);
    assert_eq!(first(5, 30), Some(10));
    assert_eq!(first(10, 30), Some(20));
    // What is not durable yet will be looked up when it is.
    assert_eq!(first(10, 15), None);
    assert_eq!(first(20, 30), None);
}
