//! Mutations that lose to other commits as often as they may. The serial lane is out of reach here.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use value::{DocumentId, Value};

use super::*;
use crate::logs::Completion;

const ATTEMPTS: usize = 2;
const CODE: &str = "OptimisticConcurrencyControlFailure";
const TEXT: &str = "Documents read from or written to the \"counters\" table changed while this mutation was being run \
                    and on every subsequent retry. The last of these changes was made by \"rival:write\". See \
                    https://docs.convex.dev/error#1";

fn start() -> App {
    let options = Options { workers: 2, mutation_attempts_max: ATTEMPTS, ..Options::default() };
    App::with(Arc::new(storage::MemoryEngine::new()), options)
}

fn write(app: &App, id: DocumentId) {
    let mut tx = app.database.begin(BeginAt::Validated).unwrap();
    tx.patch(Namespace::ROOT, id, vec![("at".into(), Some(Value::CommitTs))]).unwrap();
    let options = db::CommitOptions { source: "rival:write".into(), on_validated: None };
    if let Ok(pending) = app.database.commit(tx, options) {
        pending.wait().unwrap();
    }
}

/// Changes `id` again and again while `work` runs.
fn beside_a_rival<T>(app: &App, id: &str, work: impl FnOnce() -> T) -> T {
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let (id, stop) = (id.parse().unwrap(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                write(app, id);
            }
        });
        work()
    })
}

fn attempts(app: &App) -> Vec<Completion> {
    let entries = app.runtime.logs().after(0.0);
    let completions = entries.iter().filter_map(|entry| entry.completion());
    completions.filter(|entry| entry.identifier == "app:slowly").cloned().collect()
}

// - [ ] conflicting mutations: one retries; after retries OCC error text and code
#[test]
fn a_mutation_that_always_loses_tells_its_caller_to_try_again() {
    let app = start();
    let id = app.add("counters", json!(0));
    let mutate = || {
        let call = app.call("app:slowly", json!({ "id": id }), Identity::Anonymous);
        wait(app.runtime.mutation(MutationRequest { call, session: None }))
    };
    // The rival may sleep through an attempt, hardly through all of them.
    let error = beside_a_rival(&app, &id, || (0..50).find_map(|_| mutate().err())).expect("it loses");
    assert_eq!((error.kind, error.code, &*error.message), (ErrorKind::Overloaded, CODE, TEXT));
    let last = attempts(&app).pop().unwrap();
    assert_eq!((last.will_retry, last.error.as_deref()), (false, Some(TEXT)));
    let occ = last.occ.unwrap();
    assert_eq!((occ.retry_count as usize, occ.write_source.as_deref()), (ATTEMPTS - 1, Some("rival:write")));
    let done = value_of(&app.query("app:list", json!({ "table": "done" })).outcome).as_array().unwrap().len();
    assert!(mutate().unwrap().outcome.is_ok());
    let now = value_of(&app.query("app:list", json!({ "table": "done" })).outcome).as_array().unwrap().len();
    assert_eq!(now, done + 1, "nothing is left behind");
}

#[test]
fn an_action_sees_that_its_mutation_always_loses() {
    let app = start();
    let id = app.add("counters", json!(0));
    let call = || value_of(&app.act("app:catches", json!({ "name": "app:slowly", "args": { "id": id } })).outcome);
    let caught = beside_a_rival(&app, &id, || (0..50).map(|_| call()).find(|value| !value.is_null()));
    assert_eq!(caught.expect("it loses")["message"], json!(TEXT));
}

// - [ ] scheduled mutation exactly once; retried without bound
#[test]
fn a_job_that_always_loses_is_tried_again_until_it_wins() {
    let app = start();
    let id = app.add("counters", json!(0));
    let job = beside_a_rival(&app, &id, || {
        loop {
            let args = json!({ "name": "app:slowly", "args": { "id": id }, "delayMs": 0 });
            let job = value_of(&app.mutate("app:later", args).outcome);
            let mut commits = app.runtime.watch_latest();
            let gave_up = loop {
                // The rival's commits keep this going.
                wait(commits.changed()).unwrap();
                if value_of(&app.query("app:job", json!({ "id": job })).outcome)["completedTime"].is_number() {
                    break false;
                }
                if attempts(&app).last().is_some_and(|last| last.error.as_deref() == Some(TEXT)) {
                    break true;
                }
            };
            if gave_up {
                return job;
            }
        }
    });
    let ended = app.until("app:job", json!({ "id": job }), |job| job["completedTime"].is_number());
    assert_eq!(ended["state"], json!({ "kind": "success" }));
    let done = value_of(&app.query("app:list", json!({ "table": "done" })).outcome);
    let jobs = value_of(&app.query("app:jobs", json!({})).outcome);
    assert_eq!(done.as_array().unwrap().len(), jobs.as_array().unwrap().len(), "each ran once");
}
