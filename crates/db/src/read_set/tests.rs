use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn key(n: u8) -> Bytes {
    Bytes::from(vec![2, 0, 0, 0, 1, n])
}

proptest! {
    #[test]
    fn merged_intervals_cover_exactly_what_was_added(added in prop::collection::vec((0u8..40, 0u8..40), 0..20)) {
        let mut set = IntervalSet::default();
        for (start, end) in &added {
            set.add(Interval { start: key(*start), end: key(*end) });
        }
        let merged: Vec<Interval> = set.iter().collect();
        for pair in merged.windows(2) {
            prop_assert!(pair[0].end < pair[1].start, "{merged:?} is not merged");
        }
        for n in 0..40 {
            let expected = added.iter().any(|(start, end)| (*start..*end).contains(&n));
            prop_assert_eq!(merged.iter().any(|interval| interval.contains(&key(n))), expected);
        }
    }
}

#[test]
fn neighbouring_spaces_stay_apart() {
    use crate::keys::{IndexId, Space};
    let mut set = IntervalSet::default();
    set.add(Space::Index(IndexId(1)).whole());
    set.add(Space::Index(IndexId(2)).whole());
    set.add(Space::Index(IndexId(1)).whole());
    assert_eq!(set.len(), 2);
}
