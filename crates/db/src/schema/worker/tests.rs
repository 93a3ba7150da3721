use std::sync::{Arc, atomic::Ordering};

use storage::MemoryEngine;
use value::{Object, Value};

use crate::testing::*;
use crate::*;

fn typed(kind: &str) -> String {
    format!(
        "{{'tables':[{{'tableName':'t','indexes':[],'documentType':{{'type':'object','value':{{'n':{{'fieldType':{{'type':'{kind}'}},'optional':false}}}}}}}}],'schemaValidation':true}}"
    )
}

fn indexed(fields: &str) -> String {
    format!("{{'tables':[{{'tableName':'t','indexes':[{{'indexDescriptor':'i','fields':[{fields}]}}]}}]}}")
}

fn submit(db: &Database, text: &str) -> SubmittedSchema {
    let schema = Schema::parse_json(&text.replace('\'', "\"")).unwrap();
    db.submit_schema(ROOT, Some(schema)).unwrap()
}

#[test]
fn a_dropped_namespace_takes_its_tables_and_schemas_with_it() {
    let db = database();
    let other = Namespace(7);
    let kept = insert(&db, "t", "{}");
    let id = mutate(&db, |tx| tx.insert(other, "t", doc("{'n':1}")).unwrap());
    let schema = |kind: &str| Some(Schema::parse_json(&typed(kind).replace('\'', "\"")).unwrap());
    let active = db.submit_schema(other, schema("number")).unwrap().id;
    assert_eq!(settled(&db, active), SchemaState::Ready);
    mutate(&db, |tx| tx.activate_schema(other, active).unwrap());
    let pending = db.submit_schema(other, schema("any")).unwrap().id;
    // `drop_table` alone refuses what the schema names.
    let refused = db.begin(BeginAt::Validated).unwrap().drop_table(other, "t");
    assert!(message(refused).contains("appears in the schema"));
    assert_eq!(mutate(&db, |tx| tx.drop_namespace(other).unwrap()), 1);
    assert!(db.active_schema(other).is_none() && db.list_tables(other).is_empty());
    assert_eq!(db.schema_state(other, pending), SchemaState::Overwritten);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert!(tx.get(other, id).unwrap().is_none());
    assert!(tx.get(ROOT, kept).unwrap().is_some());
    assert!(message(tx.drop_namespace(ROOT)).contains("reserved"));
}

fn on_index() -> Query {
    query_json("{'source':{'type':'IndexRange','indexName':'t.i','range':[],'order':null},'operators':[]}")
}

fn names(descriptions: &[IndexDescription]) -> Vec<&str> {
    descriptions.iter().map(|index| index.name.as_str()).collect()
}

// [ ] schema failure on insert, patch, replace text; system fields ignored
#[test]
fn active_schema_is_enforced() {
    let db = database();
    let id = insert(&db, "t", "{'n':1}");
    deploy(&db, &typed("number"));
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.insert(ROOT, "t", doc("{'n':5}")).unwrap();
    tx.patch(ROOT, id, vec![("n".into(), Some(json("2")))]).unwrap();
    let expected = "SchemaEnforcementError: Failed to insert or update a document in table \"t\" because it does not match the schema: ";
    let wrong = || doc("{'n':'x'}");
    assert!(message(tx.insert(ROOT, "t", wrong())).starts_with(expected));
    assert!(message(tx.replace(ROOT, id, wrong())).starts_with(expected));
    assert!(message(tx.patch(ROOT, id, vec![("n".into(), None)])).starts_with(expected));
    tx.insert(ROOT, "unlisted", wrong()).unwrap();
    // The fields of the system are no part of what the schema describes, also where they are repeated.
    let stored = tx.get(ROOT, id).unwrap().unwrap();
    let mut again = stored.value.clone();
    again.insert("n", json("3"));
    assert!(again.get("_id").is_some() && again.get("_creationTime").is_some());
    tx.replace(ROOT, id, again).unwrap();
    tx.patch(ROOT, id, vec![("_id".into(), stored.value.get("_id").cloned()), ("n".into(), Some(json("4")))]).unwrap();
}

// [ ] schemaValidation false: no enforcement
#[test]
fn schema_without_validation_is_not_enforced() {
    let db = database();
    insert(&db, "t", "{'n':'x'}");
    deploy(&db, &typed("number").replace("'schemaValidation':true", "'schemaValidation':false"));
    insert(&db, "t", "{}");
}

// [ ] schema push fails with the failing document id; push of relaxed schema does not scan
#[test]
fn documents_that_do_not_match_fail_the_schema() {
    let db = database();
    deploy(&db, &typed("any"));
    let id = insert(&db, "t", "{'n':'x'}");
    let submitted = submit(&db, &typed("number"));
    let SchemaState::Failed { error, table } = settled(&db, submitted.id) else { panic!("it did not fail") };
    assert!(
        error.starts_with(&format!("Document with ID \"{id}\" in table \"t\" does not match the schema: ")),
        "{error}"
    );
    assert_eq!(table.as_deref(), Some("t"));
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert!(message(tx.activate_schema(ROOT, submitted.id)).starts_with("SchemaValidationFailed"));
    // The old schema stays.
    insert(&db, "t", "{'n':'y'}");
    deploy(&db, &typed("any"));
}

#[test]
fn relaxed_schemas_are_not_checked_again() {
    let db = database();
    insert(&db, "t", "{'n':1}");
    deploy(&db, &typed("number"));
    let relaxed = submit(&db, &typed("any"));
    assert_eq!(settled(&db, relaxed.id), SchemaState::Ready);
    assert_eq!(db.shared().worker.documents_validated(relaxed.id), 0);
}

#[test]
fn writes_against_a_pending_schema_fail_it() {
    let db = database();
    insert(&db, "t", "{'n':1}");
    let submitted = submit(&db, &typed("number"));
    assert_eq!(settled(&db, submitted.id), SchemaState::Ready);
    insert(&db, "t", "{'n':'x'}");
    let SchemaState::Failed { error, table } = db.schema_state(ROOT, submitted.id) else { panic!("it did not fail") };
    assert!(error.starts_with("New document in table \"t\" does not match the schema: "), "{error}");
    assert_eq!(table.as_deref(), Some("t"));
}

#[test]
fn writers_that_did_not_know_the_schema_conflict() {
    let db = database();
    insert(&db, "t", "{'n':1}");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    tx.insert(ROOT, "t", doc("{'n':'x'}")).unwrap();
    submit(&db, &typed("number"));
    assert!(matches!(db.commit(tx, CommitOptions::default()), Err(CommitError::Conflict(_))));
}

#[test]
fn later_submissions_take_the_place_of_pending_ones() {
    let db = database();
    insert(&db, "t", "{'n':1}");
    let first = submit(&db, &indexed("'a'"));
    let second = submit(&db, &indexed("'b'"));
    assert_eq!(db.schema_state(ROOT, first.id), SchemaState::Overwritten);
    assert_eq!(settled(&db, second.id), SchemaState::Ready);
    let activated = loop {
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        assert!(message(tx.activate_schema(ROOT, first.id)).starts_with("RaceDetected"));
        tx.activate_schema(ROOT, second.id).unwrap();
        // The worker, which clears away the index that was replaced, may commit first; pushes begin again too.
        match db.commit(tx, CommitOptions::default()) {
            Err(CommitError::Conflict(_)) => {}
            other => break other.unwrap(),
        }
    };
    activated.wait().unwrap();
    assert_eq!(db.schema_state(ROOT, second.id), SchemaState::Active);
    assert_eq!(submit(&db, &indexed("'b'")).id, second.id);
    assert_eq!(db.indexes(ROOT, "t").len(), 1);
}

#[test]
fn diffs_name_what_changes() {
    let db = database();
    let first = deploy(&db, &indexed("'a'"));
    assert_eq!((names(&first.added), names(&first.removed)), (vec!["t.i"], vec![]));
    assert_eq!(first.added[0].kind, IndexKind::Database { fields: vec!["a".into(), "_creationTime".into()] });
    let staged = indexed("'a'").replace("'indexes'", "'indexes':[],'stagedDbIndexes'");
    let schema = Schema::parse_json(&staged.replace('\'', "\"")).unwrap();
    assert_eq!(names(&db.preview_schema(ROOT, &Some(schema)).disabled), ["t.i"]);
    deploy(&db, &staged);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert!(message(tx.query(ROOT, on_index()).map(drop)).starts_with("IndexStaged"));
    drop(tx);
    assert_eq!(names(&deploy(&db, &indexed("'a'")).enabled), ["t.i"]);
    let changed = deploy(&db, &indexed("'b'"));
    assert_eq!((names(&changed.added), names(&changed.removed)), (vec!["t.i"], vec!["t.i"]));
    let removed = db.submit_schema(ROOT, None).unwrap();
    assert_eq!(names(&removed.diff.removed), ["t.i"]);
}

#[test]
fn indexes_are_filled_while_documents_are_written() {
    let db = database();
    let ids = insert_numbers(&db, "t", "a", 0..1500);
    let submitted = submit(&db, &indexed("'a'"));
    for (n, id) in ids.iter().enumerate().step_by(50) {
        let change = |tx: &mut Transaction| match n % 100 {
            0 => drop(tx.delete(ROOT, *id)),
            _ => drop(tx.patch(ROOT, *id, vec![("a".into(), Some(Value::Int64(-(n as i64))))])),
        };
        loop {
            let mut tx = db.begin(BeginAt::Validated).unwrap();
            change(&mut tx);
            tx.insert(ROOT, "t", object(&[("a", Value::Int64(10_000))])).unwrap();
            match db.commit(tx, CommitOptions::default()) {
                Ok(pending) => break pending.wait().map(drop).unwrap(),
                Err(CommitError::Conflict(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert_eq!(settled(&db, submitted.id), SchemaState::Ready);
    mutate(&db, |tx| tx.activate_schema(ROOT, submitted.id).unwrap());
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    let by_index = collect(&mut tx, on_index()).unwrap();
    assert!(by_index.is_sorted_by_key(|d| (d.value.get("a").cloned(), Value::Float64(d.creation_time))));
    let mut found: Vec<_> = by_index.iter().map(|d| d.id).collect();
    let mut expected: Vec<_> = collect(&mut tx, Query::full_scan("t")).unwrap().iter().map(|d| d.id).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn filling_resumes_after_a_restart() {
    let engine: Arc<MemoryEngine> = Arc::default();
    let db = open(engine.clone());
    insert_numbers(&db, "t", "a", 0..700);
    // The worker stops before it sees the index.
    db.shared().worker.stop();
    let id = submit(&db, &indexed("'a'")).id;
    let record = db.shared().catalogs.newest().table(ROOT, "t").unwrap().indexes[0].record;
    let table = db.shared().catalogs.newest().table(ROOT, "t").unwrap().clone();
    assert_eq!(super::backfill::step(db.shared(), &table, record).unwrap(), super::Step::More);
    drop(db);
    let db = open(engine);
    assert_eq!(settled(&db, id), SchemaState::Ready);
    mutate(&db, |tx| tx.activate_schema(ROOT, id).unwrap());
    assert_eq!(collect(&mut db.begin(BeginAt::Durable).unwrap(), on_index()).unwrap().len(), 700);
}

#[test]
fn rows_of_dropped_indexes_and_tables_are_removed() {
    let engine = Arc::new(GateEngine::default());
    let db = open(engine.clone());
    insert_numbers(&db, "t", "a", 0..600);
    deploy(&db, &indexed("'a'"));
    deploy(&db, "{'tables':[]}");
    assert!(mutate(&db, |tx| tx.drop_table(ROOT, "t").unwrap()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut changes = db.wait_schema_change();
    let waiting = || {
        let (tables, indexes) = db.shared().catalogs.newest().dropped();
        tables.len() + indexes.len()
    };
    while waiting() > 0 {
        runtime.block_on(changes.changed()).unwrap();
    }
    let everything = storage::Scan {
        start: bytes::Bytes::from_static(&[1, 0, 0, 0, 16]),
        end: bytes::Bytes::from_static(&[3]),
        order: storage::Order::Ascending,
        limit: 10_000,
    };
    let left = storage::Engine::scan(&*engine, &everything, db.durable_ts()).unwrap().rows;
    // What is left are rows of the catalog's own indexes by creation time.
    assert!(left.iter().all(|(key, _)| key[0] == 2 && key[4] < 16), "{left:?}");
    assert!(engine.appends.load(Ordering::SeqCst) > 0);
}

#[test]
fn system_tables_get_their_indexes_at_once() {
    let db = database();
    let indexes = [IndexDefinition::new("by_a", &["a"])];
    insert_numbers(&db, "_jobs", "a", 0..300);
    for _ in 0..2 {
        db.ensure_table(ROOT, "_jobs", &indexes).unwrap();
        db.ensure_table(ROOT, "_new", &indexes).unwrap();
    }
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    for (table, count) in [("_jobs", 300), ("_new", 0)] {
        let source =
            Source::IndexRange { table: table.into(), index: "by_a".into(), range: vec![], order: Order::Ascending };
        assert_eq!(collect(&mut tx, Query { source, operators: vec![] }).unwrap().len(), count);
    }
    assert!(tx.table_number(ROOT, "_jobs").unwrap().0 < 10_001);
    // A schema push leaves them alone.
    drop(tx);
    deploy(&db, "{'tables':[]}");
    assert_eq!(db.indexes(ROOT, "_jobs").len(), 1);
    assert_eq!(mutate(&db, |tx| tx.insert(ROOT, "_storage", Object::new()).unwrap()).table.0, 10);
}

#[test]
fn tables_in_the_schema_are_not_dropped() {
    let db = database();
    let refers = "{'tables':[{'tableName':'a','indexes':[],'documentType':{'type':'object','value':{'b':{'fieldType':{'type':'id','tableName':'b'},'optional':true}}}}],'schemaValidation':true}";
    deploy(&db, refers);
    insert(&db, "b", "{}");
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert!(
        message(tx.drop_table(ROOT, "a")).ends_with("Failed to delete table \"a\" because it appears in the schema")
    );
    assert!(
        message(tx.drop_table(ROOT, "b"))
            .ends_with("Failed to delete table \"b\" because `v.id(\"b\")` appears in the schema of table \"a\"")
    );
}
