//! What a commit costs beside many subscriptions it does not touch, measured through `db` alone.
//!
//! Two databases over the memory engine, one with subscriptions and one without, commit in turns. There is no
//! disk, so that nothing hides a cost that grows with the number of subscriptions.

use std::{sync::Arc, time::Instant};

use anyhow::{Result, anyhow};
use db::{BeginAt, CommitError, CommitOptions, Database, Invalidate, Namespace, Options, Pending, Transaction};
use platform::Platform;
use storage::MemoryEngine;
use value::{DocumentId, Object, Timestamp, Value};

use crate::{Size, stats::Spread};

/// Subscriptions beside the commits, each on a document of its own. Count.
const SUBSCRIPTIONS: usize = 100_000;

/// Documents inserted by one commit while setting up. Count.
const DOCUMENTS_PER_COMMIT: usize = 5_000;

/// Documents the measured commits write, in turns. Count.
const HOT_DOCUMENTS: usize = 64;

/// Commits in flight before waiting for the last of them. Count.
const COMMITS_IN_FLIGHT: usize = 64;

/// Commits of one round. Count.
const COMMITS: usize = 6_400;

const ROUNDS: usize = 21;
const ROUNDS_QUICK: usize = 11;

/// Cost of a commit in microseconds.
pub struct Costs {
    pub alone: Spread,
    pub crowded: Spread,
    /// Of neighbouring rounds.
    pub ratio: Spread,
}

pub fn measure(size: Size) -> Result<Costs> {
    let (alone, crowded) = (Commits::new(0)?, Commits::new(SUBSCRIPTIONS)?);
    let (mut costs_alone, mut costs_crowded, mut ratios) = (vec![], vec![], vec![]);
    alone.round()?;
    crowded.round()?;
    for round in 0..size.pick(ROUNDS_QUICK, ROUNDS) {
        let (first, second) = if round % 2 == 0 { (&alone, &crowded) } else { (&crowded, &alone) };
        let (first, second) = (first.round()?, second.round()?);
        let (without, with) = if round % 2 == 0 { (first, second) } else { (second, first) };
        costs_alone.push(without);
        costs_crowded.push(with);
        ratios.push(with / without);
    }
    let [alone, crowded, ratio] = [costs_alone, costs_crowded, ratios].map(|rounds| Spread::of(&rounds));
    Ok(Costs { alone, crowded, ratio })
}

/// A database and the documents that are written in it.
struct Commits {
    db: Database,
    hot: Vec<DocumentId>,
}

impl Commits {
    fn new(subscriptions: usize) -> Result<Commits> {
        let db = Database::open(Arc::new(MemoryEngine::new()), Platform::real(), Options::default())?;
        // Both hold the same documents; they differ in subscriptions only.
        let cold = insert(&db, SUBSCRIPTIONS)?;
        let hot = insert(&db, HOT_DOCUMENTS)?;
        let subscriber: Arc<dyn Invalidate> = Arc::new(Nobody);
        for id in cold.into_iter().take(subscriptions) {
            let mut tx = db.begin(BeginAt::Durable)?;
            tx.get(Namespace::ROOT, id)?;
            let since = tx.snapshot();
            db.subscribe(tx.into_read_set(), since, subscriber.clone())
                .map_err(|_| anyhow!("an idle subscription went stale"))?;
        }
        Ok(Commits { db, hot })
    }

    /// Microseconds per commit.
    fn round(&self) -> Result<f64> {
        let start = Instant::now();
        for batch in 0..COMMITS / COMMITS_IN_FLIGHT {
            let mut last = None;
            for number in 0..COMMITS_IN_FLIGHT {
                let mut tx = self.db.begin(BeginAt::Validated)?;
                let id = self.hot[number % self.hot.len()];
                let fields =
                    vec![("number".to_owned(), Some(Value::Float64((batch * COMMITS_IN_FLIGHT + number) as f64)))];
                tx.patch(Namespace::ROOT, id, fields)?;
                last = Some(commit(&self.db, tx)?);
            }
            if let Some(pending) = last {
                pending.wait()?;
            }
        }
        Ok(start.elapsed().as_secs_f64() * 1e6 / COMMITS as f64)
    }
}

impl Drop for Commits {
    fn drop(&mut self) {
        self.db.shutdown();
    }
}

/// A subscriber that nothing should ever concern.
struct Nobody;

impl Invalidate for Nobody {
    fn invalidated(&self, _at: Timestamp) {
        eprintln!("an unrelated subscription was invalidated");
    }
}

fn insert(db: &Database, count: usize) -> Result<Vec<DocumentId>> {
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let mut tx = db.begin(BeginAt::Validated)?;
        for _ in 0..DOCUMENTS_PER_COMMIT.min(count - ids.len()) {
            let mut document = Object::new();
            document.insert("number", Value::Float64(0.0));
            ids.push(tx.insert(Namespace::ROOT, "numbers", document)?);
        }
        commit(db, tx)?.wait()?;
    }
    Ok(ids)
}

fn commit(db: &Database, tx: Transaction) -> Result<Pending> {
    db.commit(tx, CommitOptions { source: "bench".into(), ..Default::default() }).map_err(|error| match error {
        CommitError::Conflict(conflict) => anyhow!("a lone committer met a conflict: {conflict}"),
        CommitError::Failed(error) => error.into(),
    })
}
