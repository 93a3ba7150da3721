use std::sync::Arc;

use proptest::prelude::*;
use storage::MemoryEngine;
use value::{DocumentId, Value};

use crate::testing::*;
use crate::*;

const SCHEMA: &str = "{'tables':[{'tableName':'t','indexes':[],'searchIndexes':[
    {'indexDescriptor':'text','searchField':'body','filterFields':['channel']}],'vectorIndexes':[
    {'indexDescriptor':'near','vectorField':'v','dimensions':2,'filterFields':[]}]}]}";

fn searchable() -> Database {
    let db = database();
    deploy(&db, SCHEMA);
    db
}

fn search_for(text: &str, channel: Option<&str>) -> Query {
    let channel =
        channel.map_or(String::new(), |value| format!(",{{'type':'Eq','fieldPath':'channel','value':'{value}'}}"));
    query_json(&format!(
        "{{'source':{{'type':'Search','indexName':'t.text','filters':[
            {{'type':'Search','fieldPath':'body','value':'{text}'}}{channel}]}},'operators':[]}}"
    ))
}

fn add(db: &Database, body: &str, channel: &str) -> DocumentId {
    insert(db, "t", &format!("{{'body':'{body}','channel':'{channel}'}}"))
}

fn found(tx: &mut Transaction, text: &str) -> Vec<DocumentId> {
    collect(tx, search_for(text, None)).unwrap().iter().map(|document| document.id).collect()
}

fn found_now(db: &Database, text: &str) -> Vec<DocumentId> {
    found(&mut db.begin(BeginAt::Validated).unwrap(), text)
}

fn set(tx: &mut Transaction, id: DocumentId, field: &str, value: &str) {
    tx.patch(ROOT, id, vec![(field.into(), Some(Value::String(value.into())))]).unwrap();
}

#[test]
fn documents_from_before_an_index_are_found() {
    let db = database();
    let old: Vec<_> =
        mutate(&db, |tx| (0..600).map(|_| tx.insert(ROOT, "t", doc("{'body':'old word'}")).unwrap()).collect());
    let schema = Schema::parse_json(&SCHEMA.replace('\'', "\"")).unwrap();
    let submitted = db.submit_schema(ROOT, Some(schema)).unwrap();
    assert_eq!(submitted.diff.added.len(), 2);
    let state = settled(&db, submitted.id);
    assert_eq!(state, SchemaState::Ready);
    let mut early = db.begin(BeginAt::Validated).unwrap();
    assert_eq!(
        message(early.query(ROOT, search_for("word", None)).map(drop)),
        "IndexBackfilling: Index t.text is currently backfilling and not available to query yet."
    );
    mutate(&db, |tx| drop(tx.activate_schema(ROOT, submitted.id).unwrap()));
    let found: std::collections::BTreeSet<_> = found_now(&db, "word").into_iter().collect();
    assert_eq!(found, old.into_iter().collect());
    let states: Vec<_> =
        db.indexes(ROOT, "t").into_iter().map(|index| (index.definition.name().to_owned(), index.state)).collect();
    assert_eq!(states, [("near".to_owned(), IndexState::Enabled), ("text".to_owned(), IndexState::Enabled)]);
}

#[test]
fn a_restart_loses_nothing() {
    let engine = Arc::new(MemoryEngine::new());
    let db = open(engine.clone());
    deploy(&db, SCHEMA);
    let (kept, gone) = (add(&db, "apple one", "a"), add(&db, "apple two", "a"));
    mutate(&db, |tx| drop(tx.delete(ROOT, gone).unwrap()));
    drop(db);
    let db = open(engine);
    let added = add(&db, "apple three", "a");
    assert_eq!(found_now(&db, "apple"), [added, kept]);
    assert_eq!(found_now(&db, "two"), []);
}

#[test]
fn writers_do_not_wait_for_a_build() {
    let engine = Arc::new(MemoryEngine::new());
    let db = open(engine.clone());
    deploy(&db, SCHEMA);
    let first = add(&db, "apple", "a");
    db.shutdown();
    // This one builds nothing: its thread is gone before it was asked.
    let db = open(engine);
    db.shared().derived.stop();
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    set(&mut tx, first, "body", "pear");
    commit(&db, tx);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    if let Err(error) = collect(&mut tx, search_for("pear", None)) {
        assert!(matches!(error, Error::Unavailable { code: "SearchIndexesUnavailable", .. }), "{error:?}");
    }
}

#[test]
fn a_removed_index_is_gone_and_a_changed_one_is_built_anew() {
    let db = searchable();
    add(&db, "apple", "a");
    insert(&db, "t", "{'body':'pear','title':'apple'}");
    let mut before = db.begin(BeginAt::Validated).unwrap();
    deploy(&db, "{'tables':[{'tableName':'t','indexes':[]}]}");
    let mut after = db.begin(BeginAt::Validated).unwrap();
    let error = message(after.query(ROOT, search_for("apple", None)).map(drop));
    assert_eq!(error, "IndexNotFoundError: Index t.text not found.");
    // Whoever began before the change goes on undisturbed.
    assert_eq!(found(&mut before, "apple").len(), 1);
    deploy(&db, &SCHEMA.replace("'searchField':'body'", "'searchField':'title'"));
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    let error = message(tx.query(ROOT, search_for("apple", None)).map(drop));
    assert!(error.starts_with("IncorrectSearchField"), "{error}");
    let query = query_json(
        "{'source':{'type':'Search','indexName':'t.text','filters':[
            {'type':'Search','fieldPath':'title','value':'apple'}]},'operators':[]}",
    );
    assert_eq!(field(&collect(&mut tx, query).unwrap(), "body"), r#""pear""#);
}

#[test]
fn a_staged_index_is_built_and_enabled_later() {
    let db = database();
    let id = add(&db, "apple", "a");
    let staged = SCHEMA.replace("'searchIndexes'", "'stagedSearchIndexes'");
    deploy(&db, &staged);
    let diff = deploy(&db, SCHEMA);
    assert_eq!(diff.enabled.iter().map(|index| index.name.as_str()).collect::<Vec<_>>(), ["t.text"]);
    assert_eq!(found_now(&db, "apple"), [id]);
}

#[test]
fn a_dropped_table_takes_its_indexes_along() {
    let db = searchable();
    add(&db, "apple", "a");
    deploy(&db, "{'tables':[]}");
    mutate(&db, |tx| assert!(tx.drop_table(ROOT, "t").unwrap()));
    deploy(&db, SCHEMA);
    assert_eq!(found_now(&db, "apple"), []);
    let id = add(&db, "apple", "a");
    assert_eq!(found_now(&db, "apple"), [id]);
}

/// For writes that are wanted for their effect only.
fn ignore(_: DocumentId) {}

fn conflicts(db: &Database, search: Query, write: impl FnOnce(&Database)) -> bool {
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    collect(&mut tx, search).unwrap();
    tx.insert(ROOT, "log", doc("{}")).unwrap();
    write(db);
    match db.commit(tx, CommitOptions::default()) {
        Ok(pending) => pending.wait().map(|_| false).unwrap(),
        Err(CommitError::Conflict(conflict)) => {
            assert_eq!(conflict.table, "t");
            true
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_mutation_that_searched_conflicts_with_matching_writes_only() {
    let db = searchable();
    insert(&db, "log", "{}");
    let id = add(&db, "apple pie", "a");
    let search = || search_for("apple", Some("a"));
    type Change = fn(&Database, DocumentId);
    let cases: [(&str, bool, Change); 8] = [
        ("a matching document is added", true, |db, _| ignore(add(db, "one apple", "a"))),
        ("a term that the last one begins", true, |db, _| ignore(add(db, "applesauce", "a"))),
        ("another channel", false, |db, _| ignore(add(db, "apple", "b"))),
        ("another text", false, |db, _| ignore(add(db, "pear appl", "a"))),
        ("another field of a matching document", true, |db, id| mutate(db, |tx| set(tx, id, "note", "x"))),
        ("it leaves the channel", true, |db, id| mutate(db, |tx| set(tx, id, "channel", "b"))),
        ("it comes back", true, |db, id| mutate(db, |tx| set(tx, id, "channel", "a"))),
        ("it is deleted", true, |db, id| mutate(db, |tx| drop(tx.delete(ROOT, id).unwrap()))),
    ];
    for (case, expected, write) in cases {
        assert_eq!(conflicts(&db, search(), |db| write(db, id)), expected, "{case}");
    }
    assert!(!conflicts(&db, search_for("", None), |db| ignore(add(db, "apple", "a"))), "no terms, no results ever");
}

#[test]
fn a_mutation_that_found_nothing_conflicts_with_the_first_match() {
    let db = searchable();
    insert(&db, "log", "{}");
    assert!(conflicts(&db, search_for("apple", None), |db| ignore(add(db, "apple", "a"))));
}

// [ ] search is reactive to add/change/delete of matching docs
#[test]
fn subscribed_searches_are_told_of_matching_changes_only() {
    let db = searchable();
    let watch = |search: Query| {
        let mut tx = db.begin(BeginAt::Durable).unwrap();
        collect(&mut tx, search).unwrap();
        let told = Arc::new(Told::default());
        let since = tx.snapshot();
        db.subscribe(tx.into_read_set(), since, told.clone()).unwrap();
        told
    };
    let apple = watch(search_for("apple", None));
    let prefix = watch(search_for("red app", Some("a")));
    let other = watch(search_for("apple", Some("b")));
    let told = || [apple.times(), prefix.times(), other.times()];
    add(&db, "pear", "a");
    assert_eq!(told(), [0, 0, 0]);
    let id = add(&db, "apple", "a");
    assert_eq!(told(), [1, 1, 0]);
    mutate(&db, |tx| set(tx, id, "channel", "b"));
    assert_eq!(told(), [1, 1, 1]);
    let again = watch(search_for("apple", Some("b")));
    mutate(&db, |tx| drop(tx.delete(ROOT, id).unwrap()));
    assert_eq!(again.times(), 1);
    assert_eq!(db.subscriptions(), 0, "each was told once and forgotten");
}

#[test]
fn a_late_subscription_hears_of_what_it_missed() {
    let db = searchable();
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    collect(&mut tx, search_for("apple", None)).unwrap();
    let since = tx.snapshot();
    let reads = tx.into_read_set();
    add(&db, "pear", "a");
    let id = db.subscribe(reads.clone(), since, Arc::new(Told::default())).unwrap();
    db.unsubscribe(id);
    add(&db, "apple", "a");
    let missed = db.subscribe(reads, since, Arc::new(Told::default()));
    assert_eq!(missed, Err(Invalidated { at: db.durable_ts() }));
}

fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,3}", 0..4).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// While nobody is told, the results are what they were; afterwards a fresh search is right by itself.
    #[test]
    fn results_change_only_for_those_who_are_told(
        base in proptest::collection::vec((words(), 0u8..2), 0..8),
        writes in proptest::collection::vec((0usize..10, proptest::option::of((words(), 0u8..2))), 1..12),
        searches in proptest::collection::vec((words(), proptest::option::of(0u8..2)), 1..4),
    ) {
        let db = searchable();
        let mut ids: Vec<_> = base.iter().map(|(text, channel)| add(&db, text, &channel.to_string())).collect();
        let results = |search: &(String, Option<u8>)| {
            let mut tx = db.begin(BeginAt::Durable).unwrap();
            let channel = search.1.map(|channel| channel.to_string());
            let found = collect(&mut tx, search_for(&search.0, channel.as_deref())).unwrap();
            (found, tx)
        };
        let mut watched: Vec<_> = searches.iter().map(|search| {
            let (found, tx) = results(search);
            let told = Arc::new(Told::default());
            let since = tx.snapshot();
            db.subscribe(tx.into_read_set(), since, told.clone()).unwrap();
            (search, found, told)
        }).collect();
        for (target, write) in &writes {
            let target = ids.get(*target).copied();
            match (target, write) {
                (Some(id), Some((text, channel))) => mutate(&db, |tx| {
                    if tx.get(ROOT, id).unwrap().is_some() {
                        set(tx, id, "body", text);
                        set(tx, id, "channel", &channel.to_string());
                    }
                }),
                (Some(id), None) => mutate(&db, |tx| {
                    if tx.get(ROOT, id).unwrap().is_some() {
                        tx.delete(ROOT, id).unwrap();
                    }
                }),
                (None, Some((text, channel))) => ids.push(add(&db, text, &channel.to_string())),
                (None, None) => {}
            }
            watched.retain(|(_, _, told)| told.times() == 0);
            for (search, found, _) in &watched {
                prop_assert_eq!(&results(search).0, found);
            }
        }
    }
}
