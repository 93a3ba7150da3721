//! Nearest neighbours against a model that sorts all of them.

use proptest::prelude::*;

use super::{Neighbour, VectorDocument, VectorIndex, VectorQuery};
use crate::{DocId, FilterValue};

fn id(number: u8) -> DocId {
    [number; 16]
}

fn value(text: &str) -> FilterValue {
    text.as_bytes().into()
}

fn document(number: u8, vector: &[f64], channel: &str) -> VectorDocument {
    VectorDocument::new(id(number), vector, [value(channel)].into()).unwrap()
}

fn query(vector: &[f64], limit: usize) -> VectorQuery {
    VectorQuery::new(vector, None, limit).unwrap()
}

fn numbers(neighbours: &[Neighbour]) -> Vec<u8> {
    neighbours.iter().map(|neighbour| neighbour.id[0]).collect()
}

#[test]
fn the_score_is_the_cosine() {
    let mut index = VectorIndex::new(2, 1);
    for (number, vector) in [[1.0, 0.0], [1.0, 1.0], [0.0, 3.0], [-2.0, 0.0], [0.0, 0.0]].iter().enumerate() {
        index.add(&document(number as u8, vector, "c"), 1);
    }
    let found = index.search(&query(&[5.0, 0.0], 10), 1);
    assert_eq!(numbers(&found), [0, 1, 2, 4, 3]);
    let expected = [1.0, 0.5f64.sqrt(), 0.0, 0.0, -1.0];
    for (neighbour, expected) in found.iter().zip(expected) {
        assert!((neighbour.score - expected).abs() < 1e-6, "{neighbour:?} {expected}");
    }
    assert_eq!(numbers(&index.search(&query(&[5.0, 0.0], 2), 1)), [0, 1]);
}

#[test]
fn any_filter_lets_a_document_through() {
    let mut index = VectorIndex::new(2, 1);
    for (number, channel) in ["a", "b", "c"].iter().enumerate() {
        index.add(&document(number as u8, &[1.0, number as f64], channel), 1);
    }
    let found = |filters| numbers(&index.search(&VectorQuery::new(&[1.0, 0.0], filters, 10).unwrap(), 1));
    assert_eq!(found(Some(vec![(0, value("a")), (0, value("c"))])), [0, 2]);
    assert_eq!(found(Some(vec![(0, value("x"))])), []);
    assert_eq!(found(Some(vec![])), [], "none of no values");
    assert_eq!(found(None), [0, 1, 2]);
}

#[test]
fn extreme_components_keep_their_direction() {
    let mut index = VectorIndex::new(2, 1);
    index.add(&document(1, &[1e300, 1e300], "c"), 1);
    index.add(&document(2, &[1e-300, 0.0], "c"), 1);
    let found = index.search(&query(&[1.0, 1.0], 10), 1);
    assert!((found[0].score - 1.0).abs() < 1e-6 && (found[1].score - 0.5f64.sqrt()).abs() < 1e-6, "{found:?}");
    assert!(VectorDocument::new(id(1), &[f64::NAN, 1.0], [].into()).is_none());
    assert!(VectorQuery::new(&[f64::INFINITY, 1.0], None, 1).is_none());
}

#[derive(Clone, Debug)]
enum Step {
    Write { document: u8, vector: [i8; 3], channel: u8 },
    Delete { document: u8 },
    Prune { back: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..12, any::<[i8; 3]>(), 0u8..2)
            .prop_map(|(document, vector, channel)| Step::Write { document, vector, channel }),
        2 => (0u8..12).prop_map(|document| Step::Delete { document }),
        1 => (0u64..20).prop_map(|back| Step::Prune { back }),
    ]
}

proptest! {
    #[test]
    fn every_time_is_answered_as_the_model_does(
        steps in proptest::collection::vec(step(), 1..60),
        direction in any::<[i8; 3]>(),
        channel in proptest::option::of(0u8..3),
        limit in 1usize..8,
    ) {
        let mut index = VectorIndex::new(3, 1);
        let mut model: Vec<(u8, [f64; 3], u8, u64, u64)> = Vec::new();
        let (mut now, mut floor) = (1, 0);
        let end = |model: &mut Vec<(u8, [f64; 3], u8, u64, u64)>, document: u8, at: u64| {
            model.iter_mut().filter(|v| v.0 == document && v.4 == u64::MAX).for_each(|v| v.4 = at);
        };
        for step in &steps {
            now += 1;
            match step {
                Step::Write { document: number, vector, channel } => {
                    let vector = vector.map(f64::from);
                    index.end(&id(*number), now);
                    end(&mut model, *number, now);
                    index.add(&document(*number, &vector, &channel.to_string()), now);
                    model.push((*number, vector, *channel, now, u64::MAX));
                }
                Step::Delete { document } => {
                    index.end(&id(*document), now);
                    end(&mut model, *document, now);
                }
                Step::Prune { back } => {
                    let horizon = now.saturating_sub(*back);
                    if index.prune(horizon) {
                        floor = floor.max(horizon);
                    }
                }
            }
        }
        let direction = direction.map(f64::from);
        let filters = channel.map(|channel| vec![(0, value(&channel.to_string()))]);
        let asked = VectorQuery::new(&direction, filters, limit).unwrap();
        for at in floor..=now {
            let found = index.search(&asked, at);
            let visible = model.iter().filter(|v| v.3 <= at && at < v.4 && channel.is_none_or(|channel| v.2 == channel));
            let mut scores: Vec<_> = visible.map(|v| cosine(&v.1, &direction)).collect();
            scores.sort_by(|a, b| b.total_cmp(a));
            prop_assert_eq!(found.len(), scores.len().min(limit));
            for (neighbour, score) in found.iter().zip(&scores) {
                prop_assert!((neighbour.score - score).abs() < 1e-6, "{:?} {}", neighbour, score);
                let own = model.iter().find(|v| id(v.0) == neighbour.id && v.3 <= at && at < v.4).unwrap();
                prop_assert!((cosine(&own.1, &direction) - neighbour.score).abs() < 1e-6);
            }
            prop_assert!(found.is_sorted());
        }
    }
}

fn cosine(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let length = |v: &[f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let lengths = length(a) * length(b);
    if lengths == 0.0 { 0.0 } else { a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / lengths }
}
