//! Opening: the first commit of a new database, the catalog of an existing one, the threads of both.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use platform::Platform;
use storage::{Commit, Engine, Order, Scan, Write};
use tokio::sync::watch;
use value::{DocumentId, Object, TableNumber, Timestamp, Value};

use super::{Catalogs, Database, Handle, OpenError, Options, Shared};
use crate::{
    cache::DocumentCache,
    catalog::{Catalog, Change, DATABASE, INDEXES, SCHEMAS, SECRET, TABLES},
    committer::{Committer, sync_loop},
    derived::{DerivedIndexes, build_loop},
    document::Document,
    keys::{DocKey, Space, TabletId},
    limits::RETENTION_SECONDS_MIN,
    overlay::Overlay,
    query::cursor::CursorSeal,
    retention::{Pause, retention_loop},
    schema::worker::{Worker, worker_loop},
    subscriptions::Subscriptions,
};

/// Rows of the catalog read at once while opening. Count.
const LOAD_ROWS: usize = 1024;

impl Database {
    /// Opens the database an engine holds, creating it if the engine is empty.
    ///
    /// Reads the catalog only, so the time it takes does not depend on the number of documents.
    pub fn open(engine: Arc<dyn Engine>, platform: Platform, options: Options) -> Result<Database, OpenError> {
        if engine.latest() == Timestamp::ZERO {
            create(&*engine, &platform)?;
        }
        let latest = engine.latest();
        let catalog = Arc::new(load_catalog(&*engine, latest)?);
        let seal = load_seal(&*engine, latest)?;
        let retention = options.retention.max(Duration::from_secs(RETENTION_SECONDS_MIN));
        let derived = DerivedIndexes::default();
        derived.follow(&catalog, latest);
        derived.tick();
        let shared = Arc::new(Shared {
            derived,
            cache: DocumentCache::new(options.cache_bytes, latest),
            overlay: Overlay::default(),
            subscriptions: Subscriptions::new(latest),
            committer: Committer::new(latest, catalog.clone()),
            catalogs: Catalogs::new(latest, catalog),
            worker: Worker::default(),
            seal,
            pause: Pause::default(),
            validated: AtomicU64::new(latest.0),
            begun: AtomicU64::new(0),
            durable: AtomicU64::new(latest.0),
            durable_watch: watch::Sender::new(latest),
            refusing: watch::Sender::new(false),
            active: Mutex::new(BTreeMap::new()),
            options: Options { retention, ..options },
            platform,
            engine,
        });
        let threads = vec![
            spawn("db-sync", &shared, sync_loop),
            spawn("db-worker", &shared, worker_loop),
            spawn("db-retention", &shared, retention_loop),
            spawn("db-search", &shared, build_loop),
        ];
        Ok(Database { handle: Arc::new(Handle { shared, threads: Mutex::new(threads) }) })
    }
}

fn spawn(name: &str, shared: &Arc<Shared>, run: fn(Arc<Shared>)) -> thread::JoinHandle<()> {
    let shared = shared.clone();
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(move || run(shared)).expect("the system can start a thread")
}

/// Writes the first commit: the secret that seals cursors.
fn create(engine: &dyn Engine, platform: &Platform) -> Result<(), OpenError> {
    let mut secret = [0; 32];
    platform.fill_random(&mut secret);
    let fields = Object::from_iter([("secret".to_owned(), Value::Bytes(secret.to_vec()))]);
    let id = DocumentId { table: TableNumber(DATABASE.0), internal: SECRET.internal };
    let document = Document::new(id, platform.now_ms(), fields);
    let write = Write { key: SECRET.storage_key(), value: Some(document.encode().into()) };
    let ts = Timestamp(platform.now_ns().max(1));
    engine.append(Timestamp::ZERO, &[Commit { ts, writes: vec![write] }])?;
    Ok(())
}

/// Reads the catalog as of a timestamp.
pub fn load_catalog(engine: &dyn Engine, at: Timestamp) -> Result<Catalog, OpenError> {
    let mut changes = Vec::new();
    for tablet in [TABLES, INDEXES, SCHEMAS, DATABASE] {
        load_tablet(engine, tablet, at, &mut changes)?;
    }
    let catalog = Catalog::empty();
    let loaded = catalog.apply(&changes).map_err(OpenError::Catalog)?;
    Ok(loaded.unwrap_or(catalog))
}

fn load_tablet(
    engine: &dyn Engine,
    tablet: TabletId,
    at: Timestamp,
    changes: &mut Vec<Change>,
) -> Result<(), OpenError> {
    let whole = Space::Documents(tablet).whole();
    let mut start = whole.start;
    loop {
        let scan = Scan { start, end: whole.end.clone(), order: Order::Ascending, limit: LOAD_ROWS };
        let page = engine.scan(&scan, at)?;
        for (key, version) in &page.rows {
            let key = DocKey::parse(key).ok_or_else(|| OpenError::Catalog("a document key is malformed".into()))?;
            let document = Document::decode(TableNumber(tablet.0), key.internal, version);
            let document = document.map_err(|error| OpenError::Catalog(error.to_string()))?;
            changes.push((key, Some(Arc::new(document))));
        }
        match page.rows.last() {
            Some((last, _)) if page.more => start = crate::keys::key_after(last),
            _ => return Ok(()),
        }
    }
}

fn load_seal(engine: &dyn Engine, at: Timestamp) -> Result<CursorSeal, OpenError> {
    let damaged = || OpenError::Catalog("the secret for cursors is missing".into());
    let stored = engine.get(&SECRET.storage_key(), at)?.ok_or_else(damaged)?;
    let document = Document::decode(TableNumber(DATABASE.0), SECRET.internal, &stored).map_err(|_| damaged())?;
    let Some(Value::Bytes(secret)) = document.value.get("secret") else {
        return Err(damaged());
    };
    let secret = <[u8; 32]>::try_from(secret.as_slice()).map_err(|_| damaged())?;
    Ok(CursorSeal::new(&secret))
}
