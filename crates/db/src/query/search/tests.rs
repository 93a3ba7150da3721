use proptest::prelude::*;
use value::{DocumentId, Value};

use crate::testing::*;
use crate::*;

const SCHEMA: &str = "{'tables':[{'tableName':'t','indexes':[],'searchIndexes':[
    {'indexDescriptor':'text','searchField':'body','filterFields':['channel','n']}]}]}";

fn searchable() -> Database {
    let db = database();
    deploy(&db, SCHEMA);
    db
}

/// Writes a search of `t.text` in the JSON of the client library; `rest` are further conditions.
fn search_for(text: &str, rest: &str) -> Query {
    query_json(&format!(
        "{{'source':{{'type':'Search','indexName':'t.text','filters':[
            {{'type':'Search','fieldPath':'body','value':'{text}'}}{rest}]}},'operators':[]}}"
    ))
}

fn in_channel(value: &str) -> String {
    format!(",{{'type':'Eq','fieldPath':'channel','value':{value}}}")
}

fn add(db: &Database, body: &str) -> DocumentId {
    insert(db, "t", &format!("{{'body':'{body}'}}"))
}

/// Adds documents in one transaction, which creates each later than the one before; time stands still between others.
fn add_all<const N: usize>(db: &Database, bodies: [&str; N]) -> [DocumentId; N] {
    mutate(db, |tx| bodies.map(|body| tx.insert(ROOT, "t", doc(&format!("{{'body':'{body}'}}"))).unwrap()))
}

fn bodies(tx: &mut Transaction, query: Query) -> String {
    field(&collect(tx, query).unwrap(), "body").replace('"', "")
}

fn found(db: &Database, text: &str) -> String {
    bodies(&mut db.begin(BeginAt::Validated).unwrap(), search_for(text, ""))
}

fn set(tx: &mut Transaction, id: DocumentId, field: &str, value: &str) {
    tx.patch(ROOT, id, vec![(field.into(), Some(json(&value.replace('\'', "\""))))]).unwrap();
}

// [ ] search: tokenization, 16-term cap, prefix on last term, Eq filters, > 8 filters error, wrong field error, 1024 scan limit
#[test]
fn finds_documents_by_relevance() {
    let db = searchable();
    add(&db, "the quick brown fox");
    add(&db, "Fox! fox; FOX.");
    add(&db, "nothing here");
    insert(&db, "t", "{'body':7}");
    insert(&db, "t", "{}");
    assert_eq!(found(&db, "fox"), "Fox! fox; FOX. the quick brown fox");
    assert_eq!(found(&db, "qui"), "the quick brown fox");
    assert_eq!(found(&db, "qui fox"), "Fox! fox; FOX. the quick brown fox");
}

// [ ] search ties newest first; empty query → []
#[test]
fn ties_are_newest_first_and_no_terms_find_nothing() {
    let db = searchable();
    add_all(&db, ["same a", "same b", "same c"]);
    assert_eq!(found(&db, "same"), "same c same b same a");
    assert_eq!(found(&db, ""), "");
    assert_eq!(found(&db, "?! -"), "");
}

#[test]
fn filters_compare_any_value() {
    let db = searchable();
    for (body, rest) in [
        ("w text", ",'channel':'x'"),
        ("w number", ",'channel':1"),
        ("w int", ",'channel':{'$integer':'AQAAAAAAAAA='}"),
        ("w null", ",'channel':null"),
        ("w missing", ""),
        ("w object", ",'channel':{'a':[1,true]}"),
    ] {
        insert(&db, "t", &format!("{{'body':'{body}'{rest}}}"));
    }
    let long = "y".repeat(500);
    insert(&db, "t", &format!("{{'body':'w long','channel':'{long}'}}"));
    insert(&db, "t", &format!("{{'body':'w longer','channel':'{long}y'}}"));
    let check = |value: &str| bodies(&mut db.begin(BeginAt::Validated).unwrap(), search_for("w", &in_channel(value)));
    assert_eq!(check("'x'"), "w text");
    assert_eq!(check("1"), "w number");
    assert_eq!(check("{'$integer':'AQAAAAAAAAA='}"), "w int");
    assert_eq!(check("null"), "w null");
    assert_eq!(check("{'$undefined':null}"), "w missing");
    assert_eq!(check("{'a':[1,true]}"), "w object");
    assert_eq!(check(&format!("'{long}'")), "w long");
    assert_eq!(check("'z'"), "");
    let both = format!("{},{{'type':'Eq','fieldPath':'n','value':{{'$undefined':null}}}}", in_channel("'x'"));
    assert_eq!(bodies(&mut db.begin(BeginAt::Validated).unwrap(), search_for("w", &both)), "w text");
}

#[test]
fn conditions_are_checked() {
    let db = searchable();
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    let mut check = |filters: &str| {
        let source = format!("{{'type':'Search','indexName':'t.text','filters':[{filters}]}}");
        message(tx.query(ROOT, query_json(&format!("{{'source':{source},'operators':[]}}"))).map(drop))
    };
    let text = "{'type':'Search','fieldPath':'body','value':'x'}";
    let equal = |field: &str| format!("{{'type':'Eq','fieldPath':'{field}','value':1}}");
    assert!(check(&equal("n")).starts_with("MissingSearchFilterError: A search of t.text has no"));
    assert!(check(&format!("{text},{text}")).starts_with("DuplicateSearchFiltersError"));
    assert_eq!(
        check("{'type':'Search','fieldPath':'title','value':'x'}"),
        "IncorrectSearchField: A search of t.text looks for text in `title`, but the index is over `body`."
    );
    assert_eq!(
        check(&format!("{text},{}", equal("body"))),
        "IncorrectFilterFieldError: A search of t.text filters by `body`, which is not among the index's filter fields: [channel, n]."
    );
    let nine = vec![equal("n"); 9].join(",");
    assert!(check(&format!("{text},{nine}")).starts_with("TooManyFilterConditionsInSearchQueryError"));
    let eight = vec![equal("n"); 8].join(",");
    let source = format!("{{'type':'Search','indexName':'t.text','filters':[{text},{eight}]}}");
    assert!(tx.query(ROOT, query_json(&format!("{{'source':{source},'operators':[]}}"))).is_ok());
}

#[test]
fn unusable_indexes() {
    let db = database();
    deploy(
        &db,
        "{'tables':[{'tableName':'t','indexes':[{'indexDescriptor':'by_n','fields':['n']}],'stagedSearchIndexes':[
            {'indexDescriptor':'text','searchField':'body','filterFields':[]}],'vectorIndexes':[
            {'indexDescriptor':'near','vectorField':'v','dimensions':2,'filterFields':[]}]}]}",
    );
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    let mut check = |index: &str| {
        let filter = "{'type':'Search','fieldPath':'body','value':'x'}";
        let source = format!("{{'type':'Search','indexName':'{index}','filters':[{filter}]}}");
        message(tx.query(ROOT, query_json(&format!("{{'source':{source},'operators':[]}}"))).map(drop))
    };
    assert_eq!(
        check("t.text"),
        "IndexStaged: Index t.text is currently staged and not available to query until it is enabled."
    );
    for unknown in ["t.near", "t.by_n", "t.none", "none.text"] {
        assert_eq!(check(unknown), format!("IndexNotFoundError: Index {unknown} not found."));
    }
}

#[test]
fn a_transaction_finds_its_own_writes() {
    let db = searchable();
    let [kept, changed, gone] = add_all(&db, ["apple kept", "apple changed", "apple gone"]);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert_eq!(bodies(&mut tx, search_for("apple", "")), "apple gone apple changed apple kept");
    set(&mut tx, changed, "body", "'pear changed'");
    assert_eq!(bodies(&mut tx, search_for("apple", "")), "apple gone apple kept");
    tx.delete(ROOT, gone).unwrap();
    tx.insert(ROOT, "t", doc("{'body':'apple apple new'}")).unwrap();
    set(&mut tx, kept, "channel", "'x'");
    assert_eq!(bodies(&mut tx, search_for("apple", "")), "apple apple new apple kept");
    assert_eq!(bodies(&mut tx, search_for("pear", "")), "pear changed");
    assert_eq!(bodies(&mut tx, search_for("apple", &in_channel("'x'"))), "apple kept");
    let savepoint = tx.savepoint();
    tx.insert(ROOT, "t", doc("{'body':'pear undone'}")).unwrap();
    tx.rollback_to(savepoint);
    assert_eq!(bodies(&mut tx, search_for("pear", "")), "pear changed");
    assert_eq!(found(&db, "apple"), "apple gone apple changed apple kept");
    commit(&db, tx);
    assert_eq!(found(&db, "apple"), "apple apple new apple kept");
}

#[test]
fn what_is_deleted_while_results_are_read_does_not_come() {
    let db = searchable();
    let [first, _] = add_all(&db, ["word one", "word two"]);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    let mut stream = tx.query(ROOT, search_for("word", "")).unwrap();
    assert!(tx.next(&mut stream).unwrap().is_some());
    tx.delete(ROOT, first).unwrap();
    assert!(tx.next(&mut stream).unwrap().is_none());
}

#[test]
fn every_snapshot_is_answered_as_it_was() {
    let db = searchable();
    let id = add(&db, "first words");
    let before = db.begin(BeginAt::Validated).unwrap();
    let then = before.snapshot();
    mutate(&db, |tx| set(tx, id, "body", "'second words'"));
    add(&db, "third words words");
    assert_eq!(found(&db, "words"), "third words words second words");
    for mut old in [before, db.begin(BeginAt::At(then)).unwrap()] {
        assert_eq!(bodies(&mut old, search_for("words", "")), "first words");
        assert_eq!(bodies(&mut old, search_for("second", "")), "");
    }
}

#[test]
fn operators_apply_to_results() {
    let db = searchable();
    mutate(&db, |tx| {
        for n in 0..10 {
            tx.insert(ROOT, "t", doc(&format!("{{'body':'word','n':{n}}}"))).unwrap();
        }
    });
    let filter = "{'filter':{'$gte':[{'$field':'n'},{'$literal':4}]}}";
    let check = |operators: &str| {
        let source =
            "{'type':'Search','indexName':'t.text','filters':[{'type':'Search','fieldPath':'body','value':'word'}]}";
        let query = query_json(&format!("{{'source':{source},'operators':[{operators}]}}"));
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        let numbers = field(&collect(&mut tx, query).unwrap(), "n");
        (numbers, tx.usage().documents_read)
    };
    assert_eq!(check("{'limit':2}"), ("9.0 8.0".into(), 2));
    assert_eq!(check(&format!("{filter},{{'limit':7}}")), ("9.0 8.0 7.0 6.0 5.0 4.0".into(), 10));
    assert_eq!(check(&format!("{{'limit':7}},{filter}")), ("9.0 8.0 7.0 6.0 5.0 4.0".into(), 7));
}

#[test]
fn more_than_1024_results_are_too_many_at_once() {
    let db = searchable();
    let fill = |count: usize| {
        mutate(&db, |tx| {
            for _ in 0..count {
                tx.insert(ROOT, "t", doc("{'body':'word'}")).unwrap();
            }
        });
    };
    fill(1024);
    let count = |query: Query| collect(&mut db.begin(BeginAt::Validated).unwrap(), query).map(|found| found.len());
    assert_eq!(count(search_for("word", "")).unwrap(), 1024);
    fill(1);
    assert_eq!(
        message(count(search_for("word", ""))),
        "SearchQueryScannedTooManyDocumentsError: Search query scanned too many documents (fetched 1024). Consider using a smaller limit, paginating the query, or using a filter field to limit the number of documents pulled from the search index."
    );
    let limited = |limit| Query { operators: vec![Operator::Limit(limit)], ..search_for("word", "") };
    assert_eq!(count(limited(1024)).unwrap(), 1024);
    assert!(message(count(limited(1025))).starts_with("SearchQueryScannedTooMany"));
    // Page by page all of them can be read.
    let (mut total, mut cursor) = (0, None);
    loop {
        let request = PageRequest { page_size: 500, cursor, ..PageRequest::default() };
        let page = db.begin(BeginAt::Validated).unwrap().paginate(ROOT, search_for("word", ""), request).unwrap();
        total += page.page.len();
        if page.is_done {
            break;
        }
        cursor = Some(page.continue_cursor);
    }
    assert_eq!(total, 1025);
}

// [ ] splitCursor present for > 2 docs, absent for search
#[test]
fn pages_follow_one_another() {
    let db = searchable();
    for body in ["word", "word word", "word word word", "other", "word x"] {
        add(&db, body);
    }
    let page = |request: PageRequest| {
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        tx.paginate(ROOT, search_for("word", ""), request).unwrap()
    };
    let request =
        |cursor: Option<&String>| PageRequest { page_size: 3, cursor: cursor.cloned(), ..PageRequest::default() };
    let shown = |page: &PageResult| field(&page.page, "body").replace('"', "");
    let first = page(request(None));
    assert_eq!((shown(&first).as_str(), first.is_done), ("word word word word word word", false));
    assert_eq!(first.split_cursor, None);
    let second = page(request(Some(&first.continue_cursor)));
    assert_eq!((shown(&second).as_str(), second.is_done), ("word x", true));
    let last = page(request(Some(&second.continue_cursor)));
    assert_eq!((last.page.len(), last.is_done), (0, true));
    // Pinned pages cover the same part of the order, whatever their size.
    let pinned =
        PageRequest { end_cursor: Some(first.continue_cursor.clone()), page_size: 1, ..PageRequest::default() };
    assert_eq!(shown(&page(pinned)), shown(&first));
    let other = search_for("x", "");
    let request = request(Some(&first.continue_cursor));
    let wrong = db.begin(BeginAt::Validated).unwrap().paginate(ROOT, other, request);
    assert!(message(wrong).starts_with("InvalidCursor"));
}

#[test]
fn namespaces_and_tables_are_apart() {
    let db = searchable();
    let schema = Schema::parse_json(&SCHEMA.replace('\'', "\"")).unwrap();
    let other = Namespace(7);
    let submitted = db.submit_schema(other, Some(schema)).unwrap();
    assert_eq!(settled(&db, submitted.id), SchemaState::Ready);
    mutate(&db, |tx| drop(tx.activate_schema(other, submitted.id).unwrap()));
    add(&db, "word root");
    mutate(&db, |tx| tx.insert(other, "t", doc("{'body':'word other'}")).unwrap());
    mutate(&db, |tx| tx.insert(ROOT, "u", doc("{'body':'word elsewhere'}")).unwrap());
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert_eq!(bodies(&mut tx, search_for("word", "")), "word root");
    let mut stream = tx.query(other, search_for("word", "")).unwrap();
    let document = tx.next(&mut stream).unwrap().unwrap();
    assert_eq!(document.value.get("body"), Some(&Value::String("word other".into())));
    assert!(tx.next(&mut stream).unwrap().is_none());
}

#[test]
fn the_limits_count_searches_and_results() {
    let db = searchable();
    add(&db, "word");
    add(&db, "word");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    collect(&mut tx, search_for("word", "")).unwrap();
    collect(&mut tx, search_for("word", "")).unwrap();
    assert_eq!((tx.usage().reads, tx.usage().documents_read), (1, 4));
    tx.limits_mut().documents_read = 5;
    assert!(message(collect(&mut tx, search_for("word", ""))).starts_with("TooManyDocumentsRead"));
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,3}", 0..5).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// A search with own writes on top finds what it finds once they are committed, and in a database of their own.
    #[test]
    fn own_writes_rank_as_committed_ones(
        base in proptest::collection::vec((text(), 0u8..3), 1..12),
        writes in proptest::collection::vec((0usize..16, proptest::option::of((text(), 0u8..3))), 0..8),
        query in text(),
        channel in proptest::option::of(0u8..3),
    ) {
        let db = searchable();
        let body = |text: &str, channel: u8| doc(&format!("{{'body':'{text}','channel':'{channel}'}}"));
        let ids = mutate(&db, |tx| {
            let mut ids = Vec::new();
            for (text, channel) in &base {
                ids.push(tx.insert(ROOT, "t", body(text, *channel)).unwrap());
            }
            ids
        });
        let query = || search_for(&query, &channel.map_or(String::new(), |channel| in_channel(&format!("'{channel}'"))));
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        for (target, write) in &writes {
            let exists = ids.get(*target).and_then(|id| tx.get(ROOT, *id).unwrap()).map(|document| document.id);
            match (exists, write) {
                (Some(id), Some((text, channel))) => drop(tx.replace(ROOT, id, body(text, *channel)).unwrap()),
                (Some(id), None) => drop(tx.delete(ROOT, id).unwrap()),
                (None, Some((text, channel))) => {
                    tx.insert(ROOT, "t", body(text, *channel)).unwrap();
                }
                (None, None) => {}
            }
        }
        let seen = |tx: &mut Transaction| {
            collect(tx, query()).unwrap().iter().map(|document| document.id).collect::<Vec<_>>()
        };
        let own = seen(&mut tx);
        commit(&db, tx);
        prop_assert_eq!(&own, &seen(&mut db.begin(BeginAt::Validated).unwrap()));
        // A second index over the same documents, built from a scan, agrees.
        deploy(&db, "{'tables':[{'tableName':'t','indexes':[]}]}");
        deploy(&db, SCHEMA);
        prop_assert_eq!(own, seen(&mut db.begin(BeginAt::Validated).unwrap()));
    }
}
