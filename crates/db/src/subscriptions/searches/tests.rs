use std::collections::BTreeSet;

use proptest::prelude::*;
use search::{FilterValue, TextDocument, TextQuery};

use super::SearchSubscriptions;

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,3}", 0..4).prop_map(|words| words.join(" "))
}

fn value(number: u8) -> FilterValue {
    [number].into()
}

proptest! {
    #[test]
    fn a_document_finds_the_searches_it_matches(
        searches in proptest::collection::vec((text(), proptest::collection::vec((0usize..2, 0u8..2), 0..3)), 0..12),
        removed in any::<u16>(),
        documents in proptest::collection::vec((text(), [0u8..2, 0u8..2]), 1..6),
    ) {
        let queries: Vec<_> = searches
            .iter()
            .map(|(text, filters)| TextQuery::new(text, filters.iter().map(|(field, n)| (*field, value(*n))).collect()))
            .collect();
        let mut subscriptions = SearchSubscriptions::default();
        queries.iter().zip(0..).for_each(|(query, id)| subscriptions.insert(query, id));
        let stays = |id: &u64| removed >> id & 1 == 0;
        queries.iter().zip(0..).filter(|(_, id)| !stays(id)).for_each(|(query, id)| subscriptions.remove(query, id));
        for (text, [a, b]) in &documents {
            let document = TextDocument::new([0; 16], 0.0, text, [value(*a), value(*b)].into());
            let mut found = Vec::new();
            subscriptions.stab(&document, &mut found);
            let found: BTreeSet<u64> = found.into_iter().collect();
            // A search for two values of one field can match nothing; being told needlessly does no harm.
            let matches = |query: &TextQuery| query.matches(&document);
            let expected: BTreeSet<u64> =
                queries.iter().zip(0..).filter(|(query, id)| stays(id) && matches(query)).map(|(_, id)| id).collect();
            prop_assert!(expected.is_subset(&found), "{expected:?} {found:?}");
            for id in found.difference(&expected) {
                let filters = queries[*id as usize].filters();
                prop_assert!(filters.iter().any(|(field, v)| filters.iter().any(|(f, w)| f == field && w != v)), "{id}");
            }
        }
        queries.iter().zip(0..).filter(|(_, id)| stays(id)).for_each(|(query, id)| subscriptions.remove(query, id));
        prop_assert!(subscriptions.is_empty() && subscriptions.masks.is_empty());
    }
}
