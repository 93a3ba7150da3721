use proptest::prelude::*;

use super::Postings;

#[test]
fn a_rare_term_takes_no_memory_of_its_own() {
    let mut postings = Postings::default();
    postings.push(1_000_000, 1);
    postings.push(1_000_900, 3);
    assert_eq!(postings.spilled_bytes(), 0);
    assert_eq!(postings.iter().collect::<Vec<_>>(), [(1_000_000, 1), (1_000_900, 3)]);
}

proptest! {
    #[test]
    fn what_was_pushed_is_read(entries in proptest::collection::btree_map(any::<u32>(), 1u32.., 0..100)) {
        let mut postings = Postings::default();
        entries.iter().for_each(|(slot, count)| postings.push(*slot, *count));
        prop_assert_eq!(postings.iter().collect::<Vec<_>>(), entries.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn renumbering_keeps_what_stays(entries in proptest::collection::btree_map(0u32..64, 1u32..9, 0..40), stays in any::<u64>()) {
        let stay = |slot: u32| stays >> slot & 1 == 1;
        let moved: Vec<_> = (0..64).map(|slot| stay(slot).then(|| (0..slot).filter(|s| stay(*s)).count() as u32)).collect();
        let mut postings = Postings::default();
        entries.iter().for_each(|(slot, count)| postings.push(*slot, *count));
        let expected: Vec<_> = entries.iter().filter_map(|(slot, count)| Some((moved[*slot as usize]?, *count))).collect();
        prop_assert_eq!(postings.renumbered(&moved).iter().collect::<Vec<_>>(), expected);
    }
}
