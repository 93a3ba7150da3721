//! The index against a model that keeps every version and ranks by the formula.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use rustc_hash::FxHashSet;

use super::{Hit, Layer, TextDocument, TextIndex, TextQuery, Window, search};
use crate::{DocId, FilterValue};

fn id(number: u8) -> DocId {
    [number; 16]
}

fn value(text: &str) -> FilterValue {
    text.as_bytes().into()
}

fn document(number: u8, text: &str, channel: &str) -> TextDocument {
    TextDocument::new(id(number), f64::from(number), text, [value(channel)].into())
}

fn everything(limit: usize) -> Window {
    Window { limit, ..Window::default() }
}

fn find(index: &TextIndex, query: &TextQuery, at: u64) -> Vec<Hit> {
    search(&[Layer { segment: index, at, hidden: None }], query, &everything(usize::MAX))
}

fn numbers(hits: &[Hit]) -> String {
    hits.iter().map(|hit| hit.id[0].to_string()).collect::<Vec<_>>().join(" ")
}

/// Searches documents numbered from one, all in one channel.
fn check(texts: &[&str], query: &str, expected: Expect) {
    let mut index = TextIndex::new(1);
    for (number, text) in texts.iter().enumerate() {
        index.add(&document(number as u8 + 1, text, "c"), 1);
    }
    expected.assert_eq(&numbers(&find(&index, &TextQuery::new(query, vec![]), 1)));
}

#[test]
fn any_term_matches() {
    check(&["red apple", "green pear", "blue plum"], "apple pear", expect!["2 1"]);
    check(&["red apple", "green pear"], "APPLE!", expect!["1"]);
    check(&["red apple"], "cherry", expect![""]);
    check(&["red apple"], "  ?! ", expect![""]);
}

#[test]
fn more_often_in_a_shorter_text_is_better() {
    check(&["fox and hen", "fox fox hen"], "fox", expect!["2 1"]);
    check(&["fox and a hen and a goose", "fox and hen"], "fox", expect!["2 1"]);
}

#[test]
fn a_rare_term_weighs_more_than_a_common_one() {
    check(&["common", "common", "common rare", "rare", "common"], "common rare", expect!["3 4 5 2 1"]);
}

#[test]
fn equal_scores_put_the_newest_first() {
    check(&["same words", "same words", "same words"], "same", expect!["3 2 1"]);
}

#[test]
fn equal_scores_and_times_follow_the_id_downwards() {
    let mut index = TextIndex::new(1);
    for number in [2, 9, 5] {
        index.add(&TextDocument { created: 1.0, ..document(number, "same", "c") }, 1);
    }
    assert_eq!(numbers(&find(&index, &TextQuery::new("same", vec![]), 1)), "9 5 2");
}

#[test]
fn only_the_last_term_is_a_prefix_and_counts_half() {
    check(&["search", "searching", "research"], "sea", expect!["2 1"]);
    check(&["search", "other"], "sea other", expect!["2"]);
    check(&["sea", "search"], "sea", expect!["1 2"]);
}

#[test]
fn a_prefix_stands_for_sixteen_terms() {
    let texts: Vec<String> = (0..20).map(|number| format!("word{number:02}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    check(&texts, "word", expect!["16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1"]);
}

#[test]
fn terms_past_the_sixteenth_are_ignored() {
    let filler: Vec<String> = (0..15).map(|number| format!("x{number}")).collect();
    let query = |last: &str| format!("{} {last}", filler.join(" "));
    check(&["apple"], &query("apple"), expect!["1"]);
    check(&["apple"], &query("pear apple"), expect![""]);
}

#[test]
fn filters_are_exact_and_all_must_hold() {
    let mut index = TextIndex::new(2);
    let add = |index: &mut TextIndex, number, a: &str, b: &str| {
        index.add(&TextDocument::new(id(number), 1.0, "word", [value(a), value(b)].into()), 1);
    };
    add(&mut index, 1, "x", "y");
    add(&mut index, 2, "x", "z");
    add(&mut index, 3, "xy", "");
    let found = |filters| numbers(&find(&index, &TextQuery::new("word", filters), 1));
    assert_eq!(found(vec![(0, value("x"))]), "2 1");
    assert_eq!(found(vec![(0, value("x")), (1, value("z"))]), "2");
    assert_eq!(found(vec![(0, value("x")), (0, value("xy"))]), "");
    assert_eq!(found(vec![(1, value("unknown"))]), "");
}

#[test]
fn a_layer_above_hides_what_it_knows_better() {
    let mut base = TextIndex::new(1);
    base.add(&document(1, "old words", "c"), 1);
    base.add(&document(2, "other words", "c"), 1);
    let mut own = TextIndex::new(1);
    own.add(&document(1, "new words words", "c"), 0);
    own.add(&document(3, "wordsmith", "c"), 0);
    let hidden = FxHashSet::from_iter([id(1)]);
    let layers = [Layer { segment: &base, at: 1, hidden: Some(&hidden) }, Layer { segment: &own, at: 0, hidden: None }];
    let found = |query: &str| numbers(&search(&layers, &TextQuery::new(query, vec![]), &everything(10)));
    assert_eq!(found("words"), "1 2 3");
    assert_eq!(found("old"), "");
    assert_eq!(found("new"), "1");
}

#[test]
fn what_nobody_can_ask_for_is_forgotten() {
    let mut index = TextIndex::new(1);
    index.add(&document(9, "stays", "c"), 1);
    for time in 1..100 {
        index.end(&id(1), time);
        index.add(&document(1, &format!("word{time}"), &time.to_string()), time);
    }
    let before = index.bytes();
    assert!(!index.prune(1), "only one version ended by then");
    assert!(index.prune(99));
    assert!(index.bytes() < before / 4, "{} of {before}", index.bytes());
    assert_eq!(numbers(&find(&index, &TextQuery::new("word stays", vec![]), 99)), "9");
    assert_eq!(numbers(&find(&index, &TextQuery::new("word99", vec![]), 99)), "1");
    assert!(index.end(&id(1), 100) && index.end(&id(9), 100));
}

/// The model: all versions, and ranking written down once more from the definition.
#[derive(Default)]
struct Model(Vec<(TextDocument, Vec<String>, u64, u64)>);

impl Model {
    fn end(&mut self, id: DocId, at: u64) {
        self.0.iter_mut().filter(|(document, _, _, to)| document.id == id && *to == u64::MAX).for_each(|v| v.3 = at);
    }

    fn find(&self, query: &str, filters: &[(usize, FilterValue)], at: u64) -> Vec<Hit> {
        let visible = self.0.iter().filter(|(document, _, from, to)| {
            *from <= at && at < *to && filters.iter().all(|(field, value)| document.filters[*field] == *value)
        });
        let visible: Vec<_> = visible.collect();
        let tokens: Vec<String> = words(query).into_iter().take(16).collect();
        let mut terms: Vec<(String, f64)> = Vec::new();
        tokens.iter().for_each(|token| {
            if !terms.iter().any(|(own, _)| own == token) {
                terms.push((token.clone(), 1.0));
            }
        });
        if let Some(prefix) = tokens.last() {
            let begun = visible.iter().flat_map(|(_, words, _, _)| words).filter(|word| word.starts_with(prefix));
            let begun: std::collections::BTreeSet<_> = begun.filter(|word| !tokens.contains(word)).collect();
            terms.extend(begun.into_iter().take(16).map(|word| (word.clone(), 0.5)));
        }
        let count = |words: &[String], term: &str| words.iter().filter(|word| *word == term).count() as f64;
        let matching: Vec<_> = visible
            .into_iter()
            .filter(|(_, words, _, _)| terms.iter().any(|(term, _)| count(words, term) > 0.0))
            .collect();
        let total = 1e6;
        let average = matching.iter().map(|(_, words, _, _)| words.len() as f64).sum::<f64>() / matching.len() as f64;
        let mut hits: Vec<Hit> = matching
            .iter()
            .map(|(document, own, _, _)| {
                let score = terms.iter().map(|(term, weight)| {
                    let is_last = |term: &str| {
                        tokens.last().is_some_and(|last| term == last || !tokens.iter().any(|own| own == term))
                    };
                    let group = terms.iter().filter(|(other, _)| other == term || is_last(term) && is_last(other));
                    let group: Vec<_> = group.map(|(other, _)| other).collect();
                    let having =
                        matching.iter().filter(|(_, words, _, _)| group.iter().any(|term| count(words, term) > 0.0));
                    let having = having.count() as f64;
                    let rarity = (1.0 + (total - having + 0.5) / (having + 0.5)).ln();
                    let often = count(own, term);
                    let share = often * 2.2 / (often + 1.2 * (1.0 - 0.75 + 0.75 * (own.len() as f64 / average)));
                    weight * rarity * share
                });
                Hit { score: score.sum(), created: document.created, id: document.id }
            })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.created.total_cmp(&a.created)).then(b.id.cmp(&a.id)));
        hits
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Write { document: u8, text: String, channel: u8 },
    Delete { document: u8 },
    Prune { back: u64 },
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,4}", 0..8).prop_map(|words| words.join(" "))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..12, text(), 0u8..2).prop_map(|(document, text, channel)| Step::Write { document, text, channel }),
        2 => (0u8..12).prop_map(|document| Step::Delete { document }),
        1 => (0u64..20).prop_map(|back| Step::Prune { back }),
    ]
}

proptest! {
    #[test]
    fn every_time_is_answered_as_the_model_does(
        steps in proptest::collection::vec(step(), 1..60),
        query in text(),
        channel in proptest::option::of(0u8..3),
        limit in 1usize..6,
    ) {
        let (mut index, mut model) = (TextIndex::new(1), Model::default());
        let (mut now, mut floor) = (1, 0);
        for step in &steps {
            now += 1;
            match step {
                Step::Write { document: number, text, channel } => {
                    let written = document(*number, text, &channel.to_string());
                    index.end(&written.id, now);
                    model.end(written.id, now);
                    index.add(&written, now);
                    model.0.push((written, words(text), now, u64::MAX));
                }
                Step::Delete { document } => {
                    index.end(&id(*document), now);
                    model.end(id(*document), now);
                }
                Step::Prune { back } => {
                    let horizon = now.saturating_sub(*back);
                    if index.prune(horizon) {
                        floor = floor.max(horizon);
                    }
                }
            }
        }
        let filters: Vec<_> = channel.iter().map(|channel| (0, value(&channel.to_string()))).collect();
        let asked = TextQuery::new(&query, filters.clone());
        for at in floor..=now {
            let (found, expected) = (find(&index, &asked, at), model.find(&query, &filters, at));
            let ids = |hits: &[Hit]| hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
            prop_assert_eq!(ids(&found), ids(&expected));
            // Page by page comes the same.
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let window = Window { after, until: None, limit };
                let page = search(&[Layer { segment: &index, at, hidden: None }], &asked, &window);
                let Some(last) = page.last() else { break };
                let pinned = Window { after, until: Some(*last), limit: usize::MAX };
                let again = search(&[Layer { segment: &index, at, hidden: None }], &asked, &pinned);
                prop_assert_eq!(&again, &page);
                after = Some(*last);
                paged.extend(page);
            }
            prop_assert_eq!(paged, found);
        }
    }

    #[test]
    fn what_does_not_match_changes_nothing(
        texts in proptest::collection::vec((text(), 0u8..2), 1..12),
        other in (text(), 0u8..2),
        query in text(),
        channel in proptest::option::of(0u8..2),
    ) {
        let mut index = TextIndex::new(1);
        for (number, (text, channel)) in texts.iter().enumerate() {
            index.add(&document(number as u8, text, &channel.to_string()), 1);
        }
        let asked = TextQuery::new(&query, channel.iter().map(|channel| (0, value(&channel.to_string()))).collect());
        let before = find(&index, &asked, 1);
        let other = document(100, &other.0, &other.1.to_string());
        index.add(&other, 2);
        let after = find(&index, &asked, 2);
        let bits = |hits: &[Hit]| hits.iter().map(|hit| (hit.id, hit.score.to_bits())).collect::<Vec<_>>();
        if !asked.matches(&other) {
            prop_assert_eq!(bits(&before), bits(&after));
        }
        if after.iter().any(|hit| hit.id == other.id) {
            prop_assert!(asked.matches(&other));
        }
    }
}
