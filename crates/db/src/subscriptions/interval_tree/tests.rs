use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn interval(start: u8, length: u8) -> Interval {
    Interval { start: Bytes::from(vec![start]), end: Bytes::from(vec![start.saturating_add(length)]) }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u8),
    Remove(usize),
    Stab(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..60, 1u8..30).prop_map(|(start, length)| Step::Insert(start, length)),
        2 => any::<usize>().prop_map(Step::Remove),
        2 => (0u8..90).prop_map(Step::Stab),
    ]
}

proptest! {
    #[test]
    fn finds_what_brute_force_finds(steps in prop::collection::vec(step(), 0..200)) {
        let mut tree = IntervalTree::default();
        let mut model: Vec<(Interval, u64)> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Insert(start, length) => {
                    tree.insert(interval(start, length), number as u64);
                    model.push((interval(start, length), number as u64));
                }
                Step::Remove(index) if !model.is_empty() => {
                    let (interval, id) = model.swap_remove(index % model.len());
                    tree.remove(&interval, id);
                }
                Step::Remove(_) => {}
                Step::Stab(key) => {
                    let mut found = Vec::new();
                    tree.stab(&[key], &mut found);
                    found.sort_unstable();
                    let mut expected: Vec<u64> =
                        model.iter().filter(|(i, _)| i.contains(&[key])).map(|(_, id)| *id).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(found, expected);
                }
            }
            prop_assert_eq!(tree.is_empty(), model.is_empty());
        }
    }
}

#[test]
fn stays_shallow_when_filled_in_order() {
    let mut tree = IntervalTree::default();
    for n in 0..10_000u32 {
        let start = Bytes::copy_from_slice(&n.to_be_bytes());
        let end = Bytes::copy_from_slice(&(n + 1).to_be_bytes());
        tree.insert(Interval { start, end }, u64::from(n));
    }
    fn depth(tree: &IntervalTree, index: u32) -> usize {
        match index {
            NONE => 0,
            index => {
                let node = tree.node(index);
                1 + depth(tree, node.left).max(depth(tree, node.right))
            }
        }
    }
    assert!(depth(&tree, tree.root) < 60, "depth {}", depth(&tree, tree.root));
}
