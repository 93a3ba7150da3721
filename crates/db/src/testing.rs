//! What tests of this crate share: databases in memory, engines that stop or fail on request, short spellings.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use parking_lot::{Condvar, Mutex};
use platform::Platform;
use storage::{AppendError, Commit, Engine, MemoryEngine, Page, ReadError, Scan, TrimReport, Version};
use value::{DocumentId, Object, Timestamp, Value};

use crate::*;

pub const ROOT: Namespace = Namespace::ROOT;

pub fn open(engine: Arc<dyn Engine>) -> Database {
    let (platform, _) = Platform::simulated(7);
    Database::open(engine, platform, Options::default()).unwrap()
}

pub fn database() -> Database {
    open(Arc::new(MemoryEngine::new()))
}

pub fn object(fields: &[(&str, Value)]) -> Object {
    fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

pub fn json(text: &str) -> Value {
    Value::parse_json(text).unwrap()
}

/// Reads an object from JSON text with `'` for `"`.
pub fn doc(text: &str) -> Object {
    json(&text.replace('\'', "\"")).into_object().unwrap()
}

pub fn commit(db: &Database, tx: Transaction) -> Timestamp {
    db.commit(tx, CommitOptions::default()).unwrap().wait().unwrap()
}

/// Commits what `work` does; does it again whenever another commit, perhaps the schema worker's, comes first.
pub fn mutate<T>(db: &Database, mut work: impl FnMut(&mut Transaction) -> T) -> T {
    loop {
        let mut tx = db.begin(BeginAt::Validated).unwrap();
        let result = work(&mut tx);
        match db.commit(tx, CommitOptions::default()) {
            Err(CommitError::Conflict(_)) => {}
            committed => {
                committed.unwrap().wait().unwrap();
                return result;
            }
        }
    }
}

pub fn insert(db: &Database, table: &str, text: &str) -> DocumentId {
    mutate(db, |tx| tx.insert(ROOT, table, doc(text)).unwrap())
}

/// Inserts one document for each number, in one transaction.
pub fn insert_numbers(
    db: &Database,
    table: &str,
    name: &str,
    numbers: impl IntoIterator<Item = i64>,
) -> Vec<DocumentId> {
    let numbers: Vec<i64> = numbers.into_iter().collect();
    mutate(db, |tx| {
        let fields = numbers.iter().map(|number| object(&[(name, Value::Int64(*number))]));
        fields.map(|fields| tx.insert(ROOT, table, fields).unwrap()).collect()
    })
}

pub fn query_json(text: &str) -> Query {
    Query::from_json(&serde_json::from_str(&text.replace('\'', "\"")).unwrap()).unwrap()
}

pub fn collect(tx: &mut Transaction, query: Query) -> Result<Vec<Arc<Document>>, Error> {
    let mut stream = tx.query(ROOT, query)?;
    let mut documents = Vec::new();
    while let Some(document) = tx.next(&mut stream)? {
        documents.push(document);
    }
    Ok(documents)
}

/// Returns one field of each document, in JSON.
pub fn field(documents: &[Arc<Document>], name: &str) -> String {
    let values: Vec<_> = documents.iter().map(|d| d.value.get(name).map_or("-".into(), Value::to_json)).collect();
    values.join(" ")
}

pub fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result.unwrap_err() {
        Error::Developer { code, message, .. } => format!("{code}: {message}"),
        other => panic!("not a developer error: {other:?}"),
    }
}

/// Submits a schema, waits until it is ready and activates it.
pub fn deploy(db: &Database, text: &str) -> IndexDiff {
    let schema = Schema::parse_json(&text.replace('\'', "\"")).unwrap();
    let submitted = db.submit_schema(ROOT, Some(schema)).unwrap();
    let state = settled(db, submitted.id);
    assert!(matches!(state, SchemaState::Ready | SchemaState::Active), "{state:?}");
    mutate(db, |tx| tx.activate_schema(ROOT, submitted.id).unwrap())
}

/// Waits until a schema is not pending any more.
pub fn settled(db: &Database, id: SchemaId) -> SchemaState {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut changes = db.wait_schema_change();
    loop {
        match db.schema_state(ROOT, id) {
            SchemaState::Pending { .. } => runtime.block_on(changes.changed()).unwrap(),
            state => return state,
        }
    }
}

/// Counts what it is told.
#[derive(Default)]
pub struct Told(pub Mutex<Vec<Timestamp>>);

impl Invalidate for Told {
    fn invalidated(&self, at: Timestamp) {
        self.0.lock().push(at);
    }
}

impl Told {
    pub fn times(&self) -> usize {
        self.0.lock().len()
    }
}

/// An engine in memory whose appends can be held back or made to fail.
#[derive(Default)]
pub struct GateEngine {
    inner: MemoryEngine,
    closed: Mutex<bool>,
    opened: Condvar,
    pub failing: AtomicBool,
    pub panicking: AtomicBool,
    /// Appends begun.
    pub appends: AtomicUsize,
}

impl GateEngine {
    pub fn close(&self) {
        *self.closed.lock() = true;
    }

    pub fn open(&self) {
        *self.closed.lock() = false;
        self.opened.notify_all();
    }

    pub fn appends(&self) -> usize {
        self.appends.load(Ordering::SeqCst)
    }

    /// Waits until that many appends have begun.
    pub fn await_appends(&self, count: usize) {
        while self.appends() < count {
            std::thread::yield_now();
        }
    }
}

impl Engine for GateEngine {
    fn append(&self, expected: Timestamp, commits: &[Commit]) -> Result<(), AppendError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        let mut closed = self.closed.lock();
        while *closed {
            self.opened.wait(&mut closed);
        }
        assert!(!self.panicking.load(Ordering::SeqCst), "the engine panics on request");
        if self.failing.load(Ordering::SeqCst) {
            return Err(AppendError::Refused { reason: "the disk is full".into(), source: None });
        }
        self.inner.append(expected, commits)
    }
    fn latest(&self) -> Timestamp {
        self.inner.latest()
    }
    fn oldest_readable(&self) -> Timestamp {
        self.inner.oldest_readable()
    }
    fn get(&self, key: &[u8], at: Timestamp) -> Result<Option<Version>, ReadError> {
        self.inner.get(key, at)
    }
    fn scan(&self, scan: &Scan, at: Timestamp) -> Result<Page, ReadError> {
        self.inner.scan(scan, at)
    }
    fn tail(&self, after: Timestamp, limit: usize) -> Result<Vec<Commit>, ReadError> {
        self.inner.tail(after, limit)
    }
    fn trim(&self, before: Timestamp, budget: usize) -> Result<TrimReport, AppendError> {
        self.inner.trim(before, budget)
    }
}
