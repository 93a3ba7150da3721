use std::{sync::Arc, time::Duration};

use platform::Platform;
use storage::{Engine, FjallEngine, FjallOptions, MemoryEngine};
use value::{DocumentId, Timestamp, Value};

use crate::testing::*;
use crate::*;

const SCHEMA: &str = "{'tables':[{'tableName':'t','indexes':[{'indexDescriptor':'by_n','fields':['n']}],
  'documentType':{'type':'object','value':{'n':{'fieldType':{'type':'number'},'optional':false}}}}],'schemaValidation':true}";

struct Written {
    id: DocumentId,
    page: PageResult,
    durable: Timestamp,
}

fn by_n() -> Query {
    query_json("{'source':{'type':'IndexRange','indexName':'t.by_n','range':[],'order':'desc'},'operators':[]}")
}

fn write_all(db: &Database) -> Written {
    let id = insert(db, "t", "{'n':1}");
    deploy(db, SCHEMA);
    insert(db, "t", "{'n':3}");
    insert(db, "t", "{'n':2}");
    let request = PageRequest { page_size: 1, ..PageRequest::default() };
    let page = db.begin(BeginAt::Validated).unwrap().paginate(ROOT, by_n(), request).unwrap();
    Written { id, page, durable: db.durable_ts() }
}

fn check_all(db: &Database, written: Written) {
    assert_eq!(db.durable_ts(), written.durable);
    let mut tx = db.begin(BeginAt::Validated).unwrap();
    assert_eq!(field(&collect(&mut tx, by_n()).unwrap(), "n"), "3.0 2.0 1.0");
    assert_eq!(tx.table_number(ROOT, "t"), Some(written.id.table));
    assert!(message(tx.insert(ROOT, "t", doc("{}"))).starts_with("SchemaEnforcementError"));
    // Cursors outlive a restart.
    let request = PageRequest { page_size: 5, cursor: Some(written.page.continue_cursor), ..PageRequest::default() };
    assert_eq!(field(&tx.paginate(ROOT, by_n(), request).unwrap().page, "n"), "2.0 1.0");
    assert_eq!(db.indexes(ROOT, "t")[0].state, IndexState::Enabled);
    // The past before the restart has its own catalog.
    let mut past = db.begin(BeginAt::At(written.durable)).unwrap();
    assert_eq!(past.count(ROOT, "t").unwrap(), 3);
    drop((tx, past));
    assert_eq!(insert(db, "other", "{}").table.0, written.id.table.0 + 1);
    assert!(db.durable_ts() > written.durable);
}

#[test]
fn reopening_a_memory_engine_finds_everything() {
    let engine: Arc<MemoryEngine> = Arc::default();
    let db = open(engine.clone());
    let written = write_all(&db);
    drop(db);
    check_all(&open(engine), written);
}

#[test]
fn reopening_a_directory_finds_everything() {
    let directory = tempfile::tempdir().unwrap();
    let engine =
        || -> Arc<dyn Engine> { Arc::new(FjallEngine::open(directory.path(), FjallOptions::default()).unwrap()) };
    let db = open(engine());
    let written = write_all(&db);
    db.shutdown();
    drop(db);
    check_all(&open(engine()), written);
}

#[test]
fn snapshots_from_before_the_restart_have_their_own_catalog() {
    let engine: Arc<MemoryEngine> = Arc::default();
    let db = open(engine.clone());
    insert(&db, "old", "{}");
    let before = db.durable_ts();
    insert(&db, "new", "{}");
    drop(db);
    let db = open(engine);
    let mut tx = db.begin(BeginAt::At(before)).unwrap();
    assert!(tx.table_number(ROOT, "old").is_some() && tx.table_number(ROOT, "new").is_none());
}

#[test]
fn retention_forgets_the_past_but_not_the_present() {
    let engine: Arc<MemoryEngine> = Arc::default();
    let (platform, clock) = Platform::simulated(3);
    let options = Options { retention: Duration::from_secs(100), ..Options::default() };
    let db = Database::open(engine, platform, options).unwrap();
    let id = insert(&db, "t", "{'n':1}");
    let first = db.durable_ts();
    clock.advance(Duration::from_secs(90));
    mutate(&db, |tx| tx.patch(ROOT, id, vec![("n".into(), Some(json("2")))]).unwrap());
    db.shared().forget().unwrap();
    db.begin(BeginAt::At(first)).unwrap();
    clock.advance(Duration::from_secs(90));
    db.shared().forget().unwrap();
    assert!(matches!(db.begin(BeginAt::At(first)), Err(Error::OutOfRetention)));
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    assert_eq!(tx.get(ROOT, id).unwrap().unwrap().value.get("n"), Some(&Value::Float64(2.0)));
}
